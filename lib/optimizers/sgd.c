/* SPDX-License-Identifier: MIT
 *
 * Stochastic gradient descent, W -= rate g. Being linear, it leaves the gradient a rank-one term. */
#include "core/optimizer.h"

#include <math.h>

static const plast__parameter parameters[] = {
    { "rate", "1", "learning rate", 0.0, 0.0, (double)INFINITY,
      PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    PLAST__SHARED_PARAMETERS,
};

static double linear_rate(const double *values)
{
    return values[0];
}

static void begin(const double *values, int64_t update, plast__step *step)
{
    (void)update;
    step->c[0] = values[0];
}

static void step_weights(const plast__kernels *kernels, const plast__step *step, int64_t n, const void *g,
                         void *const moment[PLAST__MOMENTS], void *delta)
{
    (void)moment;
    kernels->scale(n, -step->c[0], g, delta);
}

static double bound(const plast__step *step, double gradient, double largest)
{
    return step->c[0] < largest ? step->c[0] * gradient : (double)INFINITY;
}

const plast__optimizer_kind plast__optimizer_sgd = {
    .parameters = { "optimizer", "sgd", parameters, sizeof parameters / sizeof parameters[0] },
    .linear_rate = linear_rate,
    .begin = begin,
    .step = step_weights,
    .bound = bound,
};
