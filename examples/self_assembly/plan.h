/* SPDX-License-Identifier: MIT
 *
 * The trials, and what came out. First every rate of a task's grid is tried on a seed of its own and measured on
 * samples that are neither learned nor shown in the results; then each arm runs at its best rate, with all seeds. */
#ifndef SELF_ASSEMBLY_PLAN_H
#define SELF_ASSEMBLY_PLAN_H

#include "../common/message.h"
#include "../common/statistics.h"
#include "arms.h"

#include <plasticity/plasticity.h>

enum { MAX_SEEDS = 64, POINTS = 6 };

struct point {
    double score;                                /* normalised squared error, or accuracy; guessing once diverged */
    double alignment[MAX_HIDDEN][PLAST_ALIGNED]; /* NaN where there is no angle */
};

struct trial {
    int task;
    int arm;
    double rate;
    bool tuning;
    int seed; /* 0 while tuning, then 1 ... */
    struct point point[POINTS];
    int64_t diverged; /* the sample that could not be learned any more, -1 = none */
};

struct plan {
    int seeds;
    int64_t samples[TASKS];
    int64_t tested;
    struct trial *trials; /* `tuned` of them, then task by task, arm by arm, seed by seed */
    int tuned;
    int raced;
};

/* What an arm reached on a task. */
struct outcome {
    const struct trial *trials; /* one for each seed */
    int edge;                   /* -1, 1: the rate is the lowest, the highest of the grid */
    struct summary score;
    double angle[MAX_HIDDEN]; /* of the signals, flattened; mean over the seeds that have one; NaN = none */
    int diverged;             /* seeds */
};

/* `scale` multiplies the tasks' samples. */
int plan_make(int seeds, double scale, int64_t tested, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

/* Samples learned before measurement `point`. */
int64_t plan_samples(const struct plan *plan, int task, int point);
/* Once the tuning trials are done: gives the others their rates. */
void plan_choose(struct plan *plan);
struct outcome plan_outcome(const struct plan *plan, int task, int arm, int point);

#endif
