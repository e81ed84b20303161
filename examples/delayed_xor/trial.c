/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "../common/delayed_xor.h"
#include "../common/draws.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { UNITS = 120, EXCITATORY = 96, INPUTS = 2, CLASSES = 2, FALLS_EVERY = 300 };

static const double tau = 100.0, rate = 5e-4, fall = 0.8, decay = 5e-4, enough = 0.95, mu = 0.25;

const struct arm xor_arms[ARMS] = {
    { "modprop", "modprop", 0 },
    { "three_factor", "eprop", 0 },
    { "modprop_w", "modprop", 1 },
    { "bptt", "bptt", 0 },
};

/* The signs of all pre units are kept; weights of the readout are drawn with them. */
static plast_status obey_dale(plast_layer *recurrent, plast_layer *readout, uint64_t seed)
{
    struct draws draws = draws_begin(seed, 1);
    int32_t signs[UNITS];
    double weights[CLASSES][UNITS];
    for (int j = 0; j < UNITS; j++) {
        signs[j] = j < EXCITATORY ? 1 : -1;
        for (int i = 0; i < CLASSES; i++)
            weights[i][j] = signs[j] * fabs(draws_normal(&draws)) / sqrt(UNITS / 2.0);
    }
    const plast_matrix law = plast_labels_i32(signs, UNITS);
    const plast_matrix drawn = plast_matrix_f64(weights[0], CLASSES, UNITS);
    plast_synapses *inner = NULL, *outer = NULL;
    plast_status status = plast_layer_synapses(recurrent, "recurrent", &inner);
    if (status == PLAST_OK)
        status = plast_synapses_set_sign(inner, &law);
    if (status == PLAST_OK)
        status = plast_layer_synapses(readout, NULL, &outer);
    if (status == PLAST_OK)
        status = plast_synapses_set_weights(outer, &drawn);
    return status == PLAST_OK ? plast_synapses_set_sign(outer, &law) : status;
}

static plast_status set_types(plast_layer *recurrent, int own)
{
    int32_t numbers[UNITS];
    for (int i = 0; i < UNITS; i++)
        numbers[i] = own ? i : i >= EXCITATORY;
    plast_matrix types = plast_labels_i32(numbers, UNITS);
    types.rows = 1;
    types.cols = UNITS;
    types.row_stride = UNITS;
    return plast_layer_set_types(recurrent, &types);
}

static plast_status add_layers(plast_network *network, const struct trial *trial)
{
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS,
                                         .units = UNITS,
                                         .activation = PLAST_RELU,
                                         .init = PLAST_INIT_GAUSSIAN, /* N(0, 1) / sqrt(INPUTS / 2) */
                                         .no_bias = 1,
                                         .form = PLAST_FORM_VOLTAGE,
                                         .alpha = 1.0 - exp(-1.0 / tau),
                                         .recurrent_init = PLAST_INIT_DALE_BALANCED,
                                         .no_self = 1 };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = CLASSES, .activation = PLAST_SOFTMAX };
    plast_layer *first = NULL, *second = NULL;
    plast_status status = plast_network_add(network, "recurrent", &hidden, &first);
    if (status == PLAST_OK)
        status = plast_network_add(network, "dense", &readout, &second);
    if (status == PLAST_OK)
        status = obey_dale(first, second, 1 + (uint64_t)trial->seed);
    return status == PLAST_OK ? set_types(first, xor_arms[trial->arm].own_types) : status;
}

static plast_status set_optimizer(plast_context *context, plast_network *network)
{
    plast_optimizer *adam = NULL;
    plast_status status = plast_optimizer_create(context, "adamw", &adam);
    if (status == PLAST_OK)
        status = plast_optimizer_set(adam, "rate", rate);
    if (status == PLAST_OK)
        status = plast_optimizer_set(adam, "decay", decay);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(network, adam);
    plast_optimizer_destroy(adam);
    return status;
}

/* The published code does not check the filter's stability either. */
static plast_status set_temporal(plast_context *context, plast_network *network, const char *scheme)
{
    plast_temporal *temporal = NULL;
    plast_status status = plast_temporal_create(context, scheme, &temporal);
    if (status == PLAST_OK && strcmp(scheme, "modprop") == 0) {
        status = plast_temporal_set(temporal, "mu", mu);
        if (status == PLAST_OK)
            status = plast_temporal_set(temporal, "unstable", 1.0);
    }
    if (status == PLAST_OK)
        status = plast_network_set_temporal(network, temporal);
    plast_temporal_destroy(temporal);
    return status;
}

static plast_status make(plast_context *context, const struct trial *trial, plast_network **network)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS,
                                            .seed = 1 + (uint64_t)trial->seed };
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = add_layers(*network, trial);
    if (status == PLAST_OK)
        status = set_optimizer(context, *network);
    return status == PLAST_OK ? set_temporal(context, *network, xor_arms[trial->arm].scheme) : status;
}

/* The last iterations were right together, often enough. */
static int has_learned(const struct trial *trial)
{
    double sum = 0.0;
    for (int i = trial->done - CHECKED; i >= 0 && i < trial->done; i++)
        sum += trial->accuracy[i];
    return trial->done >= CHECKED && sum >= enough * CHECKED;
}

static plast_status learn(plast_network *network, const struct delayed_xor *task, struct sequences *sequences,
                          struct trial *trial)
{
    const struct sequence_views views = sequences_view(sequences);
    const plast_data data = {
        PLAST_DATA,     .inputs = &views.inputs,        .targets = &views.labels, .loss_mask = &views.mask,
        .batch = BATCH, .steps = sequences->shape.steps
    };
    plast_status status = PLAST_OK;
    for (trial->done = 0; status == PLAST_OK && trial->reached < 0 && trial->done < trial->most; trial->done++) {
        plast_report report = { PLAST_REPORT };
        if (trial->done > 0 && trial->done % FALLS_EVERY == 0)
            status =
                plast_network_set_optimizer_parameter(network, "rate", rate * pow(fall, trial->done / FALLS_EVERY));
        delayed_xor_draw(task, 1 + (uint64_t)trial->seed, 2 + (uint64_t)trial->done * BATCH, sequences, NULL);
        if (status == PLAST_OK)
            status = plast_network_learn(network, NULL, &data, NULL, &report);
        trial->accuracy[trial->done] = (double)report.correct / BATCH;
        trial->losses[trial->done] = report.loss;
        if (trial->done + 1 >= CHECKED) {
            struct trial now = *trial;
            now.done++;
            trial->reached = has_learned(&now) ? now.done - CHECKED : -1;
        }
    }
    return status;
}

plast_status trial_run(plast_context *context, struct trial *trial)
{
    const struct delayed_xor task = { .delay = trial->delay, .noise = 0.01 };
    struct sequence_shape shape;
    struct sequences sequences;
    struct message message;
    struct timespec begun, ended;
    plast_network *network = NULL;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    trial->reached = -1;
    if (delayed_xor_shape(&task, &shape, &message) != 0 || sequences_make(&shape, BATCH, &sequences, &message) != 0)
        return PLAST_E_NOMEM;
    plast_status status = make(context, trial, &network);
    if (status == PLAST_OK)
        status = learn(network, &task, &sequences, trial);
    plast_network_destroy(network);
    sequences_free(&sequences);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    trial->seconds = (double)(ended.tv_sec - begun.tv_sec) + 1e-9 * (double)(ended.tv_nsec - begun.tv_nsec);
    return status == PLAST_E_NOT_FINITE ? PLAST_OK : status; /* it blew up: never reached */
}
