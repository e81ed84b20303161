/* SPDX-License-Identifier: MIT
 *
 * The kernels of networks in time (products of few rows, several vectors in one pass, eligibility traces), of every
 * level and number type, against plain loops in long double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/tables.h"

static void product_values(void)
{
    enum { INNER = 9 };
    for (int64_t rows = 1; rows <= 11; rows++)
        for (int64_t cols = 1; cols <= MAX_LENGTH; cols += 1 + cols / 8) {
            const int64_t lda = INNER + 2, ldb = cols + 3, ldc = cols + 1;
            array a = array_random(rows * lda), b = array_random((INNER - 1) * ldb + cols);
            array c = array_random((rows - 1) * ldc + cols), c0 = array_copy(&c);
            const plast__few_rows s = { .rows = rows,
                                        .cols = cols,
                                        .inner = INNER,
                                        .a = a.data,
                                        .lda = lda,
                                        .b = b.data,
                                        .ldb = ldb,
                                        .c = c.data,
                                        .ldc = ldc,
                                        .add = (int32_t)(cols % 2) };
            at.k->product(&s);
            for (int64_t i = 0; i < c.n; i++) {
                const int64_t row = i / ldc, col = i % ldc;
                long double sum = s.add || col >= cols ? (long double)get(c0.data, i) : 0;
                for (int64_t l = 0; col < cols && l < INNER; l++)
                    sum += (long double)get(a.data, row * lda + l) * get(b.data, l * ldb + col);
                near(get(c.data, i), sum, col < cols ? 2 * INNER * at.epsilon : 0, "product", rows, i);
            }
            arrays_free((array[]){ a, b, c, c0 }, 4, "product canary");
        }
}

/* Each row of a product is the same, however many there are. */
static void product_rows_alone(void)
{
    enum { ROWS = 13, COLS = 37, INNER = 21 };
    array a = array_random(ROWS * INNER), b = array_random(INNER * COLS);
    array all = array_make(ROWS * COLS), alone = array_make(ROWS * COLS);
    plast__few_rows s = { .rows = ROWS,
                          .cols = COLS,
                          .inner = INNER,
                          .a = a.data,
                          .lda = INNER,
                          .b = b.data,
                          .ldb = COLS,
                          .c = all.data,
                          .ldc = COLS };
    at.k->product(&s);
    for (s.rows = 1; s.rows <= ROWS; s.rows++) {
        s.a = (char *)a.data + (size_t)(ROWS - s.rows) * INNER * at.size;
        s.c = (char *)alone.data + (size_t)(ROWS - s.rows) * COLS * at.size;
        at.k->product(&s);
        for (int64_t i = (ROWS - s.rows) * COLS; i < (int64_t)ROWS * COLS; i++)
            check(get(all.data, i) == get(alone.data, i), "a row of a product", s.rows, i);
    }
    arrays_free((array[]){ a, b, all, alone }, 4, "product canary");
}

/* Several vectors in one pass have the bits of as many sweeps, and leave all others alone. */
static void several_case(int64_t rows, int64_t cols, int64_t count)
{
    const int64_t ld = cols + cols % 3;
    array w = array_random(rows * ld), x = array_random(PLAST__SEVERAL * cols), bias = array_random(rows);
    array z = array_random(PLAST__SEVERAL * rows), z0 = array_copy(&z), one = array_make(rows);
    plast__several s = { .w = w.data, .ld = ld, .rows = rows, .cols = cols, .count = count };
    for (int64_t k = 0; k < count; k++) {
        s.x[k] = (char *)x.data + (size_t)(k * cols) * at.size;
        s.z[k] = (char *)z.data + (size_t)(k * rows) * at.size;
        s.bias[k] = k % 3 == 0 ? bias.data : k % 3 == 1 ? s.z[k] : NULL; /* another vector, its own place, none */
    }
    at.k->several(&s);
    for (int64_t k = 0; k < PLAST__SEVERAL; k++) {
        const void *old = (char *)z0.data + (size_t)(k * rows) * at.size;
        plast__sweep alone = { .w = w.data, .ld = ld, .rows = rows, .cols = cols, .z = one.data };
        alone.x = (char *)x.data + (size_t)(k * cols) * at.size;
        alone.bias = k % 3 == 0 ? bias.data : k % 3 == 1 ? old : NULL;
        at.k->sweep(&alone);
        for (int64_t i = 0; i < rows; i++)
            check(get(z.data, k * rows + i) == get(k < count ? one.data : old, i), "several", cols, k);
    }
    arrays_free((array[]){ w, x, bias, z, z0, one }, 6, "several canary");
}

