/* SPDX-License-Identifier: MIT
 *
 * Second derivatives of the activations, for gradients that go through slopes. */
#ifndef PLAST_CORE_CURVATURE_H
#define PLAST_CORE_CURVATURE_H

#include "kernels/kernels.h"

/* out = f''(z) of n units, of any activation but PLAST_SOFTMAX; 0 at a kink. `f64` is the table of doubles, `work`
 * holds 2 n numbers. */
void plast__curvature(const plast__kernels *f64, int32_t activation, double param, int64_t n, const double *z,
                      double *work, double *out);

#endif
