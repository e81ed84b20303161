/* SPDX-License-Identifier: MIT
 *
 * Measures: numbers worked out by hand, exact identities, plain loops, and the ends of the number range. */
#include "support/algebra.h"
#include "support/nets.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static plast_context *context;

/* Sums of at most some hundred products of numbers near 1. */
static const double ROUNDING = 1e-12;
static const double PI = 3.14159265358979323846;

static int make_context(void **state)
{
    (void)state;
    return plast_context_create(NULL, &context) == PLAST_OK ? 0 : -1;
}

static int destroy_context(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return 0;
}

static void ok(plast_status status)
{
    if (status != PLAST_OK)
        fail_msg("%s (%s)", plast_status_string(status), plast_context_error(context));
}

static plast_matrix turned(plast_matrix m)
{
    return (plast_matrix){ m.data, m.cols, m.rows, m.col_stride, m.row_stride, m.dtype, m.flags };
}

/* Relative to the expected number. */
static void assert_about(double found, double expected)
{
    assert_near(found / expected, 1.0, ROUNDING);
}

#define MATRIX(rows, cols, ...) plast_matrix_f64((const double[]){ __VA_ARGS__ }, rows, cols)

/* ---- orthonormality ---- */

static double orthonormality(plast_matrix w)
{
    double error = -1.0;
    ok(plast_measure_orthonormality(context, &w, &error));
    return error;
}

static void orthonormality_by_hand(void **state)
{
    const plast_matrix wide = MATRIX(2, 3, 1, 2, 0, 0, 1, 1); /* W W^T - I = 4 2, 2 1 */
    (void)state;
    assert_near(orthonormality(wide), 5.0 / sqrt(2.0), ROUNDING);
    assert_near(orthonormality(turned(wide)), 5.0 / sqrt(2.0), ROUNDING);
    assert_near(orthonormality(MATRIX(2, 2, 1, 2, 3, 4)), sqrt(417.0), ROUNDING); /* 4 11, 11 24 */
    assert_near(orthonormality(MATRIX(1, 2, 3, 4)), 24.0, ROUNDING);
    assert_near(orthonormality(MATRIX(2, 1, 3, 4)), 24.0, ROUNDING);
    assert_near(orthonormality(MATRIX(2, 3, 0, 0, 0, 0, 0, 0)), 1.0, 0.0);
}

static void orthonormal_rows_or_columns(void **state)
{
    enum { N = 20, SOME = 7 };
    double q[N * N];
    (void)state;
    fill_orthogonal(3, N, q);
    assert_near(orthonormality(plast_matrix_f64(q, N, N)), 0.0, ROUNDING);
    assert_near(orthonormality(plast_matrix_f64(q, SOME, N)), 0.0, ROUNDING);
    assert_near(orthonormality(turned(plast_matrix_f64(q, SOME, N))), 0.0, ROUNDING);
    for (int i = 0; i < N * N; i++)
        q[i] *= 3.0; /* 9 I - I */
    assert_near(orthonormality(plast_matrix_f64(q, SOME, N)), 8.0, ROUNDING);
    assert_near(orthonormality(turned(plast_matrix_f64(q, SOME, N))), 8.0, ROUNDING);
}

/* E_W of one sample in plain loops. */
static double naive_error(const double *w, int64_t out, int64_t in, const double *z, const double *y)
{
    double sum = 0.0;
    double *back = new_array(in);
    for (int64_t i = 0; i < out; i++)
        for (int64_t j = 0; j < in; j++)
            back[j] += w[i * in + j] * y[i];
    for (int64_t i = 0; i < out; i++) {
        double left = z[i];
        for (int64_t j = 0; j < in; j++)
            left -= w[i * in + j] * back[j];
        sum += left * left;
    }
    free(back);
    return sum;
}

