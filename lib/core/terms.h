/* SPDX-License-Identifier: MIT
 *
 * A rule does not touch weights, it emits terms. For one group and one update, from the old W,
 *
 *     W  <-  P[ factor o W  +  sum_k coef_k u_k v_k^T  +  rows' own increments ]
 *
 * with u over post and v over pre, `samples` of them in rows (a minibatch is the same with a longer sum), and
 * factor = 1 - shrink - sum_k coef_k p_k by row. What is not of the form u v^T comes row by row from a row source: an
 * optimizer that keeps moments, or Sanger's triangle. P applies the group's mask, then rescales the finished row. */
#ifndef PLAST_CORE_TERMS_H
#define PLAST_CORE_TERMS_H

#include "core/model.h"

enum {
    PLAST__RANKS = PLAST__SWEEP_TERMS - 1, /* one place in a sweep is kept for a row's own increment */
    PLAST__ROW_SOURCES = 4,
    PLAST__ROW_SHRINKS = 4,
    PLAST__SCALINGS = 2
};

/* Adds to `increment` (cols elements) what row `row` shall gain. Rows are asked for once each, in ascending order,
 * each while it still holds its old weights. */
typedef void plast__row_function(void *self, int64_t row, const void *old_weights, void *increment);

/* By what the finished row is multiplied. */
typedef double plast__scale_function(void *self, int64_t row, const void *weights);

typedef struct plast__rank {
    double coef;
    const void *u; /* samples x post ld */
    const void *v; /* samples x pre ld */
} plast__rank;

typedef struct plast__row_source {
    plast__row_function *add;
    void *self;
    double bound; /* no element of an increment is larger */
} plast__row_source;

typedef struct plast__row_shrink {
    double coef;
    const void *p; /* by row */
} plast__row_shrink;

typedef struct plast__scaling {
    plast__scale_function *scale;
    void *self;
    double bound; /* no element of a rescaled row is larger, unless it was before */
} plast__scaling;

typedef struct plast__terms {
    int64_t samples;
    double shrink;
    int32_t ranks, row_sources, row_shrinks, scalings;
    plast__rank rank[PLAST__RANKS];
    plast__row_source row[PLAST__ROW_SOURCES];
    plast__row_shrink row_shrink[PLAST__ROW_SHRINKS];
    plast__scaling scaling[PLAST__SCALINGS];
} plast__terms;

/* How many of each there are. A partner takes the first of them. */
typedef struct plast__extent {
    double shrink;
    int32_t ranks, row_sources, row_shrinks, scalings;
} plast__extent;

/* Room for them was checked when the rules were attached. */
void plast__terms_clear(plast__terms *terms, int64_t samples);
void plast__terms_add_rank(plast__terms *terms, double coef, const void *u, const void *v);
void plast__terms_add_rows(plast__terms *terms, plast__row_function *add, void *self, double bound);
void plast__terms_shrink(plast__terms *terms, double amount);
/* Row i loses coef p_i of itself; `p` has post ld elements, already averaged over the samples. */
void plast__terms_shrink_rows(plast__terms *terms, double coef, const void *p);
void plast__terms_scale_rows(plast__terms *terms, plast__scale_function *scale, void *self, double bound);
int plast__terms_empty(const plast__terms *terms);
plast__extent plast__terms_extent(const plast__terms *terms);

/* Largest |weight| that the group may have after the terms within `extent`, given that no weight exceeds `bound` now;
 * infinite or NaN when a term is not finite. */
double plast__terms_bound(const plast__model *model, const plast__group *group, const plast__terms *terms,
                          const plast__extent *extent, double bound);

#endif
