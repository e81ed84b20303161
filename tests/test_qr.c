/* SPDX-License-Identifier: MIT
 *
 * Thin QR factorisations: the fast way and Householder's give the same factors, whatever the frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/qr.h"
#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/nets.h"
#include "support/quiet.h"

static fail_allocator memory;
static plast_context *context;

static int begin(void **state)
{
    (void)state;
    fail_allocator_init(&memory, 0);
    const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &memory.table };
    return plast_context_create(&options, &context) == PLAST_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return memory.live_blocks == 0 && memory.complaint == NULL ? 0 : -1;
}

enum { ROWS = 150, COLS = 60 };
static double frame[ROWS * COLS], fast[ROWS * COLS], slow[ROWS * COLS];

static plast__qr make(int64_t n, int64_t k)
{
    plast__qr qr;
    assert_int_equal(plast__qr_create(context, n, k, &qr), PLAST_OK);
    return qr;
}

/* Largest |Q^T Q - I|. */
static double departure(int64_t n, int64_t k, const double *q)
{
    double far = 0.0;
    for (int64_t i = 0; i < k; i++)
        for (int64_t j = 0; j <= i; j++) {
            double dot = i == j ? -1.0 : 0.0;
            for (int64_t l = 0; l < n; l++)
                dot += q[i * n + l] * q[j * n + l];
            far = fmax(far, fabs(dot));
        }
    return far;
}

/* Largest error of Q R = A, column by column relative to |a_j|; and R's shape. */
static double error(const plast__qr *qr, const double *a, const double *q)
{
    double far = 0.0;
    for (int64_t j = 0; j < qr->k; j++) {
        double square = 0.0, norm = 0.0;
        for (int64_t l = 0; l < qr->n; l++) {
            double sum = -a[j * qr->n + l];
            for (int64_t i = 0; i <= j; i++)
                sum += q[i * qr->n + l] * qr->r[j * qr->k + i];
            square += sum * sum;
            norm += a[j * qr->n + l] * a[j * qr->n + l];
        }
        assert_true(qr->r[j * qr->k + j] >= 0.0);
        assert_near(qr->norms[j] / sqrt(norm), 1.0, 1e-12);
        far = fmax(far, sqrt(square / norm));
    }
    return far;
}

/* Columns that lean on those before them: R_jj / |a_j| is about `own`. */
static void lean(int64_t n, int64_t k, double own, double *a)
{
    fill_normal((uint64_t)(n + k), n * k, a);
    for (int64_t j = 1; j < k; j++)
        for (int64_t l = 0; l < n; l++)
            a[j * n + l] = own * a[j * n + l] + a[(j - 1) * n + l] + 0.5 * a[l];
}

static const int64_t shapes[][2] = { { 1, 1 },  { 2, 1 },   { 2, 2 },   { 3, 3 },    { 7, 4 },  { 9, 1 },
                                     { 40, 1 }, { 64, 64 }, { 80, 33 }, { 150, 60 }, { 150, 2 } };
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void both_ways_agree(void **state)
{
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        const int64_t n = shapes[s][0], k = shapes[s][1];
        plast__qr quick = make(n, k), known = make(n, k);
        fill_normal(30 + (uint64_t)s, n * k, frame);
        memcpy(fast, frame, sizeof fast);
        memcpy(slow, frame, sizeof slow);
        assert_int_equal(plast__qr_factor(&quick, fast, 0.0), 1);
        assert_int_equal(plast__qr_householder(&known, slow), 1);
        assert_true(departure(n, k, fast) < 1e-13 && departure(n, k, slow) < 1e-13);
        assert_true(error(&quick, frame, fast) < 1e-13 && error(&known, frame, slow) < 1e-13);
        /* the condition of a random square matrix amplifies rounding */
        for (int64_t i = 0; i < n * k; i++)
            assert_near(fast[i], slow[i], 1e-9);
        for (int64_t j = 0; j < k; j++)
            for (int64_t i = 0; i <= j; i++)
                assert_near(quick.r[j * k + i], known.r[j * k + i], 1e-9 * known.norms[j]);
        plast__qr_free(&quick);
        plast__qr_free(&known);
    }
}

/* From well conditioned frames to those that are dependent to rounding: always orthonormal, always Q R = A. And with
 * slack, one pass is enough for Q R = A, as it is what exponents need. */
static void every_condition_is_met(void **state)
{
    (void)state;
    for (double own = 1.0; own > 1e-17; own *= 0.1) {
        for (int way = 0; way < 3; way++) {
            const double slack = way == 0 ? 0.0 : 1e-6;
            plast__qr qr = make(ROWS, 40);
            lean(ROWS, 40, own, frame);
            memcpy(fast, frame, sizeof fast);
            assert_int_equal(way < 2 ? plast__qr_factor(&qr, fast, slack) : plast__qr_householder(&qr, fast), 1);
            assert_true(departure(ROWS, 40, fast) < (way == 1 ? 1e-5 : 1e-13));
            assert_true(error(&qr, frame, fast) < 1e-13);
            plast__qr_free(&qr);
        }
    }
}

