/* SPDX-License-Identifier: MIT
 *
 * Soft bounds: the formula, the bounds that weights approach and do not pass, the balance between potentiation and
 * depression, and bounds that do not fit each other. */
#include "support/algebra.h"
#include "support/quiet.h"
#include "support/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IN = 9, OUT = 5 };
static const double RATE_USED = 0.3, LOW = -0.75, HIGH = 1.25;

#define BOUNDS(rate, low, high)                                                                                        \
    ((const setting[]){ { "rate", rate }, { "w_min", low }, { "w_max", high }, { NULL, 0.0 } })

static void naive(int64_t post, int64_t pre, const double *w, const double *y, const double *x, double *increment)
{
    for (int64_t i = 0; i < post; i++)
        for (int64_t j = 0; j < pre; j++) {
            const double a = y[i] * x[j], here = w[i * pre + j];
            increment[i * pre + j] += RATE_USED * (a > 0.0 ? a * (HIGH - here) : a * (here - LOW));
        }
}

static void is_its_formula(void **state)
{
    (void)state;
    check_dense_rule("soft_bounds", BOUNDS(RATE_USED, LOW, HIGH), naive);
}

/* 2 x 2, linear, bounds -1 and 3: W = (1 2; 0 -0.5), x = (0.5, -1), y = (-1.5, 0.5), y x^T = (-0.75 1.5; 0.25 -0.5),
 * distances to the bounds that count (2 1; 3 0.5). */
static void four_numbers_by_hand(void **state)
{
    (void)state;
    const double w[4] = { 1.0, 2.0, 0.0, -0.5 }, x[2] = { 0.5, -1.0 };
    const double expected[4] = { 1.0 - 0.15, 2.0 + 0.15, 0.0 + 0.075, -0.5 - 0.025 };
    double now[4];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 2, 2, "soft_bounds", BOUNDS(0.1, -1.0, 3.0));
    net_set_weights(&net, 0, w);
    net_see(&net, 1, x, 1);
    net_get_weights(&net, 0, now);
    assert_close(4, now, expected, 1e-15);
    net_free(&net);
}

/* Weights that start between the bounds stay there for rate |y_i x_j| <= 1, but for rounding, and some come close. */
static void stays_between_the_bounds(void **state)
{
    (void)state;
    double x[8 * IN], w[OUT * IN];
    for (int k = 0; k < 8; k++) {
        const double slack = k & 1 ? 4.0 * FLT_EPSILON : 4.0 * DBL_EPSILON;
        const double rate = k & 2 ? 1.0 : 0.2; /* tanh and inputs are at most 1 */
        double nearest = (double)INFINITY;
        net net =
            net_one_layer(k & 1 ? PLAST_F32 : PLAST_F64, PLAST_TANH, IN, OUT, "soft_bounds", BOUNDS(rate, LOW, HIGH));
        fill_uniform(3, OUT * IN, w);
        for (int i = 0; i < OUT * IN; i++)
            w[i] = 0.25 + w[i];
        net_set_weights(&net, 0, w);
        for (uint64_t t = 0; t < 200; t++) {
            fill_uniform(t, 8 * IN, x);
            for (int i = 0; i < 8 * IN; i++) /* extremes are there too */
                x[i] = i % 3 == 0 ? (x[i] > 0.0 ? 1.0 : -1.0) : fabs(x[i]);
            net_see(&net, 8, x, k & 4 ? 4 : 1);
            net_get_weights(&net, 0, w);
            for (int i = 0; i < OUT * IN; i++) {
                assert_true(w[i] >= LOW - slack && w[i] <= HIGH + slack);
                nearest = fmin(nearest, fmin(w[i] - LOW, HIGH - w[i]));
            }
        }
        assert_true(nearest < 0.01);
        net_free(&net);
    }
}

/* One synapse, always potentiated: the distance to w_max shrinks by 1 - rate a a step; always depressed (the unit
 * answers through a second, fixed weight): that to w_min does. */
static void approaches_the_bound_geometrically(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        const double w[2] = { 0.25, down ? -100.0 : 100.0 }, x[2] = { 1.0, 0.5 };
        double now[2];
        net net = net_one_layer(PLAST_F64, PLAST_TANH, 2, 1, "soft_bounds", BOUNDS(0.1, LOW, HIGH));
        net_set_weights(&net, 0, w);
        for (int t = 1; t <= 20; t++) { /* tanh stays at + or - 1 */
            const double bound = down ? LOW : HIGH;
            double both[2];
            net_get_weights(&net, 0, both);
            both[1] = w[1];
            net_set_weights(&net, 0, both);
            net_see(&net, 1, x, 1);
            net_get_weights(&net, 0, now);
            assert_near(now[0] - bound, (0.25 - bound) * pow(0.9, t), 1e-14);
        }
        net_free(&net);
    }
}

/* Full minibatches settle where potentiation and depression balance: W_ij = (w_max p + w_min q) / (p + q), p and q the
 * mean positive and negative parts of y_i x_j. Rows answer through a large fixed weight, so that y does not depend on
 * W. */
