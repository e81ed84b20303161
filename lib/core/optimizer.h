/* SPDX-License-Identifier: MIT
 *
 * What an optimizer is to the rest of the library: a row in the table of optimizers/optimizers.c. */
#ifndef PLAST_CORE_OPTIMIZER_H
#define PLAST_CORE_OPTIMIZER_H

#include "base/description.h"
#include "core/model.h"

/* Numbers of one update, worked out once for all weights; their meaning is the member's. */
typedef struct plast__step {
    double c[6];
} plast__step;

/* The gradient g (n elements, averaged over the minibatch) becomes `delta`, what the weights gain. */
typedef void plast__step_function(const plast__kernels *kernels, const plast__step *step, int64_t n, const void *g,
                                  void *const moment[PLAST__MOMENTS], void *delta);

/* Either `linear_rate` (delta = -rate g: the gradient stays a rank-one term) or begin, step and bound. */
typedef struct plast__optimizer_kind {
    plast__parameters parameters; /* first; its owner is the optimizer's name */
    int32_t moments;
    double (*linear_rate)(const double *values);
    void (*begin)(const double *values, int64_t update, plast__step *step); /* update counts from 1 */
    plast__step_function *step;
    /* No |delta| is larger when no gradient since the start exceeded `gradient`; infinite when a moment could overflow
     * a type whose largest number is `largest`. */
    double (*bound)(const plast__step *step, double gradient, double largest);
} plast__optimizer_kind;

struct plast_optimizer {
    plast__description description; /* its member is a plast__optimizer_kind */
};

#endif
