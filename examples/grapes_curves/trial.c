/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { TEST_BLOCK = 500 };

/* What learns. */
struct learner {
    plast_network *network;
    plast_state *state; /* for measuring */
};

int task_load(const char *folder, const struct plan *plan, struct task *task, struct message *message)
{
    const struct sizes *sizes = &plan->sizes;
    *task = (struct task){ .plan = plan };
    int result = dataset_load(folder, sizes->tested, &task->data, message);
    if (result == 0 && task->data.train.images.count < sizes->learned + sizes->held_back)
        result = message_set(message, "%s: %" PRId64 " training images, expected at least %" PRId64, folder,
                             task->data.train.images.count, sizes->learned + sizes->held_back);
    if (result == 0) {
        task->orders =
            dataset_orders(SCAN_SEEDS + sizes->seeds, sizes->learned, sizes->epochs * sizes->learned, message);
        result = task->orders == NULL ? -1 : 0;
    }
    if (result != 0)
        task_free(task);
    return result;
}

void task_free(struct task *task)
{
    dataset_free(&task->data);
    free(task->orders);
    *task = (struct task){ .orders = NULL };
}

double trial_cost(const struct cell *cell)
{
    return 5e5 + WIDTH * (784.0 + WIDTH * (cell->depth - 1.0));
}

static plast_status add_layers(const struct cell *cell, plast_network *network)
{
    const struct activation *activation = &plan_activations[cell->activation];
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .init = activation->init, .no_bias = 1 };
    plast_status status = PLAST_OK;
    for (int i = 0; i <= cell->depth && status == PLAST_OK; i++) {
        layer.units = i < cell->depth ? WIDTH : CLASSES;
        layer.activation = i < cell->depth ? activation->activation : (int32_t)PLAST_SOFTMAX;
        status = plast_network_add(network, "dense", &layer, NULL);
    }
    return status;
}

static plast_status set_feedback(plast_context *context, const struct cell *cell, plast_network *network)
{
    plast_feedback *feedback = NULL;
    plast_status status = plast_feedback_create(context, plan_schemes[cell->scheme].feedback, &feedback);
    if (status == PLAST_OK)
        status = plast_network_set_feedback(network, PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

static plast_status set_optimizer(plast_context *context, double rate, plast_network *network)
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

static plast_status make(plast_context *context, const struct task *task, const struct cell *cell, double rate,
                         int order, struct learner *learner)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = dataset_pixels(&task->data),
                                            .seed = (uint64_t)order + 1 };
    const plast_state_options for_test = { PLAST_STATE_OPTIONS, .batch = TEST_BLOCK };
    plast_status status = plast_network_create(context, &options, &learner->network);
    if (status == PLAST_OK)
        status = add_layers(cell, learner->network);
    if (status == PLAST_OK)
        status = set_feedback(context, cell, learner->network);
    if (status == PLAST_OK)
        status = grapes_arm_attach(context, learner->network, cell->kind, cell->version,
                                   plan_schemes[cell->scheme].unclipped);
    if (status == PLAST_OK)
        status = set_optimizer(context, rate, learner->network);
    if (status == PLAST_OK)
        status = plast_state_create(context, learner->network, &for_test, &learner->state);
    return status;
}

static void destroy(struct learner *learner)
{
    plast_state_destroy(learner->state);
    plast_network_destroy(learner->network);
}

/* `images` of the epoch. */
static plast_status learn(const struct task *task, int order, int epoch, int64_t images, struct learner *learner)
{
    const struct idx_set *set = &task->data.train;
    const struct sizes *sizes = &task->plan->sizes;
    const int64_t from = ((int64_t)order * sizes->epochs + epoch) * sizes->learned;
    const plast_matrix inputs = plast_matrix_f32(set->images.pixels, set->images.count, dataset_pixels(&task->data));
    const plast_matrix targets = plast_labels_u8(set->labels.labels, set->labels.count);
    const plast_matrix rows = plast_labels_i32(task->orders + from, images);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .order = &rows, .batch = BATCH };
    return plast_network_learn(learner->network, NULL, &data, NULL, NULL);
}

