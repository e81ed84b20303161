/* SPDX-License-Identifier: MIT
 *
 * Bienenstock, Cooper & Munro's rule: its formula with the sliding threshold, the selectivity that it leads to, where
 * it is stable, and what becomes of the threshold when the layer is frozen, reset, or a sample refused. */
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
#include <string.h>

enum { IN = 11, OUT = 6, SAMPLES = 24 };

#define BCM(rate, tau, start) ((const setting[]){ { "rate", rate }, { "tau", tau }, { "start", start }, { NULL, 0.0 } })

static plast_matrix thresholds(const net *net)
{
    plast_matrix view;
    net_ok(net, plast_network_view_rule(net->network, 0, "bcm", "threshold", &view));
    return view;
}

static double threshold(const net *net, int64_t unit)
{
    const plast_matrix view = thresholds(net);
    return view.dtype == PLAST_F64 ? ((const double *)view.data)[unit] : (double)((const float *)view.data)[unit];
}

/* One update by plain loops. */
static void naive_update(net *reference, double *theta, int64_t n, const double *x, double rate, double tau)
{
    double y[SAMPLES * OUT], w[OUT * IN];
    net_run(reference, n, x, y);
    net_get_weights(reference, 0, w);
    for (int i = 0; i < OUT; i++) {
        double energy = 0.0;
        for (int64_t b = 0; b < n; b++) {
            const double answer = y[b * OUT + i];
            energy += answer * answer / (double)n;
            for (int j = 0; j < IN; j++)
                w[i * IN + j] += rate * answer * (answer - theta[i]) * x[b * IN + j] / (double)n;
        }
        theta[i] += (energy - theta[i]) / tau;
    }
    net_set_weights(reference, 0, w);
}

static void formula(int32_t dtype, int32_t activation, int64_t batch)
{
    const double rate = 0.2, tau = 3.0, tolerance = dtype == PLAST_F64 ? 1e-12 : 1e-4; /* 24 steps of rounding */
    double x[SAMPLES * IN], theta[OUT], found[OUT], w[OUT * IN], expected[OUT * IN];
    net net = net_one_layer(dtype, activation, IN, OUT, "bcm", BCM(rate, tau, 0.25));
    const net_plan plain = net.plan;
    struct net reference = net_make(&plain);
    fill_uniform(8, SAMPLES * IN, x);
    for (int i = 0; i < OUT; i++)
        theta[i] = 0.25;
    net_see(&net, SAMPLES, x, batch);
    for (int64_t b = 0; b < SAMPLES; b += batch)
        naive_update(&reference, theta, batch, x + b * IN, rate, tau);
    for (int i = 0; i < OUT; i++)
        found[i] = threshold(&net, i);
    net_get_weights(&net, 0, w);
    net_get_weights(&reference, 0, expected);
    assert_close(OUT * IN, w, expected, tolerance);
    assert_close(OUT, found, theta, tolerance);
    net_free(&net);
    net_free(&reference);
}

static void is_its_formula(void **state)
{
    (void)state;
    for (int32_t activation = PLAST_LINEAR; activation <= PLAST_SOFTMAX; activation++)
        for (int64_t batch = 1; batch <= 8; batch *= 2) {
            formula(PLAST_F64, activation, batch);
            formula(PLAST_F32, activation, batch);
        }
}

/* 1 x 2, linear: w = (1, 0.5), x = (2, 1), y = 2.5, theta = 2: dw = 0.1 2.5 0.5 x = (0.25, 0.125), then
 * theta = 2 + (6.25 - 2) / 4. */
static void three_numbers_by_hand(void **state)
{
    (void)state;
    const double w[2] = { 1.0, 0.5 }, x[2] = { 2.0, 1.0 }, expected[2] = { 1.25, 0.625 };
    double now[2];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 2, 1, "bcm", BCM(0.1, 4.0, 2.0));
    assert_true(threshold(&net, 0) == 2.0);
    net_set_weights(&net, 0, w);
    net_see(&net, 1, x, 1);
    net_get_weights(&net, 0, now);
    assert_close(2, now, expected, 1e-15);
    assert_near(threshold(&net, 0), 3.0625, 1e-15);
    net_free(&net);
}

enum { K = 4 };

/* K orthonormal patterns of length K, and a linear layer with positive weights between them. */
static net before_patterns(double rate, double tau, double *patterns)
{
    double w[OUT * K], answers[OUT * K];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, K, OUT, "bcm", BCM(rate, tau, 0.0));
    fill_orthogonal(12, K, patterns);
    fill_uniform(13, OUT * K, answers);
    for (int i = 0; i < OUT * K; i++)
        answers[i] = 0.5 + 0.4 * answers[i];
    for (int i = 0; i < OUT; i++)
        for (int j = 0; j < K; j++) {
            w[i * K + j] = 0.0;
            for (int p = 0; p < K; p++)
                w[i * K + j] += answers[i * K + p] * patterns[p * K + j];
        }
    net_set_weights(&net, 0, w);
    return net;
}

