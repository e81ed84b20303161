/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "../common/permuted_task.h"

#include <inttypes.h>
#include <stdlib.h>

enum { BLOCK = 500 };

/* What learns, and room for images with their pixels at other places. */
struct learner {
    const struct images *images;
    plast_network *network;
    plast_state *state; /* for measuring */
    float scale;
    int32_t *places; /* of the tasks, one after another */
    float *pixels;   /* of BLOCK images */
    uint8_t labels[BLOCK];
};

int images_load(const char *folder, const struct plan *plan, struct images *images, struct message *message)
{
    const struct sizes *sizes = &plan->sizes;
    *images = (struct images){ .plan = plan };
    int result = dataset_load(folder, sizes->tested, &images->data, message);
    if (result == 0 && images->data.train.images.count < sizes->learned + sizes->held_back)
        result = message_set(message, "%s: %" PRId64 " training images, expected at least %" PRId64, folder,
                             images->data.train.images.count, sizes->learned + sizes->held_back);
    if (result == 0) {
        images->orders = dataset_orders(sizes->seeds, sizes->learned, TASKS * sizes->learned, message);
        result = images->orders == NULL ? -1 : 0;
    }
    if (result != 0)
        images_free(images);
    return result;
}

void images_free(struct images *images)
{
    dataset_free(&images->data);
    free(images->orders);
    *images = (struct images){ .orders = NULL };
}

float trial_input_scale(const struct arm *arm)
{
    return arm->twos ? 2.8284271247461901f : 1.0f;
}

static plast_status add_layers(const struct arm *arm, plast_network *network)
{
    static const double gains[HIDDEN + 1] = { 0.5, 0.70710678118654752, 1.0 };
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .init = PLAST_INIT_HE_UNIFORM, .no_bias = 1 };
    plast_status status = PLAST_OK;
    for (int i = 0; i <= HIDDEN && status == PLAST_OK; i++) {
        layer.units = i < HIDDEN ? WIDTH : CLASSES;
        layer.activation = i < HIDDEN ? PLAST_RELU : PLAST_SOFTMAX;
        layer.gain = arm->twos ? gains[i] : 1.0;
        status = plast_network_add(network, "dense", &layer, NULL);
    }
    return status;
}

plast_status trial_network(plast_context *context, const struct arm *arm, double rate, uint64_t seed, int64_t inputs,
                           plast_network **network)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = inputs, .seed = seed };
    plast_optimizer *momentum = NULL;
    plast_network *made = NULL;
    plast_status status = plast_network_create(context, &options, &made);
    if (status == PLAST_OK)
        status = add_layers(arm, made);
    if (status == PLAST_OK)
        status = grapes_arm_attach(context, made, arm->kind, arm->version, false);
    if (status == PLAST_OK)
        status = plast_optimizer_create(context, "momentum", &momentum);
    if (status == PLAST_OK)
        status = plast_optimizer_set(momentum, "rate", rate);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(made, momentum);
    plast_optimizer_destroy(momentum);
    if (status == PLAST_OK)
        *network = made;
    else
        plast_network_destroy(made);
    return status;
}

/* Image `row` of the set as it is in a task, to place `to`. */
static void put(struct learner *learner, const struct idx_set *set, int64_t row, int task, int64_t to)
{
    const int64_t pixels = set->images.rows * set->images.cols;
    float *image = learner->pixels + to * pixels;
    permuted_task_apply(learner->places + task * pixels, (int32_t)pixels, set->images.pixels + row * pixels, 1, image);
    for (int64_t i = 0; i < pixels; i++)
        image[i] *= learner->scale;
    learner->labels[to] = set->labels.labels[row];
}

static plast_status learn_task(struct learner *learner, int task, int seed)
{
    const int64_t learned = learner->images->plan->sizes.learned, pixels = dataset_pixels(&learner->images->data);
    const int32_t *order = learner->images->orders + ((int64_t)seed * TASKS + task) * learned;
    plast_status status = PLAST_OK;
    for (int64_t done = 0; done < learned && status == PLAST_OK; done += BATCH) {
        const int64_t n = learned - done < BATCH ? learned - done : BATCH;
        for (int64_t i = 0; i < n; i++)
            put(learner, &learner->images->data.train, order[done + i], task, i);
        const plast_matrix inputs = plast_matrix_f32(learner->pixels, n, pixels);
        const plast_matrix targets = plast_labels_u8(learner->labels, n);
        const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = n };
        status = plast_network_learn(learner->network, NULL, &data, NULL, NULL);
    }
    return status;
}