static void activity_orthonormality_is_its_formula(void **state)
{
    enum { IN = 7, OUT = 5, SAMPLES = 300 }; /* more than two blocks */
    static double w[OUT * IN], z[SAMPLES * OUT], y[SAMPLES * OUT];
    double expected = 0.0, mean = 0.0, sum = 0.0;
    (void)state;
    fill_uniform(1, OUT * IN, w);
    fill_uniform(2, (int64_t)SAMPLES * OUT, z);
    for (int i = 0; i < SAMPLES * OUT; i++)
        y[i] = tanh(3.0 * z[i]);
    for (int i = 0; i < SAMPLES; i++)
        expected += naive_error(w, OUT, IN, z + (ptrdiff_t)i * OUT, y + (ptrdiff_t)i * OUT);
    const plast_matrix weights = plast_matrix_f64(w, OUT, IN);
    const plast_matrix potentials = plast_matrix_f64(z, SAMPLES, OUT), activities = plast_matrix_f64(y, SAMPLES, OUT);
    ok(plast_measure_activity_orthonormality(context, &weights, &potentials, &activities, &mean, &sum));
    assert_about(sum, expected);
    assert_about(mean, expected / SAMPLES);
}

/* y = z = W x: E_W = |(I - W W^T) z|^2, section 3.2 of the sheet on Oja's rule; 0 for orthonormal rows. */
static void activity_orthonormality_of_a_linear_layer(void **state)
{
    enum { IN = 9, OUT = 4 };
    double w[IN * IN], x[IN], z[OUT], g[OUT * OUT], expected = 0.0, mean = -1.0;
    (void)state;
    fill_uniform(5, OUT * IN, w);
    fill_uniform(6, IN, x);
    times(w, OUT, IN, x, z);
    gram(w, OUT, IN, g);
    for (int i = 0; i < OUT; i++) {
        double left = z[i];
        for (int j = 0; j < OUT; j++)
            left -= g[i * OUT + j] * z[j];
        expected += left * left;
    }
    const plast_matrix weights = plast_matrix_f64(w, OUT, IN), values = plast_matrix_f64(z, 1, OUT);
    ok(plast_measure_activity_orthonormality(context, &weights, &values, &values, &mean, NULL));
    assert_about(mean, expected);
    fill_orthogonal(7, IN, w);
    times(w, OUT, IN, x, z);
    ok(plast_measure_activity_orthonormality(context, &weights, &values, &values, &mean, NULL));
    assert_near(mean, 0.0, ROUNDING);
}

static void activity_orthonormality_by_hand(void **state)
{
    const plast_matrix w = MATRIX(1, 1, 2), z = MATRIX(2, 1, 3, 1), y = MATRIX(2, 1, 5, 1);
    double mean = 0.0, sum = 0.0;
    (void)state;
    ok(plast_measure_activity_orthonormality(context, &w, &z, &y, &mean, &sum)); /* (3 - 20)^2 and (1 - 4)^2 */
    assert_near(mean, 149.0, ROUNDING);
    assert_near(sum, 298.0, ROUNDING);
    sum = 0.0;
    ok(plast_measure_activity_orthonormality(context, &w, &z, &y, NULL, &sum));
    assert_near(sum, 298.0, ROUNDING);
}

/* ---- dimension ---- */

static double participation(plast_matrix samples)
{
    double ratio = -1.0;
    ok(plast_measure_participation_ratio(context, &samples, &ratio));
    return ratio;
}

static int64_t components(plast_matrix samples, double fraction)
{
    int64_t found = -1;
    ok(plast_measure_components(context, &samples, fraction, &found));
    return found;
}

enum { MOST = 64 * 64 };

/* 2 k samples, +- sqrt(variance_i) along axis i of n, all shifted by 3: these are the variances, times a constant. */
static plast_matrix axes(const double *variances, int64_t k, int64_t n, double *x)
{
    for (int64_t i = 0; i < 2 * k * n; i++)
        x[i] = 3.0;
    for (int64_t i = 0; i < k; i++) {
        x[2 * i * n + i] += sqrt(variances[i]);
        x[(2 * i + 1) * n + i] -= sqrt(variances[i]);
    }
    return plast_matrix_f64(x, 2 * k, n);
}

