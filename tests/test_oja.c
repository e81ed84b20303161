/* SPDX-License-Identifier: MIT
 *
 * Oja's subspace rule on its own: its formula, what follows from it exactly, and where it settles. Numbers in brackets
 * are those of the list of identities in section 4.1 of the project's sheet on Oja's rule. */
#include "support/naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One step of sums of at most 20 products in double: some 1e-16 each. */
static const double ROUNDING = 1e-14;

/* W of one layer, rules only. */
static net one_layer(int32_t activation, int64_t inputs, int64_t units, double rate)
{
    const net_plan plan = { .dtype = PLAST_F64, .inputs = inputs, .layers = 1,  .units = { units }, .output = activation,
                            .no_bias = 1,       .seed = 5,        .oja = rate, .ruled = PLAST_ALL_LAYERS };
    return net_make(&plan);
}

static void see(net *net, int64_t n, const double *x, int64_t batch)
{
    const net_data data = { .n = n, .x = x, .batch = batch };
    net_learn(net, &data);
}

/* W x */
static void times(const double *w, int64_t rows, int64_t cols, const double *x, double *out)
{
    for (int64_t i = 0; i < rows; i++) {
        out[i] = 0.0;
        for (int64_t j = 0; j < cols; j++)
            out[i] += w[i * cols + j] * x[j];
    }
}

/* x - W^T y */
static void residual(const double *w, int64_t rows, int64_t cols, const double *x, const double *y, double *out)
{
    for (int64_t j = 0; j < cols; j++) {
        out[j] = x[j];
        for (int64_t i = 0; i < rows; i++)
            out[j] -= w[i * cols + j] * y[i];
    }
}

static double energy(int64_t n, const double *x)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

/* A A^T, n x n */
static void gram(const double *a, int64_t rows, int64_t cols, double *out)
{
    for (int64_t i = 0; i < rows; i++)
        times(a, rows, cols, a + i * cols, out + i * rows);
}

/* A^T A, m x m */
static void inner_gram(const double *a, int64_t rows, int64_t cols, double *out)
{
    for (int64_t j = 0; j < cols; j++)
        for (int64_t k = 0; k < cols; k++) {
            out[j * cols + k] = 0.0;
            for (int64_t i = 0; i < rows; i++)
                out[j * cols + k] += a[i * cols + j] * a[i * cols + k];
        }
}

/* Frobenius norm of A - I. */
static double from_identity(const double *a, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n * n; i++)
        sum += (a[i] - (i % (n + 1) == 0)) * (a[i] - (i % (n + 1) == 0));
    return sqrt(sum);
}

/* ---- the formula ---- */

/* mean over samples of y x^T - (y y^T) W */
static void formula(int32_t activation, double rate, int64_t batch)
{
    enum { IN = 19, OUT = 13, MOST = 7 };
    double x[MOST * IN], w[OUT * IN];
    net net = one_layer(activation, IN, OUT, rate);
    naive reference = naive_copy(&net);
    fill_uniform(6, batch * IN, x);
    see(&net, batch, x, batch);
    naive_update(&reference, batch, x, NULL, NULL);
    assert_net_is(&net, &reference, ROUNDING);
    net_get_weights(&net, 0, w);
    naive_free(&reference);
    net_free(&net);
}

static void is_its_formula(void **state)
{
    (void)state;
    for (int32_t activation = PLAST_LINEAR; activation <= PLAST_SOFTMAX; activation++)
        for (int64_t batch = 1; batch <= 7; batch += 3)
            formula(activation, 0.4, batch);
}

enum { IN = 9, OUT = 5 };

/* One step of a linear layer on one sample: old and new W, x, y = W x, D = (W' - W) / rate. */
typedef struct one_step {
    double before[OUT * IN], after[OUT * IN], x[IN], y[OUT], d[OUT * IN];
} one_step;

static one_step step_from(net *net, double rate, uint64_t seed)
{
    one_step s;
    fill_normal(seed, IN, s.x);
    net_get_weights(net, 0, s.before);
    times(s.before, OUT, IN, s.x, s.y);
    see(net, 1, s.x, 1);
    net_get_weights(net, 0, s.after);
    for (int i = 0; i < OUT * IN; i++)
        s.d[i] = (s.after[i] - s.before[i]) / rate;
    return s;
}

