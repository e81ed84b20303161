/* SPDX-License-Identifier: MIT
 *
 * Measures and their arguments: every legal view gives the bits of the dense one, every bad one is refused with a
 * reason, every allocation may fail, and a failure writes no result. And the views of a network that has learned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/nets.h"
#include "support/quiet.h"

enum { INPUTS = 3, RESULTS = 3 };
static const double UNTOUCHED = -77.0;

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

/* ---- all measures behind one signature ---- */

/* `in` has NULL for what is not given, `out` for what is not wanted. */
typedef plast_status (*measure)(plast_context *ctx, const plast_matrix *const *in, double *const *out);

static plast_status orthonormality(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_orthonormality(ctx, in[0], out[0]);
}

static plast_status activity_orthonormality(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_activity_orthonormality(ctx, in[0], in[1], in[2], out[0], out[1]);
}

static plast_status participation_ratio(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_participation_ratio(ctx, in[0], out[0]);
}

static plast_status components(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    int64_t found = (int64_t)UNTOUCHED;
    const plast_status status = plast_measure_components(ctx, in[0], 0.7, out[0] != NULL ? &found : NULL);
    if (out[0] != NULL)
        *out[0] = (double)found;
    return status;
}

static plast_status norms(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_norms(ctx, in[0], out[0], out[1], out[2]);
}

static plast_status norm_ratio(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_norm_ratio(ctx, in[0], in[1], out[0]);
}

static plast_status angle_flattened(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_angle(ctx, in[0], in[1], PLAST_ANGLE_FLATTENED, out[0]);
}

static plast_status angle_rows(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_angle(ctx, in[0], in[1], PLAST_ANGLE_ROWS, out[0]);
}

static plast_status angle_means(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_angle(ctx, in[0], in[1], PLAST_ANGLE_MEANS, out[0]);
}

static plast_status spectral_radius(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_spectral_radius(ctx, in[0], out[0]);
}

static plast_status singular_values(plast_context *ctx, const plast_matrix *const *in, double *const *out)
{
    return plast_measure_singular_values(ctx, in[0], out[0], out[1], out[2]);
}

/* Shapes of a call that succeeds. */
static const struct subject {
    measure call;
    int inputs, results;
    const char *names[INPUTS];
    int64_t shapes[INPUTS][2];
    int free_shape; /* of the arguments after the first */
    int counted;    /* the first argument goes to BLAS or LAPACK */
} subjects[] = {
    { orthonormality, 1, 1, { "weights" }, { { 4, 6 } }, 0, 1 },
    { activity_orthonormality,
      3,
      2,
      { "weights", "potentials", "activities" },
      { { 4, 6 }, { 9, 4 }, { 9, 4 } },
      0,
      1 },
    { participation_ratio, 1, 1, { "samples" }, { { 9, 4 } }, 0, 1 },
    { participation_ratio, 1, 1, { "samples" }, { { 3, 5 } }, 0, 1 },
    { components, 1, 1, { "samples" }, { { 9, 4 } }, 0, 1 },
    { components, 1, 1, { "samples" }, { { 3, 5 } }, 0, 1 },
    { norms, 1, 3, { "samples" }, { { 9, 4 } }, 0, 0 },
    { norm_ratio, 2, 1, { "a", "b" }, { { 9, 4 }, { 3, 5 } }, 1, 0 },
    { angle_flattened, 2, 1, { "a", "b" }, { { 9, 4 }, { 9, 4 } }, 0, 0 },
    { angle_rows, 2, 1, { "a", "b" }, { { 9, 4 }, { 9, 4 } }, 0, 0 },
    { angle_means, 2, 1, { "a", "b" }, { { 9, 4 }, { 9, 4 } }, 0, 0 },
    { spectral_radius, 1, 1, { "square" }, { { 6, 6 } }, 0, 1 },
    { singular_values, 1, 3, { "matrix" }, { { 4, 6 } }, 0, 1 },
    { singular_values, 1, 3, { "matrix" }, { { 6, 4 } }, 0, 1 },
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0], ROOM = 600 };

/* Storage of one argument. */
typedef union array {
    double f64[ROOM];
    float f32[ROOM];
} array;