static void participation_of_equal_variances(void **state)
{
    enum { K = 10 };
    double x[MOST], equal[K];
    (void)state;
    for (int i = 0; i < K; i++)
        equal[i] = 4.0;
    for (int64_t k = 1; k <= K; k++)
        for (int64_t n = k; n <= 30; n++) /* more samples than columns, and fewer */
            assert_near(participation(axes(equal, k, n, x)), (double)k, ROUNDING);
    for (int64_t n = K; n <= 30; n += 10) {
        assert_int_equal(components(axes(equal, K, n, x), 0.9), 9);
        assert_int_equal(components(axes(equal, K, n, x), 0.90001), 10);
        assert_int_equal(components(axes(equal, K, n, x), 0.1), 1);
        assert_int_equal(components(axes(equal, K, n, x), 1.0), K);
    }
}

static void unequal_variances_by_hand(void **state)
{
    const double variances[] = { 1.0, 4.0, 1.0 };
    double x[MOST];
    (void)state;
    for (int64_t n = 3; n <= 9; n += 3) {
        const plast_matrix samples = axes(variances, 3, n, x);
        assert_near(participation(samples), 2.0, ROUNDING); /* 36 / 18 */
        assert_int_equal(components(samples, 1e-300), 1);
        assert_int_equal(components(samples, 0.66), 1);
        assert_int_equal(components(samples, 4.0 / 6.0), 1);
        assert_int_equal(components(samples, 0.67), 2);
        assert_int_equal(components(samples, 5.0 / 6.0), 2);
        assert_int_equal(components(samples, 0.9), 3);
        assert_int_equal(components(samples, 1.0), 3);
    }
}

/* From the covariance, by the definition. */
static double naive_participation(const double *x, int64_t rows, int64_t cols)
{
    double *mean = new_array(cols), trace = 0.0, square = 0.0;
    for (int64_t i = 0; i < rows * cols; i++)
        mean[i % cols] += x[i] / (double)rows;
    for (int64_t j = 0; j < cols; j++) {
        for (int64_t k = 0; k < cols; k++) {
            double c = 0.0;
            for (int64_t i = 0; i < rows; i++)
                c += (x[i * cols + j] - mean[j]) * (x[i * cols + k] - mean[k]) / (double)(rows - 1);
            trace += j == k ? c : 0.0;
            square += c * c;
        }
    }
    free(mean);
    return trace * trace / square;
}

static void participation_is_its_formula(void **state)
{
    static const int64_t shapes[][2] = { { 300, 6 }, { 128, 5 }, { 129, 5 }, { 11, 40 }, { 12, 12 }, { 2, 3 } };
    static double x[300 * 6];
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        const int64_t rows = shapes[s][0], cols = shapes[s][1];
        fill_uniform(8 + s, rows * cols, x);
        for (int64_t i = 0; i < rows * cols; i++)
            x[i] = 2.0 + x[i] * (double)(1 + i % cols);
        const double ratio = participation(plast_matrix_f64(x, rows, cols));
        assert_about(ratio, naive_participation(x, rows, cols));
        assert_true(ratio >= 1.0 - ROUNDING && ratio <= (double)(rows - 1 < cols ? rows - 1 : cols) + ROUNDING);
    }
}

static void participation_keeps_under_rotation_scale_and_shift(void **state)
{
    enum { ROWS = 25, COLS = 8 };
    double x[ROWS * COLS], moved[ROWS * COLS], q[COLS * COLS];
    (void)state;
    fill_uniform(20, ROWS * COLS, x);
    for (int i = 0; i < ROWS * COLS; i++)
        x[i] *= 1.0 + i % COLS;
    fill_orthogonal(21, COLS, q);
    for (int i = 0; i < ROWS; i++)
        times(q, COLS, COLS, x + (ptrdiff_t)i * COLS, moved + (ptrdiff_t)i * COLS);
    for (int i = 0; i < ROWS * COLS; i++)
        moved[i] = 1e-3 * moved[i] + 0.1 * (i % COLS);
    const plast_matrix before = plast_matrix_f64(x, ROWS, COLS), after = plast_matrix_f64(moved, ROWS, COLS);
    assert_about(participation(after), participation(before));
    for (double fraction = 0.05; fraction <= 1.0; fraction += 0.05)
        assert_int_equal(components(after, fraction), components(before, fraction));
}

