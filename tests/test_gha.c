/* SPDX-License-Identifier: MIT
 *
 * Sanger's generalised Hebbian algorithm: its formula, alone and beside other terms, and the ordered principal
 * components that it finds where Oja's rule finds only their subspace. */
#include "support/algebra.h"
#include "support/naive.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

enum { N = 12, K = 4 };

static net_plan one_layer(int32_t activation, int64_t inputs, int64_t units)
{
    return (net_plan){ .dtype = PLAST_F64,
                       .inputs = inputs,
                       .layers = 1,
                       .units = { units },
                       .output = activation,
                       .no_bias = 1,
                       .seed = 3,
                       .ruled = PLAST_ALL_LAYERS };
}

static void see(net *net, int64_t n, const double *x, int64_t batch)
{
    const net_data data = { .n = n, .x = x, .batch = batch };
    net_learn(net, &data);
}

/* mean of y x^T - tril(y y^T) W, W the old one; formed here element by element. */
static void formula(int32_t activation, int64_t batch)
{
    enum { IN = 19, OUT = 13, MOST = 7 };
    const double rate = 0.3;
    double x[MOST * IN], y[MOST * OUT], w[OUT * IN], expected[OUT * IN];
    net_plan plan = one_layer(activation, IN, OUT);
    plan.gha = rate;
    net net = net_make(&plan);
    fill_uniform(4, batch * IN, x);
    net_run(&net, batch, x, y);
    net_get_weights(&net, 0, w);
    for (int i = 0; i < OUT; i++)
        for (int j = 0; j < IN; j++) {
            double sum = 0.0;
            for (int b = 0; b < batch; b++) {
                double gained = y[b * OUT + i] * x[b * IN + j];
                for (int m = 0; m <= i; m++)
                    gained -= y[b * OUT + i] * y[b * OUT + m] * w[m * IN + j];
                sum += gained;
            }
            expected[i * IN + j] = w[i * IN + j] + rate * sum / (double)batch;
        }
    see(&net, batch, x, batch);
    net_get_weights(&net, 0, w);
    assert_close(OUT * IN, w, expected, 1e-14); /* sums of some 100 products, 1e-16 each */
    net_free(&net);
}

static void is_its_formula(void **state)
{
    (void)state;
    for (int32_t activation = PLAST_LINEAR; activation <= PLAST_SOFTMAX; activation++)
        for (int64_t batch = 1; batch <= 7; batch += 3)
            formula(activation, batch);
}

/* One unit has no triangle: the rule is Oja's. */
static void is_oja_for_one_unit(void **state)
{
    (void)state;
    double x[5 * N], a[N], b[N];
    net_plan plan = one_layer(PLAST_LINEAR, N, 1);
    plan.gha = 0.1;
    net gha = net_make(&plan);
    plan.gha = 0.0;
    plan.oja = 0.1;
    net oja = net_make(&plan);
    fill_uniform(5, 5 * N, x);
    see(&gha, 5, x, 1);
    see(&oja, 5, x, 1);
    net_get_weights(&gha, 0, a);
    net_get_weights(&oja, 0, b);
    assert_close(N, a, b, 1e-14); /* five steps of rounding */
    net_free(&gha);
    net_free(&oja);
}

/* Overlaps of the rows with the principal directions after learning from the spectrum 5, 4, 3, 2, 0.5 ... */
static void learn_spectrum(int ordered, double *overlap)
{
    double lambda[N] = { 5.0, 4.0, 3.0, 2.0 }, q[N * N], x[N * N], w[K * N];
    net_plan plan = one_layer(PLAST_LINEAR, N, K);
    plan.gha = ordered ? 0.05 : 0.0;
    plan.oja = ordered ? 0.0 : 0.05;
    net net = net_make(&plan);
    for (int i = K; i < N; i++)
        lambda[i] = 0.5 * pow(0.8, i - K);
    make_spectrum(6, N, lambda, q, x);
    for (int epoch = 0; epoch < 1500; epoch++)
        see(&net, N, x, N);
    net_get_weights(&net, 0, w);
    for (int i = 0; i < K; i++)
        times(q, N, N, w + i * N, overlap + i * N);
    net_free(&net);
}

/* Row i becomes + or - the i-th principal direction. Neighbouring eigenvalues differ by 1: errors shrink as
 * (1 - 0.05)^t, each row after those above it; 1e-30 after 1500 steps, what is left is rounding. */
static void finds_ordered_components(void **state)
{
    (void)state;
    double overlap[K * N], expected[K * N] = { 0.0 };
    learn_spectrum(1, overlap);
    for (int i = 0; i < K; i++)
        expected[i * N + i] = overlap[i * N + i] < 0.0 ? -1.0 : 1.0;
    assert_close(K * N, overlap, expected, 1e-13);
}

/* Oja's rule on the same data: the same subspace, other directions in it. */
static void orders_what_oja_does_not(void **state)
{
    (void)state;
    double overlap[K * N], outside = 0.0;
    learn_spectrum(0, overlap);
    for (int i = 0; i < K * N; i++)
        outside += i % N < K ? 0.0 : overlap[i] * overlap[i];
    assert_true(sqrt(outside) < 1e-13);
    for (int i = 0; i < K; i++)
        assert_true(fabs(overlap[i * N + i]) < 0.95);
}

/* Error, decay, Oja and GHA: the sum of their terms, all from the old weights, under both optimizers. */
static void adds_to_other_terms(void **state)
{
    (void)state;
    enum { SAMPLES = 21, IN = 11, OUT = 4 };
    double x[SAMPLES * IN], targets[SAMPLES * OUT] = { 0.0 };
    int32_t labels[SAMPLES];
    fill_uniform(7, SAMPLES * IN, x);
    for (int b = 0; b < SAMPLES; b++)
        targets[b * OUT + (labels[b] = b % OUT)] = 1.0;
    for (int k = 0; k < 8; k++) {
        const net_plan plan = { .dtype = PLAST_F64,
                                .inputs = IN,
                                .layers = 3,
                                .units = { 17, 9, OUT },
                                .hidden = PLAST_SOFTPLUS,
                                .output = PLAST_SOFTMAX,
                                .seed = 8,
                                .optimizer = k & 1 ? "adam" : "sgd",
                                .rate = k & 1 ? 0.01 : 0.3,
                                .oja = k & 2 ? 0.1 : 0.0,
                                .gha = 0.15,
                                .decay = 0.05,
                                .ruled = PLAST_ALL_LAYERS };
        const int64_t batch = k & 4 ? 7 : 1;
        const net_data data = { .n = SAMPLES, .x = x, .labels = labels, .batch = batch };
        net net = net_make(&plan);
        naive reference = naive_copy(&net);
        net_learn(&net, &data);
        naive_learn(&reference, SAMPLES, x, targets, NULL, batch);
        assert_net_is(&net, &reference, 1e-12); /* 21 steps; Adam turns tiny gradients' errors into full steps */
        naive_free(&reference);
        net_free(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula),           cmocka_unit_test(is_oja_for_one_unit),
        quiet_test(finds_ordered_components), cmocka_unit_test(orders_what_oja_does_not),
        quiet_test(adds_to_other_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