static void several_values(void)
{
    for (int64_t count = 0; count <= PLAST__SEVERAL; count++) {
        for (int64_t rows = 1; rows <= 13; rows++)
            for (int64_t cols = 1; cols <= MAX_LENGTH; cols += 1 + cols / 8)
                several_case(rows, cols, count);
        several_case(9, 1100, count); /* long rows go one at a time */
    }
}

enum { KEPT, FIRST, LATE, CREDIT };

/* The last step first, each into the results of the one after it. */
static void fold_steps(const array rate[3], int64_t n, int64_t steps, int64_t next, const array folded[4])
{
    for (int64_t i = 0; i < n; i++) {
        set(folded[KEPT].data, i, 1.0);
        set(folded[FIRST].data, i, 0.0);
    }
    for (int64_t t = steps - 1; t >= 0; t--) {
        const size_t step = (size_t)(t * next) * at.size;
        const plast__folding f = { .n = n,
                                   .decay = (char *)rate[0].data + step,
                                   .gain = (char *)rate[1].data + step,
                                   .signal = (char *)rate[2].data + step,
                                   .kept = folded[KEPT].data,
                                   .first = folded[FIRST].data,
                                   .late = (char *)folded[LATE].data + step,
                                   .credit = (char *)folded[CREDIT].data + step };
        at.k->fold(&f);
    }
}

static void trace_case(int64_t rows, int64_t cols, int32_t fresh, int64_t steps)
{
    enum { STEPS = 3, SEQUENCES = 2 };
    const int64_t ld = cols + 2, stride = rows + 1, next = SEQUENCES * stride + 3;
    array rate[3] = { array_random(STEPS * next), array_random(STEPS * next), array_random(STEPS * next) };
    array folded[4] = { array_make(next), array_make(next), array_make(STEPS * next), array_make(STEPS * next) };
    array x = array_random(STEPS * SEQUENCES * ld), p = array_random(rows * SEQUENCES * ld),
          g = array_random(rows * ld);
    array p0 = array_copy(&p), g0 = array_copy(&g);
    const plast__tracing t = { .steps = steps,
                               .sequences = SEQUENCES,
                               .rows = rows,
                               .cols = cols,
                               .ld = ld,
                               .stride = stride,
                               .next = next,
                               .kept = folded[KEPT].data,
                               .first = folded[FIRST].data,
                               .late = folded[LATE].data,
                               .credit = folded[CREDIT].data,
                               .signal = steps == 1 ? rate[2].data : NULL,
                               .x = x.data,
                               .p = p.data,
                               .g = g.data,
                               .fresh = fresh };
    fold_steps(rate, SEQUENCES * stride, steps, next, folded);
    at.k->trace(&t);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < ld; j++) {
            long double sum = get(g0.data, i * ld + j);
            for (int64_t b = 0; b < SEQUENCES; b++) {
                const int64_t place = (i * SEQUENCES + b) * ld + j;
                long double trace = fresh && j < cols ? 0 : (long double)get(p0.data, place);
                for (int64_t step = 0; j < cols && step < steps; step++) {
                    const int64_t r = step * next + b * stride + i;
                    trace = get(rate[0].data, r) * trace +
                            (long double)get(rate[1].data, r) * get(x.data, (step * SEQUENCES + b) * ld + j);
                    sum += get(rate[2].data, r) * trace;
                }
                near(get(p.data, place), trace, j < cols ? 16 * at.epsilon : 0, "trace", rows, place);
            }
            near(get(g.data, i * ld + j), sum, j < cols ? 64 * at.epsilon : 0, "gradient of traces", rows, j);
        }
    arrays_free(rate, 3, "trace rates canary");
    arrays_free(folded, 4, "folded rates canary");
    arrays_free((array[]){ x, p, g, p0, g0 }, 5, "trace canary");
}

static void trace_values(void)
{
    for (int64_t rows = 1; rows <= 9; rows++)
        for (int64_t cols = 1; cols <= MAX_LENGTH; cols += 1 + cols / 8)
            for (int32_t fresh = 0; fresh < 2; fresh++)
                for (int64_t steps = 1; steps <= 3; steps++)
                    trace_case(rows, cols, fresh, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALL_TABLES(product_values),
        ALL_TABLES(product_rows_alone),
        ALL_TABLES(several_values),
        ALL_TABLES(trace_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
