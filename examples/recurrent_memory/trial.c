/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "../common/memory_capacity.h"

#include <stdlib.h>

enum { UNITS = 50, FORGOTTEN = 200 };

/* Oja's rate, the second for the last third. */
static const double first_rate = 0.01, last_rate = 0.002;

struct runner {
    const struct course *course;
    struct trial *trial;
    plast_context *context;
    plast_network *network;
    plast_synapses *recurrent;
    plast_state *state;
    double *states; /* of the measured steps */
};

static plast_status add_rule(struct runner *runner)
{
    plast_rule *oja = NULL;
    plast_status status = plast_rule_create(runner->context, "oja", &oja);
    if (status == PLAST_OK)
        status = plast_rule_set(oja, "rate", first_rate);
    if (status == PLAST_OK)
        status = plast_synapses_add_rule(runner->recurrent, oja);
    plast_rule_destroy(oja);
    return status;
}

/* The layer above shows the states as they are. */
static plast_status add_mirror(plast_network *network)
{
    double one[UNITS][UNITS] = { { 0.0 } };
    const plast_layer_options options = { PLAST_LAYER_OPTIONS, .units = UNITS, .activation = PLAST_LINEAR,
                                          .no_bias = 1 };
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    for (int i = 0; i < UNITS; i++)
        one[i][i] = 1.0;
    const plast_matrix identity = plast_matrix_f64(one[0], UNITS, UNITS);
    plast_status status = plast_network_add(network, "dense", &options, &layer);
    if (status == PLAST_OK)
        status = plast_layer_synapses(layer, NULL, &synapses);
    return status == PLAST_OK ? plast_synapses_set_weights(synapses, &identity) : status;
}

static plast_status make_network(struct runner *runner)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = 1,
                                            .seed = (uint64_t)runner->trial->seed, .loss = PLAST_LOSS_SQUARED };
    const plast_layer_options layer = { PLAST_LAYER_OPTIONS,
                                        .units = UNITS,
                                        .activation = PLAST_TANH,
                                        .init = PLAST_INIT_UNIFORM,
                                        .gain = runner->trial->scale,
                                        .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                                        .recurrent_gain = runner->trial->gain,
                                        .no_bias = 1 };
    const plast_state_options one = { PLAST_STATE_OPTIONS, .batch = 1 };
    plast_layer *recurrent = NULL;
    plast_status status = plast_network_create(runner->context, &options, &runner->network);
    if (status == PLAST_OK)
        status = plast_network_add(runner->network, "recurrent", &layer, &recurrent);
    if (status == PLAST_OK)
        status = plast_layer_synapses(recurrent, "recurrent", &runner->recurrent);
    if (status == PLAST_OK)
        status = add_mirror(runner->network);
    if (status == PLAST_OK)
        status = add_rule(runner);
    return status == PLAST_OK ? plast_state_create(runner->context, runner->network, &one, &runner->state) : status;
}

/* The next `steps` of the one stream, an update at every step. There is no error: no targets. */
static plast_status go_on(struct runner *runner, const double *series, int64_t steps)
{
    const plast_matrix inputs = plast_matrix_f64(series, steps, 1);
    const plast_data data = { PLAST_DATA, .carry = 1, .inputs = &inputs, .steps = steps };
    const plast_learn_options online = { PLAST_LEARN_OPTIONS, .update_every = 1 };
    return plast_network_learn(runner->network, runner->state, &data, &online, NULL);
}

static plast_status learn(struct runner *runner)
{
    const int64_t all = runner->course->learned, first = all - all / 3;
    const struct sequence_shape shape = memory_shape(all, DELAYS);
    struct sequences sequences;
    struct message message;
    if (sequences_make(&shape, 1, &sequences, &message) != 0)
        return PLAST_E_NOMEM;
    memory_draw((uint64_t)runner->trial->seed, 0, &sequences);
    plast_status status = go_on(runner, sequences.inputs, first);
    if (status == PLAST_OK)
        status = plast_synapses_set_rule(runner->recurrent, "oja", "rate", last_rate);
    if (status == PLAST_OK)
        status = go_on(runner, sequences.inputs + first, all - first);
    sequences_free(&sequences);
    return status;
}

