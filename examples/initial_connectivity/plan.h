/* SPDX-License-Identifier: MIT
 *
 * The experiment: which rule learns which task from which initial weights, and what came out. */
#ifndef INITIAL_CONNECTIVITY_PLAN_H
#define INITIAL_CONNECTIVITY_PLAN_H

#include "../common/choice_task.h"
#include "../common/message.h"
#include "../common/statistics.h"

#include <stdbool.h>
#include <stdint.h>

enum { TASKS = 3, MOST_GAINS = 6, MOST_ARMS = 13, MOST_SEEDS = 64, POINTS = 6 };

extern const char *const plan_tasks[TASKS]; /* by enum choice_kind */

/* Gradient flossing before training. */
enum flossing { FLOSSING_NONE, FLOSSING_EXACT, FLOSSING_LOCAL };

/* How credit comes to the synapses. */
struct arm {
    const char *name;
    const char *temporal; /* of plast_temporal_create */
    const char *feedback; /* of plast_feedback_create */
    int32_t types;        /* of units, for "modprop"; -1 = every unit is of its own */
    bool readout_alone;   /* no error reaches the recurrent layer: the feedback's gain is 0 */
    bool oja;             /* Oja's rule on the recurrent and the input weights */
    enum flossing flossing;
    bool usual; /* also without --full */
};

extern const struct arm arms[];
int arms_count(void);

/* What is measured of recurrent weights. */
struct connectivity {
    double radius; /* spectral */
    double lambda; /* the largest exponent, at the first and the last point; INFINITY: the state diverges */
};

struct trial {
    enum choice_kind task;
    int arm; /* of arms */
    double gain;
    int seed;
    double oja_rate;                          /* 0 without Oja's rule */
    double early, late;                       /* mean losses: around iteration 950, and of the last twentieth */
    double accuracy;                          /* of the decisions in the last twentieth */
    struct connectivity connectivity[POINTS]; /* on the way, plan_iteration */
    int64_t diverged;                         /* the iteration that could not be learned, -1 = none. Accuracy is that of
                                               * guessing then; losses and later connectivities are NaN */
};

struct plan {
    int seeds;
    int64_t iterations;
    double oja_rate;
    int gain_count, arm_count;
    double gains[MOST_GAINS];
    int arms[MOST_ARMS];
    struct trial *trials; /* seed after seed; of each: task, gain, arm, the last fastest */
    int trial_count;
};

enum plan_size { PLAN_QUICK, PLAN_USUAL, PLAN_FULL };

int plan_make(enum plan_size size, int seeds, double oja_rate, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

/* After how many iterations point 0 ... POINTS - 1 is measured: 0 at first, all at last. */
int64_t plan_iteration(const struct plan *plan, int point);

/* Over the seeds. What a diverged trial lacks is left out; NaN when all lack it. */
struct outcome {
    struct summary early, late, accuracy, before, after; /* the last two: spectral radius */
    double lambda[2];                                    /* before and after, means; INFINITY when one diverges */
    double lowest;                                       /* accuracy */
    int diverged;
};

/* By places in plan->gains and plan->arms. */
struct outcome plan_outcome(const struct plan *plan, int task, int gain, int arm);

#endif
