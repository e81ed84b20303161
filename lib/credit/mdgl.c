/* SPDX-License-Identifier: MIT
 *
 * MDGL (Liu et al. 2021): e-prop, and credit through one recurrent synapse, of weights averaged over cell types. */
#include "core/time.h"

static void plan(const double *values, plast__time *time)
{
    (void)values;
    time->path = PLAST__PATH_ONE_STEP;
}

const plast__temporal_kind plast__temporal_mdgl = {
    .parameters = { "temporal scheme", "mdgl", NULL, 0 },
    .cells = PLAST__CELL_LEAKY,
    .plan = plan,
};
