/* SPDX-License-Identifier: MIT
 *
 * E-prop (Bellec et al. 2020), RFLO (Murray 2019), three-factor rule: no credit goes through the recurrent synapses. */
#include "core/time.h"

enum { SELF, TRACES };

static const plast__parameter parameters[] = {
    [SELF] = { "self", "1", "1 = the path of a unit onto itself through its own synapse counts", 0.0, 0.0, 1.0,
               PLAST_PARAMETER_WHOLE },
    [TRACES] = { "traces", "1", "1 = eligibility traces even where the backward form costs less", 0.0, 0.0, 1.0,
                 PLAST_PARAMETER_WHOLE },
};

static void plan(const double *values, plast__time *time)
{
    time->path = values[SELF] != 0.0 ? PLAST__PATH_SELF : PLAST__PATH_NONE;
    time->tracing = time->tracing || values[TRACES] != 0.0;
}

const plast__temporal_kind plast__temporal_eprop = {
    .parameters = { "temporal scheme", "eprop", parameters, 2 },
    .cells = PLAST__CELL_LEAKY | PLAST__CELL_GATED,
    .traces = 1,
    .plan = plan,
};
