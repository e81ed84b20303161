/* SPDX-License-Identifier: MIT
 *
 * Oja's rule for single neurons: its formula, the length of a row, the first principal component that every row finds,
 * and where it becomes unstable. */
#include "support/algebra.h"
#include "support/quiet.h"
#include "support/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

enum { IN = 12, OUT = 4 };
static const double RATE_USED = 0.3;

static void naive(int64_t post, int64_t pre, const double *w, const double *y, const double *x, double *increment)
{
    for (int64_t i = 0; i < post; i++)
        for (int64_t j = 0; j < pre; j++)
            increment[i * pre + j] += RATE_USED * (y[i] * x[j] - y[i] * y[i] * w[i * pre + j]);
}

static void is_its_formula(void **state)
{
    (void)state;
    check_dense_rule("oja_neuron", RATE(RATE_USED), naive);
}

/* 2 x 2, linear: W = (1 2; 3 -1), x = (0.5, -2), y = (-3.5, 3.5), y^2 = 12.25:
 * W + 0.1 (y x^T - diag(y^2) W). */
static void four_numbers_by_hand(void **state)
{
    (void)state;
    const double w[4] = { 1.0, 2.0, 3.0, -1.0 }, x[2] = { 0.5, -2.0 };
    const double expected[4] = { 0.825 - 1.225, 2.7 - 2.45, 3.175 - 3.675, -1.7 + 1.225 };
    double now[4];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 2, 2, "oja_neuron", RATE(0.1));
    net_set_weights(&net, 0, w);
    net_see(&net, 1, x, 1);
    net_get_weights(&net, 0, now);
    assert_close(4, now, expected, 1e-15);
    net_free(&net);
}

/* w . dw = rate y^2 (1 - |w|^2), exactly, for each linear unit. */
static void length_moves_toward_one(void **state)
{
    (void)state;
    double w[OUT * IN], now[OUT * IN], x[IN], y[OUT];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, IN, OUT, "oja_neuron", RATE(RATE_USED));
    for (uint64_t t = 0; t < 20; t++) {
        fill_uniform(10 + t, IN, x);
        net_get_weights(&net, 0, w);
        times(w, OUT, IN, x, y);
        net_see(&net, 1, x, 1);
        net_get_weights(&net, 0, now);
        for (int i = 0; i < OUT; i++) {
            double gained = 0.0;
            for (int j = 0; j < IN; j++)
                gained += w[i * IN + j] * (now[i * IN + j] - w[i * IN + j]);
            assert_near(gained, RATE_USED * y[i] * y[i] * (1.0 - energy(IN, w + i * IN)), 1e-15 * 20.0);
        }
    }
    net_free(&net);
}

/* Every row becomes + or - the first principal direction of the uncentred second moment, of length 1: eigenvalues 5 and
 * 4 leave (1 - 0.02)^3000 = 5e-27 of the second, what is left is rounding. */
static void every_row_finds_the_first_component(void **state)
{
    (void)state;
    double lambda[IN] = { 5.0, 4.0, 3.0, 2.0 }, q[IN * IN], x[IN * IN], w[OUT * IN], overlap[IN];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, IN, OUT, "oja_neuron", RATE(0.02));
    for (int i = 4; i < IN; i++)
        lambda[i] = 0.5 * pow(0.8, i - 4);
    make_spectrum(6, IN, lambda, q, x);
    for (int epoch = 0; epoch < 3000; epoch++)
        net_see(&net, IN, x, IN);
    net_get_weights(&net, 0, w);
    for (int i = 0; i < OUT; i++) {
        double expected[IN] = { 0.0 };
        times(q, IN, IN, w + i * IN, overlap);
        expected[0] = overlap[0] < 0.0 ? -1.0 : 1.0;
        assert_close(IN, overlap, expected, 1e-13);
    }
    net_free(&net);
}

/* One unit: the same as the subspace rule and as Sanger's. */
static void one_unit_is_oja(void **state)
{
    (void)state;
    double x[5 * IN], a[IN], b[IN];
    net neuron = net_one_layer(PLAST_F64, PLAST_TANH, IN, 1, "oja_neuron", RATE(0.1));
    net subspace = net_one_layer(PLAST_F64, PLAST_TANH, IN, 1, "oja", RATE(0.1));
    fill_uniform(5, 5 * IN, x);
    net_see(&neuron, 5, x, 1);
    net_see(&subspace, 5, x, 1);
    net_get_weights(&neuron, 0, a);
    net_get_weights(&subspace, 0, b);
    assert_close(IN, a, b, 1e-14); /* five steps of rounding */
    net_free(&neuron);
    net_free(&subspace);
}

/* One weight: a <- a (1 + k (1 - a^2)), k = rate x^2. Near a = 1 an error becomes 1 - 2 k times itself: it dies out
 * below k = 1, stays as an oscillation above, and from 2.1 on the weight runs away. */
static void is_stable_below_one(void **state)
{
    (void)state;
    const double x = 2.0, strengths[4] = { 0.45, 0.95, 1.2, 2.1 }, start = 0.5;
    double w = 0.0;
    for (int k = 0; k < 4; k++) {
        net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 1, 1, "oja_neuron", RATE(strengths[k] / (x * x)));
        plast_status status = PLAST_OK;
        net_set_weights(&net, 0, &start);
        for (int t = 0; t < 400 && status == PLAST_OK; t++)
            status = net_try_learn(&net, &(net_data){ .n = 1, .x = &x, .batch = 1 }, NULL);
        net_get_weights(&net, 0, &w);
        if (k < 2)
            assert_near(w, 1.0, 1e-14);
        else
            assert_true(k == 2 ? status == PLAST_OK && fabs(w - 1.0) > 0.1 && fabs(w) < 2.0
                               : status == PLAST_E_NOT_FINITE && isfinite(w));
        net_free(&net);
    }
}

/* A row whose y^2 is beyond the type is refused. */
static void overflow_is_refused(void **state)
{
    (void)state;
    const double x[IN] = { 1e20 };
    for (int64_t batch = 1; batch <= 2; batch++) {
        const double both[2 * IN] = { 1.0, [IN] = x[0] };
        net net = net_one_layer(PLAST_F32, PLAST_LINEAR, IN, OUT, "oja_neuron", RATE(1e-30));
        double *before = net_all(&net);
        const net_data data = { .n = batch, .x = batch == 1 ? x : both, .batch = batch };
        assert_int_equal(net_try_learn(&net, &data, NULL), PLAST_E_NOT_FINITE);
        double *after = net_all(&net);
        assert_same_bits(net_size(&net), before, after);
        free(before);
        free(after);
        net_free(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula),          quiet_test(four_numbers_by_hand),
        quiet_test(length_moves_toward_one), quiet_test(every_row_finds_the_first_component),
        quiet_test(one_unit_is_oja),         quiet_test(is_stable_below_one),
        quiet_test(overflow_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