/* Three directions in 20 dimensions: what rounding adds does not count. */
static void components_count_the_rank(void **state)
{
    enum { ROWS = 40, COLS = 20, RANK = 3 };
    double along[ROWS * RANK], directions[RANK * COLS], x[ROWS * COLS] = { 0 };
    (void)state;
    fill_uniform(30, ROWS * RANK, along);
    fill_uniform(31, RANK * COLS, directions);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLS; j++)
            for (int k = 0; k < RANK; k++)
                x[i * COLS + j] += along[i * RANK + k] * directions[k * COLS + j];
    assert_int_equal(components(plast_matrix_f64(x, ROWS, COLS), 1.0), RANK);
    assert_int_equal(components(plast_matrix_f64(x, ROWS / 4, COLS), 1.0), RANK);
}

static void no_variance_is_no_dimension(void **state)
{
    enum { ROWS = 7, COLS = 3 };
    double x[ROWS * COLS];
    (void)state;
    for (int i = 0; i < ROWS * COLS; i++)
        x[i] = i % COLS == 0 ? 0.1 : -1e9 / 3.0; /* seven of them do not have exactly this mean */
    for (int64_t rows = 1; rows <= ROWS; rows++) {
        const plast_matrix samples = plast_matrix_f64(x, rows, COLS);
        assert_near(participation(samples), 0.0, 0.0);
        assert_int_equal(components(samples, 0.9), 0);
        assert_int_equal(components(samples, 1.0), 0);
    }
    x[4 * COLS + 1] += 1.0;
    assert_near(participation(plast_matrix_f64(x, ROWS, COLS)), 1.0, ROUNDING);
    assert_int_equal(components(plast_matrix_f64(x, ROWS, COLS), 1.0), 1);
}

/* ---- norms ---- */

static void norms_by_hand(void **state)
{
    const plast_matrix m = MATRIX(3, 2, 3, -4, 6, 8, 0, 0); /* norms 5, 10, 0 */
    double entry = 0.0, mean = 0.0, sd = 0.0;
    (void)state;
    ok(plast_measure_norms(context, &m, &entry, &mean, &sd));
    assert_near(entry, 13.0 / 6.0, ROUNDING);
    assert_near(mean, 5.0, ROUNDING);
    assert_near(sd, sqrt(50.0 / 3.0), ROUNDING);
    const plast_matrix columns = turned(m); /* norms sqrt(45), sqrt(80) */
    ok(plast_measure_norms(context, &columns, NULL, &mean, &sd));
    assert_near(mean, (sqrt(45.0) + sqrt(80.0)) / 2.0, ROUNDING);
    assert_near(sd, (sqrt(80.0) - sqrt(45.0)) / 2.0, ROUNDING);
    const plast_matrix one = MATRIX(1, 2, -3, -4), none = MATRIX(2, 2, 0, 0, 0, 0);
    ok(plast_measure_norms(context, &one, &entry, &mean, &sd));
    assert_near(entry, -3.5, ROUNDING);
    assert_near(mean, 5.0, ROUNDING);
    assert_near(sd, 0.0, 0.0);
    ok(plast_measure_norms(context, &none, &entry, &mean, &sd));
    assert_true(entry == 0.0 && mean == 0.0 && sd == 0.0);
}

static double norm_ratio(plast_matrix a, plast_matrix b)
{
    double ratio = -1.0;
    ok(plast_measure_norm_ratio(context, &a, &b, &ratio));
    return ratio;
}

static void norm_ratio_by_hand(void **state)
{
    (void)state;
    assert_near(norm_ratio(MATRIX(2, 2, 1, -5, 3, 1), MATRIX(1, 3, 0, 3, 0)), 2.0, ROUNDING);
    assert_near(norm_ratio(MATRIX(1, 3, 0, 3, 0), MATRIX(2, 2, 1, -5, 3, 1)), 0.5, ROUNDING);
    assert_near(norm_ratio(MATRIX(1, 1, 0), MATRIX(1, 1, 1)), 0.0, 0.0);
    assert_about(norm_ratio(MATRIX(1, 2, 3e300, 4e300), MATRIX(1, 1, 1e10)), 5e290);
    assert_about(norm_ratio(MATRIX(1, 2, 3e-300, 4e-300), MATRIX(1, 1, 1e-310)), 5e-300 / 1e-310);
}

/* ---- angles ---- */

static double angle(plast_matrix a, plast_matrix b, int32_t kind)
{
    double degrees = -1.0;
    ok(plast_measure_angle(context, &a, &b, kind, &degrees));
    return degrees;
}