/* Shown all equally often, every unit answers one with K and the others not at all; its threshold is K. What is left
 * decays as (1 - 0.05)^t: 1e-44 after 2000 updates, and rounding. */
static void units_become_selective(void **state)
{
    (void)state;
    double patterns[K * K], y[K * OUT];
    int chosen[K] = { 0 };
    net net = before_patterns(0.05, 5.0, patterns);
    for (int t = 0; t < 2000; t++)
        net_see(&net, K, patterns, K);
    net_run(&net, K, patterns, y);
    for (int i = 0; i < OUT; i++) {
        int best = 0;
        for (int p = 0; p < K; p++)
            best = y[p * OUT + i] > y[best * OUT + i] ? p : best;
        for (int p = 0; p < K; p++)
            assert_near(y[p * OUT + i], p == best ? K : 0.0, 1e-12);
        assert_near(threshold(&net, i), K, 1e-12);
        chosen[best]++;
    }
    assert_true(chosen[0] < OUT && chosen[1] < OUT && chosen[2] < OUT && chosen[3] < OUT);
    net_free(&net);
}

/* One pattern: near y = theta = 1 the update is the matrix (1 + k, -k; 2 / tau, 1 - 1 / tau), whose eigenvalues lie
 * inside the unit circle for k (tau + 1) < 1, k = rate |x|^2. */
static void is_stable_while_the_threshold_is_fast(void **state)
{
    (void)state;
    const double x = 2.0, start = 0.5 * 1.01, tau = 9.0, strength[2] = { 0.09, 0.11 };
    for (int k = 0; k < 2; k++) {
        double w = 0.0;
        net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 1, 1, "bcm", BCM(strength[k] / (x * x), tau, 1.0));
        net_set_weights(&net, 0, &start);
        double last = 0.0;
        for (int t = 0; t < 600; t++) {
            net_see(&net, 1, &x, 1);
            net_get_weights(&net, 0, &w);
            if (t >= 500) /* once around and more */
                last = fmax(last, fabs(x * w - 1.0));
        }
        assert_true(k == 0 ? last < 0.01 : last > 0.02); /* it began with 0.01 */
        net_free(&net);
    }
}

/* At rate 0 no weight moves, but the threshold follows the activity: 1 - (1 - 1 / tau)^t of the way. */
static void rate_zero_still_measures(void **state)
{
    (void)state;
    const double x = 3.0, w = 1.0;
    double now = 0.0;
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 1, 1, "bcm", BCM(0.0, 10.0, 1.0));
    net_set_weights(&net, 0, &w);
    for (int t = 1; t <= 20; t++) {
        net_see(&net, 1, &x, 1);
        assert_near(threshold(&net, 0), 9.0 - 8.0 * pow(0.9, t), 1e-14);
    }
    net_get_weights(&net, 0, &now);
    assert_true(now == 1.0);
    net_free(&net);
}

static void threshold_stops_with_the_layer(void **state)
{
    (void)state;
    double x[IN];
    net net = net_one_layer(PLAST_F64, PLAST_TANH, IN, OUT, "bcm", BCM(0.1, 2.0, 0.5));
    const plast_matrix view = thresholds(&net);
    assert_true(view.rows == 1 && view.cols == OUT && view.flags == PLAST_READ_ONLY && view.dtype == PLAST_F64);
    fill_uniform(3, IN, x);
    net_freeze(&net, 0, 1);
    net_see(&net, 1, x, 1);
    for (int i = 0; i < OUT; i++)
        assert_true(threshold(&net, i) == 0.5);
    net_freeze(&net, 0, 0);
    net_see(&net, 1, x, 1);
    for (int i = 0; i < OUT; i++)
        assert_true(((const double *)view.data)[i] != 0.5); /* the view is live */
    const double then = threshold(&net, 0);
    net_freeze(&net, 0, 1); /* once it has learned, too */
    net_see(&net, 1, x, 1);
    assert_true(threshold(&net, 0) == then);
    net_ok(&net, plast_network_reset(net.network, 7));
    for (int i = 0; i < OUT; i++)
        assert_true(((const double *)view.data)[i] == 0.5);
    net_ok(&net, plast_network_set_rule(net.network, 0, "bcm", "start", 0.75));
    assert_true(threshold(&net, 0) == 0.5);
    net_ok(&net, plast_network_reset(net.network, 7));
    assert_true(threshold(&net, 0) == 0.75);
    net_free(&net);
}

/* A refused sample leaves thresholds and weights: an input that is not finite; one whose activity equals the threshold,
 * so that nothing moves the weights, but its square is beyond the type; and a square that is too large itself. */
