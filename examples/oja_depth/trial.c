/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { HIDDEN = 100, TEST_BLOCK = 200 };

static int load_set(const char *folder, const char *name, struct idx_set *set, struct message *message)
{
    char images[1024];
    char labels[1024];
    int a = snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, name);
    int b = snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, name);
    if (a < 0 || a >= (int)sizeof images || b < 0 || b >= (int)sizeof labels)
        return message_set(message, "the folder's name is longer than 1000 characters");
    return idx_read_set(images, labels, set, message);
}

/* SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Each image once in random order, then each once again in another, until there are enough. `deck` has n places. */
static void shuffle(uint64_t seed, int64_t n, int32_t *deck, int64_t samples, int32_t *order)
{
    for (int64_t i = 0; i < n; i++)
        deck[i] = (int32_t)i;
    for (int64_t i = 0; i < samples; i++) {
        int64_t here = i % n;
        int64_t there = here + (int64_t)(next_random(&seed) % (uint64_t)(n - here));
        int32_t drawn = deck[there];
        deck[there] = deck[here];
        deck[here] = drawn;
        order[i] = drawn;
    }
}

static int make_orders(int seeds, struct task *task, struct message *message)
{
    int64_t n = task->train.images.count;
    int32_t *deck = malloc((size_t)n * sizeof *deck);
    task->order = malloc((size_t)seeds * (size_t)task->samples * sizeof *task->order);
    if (deck != NULL && task->order != NULL)
        for (int seed = 0; seed < seeds; seed++)
            shuffle((uint64_t)seed + 1, n, deck, task->samples, task->order + seed * task->samples);
    free(deck);
    if (deck == NULL || task->order == NULL)
        return message_set(message, "out of memory for the order of %" PRId64 " samples", task->samples);
    return 0;
}

int task_load(const char *folder, int64_t tested, int seeds, int64_t samples, struct task *task,
              struct message *message)
{
    *task = (struct task){ .tested = tested, .samples = samples };
    int result = load_set(folder, "train", &task->train, message);
    if (result == 0)
        result = load_set(folder, "t10k", &task->test, message);
    if (result == 0) {
        const struct idx_images *a = &task->train.images;
        const struct idx_images *b = &task->test.images;
        if (a->rows != b->rows || a->cols != b->cols || b->count < tested || a->count > INT32_MAX)
            result = message_set(message,
                                 "%s: %" PRId64 " training images of %" PRId64 " x %" PRId64 " and %" PRId64
                                 " test images of %" PRId64 " x %" PRId64
                                 ", expected the same shape and at least %" PRId64 " test images",
                                 folder, a->count, a->rows, a->cols, b->count, b->rows, b->cols, tested);
    }
    if (result == 0)
        result = make_orders(seeds, task, message);
    if (result != 0)
        task_free(task);
    return result;
}

void task_free(struct task *task)
{
    idx_free_set(&task->train);
    idx_free_set(&task->test);
    free(task->order);
    *task = (struct task){ 0 };
}

static int64_t pixels(const struct task *task)
{
    return task->train.images.rows * task->train.images.cols;
}

double trial_weights(const struct task *task, int depth)
{
    return (double)HIDDEN * (double)(pixels(task) + (depth - 2) * HIDDEN + CLASSES);
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
    plast_matrix inputs = plast_matrix_f32(task->test.images.pixels, task->tested, pixels(task));
    plast_matrix targets = plast_labels_u8(task->test.labels.labels, task->tested);
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_evaluate(network, state, &data, &report);
    if (status == PLAST_OK)
        *accuracy = (double)report.correct / (double)report.losses;
    return status;
}

/* Learns the samples `from` ... `to` - 1 of the seed's order, one by one. */
static plast_status learn(const struct task *task, plast_network *network, int seed, int64_t from, int64_t to,
                          int64_t *learned)
{
    plast_matrix inputs = plast_matrix_f32(task->train.images.pixels, task->train.images.count, pixels(task));
    plast_matrix targets = plast_labels_u8(task->train.labels.labels, task->train.labels.count);
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
            status = learn(task, network, trial->seed, learned, plan->checkpoints[trial->points], &learned);
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

plast_status trial_run(plast_context *context, const struct task *task, const struct plan *plan, struct trial *trial)
{
    const struct setting *setting = &plan->settings[trial->setting];
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = pixels(task),
                                      .seed = (uint64_t)trial->seed + 1 };
    plast_state_options for_test = { PLAST_STATE_OPTIONS, .batch = TEST_BLOCK };
    plast_network *network = NULL;
    plast_state *state = NULL;
    plast_status status = plast_network_create(context, &options, &network);
    if (status == PLAST_OK)
        status = add_layers(network, setting);
    if (status == PLAST_OK)
        status = add_rule(context, network, setting);
    if (status == PLAST_OK)
        status = add_optimizer(context, network, setting);
    if (status == PLAST_OK)
        status = plast_state_create(context, network, &for_test, &state);
    if (status == PLAST_OK)
        status = run(task, plan, network, state, trial);
    plast_state_destroy(state);
    plast_network_destroy(network);
    return status;
}
