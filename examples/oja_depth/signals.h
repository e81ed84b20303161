/* SPDX-License-Identifier: MIT
 *
 * Signal propagation: what hidden layers make of small changes, by the singular values of the Jacobian from the first
 * hidden layer's activity to that of each one above it. Not from the 784 inputs: their matrix has another shape and
 * scale than the others, which are 100 x 100, and most pixels of an image are dark. */
#ifndef OJA_DEPTH_SIGNALS_H
#define OJA_DEPTH_SIGNALS_H

#include "trial.h"

#include <stdio.h>

enum { MOST_LAYERS = 16, PROBED = 10 }; /* test images, the first ones */

/* Of one Jacobian; all but the participation are means of decimal logarithms over the images. */
enum quantity {
    LARGEST,       /* singular value */
    TENTH,         /* one, in descending order; as many as there are classes */
    MEDIAN,        /* the fiftieth of a hundred */
    OWN,           /* |J y| / |y|, y the first hidden layer's activity itself */
    PARTICIPATION, /* (sum s^2)^2 / sum s^4: how many directions pass alike */
    QUANTITIES
};

/* A network as it was drawn, or after the early checkpoint's images at its rule's best rate. */
struct arm {
    int depth;
    int init;
    const struct setting *setting; /* NULL = as drawn */
};

struct probe {
    int arm;
    int seed;
    int layers; /* measured, from the second hidden layer on; 0 = the network diverged */
    double value[MOST_LAYERS][QUANTITIES];
};

struct signals {
    const struct plan *plan;
    struct arm arms[DEPTHS * (1 + RULES) + INITS + RULES];
    int arm_count;
    struct probe *probes; /* probe `arm * seeds + seed` */
};

/* Which networks to look at; the early checkpoint's best rates must be known. */
int signals_make(const struct plan *plan, struct signals *signals, struct message *message);
void signals_free(struct signals *signals);

/* What a probe costs beside learning, in the unit of trial_weights. */
double signals_cost(const struct task *task, const struct signals *signals, int probe);
plast_status signals_run(plast_context *context, const struct task *task, const struct signals *signals, int probe);

/* NULL: not among them. */
const struct arm *signals_find(const struct signals *signals, int depth, int init, int rule); /* rule -1: as drawn */
/* Over the seeds that did not diverge, at the layer-th hidden layer (2 ...); *count says how many these are. */
struct summary signals_at(const struct signals *signals, const struct arm *arm, int layer, enum quantity quantity,
                          int *count);

/* A results_writer (../common/results.h) whose user data is struct signals. */
void signals_csv(FILE *file, const void *signals);
/* Table and finding to standard output. */
void signals_print(const struct signals *signals);

#endif
