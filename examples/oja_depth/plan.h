/* SPDX-License-Identifier: MIT
 *
 * The experiment: which networks learn by which rule at which rates, and what came out. */
#ifndef OJA_DEPTH_PLAN_H
#define OJA_DEPTH_PLAN_H

#include "../common/message.h"
#include "../common/statistics.h"

#include <stdbool.h>
#include <stdint.h>

enum { DEPTHS = 5, INITS = 8, MAX_SEEDS = 64, MAX_POINTS = 12, CLASSES = 10 };
enum rule { SGD, ADAM, OJA, RULES }; /* OJA is plain SGD with Oja's rule on the hidden layers */
enum { XAVIER = 2, HE = 4 };         /* places in plan_inits */
enum { INIT_DEPTH = 5, DEEP = 10 };  /* weight matrices: of the networks that try all initialisations; many */

extern const int plan_depths[DEPTHS]; /* weight matrices, ascending */
extern const char *const plan_rules[RULES];

struct init_choice {
    const char *name;  /* in the CSV file */
    const char *label; /* in tables and figure */
    int32_t kind;      /* PLAST_INIT_... */
    double gain;
};
extern const struct init_choice plan_inits[INITS];

/* One network and one way to train it; every seed repeats it with other weights and another order of the images. */
struct setting {
    int depth;
    int init;
    enum rule rule;
    double rate;
    double oja_rate; /* 0 but for OJA */
};

struct trial {
    int setting;
    int seed;
    int64_t samples;             /* how many it learns */
    int points;                  /* checkpoints measured */
    double accuracy[MAX_POINTS]; /* there */
    int64_t diverged;            /* the sample that could not be learned any more, -1 = none */
};

struct plan {
    int seeds;
    int64_t checkpoints[MAX_POINTS]; /* samples learned before each measurement */
    int checkpoint_count;
    int early; /* index of the checkpoint that every trial reaches */
    int late;  /* index of the last one, for some; the same as `early` when there are no long runs */
    struct setting *settings;
    int setting_count;
    struct trial *trials; /* trial `setting * seeds + seed` */
};

/* What a setting reached at a checkpoint. */
struct outcome {
    const struct setting *setting; /* NULL: nothing measured */
    struct summary accuracy;       /* over the seeds; the accuracy of guessing for those that diverged */
    int diverged;                  /* seeds */
};

/* Early after `early` samples at most, late after `late`. */
int plan_make(int seeds, int64_t early, int64_t late, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

/* Lets each rule's best rate at the early checkpoint, and the next lower one, go on to the last checkpoint. Returns how
 * many trials that are, and lists them. The list has room for all the trials. */
int plan_extend(struct plan *plan, int *trials);

struct outcome plan_outcome(const struct plan *plan, int setting, int checkpoint);
/* The rule's best rates for this network at this checkpoint. */
struct outcome plan_best(const struct plan *plan, int depth, int init, enum rule rule, int checkpoint);

#endif
