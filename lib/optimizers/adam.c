/* SPDX-License-Identifier: MIT
 *
 * Adam (Kingma & Ba 2015, algorithm 1), and AdamW, which lets weights decay beside it (Loshchilov & Hutter 2019). */
#include "core/optimizer.h"

#include <math.h>

enum { RATE, BETA1, BETA2, EPSILON, DECAY };     /* parameters; but for the last, places in a step too */
enum { CORRECTION1 = EPSILON + 1, CORRECTION2 }; /* further places in a step */

#define ADAM_PARAMETERS                                                                                                \
    [RATE] = { "rate",                                                                                                 \
               "1",                                                                                                    \
               "learning rate",                                                                                        \
               0.0,                                                                                                    \
               0.0,                                                                                                    \
               (double)INFINITY,                                                                                       \
               PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },                                              \
    [BETA1] = { "beta1",                                                                                               \
                "1/update",                                                                                            \
                "share of the first moment that is kept",                                                              \
                0.9,                                                                                                   \
                0.0,                                                                                                   \
                1.0,                                                                                                   \
                PLAST_PARAMETER_OPEN_MAXIMUM },                                                                        \
    [BETA2] = { "beta2",                                                                                               \
                "1/update",                                                                                            \
                "share of the second moment that is kept",                                                             \
                0.999,                                                                                                 \
                0.0,                                                                                                   \
                1.0,                                                                                                   \
                PLAST_PARAMETER_OPEN_MAXIMUM },                                                                        \
    [EPSILON] = { "epsilon",                                                                                           \
                  "1",                                                                                                 \
                  "added to the root of the second moment",                                                            \
                  1e-8,                                                                                                \
                  0.0,                                                                                                 \
                  (double)INFINITY,                                                                                    \
                  PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM }

static const plast__parameter of_adam[] = { ADAM_PARAMETERS, PLAST__SHARED_PARAMETERS };

static const plast__parameter of_adamw[] = {
    ADAM_PARAMETERS,
    [DECAY] = { "decay", "1", "times rate: share of itself that a weight loses at an update", 0.01, 0.0,
                (double)INFINITY, PLAST_PARAMETER_OPEN_MAXIMUM },
    PLAST__SHARED_PARAMETERS,
};

static void begin(const double *values, int64_t update, plast__step *step)
{
    for (int i = RATE; i <= EPSILON; i++)
        step->c[i] = values[i];
    step->c[CORRECTION1] = 1.0 / (1.0 - pow(values[BETA1], (double)update));
    step->c[CORRECTION2] = 1.0 / (1.0 - pow(values[BETA2], (double)update));
}

static void step_weights(const plast__kernels *kernels, const plast__step *step, int64_t n, const void *g,
                         void *const moment[PLAST__MOMENTS], void *delta)
{
    const plast__adam adam = { .rate = step->c[RATE],
                               .beta1 = step->c[BETA1],
                               .beta2 = step->c[BETA2],
                               .epsilon = step->c[EPSILON],
                               .correction1 = step->c[CORRECTION1],
                               .correction2 = step->c[CORRECTION2] };
    kernels->adam(n, &adam, g, moment[0], moment[1], delta);
}

/* The first moment is at most the largest gradient, whatever beta1 was meanwhile; the denominator is at least epsilon,
 * which must not vanish in the number type. The numerator is formed first, so it must not overflow either. */
static double bound(const plast__step *step, double gradient, double largest)
{
    const double rate = step->c[RATE], epsilon = step->c[EPSILON];
    if (!(gradient < sqrt(largest) / 2.0 && rate < largest && epsilon * largest >= 1.0))
        return (double)INFINITY;
    return rate * step->c[CORRECTION1] * gradient / fmin(epsilon, 1.0);
}

static double decay(const double *values)
{
    return values[RATE] * values[DECAY];
}

const plast__optimizer_kind plast__optimizer_adam = {
    .parameters = { "optimizer", "adam", of_adam, sizeof of_adam / sizeof of_adam[0] },
    .moments = 2,
    .begin = begin,
    .step = step_weights,
    .bound = bound,
};

const plast__optimizer_kind plast__optimizer_adamw = {
    .parameters = { "optimizer", "adamw", of_adamw, sizeof of_adamw / sizeof of_adamw[0] },
    .moments = 2,
    .begin = begin,
    .step = step_weights,
    .bound = bound,
    .decay = decay,
};
