/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEST_BLOCK = 500 };

/* What learns, and how far it has come. */
struct runner {
    const struct task *task;
    const struct course *course;
    const struct method *method;
    struct trial *trial;
    const int32_t *order;
    int64_t samples; /* in all */
    plast_network *network;
    plast_state *state; /* for measuring */
    int64_t learned;
    double seconds; /* of CPU time */
};

/* As they lie in the file, over and over, without those that would not fill a minibatch. */
static int32_t *make_plain_orders(const struct plan *plan, struct message *message)
{
    int64_t samples = plan->sizes.samples;
    int64_t used = plan->sizes.learned / plan->course->batch * plan->course->batch;
    int32_t *order = malloc((size_t)plan->seeds * (size_t)samples * sizeof *order);
    if (order == NULL)
        message_set(message, "out of memory for the order of %" PRId64 " samples", samples);
    for (int64_t i = 0; order != NULL && i < plan->seeds * samples; i++)
        order[i] = (int32_t)(i % samples % used);
    return order;
}

int task_load(const char *folder, const struct plan *plan, struct task *task, struct message *message)
{
    const struct sizes *sizes = &plan->sizes;
    *task = (struct task){ .plan = plan };
    int result = dataset_load(folder, sizes->tested, &task->data, message);
    if (result == 0 && task->data.train.images.count < sizes->learned)
        result = message_set(message, "%s: %" PRId64 " training images, expected at least %" PRId64, folder,
                             task->data.train.images.count, sizes->learned);
    if (result == 0) {
        task->order = plan->course->shuffled ? dataset_orders(plan->seeds, sizes->learned, sizes->samples, message)
                                             : make_plain_orders(plan, message);
        task->tuning_order = dataset_orders(1, sizes->learned - sizes->held_back, sizes->tuning, message);
        result = task->order == NULL || task->tuning_order == NULL ? -1 : 0;
    }
    if (result != 0)
        task_free(task);
    return result;
}

void task_free(struct task *task)
{
    dataset_free(&task->data);
    free(task->order);
    free(task->tuning_order);
    *task = (struct task){ .order = NULL };
}

/* As measured: a time that grows with the weights, on top of one that does not; twice as long for a circuit or a
 * mirror. */
double trial_cost(const struct task *task, const struct trial *trial)
{
    const struct plan *plan = task->plan;
    const struct shape *shape = &plan->course->shapes[trial->shape];
    const struct method *method = &plan->course->methods[trial->method];
    double weights = 1e5;
    int64_t inputs = dataset_pixels(&task->data);
    for (int i = 0; i < shape->layers; i++) {
        weights += (double)(inputs * shape->units[i]);
        inputs = shape->units[i];
    }
    if (strcmp(method->scheme, "circuit") == 0 || method->mirror)
        weights *= 2.0;
    return weights * (double)(trial->tuning ? plan->sizes.tuning : plan->sizes.samples);
}

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static plast_status add_layers(struct runner *runner, const struct shape *shape)
{
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .init = runner->course->init, .gain = runner->course->gain };
    plast_status status = PLAST_OK;
    for (int i = 0; i < shape->layers && status == PLAST_OK; i++) {
        layer.units = shape->units[i];
        layer.activation = i < shape->layers - 1 ? runner->course->hidden : runner->course->output;
        status = plast_network_add(runner->network, "dense", &layer, NULL);
    }
    return status;
}

/* Biases of the same law as the weights: a network of one input has a column of weights for them. */
static plast_status draw_bias(plast_context *context, struct runner *runner, int64_t index, int64_t inputs,
                              int64_t units)
{
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 1 };
    plast_layer_options column = { PLAST_LAYER_OPTIONS, .units = units, .init = PLAST_INIT_GAUSSIAN };
    plast_network *source = NULL;
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    plast_matrix bias;
    options.seed = 1000 * ((uint64_t)runner->trial->seed + 1) + (uint64_t)index;
    column.gain = 1.0 / sqrt((double)(inputs + units));
    plast_status status = plast_network_create(context, &options, &source);
    if (status == PLAST_OK)
        status = plast_network_add(source, "dense", &column, &layer);
    if (status == PLAST_OK)
        status = plast_layer_synapses(layer, NULL, &synapses);
    if (status == PLAST_OK)
        status = plast_synapses_view(synapses, &bias);
    if (status == PLAST_OK)
        status = plast_network_layer(runner->network, index, &layer);
    if (status == PLAST_OK) {
        bias = (plast_matrix){ bias.data, 1, units, 1, bias.row_stride, bias.dtype, bias.flags };
        status = plast_layer_set_bias(layer, &bias);
    }
    plast_network_destroy(source);
    return status;
}

