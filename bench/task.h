/* SPDX-License-Identifier: MIT
 *
 * What the library and its peers both compute: a net, its rules and rates, and the samples that it learns. */
#ifndef BENCH_TASK_H
#define BENCH_TASK_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_MAX_LAYERS = 12, BENCH_SAMPLES = 64 };

/* Softplus's beta. */
#define BENCH_BETA 10.0

typedef struct bench_scheme bench_scheme; /* scheme.h */

typedef struct bench_task {
    const char *net; /* short name */
    int32_t layers;
    int32_t activation; /* of the hidden layers: PLAST_RELU, PLAST_SOFTPLUS or PLAST_TANH */
    int32_t squared;    /* 0: softmax with cross-entropy; 1: linear output with squared error, targets 0 and 1 */
    int32_t oja;        /* 1: Oja's subspace rule on the hidden layers */
    int32_t grapes;     /* 1: GRAPES, propagating, on the hidden layers */
    int32_t bias;
    const bench_scheme *scheme; /* of the feedback; NULL: backpropagation */
    int64_t batch;              /* 1: online, or BENCH_SAMPLES */
    int64_t sizes[BENCH_MAX_LAYERS + 1];
    double rate;
    double oja_rate;
} bench_task;

/* The nets of the online tasks: names and sizes. */
enum { BENCH_NETS = 3 };
extern const bench_task bench_nets[BENCH_NETS];

/* A few samples, visited in turn: pixels in [0, 1], about half of them 0, and random labels. */
typedef struct bench_samples {
    float *inputs; /* BENCH_SAMPLES x sizes[0] */
    int32_t labels[BENCH_SAMPLES];
} bench_samples;

/* Prints the message to stderr and ends the process with status 1. */
_Noreturn void bench_fail(const char *format, ...);
/* Aligned to 64 bytes, zeroed; freed by free(). Never NULL. */
float *bench_floats(int64_t count);

void bench_samples_create(const bench_task *task, bench_samples *samples);
void bench_samples_destroy(bench_samples *samples);

int64_t bench_weights(const bench_task *task, int32_t layer);
/* All parameters stand in one array: each layer's matrix, then its biases if it has any; each begins at a multiple of
 * 64 bytes. */
int64_t bench_weights_offset(const bench_task *task, int32_t layer);
int64_t bench_bias_offset(const bench_task *task, int32_t layer);
int64_t bench_parameters(const bench_task *task);

/* "relu", "softplus" or "tanh". */
const char *bench_activation_name(const bench_task *task);
/* "online 784-170-47 relu +oja", in `text` of `size` bytes. */
void bench_task_describe(const bench_task *task, char *text, size_t size);

#endif
