/* SPDX-License-Identifier: MIT
 *
 * Alternating timed runs, and the result that comes of them. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdint.h>

enum { BENCH_RUNS = 15 };

/* One side of a comparison. */
typedef struct bench_arm {
    void (*run)(void *work, int64_t steps);
    void *work;
    /* written by bench_alternate */
    int64_t steps;            /* of one run */
    double times[BENCH_RUNS]; /* seconds a step, ascending */
} bench_arm;

/* Times all arms in turn, BENCH_RUNS times over, so that a slow moment of the machine meets all of them. */
void bench_alternate(bench_arm *arms, int32_t count);

double bench_median(const bench_arm *arm);

typedef struct bench_result {
    const char *work;
    const char *peer;
    const bench_arm *ours;
    const bench_arm *theirs;
    double limit;      /* seconds a step; 0: none was measured */
    double difference; /* largest relative difference of the weights; negative: nothing to compare */
    double read_speed; /* bytes a second of the limit's loops; 0: the limit has no such loops */
    double rmw_speed;
} bench_result;

/* One line of JSON on stdout; between start and end a caller may print further members. */
void bench_print(const bench_result *result);
void bench_print_start(const bench_result *result);
void bench_print_end(void);

#endif
