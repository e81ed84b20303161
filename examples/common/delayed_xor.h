/* SPDX-License-Identifier: MIT
 *
 * The delayed XOR task of Liu et al. 2022 (ModProp, arXiv:2206.01338), after its public code. Two cues, either of them
 * there or not: the first on input 0 in the first 100 ms, the second on input 1 in the last, 700 ms apart. Were they
 * alike? A cue is a bump of Gaussian form, height 2, sd 25 ms, whose first and last step lie 50 ms from its top. Both
 * inputs carry .02 and white noise throughout. Label 1 = alike (both or none), 0 = not, at the last step only; that
 * one alone carries a loss. */
#ifndef EXAMPLES_DELAYED_XOR_H
#define EXAMPLES_DELAYED_XOR_H

#include "sequences.h"

struct delayed_xor {
    int64_t cue;   /* steps of 1 ms, at least 2; 0 = 100 */
    int64_t delay; /* at least 1; 0 = 700: with the two cues 900 steps */
    double noise;  /* sd of each step; .01 in the publication */
};

struct delayed_xor_trial {
    int32_t cues[2]; /* 1 = there */
    int32_t label;
};

int delayed_xor_shape(const struct delayed_xor *task, struct sequence_shape *shape, struct message *message);
/* As choice_draw. A cue of other length is a bump of as many sd. */
void delayed_xor_draw(const struct delayed_xor *task, uint64_t seed, uint64_t first, struct sequences *sequences,
                      struct delayed_xor_trial *trials);

#endif
