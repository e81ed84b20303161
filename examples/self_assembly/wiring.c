/* SPDX-License-Identifier: MIT */
#include "wiring.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double decay = 1e-4; /* per update */

static const char *const names[GROUPS] = { [W] = "input", [V] = "teaching", [B] = "descending", [C] = "crossing" };

static plast_status add_layers(plast_network *network, const struct task *task)
{
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .activation = PLAST_TANH, .init = PLAST_INIT_LECUN_NORMAL,
                                  .no_bias = 1 };
    plast_status status = PLAST_OK;
    for (int i = 0; i < task->layers && status == PLAST_OK; i++) {
        layer.units = task->units[i];
        if (i == task->layers - 1)
            layer.activation = task->teacher ? PLAST_LINEAR : PLAST_SOFTMAX;
        status = plast_network_add(network, "dense", &layer, NULL);
    }
    return status;
}

static plast_status set_circuit(plast_feedback *feedback, const struct arm *arm)
{
    plast_status status = PLAST_OK;
    if (arm->teaching_gated) {
        status = plast_feedback_set(feedback, "gate", 0.0);
        if (status == PLAST_OK)
            status = plast_feedback_set(feedback, "gain_v", 1.0);
        if (status == PLAST_OK)
            status = plast_feedback_set(feedback, "gain_c", 1.0);
        if (status == PLAST_OK)
            status = plast_feedback_set(feedback, "rate_v", 0.1);
    }
    return status;
}

static plast_status set_scheme(plast_context *context, plast_network *network, const struct task *task,
                               const struct arm *arm)
{
    plast_feedback *feedback = NULL;
    plast_status status = plast_feedback_create(context, arm->scheme, &feedback);
    const bool decays = strcmp(arm->scheme, "backprop") != 0 && strcmp(arm->scheme, "fa") != 0;
    const bool circuit = strcmp(arm->scheme, "circuit") == 0;
    if (status == PLAST_OK && decays)
        status = plast_feedback_set(feedback, "decay", decay);
    if (status == PLAST_OK && circuit)
        status = set_circuit(feedback, arm);
    if (status == PLAST_OK)
        status = plast_network_set_feedback(network, PLAST_HIDDEN_LAYERS, feedback);
    for (int i = 0; i < task->layers - 1 && status == PLAST_OK && arm->units != 1.0; i++) {
        status = plast_feedback_set(feedback, "units", arm->units * (double)task->units[i]);
        if (status == PLAST_OK)
            status = plast_network_set_feedback(network, i, feedback);
    }
    plast_feedback_destroy(feedback);
    return status;
}

/* The scheme makes all but the first layer decay; where it does not, the rule does. */
static plast_status add_decay(plast_context *context, plast_network *network, const struct arm *arm)
{
    const bool everywhere = strcmp(arm->scheme, "backprop") == 0 || strcmp(arm->scheme, "fa") == 0;
    plast_rule *rule = NULL;
    plast_status status = plast_rule_create(context, "decay", &rule);
    if (status == PLAST_OK)
        status = plast_rule_set(rule, "rate", decay);
    if (status == PLAST_OK)
        status = plast_network_add_rule(network, everywhere ? PLAST_ALL_LAYERS : 0, rule);
    plast_rule_destroy(rule);
    return status;
}

static plast_status add_optimizer(plast_context *context, plast_network *network, double rate)
{
    plast_optimizer *optimizer = NULL;
    plast_status status = plast_optimizer_create(context, "sgd", &optimizer);
    if (status == PLAST_OK)
        status = plast_optimizer_set(optimizer, "rate", rate);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(network, optimizer);
    plast_optimizer_destroy(optimizer);
    return status;
}

