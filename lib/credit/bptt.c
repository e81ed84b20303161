/* SPDX-License-Identifier: MIT
 *
 * Backpropagation through time, exact or truncated: after so many steps, counted from the last, nothing goes back. */
#include "core/time.h"

#include <math.h>

enum { TRUNCATION };

static const plast__parameter parameters[] = {
    [TRUNCATION] = { "truncation", "steps", "most steps that credit goes back together; 0 = all", 0.0, 0.0,
                     (double)INT32_MAX, PLAST_PARAMETER_WHOLE },
};

static void plan(const double *values, plast__time *time)
{
    time->path = PLAST__PATH_EXACT;
    time->truncation = (int64_t)values[TRUNCATION];
}

const plast__temporal_kind plast__temporal_bptt = {
    .parameters = { "temporal scheme", "bptt", parameters, 1 },
    .cells = PLAST__CELL_LEAKY | PLAST__CELL_GATED,
    .plan = plan,
};
