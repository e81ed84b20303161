/* SPDX-License-Identifier: MIT
 *
 * The answer: how much comes from the factors' distribution, how much from the rates that they amount to. */
#ifndef GRAPES_CURVES_FINDINGS_H
#define GRAPES_CURVES_FINDINGS_H

#include "plan.h"

void findings_print(const struct plan *plan);

#endif
