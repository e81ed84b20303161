/* SPDX-License-Identifier: MIT
 *
 * Momentum: the heavy ball (Polyak 1964), and Nesterov's in the form of Sutskever et al. 2013, whose weights are the
 * point that is looked ahead to. */
#include "core/optimizer.h"

#include <math.h>

enum { RATE, MU };               /* parameters and places in a step */
enum { AHEAD = MU + 1, UPDATE }; /* further places in a step */

static const plast__parameter parameters[] = {
    [RATE] = { "rate", "1", "learning rate", 0.0, 0.0, (double)INFINITY,
               PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [MU] = { "mu", "1/update", "share of the moment that is kept", 0.9, 0.0, 1.0, PLAST_PARAMETER_OPEN_MAXIMUM },
    PLAST__SHARED_PARAMETERS,
};

static void begin(const double *values, int64_t update, plast__step *step)
{
    step->c[RATE] = values[RATE];
    step->c[MU] = values[MU];
    step->c[AHEAD] = 0.0;
    step->c[UPDATE] = (double)update;
}

static void begin_ahead(const double *values, int64_t update, plast__step *step)
{
    begin(values, update, step);
    step->c[AHEAD] = 1.0;
}

static void step_weights(const plast__kernels *kernels, const plast__step *step, int64_t n, const void *g,
                         void *const moment[PLAST__MOMENTS], void *delta)
{
    const int ahead = step->c[AHEAD] != 0.0;
    const plast__momentum momentum = { .rate = step->c[RATE],
                                       .mu = step->c[MU],
                                       .of_gradient = ahead ? 1.0 : 0.0,
                                       .of_moment = ahead ? step->c[MU] : 1.0 };
    kernels->momentum(n, &momentum, g, moment[0], delta);
}

/* After t updates the moment is at most t times the largest gradient, whatever mu, below 1, was meanwhile: gradient /
 * (1 - mu) holds only where mu was never larger. Looking ahead adds one gradient more. Rounding may enlarge a sum of t
 * numbers by (1 + u)^t, until at t = 1 / u nothing more is added: hence the 4. */
static double bound(const plast__step *step, double gradient, double largest)
{
    const double rate = step->c[RATE], most = 4.0 * (step->c[UPDATE] + step->c[AHEAD]) * gradient;
    return rate < largest && most < largest ? rate * most : (double)INFINITY;
}

const plast__optimizer_kind plast__optimizer_momentum = {
    .parameters = { "optimizer", "momentum", parameters, sizeof parameters / sizeof parameters[0] },
    .moments = 1,
    .begin = begin,
    .step = step_weights,
    .bound = bound,
};

const plast__optimizer_kind plast__optimizer_nesterov = {
    .parameters = { "optimizer", "nesterov", parameters, sizeof parameters / sizeof parameters[0] },
    .moments = 1,
    .begin = begin_ahead,
    .step = step_weights,
    .bound = bound,
};