static plast_status draw_biases(plast_context *context, struct runner *runner, const struct shape *shape)
{
    plast_status status = PLAST_OK;
    for (int i = 0; i < shape->layers && status == PLAST_OK && runner->course->random_bias; i++)
        status = draw_bias(context, runner, i, i == 0 ? dataset_pixels(&runner->task->data) : shape->units[i - 1],
                           shape->units[i]);
    return status;
}

static plast_status add_optimizer(plast_context *context, const struct runner *runner)
{
    plast_optimizer *sgd = NULL;
    plast_status status = plast_optimizer_create(context, "sgd", &sgd);
    if (status == PLAST_OK)
        status = plast_optimizer_set(sgd, "rate", runner->trial->rate);
    if (status == PLAST_OK)
        status = plast_optimizer_set(sgd, "manhattan", runner->method->manhattan);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(runner->network, sgd);
    plast_optimizer_destroy(sgd);
    return status;
}

static plast_status add_feedback(plast_context *context, const struct runner *runner)
{
    const struct method *method = runner->method;
    plast_feedback *feedback = NULL;
    plast_status status = plast_feedback_create(context, method->scheme, &feedback);
    for (int i = 0; i < MAX_PARAMETERS && method->parameters[i].name != NULL && status == PLAST_OK; i++)
        status = plast_feedback_set(feedback, method->parameters[i].name, method->parameters[i].value);
    if (status == PLAST_OK)
        status = plast_network_set_feedback(runner->network, PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

static plast_status fix_crossing(const struct runner *runner, const struct shape *shape)
{
    plast_status status = PLAST_OK;
    for (int i = 0; i < shape->layers - 1 && status == PLAST_OK && runner->method->fixed_crossing; i++) {
        plast_layer *layer = NULL;
        plast_synapses *crossing = NULL;
        status = plast_network_layer(runner->network, i, &layer);
        if (status == PLAST_OK)
            status = plast_layer_synapses(layer, "crossing", &crossing);
        if (status == PLAST_OK)
            status = plast_synapses_set_frozen(crossing, 1);
    }
    return status;
}

static plast_status start_mirror(const struct runner *runner)
{
    plast_mirror_options mirror = { PLAST_MIRROR_OPTIONS, .updates = runner->task->plan->sizes.mirror_start };
    return runner->method->mirror ? plast_network_mirror(runner->network, NULL, &mirror) : PLAST_OK;
}

static plast_status make_network(plast_context *context, struct runner *runner)
{
    const struct shape *shape = &runner->course->shapes[runner->trial->shape];
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = dataset_pixels(&runner->task->data),
                                      .seed = (uint64_t)runner->trial->seed + 1 };
    plast_state_options for_test = { PLAST_STATE_OPTIONS, .batch = TEST_BLOCK };
    plast_status status = plast_network_create(context, &options, &runner->network);
    if (status == PLAST_OK)
        status = add_layers(runner, shape);
    if (status == PLAST_OK)
        status = draw_biases(context, runner, shape);
    if (status == PLAST_OK)
        status = add_optimizer(context, runner);
    if (status == PLAST_OK)
        status = add_feedback(context, runner);
    if (status == PLAST_OK)
        status = fix_crossing(runner, shape);
    if (status == PLAST_OK)
        status = plast_state_create(context, runner->network, &for_test, &runner->state);
    if (status == PLAST_OK)
        status = plast_network_prepare(runner->network, runner->course->batch);
    if (status == PLAST_OK)
        status = start_mirror(runner);
    return status;
}

/* One minibatch, and the mirror update that belongs to it. */
static plast_status learn_batch(struct runner *runner, int64_t size)
{
    const struct dataset *set = &runner->task->data;
    plast_matrix inputs = plast_matrix_f32(set->train.images.pixels, set->train.images.count, dataset_pixels(set));
    plast_matrix targets = plast_labels_u8(set->train.labels.labels, set->train.labels.count);
    plast_matrix order = plast_labels_i32(runner->order + runner->learned, size);
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .order = &order, .batch = size };
    double left = 1.0 - (double)runner->learned / (double)runner->samples;
    plast_status status = plast_network_set_optimizer_parameter(
        runner->network, "rate", runner->course->falling ? runner->trial->rate * left : runner->trial->rate);
    if (status == PLAST_OK)
        status = plast_network_learn(runner->network, NULL, &data, NULL, NULL);
    if (status == PLAST_OK)
        runner->learned += size;
    if (status == PLAST_OK && runner->method->mirror)
        status = plast_network_mirror(runner->network, NULL, NULL);
    return status;
}

