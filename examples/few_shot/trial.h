/* SPDX-License-Identifier: MIT
 *
 * One episode, one long run: a network is made, learns image after image, and is measured. Divergence is a result, not
 * a failure. */
#ifndef FEW_SHOT_TRIAL_H
#define FEW_SHOT_TRIAL_H

#include "plan.h"

/* The classes, the images, the forward and the feedback weights follow from the seed. Only the accuracy is measured
 * unless `all`. */
plast_status trial_episode(plast_context *context, const struct task *task, const struct recipe *recipe, uint64_t seed,
                           bool all, struct result *result);

/* All ten classes. Fills in one result for each of the plan's checkpoints. */
plast_status trial_long_run(plast_context *context, const struct task *task, const struct recipe *recipe, uint64_t seed,
                            const struct plan *plan, struct result *results);

#endif
