/* SPDX-License-Identifier: MIT
 *
 * The machine's own limit of an online step: how fast the core can pass over the weights at all. */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdint.h>

#include "scheme.h"
#include "timing.h"

typedef struct bench_limit {
    int64_t rows; /* of the array that the loops pass over: as many floats as there are weights, or a few more */
    float *array;
    float sum[16]; /* what the reading loops found, so that they cannot be optimised away */
    bench_load load;
} bench_limit;

enum { BENCH_LIMIT_ARMS = 4 };

void bench_limit_create(const bench_task *task, bench_limit *limit);
void bench_limit_destroy(bench_limit *limit);

/* Two forms of a reading loop, then two of a loop that reads, changes and writes. A step is one pass over the array. */
void bench_limit_arms(bench_limit *limit, bench_arm arms[BENCH_LIMIT_ARMS]);

/* After the arms were timed: bytes a second of the faster form (the second loop reads and writes: 8 bytes a weight)
 * and the least time of a step. */
void bench_limit_result(const bench_limit *limit, const bench_arm arms[BENCH_LIMIT_ARMS], bench_result *result);

#endif
