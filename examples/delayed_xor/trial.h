/* SPDX-License-Identifier: MIT
 *
 * One network learns the delayed XOR task in the setting of Liu et al. 2022 (ModProp, arXiv:2206.01338): 120 voltage
 * units of ReLU under Dale's law, tau of 100 steps, credit from the last step alone. */
#ifndef EXAMPLES_DELAYED_XOR_TRIAL_H
#define EXAMPLES_DELAYED_XOR_TRIAL_H

#include "../common/message.h"

#include <plasticity/plasticity.h>

#include <stdint.h>

enum { ARMS = 4, BATCH = 32, CHECKED = 10 };

/* Iterations whose accuracy together must be 95 % for a network to have learned: 320 sequences. */
struct arm {
    const char *name;
    const char *scheme; /* of credit through time */
    int own_types;      /* every unit is a type of its own, so that the average of W is W */
};

extern const struct arm xor_arms[ARMS];

struct trial {
    int arm;
    int seed;
    int most;         /* iterations */
    int64_t delay;    /* steps between the cues */
    double *accuracy; /* of each iteration's 32 sequences, before its update; the caller's */
    double *losses;   /* the caller's, too */
    int done;         /* iterations */
    int reached;      /* the first iteration of those that had 95 % together; -1 = never */
    double seconds;
};

plast_status trial_run(plast_context *context, struct trial *trial);

#endif
