/* SPDX-License-Identifier: MIT
 *
 * A network with all its handles, and the check that a refused call says why and changes nothing. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <plasticity/plasticity.h>

enum { INPUTS = 3, HIDDEN = 4, OUTPUTS = 2, SAMPLES = 6 };

/* A network 3-4-2, softmax on tanh, with Oja's rule on its first layer and plain gradient descent; states of its own
 * for 64 and 2 samples; another network of that shape without rule or optimizer, which has a state too; and an empty
 * one. What is said to be unset has no rate. The context uses small_memory. */
typedef struct world {
    plast_context *context;
    plast_network *network, *empty, *other;
    plast_layer *hidden, *output;
    plast_synapses *synapses; /* of the hidden layer */
    plast_rule *oja, *unset_rule;
    plast_optimizer *sgd, *unset_optimizer;
    plast_state *state, *small_state, *others_state;
    plast_matrix inputs, labels;
} world;

extern world the;
extern const plast_allocator small_memory; /* refuses blocks above a megabyte */
extern const float x[SAMPLES * INPUTS];
extern const int32_t classes[SAMPLES];
extern const plast_network_options three_inputs;
extern const plast_layer_options tanh_layer, softmax_layer;

/* Setup and teardown of a test; nothing may be printed between. */
int make_world(void **given);
int unmake_world(void **given);
#define world_test(function) cmocka_unit_test_setup_teardown(function, make_world, unmake_world)

void must(plast_status status);
plast_network *make_network(const plast_network_options *options, const plast_layer_options *first,
                            const plast_layer_options *second);

/* Weights, biases and parameters of the.network, and how many layers it and the.empty have. */
typedef struct sight {
    float weights[2][HIDDEN * INPUTS], biases[2][HIDDEN];
    double rule_rate, rule_guard, optimizer_rate;
    int64_t layers, empty_layers;
} sight;

sight look(void);

/* Puts a message of its own into the context, so that an old one is not mistaken for a new one. */
void mark(void);
void check_refused(int line, const sight *before, plast_status status, plast_status expected, const char *const *words);

/* The call fails with the status, its one line of message holds all the words, and nothing changes. */
#define REFUSED(call, status, ...)                                                                                     \
    do {                                                                                                               \
        const sight before_call = look();                                                                              \
        mark();                                                                                                        \
        check_refused(__LINE__, &before_call, (call), (status), (const char *const[]){ __VA_ARGS__, NULL });           \
    } while (0)

/* the.network goes on as if nothing had been asked: with the bits of a network that was never asked. */
void check_normal_use(void);

#endif