static void one_row_has_one_angle(void **state)
{
    (void)state;
    for (int32_t kind = PLAST_ANGLE_FLATTENED; kind <= PLAST_ANGLE_MEANS; kind++) {
        const plast_matrix x = MATRIX(1, 3, 1, 2, -3);
        assert_near(angle(x, x, kind), 0.0, 0.0);
        assert_near(angle(x, MATRIX(1, 3, 7, 14, -21), kind), 0.0, ROUNDING);
        assert_near(angle(x, MATRIX(1, 3, -1, -2, 3), kind), 180.0, ROUNDING);
        assert_near(angle(x, MATRIX(1, 3, -2, 1, 0), kind), 90.0, ROUNDING);
        assert_near(angle(MATRIX(1, 2, 2, 0), MATRIX(1, 2, 1, 1), kind), 45.0, ROUNDING);
        assert_near(angle(MATRIX(1, 2, 0, 5), MATRIX(1, 2, 1, -1), kind), 135.0, ROUNDING);
        assert_near(angle(MATRIX(1, 2, 1, 0), MATRIX(1, 2, 1, sqrt(3.0)), kind), 60.0, ROUNDING);
        assert_near(angle(MATRIX(1, 2, 1e300, 0), MATRIX(1, 2, 1e-300, 1e-300), kind), 45.0, ROUNDING);
        /* a billionth of a radian, of which arccos would see nothing */
        assert_about(angle(MATRIX(1, 2, 1, 0), MATRIX(1, 2, 1, 1e-9), kind), 1e-9 / PI * 180.0);
    }
}

static void three_kinds_of_angle_by_hand(void **state)
{
    const plast_matrix a = MATRIX(2, 2, 1, 0, 0, 2), b = MATRIX(2, 2, 0, 1, 0, 2);
    (void)state;
    assert_near(angle(a, b, PLAST_ANGLE_FLATTENED), acos(0.8) / PI * 180.0, ROUNDING);
    assert_near(angle(a, b, PLAST_ANGLE_ROWS), 45.0, ROUNDING);
    assert_near(angle(a, b, PLAST_ANGLE_MEANS), acos(2.0 / sqrt(5.0)) / PI * 180.0, ROUNDING);
    assert_near(angle(b, a, PLAST_ANGLE_ROWS), 45.0, ROUNDING);
    /* a zero row in one of them is left out of the rows, and counts in the others */
    const plast_matrix c = MATRIX(3, 2, 1, 0, 0, 2, 0, 0), d = MATRIX(3, 2, 0, 1, 0, 2, 4, 4);
    assert_near(angle(c, d, PLAST_ANGLE_ROWS), 45.0, ROUNDING);
    assert_near(angle(d, c, PLAST_ANGLE_ROWS), 45.0, ROUNDING);
    assert_near(angle(c, d, PLAST_ANGLE_FLATTENED), acos(4.0 / sqrt(5.0 * 37.0)) / PI * 180.0, ROUNDING);
    assert_near(angle(c, d, PLAST_ANGLE_MEANS), acos(18.0 / sqrt(5.0 * 65.0)) / PI * 180.0, ROUNDING);
    /* rows of very different size are all heard */
    assert_near(angle(MATRIX(2, 2, 1e200, 0, 0, 1e-200), MATRIX(2, 2, 1, 0, 1e-300, 0), PLAST_ANGLE_ROWS), 45.0,
                ROUNDING);
}

static void feedback_is_compared_with_transposed_weights(void **state)
{
    enum { OUT = 4, IN = 6 };
    double w[OUT * IN], b[IN * OUT];
    (void)state;
    fill_uniform(40, OUT * IN, w);
    for (int i = 0; i < OUT; i++)
        for (int j = 0; j < IN; j++)
            b[j * OUT + i] = 3.0 * w[i * IN + j];
    const plast_matrix weights = plast_matrix_f64(w, OUT, IN), feedback = plast_matrix_f64(b, IN, OUT);
    assert_near(angle(feedback, turned(weights), PLAST_ANGLE_FLATTENED), 0.0, ROUNDING);
    assert_near(norm_ratio(feedback, turned(weights)), 3.0, ROUNDING);
}