static one_step linear_step(double rate, uint64_t seed)
{
    net net = one_layer(PLAST_LINEAR, IN, OUT, rate);
    const one_step s = step_from(&net, rate, seed);
    net_free(&net);
    return s;
}

/* (1) y (x - W^T y)^T is the same thing. */
static void is_outer_product_with_residual(void **state)
{
    (void)state;
    const one_step s = linear_step(0.5, 1);
    double r[IN], d[OUT * IN];
    residual(s.before, OUT, IN, s.x, s.y, r);
    for (int i = 0; i < OUT * IN; i++)
        d[i] = s.y[i / IN] * r[i % IN];
    assert_close(OUT * IN, s.d, d, ROUNDING);
}

/* (2) The step descends 1/2 |x - W^T y|^2 while y is held. That is a parabola in each weight, for which central
 * differences are exact but for rounding: 1e-16 of a loss of some 10, over 1e-2, is 1e-13. */
static void descends_reconstruction_error(void **state)
{
    (void)state;
    const double h = 1e-2;
    one_step s = linear_step(0.5, 2);
    double expected[OUT * IN], r[IN];
    for (int i = 0; i < OUT * IN; i++) {
        const double here = s.before[i];
        s.before[i] = here + h;
        residual(s.before, OUT, IN, s.x, s.y, r);
        const double more = 0.5 * energy(IN, r);
        s.before[i] = here - h;
        residual(s.before, OUT, IN, s.x, s.y, r);
        expected[i] = -(more - 0.5 * energy(IN, r)) / (2.0 * h);
        s.before[i] = here;
    }
    assert_close(OUT * IN, s.d, expected, 1e-12);
}

/* (3) One step shrinks the residual by 1 - rate |y|^2, y held: monotone below rate |y|^2 = 1, growing above 2. */
static void contracts_residual(void **state)
{
    (void)state;
    const double y_energy = energy(OUT, linear_step(1.0, 3).y), strength[3] = { 0.5, 1.5, 2.5 };
    for (int k = 0; k < 3; k++) {
        const one_step s = linear_step(strength[k] / y_energy, 3);
        double before[IN], after[IN];
        residual(s.before, OUT, IN, s.x, s.y, before);
        residual(s.after, OUT, IN, s.x, s.y, after);
        for (int j = 0; j < IN; j++)
            before[j] *= 1.0 - strength[k];
        assert_close(IN, after, before, ROUNDING);
    }
}

/* (4) G = W W^T: G' - G = rate [(I - G) y y^T + y y^T (I - G)] + rate^2 D D^T. */
static void moves_gram_matrix(void **state)
{
    (void)state;
    const double rate = 0.3;
    const one_step s = linear_step(rate, 4);
    double g[OUT * OUT], after[OUT * OUT], dd[OUT * OUT], expected[OUT * OUT], gy[OUT];
    gram(s.before, OUT, IN, g);
    gram(s.after, OUT, IN, after);
    gram(s.d, OUT, IN, dd);
    times(g, OUT, OUT, s.y, gy);
    for (int i = 0; i < OUT; i++)
        for (int j = 0; j < OUT; j++) {
            const double first = (s.y[i] - gy[i]) * s.y[j] + s.y[i] * (s.y[j] - gy[j]);
            expected[i * OUT + j] = rate * first + rate * rate * dd[i * OUT + j];
            after[i * OUT + j] -= g[i * OUT + j];
        }
    assert_close(OUT * OUT, after, expected, ROUNDING);
}

/* (4) Rows that are orthonormal stay so to first order: a step of rate moves G by no more than rate^2 |D|^2. */
static void leaves_orthonormal_rows(void **state)
{
    (void)state;
    double q[IN * IN], g[OUT * OUT];
    for (double rate = 1e-2; rate > 1e-5; rate /= 10.0) {
        net net = one_layer(PLAST_LINEAR, IN, OUT, rate);
        fill_orthogonal(7, IN, q);
        net_set_weights(&net, 0, q);
        const one_step s = step_from(&net, rate, 8);
        gram(s.after, OUT, IN, g);
        assert_true(from_identity(g, OUT) <= rate * rate * energy(OUT * IN, s.d) * 1.0001 + 1e-14);
        net_free(&net);
    }
}