/* A random mask of the density; the weights left are the larger for it, so that potentials keep their variance. */
static plast_status make_sparse(plast_synapses *synapses, double density, struct random *random)
{
    plast_matrix view;
    plast_status status = plast_synapses_view(synapses, &view);
    if (status != PLAST_OK)
        return status;
    const int64_t n = view.rows * view.cols;
    double *weights = calloc((size_t)n, sizeof *weights);
    double *mask = calloc((size_t)n, sizeof *mask);
    if (weights == NULL || mask == NULL)
        status = PLAST_E_NOMEM;
    plast_matrix out = plast_output_f64(weights, view.rows, view.cols);
    plast_matrix in = plast_matrix_f64(weights, view.rows, view.cols);
    plast_matrix exists = plast_matrix_f64(mask, view.rows, view.cols);
    if (status == PLAST_OK)
        status = plast_synapses_get_weights(synapses, &out);
    for (int64_t i = 0; status == PLAST_OK && i < n; i++) {
        mask[i] = random_uniform(random) < density;
        weights[i] /= sqrt(density);
    }
    if (status == PLAST_OK)
        status = plast_synapses_set_weights(synapses, &in);
    if (status == PLAST_OK)
        status = plast_synapses_set_mask(synapses, &exists);
    free(weights);
    free(mask);
    return status;
}

/* V = C^T with orthonormal columns or rows, drawn by a layer made for it. */
static plast_status make_reciprocal(plast_context *context, plast_synapses *teaching, plast_synapses *crossing,
                                    uint64_t seed)
{
    plast_matrix view;
    plast_network *drawn = NULL;
    plast_layer *layer = NULL;
    plast_synapses *orthonormal = NULL;
    plast_status status = plast_synapses_view(crossing, &view);
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = view.cols, .seed = seed };
    plast_layer_options units = { PLAST_LAYER_OPTIONS, .units = view.rows, .init = PLAST_INIT_ORTHOGONAL };
    if (status == PLAST_OK)
        status = plast_network_create(context, &options, &drawn);
    if (status == PLAST_OK)
        status = plast_network_add(drawn, "dense", &units, &layer);
    if (status == PLAST_OK)
        status = plast_layer_synapses(layer, NULL, &orthonormal);
    if (status == PLAST_OK)
        status = plast_synapses_view(orthonormal, &view);
    if (status == PLAST_OK)
        status = plast_synapses_set_weights(crossing, &view);
    plast_matrix turned = view;
    turned.rows = view.cols;
    turned.cols = view.rows;
    turned.row_stride = view.col_stride;
    turned.col_stride = view.row_stride;
    if (status == PLAST_OK)
        status = plast_synapses_set_weights(teaching, &turned);
    plast_network_destroy(drawn);
    return status;
}

/* What the arm does to a hidden layer's groups. */
static plast_status wire(plast_context *context, plast_layer *layer, const struct arm *arm, uint64_t seed,
                         struct random *random)
{
    plast_synapses *groups[GROUPS] = { NULL };
    plast_status status = PLAST_OK;
    for (int g = W; g < GROUPS && status == PLAST_OK; g++)
        status = plast_layer_synapses(layer, names[g], &groups[g]);
    for (int g = V; g < GROUPS && status == PLAST_OK && arm->density < 1.0; g++)
        status = make_sparse(groups[g], arm->density, random);
    if (status == PLAST_OK && arm->reciprocal)
        status = make_reciprocal(context, groups[V], groups[C], seed);
    if (status == PLAST_OK && arm->frozen != NONE)
        status = plast_synapses_set_frozen(groups[arm->frozen], 1);
    return status;
}

plast_status wiring_make(plast_context *context, const struct trial *trial, int64_t inputs, struct random *random,
                         plast_network **network)
{
    const struct task *task = &arms_tasks[trial->task];
    const struct arm *arm = &arms[trial->arm];
    const uint64_t seed = (uint64_t)trial->seed + 1;
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = inputs, .seed = seed };
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = add_layers(*network, task);
    if (status == PLAST_OK)
        status = add_decay(context, *network, arm);
    if (status == PLAST_OK)
        status = add_optimizer(context, *network, trial->rate);
    if (status == PLAST_OK)
        status = set_scheme(context, *network, task, arm);
    for (int i = 0; i < task->layers - 1 && status == PLAST_OK && strcmp(arm->scheme, "circuit") == 0; i++) {
        plast_layer *layer = NULL;
        status = plast_network_layer(*network, i, &layer);
        if (status == PLAST_OK)
            status = wire(context, layer, arm, 1000 * seed + (uint64_t)i, random);
    }
    return status;
}
