/* SPDX-License-Identifier: MIT
 *
 * Recurrent works: one update by whole sequences with Adam, by backpropagation through time or by RFLO's traces. */
#ifndef BENCH_RECURRENT_H
#define BENCH_RECURRENT_H

#include <stdint.h>

#include <plasticity/plasticity.h>

enum { BENCH_RECURRENT_INPUTS = 3, BENCH_RECURRENT_OUTPUTS = 3 };

typedef struct bench_recurrent_task {
    int32_t traces; /* 0: exact credit, no leak; 1: RFLO, units that leak, a trace for each synapse and sequence */
    int32_t online; /* 1: an update at every step */
    int64_t units, steps, batch;
} bench_recurrent_task;

/* "bptt 64 units, 50 steps, batch 32", in `text` of `size` bytes. */
void bench_recurrent_describe(const bench_recurrent_task *task, char *text, size_t size);

/* The library's side. */
typedef struct bench_recurrent {
    const bench_recurrent_task *task;
    plast_context *context;
    plast_network *network;
    float *inputs;   /* steps * batch rows */
    int32_t *labels; /* one a row */
} bench_recurrent;

void bench_recurrent_create(const bench_recurrent_task *task, bench_recurrent *subject);
void bench_recurrent_destroy(bench_recurrent *subject);
/* `subject` is a bench_recurrent. */
void bench_recurrent_learn(void *subject, int64_t updates);

/* Of exact credit: the matrix products alone. */
typedef struct bench_products {
    const bench_recurrent_task *task;
    float *recurrent, *input, *readout;             /* weights */
    float *recurrent_sum, *input_sum, *readout_sum; /* gradients */
    float *x, *h, *z, *signal, *output, *output_signal;
} bench_products;

void bench_products_create(const bench_recurrent_task *task, bench_products *products);
void bench_products_destroy(bench_products *products);
void bench_products_run(void *products, int64_t updates);

/* Of traces: reading and writing them once a step. */
typedef struct bench_stream {
    const bench_recurrent_task *task;
    float *traces;
} bench_stream;

void bench_stream_create(const bench_recurrent_task *task, bench_stream *stream);
void bench_stream_destroy(bench_stream *stream);
void bench_stream_run(void *stream, int64_t updates);

#endif
