/* SPDX-License-Identifier: MIT */
#include "learner.h"

static plast_status add_layers(plast_network *network, int outputs)
{
    static const int units[HIDDEN] = { 170, 130, 100, 70 };
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .activation = PLAST_SOFTPLUS, .activation_param = 10.0,
                                  .no_bias = 1 };
    plast_status status = PLAST_OK;
    for (int l = 0; l < LAYERS && status == PLAST_OK; l++) {
        layer.units = l < HIDDEN ? units[l] : outputs;
        if (l == HIDDEN) {
            layer.activation = PLAST_SOFTMAX;
            layer.activation_param = 0.0;
        }
        status = plast_network_add(network, "dense", &layer, NULL);
    }
    return status;
}

static plast_status set_feedback(plast_context *context, plast_network *network, const char *name)
{
    plast_feedback *feedback = NULL;
    plast_status status = plast_feedback_create(context, name, &feedback);
    if (status == PLAST_OK)
        status = plast_network_set_feedback(network, PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

static plast_status add_rule(plast_context *context, plast_network *network, const struct recipe *recipe)
{
    plast_rule *pool = NULL;
    plast_status status = plast_rule_create(context, "pool", &pool);
    if (status == PLAST_OK)
        status = plast_rule_set(pool, "theta_2", recipe->theta_2);
    if (status == PLAST_OK)
        status = plast_rule_set(pool, "theta_9", recipe->theta_9);
    if (status == PLAST_OK)
        status = plast_network_add_rule(network, PLAST_ALL_LAYERS, pool);
    if (status == PLAST_OK)
        status = plast_network_set_rule(network, HIDDEN, "pool", "theta_9", 0.0);
    plast_rule_destroy(pool);
    return status;
}

static plast_status set_optimizer(plast_context *context, plast_network *network, double rate)
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

plast_status learner_make(plast_context *context, const struct recipe *recipe, int64_t inputs, int outputs,
                          uint64_t seed, int64_t queries, struct learner *learner)
{
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = inputs, .seed = seed };
    plast_state_options for_queries = { PLAST_STATE_OPTIONS, .batch = queries };
    *learner = (struct learner){ NULL, NULL };
    plast_status status = plast_network_create(context, &options, &learner->network);
    if (status == PLAST_OK)
        status = add_layers(learner->network, outputs);
    if (status == PLAST_OK && recipe->fixed_feedback)
        status = set_feedback(context, learner->network, "fa");
    if (status == PLAST_OK && (recipe->theta_2 != 0.0 || recipe->theta_9 != 0.0))
        status = add_rule(context, learner->network, recipe);
    if (status == PLAST_OK)
        status = set_optimizer(context, learner->network, recipe->theta_0);
    if (status == PLAST_OK)
        status = plast_state_create(context, learner->network, &for_queries, &learner->state);
    if (status != PLAST_OK)
        learner_free(learner);
    return status;
}

void learner_free(struct learner *learner)
{
    plast_state_destroy(learner->state);
    plast_network_destroy(learner->network);
    *learner = (struct learner){ NULL, NULL };
}

static plast_status measure_weights(plast_context *context, const struct learner *learner, int l, double *norm,
                                    plast_matrix *weights)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    double one = 1.0;
    plast_matrix unit = plast_matrix_f64(&one, 1, 1);
    plast_status status = plast_network_layer(learner->network, l, &layer);
    if (status == PLAST_OK)
        status = plast_layer_synapses(layer, NULL, &synapses);
    if (status == PLAST_OK)
        status = plast_synapses_view(synapses, weights);
    return status == PLAST_OK ? plast_measure_norm_ratio(context, weights, &unit, norm) : status;
}

static plast_status measure_layers(plast_context *context, const struct learner *learner, struct measured *measured)
{
    plast_matrix weights, z, y;
    plast_status status = PLAST_OK;
    for (int l = 0; l < LAYERS && status == PLAST_OK; l++) {
        status = measure_weights(context, learner, l, &measured->weights[l], &weights);
        if (status != PLAST_OK || l == HIDDEN)
            break;
        status = plast_state_view(learner->state, l, PLAST_POTENTIAL, &z);
        if (status == PLAST_OK)
            status = plast_state_view(learner->state, l, PLAST_ACTIVITY, &y);
        if (status == PLAST_OK)
            status = plast_measure_norms(context, &y, NULL, &measured->activity[l], NULL);
        if (status == PLAST_OK)
            status =
                plast_measure_activity_orthonormality(context, &weights, &z, &y, &measured->orthonormality[l], NULL);
    }
    return status;
}

plast_status learner_accuracy(const struct learner *learner, const plast_data *data, double *accuracy)
{
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_evaluate(learner->network, learner->state, data, &report);
    if (status == PLAST_OK)
        *accuracy = (double)report.correct / (double)report.losses;
    return status;
}

/* Views of the state are of the samples evaluated last, so layers come before the alignment. */
plast_status learner_measure(plast_context *context, const struct learner *learner, const plast_data *data,
                             struct measured *measured)
{
    double columns[HIDDEN][PLAST_ALIGNED_MEANS + 1];
    plast_matrix alignment = plast_output_f64(columns[0], HIDDEN, PLAST_ALIGNED_MEANS + 1);
    plast_status status = learner_accuracy(learner, data, &measured->accuracy);
    if (status == PLAST_OK)
        status = measure_layers(context, learner, measured);
    if (status == PLAST_OK)
        status = plast_measure_alignment(learner->network, learner->state, data, &alignment);
    for (int l = 0; l < HIDDEN && status == PLAST_OK; l++)
        measured->angle[l] = columns[l][PLAST_ALIGNED_MEANS];
    return status;
}
