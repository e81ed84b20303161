/* SPDX-License-Identifier: MIT
 *
 * The experiment: which rules learn with which coefficients, and what came out. */
#ifndef FEW_SHOT_PLAN_H
#define FEW_SHOT_PLAN_H

#include "../common/message.h"
#include "../common/statistics.h"
#include "learner.h"

#include <stdbool.h>
#include <stdint.h>

/* The episodes of Shervani-Tabar & Rosenbaum 2023: five classes, fifty images of each, and outputs for many more. */
enum { WAYS = 5, SHOTS = 50, SAMPLES = WAYS * SHOTS, OUTPUTS = 47 };
enum { QUERIES_PER_CLASS = LEAST_PER_CLASS, QUERIES = WAYS * QUERIES_PER_CLASS };
enum { LONG_QUERIES = 1000, LONG_RUNS = 6, MAX_POINTS = 12, MAX_EPISODES = 10000, MAX_SEEDS = 64 };

/* REVERSED: eHebb with the wrong sign, at coefficients of its own; FLIPPED: at those that are best with the right
 * one. */
enum arm { BP, BP_OJA, FA, FA_OJA, FA_EHEBB, F_BIO, REVERSED, FLIPPED, ARMS };

extern const struct arm_name {
    const char *name;   /* in the CSV files */
    const char *label;  /* in tables and figure */
    const char *colour; /* Okabe & Ito's palette, which the colour-blind can tell apart */
} plan_arms[ARMS];

/* An arm with coefficients of its grid. */
struct setting {
    enum arm arm;
    struct recipe recipe;
};

/* A network that diverged guesses one of the classes, and has NaN for everything else. */
struct result {
    struct measured measured;
    bool diverged;
};

struct plan {
    int tuning;                      /* episodes for choosing coefficients; the results are not from these */
    int episodes;                    /* of the results, the same ones for all arms */
    int seeds;                       /* of the long runs */
    int64_t checkpoints[MAX_POINTS]; /* of the long runs: samples learned */
    int checkpoint_count;
    struct setting *settings; /* arm by arm */
    int setting_count;        /* in the grids; FLIPPED's one is behind them */
    struct result *tuned;     /* setting * tuning + episode; only the accuracy */
    int best[ARMS];           /* setting of the highest mean accuracy in the tuning episodes */
    struct result *shown;     /* arm * episodes + episode */
    struct result *curves;    /* (run * seeds + seed) * checkpoint_count + checkpoint */
};

extern const struct setting plan_long_runs[LONG_RUNS];

/* The long runs end after `samples`. */
int plan_make(int tuning, int episodes, int seeds, int64_t samples, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

/* The best settings, from the tuning episodes. */
void plan_choose(struct plan *plan);

/* Quantities of results. */
enum quantity { ACCURACY, ANGLE, ORTHONORMALITY, ACTIVITY, WEIGHTS };
double result_value(const struct result *result, enum quantity quantity, int layer);

/* Over the episodes without those that diverged (accuracy: with them). NaN when there are none. */
struct summary plan_summary(const struct plan *plan, enum arm arm, enum quantity quantity, int layer);
double plan_median(const struct plan *plan, enum arm arm, enum quantity quantity, int layer);
/* Of the differences a - b in accuracy, episode by episode. */
struct summary plan_difference(const struct plan *plan, enum arm a, enum arm b);
int plan_diverged(const struct plan *plan, enum arm arm);

/* Mean over the seeds of a long run; geometric for norms. Diverged runs count in the accuracy only. */
double plan_curve(const struct plan *plan, int run, int checkpoint, enum quantity quantity, int layer);
int plan_curve_diverged(const struct plan *plan, int run, int checkpoint);

#endif
