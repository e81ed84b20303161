/* SPDX-License-Identifier: MIT
 *
 * One trial: a recurrent network is made, learns new trials of its task at every iteration, and is measured on the way.
 * After the public code of Liu et al. 2024 (arXiv:2310.08513): h_t = relu(W h_(t-1) + U x_t), no biases, softmax on
 * V h_t, eight steps, W of g N(0, 1) / sqrt(N), U and V uniform within 1 / sqrt(fan-in), batch 32, momentum .9, rate
 * .003; here with N = 100. All trials of a seed have the same weights, but for g, and the same sequences. */
#ifndef INITIAL_CONNECTIVITY_TRIAL_H
#define INITIAL_CONNECTIVITY_TRIAL_H

#include "plan.h"

#include <plasticity/plasticity.h>

/* What a trial costs, in any unit. */
double trial_cost(const struct plan *plan, const struct trial *trial);

/* Fills in the rest of the trial. Divergence is a result, not a failure. */
plast_status trial_run(plast_context *context, const struct plan *plan, struct trial *trial);

#endif