/* (5) W -> Q W gives D -> Q D: only the subspace is defined. */
static void turns_with_outputs(void **state)
{
    (void)state;
    const double rate = 0.3;
    net net = one_layer(PLAST_LINEAR, IN, OUT, rate);
    double q[OUT * OUT], w[OUT * IN], turned[OUT * IN], expected[OUT * IN];
    const one_step plain = linear_step(rate, 9);
    fill_orthogonal(10, OUT, q);
    for (int i = 0; i < OUT * IN; i++) {
        turned[i] = expected[i] = 0.0;
        for (int k = 0; k < OUT; k++) {
            turned[i] += q[i / IN * OUT + k] * plain.before[k * IN + i % IN];
            expected[i] += q[i / IN * OUT + k] * plain.after[k * IN + i % IN];
        }
    }
    net_set_weights(&net, 0, turned);
    (void)step_from(&net, rate, 9);
    net_get_weights(&net, 0, w);
    assert_close(OUT * IN, w, expected, ROUNDING);
    net_free(&net);
}

/* (12) A single linear unit: w . dw = rate y^2 (1 - |w|^2). */
static void pulls_norm_to_one(void **state)
{
    (void)state;
    for (uint64_t seed = 20; seed < 25; seed++) {
        double x[IN], before[IN], after[IN], y, along = 0.0;
        net net = one_layer(PLAST_LINEAR, IN, 1, 0.1);
        fill_normal(seed, IN, x);
        net_get_weights(&net, 0, before);
        times(before, 1, IN, x, &y);
        see(&net, 1, x, 1);
        net_get_weights(&net, 0, after);
        for (int j = 0; j < IN; j++)
            along += before[j] * (after[j] - before[j]);
        /* differences of numbers near 1 */
        assert_near(along, 0.1 * y * y * (1.0 - energy(IN, before)), 1e-14);
        net_free(&net);
    }
}

/* ---- where it settles ---- */

/* As many samples as dimensions, x_i = sqrt(n lambda_i) q_i: their mean x x^T is exactly sum lambda_i q_i q_i^T. */
static void make_spectrum(uint64_t seed, int64_t n, const double *lambda, double *q, double *x)
{
    fill_orthogonal(seed, n, q);
    for (int64_t i = 0; i < n * n; i++)
        x[i] = sqrt((double)n * lambda[i / n]) * q[i];
}

/* Minibatches of all samples. */
static void settle(net *net, int64_t n, const double *x, int epochs)
{
    for (int i = 0; i < epochs; i++)
        see(net, n, x, n);
}

/* Mean |x - W^T W x|^2. */
static double reconstruction_error(const double *w, int64_t rows, int64_t cols, int64_t n, const double *x)
{
    double *y = new_array(rows), *r = new_array(cols), sum = 0.0;
    for (int64_t b = 0; b < n; b++) {
        times(w, rows, cols, x + b * cols, y);
        residual(w, rows, cols, x + b * cols, y, r);
        sum += energy(cols, r) / (double)n;
    }
    free(y);
    free(r);
    return sum;
}

/* (6) W W^T -> I, rows span the first k principal directions, the error is the sum of the discarded eigenvalues; but
 * no row is a principal direction itself. The gap of the spectrum is 1.5, so the subspace is reached as
 * (1 - 0.05 * 1.5)^t: 1e-30 after 1000 steps, what is left is rounding. */
static void finds_principal_subspace(void **state)
{
    (void)state;
    enum { N = 20, K = 4 };
    double lambda[N] = { 5.0, 4.0, 3.0, 2.0 }, q[N * N], x[N * N], w[K * N], g[K * K], overlap[K * N];
    double discarded = 0.0, outside = 0.0;
    net net = one_layer(PLAST_LINEAR, N, K, 0.05);
    for (int i = K; i < N; i++)
        discarded += lambda[i] = 0.5 * pow(0.8, i - K);
    make_spectrum(30, N, lambda, q, x);
    settle(&net, N, x, 1000);
    net_get_weights(&net, 0, w);
    gram(w, K, N, g);
    assert_true(from_identity(g, K) < 1e-13);
    assert_near(reconstruction_error(w, K, N, N, x), discarded, 1e-12);
    for (int i = 0; i < K; i++)
        times(q, N, N, w + i * N, overlap + i * N);
    for (int i = 0; i < K * N; i++) {
        outside += i % N < K ? 0.0 : overlap[i] * overlap[i];
        assert_true(fabs(overlap[i]) < 0.95);
    }
    assert_true(sqrt(outside) < 1e-13);
    net_free(&net);
}

