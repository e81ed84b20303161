/* SPDX-License-Identifier: MIT
 *
 * Stochastic gradient descent, W -= rate g. Being linear, it leaves the gradient a rank-one term. */
#include "core/optimizer.h"

#include <math.h>

static const plast__parameter parameters[] = {
    { "rate", "1", "learning rate", 0.0, 0.0, (double)INFINITY,
      PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
};

static double linear_rate(const double *values)
{
    return values[0];
}

const plast__optimizer_kind plast__optimizer_sgd = {
    .parameters = { "optimizer", "sgd", parameters, 1 },
    .linear_rate = linear_rate,
};
