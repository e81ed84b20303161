/* SPDX-License-Identifier: MIT
 *
 * One trial: h_t = tanh(W h_(t-1) + U u_t) without biases, 50 units, u uniform in (-1, 1). W learns online by Oja's
 * rule alone, and the memory of the network is measured with four W. In double precision: without noise much of what
 * is remembered is small. */
#ifndef RECURRENT_MEMORY_TRIAL_H
#define RECURRENT_MEMORY_TRIAL_H

#include "plan.h"

#include <plasticity/plasticity.h>

/* Fills in the rest of the trial. */
plast_status trial_run(plast_context *context, const struct course *course, struct trial *trial);

#endif
