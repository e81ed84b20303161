/* SPDX-License-Identifier: MIT
 *
 * Which networks learn in which way, and what came out. A cell is one of them: its rate is sought on training images
 * that are held back, with two seeds of their own; then it runs with all seeds. */
#ifndef GRAPES_CURVES_PLAN_H
#define GRAPES_CURVES_PLAN_H

#include "../common/grapes_arm.h"
#include "../common/message.h"
#include "../common/rate_scan.h"
#include "../common/slowness.h"
#include "../common/statistics.h"

#include <stdint.h>

enum { ACTIVATIONS = 2, FEEDBACKS = 3, DEPTHS = 4, CLASSES = 10, WIDTH = 256, BATCH = 64 };
enum { MOST_CELLS = 200, MOST_SEEDS = 32, MOST_EPOCHS = 200, SCAN_SEEDS = 2 };

/* With the initial weights that go with it. */
extern const struct activation {
    const char *name;
    int32_t activation;
    int32_t init;
} plan_activations[ACTIVATIONS];

extern const struct scheme {
    const char *name; /* in tables and files */
    const char *feedback;
    bool unclipped; /* as the authors' code has it under random feedback */
    bool direct;    /* no error comes down from layer to layer: no propagating version */
} plan_schemes[FEEDBACKS];

extern const char *const plan_version_names[];

struct run {
    double accuracy[MOST_EPOCHS]; /* on test images after each epoch; once diverged, that of guessing */
    double slowness;              /* NaN where it is not defined */
    double factor_mean;           /* of the first hidden layer, at the end; NaN without one */
    double factor_sd;
    bool diverged;
};

struct cell {
    int activation;
    int scheme;
    int depth; /* hidden layers */
    enum grapes_kind kind;
    enum grapes_version version;
    struct rate_scan scan;
    struct run *runs; /* one for each seed */
};

struct sizes {
    int64_t learned; /* training images an epoch */
    int64_t sought;  /* the same while rates are sought: the first of these */
    int64_t held_back;
    int64_t tested;
    int epochs;
    int scan_epochs;
    int seeds;
};

struct plan {
    struct sizes sizes;
    int cell_count;
    struct cell cells[MOST_CELLS]; /* a plain one, then those that are compared with it */
    struct run *runs;
};

/* `every`: random feedback at each depth, else at three hidden layers alone. */
int plan_make(const struct sizes *sizes, bool every, bool quick, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

/* Once the others have their rates: the rate-matched cells take those of the layer's mean factor. With SGD the two are
 * one and the same, which their runs show. */
void plan_match(struct plan *plan);

/* At a constant rate single epochs scatter: what counts is the mean over the last two, if there are two. */
double plan_last(const double *accuracy, int epochs);

/* The cell of this kind beside it, of its version (none for plain); NULL if there is none. */
const struct cell *plan_beside(const struct plan *plan, const struct cell *cell, enum grapes_kind kind);

struct summary plan_accuracy(const struct plan *plan, const struct cell *cell);
struct summary plan_slowness(const struct plan *plan, const struct cell *cell);
int plan_diverged(const struct plan *plan, const struct cell *cell);
/* Final accuracy of `cell` minus that of `other`, seed by seed. */
struct summary plan_lead(const struct plan *plan, const struct cell *cell, const struct cell *other);
/* Natural logarithm of the ratio of their slowness, seed by seed; NaN if undefined in any. */
struct summary plan_slower(const struct plan *plan, const struct cell *cell, const struct cell *other);

#endif
