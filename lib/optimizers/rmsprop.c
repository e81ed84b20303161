/* SPDX-License-Identifier: MIT
 *
 * RMSProp (Tieleman & Hinton 2012, lecture 6.5 of "Neural networks for machine learning"), epsilon outside the root. */
#include "core/optimizer.h"

#include <math.h>

enum { RATE, ALPHA, EPSILON }; /* parameters and places in a step */

static const plast__parameter parameters[] = {
    [RATE] = { "rate", "1", "learning rate", 0.0, 0.0, (double)INFINITY,
               PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [ALPHA] = { "alpha", "1/update", "share of the mean square that is kept", 0.99, 0.0, 1.0,
                PLAST_PARAMETER_OPEN_MAXIMUM },
    [EPSILON] = { "epsilon", "1", "added to the root of the mean square", 1e-8, 0.0, (double)INFINITY,
                  PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM },
    PLAST__SHARED_PARAMETERS,
};

static void begin(const double *values, int64_t update, plast__step *step)
{
    (void)update;
    for (int i = RATE; i <= EPSILON; i++)
        step->c[i] = values[i];
}

static void step_weights(const plast__kernels *kernels, const plast__step *step, int64_t n, const void *g,
                         void *const moment[PLAST__MOMENTS], void *delta)
{
    const plast__rmsprop rmsprop = { .rate = step->c[RATE], .alpha = step->c[ALPHA], .epsilon = step->c[EPSILON] };
    kernels->rmsprop(n, &rmsprop, g, moment[0], delta);
}

/* The mean square is at most the largest square, whatever alpha was meanwhile; the denominator is at least epsilon,
 * which must not vanish in the number type, as the square of a small gradient does. The numerator is formed first, so
 * it must not overflow either. */
static double bound(const plast__step *step, double gradient, double largest)
{
    const double rate = step->c[RATE], epsilon = step->c[EPSILON];
    if (!(gradient < sqrt(largest) / 2.0 && rate < largest && epsilon * largest >= 1.0))
        return (double)INFINITY;
    return rate * gradient / fmin(epsilon, 1.0);
}

const plast__optimizer_kind plast__optimizer_rmsprop = {
    .parameters = { "optimizer", "rmsprop", parameters, sizeof parameters / sizeof parameters[0] },
    .moments = 1,
    .begin = begin,
    .step = step_weights,
    .bound = bound,
};
