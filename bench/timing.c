/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A run takes at least RUN_SECONDS and MIN_STEPS: the library delays an update until the next sample's forward pass,
 * which a call with very few samples would hide. */
static const double RUN_SECONDS = 0.02;
enum { MIN_STEPS = 8 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(const bench_arm *arm, int64_t steps)
{
    double start = now();
    arm->run(arm->work, steps);
    return now() - start;
}

/* Warms the arm up, too. */
static int64_t choose_steps(const bench_arm *arm)
{
    int64_t steps = MIN_STEPS;
    double taken = seconds(arm, steps);
    while (taken < RUN_SECONDS) {
        steps *= 2;
        taken = seconds(arm, steps);
    }
    int64_t enough = (int64_t)ceil(RUN_SECONDS / taken * (double)steps);
    return enough > MIN_STEPS ? enough : MIN_STEPS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_alternate(bench_arm *arms, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        arms[i].steps = choose_steps(&arms[i]);
    for (int run = 0; run < BENCH_RUNS; run++)
        for (int32_t i = 0; i < count; i++)
            arms[i].times[run] = seconds(&arms[i], arms[i].steps) / (double)arms[i].steps;
    for (int32_t i = 0; i < count; i++)
        qsort(arms[i].times, BENCH_RUNS, sizeof(double), compare);
}

double bench_median(const bench_arm *arm)
{
    return arm->times[BENCH_RUNS / 2];
}

/* Minimum and quartiles in microseconds. */
static void print_spread(const char *key, const bench_arm *arm)
{
    printf(", \"%s\": [%.4g, %.4g, %.4g]", key, 1e6 * arm->times[0], 1e6 * arm->times[BENCH_RUNS / 4],
           1e6 * arm->times[BENCH_RUNS - 1 - BENCH_RUNS / 4]);
}

void bench_print_start(const bench_result *r)
{
    double ours = bench_median(r->ours), theirs = bench_median(r->theirs);
    printf("{\"work\": \"%s\", \"unit\": \"us/step\", \"ours\": %.5g, \"peer\": \"%s\", \"theirs\": %.5g", r->work,
           1e6 * ours, r->peer, 1e6 * theirs);
    printf(", \"ratio\": %.4g", theirs / ours);
    if (r->limit > 0)
        printf(", \"limit\": %.5g, \"times_limit\": %.4g", 1e6 * r->limit, ours / r->limit);
    print_spread("ours_min_q1_q3", r->ours);
    print_spread("theirs_min_q1_q3", r->theirs);
    if (r->difference >= 0)
        printf(", \"difference\": %.2g", r->difference);
    if (r->rmw_speed > 0)
        printf(", \"read_gb_per_s\": %.4g, \"rmw_gb_per_s\": %.4g", 1e-9 * r->read_speed, 1e-9 * r->rmw_speed);
}

void bench_print_end(void)
{
    puts("}");
    fflush(stdout);
}

void bench_print(const bench_result *result)
{
    bench_print_start(result);
    bench_print_end();
}
