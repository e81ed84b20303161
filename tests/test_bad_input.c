/* SPDX-License-Identifier: MIT
 *
 * Wrong arguments: each gives the status that the headers promise, one line in the context that says what was found and
 * what was expected, and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "support/world.h"

static plast_status learn(const plast_data *data)
{
    return plast_network_learn(the.network, NULL, data, NULL, NULL);
}

static void null_subjects_are_refused(void **given)
{
    double value = 3.0;
    void *handle = &value;
    plast_matrix m = the.inputs;
    plast_parameter p = { PLAST_PARAMETER };
    plast_report r = { PLAST_REPORT };
    const plast_data data = { PLAST_DATA, .inputs = &the.inputs };
    (void)given;
    const plast_status statuses[] = {
        plast_context_create(NULL, NULL),
        plast_network_create(NULL, &three_inputs, (plast_network **)&handle),
        plast_network_add(NULL, "dense", &tanh_layer, (plast_layer **)&handle),
        plast_network_add_rule(NULL, 0, the.oja),
        plast_network_set_rule(NULL, 0, "oja", "rate", 0.0),
        plast_network_get_rule(NULL, 0, "oja", "rate", &value),
        plast_network_view_rule(NULL, 0, "bcm", "threshold", &m),
        plast_network_set_optimizer(NULL, the.sgd),
        plast_network_set_optimizer_parameter(NULL, "rate", 0.0),
        plast_network_get_optimizer_parameter(NULL, "rate", &value),
        plast_network_prepare(NULL, 1),
        plast_network_reset(NULL, 1),
        plast_network_layer(NULL, 0, (plast_layer **)&handle),
        plast_network_state(NULL, (plast_state **)&handle),
        plast_network_learn(NULL, NULL, &data, NULL, &r),
        plast_network_run(NULL, NULL, &the.inputs, &m),
        plast_network_evaluate(NULL, NULL, &data, &r),
        plast_layer_get_bias(NULL, &m),
        plast_layer_set_bias(NULL, &m),
        plast_layer_set_frozen(NULL, 1),
        plast_layer_synapses(NULL, NULL, (plast_synapses **)&handle),
        plast_synapses_view(NULL, &m),
        plast_synapses_get_weights(NULL, &m),
        plast_synapses_set_weights(NULL, &m),
        plast_synapses_set_frozen(NULL, 1),
        plast_synapses_add_rule(NULL, the.oja),
        plast_synapses_set_rule(NULL, "oja", "rate", 0.0),
        plast_synapses_get_rule(NULL, "oja", "rate", &value),
        plast_synapses_view_rule(NULL, "bcm", "threshold", &m),
        plast_state_create(NULL, the.network, NULL, (plast_state **)&handle),
        plast_state_view(NULL, 0, PLAST_ACTIVITY, &m),
        plast_rule_create(NULL, "oja", (plast_rule **)&handle),
        plast_rule_set(NULL, "rate", 0.0),
        plast_rule_get(NULL, "rate", &value),
        plast_rule_parameter(NULL, 0, &p),
        plast_optimizer_create(NULL, "sgd", (plast_optimizer **)&handle),
        plast_optimizer_set(NULL, "rate", 0.0),
        plast_optimizer_get(NULL, "rate", &value),
        plast_optimizer_parameter(NULL, 0, &p),
    };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        assert_int_equal(statuses[i], PLAST_E_INVALID);
    assert_true(value == 3.0 && handle == &value && p.name == NULL);
    assert_memory_equal(&m, &the.inputs, sizeof m);
}

static void questions_about_nothing_have_answers(void **given)
{
    (void)given;
    assert_string_equal(plast_context_error(NULL), "");
    assert_int_equal(plast_context_cpu_level(NULL), 0);
    assert_int_equal(plast_network_layers(NULL), 0);
    assert_int_equal(plast_layer_units(NULL), 0);
    plast_context_destroy(NULL);
    plast_network_destroy(NULL);
    plast_state_destroy(NULL);
    plast_rule_destroy(NULL);
    plast_optimizer_destroy(NULL);
    plast_struct_init(NULL, 8);
}

static void null_arguments_are_refused(void **given)
{
    double value = 3.0;
    (void)given;
    REFUSED(plast_network_create(the.context, &three_inputs, NULL), PLAST_E_INVALID, "network", "NULL");
    REFUSED(plast_network_create(the.context, NULL, &(plast_network *){ NULL }), PLAST_E_INVALID,
            "plast_network_options", "NULL");
    REFUSED(plast_network_add(the.empty, NULL, &tanh_layer, NULL), PLAST_E_INVALID, "layer kind", "NULL");
    REFUSED(plast_network_add(the.empty, "dense", NULL, NULL), PLAST_E_INVALID, "plast_layer_options", "NULL");
    REFUSED(plast_network_add_rule(the.network, 0, NULL), PLAST_E_INVALID, "rule", "NULL");
    REFUSED(plast_network_set_rule(the.network, 0, NULL, "rate", 0.1), PLAST_E_INVALID, "rule", "NULL");
    REFUSED(plast_network_set_rule(the.network, 0, "oja", NULL, 0.1), PLAST_E_INVALID, "parameter", "oja", "NULL");
    REFUSED(plast_network_get_rule(the.network, 0, NULL, "rate", &value), PLAST_E_INVALID, "rule", "NULL");
    REFUSED(plast_network_get_rule(the.network, 2, NULL, "rate", &value), PLAST_E_INVALID, "rule", "NULL");
    REFUSED(plast_network_get_rule(the.network, 0, "oja", NULL, &value), PLAST_E_INVALID, "parameter", "NULL");
    REFUSED(plast_network_get_rule(the.network, 0, "oja", "rate", NULL), PLAST_E_INVALID, "value", "NULL");
    REFUSED(plast_network_set_optimizer(the.network, NULL), PLAST_E_INVALID, "optimizer", "NULL");
    REFUSED(plast_network_set_optimizer_parameter(the.network, NULL, 1), PLAST_E_INVALID, "parameter", "NULL");
    REFUSED(plast_network_get_optimizer_parameter(the.network, "rate", NULL), PLAST_E_INVALID, "value", "NULL");
    REFUSED(plast_network_layer(the.network, 0, NULL), PLAST_E_INVALID, "layer", "NULL");
    REFUSED(plast_network_state(the.network, NULL), PLAST_E_INVALID, "state", "NULL");
    assert_true(value == 3.0);
    check_normal_use();
}

static void null_outputs_and_data_are_refused(void **given)
{
    plast_state *made = (plast_state *)&the;
    plast_report report = { PLAST_REPORT };
    const plast_data data = { PLAST_DATA, .inputs = &the.inputs, .targets = &the.labels };
    const plast_data no_inputs = { PLAST_DATA, .targets = &the.labels };
    const plast_data no_targets = { PLAST_DATA, .inputs = &the.inputs };
    (void)given;
    REFUSED(plast_layer_synapses(the.hidden, NULL, NULL), PLAST_E_INVALID, "synapse group", "NULL");
    REFUSED(plast_synapses_view(the.synapses, NULL), PLAST_E_INVALID, "view", "NULL");
    REFUSED(plast_synapses_get_weights(the.synapses, NULL), PLAST_E_INVALID, "weights", "NULL");
    REFUSED(plast_synapses_set_weights(the.synapses, NULL), PLAST_E_INVALID, "weights", "NULL");
    REFUSED(plast_layer_get_bias(the.hidden, NULL), PLAST_E_INVALID, "bias", "NULL");
    REFUSED(plast_layer_set_bias(the.hidden, NULL), PLAST_E_INVALID, "bias", "NULL");
    REFUSED(plast_state_create(the.context, NULL, NULL, &made), PLAST_E_INVALID, "network", "NULL");
    REFUSED(plast_state_create(the.context, the.network, NULL, NULL), PLAST_E_INVALID, "state", "NULL");
    REFUSED(plast_state_view(the.state, 0, PLAST_ACTIVITY, NULL), PLAST_E_INVALID, "view", "NULL");
    REFUSED(learn(NULL), PLAST_E_INVALID, "plast_data", "NULL");
    REFUSED(learn(&no_inputs), PLAST_E_INVALID, "inputs", "NULL");
    REFUSED(plast_network_run(the.network, NULL, NULL, &the.inputs), PLAST_E_INVALID, "inputs", "NULL");
    REFUSED(plast_network_run(the.network, NULL, &the.inputs, NULL), PLAST_E_INVALID, "outputs", "NULL");
    REFUSED(plast_network_evaluate(the.network, NULL, NULL, &report), PLAST_E_INVALID, "plast_data", "NULL");
    REFUSED(plast_network_evaluate(the.network, NULL, &data, NULL), PLAST_E_INVALID, "plast_report", "NULL");
    REFUSED(plast_network_evaluate(the.network, NULL, &no_targets, &report), PLAST_E_INVALID, "targets", "NULL");
    assert_true(made == (plast_state *)&the && report.samples == 0);
    check_normal_use();
}

static void null_in_descriptions_is_refused(void **given)
{
    plast_rule *rule = NULL;
    plast_optimizer *optimizer = NULL;
    (void)given;
    REFUSED(plast_rule_create(the.context, NULL, &rule), PLAST_E_INVALID, "rule", "NULL");
    REFUSED(plast_rule_create(the.context, "oja", NULL), PLAST_E_INVALID, "rule", "NULL");
    REFUSED(plast_rule_set(the.oja, NULL, 1), PLAST_E_INVALID, "parameter", "NULL");
    REFUSED(plast_rule_get(the.oja, "rate", NULL), PLAST_E_INVALID, "rate", "NULL");
    REFUSED(plast_rule_parameter(the.oja, 0, NULL), PLAST_E_INVALID, "plast_parameter", "NULL");
    REFUSED(plast_optimizer_create(the.context, NULL, &optimizer), PLAST_E_INVALID, "optimizer", "NULL");
    REFUSED(plast_optimizer_create(the.context, "sgd", NULL), PLAST_E_INVALID, "optimizer", "NULL");
    REFUSED(plast_optimizer_set(the.sgd, NULL, 1), PLAST_E_INVALID, "parameter", "NULL");
    REFUSED(plast_optimizer_get(the.sgd, "rate", NULL), PLAST_E_INVALID, "rate", "NULL");
    REFUSED(plast_optimizer_parameter(the.sgd, 0, NULL), PLAST_E_INVALID, "plast_parameter", "NULL");
    assert_true(rule == NULL && optimizer == NULL);
    check_normal_use();
}

static void unknown_names_are_answered_with_the_known_ones(void **given)
{
    plast_rule *rule = NULL;
    plast_optimizer *optimizer = NULL;
    plast_synapses *group = NULL;
    double value = 3.0;
    (void)given;
    REFUSED(plast_rule_create(the.context, "Oja", &rule), PLAST_E_UNKNOWN, "rule", "\"Oja\"", "decay", "gha", "oja");
    REFUSED(plast_rule_create(the.context, "", &rule), PLAST_E_UNKNOWN, "rule", "\"\"", "oja");
    REFUSED(plast_rule_create(the.context, "oja\nsecond line\r\n", &rule), PLAST_E_UNKNOWN, "rule", "oja second line");
    REFUSED(plast_optimizer_create(the.context, "adamx", &optimizer), PLAST_E_UNKNOWN, "optimizer", "adamx",
            "rmsprop, sgd");
    REFUSED(plast_network_add(the.empty, "sparse", &tanh_layer, NULL), PLAST_E_UNKNOWN, "layer kind", "sparse",
            "dense");
    REFUSED(plast_rule_set(the.oja, "speed", 1), PLAST_E_UNKNOWN, "oja", "speed", "rate", "guard");
    REFUSED(plast_rule_get(the.oja, "speed", &value), PLAST_E_UNKNOWN, "oja", "speed", "rate");
    REFUSED(plast_optimizer_set(the.sgd, "beta1", 0.5), PLAST_E_UNKNOWN, "sgd", "beta1", "rate");
    REFUSED(plast_optimizer_get(the.sgd, "beta1", &value), PLAST_E_UNKNOWN, "sgd", "beta1", "rate");
    REFUSED(plast_network_set_rule(the.network, 0, "gha", "rate", 1), PLAST_E_UNKNOWN, "gha");
    REFUSED(plast_network_set_rule(the.network, 1, "oja", "rate", 1), PLAST_E_UNKNOWN, "oja");
    REFUSED(plast_network_set_rule(the.network, 0, "oja", "speed", 1), PLAST_E_UNKNOWN, "speed", "rate");
    REFUSED(plast_network_get_rule(the.network, 1, "oja", "rate", &value), PLAST_E_UNKNOWN, "oja", "layer 1");
    REFUSED(plast_network_get_rule(the.network, 0, "oja", "speed", &value), PLAST_E_UNKNOWN, "speed");
    REFUSED(plast_network_set_optimizer_parameter(the.network, "speed", 1), PLAST_E_UNKNOWN, "sgd", "speed");
    REFUSED(plast_network_get_optimizer_parameter(the.network, "speed", &value), PLAST_E_UNKNOWN, "sgd", "speed");
    REFUSED(plast_layer_synapses(the.hidden, "recurrent", &group), PLAST_E_UNKNOWN, "synapse group", "recurrent");
    assert_true(rule == NULL && optimizer == NULL && group == NULL && value == 3.0);
    char endless[2000];
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    REFUSED(plast_rule_create(the.context, endless, &rule), PLAST_E_UNKNOWN, "aaa", plast_rule_name(0),
            plast_rule_name(1));
    REFUSED(plast_network_set_rule(the.network, 0, endless, "rate", 1), PLAST_E_UNKNOWN, "aaa");
    REFUSED(plast_rule_set(the.oja, endless, 1), PLAST_E_UNKNOWN, "aaa", "rate, guard");
    REFUSED(plast_layer_synapses(the.hidden, endless, &group), PLAST_E_UNKNOWN, "aaa");
    check_normal_use();
}

static void parameters_out_of_range_are_refused(void **given)
{
    const double bad[] = { -1.0, (double)NAN, (double)INFINITY, -(double)INFINITY, -DBL_MIN };
    const char *const texts[] = { "-1", "nan", "inf", "-inf", "-2.2" };
    double value = 3.0;
    (void)given;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        REFUSED(plast_rule_set(the.oja, "rate", bad[i]), PLAST_E_RANGE, "oja", "rate", texts[i], "[0, inf)");
        REFUSED(plast_optimizer_set(the.sgd, "rate", bad[i]), PLAST_E_RANGE, "sgd", "rate", texts[i], "[0, inf)");
        REFUSED(plast_network_set_rule(the.network, PLAST_ALL_LAYERS, "oja", "guard", bad[i]), PLAST_E_RANGE, "guard",
                texts[i], "[0, inf)");
        REFUSED(plast_network_set_optimizer_parameter(the.network, "rate", bad[i]), PLAST_E_RANGE, "rate", texts[i],
                "[0, inf)");
    }
    REFUSED(plast_optimizer_set(the.unset_optimizer, "epsilon", 0.0), PLAST_E_RANGE, "adam", "epsilon", "(0, inf)");
    REFUSED(plast_optimizer_set(the.unset_optimizer, "beta1", 1.0), PLAST_E_RANGE, "adam", "beta1", "[0, 1)");
    REFUSED(plast_rule_get(the.unset_rule, "rate", &value), PLAST_E_STATE, "gha", "rate", "never set");
    REFUSED(plast_optimizer_get(the.unset_optimizer, "rate", &value), PLAST_E_STATE, "adam", "rate", "never set");
    REFUSED(plast_network_add_rule(the.network, 0, the.unset_rule), PLAST_E_STATE, "gha", "rate", "never set");
    REFUSED(plast_network_set_optimizer(the.network, the.unset_optimizer), PLAST_E_STATE, "adam", "rate", "never set");
    REFUSED(plast_network_set_optimizer_parameter(the.other, "rate", 1), PLAST_E_STATE, "no optimizer");
    REFUSED(plast_network_get_optimizer_parameter(the.other, "rate", &value), PLAST_E_STATE, "no optimizer");
    assert_true(value == 3.0);
    check_normal_use();
}

static void layers_that_are_not_there_are_refused(void **given)
{
    double value = 3.0;
    plast_layer *layer = (plast_layer *)&value;
    plast_network *one = make_network(&three_inputs, &softmax_layer, NULL);
    plast_matrix view = the.inputs;
    (void)given;
    REFUSED(plast_network_add_rule(the.network, 2, the.oja), PLAST_E_RANGE, "layer 2", "2 layers");
    REFUSED(plast_network_add_rule(the.network, INT32_MAX, the.oja), PLAST_E_RANGE, "layer 2147483647", "2 layers");
    REFUSED(plast_network_add_rule(the.network, -3, the.oja), PLAST_E_INVALID, "layers is -3", "PLAST_HIDDEN_LAYERS");
    REFUSED(plast_network_add_rule(the.network, INT32_MIN, the.oja), PLAST_E_INVALID, "layers is -2147483648");
    REFUSED(plast_network_add_rule(one, PLAST_HIDDEN_LAYERS, the.oja), PLAST_E_STATE, "1 layers", "no layer");
    REFUSED(plast_network_add_rule(the.empty, PLAST_ALL_LAYERS, the.oja), PLAST_E_STATE, "0 layers");
    REFUSED(plast_network_add_rule(the.empty, PLAST_HIDDEN_LAYERS, the.oja), PLAST_E_STATE, "0 layers");
    REFUSED(plast_network_add_rule(the.empty, 0, the.oja), PLAST_E_RANGE, "layer 0", "0 layers");
    REFUSED(plast_network_set_rule(the.network, 7, "oja", "rate", 1), PLAST_E_RANGE, "layer 7", "2 layers");
    REFUSED(plast_network_set_rule(the.network, -9, "oja", "rate", 1), PLAST_E_INVALID, "layers is -9");
    REFUSED(plast_network_get_rule(the.network, 2, "oja", "rate", &value), PLAST_E_RANGE, "layer 2", "2 layers");
    REFUSED(plast_network_get_rule(the.network, PLAST_ALL_LAYERS, "oja", "rate", &value), PLAST_E_RANGE, "layer -2");
    REFUSED(plast_network_layer(the.network, 2, &layer), PLAST_E_RANGE, "layer 2", "2 layers");
    REFUSED(plast_network_layer(the.network, -1, &layer), PLAST_E_RANGE, "layer -1", "2 layers");
    REFUSED(plast_network_layer(the.network, INT64_MAX, &layer), PLAST_E_RANGE, "9223372036854775807");
    REFUSED(plast_state_view(the.state, 0, PLAST_ACTIVITY, &view), PLAST_E_STATE, "no sample yet");
    REFUSED(plast_state_view(the.state, 2, PLAST_ACTIVITY, &view), PLAST_E_RANGE, "layer 2", "2 layers");
    REFUSED(plast_state_view(the.state, -1, PLAST_ACTIVITY, &view), PLAST_E_RANGE, "layer -1");
    REFUSED(plast_state_view(the.state, 0, 0, &view), PLAST_E_INVALID, "quantity is 0", "PLAST_ACTIVITY");
    REFUSED(plast_state_view(the.state, 0, 5, &view), PLAST_E_INVALID, "quantity is 5", "PLAST_RECURRENT_SIGNAL");
    REFUSED(plast_state_view(the.state, 1, PLAST_RECURRENT_SIGNAL, &view), PLAST_E_STATE, "layer 1", "recurrent");
    assert_true(value == 3.0 && layer == (plast_layer *)&value);
    assert_memory_equal(&view, &the.inputs, sizeof view);
    must(plast_network_prepare(one, 1));
    plast_network_destroy(one);
    check_normal_use();
}

static void calls_at_the_wrong_time_are_refused(void **given)
{
    const plast_data data = { PLAST_DATA, .inputs = &the.inputs, .targets = &the.labels };
    plast_network *softmax_first = make_network(&three_inputs, &softmax_layer, NULL);
    plast_layer *layer = NULL;
    plast_state *made = NULL;
    plast_report report = { PLAST_REPORT, .samples = 9 };
    float y[SAMPLES * OUTPUTS] = { 3.0f };
    const plast_matrix out = plast_output_f32(y, SAMPLES, OUTPUTS);
    (void)given;
    REFUSED(plast_network_add_rule(the.network, 0, the.oja), PLAST_E_STATE, "oja", "layer 0 already");
    REFUSED(plast_network_add_rule(the.network, PLAST_ALL_LAYERS, the.oja), PLAST_E_STATE, "oja", "layer 0 already");
    REFUSED(plast_network_get_rule(the.network, 1, "oja", "rate", &report.loss), PLAST_E_UNKNOWN, "layer 1");
    REFUSED(plast_network_add(the.network, "dense", &tanh_layer, &layer), PLAST_E_STATE, "fixed");
    REFUSED(plast_network_add(the.other, "dense", &tanh_layer, &layer), PLAST_E_STATE, "fixed");
    REFUSED(plast_network_add(softmax_first, "dense", &tanh_layer, &layer), PLAST_E_UNSUPPORTED, "softmax", "layer 0");
    REFUSED(plast_network_learn(the.other, NULL, &data, NULL, &report), PLAST_E_STATE, "targets", "optimizer");
    assert_int_equal(report.samples, 0);
    REFUSED(plast_network_learn(the.empty, NULL, &data, NULL, NULL), PLAST_E_STATE, "no layer");
    REFUSED(plast_network_run(the.empty, NULL, &the.inputs, &out), PLAST_E_STATE, "no layer");
    REFUSED(plast_network_evaluate(the.empty, NULL, &data, &report), PLAST_E_STATE, "no layer");
    REFUSED(plast_network_prepare(the.empty, 1), PLAST_E_STATE, "no layer");
    REFUSED(plast_state_create(the.context, the.empty, NULL, &made), PLAST_E_STATE, "no layer");
    REFUSED(plast_network_state(the.network, &made), PLAST_E_STATE, "no state");
    REFUSED(plast_network_learn(the.network, the.others_state, &data, NULL, NULL), PLAST_E_INVALID, "state",
            "another network");
    REFUSED(plast_network_run(the.network, the.others_state, &the.inputs, &out), PLAST_E_INVALID, "state",
            "another network");
    REFUSED(plast_network_evaluate(the.network, the.others_state, &data, &report), PLAST_E_INVALID, "another network");
    assert_true(layer == NULL && made == NULL && y[0] == 3.0f);
    must(plast_network_add(the.empty, "dense", &tanh_layer, NULL)); /* what was refused has not fixed its shape */
    plast_network_destroy(softmax_first);
    check_normal_use();
}

