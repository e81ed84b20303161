/* SPDX-License-Identifier: MIT
 *
 * Anti-Hebbian decorrelation: its formula, exact identities of one step, and the white outputs that it leads to. */
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
    (void)x;
    for (int64_t i = 0; i < post; i++)
        for (int64_t j = 0; j < pre; j++) {
            increment[i * pre + j] += RATE_USED * w[i * pre + j];
            for (int64_t k = 0; k < post; k++)
                increment[i * pre + j] -= RATE_USED * y[i] * y[k] * w[k * pre + j];
        }
}

static void is_its_formula(void **state)
{
    (void)state;
    check_dense_rule("decorrelation", RATE(RATE_USED), naive);
}

/* 2 x 2, linear: W = (1 2; 3 -1), x = (0.5, 0), y = (0.5, 1.5), W^T y = (5, -0.5): W + 0.1 (W - y (W^T y)^T). */
static void four_numbers_by_hand(void **state)
{
    (void)state;
    const double w[4] = { 1.0, 2.0, 3.0, -1.0 }, x[2] = { 0.5, 0.0 };
    const double expected[4] = { 1.1 - 0.25, 2.2 + 0.025, 3.3 - 0.75, -1.1 + 0.075 };
    double now[4];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 2, 2, "decorrelation", RATE(0.1));
    net_set_weights(&net, 0, w);
    net_see(&net, 1, x, 1);
    net_get_weights(&net, 0, now);
    assert_close(4, now, expected, 1e-15);
    net_free(&net);
}

/* The same sample again finds y' = (1 + rate (1 - |y|^2)) y in a linear layer: it neither grows nor turns round while
 * rate (|y|^2 - 1) < 1, and grows above 2. */
static void answers_move_toward_length_one(void **state)
{
    (void)state;
    double x[IN], y[OUT], again[OUT];
    for (int k = 0; k < 4; k++) {
        net net = net_one_layer(PLAST_F64, PLAST_LINEAR, IN, OUT, "decorrelation", RATE(RATE_USED));
        fill_normal(20, IN, x);
        for (int j = 0; j < IN; j++)
            x[j] *= 0.3 * pow(2.0, k);
        net_run(&net, 1, x, y);
        net_see(&net, 1, x, 1);
        net_run(&net, 1, x, again);
        const double factor = 1.0 + RATE_USED * (1.0 - energy(OUT, y));
        for (int i = 0; i < OUT; i++)
            y[i] *= factor;
        assert_close(OUT, again, y, 1e-14);
        net_free(&net);
    }
}

/* E[y y^T] over the data of make_spectrum. */
static void second_moment(net *net, const double *x, double *g)
{
    double y[IN * OUT];
    net_run(net, IN, x, y);
    for (int i = 0; i < OUT * OUT; i++) {
        g[i] = 0.0;
        for (int b = 0; b < IN; b++)
            g[i] += y[b * OUT + i / OUT] * y[b * OUT + i % OUT] / IN;
    }
}

static void make_data(double *x)
{
    double q[IN * IN], lambda[IN];
    for (int i = 0; i < IN; i++)
        lambda[i] = 5.0 * pow(0.6, i);
    make_spectrum(6, IN, lambda, q, x);
}

/* A full minibatch: G = E[y y^T] becomes (I + rate (I - G)) G (I + rate (I - G)), whatever the inputs (Cardoso &
 * Laheld's equivariance). */
static void one_step_of_the_second_moment(void **state)
{
    (void)state;
    double x[IN * IN], g[OUT * OUT], now[OUT * OUT], m[OUT * OUT], half[OUT * OUT], expected[OUT * OUT];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, IN, OUT, "decorrelation", RATE(0.1));
    make_data(x);
    second_moment(&net, x, g);
    net_see(&net, IN, x, IN);
    second_moment(&net, x, now);
    for (int i = 0; i < OUT * OUT; i++)
        m[i] = (i % (OUT + 1) == 0) + 0.1 * ((i % (OUT + 1) == 0) - g[i]);
    for (int i = 0; i < OUT; i++) /* m and g are symmetric: rows stand for columns */
        times(g, OUT, OUT, m + i * OUT, half + i * OUT);
    for (int i = 0; i < OUT; i++)
        times(m, OUT, OUT, half + i * OUT, expected + i * OUT);
    assert_close(OUT * OUT, now, expected, 1e-14);
    net_free(&net);
}

/* E[y y^T] = I in the end: near there an error shrinks by 1 - 2 rate a step, from nothing it grows by 1 + 2 rate. */
static void whitens_its_outputs(void **state)
{
    (void)state;
    double x[IN * IN], g[OUT * OUT];
    for (int32_t k = 0; k < 2; k++) {
        net net = net_one_layer(k ? PLAST_F32 : PLAST_F64, PLAST_LINEAR, IN, OUT, "decorrelation", RATE(0.1));
        make_data(x);
        second_moment(&net, x, g);
        assert_true(from_identity(g, OUT) > 0.5);
        for (int t = 0; t < 400; t++)
            net_see(&net, IN, x, IN);
        second_moment(&net, x, g);
        assert_true(from_identity(g, OUT) < (k ? 1e-5 : 1e-13));
        net_free(&net);
    }
}

/* One sample after another, with a falling rate. */
static void whitens_online(void **state)
{
    (void)state;
    double x[IN * IN], g[OUT * OUT];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, IN, OUT, "decorrelation", RATE(0.02));
    make_data(x);
    for (int epoch = 0; epoch < 400; epoch++) {
        net_ok(&net, plast_network_set_rule(net.network, 0, "decorrelation", "rate", 0.02 / (1.0 + epoch / 20.0)));
        net_see(&net, IN, x, 1);
    }
    second_moment(&net, x, g);
    assert_true(from_identity(g, OUT) < 0.02);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula),
        quiet_test(four_numbers_by_hand),
        quiet_test(answers_move_toward_length_one),
        quiet_test(one_step_of_the_second_moment),
        quiet_test(whitens_its_outputs),
        quiet_test(whitens_online),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