static plast_status measure(const struct idx_set *set, int64_t first, int64_t count, struct learner *learner,
                            double *accuracy)
{
    const int64_t pixels = set->images.rows * set->images.cols;
    const plast_matrix inputs = plast_matrix_f32(set->images.pixels + first * pixels, count, pixels);
    const plast_matrix targets = plast_labels_u8(set->labels.labels + first, count);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_report report = { PLAST_REPORT };
    const plast_status status = plast_network_evaluate(learner->network, learner->state, &data, &report);
    if (status == PLAST_OK)
        *accuracy = (double)report.correct / (double)report.losses;
    return status;
}

/* With one of the scan's seeds. */
static plast_status try_rate(plast_context *context, const struct task *task, const struct cell *cell, double rate,
                             int order, double *accuracy)
{
    const struct sizes *sizes = &task->plan->sizes;
    struct learner learner = { NULL, NULL };
    double reached[MOST_EPOCHS];
    plast_status status = make(context, task, cell, rate, order, &learner);
    for (int epoch = 0; epoch < sizes->scan_epochs && status == PLAST_OK; epoch++) {
        status = learn(task, order, epoch, sizes->sought, &learner);
        if (status == PLAST_OK)
            status = measure(&task->data.train, sizes->learned, sizes->held_back, &learner, &reached[epoch]);
    }
    destroy(&learner);
    if (status != PLAST_OK && status != PLAST_E_NOT_FINITE)
        return status;
    *accuracy = status == PLAST_OK ? plan_last(reached, sizes->scan_epochs) : 1.0 / CLASSES;
    return PLAST_OK;
}

plast_status trial_scan(plast_context *context, const struct task *task, struct cell *cell)
{
    plast_status status = PLAST_OK;
    double rate;
    while (status == PLAST_OK && (rate = rate_scan_next(&cell->scan)) > 0.0) {
        double accuracy[SCAN_SEEDS];
        for (int order = 0; order < SCAN_SEEDS && status == PLAST_OK; order++)
            status = try_rate(context, task, cell, rate, order, &accuracy[order]);
        if (status == PLAST_OK)
            rate_scan_add(&cell->scan, summarise(accuracy, SCAN_SEEDS).mean);
    }
    return status;
}

/* How unlike the factors of the first hidden layer have become. */
static plast_status read_factors(const struct cell *cell, const struct learner *learner, struct run *run)
{
    double values[WIDTH];
    plast_matrix view;
    run->factor_mean = run->factor_sd = (double)NAN;
    if (cell->kind == GRAPES_PLAIN)
        return PLAST_OK;
    const plast_status status = plast_network_view_rule(learner->network, 0, "grapes", "factor", &view);
    if (status != PLAST_OK)
        return status;
    for (int i = 0; i < WIDTH; i++)
        values[i] = (double)((const float *)view.data)[i];
    const struct summary factors = summarise(values, WIDTH);
    run->factor_mean = factors.mean;
    run->factor_sd = factors.sd;
    return PLAST_OK;
}

static void finish(const struct sizes *sizes, struct run *run)
{
    struct slowness slowness = { .s = (double)NAN };
    struct message ignored;
    if (run->diverged || slowness_fit(run->accuracy, sizes->epochs, &slowness, &ignored) != 0)
        slowness.s = (double)NAN;
    run->slowness = slowness.s;
}

plast_status trial_run(plast_context *context, const struct task *task, const struct cell *cell, int seed)
{
    const struct sizes *sizes = &task->plan->sizes;
    struct run *run = &cell->runs[seed];
    struct learner learner = { NULL, NULL };
    plast_status status = make(context, task, cell, rate_scan_best(&cell->scan), SCAN_SEEDS + seed, &learner);
    for (int epoch = 0; epoch < sizes->epochs && status == PLAST_OK; epoch++) {
        run->accuracy[epoch] = 1.0 / CLASSES;
        if (!run->diverged)
            status = learn(task, SCAN_SEEDS + seed, epoch, sizes->learned, &learner);
        if (status == PLAST_OK && !run->diverged)
            status = measure(&task->data.test, 0, sizes->tested, &learner, &run->accuracy[epoch]);
        if (status == PLAST_E_NOT_FINITE) {
            run->diverged = true;
            status = PLAST_OK;
        }
    }
    if (status == PLAST_OK)
        status = read_factors(cell, &learner, run);
    destroy(&learner);
    finish(sizes, run);
    return status;
}