static void losses_that_do_not_fit_are_refused(void **given)
{
    static const int32_t misfits[][2] = { { PLAST_LOSS_CROSS_ENTROPY, PLAST_LINEAR },
                                          { PLAST_LOSS_CROSS_ENTROPY, PLAST_SIGMOID },
                                          { PLAST_LOSS_LOGISTIC, PLAST_SOFTMAX },
                                          { PLAST_LOSS_LOGISTIC, PLAST_TANH } };
    const plast_data data = { PLAST_DATA, .inputs = &the.inputs, .targets = &the.labels };
    plast_report report = { PLAST_REPORT };
    plast_state *made = NULL;
    float y[SAMPLES * OUTPUTS] = { 3.0f };
    const plast_matrix out = plast_output_f32(y, SAMPLES, OUTPUTS);
    (void)given;
    for (size_t i = 0; i < sizeof misfits / sizeof misfits[0]; i++) {
        const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS, .loss = misfits[i][0] };
        const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = OUTPUTS, .activation = misfits[i][1] };
        plast_network *bad = make_network(&options, &layer, NULL);
        must(plast_network_set_optimizer(bad, the.sgd));
        REFUSED(plast_network_prepare(bad, 1), PLAST_E_UNSUPPORTED, "loss", "activation");
        REFUSED(plast_network_learn(bad, NULL, &data, NULL, NULL), PLAST_E_UNSUPPORTED, "loss", "activation");
        REFUSED(plast_network_run(bad, NULL, &the.inputs, &out), PLAST_E_UNSUPPORTED, "loss", "activation");
        REFUSED(plast_network_evaluate(bad, NULL, &data, &report), PLAST_E_UNSUPPORTED, "loss", "activation");
        REFUSED(plast_state_create(the.context, bad, NULL, &made), PLAST_E_UNSUPPORTED, "loss", "activation");
        plast_network_destroy(bad);
    }
    assert_true(made == NULL && y[0] == 3.0f);
}