static void refused_samples_leave_the_threshold(void **state)
{
    (void)state;
    const double w = 1.0, large[3] = { (double)NAN, 1e25, 1e20 }, starts[3] = { 0.5, 1e25, 0.5 };
    for (int k = 0; k < 3; k++)
        for (int64_t batch = 1; batch <= 2; batch++) {
            const double x[2] = { large[k], large[k] };
            double now = 0.0;
            const int32_t dtype = PLAST_F32;
            net net = net_one_layer(dtype, PLAST_LINEAR, 1, 1, "bcm", BCM(k == 1 ? 0.0 : 1e-30, 2.0, starts[k]));
            net_set_weights(&net, 0, &w);
            const double before = threshold(&net, 0);
            const plast_status status = net_try_learn(&net, &(net_data){ .n = batch, .x = x, .batch = batch }, NULL);
            assert_int_equal(status, PLAST_E_NOT_FINITE);
            net_get_weights(&net, 0, &now);
            assert_true(now == 1.0 && threshold(&net, 0) == before);
            net_free(&net);
        }
}

/* A later sample of the same update may be the one that is refused: in a deeper layer. */
static void another_layers_refusal_counts_too(void **state)
{
    (void)state;
    const net_plan plan = { .dtype = PLAST_F32, .inputs = 1, .layers = 2, .units = { 1, 1 }, .no_bias = 1 };
    const double one = 1.0, large = 1e30, x = 1e10;
    net net = net_make(&plan);
    net_set_weights(&net, 0, &one);
    net_set_weights(&net, 1, &large);
    net_add_rule(&net, 0, "bcm", BCM(0.0, 2.0, 0.5));
    net_add_rule(&net, 1, "hebb", RATE(1.0));
    assert_int_equal(net_try_learn(&net, &(net_data){ .n = 1, .x = &x, .batch = 1 }, NULL), PLAST_E_NOT_FINITE);
    assert_true(threshold(&net, 0) == 0.5);
    net_free(&net);
}

/* Another way for the error to come down, another optimizer, more memory: the view shows the same thresholds. */
static void views_outlive_other_changes(void **state)
{
    (void)state;
    const net_plan plan = { .dtype = PLAST_F64, .inputs = IN, .layers = 2, .units = { OUT, 1 }, .hidden = PLAST_TANH };
    double x[2 * IN];
    net net = net_make(&plan);
    fill_uniform(3, 2 * IN, x);
    net_add_rule(&net, PLAST_ALL_LAYERS, "bcm", BCM(0.1, 2.0, 0.5));
    const plast_matrix view = thresholds(&net);
    net_see(&net, 1, x, 1);
    net_feedback(&net, "fa", &(setting){ NULL, 0.0 });
    net_optimizer(&net, "adam", 0.1);
    net_add_rule(&net, PLAST_ALL_LAYERS, "ehebb", RATE(0.1));
    net_see(&net, 2, x, 2);
    assert_ptr_equal(view.data, thresholds(&net).data);
    for (int i = 0; i < OUT; i++)
        assert_true(((const double *)view.data)[i] > 0.0 && ((const double *)view.data)[i] != 0.5);
    net_free(&net);
}

static void views_need_a_rule_that_keeps_something(void **state)
{
    (void)state;
    plast_matrix view = { .rows = 42 };
    net net = net_one_layer(PLAST_F64, PLAST_TANH, IN, OUT, "bcm", BCM(0.1, 2.0, 0.5));
    const plast_network *n = net.network;
    net_add_rule(&net, 0, "hebb", RATE(0.1));
    assert_int_equal(plast_network_view_rule(NULL, 0, "bcm", "threshold", &view), PLAST_E_INVALID);
    assert_int_equal(plast_network_view_rule(n, 0, NULL, "threshold", &view), PLAST_E_INVALID);
    assert_int_equal(plast_network_view_rule(n, 0, "bcm", NULL, &view), PLAST_E_INVALID);
    assert_int_equal(plast_network_view_rule(n, 0, "bcm", "threshold", NULL), PLAST_E_INVALID);
    assert_int_equal(plast_network_view_rule(n, 1, "bcm", "threshold", &view), PLAST_E_RANGE);
    assert_int_equal(plast_network_view_rule(n, -1, "bcm", "threshold", &view), PLAST_E_RANGE);
    assert_int_equal(plast_network_view_rule(n, 0, "oja", "threshold", &view), PLAST_E_UNKNOWN);
    assert_int_equal(plast_network_view_rule(n, 0, "bcm", "theta", &view), PLAST_E_UNKNOWN);
    assert_non_null(strstr(plast_context_error(net.context), "threshold"));
    assert_int_equal(plast_network_view_rule(n, 0, "hebb", "threshold", &view), PLAST_E_UNKNOWN);
    assert_non_null(strstr(plast_context_error(net.context), "nothing"));
    assert_true(view.rows == 42);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula),
        quiet_test(three_numbers_by_hand),
        quiet_test(units_become_selective),
        quiet_test(is_stable_while_the_threshold_is_fast),
        quiet_test(rate_zero_still_measures),
        quiet_test(threshold_stops_with_the_layer),
        quiet_test(refused_samples_leave_the_threshold),
        quiet_test(another_layers_refusal_counts_too),
        quiet_test(views_outlive_other_changes),
        quiet_test(views_need_a_rule_that_keeps_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
