/* SPDX-License-Identifier: MIT
 *
 * The experiment: tasks with delays, and what is done to the network before and while it learns them. */
#ifndef FLOSSING_PLAN_H
#define FLOSSING_PLAN_H

#include "../common/message.h"
#include "../common/statistics.h"

#include <stdint.h>

enum { UNITS = 80, FLOSSED = 75, MOST_TASKS = 10, MOST_SEEDS = 64, MOST_CURVE = 64 };

/* Flossing before training, of one exponent or of 75; the last arm also while it goes on. */
enum arm { ARM_NONE, ARM_LOCAL, ARM_ONE, ARM_BEFORE, ARM_DURING, ARMS };
extern const char *const plan_arms[ARMS];

struct task {
    int order;     /* bit_task.h: 0 = copy, 1 = XOR */
    int64_t delay; /* of XOR the shorter one; the other is twice that */
};
/* "copy", "xor". */
const char *plan_task(const struct task *task);

/* When exponents are measured: of the network as drawn, once it was flossed, and at the end. Which ones: places, from 1
 * on. */
enum { AS_DRAWN, ONCE_FLOSSED, AT_END, MOMENTS, PLACES = 3 };
extern const int plan_places[PLACES];
extern const char *const plan_moments[MOMENTS];

struct trial {
    int task; /* place in the plan */
    enum arm arm;
    int seed;
    int points;                        /* of the curve */
    double curve[MOST_CURVE];          /* share of right answers, means over `window` epochs */
    double accuracy;                   /* the last of them; guessing 0.5 */
    double exponents[MOMENTS][PLACES]; /* natural logarithm per step */
    int64_t diverged;                  /* epochs done when a number was not finite; -1 = never */
};

enum plan_size { PLAN_USUAL, PLAN_QUICK, PLAN_FULL };

struct plan {
    int seeds;
    int64_t epochs, window; /* an epoch is one fresh batch */
    int64_t steps;          /* of a sequence */
    int64_t updates;        /* of flossing, each time */
    int64_t again_every;    /* epochs, for the arm that flosses during training, twice */
    int64_t measured;       /* steps over which exponents are */
    struct task tasks[MOST_TASKS];
    int task_count;
    struct trial *trials; /* seed after seed; of each: task, arm, the last fastest */
    int trial_count;
};

int plan_make(enum plan_size size, int seeds, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

const struct trial *plan_trial(const struct plan *plan, int seed, int task, enum arm arm);

/* From this share of right answers on a task counts as learned. */
extern const double plan_learned;

struct outcome {
    struct summary accuracy; /* over the seeds */
    int learned;             /* networks that did */
    double until;            /* epochs, mean of those that learned; NaN = none */
    double exponents[MOMENTS][PLACES];
};

struct outcome plan_outcome(const struct plan *plan, int task, enum arm arm);

#endif