static plast_status create(plast_network_options options)
{
    plast_network *made = NULL;
    const plast_status status = plast_network_create(the.context, &options, &made);
    assert_true((made != NULL) == (status == PLAST_OK));
    plast_network_destroy(made);
    return status;
}

static plast_status add(plast_layer_options options)
{
    plast_layer *layer = (plast_layer *)&options;
    const plast_status status = plast_network_add(the.empty, "dense", &options, &layer);
    assert_true((layer != (plast_layer *)&options) == (status == PLAST_OK));
    return status;
}

static void bad_options_are_refused(void **given)
{
    (void)given;
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS }), PLAST_E_INVALID, "inputs is 0");
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = -5 }), PLAST_E_INVALID, "inputs is -5");
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = 3, .dtype = PLAST_U8 }), PLAST_E_INVALID,
            "dtype is 3", "PLAST_F32", "PLAST_F64");
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = 3, .dtype = PLAST_F16 }), PLAST_E_INVALID,
            "dtype is 6", "PLAST_F32");
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = 3, .dtype = -1 }), PLAST_E_INVALID,
            "dtype is -1");
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = 3, .loss = 4 }), PLAST_E_INVALID,
            "loss is 4", "PLAST_LOSS_");
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = 3, .loss = -1 }), PLAST_E_INVALID,
            "loss is -1");
    REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = 3, .reserved0 = 1 }), PLAST_E_VERSION,
            "newer than library");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS }), PLAST_E_INVALID, "units is 0");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = -1 }), PLAST_E_INVALID, "units is -1");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = INT64_MIN }), PLAST_E_INVALID, "units is -9");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation = 11 }), PLAST_E_INVALID,
            "activation is 11", "PLAST_HARD_SIGMOID");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation = -1 }), PLAST_E_INVALID,
            "activation is -1");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation_param = 2 }), PLAST_E_INVALID,
            "activation_param is 2", "no parameter");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation_param = (double)NAN }),
            PLAST_E_INVALID, "activation_param is", "nan");
    const double betas[] = { -1.0, 1e-7, 1e7, (double)INFINITY, (double)NAN };
    for (int i = 0; i < 5; i++)
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation = PLAST_SOFTPLUS,
                                           .activation_param = betas[i] }),
                PLAST_E_RANGE, "activation_param", "beta");
    const double slopes[] = { -0.1, 1e-7, 1.1, (double)INFINITY, (double)NAN };
    for (int i = 0; i < 5; i++)
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation = PLAST_LEAKY_RELU,
                                           .activation_param = slopes[i] }),
                PLAST_E_RANGE, "activation_param", "slope below 0", "1e-06 to 1");
    for (int i = 0; i < 5; i++)
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation = PLAST_ELU,
                                           .activation_param = betas[i] }),
                PLAST_E_RANGE, "activation_param", "ELU's alpha");
    for (int32_t activation = PLAST_SCALED_TANH; activation <= PLAST_HARD_SIGMOID; activation++)
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .activation = activation,
                                           .activation_param = 1 }),
                PLAST_E_INVALID, "activation_param is 1", "no parameter");
    const double counts[] = { -1.0, 0.5, 15.5, 2147483648.0, (double)INFINITY, (double)NAN };
    for (int i = 0; i < 6; i++)
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .init = PLAST_INIT_SPARSE,
                                           .init_param = counts[i] }),
                PLAST_E_RANGE, "init_param", "whole number");
    const double shares[] = { -0.1, 1.5, (double)INFINITY, (double)NAN };
    for (int i = 0; i < 4; i++) {
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 3, .init = PLAST_INIT_DILUTED,
                                           .init_param = shares[i] }),
                PLAST_E_RANGE, "init_param", "more than 0, at most 1");
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 3, .init = PLAST_INIT_DALE_BALANCED,
                                           .init_param = shares[i] }),
                PLAST_E_RANGE, "init_param", "excitatory share", "between 0 and 1");
    }
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 3, .init = PLAST_INIT_DALE_BALANCED,
                                       .init_param = 1.0 }),
            PLAST_E_RANGE, "init_param", "excitatory share");
    for (int i = 0; i < 6; i++)
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .init = PLAST_INIT_LOW_RANK,
                                           .init_param = counts[i] }),
                PLAST_E_RANGE, "init_param (the rank)", "whole number");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .init = PLAST_INIT_FAN_IN_UNIFORM,
                                       .init_param = 3 }),
            PLAST_E_INVALID, "init_param is 3", "no parameter");
    for (int32_t init = PLAST_INIT_XAVIER_UNIFORM; init < PLAST_INIT_SPARSE; init++)
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .init = init, .init_param = 3 }),
                PLAST_E_INVALID, "init_param is 3", "no parameter");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .init = 17 }), PLAST_E_INVALID, "init is 17",
            "PLAST_INIT_");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .init = -1 }), PLAST_E_INVALID, "init is -1");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .gain = (double)NAN }), PLAST_E_RANGE, "gain",
            "nan");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .gain = (double)INFINITY }), PLAST_E_RANGE,
            "gain is inf");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .gain = 1e39 }), PLAST_E_RANGE, "gain");
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = 2, .no_bias = 2 }), PLAST_E_INVALID,
            "no_bias is 2");
    must(add(tanh_layer));
    check_normal_use();
}

