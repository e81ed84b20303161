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

#endif