static void settles_where_both_balance(void **state)
{
    enum { SAMPLES = 6 };
    (void)state;
    double x[SAMPLES * IN], w[IN], y[SAMPLES];
    net net = net_one_layer(PLAST_F64, PLAST_TANH, IN, 1, "soft_bounds", BOUNDS(0.5, LOW, HIGH));
    fill_uniform(7, SAMPLES * IN, x);
    for (int b = 0; b < SAMPLES; b++) {
        x[b * IN] = b % 2 == 0 ? 1.0 : -1.0;
        y[b] = x[b * IN]; /* tanh(+-1000 + ...) */
    }
    for (int t = 0; t < 1000; t++) {
        net_get_weights(&net, 0, w);
        w[0] = 1000.0;
        net_set_weights(&net, 0, w);
        net_see(&net, SAMPLES, x, SAMPLES);
    }
    net_get_weights(&net, 0, w);
    for (int j = 1; j < IN; j++) {
        double p = 0.0, q = 0.0;
        for (int b = 0; b < SAMPLES; b++) {
            p += fmax(y[b] * x[b * IN + j], 0.0);
            q += fmax(-y[b] * x[b * IN + j], 0.0);
        }
        assert_near(w[j], (HIGH * p + LOW * q) / (p + q), 1e-13);
    }
    net_free(&net);
}

static void bounds_must_fit_each_other(void **state)
{
    (void)state;
    const net_plan plan = { .dtype = PLAST_F64, .inputs = IN, .layers = 2, .units = { OUT, OUT } };
    net net = net_make(&plan);
    double value = 0.0;
    assert_int_equal(net_try_rule(&net, 0, "soft_bounds", BOUNDS(0.1, 1.0, 1.0)), PLAST_E_RANGE);
    assert_non_null(strstr(plast_context_error(net.context), "w_min is 1, expected less than w_max"));
    assert_int_equal(net_try_rule(&net, 0, "soft_bounds", BOUNDS(0.1, 2.0, 1.0)), PLAST_E_RANGE);
    assert_int_equal(plast_network_get_rule(net.network, 0, "soft_bounds", "rate", &value), PLAST_E_UNKNOWN);
    net_add_rule(&net, PLAST_ALL_LAYERS, "soft_bounds", BOUNDS(0.1, 0.0, 1.0));
    plast_network *n = net.network;
    assert_int_equal(plast_network_set_rule(n, PLAST_ALL_LAYERS, "soft_bounds", "w_min", 1.0), PLAST_E_RANGE);
    assert_int_equal(plast_network_set_rule(n, PLAST_ALL_LAYERS, "soft_bounds", "w_max", -1.0), PLAST_E_RANGE);
    assert_int_equal(plast_network_set_rule(n, PLAST_ALL_LAYERS, "soft_bounds", "w_max", (double)NAN), PLAST_E_RANGE);
    /* Layers with bounds of their own: what one of them refuses changes none. */
    net_ok(&net, plast_network_set_rule(n, 0, "soft_bounds", "w_max", 5.0));
    assert_int_equal(plast_network_set_rule(n, PLAST_ALL_LAYERS, "soft_bounds", "w_min", 2.0), PLAST_E_RANGE);
    for (int32_t layer = 0; layer < 2; layer++) {
        net_ok(&net, plast_network_get_rule(n, layer, "soft_bounds", "w_min", &value));
        assert_true(value == 0.0);
        net_ok(&net, plast_network_get_rule(n, layer, "soft_bounds", "w_max", &value));
        assert_true(value == (layer == 0 ? 5.0 : 1.0));
    }
    net_ok(&net, plast_network_set_rule(n, 0, "soft_bounds", "w_min", 2.0));
    net_free(&net);
}

/* What is formed on the way to an increment is beyond the type: the sample is refused. */
static void overflow_is_refused(void **state)
{
    static const struct {
        double rate, bound, x, w;
    } cases[] = { /* the increment itself, then one thing on the way at a time */
                  { 1e30, 1.0, 1e10, 1.0 },  { 1e-30, 1.0, 1e22, 1e-3 }, { 1e-30, 1.0, 1e10, 1e10 },
                  { 1.0, 1e30, 1e-5, 1e15 }, { 1e20, 1e20, 1e-3, 1e-3 }, { 1e39, 1e-10, 1e-3, 1e-3 },
                  { 1.0, 1e39, 1.0, 1.0 }
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int64_t batch = 1; batch <= 2; batch++) {
            const double x[2] = { cases[i].x, cases[i].x }, w = cases[i].w;
            double now = 0.0;
            net net = net_one_layer(PLAST_F32, PLAST_LINEAR, 1, 1, "soft_bounds",
                                    BOUNDS(cases[i].rate, -cases[i].bound, cases[i].bound));
            net_set_weights(&net, 0, &w);
            const plast_status status = net_try_learn(&net, &(net_data){ .n = batch, .x = x, .batch = batch }, NULL);
            net_get_weights(&net, 0, &now);
            assert_int_equal(status, PLAST_E_NOT_FINITE);
            assert_true(now == (double)(float)w);
            net_free(&net);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula),
        quiet_test(four_numbers_by_hand),
        quiet_test(stays_between_the_bounds),
        quiet_test(approaches_the_bound_geometrically),
        quiet_test(settles_where_both_balance),
        quiet_test(bounds_must_fit_each_other),
        quiet_test(overflow_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