static void absurd_sizes_are_refused(void **given)
{
    const int64_t beyond[] = { (int64_t)1 << 31, (int64_t)1 << 40, INT64_MAX / 8, INT64_MAX - 7, INT64_MAX };
    const plast_network_options most_inputs = { PLAST_NETWORK_OPTIONS, .inputs = INT32_MAX - 15 };
    plast_network *wide = make_network(&most_inputs, NULL, NULL);
    plast_state *made = NULL;
    (void)given;
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        REFUSED(create((plast_network_options){ PLAST_NETWORK_OPTIONS, .inputs = beyond[i] }), PLAST_E_RANGE, "units",
                "2147483647");
        REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = beyond[i] }), PLAST_E_RANGE, "units",
                "2147483647");
        REFUSED(plast_network_prepare(the.network, beyond[i]), PLAST_E_RANGE, "batch", "2147483647");
        const plast_state_options state_options = { PLAST_STATE_OPTIONS, .batch = beyond[i] };
        REFUSED(plast_state_create(the.context, the.network, &state_options, &made), PLAST_E_RANGE, "batch",
                "2147483647");
    }
    /* Padded to 64 bytes it no longer fits; and products of two that do. */
    REFUSED(add((plast_layer_options){ PLAST_LAYER_OPTIONS, .units = INT32_MAX }), PLAST_E_RANGE, "units",
            "2147483648");
    const plast_layer_options large = { PLAST_LAYER_OPTIONS, .units = INT32_MAX - 15, .no_bias = 1 };
    for (int32_t init = PLAST_INIT_XAVIER_UNIFORM; init <= PLAST_INIT_DALE_BALANCED; init++) {
        plast_layer_options drawn = large;
        drawn.init = init;
        REFUSED(plast_network_add(wide, "dense", &drawn, NULL), PLAST_E_NOMEM, "no memory for", "weights");
        REFUSED(plast_network_add(the.empty, "dense", &drawn, NULL), PLAST_E_NOMEM, "no memory for", "weights");
    }
    /* In bytes 2^64 + 1024. */
    const plast_network_options narrow = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = 1073872904 };
    const plast_layer_options wrapping = { PLAST_LAYER_OPTIONS, .units = 2147221520, .no_bias = 1 };
    plast_network *wrapped = make_network(&narrow, NULL, NULL);
    REFUSED(plast_network_add(wrapped, "dense", &wrapping, NULL), PLAST_E_NOMEM, "no memory for", "weights");
    plast_network_destroy(wrapped);
    REFUSED(plast_network_prepare(the.network, INT32_MAX), PLAST_E_NOMEM, "no memory for");
    const plast_state_options most = { PLAST_STATE_OPTIONS, .batch = INT32_MAX };
    REFUSED(plast_state_create(the.context, the.network, &most, &made), PLAST_E_NOMEM, "no memory for", "state");
    REFUSED(plast_network_prepare(the.network, 0), PLAST_E_RANGE, "batch is 0");
    REFUSED(plast_network_prepare(the.network, INT64_MIN), PLAST_E_RANGE, "batch is -9");
    const plast_state_options negative = { PLAST_STATE_OPTIONS, .batch = -1 };
    REFUSED(plast_state_create(the.context, the.network, &negative, &made), PLAST_E_RANGE, "batch is -1");
    assert_null(made);
    assert_int_equal(plast_network_layers(wide), 0);
    plast_network_destroy(wide);
    check_normal_use();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(null_subjects_are_refused),
        world_test(questions_about_nothing_have_answers),
        world_test(null_arguments_are_refused),
        world_test(null_outputs_and_data_are_refused),
        world_test(null_in_descriptions_is_refused),
        world_test(unknown_names_are_answered_with_the_known_ones),
        world_test(parameters_out_of_range_are_refused),
        world_test(layers_that_are_not_there_are_refused),
        world_test(calls_at_the_wrong_time_are_refused),
        world_test(losses_that_do_not_fit_are_refused),
        world_test(bad_options_are_refused),
        world_test(absurd_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
