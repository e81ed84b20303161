/* SPDX-License-Identifier: MIT
 *
 * The rule "grapes" for the tests: its parameters, its factors, and a naive learner's part of it in plain loops. */
#ifndef TESTS_GRAPES_H
#define TESTS_GRAPES_H

#include "support/naive.h"

/* Parameters of the rule; 0 in `refresh` = 1. */
typedef struct grapes_plan {
    int local, unclipped, outgoing, per_synapse, control;
    double refresh;
} grapes_plan;

/* Every combination that has a meaning, `refresh` apart. Returns how many there are; at most GRAPES_PLANS. */
enum { GRAPES_PLANS = 30 };
int grapes_plans(grapes_plan *plans);

/* 0 in a build that left the rule out. */
int grapes_built(void);

plast_status net_try_grapes(net *net, int32_t layers, const grapes_plan *plan);
void net_grapes(net *net, int32_t layers, const grapes_plan *plan);
/* The view "factor". */
void net_factor(const net *net, int32_t layer, double *factor);

/* 2 I / max I of n importances, not below `low`. */
void grapes_relative(int64_t n, double low, double *importance);
/* Factors of a matrix (rows x cols, dense): of its rows, or of its columns. */
void grapes_of_rows(int64_t rows, int64_t cols, const double *w, double low, double *factor);
void grapes_of_columns(int64_t rows, int64_t cols, const double *w, double low, double *factor);

/* What a naive learner needs beside itself. */
typedef struct grapes_naive {
    grapes_plan plan;
    int first, last;             /* layers that have the rule */
    const double *b[NET_LAYERS]; /* feedback of hidden layer l, n_l x units that send; NULL = W^T */
    int direct;                  /* from the output straight */
    /* of the update under way */
    double *factor[NET_LAYERS], *below[NET_LAYERS]; /* of the units, and per_synapse of those below */
    double share[NET_LAYERS];
} grapes_naive;

/* The learner takes its signals and steps from `g`, which outlives it, is filled but for the update under way, and is
 * freed by grapes_naive_free. Optimizers: all for which a scale of the step is one of the rate; per_synapse: SGD. */
void grapes_attach(naive *naive, grapes_naive *g);
void grapes_naive_free(grapes_naive *g);

#endif
