/* SPDX-License-Identifier: MIT
 *
 * One trial, after the public example code of Engelken 2023 (arXiv:2312.17306): x' = J tanh(x) + b + w s with 80 units,
 * J ~ N(0, 1/80), w ~ N(0, 1), b uniform in [0, 0.1), an initial state that learns, and one logistic output that
 * reads x with weights ~ N(0, 1). Backpropagation through all steps of a batch of 16 fresh sequences, Adam of rate
 * 1e-3; flossing by an Adam of its own. In double precision.
 *
 * Two things differ from that code. There each gradient array is clipped to a norm of 0.03 of its own, here the whole
 * gradient is. There the initial state is drawn and is one for each sequence of the batch, here it starts at 0 and is
 * one for all. */
#ifndef FLOSSING_TRIAL_H
#define FLOSSING_TRIAL_H

#include "plan.h"

#include <plasticity/plasticity.h>

/* How long it takes, in any unit. */
double trial_cost(const struct plan *plan, const struct trial *trial);

/* Fills in the rest of the trial. One that diverges is no failure. */
plast_status trial_run(plast_context *context, const struct plan *plan, struct trial *trial);

#endif
