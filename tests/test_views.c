/* SPDX-License-Identifier: MIT
 *
 * Views of weights and of a state: what they show, and how long they hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <plasticity/plasticity.h>

enum { INPUTS = 5, HIDDEN = 6, CLASSES = 3, SAMPLES = 8 };

static plast_context *context;
static plast_network *network;
static double pixels[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];
static plast_matrix inputs, targets;
static plast_data data;

static int make(void **state)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = INPUTS, .seed = 5 };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = HIDDEN, .activation = PLAST_SOFTPLUS };
    const plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = CLASSES };
    plast_optimizer *sgd = NULL;
    plast_rule *oja = NULL;
    (void)state;
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        pixels[i] = (double)(i * i % 11) / 11.0;
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i % CLASSES;
    inputs = plast_matrix_f64(pixels, SAMPLES, INPUTS);
    targets = plast_labels_i32(labels, SAMPLES);
    data = (plast_data){ PLAST_DATA, .inputs = &inputs, .targets = &targets };
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &hidden, NULL), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &output, NULL), PLAST_OK);
    assert_int_equal(plast_rule_create(context, "oja", &oja), PLAST_OK);
    assert_int_equal(plast_rule_set(oja, "rate", 0.01), PLAST_OK);
    assert_int_equal(plast_network_add_rule(network, 0, oja), PLAST_OK);
    assert_int_equal(plast_optimizer_create(context, "sgd", &sgd), PLAST_OK);
    assert_int_equal(plast_optimizer_set(sgd, "rate", 0.1), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(network, sgd), PLAST_OK);
    plast_optimizer_destroy(sgd);
    plast_rule_destroy(oja);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    plast_network_destroy(network);
    plast_context_destroy(context);
    return 0;
}

static plast_matrix weights_view(int64_t index)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    plast_matrix view;
    assert_int_equal(plast_network_layer(network, index, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, "input", &synapses), PLAST_OK);
    assert_int_equal(plast_synapses_view(synapses, &view), PLAST_OK);
    return view;
}

static plast_status state_view(int64_t layer, int32_t quantity, plast_matrix *view)
{
    plast_state *own = NULL;
    assert_int_equal(plast_network_state(network, &own), PLAST_OK);
    return plast_state_view(own, layer, quantity, view);
}

static void weights_are_padded_with_zeros_to_64_bytes(void **state)
{
    (void)state;
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
    data.batch = 3;
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
    for (int64_t layer = 0; layer < 2; layer++) {
        const plast_matrix view = weights_view(layer);
        assert_int_equal(view.row_stride * (int64_t)sizeof(double) % 64, 0);
        for (int64_t i = 0; i < view.rows; i++)
            for (int64_t j = view.cols; j < view.row_stride; j++)
                assert_true(((const double *)view.data)[i * view.row_stride + j] == 0.0);
    }
}

static void weights_view_survives_a_reset(void **state)
{
    double before = 0.0;
    (void)state;
    const plast_matrix view = weights_view(0);
    memcpy(&before, view.data, sizeof before);
    assert_int_equal(plast_network_reset(network, 6), PLAST_OK);
    const plast_matrix after = weights_view(0);
    assert_ptr_equal(after.data, view.data);
    assert_true(memcmp(&before, view.data, sizeof before) != 0);
}

/* Linear output, squared error: the signal is y - target, and the hidden one f'(z) W^T (y - target). */
static void signals_are_those_of_the_last_sample_learned(void **state)
{
    plast_matrix s, y, hidden_s, hidden_y;
    double weights[CLASSES][HIDDEN];
    (void)state;
    data.order = NULL;
    inputs.rows = targets.rows = 1;
    for (int i = 0; i < CLASSES; i++)
        memcpy(weights[i], (const double *)weights_view(1).data + i * weights_view(1).row_stride, sizeof weights[i]);
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
    assert_int_equal(state_view(1, PLAST_SIGNAL, &s), PLAST_OK);
    assert_int_equal(state_view(1, PLAST_ACTIVITY, &y), PLAST_OK);
    assert_int_equal(state_view(0, PLAST_SIGNAL, &hidden_s), PLAST_OK);
    assert_int_equal(state_view(0, PLAST_ACTIVITY, &hidden_y), PLAST_OK);
    assert_int_equal(s.rows, 1);
    for (int i = 0; i < CLASSES; i++)
        assert_true(((const double *)s.data)[i] == ((const double *)y.data)[i] - (i == labels[0]));
    for (int j = 0; j < HIDDEN; j++) {
        double sum = 0.0;
        for (int i = 0; i < CLASSES; i++)
            sum += weights[i][j] * ((const double *)s.data)[i];
        const double expected = sum * (1.0 - exp(-10.0 * ((const double *)hidden_y.data)[j]));
        assert_true(fabs(((const double *)hidden_s.data)[j] - expected) <= 1e-15 * (1.0 + fabs(sum)));
    }
}

