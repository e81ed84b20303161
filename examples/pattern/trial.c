/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "../common/draws.h"

#include <math.h>

enum { UNITS = 50, AROUND = 20 };

static const double rate = 0.03, tau = 10.0;

const struct arm pattern_arms[ARMS] = {
    { "bptt", "Backpropagation through time", "bptt", false },
    { "rflo", "RFLO, symmetric feedback", "eprop", false },
    { "rflo_random", "RFLO, random feedback, as published", "eprop", true },
};

void trial_shown(int trials, int64_t at[SHOWN])
{
    const int64_t wanted[SHOWN] = { 0, 100, 1000, trials - 1 };
    for (int i = 0; i < SHOWN; i++)
        at[i] = wanted[i] < trials ? wanted[i] : trials - 1;
}

double trial_error(const struct trial *trial, int at)
{
    const int first = at < AROUND / 2 ? 0 : at - AROUND / 2;
    const int end = at + AROUND / 2 < trial->trials ? at + AROUND / 2 : trial->trials;
    double sum = 0.0;
    for (int i = first; i < end; i++)
        sum += trial->errors[i];
    return sum / (double)(end - first);
}

static plast_status add_layers(plast_network *network)
{
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS,
                                         .units = UNITS,
                                         .activation = PLAST_TANH,
                                         .no_bias = 1,
                                         .form = PLAST_FORM_RATE,
                                         .alpha = 1.0 / tau,
                                         .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                                         .recurrent_gain = 1.5 };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = 1, .no_bias = 1, .init = PLAST_INIT_UNIFORM,
                                          .gain = 0.1 / sqrt(UNITS) };
    double initial[UNITS];
    for (int i = 0; i < UNITS; i++)
        initial[i] = 0.1;
    const plast_matrix vector = plast_matrix_f64(initial, 1, UNITS);
    plast_layer *layer = NULL;
    plast_synapses *input = NULL;
    plast_status status = plast_network_add(network, "recurrent", &hidden, &layer);
    if (status == PLAST_OK)
        status = plast_layer_set_vector(layer, "initial", &vector);
    if (status == PLAST_OK)
        status = plast_layer_synapses(layer, "input", &input);
    if (status == PLAST_OK)
        status = plast_synapses_set_frozen(input, 1);
    return status == PLAST_OK ? plast_network_add(network, "dense", &readout, NULL) : status;
}

static plast_status set_optimizer(plast_context *context, plast_network *network)
{
    plast_optimizer *sgd = NULL;
    plast_status status = plast_optimizer_create(context, "sgd", &sgd);
    if (status == PLAST_OK)
        status = plast_optimizer_set(sgd, "rate", rate);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(network, sgd);
    plast_optimizer_destroy(sgd);
    return status;
}

static plast_status set_temporal(plast_context *context, plast_network *network, const char *scheme)
{
    plast_temporal *temporal = NULL;
    plast_status status = plast_temporal_create(context, scheme, &temporal);
    if (status == PLAST_OK)
        status = plast_network_set_temporal(network, temporal);
    plast_temporal_destroy(temporal);
    return status;
}

static plast_status set_random_feedback(plast_context *context, plast_network *network, uint64_t seed)
{
    struct draws draws = draws_begin(seed, 1);
    double values[UNITS];
    for (int i = 0; i < UNITS; i++)
        values[i] = draws_normal(&draws);
    const plast_matrix weights = plast_matrix_f64(values, UNITS, 1);
    plast_feedback *fa = NULL;
    plast_layer *layer = NULL;
    plast_synapses *feedback = NULL;
    plast_status status = plast_feedback_create(context, "fa", &fa);
    if (status == PLAST_OK)
        status = plast_network_set_feedback(network, PLAST_HIDDEN_LAYERS, fa);
    plast_feedback_destroy(fa);
    if (status == PLAST_OK)
        status = plast_network_layer(network, 0, &layer);
    if (status == PLAST_OK)
        status = plast_layer_synapses(layer, "feedback", &feedback);
    return status == PLAST_OK ? plast_synapses_set_weights(feedback, &weights) : status;
}

static plast_status make(plast_context *context, const struct trial *trial, plast_network **network)
{
    const struct arm *arm = &pattern_arms[trial->arm];
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 1, .seed = 1 + (uint64_t)trial->seed,
                                            .loss = PLAST_LOSS_SQUARED };
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = add_layers(*network);
    if (status == PLAST_OK)
        status = set_optimizer(context, *network);
    if (status == PLAST_OK && arm->random)
        status = set_random_feedback(context, *network, options.seed);
    return status == PLAST_OK ? set_temporal(context, *network, arm->scheme) : status;
}

static plast_status learn(plast_network *network, const struct sequences *sequences, struct trial *trial)
{
    const struct sequence_views views = sequences_view(sequences);
    const plast_data data = { PLAST_DATA, .inputs = &views.inputs, .targets = &views.targets, .steps = PATTERN_STEPS };
    plast_status status = PLAST_OK;
    for (int i = 0; status == PLAST_OK && i < trial->trials; i++) {
        plast_report report = { PLAST_REPORT };
        for (int k = 0; status == PLAST_OK && k < SHOWN; k++) {
            const plast_matrix outputs = plast_output_f64(trial->outputs[k], PATTERN_STEPS, 1);
            if (trial->shown_at[k] == i)
                status = plast_network_run_data(network, NULL, &data, &outputs);
        }
        if (status == PLAST_OK)
            status = plast_network_learn(network, NULL, &data, NULL, &report);
        trial->errors[i] = report.loss;
    }
    return status;
}

plast_status trial_run(plast_context *context, struct trial *trial)
{
    const struct sequence_shape shape = pattern_shape(PATTERN_STEPS);
    struct sequences sequences;
    struct message message;
    plast_network *network = NULL;
    if (sequences_make(&shape, 1, &sequences, &message) != 0)
        return PLAST_E_NOMEM;
    pattern_fill(&sequences);
    trial_shown(trial->trials, trial->shown_at);
    plast_status status = make(context, trial, &network);
    if (status == PLAST_OK)
        status = learn(network, &sequences, trial);
    plast_network_destroy(network);
    sequences_free(&sequences);
    return status;
}
