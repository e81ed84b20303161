/* SPDX-License-Identifier: MIT
 *
 * The arms, each at every rate of one grid with every seed, and what came out. */
#ifndef GRAPES_FORGETTING_PLAN_H
#define GRAPES_FORGETTING_PLAN_H

#include "../common/grapes_arm.h"
#include "../common/message.h"
#include "../common/statistics.h"

#include <stdint.h>

enum { TASKS = 5, HIDDEN = 2, WIDTH = 256, CLASSES = 10, BATCH = 64, ARMS = 6, MOST_SEEDS = 32 };

extern const struct arm {
    const char *name;
    enum grapes_kind kind;
    enum grapes_version version;
    bool twos;          /* the factor is 2 for all nodes, and comes down with the error */
    const char *colour; /* Okabe & Ito's palette, which the colour-blind can tell apart */
} plan_arms[ARMS];

/* Accuracies after each task: [learned so far][of task]. */
struct run {
    double test[TASKS][TASKS];
    double held_back; /* at the end, the mean over tasks on training images that were held back */
    bool diverged;    /* then it guesses */
};

struct sizes {
    int64_t learned; /* images of each task */
    int64_t held_back;
    int64_t tested;
    int rates;
    int first_rate; /* in steps of sqrt(2) from the notebook's .001 */
    int seeds;
};

struct plan {
    struct sizes sizes;
    struct run *runs; /* arm by arm, rate by rate, seed by seed */
};

int plan_make(const struct sizes *sizes, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);
double plan_rate(const struct plan *plan, int rate);
struct run *plan_run(const struct plan *plan, int arm, int rate, int seed);

/* The rate of the highest mean accuracy on held-back images. */
int plan_best(const struct plan *plan, int arm);

/* What is read from a run: */
double run_final(const struct run *run);   /* accuracy at the end, mean over tasks */
double run_learned(const struct run *run); /* accuracy on each task just after it was learned, mean */
double run_forgotten(const struct run *run);

/* Over seeds. */
struct summary plan_summary(const struct plan *plan, int arm, int rate, double (*value)(const struct run *));
/* The same value of `arm` minus that of `other`, each at its best rate, seed by seed. */
struct summary plan_lead(const struct plan *plan, int arm, int other, double (*value)(const struct run *));
/* The same, but at every rate of the grid, and the mean over them. */
struct summary plan_lead_everywhere(const struct plan *plan, int arm, int other, double (*value)(const struct run *));
/* What the arm at this rate forgets beyond what plain backpropagation (arm 0) forgets at a rate at which it learns as
 * much: a line between the two rates around it, seed by seed. Where what is forgotten bends up, the line lies above it:
 * compare this among arms. NaN where plain backpropagation learns never as much, or never as little. */
struct summary plan_excess(const struct plan *plan, int arm, int rate);

#endif
