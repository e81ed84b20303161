/* SPDX-License-Identifier: MIT
 *
 * Three decision tasks of Neurogym 0.0.2 (Molano-Mazon et al. 2022) in the short trials of Liu et al. 2024
 * (arXiv:2310.08513), pinned here because later versions of the library changed them. Every trial has 800 ms:
 *
 *     2AF   stimulus 700, decision 100: which of two noisy inputs was larger?
 *     DMS   sample 100, delay 500, test 100, decision 100: same input again (class 1) or the other (class 2)?
 *     CXT   stimulus 200, delay 500, decision 100: the larger input of that pair which the cue names
 *
 * Input 0, fixation, is 1 before the decision and 0 in it. Inputs 1 and 2 are the pair of inputs, which is 0 outside
 * stimulus, sample and test; CXT has a second pair, 3 and 4, and the cues of the two pairs, 5 and 6, one of which is
 * 1 for the whole trial. White noise of sd sigma / sqrt(dt) is added in stimulus, sample and test: in CXT to all
 * inputs, else to the pair. Means of a pair, with the coherence c in percent:
 *
 *     2AF   0.5 +- c / 200, c of 0, 6.4, 12.8, 25.6, 51.2        DMS   1 and 0
 *     CXT   (1 +- c / 100) / 2, c of 5, 15, 50, drawn for each pair, as is its side
 *
 * All draws are alike likely. Labels: 0 (fixate) before the decision, then 1 or 2; every step carries a loss. So a
 * network that always fixates is right in 7 of 8 steps: judge the decision alone. */
#ifndef EXAMPLES_CHOICE_TASK_H
#define EXAMPLES_CHOICE_TASK_H

#include "sequences.h"

#include <stdbool.h>

enum choice_kind { CHOICE_2AF, CHOICE_DMS, CHOICE_CXT };

struct choice_task {
    enum choice_kind kind;
    double dt;                 /* ms, 100 divided by a whole number; 0 = 100: eight steps */
    double sigma;              /* noise; with choice_sigma and dt = 100 its sd is .1 per step */
    bool cue_ends_at_decision; /* CXT: the cue is on in stimulus and delay only */
};

/* Neurogym's value. */
static const double choice_sigma = 1.0;

/* What was drawn for a trial. A side is 0 or 1: the first or second input of the pair has the larger mean. */
struct choice_trial {
    int32_t label;       /* 1 or 2 */
    int32_t side[2];     /* DMS: of sample and test. 2AF: only the first; at coherence 0 the label follows it alike */
    double coherence[2]; /* percent; DMS: 0 */
    int32_t cued;        /* CXT: 0 or 1, the pair that decides */
};

int choice_shape(const struct choice_task *task, struct sequence_shape *shape, struct message *message);
/* The decision's first step; it goes on to the end. */
int64_t choice_decision(const struct choice_task *task);
/* Trials first ... first + batch - 1 of the seed, into sequences of the task's shape. `trials` (batch of them) may be
 * NULL. */
void choice_draw(const struct choice_task *task, uint64_t seed, uint64_t first, struct sequences *sequences,
                 struct choice_trial *trials);

#endif
