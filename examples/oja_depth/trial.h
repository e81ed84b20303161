/* SPDX-License-Identifier: MIT
 *
 * One trial: a network is made, learns image after image, and is measured on the way. */
#ifndef OJA_DEPTH_TRIAL_H
#define OJA_DEPTH_TRIAL_H

#include "plan.h"

#include "../common/dataset.h"

#include <plasticity/plasticity.h>

/* Images and, for each seed, the order in which they come. */
struct task {
    struct dataset data;
    int64_t tested; /* the first so many test images */
    int32_t *order; /* seeds x samples, rows of data.train */
    int64_t samples;
};

int task_load(const char *folder, int64_t tested, int seeds, int64_t samples, struct task *task,
              struct message *message);
void task_free(struct task *task);

/* Weights in such a network: what a sample costs. */
double trial_weights(const struct task *task, int depth);

/* Runs trial->samples samples; fills in the rest of the trial. Divergence is a result, not a failure. */
plast_status trial_run(plast_context *context, const struct task *task, const struct plan *plan, struct trial *trial);

#endif