static array arrays[INPUTS];
static plast_matrix views[INPUTS];
static const plast_matrix *given[INPUTS];
static double results[RESULTS];
static double *places[RESULTS];

/* Exact in float32. */
static double entry(int argument, int64_t i, int64_t j)
{
    return (double)((i * 31 + j * 17 + i * j * 5 + argument * 7) % 23 - 9) / 16.0;
}

static void store(plast_matrix *m, int64_t i, int64_t j, double value)
{
    const int64_t at = i * m->row_stride + j * m->col_stride;
    assert_true(at < ROOM);
    if (m->dtype == PLAST_F32)
        ((float *)m->data)[at] = (float)value;
    else
        ((double *)m->data)[at] = value;
}

/* Strides are a + b rows + c cols. What lies between the elements is NaN. */
static const struct layout {
    int64_t row[3], col[3];
} layouts[] = {
    { { 0, 0, 1 }, { 1, 0, 0 } }, /* dense */
    { { 3, 0, 1 }, { 1, 0, 0 } }, /* padded */
    { { 1, 0, 3 }, { 3, 0, 0 } }, /* spread */
    { { 1, 0, 0 }, { 0, 1, 0 } }, /* transposed */
    { { 2, 0, 0 }, { 1, 2, 0 } }, /* transposed and spread */
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

/* Sets up the arguments of a call that succeeds, and results that nobody wrote. */
static void set_up(const struct subject *s, const struct layout *l, int32_t dtype)
{
    for (int a = 0; a < INPUTS; a++) {
        const int64_t rows = s->shapes[a][0], cols = s->shapes[a][1];
        for (int k = 0; k < ROOM; k++)
            if (dtype == PLAST_F32)
                arrays[a].f32[k] = NAN;
            else
                arrays[a].f64[k] = NAN;
        views[a] = (plast_matrix){ &arrays[a],
                                   rows,
                                   cols,
                                   l->row[0] + l->row[1] * rows + l->row[2] * cols,
                                   l->col[0] + l->col[1] * rows + l->col[2] * cols,
                                   dtype,
                                   PLAST_READ_ONLY };
        for (int64_t k = 0; k < rows * cols; k++)
            store(&views[a], k / cols, k % cols, entry(a, k / cols, k % cols));
        given[a] = a < s->inputs ? &views[a] : NULL;
    }
    for (int r = 0; r < RESULTS; r++) {
        results[r] = UNTOUCHED;
        places[r] = r < s->results ? &results[r] : NULL;
    }
}

static void check_untouched(void)
{
    for (int r = 0; r < RESULTS; r++)
        assert_true(results[r] == UNTOUCHED);
}

/* ---- views ---- */

static void every_view_gives_the_same_bits(void **state)
{
    double dense[RESULTS];
    (void)state;
    for (const struct subject *s = subjects; s < subjects + SUBJECTS; s++) {
        for (int l = 0; l < LAYOUTS; l++) {
            for (int32_t dtype = PLAST_F64; dtype >= PLAST_F32; dtype--) {
                set_up(s, &layouts[l], dtype);
                assert_int_equal(s->call(context, given, places), PLAST_OK);
                if (l == 0 && dtype == PLAST_F64)
                    memcpy(dense, results, sizeof dense);
                assert_memory_equal(results, dense, sizeof dense);
                for (int r = 0; r < RESULTS; r++)
                    assert_true(isfinite(results[r]) && (r >= s->results) == (results[r] == UNTOUCHED));
            }
        }
    }
}

static void results_may_be_left_out(void **state)
{
    double all[RESULTS];
    (void)state;
    for (const struct subject *s = subjects; s < subjects + SUBJECTS; s++) {
        set_up(s, layouts, PLAST_F64);
        assert_int_equal(s->call(context, given, places), PLAST_OK);
        memcpy(all, results, sizeof all);
        for (int wanted = 0; wanted < s->results; wanted++) {
            set_up(s, layouts, PLAST_F64);
            memset(places, 0, sizeof places);
            places[wanted] = &results[wanted];
            assert_int_equal(s->call(context, given, places), PLAST_OK);
            for (int r = 0; r < RESULTS; r++)
                assert_true(results[r] == (r == wanted ? all[r] : UNTOUCHED));
        }
    }
}

/* ---- refusals ---- */

static void refuse(const struct subject *s, plast_status expected, const char *word)
{
    /* a message of its own, so that an old one is not mistaken for a new one */
    assert_int_equal(plast_rule_create(context, "mark", &(plast_rule *){ NULL }), PLAST_E_UNKNOWN);
    assert_int_equal(s->call(context, given, places), expected);
    if (strstr(plast_context_error(context), word) == NULL)
        fail_msg("'%s' does not say '%s'", plast_context_error(context), word);
    check_untouched();
}

static void refuse_argument(const struct subject *s, int a)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    const char *name = s->names[a];
    const int64_t rows = s->shapes[a][0], cols = s->shapes[a][1];
    for (int k = 0; k < 6; k++) {
        set_up(s, layouts, k < 3 ? PLAST_F64 : PLAST_F32);
        store(&views[a], rows - 1, cols - 1, bad[k % 3]);
        refuse(s, PLAST_E_NOT_FINITE, name);
        set_up(s, layouts, k < 3 ? PLAST_F64 : PLAST_F32);
        store(&views[a], 0, 0, bad[k % 3]);
        refuse(s, PLAST_E_NOT_FINITE, name);
    }
    set_up(s, layouts, PLAST_F64);
    given[a] = NULL;
    refuse(s, PLAST_E_INVALID, name);
    set_up(s, layouts, PLAST_F64);
    views[a].data = NULL;
    refuse(s, PLAST_E_INVALID, name);
    set_up(s, layouts, PLAST_F64);
    views[a].dtype = PLAST_I32;
    refuse(s, PLAST_E_INVALID, name);
    set_up(s, layouts, PLAST_F64);
    views[a].rows = 0;
    refuse(s, PLAST_E_INVALID, name);
    set_up(s, layouts, PLAST_F64);
    views[a].col_stride = -1;
    refuse(s, PLAST_E_INVALID, name);
    set_up(s, layouts, PLAST_F64);
    views[a].flags = 64;
    refuse(s, PLAST_E_INVALID, name);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    for (const struct subject *s = subjects; s < subjects + SUBJECTS; s++) {
        for (int a = 0; a < s->inputs; a++)
            refuse_argument(s, a);
        for (int a = 1; a < s->inputs && !s->free_shape; a++) {
            set_up(s, layouts, PLAST_F64);
            views[a].cols--;
            refuse(s, PLAST_E_INVALID, s->names[a]);
        }
        set_up(s, layouts, PLAST_F64);
        memset(places, 0, sizeof places);
        refuse(s, PLAST_E_INVALID, "place for the result");
        set_up(s, layouts, PLAST_F64);
        assert_int_equal(s->call(NULL, given, places), PLAST_E_INVALID);
        check_untouched();
    }
}

