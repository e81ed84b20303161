/* SPDX-License-Identifier: MIT
 *
 * The terms of one group that are known and not yet applied, with the memory that they point into. They wait for the
 * next sample's forward pass, which touches the same rows anyway, or are applied at once; the bits are the same. */
#ifndef PLAST_CORE_PENDING_H
#define PLAST_CORE_PENDING_H

#include "core/optimizer.h"
#include "core/rule.h"

/* The error-driven gradient coef sum u v^T on its way through an optimizer that is not linear. */
typedef struct plast__gradient {
    const plast__optimizer_kind *optimizer;
    const plast__step *step;
    const plast__kernels *kernels;
    int32_t dtype;
    plast__shape shape;
    double coef;
    double share;       /* of the optimizer's step that the group takes */
    const void *u, *v;  /* one sample's; unused when `matrix` holds the sum */
    const void *matrix; /* rows x ld, or NULL for one sample */
    int32_t given;      /* the matrix is sum u v^T, made elsewhere; else coef times that, made when it is applied */
    const plast__group *group;
    void *row;   /* one row of the gradient */
    void *delta; /* one row of the step */
} plast__gradient;

/* One attachment's site and its own memory. */
typedef struct plast__work {
    const plast__attachment *attachment;
    plast__site site;
} plast__work;

enum { PLAST__ROW_SUMS = 1, PLAST__COLUMN_SUMS = 2 };

typedef struct plast__pending {
    int32_t waits;
    int32_t work_count;
    plast__terms terms;
    plast__group *partner; /* takes the terms within `tied` too; NULL = none */
    plast__extent tied;
    plast__extent of_error; /* the terms that come from the error; those of the rules follow */
    plast__gradient gradient;
    plast__work *work;
    void *mirrored_u, *mirrored_v; /* of a group with a leader: room for the leader's rules' terms, one after another */
    int64_t batch;                 /* samples that there is room for */
    void *projection;              /* batch x pre ld, NULL when no rule needs it */
    void *row_sums, *column_sums;  /* of |weight|, post ld and pre ld; NULL when no rule at either end modulates */
    int32_t sums;                  /* which of them the forward pass takes online, from the rows that x meets */
    void *factor;                  /* by row */
    double factor_value;           /* what fills it; NaN = several values */
    void *tied_factor;             /* the partner's, where it takes less; NULL without a partner */
    double tied_factor_value;
    const void *tied_pass_factor; /* of the pass under way */
    void *increment;              /* one row of the rows' own increments, NULL when no source can be there */
    void *matrix;                 /* rows x ld, for minibatches through row sources; else NULL */
    void *ones;                   /* the number 1 for every row, beside `increment` */
} plast__pending;

/* Memory for the group's rules, and for an error that comes row by row (plast__optimizer_by_rows). Destroys itself on
 * failure. */
plast_status plast__pending_create(const plast__model *model, const plast__group *group, int by_rows, int64_t batch,
                                   plast__pending *p);
void plast__pending_destroy(plast_context *context, plast__pending *p);

/* A pass over the group's rows that applies what waits (`p` NULL = nothing can); the caller adds x, bias, z and a
 * projection, then sweeps blocks of rows in ascending order and clears `waits` after the last. */
plast__sweep plast__pending_pass(const plast__model *model, const plast__group *group, plast__pending *p);

/* One block, pass->first and pass->rows. */
void plast__pending_sweep(const plast__model *model, const plast__group *group, plast__pending *p, plast__sweep *pass);

/* Takes those of these sums that are wanted still, of the whole group as it is. Nothing may wait. */
void plast__pending_sum(const plast__model *model, const plast__group *group, plast__pending *p);

/* What the group's rules keep takes its step: the update is certain. */
void plast__pending_commit(const plast__pending *p);

/* All that waits is applied to the whole group; one sample's terms row by row, a minibatch's by matrix products. */
void plast__pending_apply(const plast__model *model, const plast__group *group, plast__pending *p);

#endif