/* (7) More outputs than inputs, all directions present: W^T W -> I, and W W^T must stay away from I. */
static void expands(void **state)
{
    (void)state;
    enum { N = 7, K = 12 };
    double lambda[N], q[N * N], x[N * N], w[K * N], outer[K * K], inner[N * N];
    net net = one_layer(PLAST_LINEAR, N, K, 0.2);
    for (int i = 0; i < N; i++)
        lambda[i] = 1.0 + 0.1 * i;
    make_spectrum(31, N, lambda, q, x);
    settle(&net, N, x, 500);
    net_get_weights(&net, 0, w);
    gram(w, K, N, outer);
    inner_gram(w, K, N, inner);
    assert_true(from_identity(inner, N) < 1e-13);
    assert_near(from_identity(outer, K), sqrt(K - N), 1e-13);
    net_free(&net);
}

enum { SOFT_IN = 20, SOFT_OUT = 8, SOFT_SAMPLES = 60 };

/* A softplus layer (beta 10) at its fixed point, on samples that are not centred and fill 8 directions and, much
 * weaker, the other 12. */
static net settled_softplus(double *x)
{
    enum { N = SOFT_IN };
    double q[N * N], a[SOFT_SAMPLES * N];
    net net = one_layer(PLAST_SOFTPLUS, SOFT_IN, SOFT_OUT, 0.1);
    fill_uniform(32, SOFT_SAMPLES * N, a);
    fill_orthogonal(33, N, q);
    for (int b = 0; b < SOFT_SAMPLES; b++)
        for (int j = 0; j < N; j++) {
            x[b * N + j] = 0.5;
            for (int i = 0; i < N; i++)
                x[b * N + j] += a[b * N + i] * q[i * N + j] * (i < SOFT_OUT ? 2.0 : 0.2);
        }
    settle(&net, SOFT_SAMPLES, x, EPOCHS);
    return net;
}

/* (8) The nonlinear fixed point is W = least-squares decoder of x from y, E[y (x - W^T y)^T] = 0, not W W^T = I.
 * (9) There E[y . z] = E|W^T y|^2 = E|x|^2 - E|x - W^T y|^2. */
static void settles_at_normal_equations(void **state)
{
    (void)state;
    enum { N = SOFT_IN, K = SOFT_OUT };
    double x[SOFT_SAMPLES * N], w[K * N], normal[K * N] = { 0.0 }, g[K * K], y[SOFT_SAMPLES * K], z[K], r[N];
    double largest = 0.0, drive = 0.0, decoded = 0.0, given = 0.0, lost = 0.0;
    net net = settled_softplus(x);
    net_get_weights(&net, 0, w);
    net_run(&net, SOFT_SAMPLES, x, y);
    for (int b = 0; b < SOFT_SAMPLES; b++) {
        residual(w, K, N, x + b * N, y + b * K, r);
        times(w, K, N, x + b * N, z);
        for (int i = 0; i < K * N; i++)
            normal[i] += y[b * K + i / N] * r[i % N] / SOFT_SAMPLES;
        for (int i = 0; i < K; i++)
            drive += y[b * K + i] * z[i];
        for (int j = 0; j < N; j++)
            decoded += (x[b * N + j] - r[j]) * (x[b * N + j] - r[j]);
        given += energy(N, x + b * N);
        lost += energy(N, r);
    }
    for (int i = 0; i < K * N; i++)
        largest = fmax(largest, fabs(normal[i]));
    gram(w, K, N, g);
    print_message("normal equations met to %.2g, |W W^T - I| = %.3f\n", largest, from_identity(g, K));
    assert_true(largest < 1e-13); /* each a mean of 60 numbers of about 1 */
    assert_true(from_identity(g, K) > 0.5);
    assert_near(drive / decoded, 1.0, 1e-12);
    assert_near((given - lost) / decoded, 1.0, 1e-12);
    net_free(&net);
}