static void rows_must_fit(void **state)
{
    (void)state;
    for (const struct subject *s = subjects; s < subjects + SUBJECTS; s++) {
        if (s->inputs != 2 || s->free_shape)
            continue;
        set_up(s, layouts, PLAST_F64);
        views[1].rows--;
        refuse(s, PLAST_E_INVALID, "b has 8 rows, expected 9");
    }
    set_up(&subjects[1], layouts, PLAST_F64);
    views[2].rows--;
    refuse(&subjects[1], PLAST_E_INVALID, "activities has 8 rows, expected 9");
    for (const struct subject *s = subjects; s < subjects + SUBJECTS; s++) {
        if (s->call != spectral_radius)
            continue;
        set_up(s, layouts, PLAST_F64);
        views[0].cols--;
        refuse(s, PLAST_E_INVALID, "square is 6 x 5");
    }
}

/* Refused before an element is read: the array is not that large. */
static void more_than_blas_can_count_is_refused(void **state)
{
    const int64_t many = (int64_t)INT32_MAX + 1;
    (void)state;
    for (const struct subject *s = subjects; s < subjects + SUBJECTS; s++) {
        if (!s->counted)
            continue;
        set_up(s, layouts, PLAST_F64);
        views[0].rows = many;
        refuse(s, PLAST_E_RANGE, "2147483648");
        set_up(s, layouts, PLAST_F64);
        views[0].cols = many;
        refuse(s, PLAST_E_RANGE, "2147483648");
    }
}

