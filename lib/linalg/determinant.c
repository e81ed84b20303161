/* SPDX-License-Identifier: MIT */
#include "linalg/determinant.h"

#include <lapacke.h>
#include <math.h>

double plast__log_determinant(int64_t n, double *a, int32_t *pivots)
{
    double sum = 0.0;
    if (LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, (int)n, (int)n, a, (int)n, pivots) != 0)
        return -(double)INFINITY;
    for (int64_t i = 0; i < n; i++)
        sum += log(fabs(a[i * n + i]));
    return sum;
}
