/* SPDX-License-Identifier: MIT
 *
 * One trial: a network is made, learns minibatch after minibatch, and is measured on the way. */
#ifndef CREDIT_RACE_TRIAL_H
#define CREDIT_RACE_TRIAL_H

#include "../common/dataset.h"
#include "plan.h"

#include <plasticity/plasticity.h>

struct task {
    const struct plan *plan;
    struct dataset data;
    int32_t *order;        /* seeds x samples, rows of data.train */
    int32_t *tuning_order; /* tuning samples, of the training images that are not held back */
};

/* The data set must have as many images as the plan needs. */
int task_load(const char *folder, const struct plan *plan, struct task *task, struct message *message);
void task_free(struct task *task);

/* Roughly how long it takes, in any unit. */
double trial_cost(const struct task *task, const struct trial *trial);

/* Fills in what the trial measures. Divergence is a result, not a failure. */
plast_status trial_run(plast_context *context, const struct task *task, struct trial *trial);

#endif