/* Where only the last columns lean on others, the second pass is about them alone: the first ones keep the bits of one
 * pass, and all are as orthonormal as asked for. */
static void only_what_needs_it_is_repaired(void **state)
{
    enum { K = 40, LEANING = 5, GOOD = K - LEANING };
    (void)state;
    for (double own = 1e-2; own > 3e-6; own *= 0.1) {
        plast__qr once = make(ROWS, K), twice = make(ROWS, K), known = make(ROWS, K);
        fill_normal(60, ROWS * K, frame);
        for (int64_t j = GOOD; j < K; j++)
            for (int64_t i = 0; i < ROWS; i++)
                frame[j * ROWS + i] = own * frame[j * ROWS + i] + frame[(j - 7) * ROWS + i] - frame[3 * ROWS + i];
        memcpy(fast, frame, sizeof fast);
        memcpy(slow, frame, sizeof slow);
        assert_int_equal(plast__qr_factor(&once, slow, 1.0), 1);
        assert_int_equal(plast__qr_factor(&twice, fast, K * DBL_EPSILON / (own * own)), 1);
        assert_memory_equal(fast, slow, (size_t)(GOOD * ROWS) * sizeof *fast);
        assert_true(departure(ROWS, K, slow) > 10.0 * departure(ROWS, K, fast));
        assert_true(departure(ROWS, K, fast) < 1e-13);
        assert_true(error(&twice, frame, fast) < 1e-14);
        memcpy(slow, frame, sizeof slow);
        assert_int_equal(plast__qr_householder(&known, slow), 1);
        for (int64_t j = 0; j < K; j++)
            for (int64_t i = 0; i <= j; i++)
                assert_near(twice.r[j * K + i], known.r[j * K + i], 1e-14 * known.norms[j]);
        plast__qr_free(&once);
        plast__qr_free(&twice);
        plast__qr_free(&known);
    }
}

/* The diagonal of R does not lie about frames whose condition is much worse than it shows (Kahan's matrix): whichever
 * way is taken, the second pass is checked. With slack a departure may go unseen; Q R = A holds. */
static void hidden_ill_condition_is_repaired(void **state)
{
    enum { K = 60 };
    (void)state;
    for (int i = 0; i < 140; i++) {
        const double angle = 0.2 + 0.02 * (i / 2), slack = i % 2 == 0 ? 0.0 : 1e-8;
        plast__qr qr = make(ROWS, K);
        memset(frame, 0, sizeof frame);
        for (int64_t j = 0; j < K; j++)
            for (int64_t r = 0; r <= j; r++)
                frame[j * ROWS + r] = pow(sin(angle), (double)r) * (r == j ? 1.0 : -cos(angle));
        memcpy(fast, frame, sizeof fast);
        assert_int_equal(plast__qr_factor(&qr, fast, slack), 1);
        assert_true(error(&qr, frame, fast) < 1e-13);
        assert_true(slack > 0.0 || departure(ROWS, K, fast) < 1e-13);
        plast__qr_free(&qr);
    }
}

/* Dead directions: zero columns, all zeros, and columns that repeat. R_jj is zero or rounding, Q orthonormal. */
static void dependent_columns_are_not_nan(void **state)
{
    enum { K = 8 };
    (void)state;
    for (int64_t zeros = 1; zeros <= K; zeros++) {
        for (int way = 0; way < 2; way++) {
            plast__qr qr = make(ROWS, K);
            fill_normal(50, ROWS * K, fast);
            memset(fast + (K - zeros) * ROWS, 0, (size_t)(zeros * ROWS) * sizeof *fast);
            assert_int_equal(way == 0 ? plast__qr_factor(&qr, fast, 0.0) : plast__qr_householder(&qr, fast), 1);
            assert_true(departure(ROWS, K, fast) < 1e-14);
            for (int64_t j = 0; j < K; j++)
                assert_true((qr.r[j * K + j] == 0.0) == (j >= K - zeros));
            plast__qr_free(&qr);
        }
    }
    plast__qr qr = make(ROWS, K);
    fill_normal(51, ROWS * K, fast);
    memcpy(fast + 3 * ROWS, fast + 1 * ROWS, ROWS * sizeof *fast);
    assert_int_equal(plast__qr_factor(&qr, fast, 0.0), 1);
    assert_true(departure(ROWS, K, fast) < 1e-14);
    assert_true(qr.r[3 * K + 3] < 1e-14 * qr.norms[3] && qr.r[4 * K + 4] > 0.5 * qr.norms[4]);
    plast__qr_free(&qr);
}

