/* SPDX-License-Identifier: MIT
 *
 * One trial: an arm's network is made, learns, and is measured on the way. */
#ifndef SELF_ASSEMBLY_TRIAL_H
#define SELF_ASSEMBLY_TRIAL_H

#include "../common/dataset.h"
#include "plan.h"

/* What a trial costs, in any unit. */
double trial_cost(const struct plan *plan, const struct trial *trial);

/* Fills in the rest of the trial. Divergence is a result, not a failure. */
plast_status trial_run(plast_context *context, const struct dataset *dataset, const struct plan *plan,
                       struct trial *trial);

#endif
