/* SPDX-License-Identifier: MIT
 *
 * Plain Hebbian plasticity: its formula, the energy whose gradient it climbs, and the growth that nothing bounds. */
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

enum { IN = 9, OUT = 5 };
static const double RATE_USED = 0.3;

static void naive(int64_t post, int64_t pre, const double *w, const double *y, const double *x, double *increment)
{
    (void)w;
    for (int64_t i = 0; i < post * pre; i++)
        increment[i] += RATE_USED * y[i / pre] * x[i % pre];
}

static void is_its_formula(void **state)
{
    (void)state;
    check_dense_rule("hebb", RATE(RATE_USED), naive);
}

/* 2 x 2, linear: W = (1 2; 3 -1), x = (0.5, -2), y = W x = (-3.5, 3.5), W + 0.1 y x^T. */
static void four_numbers_by_hand(void **state)
{
    (void)state;
    const double w[4] = { 1.0, 2.0, 3.0, -1.0 }, x[2] = { 0.5, -2.0 };
    const double expected[4] = { 0.825, 2.7, 3.175, -1.7 };
    double now[4];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 2, 2, "hebb", RATE(0.1));
    net_set_weights(&net, 0, w);
    net_see(&net, 1, x, 1);
    net_get_weights(&net, 0, now);
    assert_close(4, now, expected, 1e-15);
    net_free(&net);
}

static double half_energy(const double *w, const double *x)
{
    double y[OUT];
    times(w, OUT, IN, x, y);
    return 0.5 * energy(OUT, y);
}

/* A linear layer climbs 1/2 |W x|^2, for which central differences are exact but for rounding: 1e-16 of an energy of
 * some 10, over 1e-2, is 1e-13. */
static void climbs_the_energy(void **state)
{
    (void)state;
    const double h = 1e-2;
    double x[IN], w[OUT * IN], now[OUT * IN], expected[OUT * IN], step[OUT * IN];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, IN, OUT, "hebb", RATE(RATE_USED));
    fill_normal(1, IN, x);
    net_get_weights(&net, 0, w);
    net_see(&net, 1, x, 1);
    net_get_weights(&net, 0, now);
    for (int i = 0; i < OUT * IN; i++) {
        const double here = w[i];
        step[i] = (now[i] - here) / RATE_USED;
        w[i] = here + h;
        expected[i] = half_energy(w, x);
        w[i] = here - h;
        expected[i] = (expected[i] - half_energy(w, x)) / (2.0 * h);
        w[i] = here;
    }
    assert_close(OUT * IN, step, expected, 1e-12);
    net_free(&net);
}

/* Full batches of a linear layer: W <- W (I + rate C), so along the i-th principal direction W grows by
 * (1 + rate lambda_i) a step, without end. */
static void grows_along_principal_directions(void **state)
{
    enum { STEPS = 30 };
    (void)state;
    const double lambda[IN] = { 2.0, 1.5, 1.0, 0.5, 0.25, 0.125, 0.0625, 0.03, 0.01 };
    double q[IN * IN], x[IN * IN], before[OUT * IN], after[OUT * IN], overlap[IN], grown[IN];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, IN, OUT, "hebb", RATE(0.1));
    make_spectrum(2, IN, lambda, q, x);
    net_get_weights(&net, 0, before);
    for (int t = 0; t < STEPS; t++)
        net_see(&net, IN, x, IN);
    net_get_weights(&net, 0, after);
    for (int i = 0; i < OUT; i++) {
        times(q, IN, IN, before + i * IN, overlap);
        times(q, IN, IN, after + i * IN, grown);
        for (int j = 0; j < IN; j++)
            overlap[j] *= pow(1.0 + 0.1 * lambda[j], STEPS);
        assert_close(IN, grown, overlap, 1e-13); /* 30 steps of rounding */
    }
    net_free(&net);
}

/* It grows until the type ends: then samples are refused, and the weights stay finite. */
static void ends_at_the_edge_of_the_type(void **state)
{
    (void)state;
    const double x[IN] = { 3.0, -1.0 };
    double w[OUT * IN];
    plast_status status = PLAST_OK;
    net net = net_one_layer(PLAST_F32, PLAST_LINEAR, IN, OUT, "hebb", RATE(1.0));
    int steps = 0;
    for (; status == PLAST_OK && steps < 100; steps++)
        status = net_try_learn(&net, &(net_data){ .n = 1, .x = x, .batch = 1 }, NULL);
    assert_int_equal(status, PLAST_E_NOT_FINITE);
    assert_true(steps > 20 && steps < 60); /* 11 times a step, to 3e38 */
    net_get_weights(&net, 0, w);
    for (int i = 0; i < OUT * IN; i++)
        assert_true(isfinite(w[i]));
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula),
        quiet_test(four_numbers_by_hand),
        quiet_test(climbs_the_energy),
        quiet_test(grows_along_principal_directions),
        quiet_test(ends_at_the_edge_of_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