static plast_status learn(struct runner *runner, int64_t to)
{
    plast_status status = PLAST_OK;
    double began = cpu_seconds();
    while (runner->learned < to && status == PLAST_OK) {
        int64_t left = to - runner->learned;
        status = learn_batch(runner, left < runner->course->batch ? left : runner->course->batch);
    }
    runner->seconds += cpu_seconds() - began;
    return status;
}

/* Accuracy and loss on images that are not learned; in the race the angles too. */
static plast_status measure(struct runner *runner, struct point *point)
{
    const struct sizes *sizes = &runner->task->plan->sizes;
    const struct dataset *set = &runner->task->data;
    const bool tuning = runner->trial->tuning;
    const int64_t pixels = dataset_pixels(set), first = tuning ? sizes->learned - sizes->held_back : 0;
    const struct idx_set *from = tuning ? &set->train : &set->test;
    plast_matrix inputs =
        plast_matrix_f32(from->images.pixels + first * pixels, tuning ? sizes->held_back : sizes->tested, pixels);
    plast_matrix targets = plast_labels_u8(from->labels.labels + first, inputs.rows);
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_evaluate(runner->network, runner->state, &data, &report);
    if (status != PLAST_OK)
        return status;
    point->accuracy = (double)report.correct / (double)report.losses;
    point->loss = report.loss;
    if (tuning)
        return PLAST_OK;
    plast_matrix alignment =
        plast_output_f64(point->alignment[0], runner->course->shapes[runner->trial->shape].layers - 1, PLAST_ALIGNED);
    inputs.rows = targets.rows = sizes->aligned;
    return plast_measure_alignment(runner->network, runner->state, &data, &alignment);
}

/* What is measured of a network that diverged: it guesses. */
static void guess(struct point *point)
{
    point->accuracy = 1.0 / CLASSES;
    point->loss = (double)NAN;
    for (int i = 0; i < MAX_HIDDEN * PLAST_ALIGNED; i++)
        point->alignment[i / PLAST_ALIGNED][i % PLAST_ALIGNED] = (double)NAN;
}

/* From checkpoint to checkpoint. */
static plast_status run(struct runner *runner)
{
    const struct plan *plan = runner->task->plan;
    struct trial *trial = runner->trial;
    plast_status status = PLAST_OK;
    trial->points = 0;
    trial->diverged = -1;
    while (trial->points < (trial->tuning ? 1 : plan->checkpoint_count)) {
        struct point *point = &trial->point[trial->points];
        guess(point);
        if (status == PLAST_OK)
            status = learn(runner, trial->tuning ? runner->samples : plan->checkpoints[trial->points]);
        if (status == PLAST_OK)
            status = measure(runner, point);
        if (status != PLAST_OK && status != PLAST_E_NOT_FINITE)
            return status;
        if (status == PLAST_E_NOT_FINITE) {
            guess(point);
            trial->diverged = runner->learned;
        }
        trial->points++;
    }
    if (runner->learned > 0)
        trial->seconds = runner->seconds * (double)plan->sizes.learned / (double)runner->learned;
    return PLAST_OK;
}

plast_status trial_run(plast_context *context, const struct task *task, struct trial *trial)
{
    const struct plan *plan = task->plan;
    struct runner runner = { .task = task,
                             .course = plan->course,
                             .method = &plan->course->methods[trial->method],
                             .trial = trial,
                             .order =
                                 trial->tuning ? task->tuning_order : task->order + trial->seed * plan->sizes.samples,
                             .samples = trial->tuning ? plan->sizes.tuning : plan->sizes.samples };
    plast_status status = make_network(context, &runner);
    if (status == PLAST_OK)
        status = run(&runner);
    plast_state_destroy(runner.state);
    plast_network_destroy(runner.network);
    return status;
}
