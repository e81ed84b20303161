/* SPDX-License-Identifier: MIT
 *
 * The online step against FANN's incremental training, in the setting where both compute the same: tanh in the hidden
 * layers, linear outputs, squared error, biases everywhere, float32. */
#include <stdlib.h>
#include <string.h>

#include <floatfann.h>
#include <plasticity/plasticity.h>

#include "compare.h"
#include "task.h"

typedef struct fann_peer {
    const bench_task *task;
    const bench_samples *samples;
    struct fann *ann;
    float *targets; /* BENCH_SAMPLES rows of one 1 */
} fann_peer;

/* FANN keeps the connections of one neuron after the other, the layers from the input on; each has the weights of the
 * layer below and then its bias. */
static void copy_parameters(const bench_task *task, float *fann, float *ours, int to_fann)
{
    for (int32_t l = 0; l < task->layers; l++)
        for (int64_t row = 0; row < task->sizes[l + 1]; row++) {
            size_t bytes = (size_t)task->sizes[l] * sizeof(float);
            float *weights = ours + bench_weights_offset(task, l) + row * task->sizes[l];
            float *bias = ours + bench_bias_offset(task, l) + row;
            memcpy(to_fann ? fann : weights, to_fann ? weights : fann, bytes);
            fann += task->sizes[l];
            memcpy(to_fann ? fann : bias, to_fann ? bias : fann, sizeof(float));
            fann++;
        }
}

static struct fann *create_ann(const bench_task *task)
{
    unsigned sizes[BENCH_MAX_LAYERS + 1];
    for (int32_t l = 0; l <= task->layers; l++)
        sizes[l] = (unsigned)task->sizes[l];
    struct fann *ann = fann_create_standard_array((unsigned)task->layers + 1, sizes);
    if (!ann)
        bench_fail("FANN: no network");
    /* FANN's symmetric sigmoid of steepness 1 is tanh. */
    fann_set_activation_function_hidden(ann, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_steepness_hidden(ann, 1.0f);
    fann_set_activation_function_output(ann, FANN_LINEAR);
    fann_set_activation_steepness_output(ann, 1.0f);
    fann_set_train_error_function(ann, FANN_ERRORFUNC_LINEAR);
    fann_set_training_algorithm(ann, FANN_TRAIN_INCREMENTAL);
    fann_set_learning_rate(ann, (float)task->rate);
    fann_set_learning_momentum(ann, 0.0f);
    return ann;
}

static void *peer_create(const bench_task *task, const bench_samples *samples, const float *parameters)
{
    int64_t outputs = task->sizes[task->layers], count = bench_parameters(task);
    fann_peer *peer = malloc(sizeof(*peer));
    if (!peer)
        bench_fail("out of memory");
    *peer = (fann_peer){ .task = task, .samples = samples, .ann = create_ann(task) };
    peer->targets = bench_floats(BENCH_SAMPLES * outputs);
    for (int64_t i = 0; i < BENCH_SAMPLES; i++)
        peer->targets[i * outputs + samples->labels[i]] = 1.0f;
    float *copy = bench_floats(count);
    memcpy(copy, parameters, (size_t)count * sizeof(float));
    copy_parameters(task, peer->ann->weights, copy, 1);
    free(copy);
    return peer;
}

static void peer_destroy(void *work)
{
    fann_peer *peer = work;
    fann_destroy(peer->ann);
    free(peer->targets);
    free(peer);
}

static void peer_learn(void *work, int64_t steps)
{
    fann_peer *peer = work;
    int64_t inputs = peer->task->sizes[0], outputs = peer->task->sizes[peer->task->layers];
    for (int64_t step = 0; step < steps; step++) {
        int64_t i = step % BENCH_SAMPLES;
        fann_train(peer->ann, peer->samples->inputs + i * inputs, peer->targets + i * outputs);
    }
}

static void peer_parameters(const void *work, float *parameters)
{
    const fann_peer *peer = work;
    copy_parameters(peer->task, peer->ann->weights, parameters, 0);
}

int main(int argc, char **argv)
{
    static const bench_rival FANN = { .name = "fann 2.2",
                                      .create = peer_create,
                                      .learn = peer_learn,
                                      .parameters = peer_parameters,
                                      .destroy = peer_destroy };
    const char *net = argc == 3 && strcmp(argv[1], "--net") == 0 ? argv[2] : NULL;
    int cases = 0;
    for (int n = 0; n < BENCH_NETS && (net || argc == 1); n++) {
        bench_task task = bench_nets[n];
        if (net && strcmp(net, task.net) != 0)
            continue;
        task.activation = PLAST_TANH;
        task.squared = task.bias = 1;
        task.batch = 1;
        task.rate = 1e-3;
        bench_compare(&task, &FANN);
        cases++;
    }
    if (!cases)
        bench_fail("usage: bench_fann [--net small|medium|large]");
    return 0;
}
