/* SPDX-License-Identifier: MIT
 *
 * Real-time recurrent learning (Williams & Zipser 1989): the sensitivities of all states to all parameters run forward
 * in time, over the whole network. */
#include "core/time.h"

static void plan(const double *values, plast__time *time)
{
    (void)values;
    time->path = PLAST__PATH_NONE; /* signals are those of the instant */
    time->tracing = 1;
    time->sensitivities = 1;
}

const plast__temporal_kind plast__temporal_rtrl = {
    .parameters = { "temporal scheme", "rtrl", NULL, 0 },
    .cells = PLAST__CELL_LEAKY | PLAST__CELL_GATED,
    .traces = 1,
    .sensitivities = 1,
    .plan = plan,
};
