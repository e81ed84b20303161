/* SPDX-License-Identifier: MIT
 *
 * The trials of a course, and what came out. First every rate of every grid is tried on one seed and measured on
 * training images that were held back; then each method runs at its best rate, with all seeds, all training images, and
 * the test images. */
#ifndef CREDIT_RACE_PLAN_H
#define CREDIT_RACE_PLAN_H

#include "../common/message.h"
#include "../common/statistics.h"
#include "course.h"

#include <plasticity/plasticity.h>

#include <stdbool.h>
#include <stdint.h>

enum { MAX_SEEDS = 64, MAX_EPOCHS = 200, EARLY_POINTS = 5, MAX_POINTS = EARLY_POINTS + MAX_EPOCHS };

/* What is measured when so many samples have been learned. */
struct point {
    double accuracy;
    double loss;
    double alignment[MAX_HIDDEN][PLAST_ALIGNED]; /* NaN where there is no angle */
};

struct trial {
    int shape;
    int method;
    double rate;
    bool tuning;
    int seed;
    int points; /* measured; from the one at which it had diverged on, they say that it guesses */
    struct point *point;
    int64_t diverged; /* the sample that could not be learned any more, -1 = none */
    double seconds;   /* of CPU time for an epoch of learning */
};

/* How much of everything. */
struct sizes {
    int64_t learned;      /* training images */
    int64_t held_back;    /* of these, the last so many, while rates are tuned */
    int64_t tested;       /* test images */
    int64_t aligned;      /* of these, the first so many, for the angles */
    int64_t samples;      /* that a trial learns */
    int64_t tuning;       /* that a trial learns while rates are tuned */
    int64_t mirror_start; /* mirror updates before the first sample */
};

struct plan {
    const struct course *course;
    struct sizes sizes;
    int seeds;
    int64_t checkpoints[MAX_POINTS];
    int checkpoint_count;
    struct trial *trials; /* `tuned` of them, then shape by shape, method by method, seed by seed */
    int tuned;
    int raced;
    struct point *points;
};

/* What a method reached on a network. */
struct outcome {
    const struct trial *trials; /* one for each seed */
    double rate;
    int edge;                                    /* -1, 1: the rate is the lowest, the highest of the grid */
    struct summary accuracy;                     /* diverged ones count as guessing */
    double alignment[MAX_HIDDEN][PLAST_ALIGNED]; /* mean over the seeds that did not diverge; NaN = none */
    double seconds;
    int diverged; /* seeds */
};

int plan_make(const struct course *course, const struct sizes *sizes, int epochs, int seeds, struct plan *plan,
              struct message *message);
void plan_free(struct plan *plan);

/* Once the tuning trials are done: gives the others their rates. */
void plan_choose(struct plan *plan);

/* At a checkpoint. */
struct outcome plan_outcome(const struct plan *plan, int shape, int method, int checkpoint);

#endif