/* For Gaussian C (m x n) and any d, angle(C^T C d, d) is about arctan(sqrt((n + 1) / m)): section 5.2 F of the sheet on
 * self-assembling circuits. One angle spreads by 2 to 3 degrees, the mean of 20 by 0.4 to 0.7; and exchanging n + 1 and
 * m would move the last two by 20 and 37. */
static void angle_of_a_preconditioned_vector(void **state)
{
    enum { N = 100, SEEDS = 20 };
    static const int64_t heights[] = { 100, 50, 400 };
    static double c[400 * N], d[N], image[400], back[N];
    (void)state;
    for (int k = 0; k < 3; k++) {
        const int64_t m = heights[k];
        double mean = 0.0;
        for (int seed = 0; seed < SEEDS; seed++) {
            fill_normal(1000 + (uint64_t)seed, m * N, c);
            fill_uniform(2000 + (uint64_t)seed, N, d);
            times(c, m, N, d, image);
            memset(back, 0, sizeof back);
            for (int64_t i = 0; i < m * N; i++)
                back[i % N] += c[i] * image[i / N];
            mean += angle(plast_matrix_f64(back, 1, N), plast_matrix_f64(d, 1, N), PLAST_ANGLE_FLATTENED) / SEEDS;
        }
        assert_near(mean, atan(sqrt((N + 1.0) / (double)m)) / PI * 180.0, 1.5);
    }
}

/* ---- spectra ---- */

static double radius(plast_matrix square)
{
    double found = -1.0;
    ok(plast_measure_spectral_radius(context, &square, &found));
    return found;
}

static void spectral_radius_by_hand(void **state)
{
    const double s = 0.7 * sin(0.3), c = 0.7 * cos(0.3);
    (void)state;
    assert_near(radius(MATRIX(1, 1, -5)), 5.0, ROUNDING);
    assert_near(radius(MATRIX(2, 2, c, -s, s, c)), 0.7, ROUNDING);
    assert_near(radius(MATRIX(3, 3, c, -s, 0, s, c, 0, 0, 0, -0.9)), 0.9, ROUNDING);
    assert_near(radius(MATRIX(2, 2, 0, 4, -1, 0)), 2.0, ROUNDING);     /* +- 2i */
    assert_near(radius(MATRIX(2, 2, 0, 100, 0.01, 0)), 1.0, ROUNDING); /* far from normal */
    assert_near(radius(MATRIX(2, 2, 1, 1, 1, 0)), (1 + sqrt(5.0)) / 2, ROUNDING);
    assert_near(radius(MATRIX(3, 3, 0.9, 1, 0, 0, 0.9, 1, 0, 0, 0.9)), 0.9, ROUNDING); /* a Jordan block */
    assert_near(radius(MATRIX(3, 3, 0, 5, 7, 0, 0, 3, 0, 0, 0)), 0.0, 0.0);            /* nilpotent */
    assert_near(radius(MATRIX(3, 3, 0, 0, 0, 5, 0, 0, 7, 3, 0)), 0.0, 0.0);
    assert_near(radius(MATRIX(2, 2, 0, 0, 0, 0)), 0.0, 0.0);
    assert_about(radius(MATRIX(2, 2, 1e300, 1e300, 1e300, 1e300)), 2e300);
    assert_about(radius(MATRIX(2, 2, 1e-300, 1e-300, 1e-300, 1e-300)), 2e-300);
}

/* Q T Q^T has T's diagonal for eigenvalues, however large the rest of T is. */
static void spectral_radius_of_a_hidden_triangle(void **state)
{
    enum { N = 12 };
    double q[N * N], t[N * N] = { 0 }, half[N * N] = { 0 }, a[N * N] = { 0 };
    (void)state;
    fill_orthogonal(50, N, q);
    for (int i = 0; i < N; i++)
        for (int j = i; j < N; j++)
            t[i * N + j] = i == j ? (i == 5 ? -2.5 : 0.1 * i) : 1.0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                half[i * N + j] += q[i * N + k] * t[k * N + j];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                a[i * N + j] += half[i * N + k] * q[j * N + k];
    assert_near(radius(plast_matrix_f64(a, N, N)), 2.5, 1e-10); /* this eigenvalue is well conditioned, not perfectly */
    assert_near(radius(turned(plast_matrix_f64(a, N, N))), 2.5, 1e-10);
}

