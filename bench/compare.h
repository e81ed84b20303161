/* SPDX-License-Identifier: MIT
 *
 * One online task, learned by the library and by a peer written in C: the same weights first, then the times. */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdint.h>

#include "task.h"

typedef struct bench_rival {
    const char *name;
    /* Starts with `parameters`, laid out as task.h says. Task and samples outlive it. */
    void *(*create)(const bench_task *task, const bench_samples *samples, const float *parameters);
    void (*learn)(void *peer, int64_t steps);
    /* Writes what it has learned, laid out alike. */
    void (*parameters)(const void *peer, float *parameters);
    void (*destroy)(void *peer);
} bench_rival;

/* Checks, times against the rival and the memory limit, and prints the line. */
void bench_compare(const bench_task *task, const bench_rival *rival);

#endif