static void one_column_is_divided_by_its_norm(void **state)
{
    static const double scales[] = { 1.0, 1e-120, 1e-180, 1e180, 0x1p-1030, 0x1p1000 };
    (void)state;
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        double x[3] = { 2.0 * scales[s], -3.0 * scales[s], 6.0 * scales[s] };
        plast__qr qr = make(3, 1);
        assert_int_equal(plast__qr_factor(&qr, x, 0.0), 1);
        assert_near(qr.r[0] / scales[s], 7.0, 1e-14);
        assert_near(x[0], 2.0 / 7.0, 1e-15);
        assert_near(x[1], -3.0 / 7.0, 1e-15);
        plast__qr_free(&qr);
    }
    double none[3] = { 0 };
    plast__qr qr = make(3, 1);
    assert_int_equal(plast__qr_factor(&qr, none, 0.0), 1);
    assert_true(qr.r[0] == 0.0 && fabs(none[0]) == 1.0 && none[1] == 0.0 && none[2] == 0.0);
    plast__qr_free(&qr);
}

/* Squares that overflow or vanish are left to Householder; a power of two leaves the same bits. */
static void scale_plays_no_part(void **state)
{
    enum { K = 5 };
    static const double scales[] = { 0x1p-700, 0x1p-400, 0x1p-30, 0x1p30, 0x1p400, 0x1p700 };
    (void)state;
    plast__qr qr = make(ROWS, K);
    fill_normal(52, ROWS * K, frame);
    memcpy(slow, frame, sizeof slow);
    assert_int_equal(plast__qr_householder(&qr, slow), 1);
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        for (int64_t i = 0; i < (int64_t)ROWS * K; i++)
            fast[i] = frame[i] * scales[s];
        qr.waiting = 0;
        assert_int_equal(plast__qr_factor(&qr, fast, 0.0), 1);
        for (int64_t i = 0; i < (int64_t)ROWS * K; i++)
            assert_near(fast[i], slow[i], 1e-14);
    }
    plast__qr_free(&qr);
}

static void what_is_not_finite_is_told(void **state)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    (void)state;
    for (int64_t k = 1; k <= 6; k += 5)
        for (int b = 0; b < 3; b++)
            for (int way = 0; way < 2; way++) {
                plast__qr qr = make(20, k);
                fill_normal(53, 20 * k, fast);
                fast[k * 20 - 7] = bad[b];
                assert_int_equal(way == 0 ? plast__qr_factor(&qr, fast, 0.0) : plast__qr_householder(&qr, fast), 0);
                plast__qr_free(&qr);
            }
}

/* After failures Cholesky is tried less often, and again at last. */
static void failures_make_it_wait(void **state)
{
    enum { K = 4 };
    int tried = 0;
    (void)state;
    plast__qr qr = make(ROWS, K);
    for (int i = 0; i < 200; i++) {
        memset(fast, 0, sizeof fast);
        tried += qr.waiting == 0;
        assert_int_equal(plast__qr_factor(&qr, fast, 0.0), 1);
    }
    assert_true(tried >= 5 && tried <= 10);
    for (int i = 0; i < 65; i++) {
        fill_normal(54, ROWS * K, fast);
        assert_int_equal(plast__qr_factor(&qr, fast, 0.0), 1);
    }
    assert_true(qr.waiting == 0 && qr.patience == 1);
    plast__qr_free(&qr);
}

static void any_allocation_may_fail(void **state)
{
    plast__qr qr;
    (void)state;
    const int64_t blocks = memory.live_blocks, before = memory.calls;
    qr = make(ROWS, COLS);
    const int64_t calls = memory.calls - before;
    for (int i = 0; i < 4; i++) { /* and factorising takes none */
        const int64_t already = malloc_count();
        lean(ROWS, COLS, pow(10.0, -5.0 * i), fast);
        assert_int_equal(plast__qr_factor(&qr, fast, 0.0), 1);
        assert_true(malloc_count() == already && memory.calls == before + calls);
    }
    plast__qr_free(&qr);
    for (int64_t i = 1; i <= calls; i++) {
        memory.fail_at = memory.calls + i;
        assert_int_equal(plast__qr_create(context, ROWS, COLS, &qr), PLAST_E_NOMEM);
        assert_int_equal(memory.live_blocks, blocks);
    }
    memory.fail_at = 0;
    assert_int_equal(plast__qr_create(context, (int64_t)INT32_MAX + 1, 1, &qr), PLAST_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(any_allocation_may_fail), /* first: OpenBLAS has not been warmed up yet */
        quiet_test(both_ways_agree),
        quiet_test(every_condition_is_met),
        quiet_test(only_what_needs_it_is_repaired),
        quiet_test(hidden_ill_condition_is_repaired),
        quiet_test(dependent_columns_are_not_nan),
        quiet_test(one_column_is_divided_by_its_norm),
        quiet_test(scale_plays_no_part),
        quiet_test(what_is_not_finite_is_told),
        quiet_test(failures_make_it_wait),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
