/* SPDX-License-Identifier: MIT
 *
 * What a progress callback may do: read, run, evaluate and set rates; what it may not is refused and harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <plasticity/plasticity.h>

#include "support/quiet.h"

enum { SAMPLES = 12, INPUTS = 5, CLASSES = 3 };

typedef struct world {
    plast_context *context;
    plast_network *network;
    plast_rule *rule;
    plast_optimizer *optimizer;
    plast_matrix inputs, targets;
    plast_data data;
    int calls;
    int meddles;
} world;

static double pixels[SAMPLES * INPUTS];
static uint8_t labels[SAMPLES];

static void make(world *w, int meddles)
{
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        pixels[i] = (double)(i * i % 7) / 7.0;
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = (uint8_t)(i % CLASSES);
    *w = (world){ .meddles = meddles };
    const plast_network_options network = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = INPUTS, .seed = 3 };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = 7, .activation = PLAST_TANH };
    const plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = CLASSES, .activation = PLAST_SOFTMAX };
    assert_int_equal(plast_context_create(NULL, &w->context), PLAST_OK);
    assert_int_equal(plast_network_create(w->context, &network, &w->network), PLAST_OK);
    assert_int_equal(plast_network_add(w->network, "dense", &hidden, NULL), PLAST_OK);
    assert_int_equal(plast_network_add(w->network, "dense", &output, NULL), PLAST_OK);
    assert_int_equal(plast_rule_create(w->context, "oja", &w->rule), PLAST_OK);
    assert_int_equal(plast_rule_set(w->rule, "rate", 0.01), PLAST_OK);
    assert_int_equal(plast_network_add_rule(w->network, 0, w->rule), PLAST_OK);
    assert_int_equal(plast_optimizer_create(w->context, "adam", &w->optimizer), PLAST_OK);
    assert_int_equal(plast_optimizer_set(w->optimizer, "rate", 0.01), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(w->network, w->optimizer), PLAST_OK);
    w->inputs = plast_matrix_f64(pixels, SAMPLES, INPUTS);
    w->targets = plast_labels_u8(labels, SAMPLES);
    w->data = (plast_data){ PLAST_DATA, .inputs = &w->inputs, .targets = &w->targets };
}

static void unmake(world *w)
{
    plast_optimizer_destroy(w->optimizer);
    plast_rule_destroy(w->rule);
    plast_network_destroy(w->network);
    plast_context_destroy(w->context);
}

static plast_status meddle(void *user, const plast_report *so_far)
{
    world *w = user;
    plast_report report = { PLAST_REPORT };
    w->calls++;
    if (!w->meddles)
        return PLAST_OK;
    assert_int_equal(plast_network_learn(w->network, NULL, &w->data, NULL, NULL), PLAST_E_STATE);
    assert_non_null(strstr(plast_context_error(w->context), "progress callback"));
    assert_int_equal(plast_network_set_optimizer(w->network, w->optimizer), PLAST_E_STATE);
    assert_int_equal(plast_network_add_rule(w->network, 1, w->rule), PLAST_E_STATE);
    assert_int_equal(plast_network_set_temporal_parameter(w->network, "truncation", 1.0), PLAST_E_STATE);
    assert_int_equal(plast_network_reset(w->network, 4), PLAST_E_STATE);
    assert_int_equal(plast_network_prepare(w->network, 1000), PLAST_E_STATE);
    assert_int_equal(plast_network_evaluate(w->network, NULL, &w->data, &report), PLAST_OK);
    assert_int_equal(report.samples, SAMPLES);
    assert_int_equal(plast_network_set_optimizer_parameter(w->network, "rate", 0.01), PLAST_OK);
    assert_int_equal(plast_network_set_rule(w->network, 0, "oja", "rate", 0.01), PLAST_OK);
    assert_int_equal(so_far->samples, w->calls * 2);
    return PLAST_OK;
}

static void weights_of(world *w, double *weights)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    const plast_matrix out = plast_output_f64(weights, 7, INPUTS);
    assert_int_equal(plast_network_layer(w->network, 0, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
    assert_int_equal(plast_synapses_get_weights(synapses, &out), PLAST_OK);
}

static void learn(int meddles, double *weights)
{
    world w;
    make(&w, meddles);
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = meddle, .user = &w, .progress_every = 2 };
    assert_int_equal(plast_network_learn(w.network, NULL, &w.data, &options, NULL), PLAST_OK);
    assert_int_equal(w.calls, SAMPLES / 2);
    weights_of(&w, weights);
    unmake(&w);
}

static void meddling_is_refused_and_changes_no_bit(void **state)
{
    double quiet[7 * INPUTS], meddled[7 * INPUTS];
    (void)state;
    learn(0, quiet);
    learn(1, meddled);
    assert_memory_equal(quiet, meddled, sizeof quiet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(meddling_is_refused_and_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