static void signals_without_a_loss_are_zero(void **state)
{
    plast_matrix s;
    (void)state;
    labels[SAMPLES - 1] = -1;
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
    for (int64_t layer = 0; layer < 2; layer++) {
        assert_int_equal(state_view(layer, PLAST_SIGNAL, &s), PLAST_OK);
        for (int64_t j = 0; j < s.cols; j++)
            assert_true(((const double *)s.data)[j] == 0.0);
    }
}

static void running_leaves_signals_and_their_count(void **state)
{
    plast_matrix s, y;
    plast_report report = { PLAST_REPORT };
    (void)state;
    assert_int_equal(plast_network_evaluate(network, NULL, &data, &report), PLAST_OK);
    assert_int_equal(state_view(0, PLAST_SIGNAL, &s), PLAST_E_STATE);
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
    assert_int_equal(plast_network_evaluate(network, NULL, &data, &report), PLAST_OK);
    assert_int_equal(state_view(0, PLAST_SIGNAL, &s), PLAST_OK);
    assert_int_equal(s.rows, 1);
    assert_int_equal(state_view(0, PLAST_ACTIVITY, &y), PLAST_OK);
    assert_int_equal(y.rows, SAMPLES);
}

static void a_failed_run_leaves_nothing_to_view(void **state)
{
    plast_matrix y;
    double answers[SAMPLES * CLASSES];
    const plast_matrix outputs = plast_output_f64(answers, SAMPLES, CLASSES);
    (void)state;
    pixels[0] = (double)NAN;
    assert_int_equal(plast_network_run(network, NULL, &inputs, &outputs), PLAST_E_NOT_FINITE);
    assert_int_equal(state_view(0, PLAST_ACTIVITY, &y), PLAST_E_STATE);
}

/* Each loss is finite, their sum is not. */
static void a_report_that_would_overflow_is_an_error(void **state)
{
    double wanted[SAMPLES * CLASSES];
    plast_report report = { PLAST_REPORT };
    (void)state;
    for (int i = 0; i < SAMPLES * CLASSES; i++)
        wanted[i] = 1e154;
    targets = plast_matrix_f64(wanted, SAMPLES, CLASSES);
    assert_int_equal(plast_network_evaluate(network, NULL, &data, &report), PLAST_E_NOT_FINITE);
    assert_true(isfinite(report.loss));
    assert_non_null(strstr(plast_context_error(context), "sum of the losses"));
}

static plast_status own_status(void *user, const plast_report *so_far)
{
    (void)user;
    (void)so_far;
    return PLAST_E_USER - 7;
}

static void a_callbacks_own_status_leaves_a_message(void **state)
{
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = own_status, .progress_every = 2 };
    (void)state;
    assert_int_equal(plast_network_learn(network, NULL, &data, &options, NULL), PLAST_E_USER - 7);
    assert_non_null(strstr(plast_context_error(context), "after 2 samples"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(weights_are_padded_with_zeros_to_64_bytes),    CASE(weights_view_survives_a_reset),
        CASE(signals_are_those_of_the_last_sample_learned), CASE(signals_without_a_loss_are_zero),
        CASE(running_leaves_signals_and_their_count),       CASE(a_failed_run_leaves_nothing_to_view),
        CASE(a_report_that_would_overflow_is_an_error),     CASE(a_callbacks_own_status_leaves_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