static void what_has_no_answer_is_refused(void **state)
{
    static const double fractions[] = { 0.0, -0.5, 1.0000001, INFINITY, NAN };
    static const double x[] = { 1, 2, 3, 4 }, none[] = { 0, 0, 0, 0 }, opposite[] = { 1, 2, -1, -2 };
    const plast_matrix a = plast_matrix_f64(x, 2, 2), zero = plast_matrix_f64(none, 2, 2);
    const plast_matrix balanced = plast_matrix_f64(opposite, 2, 2);
    double result = UNTOUCHED;
    int64_t count = -77;
    (void)state;
    for (int32_t kind = PLAST_ANGLE_FLATTENED; kind <= PLAST_ANGLE_MEANS; kind++) {
        assert_int_equal(plast_measure_angle(context, &a, &zero, kind, &result), PLAST_E_RANGE);
        assert_int_equal(plast_measure_angle(context, &zero, &a, kind, &result), PLAST_E_RANGE);
        assert_non_null(strstr(plast_context_error(context), "zero"));
    }
    assert_int_equal(plast_measure_angle(context, &balanced, &a, PLAST_ANGLE_MEANS, &result), PLAST_E_RANGE);
    assert_int_equal(plast_measure_angle(context, &a, &a, 3, &result), PLAST_E_INVALID);
    assert_int_equal(plast_measure_angle(context, &a, &a, -1, &result), PLAST_E_INVALID);
    assert_non_null(strstr(plast_context_error(context), "kind of angle is -1"));
    assert_int_equal(plast_measure_norm_ratio(context, &a, &zero, &result), PLAST_E_RANGE);
    assert_non_null(strstr(plast_context_error(context), "b is all zero"));
    for (size_t k = 0; k < sizeof fractions / sizeof fractions[0]; k++)
        assert_int_equal(plast_measure_components(context, &a, fractions[k], &count), PLAST_E_RANGE);
    assert_non_null(strstr(plast_context_error(context), "fraction"));
    assert_true(result == UNTOUCHED && count == -77);
}

/* ---- memory ---- */

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for (const struct subject *s = subjects; s < subjects + SUBJECTS; s++) {
        set_up(s, layouts, PLAST_F32);
        const int64_t blocks = memory.live_blocks, before = memory.calls, already = malloc_count();
        assert_int_equal(s->call(context, given, places), PLAST_OK);
        const int64_t allocated = malloc_count() - already, calls = memory.calls - before;
        assert_true(calls > 0);
        if (malloc_count_works())               /* sanitizers and valgrind have a malloc of their own */
            assert_int_equal(allocated, calls); /* nothing behind the host's allocator */
        for (int64_t i = 1; i <= calls; i++) {
            set_up(s, layouts, PLAST_F32);
            memory.fail_at = memory.calls + i;
            refuse(s, PLAST_E_NOMEM, "no memory for ");
            assert_int_equal(memory.live_blocks, blocks);
        }
        memory.fail_at = 0;
        set_up(s, layouts, PLAST_F32);
        assert_int_equal(s->call(context, given, places), PLAST_OK);
        assert_int_equal(memory.live_blocks, blocks);
        assert_null(memory.complaint);
    }
}

/* So large that LAPACK works in blocks, and OpenBLAS takes another way than for small products. The singular values of
 * 3 Q are 3, the |eigenvalues| too, and n orthonormal samples have n - 1 equal variances. */
static void large_matrices_allocate_nothing_else(void **state)
{
    enum { N = 200 };
    static double q[N * N];
    const plast_matrix m = plast_matrix_f64(q, N, N);
    double found[5] = { 0 }, condition = 0.0;
    int64_t count = 0;
    (void)state;
    fill_orthogonal(70, N, q);
    for (int i = 0; i < N * N; i++)
        q[i] *= 3.0;
    const int64_t ours = memory.calls, already = malloc_count();
    const plast_status statuses[] = {
        plast_measure_orthonormality(context, &m, &found[0]),
        plast_measure_participation_ratio(context, &m, &found[1]),
        plast_measure_spectral_radius(context, &m, &found[2]),
        plast_measure_singular_values(context, &m, &found[3], &found[4], &condition),
        plast_measure_components(context, &m, 0.5, &count),
    };
    const int64_t allocated = malloc_count() - already, calls = memory.calls - ours;
    static const double expected[] = { 8.0, N - 1, 3.0, 3.0, 3.0 };
    for (int i = 0; i < 5; i++) {
        assert_int_equal(statuses[i], PLAST_OK);
        assert_near(found[i] / expected[i], 1.0, 1e-10); /* products of 200 numbers, and iterations */
    }
    assert_near(condition, 1.0, 1e-10);
    assert_int_equal(count, N / 2);
    if (malloc_count_works()) /* sanitizers and valgrind have a malloc of their own */
        assert_int_equal(allocated, calls);
}

