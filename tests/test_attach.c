/* SPDX-License-Identifier: MIT
 *
 * Rules and optimizers on a network that is already learning: what a change reaches, and what it leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/nets.h"
#include "support/quiet.h"

enum { SAMPLES = 10, INPUTS = 6, OUTPUTS = 3 };

static double x[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];

static net_plan three_layers(const char *optimizer, double decay)
{
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i % OUTPUTS;
    fill_uniform(2, SAMPLES * INPUTS, x);
    return (net_plan){ .dtype = PLAST_F64,
                       .inputs = INPUTS,
                       .layers = 3,
                       .units = { 5, 4, OUTPUTS },
                       .hidden = PLAST_TANH,
                       .output = PLAST_SOFTMAX,
                       .seed = 8,
                       .optimizer = optimizer,
                       .rate = 0.05,
                       .decay = decay,
                       .ruled = PLAST_HIDDEN_LAYERS };
}

static void learn(net *net)
{
    const net_data data = { .n = SAMPLES, .x = x, .labels = labels, .batch = 1 };
    net_learn(net, &data);
}

static void a_parameter_is_set_in_all_layers_that_are_meant(void **state)
{
    const net_plan plan = three_layers("sgd", 0.1);
    net net = net_make(&plan);
    (void)state;
    net_ok(&net, plast_network_set_rule(net.network, PLAST_HIDDEN_LAYERS, "decay", "rate", 0.25));
    for (int32_t layer = 0; layer < 2; layer++) {
        double rate = 0.0;
        net_ok(&net, plast_network_get_rule(net.network, layer, "decay", "rate", &rate));
        assert_true(rate == 0.25);
    }
    net_free(&net);
}

/* Two networks that differ in the rate until it is changed, having seen nothing of it: they learn the same. */
static void a_rate_changed_between_calls_takes_effect(void **state)
{
    const net_plan slow = three_layers("sgd", 0.001), fast = three_layers("sgd", 0.02);
    net changed = net_make(&slow), expected = net_make(&slow), other = net_make(&fast);
    (void)state;
    learn(&changed);
    learn(&expected);
    net_ok(&changed, plast_network_set_rule(changed.network, PLAST_ALL_LAYERS, "decay", "rate", 0.02));
    for (int32_t layer = 0; layer < 3; layer++) {
        double weights[INPUTS * 5], biases[5];
        net_get_weights(&expected, layer, weights);
        net_get_bias(&expected, layer, biases);
        net_set_weights(&other, layer, weights);
        net_set_bias(&other, layer, biases);
    }
    learn(&changed);
    learn(&other);
    assert_same_nets(&changed, &other);
    net_free(&changed);
    net_free(&expected);
    net_free(&other);
}

/* Adam's moments and count outlive the attachment of a rule, here one that does nothing. */
static void moments_outlive_a_new_rule(void **state)
{
    const net_plan plan = three_layers("adam", 0.0);
    net plain = net_make(&plan), ruled = net_make(&plan);
    (void)state;
    learn(&plain);
    learn(&ruled);
    net_rule(&ruled, PLAST_ALL_LAYERS, "decay", 0.0);
    learn(&plain);
    learn(&ruled);
    assert_same_nets(&plain, &ruled);
    net_free(&plain);
    net_free(&ruled);
}

/* All layers are frozen. The first sends nothing up, so activities and loss stay small; what comes down grows by 1e200
 * in each of the others. */
static void a_frozen_layers_signal_must_be_finite(void **state)
{
    net_plan plan = three_layers("sgd", 0.0);
    double zeros[INPUTS * 5] = { 0.0 }, large[5 * 4];
    (void)state;
    plan.hidden = PLAST_LINEAR;
    plan.no_bias = 1;
    net net = net_make(&plan);
    for (int i = 0; i < 5 * 4; i++)
        large[i] = i % 3 == 0 ? 1e200 : 0.0;
    net_set_weights(&net, 0, zeros);
    net_set_weights(&net, 1, large);
    net_set_weights(&net, 2, large);
    for (int32_t layer = 0; layer < 3; layer++)
        net_freeze(&net, layer, 1);
    const net_data data = { .n = 1, .x = x, .labels = labels, .batch = 1 };
    assert_int_equal(net_try_learn(&net, &data, NULL), PLAST_E_NOT_FINITE);
    assert_non_null(strstr(plast_context_error(net.context), "signal"));
    net_free(&net);
}

/* Frozen synapses cancel a bias near the largest float, so that only the bias's own step can overflow; in a minibatch
 * the last sample alone asks for it. */
static void a_bias_is_kept_from_overflowing(void **state)
{
    const net_plan plan = { .inputs = 1, .layers = 1, .units = { 1 }, .seed = 1, .optimizer = "sgd", .rate = 1.0 };
    const double weight = -3e38, ones[3] = { 1.0, 1.0, 1.0 };
    (void)state;
    for (int64_t batch = 1; batch <= 3; batch += 2) {
        const double wanted[3] = { 0.0, 0.0, batch == 1 ? 1e38 : 3e38 };
        double bias = 3e38;
        plast_report report = { PLAST_REPORT };
        plast_layer *layer = NULL;
        plast_synapses *synapses = NULL;
        net net = net_make(&plan);
        net_set_weights(&net, 0, &weight);
        net_set_bias(&net, 0, &bias);
        net_ok(&net, plast_network_layer(net.network, 0, &layer));
        net_ok(&net, plast_layer_synapses(layer, "input", &synapses));
        net_ok(&net, plast_synapses_set_frozen(synapses, 1));
        const net_data data = { .n = 3, .x = ones, .targets = wanted, .batch = batch };
        assert_int_equal(net_try_learn(&net, &data, &report), PLAST_E_NOT_FINITE);
        assert_int_equal(report.samples, batch == 1 ? 2 : 0);
        net_get_bias(&net, 0, &bias);
        assert_true(bias == (double)3e38f);
        net_free(&net);
    }
}

/* One sigmoid output: right when it and the label lie on the same side of 1/2. */
static void one_output_is_right_on_its_side_of_one_half(void **state)
{
    net_plan plan = three_layers("sgd", 0.0);
    double bias = 0.0, zeros[4] = { 0.0 };
    (void)state;
    plan.units[2] = 1;
    plan.output = PLAST_SIGMOID;
    net net = net_make(&plan);
    net_set_weights(&net, 2, zeros);
    for (int side = 0; side < 2; side++) {
        bias = side == 0 ? -0.4 : 0.4; /* answers .40 and .60 */
        net_set_bias(&net, 2, &bias);
        for (int i = 0; i < SAMPLES; i++)
            labels[i] = i < 7; /* seven times 1 */
        const net_data data = { .n = SAMPLES, .x = x, .labels = labels, .batch = 1 };
        assert_int_equal(net_evaluate(&net, &data).correct, side == 0 ? 3 : 7);
    }
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(a_parameter_is_set_in_all_layers_that_are_meant),
        quiet_test(a_rate_changed_between_calls_takes_effect),
        quiet_test(moments_outlive_a_new_rule),
        quiet_test(a_frozen_layers_signal_must_be_finite),
        quiet_test(a_bias_is_kept_from_overflowing),
        quiet_test(one_output_is_right_on_its_side_of_one_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
