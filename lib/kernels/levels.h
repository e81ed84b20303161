/* SPDX-License-Identifier: MIT
 *
 * Every table that may be in the build. */
#ifndef PLAST_KERNELS_LEVELS_H
#define PLAST_KERNELS_LEVELS_H

#include "kernels.h"

extern const plast__kernels plast__kernels_f32_baseline, plast__kernels_f64_baseline;
extern const plast__kernels plast__kernels_f32_avx2, plast__kernels_f64_avx2;
extern const plast__kernels plast__kernels_f32_avx512, plast__kernels_f64_avx512;

#endif
