/* SPDX-License-Identifier: MIT
 *
 * What the numbers say, in sentences. */
#ifndef OJA_DEPTH_FINDINGS_H
#define OJA_DEPTH_FINDINGS_H

#include "plan.h"

/* To standard output: where Oja's rule helps, and as plainly where it does not. */
void findings_print(const struct plan *plan);

#endif
