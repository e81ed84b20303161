/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <stdlib.h>

enum { TEST_BLOCK = 200 };

int task_load(const char *folder, int64_t tested, int seeds, int64_t samples, struct task *task,
              struct message *message)
{
    *task = (struct task){ .tested = tested, .samples = samples };
    int result = dataset_load(folder, tested, &task->data, message);
    if (result == 0) {
        task->order = dataset_orders(seeds, task->data.train.images.count, samples, message);
        result = task->order == NULL ? -1 : 0;
    }
    if (result != 0)
        task_free(task);
    return result;
}

void task_free(struct task *task)
{
    dataset_free(&task->data);
    free(task->order);
    *task = (struct task){ .order = NULL };
}

double trial_weights(const struct task *task, int depth)
{
    return (double)HIDDEN * (double)(dataset_pixels(&task->data) + (depth - 2) * HIDDEN + CLASSES);
}

static plast_status add_layers(plast_network *network, const struct setting *setting)
{
    const struct init_choice *init = &plan_inits[setting->init];
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = HIDDEN,    .activation = PLAST_SOFTPLUS,
                                  .init = init->kind,  .gain = init->gain, .no_bias = 1 };
    plast_status status = PLAST_OK;
    for (int i = 0; i < setting->depth && status == PLAST_OK; i++) {
        if (i == setting->depth - 1) {
            layer.units = CLASSES;
            layer.activation = PLAST_SOFTMAX;
        }
        status = plast_network_add(network, "dense", &layer, NULL);
    }
    return status;
}

static plast_status add_rule(plast_context *context, plast_network *network, const struct setting *setting)
{
    plast_rule *oja = NULL;
    if (setting->rule != OJA)
        return PLAST_OK;
    plast_status status = plast_rule_create(context, "oja", &oja);
    if (status == PLAST_OK)
        status = plast_rule_set(oja, "rate", setting->oja_rate);
    if (status == PLAST_OK)
        status = plast_network_add_rule(network, PLAST_HIDDEN_LAYERS, oja);
    plast_rule_destroy(oja);
    return status;
}

static plast_status add_optimizer(plast_context *context, plast_network *network, const struct setting *setting)
{
    plast_optimizer *optimizer = NULL;
    plast_status status = plast_optimizer_create(context, setting->rule == ADAM ? "adam" : "sgd", &optimizer);
    if (status == PLAST_OK)
        status = plast_optimizer_set(optimizer, "rate", setting->rate);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(network, optimizer);
    plast_optimizer_destroy(optimizer);
    return status;
}

/* Share of the test images that the network tells right. */
static plast_status measure(const struct task *task, plast_network *network, plast_state *state, double *accuracy)
{
    plast_matrix inputs = plast_matrix_f32(task->data.test.images.pixels, task->tested, dataset_pixels(&task->data));
    plast_matrix targets = plast_labels_u8(task->data.test.labels.labels, task->tested);
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_evaluate(network, state, &data, &report);
    if (status == PLAST_OK)
        *accuracy = (double)report.correct / (double)report.losses;
    return status;
}

plast_status trial_learn(const struct task *task, plast_network *network, int seed, int64_t from, int64_t to,
                         int64_t *learned)
{
    plast_matrix inputs =
        plast_matrix_f32(task->data.train.images.pixels, task->data.train.images.count, dataset_pixels(&task->data));
    plast_matrix targets = plast_labels_u8(task->data.train.labels.labels, task->data.train.labels.count);
    plast_matrix order = plast_labels_i32(task->order + seed * task->samples + from, to - from);
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .order = &order };
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_learn(network, NULL, &data, NULL, &report);
    *learned = from + report.samples;
    return status;
}

/* From checkpoint to checkpoint. A network that diverged only guesses from there on. */
static plast_status run(const struct task *task, const struct plan *plan, plast_network *network, plast_state *state,
                        struct trial *trial)
{
    plast_status status = PLAST_OK;
    int64_t learned = 0;
    trial->points = 0;
    trial->diverged = -1;
    while (trial->points < plan->checkpoint_count && plan->checkpoints[trial->points] <= trial->samples) {
        double *accuracy = &trial->accuracy[trial->points];
        if (status == PLAST_OK)
            status = trial_learn(task, network, trial->seed, learned, plan->checkpoints[trial->points], &learned);
        if (status == PLAST_OK)
            status = measure(task, network, state, accuracy);
        if (status != PLAST_OK && status != PLAST_E_NOT_FINITE)
            return status;
        if (status == PLAST_E_NOT_FINITE) {
            *accuracy = 1.0 / CLASSES;
            trial->diverged = learned;
        }
        trial->points++;
    }
    return PLAST_OK;
}

plast_status trial_network(plast_context *context, const struct task *task, const struct setting *setting, int seed,
                           plast_network **network)
{
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = dataset_pixels(&task->data),
                                      .seed = (uint64_t)seed + 1 };
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = add_layers(*network, setting);
    if (status == PLAST_OK)
        status = add_rule(context, *network, setting);
    if (status == PLAST_OK)
        status = add_optimizer(context, *network, setting);
    return status;
}

plast_status trial_run(plast_context *context, const struct task *task, const struct plan *plan, struct trial *trial)
{
    plast_state_options for_test = { PLAST_STATE_OPTIONS, .batch = TEST_BLOCK };
    plast_network *network = NULL;
    plast_state *state = NULL;
    plast_status status = trial_network(context, task, &plan->settings[trial->setting], trial->seed, &network);
    if (status == PLAST_OK)
        status = plast_state_create(context, network, &for_test, &state);
    if (status == PLAST_OK)
        status = run(task, plan, network, state, trial);
    plast_state_destroy(state);
    plast_network_destroy(network);
    return status;
}
