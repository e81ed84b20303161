/* SPDX-License-Identifier: MIT
 *
 * From signals to terms, and the check that makes an update atomic. */
#ifndef PLAST_CORE_EMIT_H
#define PLAST_CORE_EMIT_H

#include "core/activity.h"
#include "core/pending.h"

/* The error of one update: how its gradient becomes a step. `optimizer` NULL = no sample carried a loss. */
typedef struct plast__error {
    const plast__optimizer_kind *optimizer;
    const double *values;
    const plast__step *step;
    double coef;             /* 1 / number of samples that carried a loss, less where the gradient is clipped by norm */
    double largest_gradient; /* in: since the start; out: this update's included */
} plast__error;

/* What drives a group that a feedback scheme teaches. As its gradient does: factor * sum u v^T, averaged over samples
 * as the error is. Besides, whether there is an error or not: `mirrored` terms. */
typedef struct plast__drive {
    const void *u, *v; /* samples x the row's and the column's ld */
    double factor;
    double share; /* of the optimizer's step */
    double decay; /* with every error */
    double mirrored_shrink;
    int32_t mirrored_ranks;
    plast__rank mirrored[PLAST__RANKS];
    const void *matrix;     /* rows x ld: that sum itself, when it is known; NULL = of u and v */
    int32_t tied;           /* plast__emit_drive: the group's partner takes all of it too */
    plast__activity *known; /* whose errors u are; NULL = not a population's */
} plast__drive;

/* The gradient of a group of a layer. */
plast__drive plast__gradient_of(const plast__model *model, const plast__group *group, const plast__activities *a);

/* What the group shows to the rule `rule` of those at work on it. */
plast__site *plast__site_of(const plast__model *model, const plast__group *group, const plast__activities *a,
                            plast__pending *p, int32_t rule);

/* Length of the gradient, a sum over samples, as modulated, over the weights of the first `groups` groups and the
 * biases of the first `populations`, without what is frozen or masked. `work` holds a row of the widest population.
 * Infinite or NaN when a square is beyond the type. */
double plast__gradient_norm(const plast__model *model, int32_t populations, int32_t groups, const plast__activities *a,
                            void *work);

/* Fills the group's terms (nothing else changes). PLAST_E_NOT_FINITE when one is not finite, or the update could
 * overflow. */
plast_status plast__emit(plast_context *context, const plast__model *model, plast__group *group,
                         const plast__activities *a, plast__error *error, plast__pending *p);

/* Terms of a group that a feedback scheme teaches. */
plast_status plast__emit_drive(plast_context *context, const plast__model *model, plast__group *group, int64_t samples,
                               const plast__drive *drive, plast__error *error, plast__pending *p);

/* The same check for the bias of a population. */
plast_status plast__check_bias(plast_context *context, const plast__model *model, int32_t population,
                               const plast__activities *a, plast__error *error);

/* The population's bias takes its step; `work` holds two rows of its length. */
void plast__step_bias(const plast__model *model, int32_t population, const plast__activities *a,
                      const plast__error *error, void *work);

#endif
