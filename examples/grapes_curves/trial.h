/* SPDX-License-Identifier: MIT
 *
 * A network is made, learns epoch after epoch, and is measured. */
#ifndef GRAPES_CURVES_TRIAL_H
#define GRAPES_CURVES_TRIAL_H

#include "../common/dataset.h"
#include "plan.h"

#include <plasticity/plasticity.h>

struct task {
    const struct plan *plan;
    struct dataset data;
    int32_t *orders; /* (SCAN_SEEDS + seeds) x epochs x learned: the scan's come first */
};

/* The data set must have as many images as the plan needs. */
int task_load(const char *folder, const struct plan *plan, struct task *task, struct message *message);
void task_free(struct task *task);

/* Roughly how long an epoch takes, in any unit. */
double trial_cost(const struct cell *cell);

/* Fills in the scan of the cell. Divergence is a result, not a failure. */
plast_status trial_scan(plast_context *context, const struct task *task, struct cell *cell);
/* Fills in the run of a seed, at the best rate of the scan. */
plast_status trial_run(plast_context *context, const struct task *task, const struct cell *cell, int seed);

#endif