/* On images first ... first + count - 1 of the set. */
static plast_status measure(struct learner *learner, const struct idx_set *set, int64_t first, int64_t count, int task,
                            double *accuracy)
{
    int64_t correct = 0;
    plast_status status = PLAST_OK;
    for (int64_t done = 0; done < count && status == PLAST_OK; done += BLOCK) {
        const int64_t n = count - done < BLOCK ? count - done : BLOCK;
        for (int64_t i = 0; i < n; i++)
            put(learner, set, first + done + i, task, i);
        const plast_matrix inputs = plast_matrix_f32(learner->pixels, n, set->images.rows * set->images.cols);
        const plast_matrix targets = plast_labels_u8(learner->labels, n);
        const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
        plast_report report = { PLAST_REPORT };
        status = plast_network_evaluate(learner->network, learner->state, &data, &report);
        correct += report.correct;
    }
    if (status == PLAST_OK)
        *accuracy = (double)correct / (double)count;
    return status;
}

static plast_status run_tasks(struct learner *learner, int seed, struct run *run)
{
    const struct sizes *sizes = &learner->images->plan->sizes;
    const struct dataset *data = &learner->images->data;
    plast_status status = PLAST_OK;
    for (int task = 0; task < TASKS && status == PLAST_OK; task++) {
        status = learn_task(learner, task, seed);
        for (int other = 0; other < TASKS && status == PLAST_OK; other++)
            status = measure(learner, &data->test, 0, sizes->tested, other, &run->test[task][other]);
    }
    run->held_back = 0.0;
    for (int task = 0; task < TASKS && status == PLAST_OK; task++) {
        double accuracy = 0.0;
        status = measure(learner, &data->train, sizes->learned, sizes->held_back, task, &accuracy);
        run->held_back += accuracy / TASKS;
    }
    return status;
}

static void guess(struct run *run)
{
    run->diverged = true;
    run->held_back = 1.0 / CLASSES;
    for (int i = 0; i < TASKS * TASKS; i++)
        run->test[i / TASKS][i % TASKS] = 1.0 / CLASSES;
}

static plast_status make(plast_context *context, struct learner *learner, const struct plan *plan, int arm, int rate,
                         int seed)
{
    const int64_t pixels = dataset_pixels(&learner->images->data);
    const plast_state_options for_test = { PLAST_STATE_OPTIONS, .batch = BLOCK };
    learner->scale = trial_input_scale(&plan_arms[arm]);
    learner->pixels = malloc((size_t)(BLOCK * pixels) * sizeof *learner->pixels);
    learner->places = malloc((size_t)(TASKS * pixels) * sizeof *learner->places);
    if (learner->pixels == NULL || learner->places == NULL)
        return PLAST_E_NOMEM;
    for (int task = 0; task < TASKS; task++)
        permuted_task_places((uint64_t)seed + 1, task, (int32_t)pixels, learner->places + task * pixels);
    plast_status status =
        trial_network(context, &plan_arms[arm], plan_rate(plan, rate), (uint64_t)seed + 1, pixels, &learner->network);
    if (status == PLAST_OK)
        status = plast_state_create(context, learner->network, &for_test, &learner->state);
    return status;
}

plast_status trial_run(plast_context *context, const struct images *images, int arm, int rate, int seed)
{
    struct learner learner = { .images = images };
    struct run *run = plan_run(images->plan, arm, rate, seed);
    plast_status status = make(context, &learner, images->plan, arm, rate, seed);
    if (status == PLAST_OK)
        status = run_tasks(&learner, seed, run);
    if (status == PLAST_E_NOT_FINITE) {
        guess(run);
        status = PLAST_OK;
    }
    plast_state_destroy(learner.state);
    plast_network_destroy(learner.network);
    free(learner.places);
    free(learner.pixels);
    return status;
}
