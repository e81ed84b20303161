/* SPDX-License-Identifier: MIT
 *
 * One network learns the periodic pattern in the setting of Murray 2019 (eLife 8:e43299): 50 rate units of tanh, tau of
 * 10 steps, 100 steps from h_0 = 0.1 without input, W and V learn by their plain gradient at 0.03 for the mean over
 * steps. */
#ifndef EXAMPLES_PATTERN_TRIAL_H
#define EXAMPLES_PATTERN_TRIAL_H

#include "../common/message.h"
#include "../common/periodic_pattern.h"

#include <plasticity/plasticity.h>

#include <stdbool.h>

enum { ARMS = 3, SHOWN = 4 };

struct arm {
    const char *name;   /* in the table and the CSV file */
    const char *title;  /* in the figure */
    const char *scheme; /* of credit through time */
    bool random;        /* feedback of N(0, 1) in place of the readout's weights */
};

extern const struct arm pattern_arms[ARMS];

struct trial {
    int arm;
    int seed;
    int trials;
    double *errors; /* mean err^2 / 2 of each trial, before its update; the caller's */
    int64_t shown_at[SHOWN];
    double outputs[SHOWN][PATTERN_STEPS];
};

/* Trials before which the output is recorded: 0, 100, 1000, the last. */
void trial_shown(int trials, int64_t at[SHOWN]);

plast_status trial_run(plast_context *context, struct trial *trial);

/* Mean of the 20 trials around one, fewer at the ends. */
double trial_error(const struct trial *trial, int at);

#endif
