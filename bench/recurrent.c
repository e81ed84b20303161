/* SPDX-License-Identifier: MIT
 *
 * A recurrent layer learns a batch of sequences, an update for all their steps, with Adam: by backpropagation through
 * time beside its matrix products alone, and by RFLO with a trace for each synapse and sequence beside a loop that
 * reads and writes as many numbers once a step. Options choose among the cases; see usage(). */
#include "recurrent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer_cblas.h"
#include "task.h"
#include "timing.h"

static const bench_recurrent_task TASKS[] = {
    { .units = 64, .steps = 50, .batch = 32 },
    { .units = 128, .steps = 100, .batch = 1 },
    { .units = 300, .steps = 8, .batch = 32 },
    { .traces = 1, .units = 64, .steps = 50, .batch = 32 },
    { .traces = 1, .units = 300, .steps = 8, .batch = 32 },
    { .traces = 1, .online = 1, .units = 64, .steps = 50, .batch = 32 },
    { .traces = 1, .online = 1, .units = 300, .steps = 8, .batch = 32 },
};

static _Noreturn void usage(void)
{
    bench_fail("usage: bench_recurrent [CASE, 0 to %d [UPDATES   learn and time nothing (for callgrind)]]",
               (int)(sizeof TASKS / sizeof TASKS[0]) - 1);
}

static void compare(const bench_recurrent_task *task)
{
    enum { OURS, LIMIT, ARMS };
    char work[80];
    bench_recurrent subject;
    bench_products products;
    bench_stream stream;
    bench_recurrent_describe(task, work, sizeof work);
    bench_recurrent_create(task, &subject);
    bench_products_create(task, &products);
    bench_stream_create(task, &stream);
    bench_arm arms[ARMS] = { [OURS] = { .run = bench_recurrent_learn, .work = &subject } };
    arms[LIMIT] = task->traces ? (bench_arm){ .run = bench_stream_run, .work = &stream }
                               : (bench_arm){ .run = bench_products_run, .work = &products };
    bench_alternate(arms, ARMS);
    const bench_result result = { .work = work,
                                  .peer = task->traces ? "traces alone" : "gemms alone",
                                  .ours = &arms[OURS],
                                  .theirs = &arms[LIMIT],
                                  .limit = bench_median(&arms[LIMIT]),
                                  .difference = -1 };
    bench_print(&result);
    bench_stream_destroy(&stream);
    bench_products_destroy(&products);
    bench_recurrent_destroy(&subject);
}

static void exercise(const bench_recurrent_task *task, int64_t updates)
{
    bench_recurrent subject;
    bench_recurrent_create(task, &subject);
    bench_recurrent_learn(&subject, updates);
    bench_recurrent_destroy(&subject);
}

int main(int argc, char **argv)
{
    const int cases = (int)(sizeof TASKS / sizeof TASKS[0]);
    const int chosen = argc > 1 ? atoi(argv[1]) : -1;
    const long long updates = argc > 2 ? atoll(argv[2]) : 0;
    if (argc > 3 || chosen >= cases || (argc > 1 && chosen < 0) || (argc > 2 && updates <= 0))
        usage();
    (void)bench_blas_start();
    for (int i = 0; i < cases; i++) {
        if (chosen >= 0 && i != chosen)
            continue;
        if (updates > 0)
            exercise(&TASKS[i], updates);
        else
            compare(&TASKS[i]);
    }
    return 0;
}
