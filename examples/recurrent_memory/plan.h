/* SPDX-License-Identifier: MIT
 *
 * The experiment: networks, what Oja's rule makes of them, and their controls. */
#ifndef RECURRENT_MEMORY_PLAN_H
#define RECURRENT_MEMORY_PLAN_H

#include "../common/message.h"
#include "../common/statistics.h"

#include <stdint.h>

enum { GAINS = 4, SCALES = 2, MOST_SEEDS = 64, DELAYS = 60 };

extern const double plan_gains[GAINS];   /* initial, W = g N(0, 1) / sqrt(N) */
extern const double plan_scales[SCALES]; /* of the input weights, U(-scale, scale) */

/* The recurrent weights: at first; after Oja's rule; and random ones of the spectral radius that they have then. */
enum weights { BEFORE, AFTER, GAUSSIAN, ORTHOGONAL, WEIGHTS };
extern const char *const plan_weights[WEIGHTS];

struct measured {
    double capacity, by_delay[DELAYS]; /* of memory: memory_capacity.h */
    double radius;                     /* spectral, of the recurrent weights */
    double dimension;                  /* participation ratio of the states */
};

struct trial {
    double gain, scale;
    int seed;
    struct measured measured[WEIGHTS];
};

/* How long a network learns and is measured, in steps. */
struct course {
    int64_t learned, fitted, held_out;
};

struct plan {
    int seeds;
    struct course course;
    struct trial *trials; /* seed after seed; of each: scale, gain, the last fastest */
    int trial_count;
};

int plan_make(int quick, int seeds, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

struct outcome {
    struct summary capacity, radius, dimension; /* over the seeds */
    double lowest;                              /* capacity */
    double by_delay[DELAYS];                    /* means */
};

/* By places in plan_gains and plan_scales. */
struct outcome plan_outcome(const struct plan *plan, int scale, int gain, enum weights weights);

#endif
