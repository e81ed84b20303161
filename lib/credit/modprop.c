/* SPDX-License-Identifier: MIT
 *
 * ModProp (Liu et al. 2022): credit goes back through the recurrent synapses by a filter that does not change with the
 * activity: weights averaged over cell types, and one slope for all. What is local keeps its true slope. */
#include "core/time.h"

#include <math.h>

enum { MU, UNSTABLE };

static const plast__parameter parameters[] = {
    [MU] = { "mu", "1", "the slope that stands for all others on the way through recurrent synapses", 0.25, 0.0,
             (double)INFINITY, PLAST_PARAMETER_OPEN_MAXIMUM },
    [UNSTABLE] = { "unstable", "1", "1 = learns even where the filter's spectral radius is 1 or more", 0.0, 0.0, 1.0,
                   PLAST_PARAMETER_WHOLE },
};

static void plan(const double *values, plast__time *time)
{
    time->path = PLAST__PATH_AVERAGED;
    time->mu = values[MU];
    time->unstable = values[UNSTABLE] != 0.0;
}

const plast__temporal_kind plast__temporal_modprop = {
    .parameters = { "temporal scheme", "modprop", parameters, 2 },
    .cells = PLAST__CELL_LEAKY,
    .plan = plan,
};
