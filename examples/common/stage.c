/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include "progress.h"

#include <inttypes.h>
#include <stdio.h>

struct running {
    const struct stage *stage;
    struct progress progress;
};

static double cost_of(const struct stage *stage, int64_t index)
{
    return stage->cost != NULL ? stage->cost(stage->user, index) : 1.0;
}

static plast_status run_trial(plast_context *context, void *user, int64_t index)
{
    struct running *running = user;
    plast_status status = running->stage->run(context, running->stage->user, index);
    progress_add(&running->progress, cost_of(running->stage, index));
    return status;
}

int stage_run(const struct stage *stage, int threads, struct message *message)
{
    struct running running = { .stage = stage };
    double total = 0.0;
    for (int64_t i = 0; i < stage->count; i++)
        total += cost_of(stage, i);
    progress_begin(&running.progress, stage->label, total);
    int result = jobs_run(stage->count, threads, run_trial, &running, message);
    double seconds = progress_end(&running.progress);
    if (result == 0)
        fprintf(stderr, "%s: %" PRId64 " trials in %.1f s\n", stage->label, stage->count, seconds);
    return result;
}
