/* SPDX-License-Identifier: MIT
 *
 * What an optimizer is to the rest of the library: a row in the table of optimizers/optimizers.c. */
#ifndef PLAST_CORE_OPTIMIZER_H
#define PLAST_CORE_OPTIMIZER_H

#include "base/description.h"
#include "core/model.h"

#include <math.h>

/* Numbers of one update, worked out once for all weights; their meaning is the member's. */
typedef struct plast__step {
    double c[8];
} plast__step;

/* The gradient g (n elements, averaged over the minibatch) becomes `delta`, what the weights gain. */
typedef void plast__step_function(const plast__kernels *kernels, const plast__step *step, int64_t n, const void *g,
                                  void *const moment[PLAST__MOMENTS], void *delta);

typedef struct plast__optimizer_kind {
    plast__parameters parameters; /* first; its owner is the optimizer's name. The last are PLAST__SHARED_PARAMETERS */
    int32_t moments;
    /* delta = -rate g: the gradient stays a rank-one term unless it is shaped. NULL = not linear */
    double (*linear_rate)(const double *values);
    void (*begin)(const double *values, int64_t update, plast__step *step); /* update counts from 1 */
    plast__step_function *step;
    /* No |delta| is larger when no gradient since the start exceeded `gradient`; infinite when a moment could overflow
     * a type whose largest number is `largest`. */
    double (*bound)(const plast__step *step, double gradient, double largest);
    /* Share of itself that every weight (never a bias) loses at an update, decoupled from the gradient; NULL = none */
    double (*decay)(const double *values);
} plast__optimizer_kind;

struct plast_optimizer {
    plast__description description; /* its member is a plast__optimizer_kind */
};

/* Every optimizer ends its table with these: what is done to the gradient before it becomes a step. */
enum { PLAST__CLIP_NORM, PLAST__CLIP_VALUE, PLAST__MANHATTAN, PLAST__SHARED };

#define PLAST__SHARED_PARAMETERS                                                                                       \
    { "clip_norm",                                                                                                     \
      "1",                                                                                                             \
      "longest gradient of the whole network (Euclidean norm over weights and biases); 0 = any",                       \
      0.0,                                                                                                             \
      0.0,                                                                                                             \
      (double)INFINITY,                                                                                                \
      PLAST_PARAMETER_OPEN_MAXIMUM },                                                                                  \
        { "clip_value",                                                                                                \
          "1",                                                                                                         \
          "largest element of the gradient, others are cut to it; 0 = any",                                            \
          0.0,                                                                                                         \
          0.0,                                                                                                         \
          (double)INFINITY,                                                                                            \
          PLAST_PARAMETER_OPEN_MAXIMUM },                                                                              \
    {                                                                                                                  \
        "manhattan", "1", "1 = the sign of the (minibatch's) gradient stands in for it", 0.0, 0.0, 1.0,                \
            PLAST_PARAMETER_WHOLE                                                                                      \
    }

static inline double plast__shared(const plast__optimizer_kind *kind, const double *values, int32_t which)
{
    return values[kind->parameters.count - PLAST__SHARED + which];
}

/* What is done to each element of the gradient. */
typedef struct plast__shape {
    double clip; /* 0 = none */
    int sign;
} plast__shape;

static inline plast__shape plast__shape_of(const plast__optimizer_kind *kind, const double *values)
{
    return (plast__shape){ .clip = plast__shared(kind, values, PLAST__CLIP_VALUE),
                           .sign = plast__shared(kind, values, PLAST__MANHATTAN) != 0.0 };
}

/* Whether the step is formed row by row; else it is a rank-one term. */
static inline int plast__optimizer_by_rows(const plast__optimizer_kind *kind, const double *values)
{
    const plast__shape shape = plast__shape_of(kind, values);
    return kind->linear_rate == NULL || shape.clip > 0.0 || shape.sign;
}

#endif