/* ---- a network ---- */

static plast_matrix weights_of(const net *net, int64_t index)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    plast_matrix view;
    net_ok(net, plast_network_layer(net->network, index, &layer));
    net_ok(net, plast_layer_synapses(layer, NULL, &synapses));
    net_ok(net, plast_synapses_view(synapses, &view));
    return view;
}

static double error_of(const net *net, int64_t layer)
{
    const plast_matrix w = weights_of(net, layer);
    double error = -1.0;
    net_ok(net, plast_measure_orthonormality(net->context, &w, &error));
    return error;
}

/* Oja's rule alone makes the rows of a linear layer orthonormal (section 4.1, 6 of its sheet); a frozen layer stays. */
static void a_learning_network_is_measured(void **state)
{
    enum { IN = 11, HIDDEN = 5, OUT = 3, SAMPLES = 2000, LAST = 50 };
    static double x[SAMPLES * IN];
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        const net_plan plan = { .dtype = dtype,
                                .inputs = IN,
                                .layers = 2,
                                .units = { HIDDEN, OUT },
                                .no_bias = 1,
                                .seed = 8,
                                .oja = 0.02,
                                .ruled = 0 };
        const net_data data = { .n = SAMPLES, .x = x }, last = { .n = LAST, .x = x, .batch = LAST };
        plast_state *own = NULL;
        plast_matrix z, y;
        double mean = -1.0, sum = -1.0, ratio = -1.0, entry = 0.0, norm = -1.0, sd = -1.0, degrees = -1.0;
        net net = net_make(&plan);
        fill_normal(9, (int64_t)SAMPLES * IN, x);
        const double before = error_of(&net, 0), frozen = error_of(&net, 1);
        net_learn(&net, &data);
        net_learn(&net, &last);
        const plast_matrix w = weights_of(&net, 0);
        net_ok(&net, plast_network_state(net.network, &own));
        net_ok(&net, plast_state_view(own, 0, PLAST_POTENTIAL, &z));
        net_ok(&net, plast_state_view(own, 0, PLAST_ACTIVITY, &y));
        assert_int_equal(y.rows, LAST);
        net_ok(&net, plast_measure_activity_orthonormality(net.context, &w, &z, &y, &mean, &sum));
        net_ok(&net, plast_measure_participation_ratio(net.context, &y, &ratio));
        net_ok(&net, plast_measure_norms(net.context, &y, &entry, &norm, &sd));
        net_ok(&net, plast_measure_angle(net.context, &y, &z, PLAST_ANGLE_ROWS, &degrees));
        assert_true(before > 0.5 && error_of(&net, 0) < 0.3 * before);
        assert_near(error_of(&net, 1), frozen, 0.0);
        assert_near(sum / mean, LAST, 1e-9);
        assert_true(mean < 0.3 * norm * norm);       /* it was about the norm's square times (1 - W W^T)^2 */
        assert_true(ratio > 3.0 && ratio <= HIDDEN); /* white input */
        assert_true(fabs(entry) < norm && sd < norm && norm > 1.0 && norm < 4.0); /* |y|^2 is about HIDDEN */
        assert_near(degrees, 0.0, 0.0);                                           /* linear: y = z */
        net_free(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(large_matrices_allocate_nothing_else), /* first: OpenBLAS has not been warmed up yet */
        quiet_test(every_view_gives_the_same_bits),
        quiet_test(results_may_be_left_out),
        quiet_test(any_allocation_may_fail),
        quiet_test(bad_arguments_are_refused),
        quiet_test(rows_must_fit),
        quiet_test(more_than_blas_can_count_is_refused),
        quiet_test(what_has_no_answer_is_refused),
        quiet_test(a_learning_network_is_measured),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
