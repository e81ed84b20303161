/* SPDX-License-Identifier: MIT */
#ifndef PLAST_LINALG_DETERMINANT_H
#define PLAST_LINALG_DETERMINANT_H

#include <stdint.h>

/* ln |det A| of the n x n matrix at `a`, which is lost; -INFINITY when it is 0. `pivots` has room for n. */
double plast__log_determinant(int64_t n, double *a, int32_t *pivots);

#endif