/* What the network remembers of a series that it has not learned. */
static plast_status remember(struct runner *runner, const double *series, int64_t steps, struct measured *measured)
{
    const struct capacity_options options = { .delays = DELAYS,
                                              .skip = FORGOTTEN,
                                              .held_out = runner->course->held_out };
    const plast_matrix inputs = plast_matrix_f64(series, steps, 1);
    const plast_matrix outputs = plast_output_f64(runner->states, steps, UNITS);
    const plast_matrix states = plast_matrix_f64(runner->states + (size_t)FORGOTTEN * UNITS, steps - FORGOTTEN, UNITS);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .steps = steps };
    struct message message;
    plast_matrix weights;
    plast_status status = plast_network_run_data(runner->network, runner->state, &data, &outputs);
    if (status == PLAST_OK && memory_capacity(runner->states, steps, UNITS, series, &options, measured->by_delay,
                                              &measured->capacity, &message) != 0)
        status = PLAST_E_LAPACK;
    if (status == PLAST_OK)
        status = plast_measure_participation_ratio(runner->context, &states, &measured->dimension);
    if (status == PLAST_OK)
        status = plast_synapses_view(runner->recurrent, &weights);
    return status == PLAST_OK ? plast_measure_spectral_radius(runner->context, &weights, &measured->radius) : status;
}

static plast_status measure(struct runner *runner, struct measured *measured)
{
    const int64_t steps = FORGOTTEN + runner->course->fitted + runner->course->held_out;
    const struct sequence_shape shape = memory_shape(steps, DELAYS);
    struct sequences sequences;
    struct message message;
    if (sequences_make(&shape, 1, &sequences, &message) != 0)
        return PLAST_E_NOMEM;
    memory_draw((uint64_t)runner->trial->seed, 1, &sequences);
    const plast_status status = remember(runner, sequences.inputs, steps, measured);
    sequences_free(&sequences);
    return status;
}

/* Random weights of this spectral radius, drawn by a network made for them. */
static plast_status replace(struct runner *runner, int32_t init, double radius)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = UNITS,
                                            .seed = 1000 + (uint64_t)runner->trial->seed };
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = UNITS, .init = init };
    plast_network *drawn = NULL;
    plast_layer *only = NULL;
    plast_synapses *synapses = NULL;
    plast_matrix weights;
    double found = 0.0;
    double copy[UNITS * UNITS];
    const plast_matrix out = plast_output_f64(copy, UNITS, UNITS), in = plast_matrix_f64(copy, UNITS, UNITS);
    plast_status status = plast_network_create(runner->context, &options, &drawn);
    if (status == PLAST_OK)
        status = plast_network_add(drawn, "dense", &layer, &only);
    if (status == PLAST_OK)
        status = plast_layer_synapses(only, NULL, &synapses);
    if (status == PLAST_OK)
        status = plast_synapses_view(synapses, &weights);
    if (status == PLAST_OK)
        status = plast_measure_spectral_radius(runner->context, &weights, &found);
    if (status == PLAST_OK)
        status = plast_synapses_get_weights(synapses, &out);
    for (int i = 0; i < UNITS * UNITS && status == PLAST_OK; i++)
        copy[i] *= radius / found;
    if (status == PLAST_OK)
        status = plast_synapses_set_weights(runner->recurrent, &in);
    plast_network_destroy(drawn);
    return status;
}

static plast_status run(struct runner *runner)
{
    struct measured *measured = runner->trial->measured;
    plast_status status = measure(runner, &measured[BEFORE]);
    if (status == PLAST_OK)
        status = plast_state_reset(runner->state);
    if (status == PLAST_OK)
        status = learn(runner);
    if (status == PLAST_OK)
        status = measure(runner, &measured[AFTER]);
    if (status == PLAST_OK)
        status = replace(runner, PLAST_INIT_LECUN_NORMAL, measured[AFTER].radius);
    if (status == PLAST_OK)
        status = measure(runner, &measured[GAUSSIAN]);
    if (status == PLAST_OK)
        status = replace(runner, PLAST_INIT_ORTHOGONAL, measured[AFTER].radius);
    return status == PLAST_OK ? measure(runner, &measured[ORTHOGONAL]) : status;
}

plast_status trial_run(plast_context *context, const struct course *course, struct trial *trial)
{
    struct runner runner = { .course = course, .trial = trial, .context = context };
    runner.states = malloc((size_t)((FORGOTTEN + course->fitted + course->held_out) * UNITS) * sizeof *runner.states);
    plast_status status = runner.states == NULL ? PLAST_E_NOMEM : make_network(&runner);
    if (status == PLAST_OK)
        status = run(&runner);
    plast_state_destroy(runner.state);
    plast_network_destroy(runner.network);
    free(runner.states);
    return status;
}
