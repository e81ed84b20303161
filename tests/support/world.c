/* SPDX-License-Identifier: MIT */
#include "support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/quiet.h"

enum { LARGEST_BLOCK = 1 << 20 };

world the;
const float x[SAMPLES * INPUTS] = { 1, 0, 2, -1, 0.5f, 0, 0, 1, 1, 2, -1, 0, 0.5f, 0.5f, 1, 1, 1, 1 };
const int32_t classes[SAMPLES] = { 0, 1, -1, 1, 0, 1 };

/* Requests for more memory than any test needs are refused, so that absurd sizes cost nothing. */
static void *allocate(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    (void)user;
    return size <= LARGEST_BLOCK && posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void release(void *user, void *memory, size_t size, size_t alignment)
{
    (void)user;
    (void)size;
    (void)alignment;
    free(memory);
}

const plast_allocator small_memory = { PLAST_ALLOCATOR, .allocate = allocate, .release = release };
const plast_network_options three_inputs = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS, .seed = 1 };
const plast_layer_options tanh_layer = { PLAST_LAYER_OPTIONS, .units = HIDDEN, .activation = PLAST_TANH };
const plast_layer_options softmax_layer = { PLAST_LAYER_OPTIONS, .units = OUTPUTS, .activation = PLAST_SOFTMAX };

void must(plast_status status)
{
    assert_int_equal(status, PLAST_OK);
}

plast_network *make_network(const plast_network_options *options, const plast_layer_options *first,
                            const plast_layer_options *second)
{
    plast_network *made = NULL;
    must(plast_network_create(the.context, options, &made));
    if (first != NULL)
        must(plast_network_add(made, "dense", first, NULL));
    if (second != NULL)
        must(plast_network_add(made, "dense", second, NULL));
    return made;
}

int make_world(void **given)
{
    const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &small_memory };
    const plast_state_options two = { PLAST_STATE_OPTIONS, .batch = 2 };
    the.inputs = plast_matrix_f32(x, SAMPLES, INPUTS);
    the.labels = plast_labels_i32(classes, SAMPLES);
    must(plast_context_create(&options, &the.context));
    the.network = make_network(&three_inputs, &tanh_layer, &softmax_layer);
    the.other = make_network(&three_inputs, &tanh_layer, &softmax_layer);
    the.empty = make_network(&three_inputs, NULL, NULL);
    must(plast_network_layer(the.network, 0, &the.hidden));
    must(plast_network_layer(the.network, 1, &the.output));
    must(plast_layer_synapses(the.hidden, NULL, &the.synapses));
    must(plast_rule_create(the.context, "oja", &the.oja));
    must(plast_rule_create(the.context, "gha", &the.unset_rule));
    must(plast_rule_set(the.oja, "rate", 0.01));
    must(plast_network_add_rule(the.network, 0, the.oja));
    must(plast_optimizer_create(the.context, "sgd", &the.sgd));
    must(plast_optimizer_create(the.context, "adam", &the.unset_optimizer));
    must(plast_optimizer_set(the.sgd, "rate", 0.1));
    must(plast_network_set_optimizer(the.network, the.sgd));
    must(plast_state_create(the.context, the.network, NULL, &the.state));
    must(plast_state_create(the.context, the.network, &two, &the.small_state));
    must(plast_state_create(the.context, the.other, NULL, &the.others_state));
    quiet_setup(given);
    return 0;
}

int unmake_world(void **given)
{
    const int loud = quiet_teardown(given);
    plast_state_destroy(the.state);
    plast_state_destroy(the.small_state);
    plast_state_destroy(the.others_state);
    plast_rule_destroy(the.oja);
    plast_rule_destroy(the.unset_rule);
    plast_optimizer_destroy(the.sgd);
    plast_optimizer_destroy(the.unset_optimizer);
    plast_network_destroy(the.network);
    plast_network_destroy(the.other);
    plast_network_destroy(the.empty);
    plast_context_destroy(the.context);
    return loud;
}

sight look(void)
{
    sight s;
    memset(&s, 0, sizeof s);
    s.layers = plast_network_layers(the.network);
    s.empty_layers = plast_network_layers(the.empty);
    for (int64_t i = 0; i < 2; i++) {
        plast_layer *layer = i ? the.output : the.hidden;
        plast_synapses *group = NULL;
        must(plast_layer_synapses(layer, NULL, &group));
        const int64_t units = plast_layer_units(layer);
        const plast_matrix w = plast_output_f32(s.weights[i], units, i ? HIDDEN : INPUTS);
        const plast_matrix b = plast_output_f32(s.biases[i], 1, units);
        must(plast_synapses_get_weights(group, &w));
        must(plast_layer_get_bias(layer, &b));
    }
    must(plast_network_get_rule(the.network, 0, "oja", "rate", &s.rule_rate));
    must(plast_network_get_rule(the.network, 0, "oja", "guard", &s.rule_guard));
    must(plast_network_get_optimizer_parameter(the.network, "rate", &s.optimizer_rate));
    return s;
}

void mark(void)
{
    plast_rule *none = NULL;
    assert_int_equal(plast_rule_create(the.context, "mark", &none), PLAST_E_UNKNOWN);
}

void check_refused(int line, const sight *before, plast_status status, plast_status expected, const char *const *words)
{
    const char *message = plast_context_error(the.context);
    const sight now = look();
    if (status != expected)
        fail_msg("line %d: status %d, expected %d (%s)", line, status, expected, message);
    if (strstr(message, "mark") != NULL || strlen(message) < 10)
        fail_msg("line %d: no message", line);
    for (; *words != NULL; words++)
        if (strstr(message, *words) == NULL)
            fail_msg("line %d: '%s' lacks '%s'", line, message, *words);
    assert_null(strchr(message, '\n'));
    if (memcmp(before, &now, sizeof now) != 0)
        fail_msg("line %d: the refused call changed something", line);
}

void check_normal_use(void)
{
    const plast_data data = { PLAST_DATA, .inputs = &the.inputs, .targets = &the.labels };
    plast_network *fresh = make_network(&three_inputs, &tanh_layer, &softmax_layer);
    plast_layer *layer = NULL;
    plast_synapses *group = NULL;
    float w[HIDDEN * INPUTS];
    const plast_matrix m = plast_output_f32(w, HIDDEN, INPUTS);
    must(plast_network_add_rule(fresh, 0, the.oja));
    must(plast_network_set_optimizer(fresh, the.sgd));
    must(plast_network_learn(fresh, NULL, &data, NULL, NULL));
    must(plast_network_learn(the.network, the.state, &data, NULL, NULL));
    must(plast_network_layer(fresh, 0, &layer));
    must(plast_layer_synapses(layer, NULL, &group));
    must(plast_synapses_get_weights(group, &m));
    const sight now = look();
    assert_memory_equal(now.weights[0], w, sizeof w);
    plast_network_destroy(fresh);
}