static void check_singular_values(plast_matrix m, double largest, double smallest)
{
    double high = -1.0, low = -1.0, condition = -1.0;
    ok(plast_measure_singular_values(context, &m, &high, &low, &condition));
    assert_about(high, largest);
    assert_about(low, smallest);
    assert_about(condition, largest / smallest);
}

static void singular_values_by_hand(void **state)
{
    enum { N = 10, SOME = 4 };
    double q[N * N];
    (void)state;
    check_singular_values(MATRIX(1, 1, -4), 4.0, 4.0);
    check_singular_values(MATRIX(3, 3, 3, 0, 0, 0, -7, 0, 0, 0, 0.5), 7.0, 0.5);
    check_singular_values(MATRIX(1, 2, 3, 4), 5.0, 5.0);
    check_singular_values(MATRIX(2, 1, 3, 4), 5.0, 5.0);
    check_singular_values(MATRIX(2, 2, 1, 2, 3, 4), sqrt(15.0 + sqrt(221.0)), sqrt(15.0 - sqrt(221.0)));
    check_singular_values(MATRIX(2, 3, 0, 2e300, 0, 0, 0, 1e290), 2e300, 1e290);
    check_singular_values(MATRIX(2, 3, 0, 2e-300, 0, 0, 0, 1e-305), 2e-300, 1e-305);
    fill_orthogonal(60, N, q);
    for (int i = 0; i < SOME * N; i++)
        q[i] *= 2.0 + i / N; /* rows of length 2, 3, 4, 5 */
    check_singular_values(plast_matrix_f64(q, SOME, N), 5.0, 2.0);
    check_singular_values(turned(plast_matrix_f64(q, SOME, N)), 5.0, 2.0);
}

static void singular_matrices_have_infinite_condition(void **state)
{
    const plast_matrix singular = MATRIX(2, 2, 3, 0, 0, 0), zero = MATRIX(2, 3, 0, 0, 0, 0, 0, 0);
    const plast_matrix nearly = MATRIX(2, 2, 1, 2, 0.1, 0.2);
    double high = -1.0, low = -1.0, condition = -1.0;
    (void)state;
    ok(plast_measure_singular_values(context, &singular, &high, &low, &condition));
    assert_true(high == 3.0 && low == 0.0 && isinf(condition) && condition > 0.0);
    ok(plast_measure_singular_values(context, &zero, &high, &low, &condition));
    assert_true(high == 0.0 && low == 0.0 && isinf(condition) && condition > 0.0);
    ok(plast_measure_singular_values(context, &nearly, NULL, NULL, &condition));
    assert_true(condition > 1e15);
}

/* ---- the ends of the number range ---- */

static void squares_do_not_overflow(void **state)
{
    const plast_matrix w = MATRIX(1, 1, 1e200), z = MATRIX(1, 1, 0), y = MATRIX(1, 1, 1e-300);
    const plast_matrix small = MATRIX(1, 1, 1e-200), one = MATRIX(1, 1, 1), large = MATRIX(1, 1, 1e200);
    const plast_matrix huge = MATRIX(2, 2, DBL_MAX, DBL_MAX, DBL_MAX, DBL_MAX);
    double first = 0.0, second = 0.0;
    (void)state;
    assert_about(orthonormality(MATRIX(1, 1, 1e154)), 1e308);
    assert_near(orthonormality(MATRIX(1, 1, 1e-200)), 1.0, 0.0);
    ok(plast_measure_activity_orthonormality(context, &w, &z, &y, &first, &second)); /* (1e100)^2 */
    assert_about(first, 1e200);
    ok(plast_measure_activity_orthonormality(context, &small, &one, &large, &first, NULL));
    assert_about(first, 1.0);
    ok(plast_measure_activity_orthonormality(context, &small, &small, &z, &first, NULL));
    assert_near(first, 0.0, 0.0);
    ok(plast_measure_activity_orthonormality(context, &z, &z, &z, &first, NULL));
    assert_near(first, 0.0, 0.0);
    assert_near(participation(MATRIX(3, 2, DBL_MAX, 0, -DBL_MAX, 0, 0, 0)), 1.0, ROUNDING);
    assert_near(participation(MATRIX(4, 2, 1e-300, 0, -1e-300, 0, 0, 1e-300, 0, -1e-300)), 2.0, ROUNDING);
    assert_near(participation(MATRIX(4, 3, 1e-300, 0, 5, -1e-300, 0, 5, 0, 1e-300, 5, 0, -1e-300, 5)), 2.0, ROUNDING);
    ok(plast_measure_norms(context, &huge, &first, NULL, &second));
    assert_about(first, DBL_MAX);
    assert_near(second, 0.0, 0.0);
}

