/* SPDX-License-Identifier: MIT
 *
 * The library's side of a comparison. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdint.h>

#include <plasticity/plasticity.h>

#include "task.h"

typedef struct bench_subject {
    const bench_task *task;
    const bench_samples *samples;
    plast_context *context;
    plast_network *network;
    int32_t *order; /* 0, 1 ... BENCH_SAMPLES - 1, 0, 1 ... */
} bench_subject;

/* Both must outlive the subject. A failure of the library ends the process with its message. */
void bench_subject_create(const bench_task *task, const bench_samples *samples, bench_subject *subject);
void bench_subject_destroy(bench_subject *subject);

/* Learns `steps` samples from the first on, or `steps` times the one minibatch that they all make; `subject` is a
 * bench_subject. */
void bench_subject_learn(void *subject, int64_t steps);

/* A copy of all parameters, laid out as task.h says; freed by free(). */
float *bench_subject_parameters(const bench_subject *subject);

typedef struct bench_group {
    int64_t rows, cols; /* n_out x n_in */
    float *weights;     /* freed by free() */
} bench_group;

/* A copy of one of the scheme's matrices that end in the layer. Returns 0 past the last one. */
int bench_subject_group(const bench_subject *subject, int32_t layer, int32_t group, bench_group *copy);

#endif
