/* SPDX-License-Identifier: MIT
 *
 * Linear equations with a small symmetric positive definite matrix. */
#ifndef EXAMPLES_CHOLESKY_H
#define EXAMPLES_CHOLESKY_H

#include <stdint.h>

/* a (n x n, row-major; its lower triangle is read) becomes L with L L^T = a in its lower triangle. -1 when a pivot is
 * not larger than n times the rounding error of the largest diagonal entry. */
int cholesky_factor(double *a, int64_t n);
/* x becomes the solution of L L^T y = x. */
void cholesky_solve(const double *l, int64_t n, double *x);

#endif