static void assert_too_large(plast_status status, const char *word)
{
    assert_int_equal(status, PLAST_E_NOT_FINITE);
    if (strstr(plast_context_error(context), word) == NULL)
        fail_msg("'%s' does not say '%s'", plast_context_error(context), word);
}

static void results_beyond_all_numbers_are_refused(void **state)
{
    const plast_matrix w = MATRIX(1, 1, 1e160), one = MATRIX(1, 1, 1), tiny = MATRIX(1, 1, 1e-300);
    const plast_matrix huge = MATRIX(2, 2, DBL_MAX, DBL_MAX, DBL_MAX, -DBL_MAX);
    const plast_matrix z = MATRIX(4, 1, 1.1e154, 1.1e154, 1.1e154, 1.1e154), no_y = MATRIX(4, 1, 0, 0, 0, 0);
    double a = 7.0, b = 7.0, c = 7.0;
    (void)state;
    assert_too_large(plast_measure_orthonormality(context, &w, &a), "near 2^1064"); /* 1e320 */
    assert_too_large(plast_measure_activity_orthonormality(context, &w, &one, &one, &a, &b), "mean error");
    assert_too_large(plast_measure_activity_orthonormality(context, &one, &z, &no_y, &a, &b), "summed error");
    assert_too_large(plast_measure_norms(context, &huge, &a, &b, &c), "mean norm");
    assert_too_large(plast_measure_norm_ratio(context, &w, &tiny, &a), "norm ratio");
    assert_too_large(plast_measure_spectral_radius(context, &huge, &a), "spectral radius");
    assert_too_large(plast_measure_singular_values(context, &huge, &a, &b, &c), "largest singular value");
    assert_too_large(plast_measure_singular_values(context, &huge, NULL, &b, &c), "smallest singular value");
    assert_true(a == 7.0 && b == 7.0 && c == 7.0);
    ok(plast_measure_singular_values(context, &huge, NULL, NULL, &c));
    assert_about(c, 1.0);
    ok(plast_measure_activity_orthonormality(context, &one, &z, &no_y, &a, NULL));
    assert_about(a, 1.21e308);
    ok(plast_measure_activity_orthonormality(context, &one, &no_y, &z, &a, NULL));
    assert_about(a, 1.21e308);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(orthonormality_by_hand),
        quiet_test(orthonormal_rows_or_columns),
        quiet_test(activity_orthonormality_is_its_formula),
        quiet_test(activity_orthonormality_of_a_linear_layer),
        quiet_test(activity_orthonormality_by_hand),
        quiet_test(participation_of_equal_variances),
        quiet_test(unequal_variances_by_hand),
        quiet_test(participation_is_its_formula),
        quiet_test(participation_keeps_under_rotation_scale_and_shift),
        quiet_test(components_count_the_rank),
        quiet_test(no_variance_is_no_dimension),
        quiet_test(norms_by_hand),
        quiet_test(norm_ratio_by_hand),
        quiet_test(one_row_has_one_angle),
        quiet_test(three_kinds_of_angle_by_hand),
        quiet_test(feedback_is_compared_with_transposed_weights),
        quiet_test(angle_of_a_preconditioned_vector),
        quiet_test(spectral_radius_by_hand),
        quiet_test(spectral_radius_of_a_hidden_triangle),
        quiet_test(singular_values_by_hand),
        quiet_test(singular_matrices_have_infinite_condition),
        quiet_test(squares_do_not_overflow),
        quiet_test(results_beyond_all_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, make_context, destroy_context);
}