static net scalar(int32_t activation, double beta, double rate, double start)
{
    const net_plan plan = { .dtype = PLAST_F64, .inputs = 1, .layers = 1, .units = { 1 },
                            .output = activation, .beta = beta, .no_bias = 1,
                            .oja = rate, .ruled = PLAST_ALL_LAYERS };
    net net = net_make(&plan);
    net_set_weights(&net, 0, &start);
    return net;
}

/* `n` steps with x = 1; the weight afterwards. */
static double iterate(net *net, int n)
{
    double *x = new_array(n), w;
    for (int i = 0; i < n; i++)
        x[i] = 1.0;
    see(net, n, x, 1);
    net_get_weights(net, 0, &w);
    free(x);
    return w;
}

/* (10) w log(1 + exp(w c)) = c with c = beta x, from the equation by bisection to six digits. */
static void settles_as_scalar_softplus(void **state)
{
    (void)state;
    static const double table[5][2] = {
        { 0.5, 0.587670 }, { 1.0, 0.836044 }, { 2.0, 0.966800 }, { 5.0, 0.999326 }, { 10.0, 0.999998 }
    };
    for (int k = 0; k < 5; k++) {
        const double c = table[k][0];
        net net = scalar(PLAST_SOFTPLUS, c, 0.1, 0.3);
        const double w = iterate(&net, 2000);
        assert_near(w, table[k][1], 1e-6); /* the digits given; 0.966800 is 0.9667996 */
        assert_near(w * log1p(exp(w * c)), c, 1e-13);
        net_free(&net);
    }
}

/* (11) a -> a (1 + k (1 - a^2)). */
static double map(double a, double k)
{
    return a * (1.0 + k * (1.0 - a * a));
}

static void follows_scalar_map(void **state)
{
    (void)state;
    static const double strength[] = { 0.3, 0.5, 0.9, 1.2, 1.9 };
    for (size_t s = 0; s < sizeof strength / sizeof strength[0]; s++) {
        const double k = strength[s];
        net net = scalar(PLAST_LINEAR, 0.0, k, 0.5);
        double a = 0.5, before = 0.5;
        for (int i = 0; i < 200; i++) {
            a = iterate(&net, 1);
            assert_near(a, map(before, k), 1e-15); /* a few roundings of numbers below 2 */
            assert_true(fabs(a) < 1.6);
            if (k <= 0.5)
                assert_true(a >= before && a <= 1.0 + 1e-15); /* monotone */
            before = a;
        }
        if (k < 1.0)
            assert_near(a, 1.0, 1e-14); /* stable */
        else
            assert_true(fabs(iterate(&net, 1) - a) > 0.1); /* goes on oscillating, bounded */
        net_free(&net);
    }
}

/* (11) It diverges at k = 2.1, and at any k from a^2 > 1 + 2 / k. The call ends there, with a weight that is finite. */
static void ends_when_it_diverges(void **state)
{
    (void)state;
    static const double from[2][2] = { { 2.1, 0.5 }, { 0.5, 2.3 } };
    enum { N = 10000 };
    double *x = new_array(N), w;
    for (int i = 0; i < N; i++)
        x[i] = 1.0;
    for (int k = 0; k < 2; k++) {
        net net = scalar(PLAST_LINEAR, 0.0, from[k][0], from[k][1]);
        const net_data data = { .n = N, .x = x, .batch = 1 };
        plast_report report = { PLAST_REPORT };
        assert_int_equal(net_try_learn(&net, &data, &report), PLAST_E_NOT_FINITE);
        assert_true(report.samples > 5 && report.samples < N);
        assert_int_equal(report.updates, report.samples);
        net_get_weights(&net, 0, &w);
        assert_true(isfinite(w) && fabs(w) > 10.0);
        net_free(&net);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_its_formula),
        cmocka_unit_test(is_outer_product_with_residual),
        cmocka_unit_test(descends_reconstruction_error),
        cmocka_unit_test(contracts_residual),
        cmocka_unit_test(moves_gram_matrix),
        cmocka_unit_test(leaves_orthonormal_rows),
        cmocka_unit_test(turns_with_outputs),
        cmocka_unit_test(pulls_norm_to_one),
        cmocka_unit_test(finds_principal_subspace),
        cmocka_unit_test(expands),
        cmocka_unit_test(settles_at_normal_equations),
        cmocka_unit_test(settles_as_scalar_softplus),
        cmocka_unit_test(follows_scalar_map),
        cmocka_unit_test(ends_when_it_diverges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
