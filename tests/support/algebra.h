/* SPDX-License-Identifier: MIT
 *
 * Plain loops over dense row-major matrices of double. */
#ifndef TESTS_ALGEBRA_H
#define TESTS_ALGEBRA_H

#include <stdint.h>

/* W x */
void times(const double *w, int64_t rows, int64_t cols, const double *x, double *out);
/* x - W^T y */
void residual(const double *w, int64_t rows, int64_t cols, const double *x, const double *y, double *out);
/* |x|^2 */
double energy(int64_t n, const double *x);
/* A A^T, rows x rows */
void gram(const double *a, int64_t rows, int64_t cols, double *out);
/* A^T A, cols x cols */
void inner_gram(const double *a, int64_t rows, int64_t cols, double *out);
/* Frobenius norm of A - I, A of n x n */
double from_identity(const double *a, int64_t n);

/* n samples x_i = sqrt(n lambda_i) q_i of length n, q random and orthonormal: their mean x x^T is exactly
 * sum lambda_i q_i q_i^T. */
void make_spectrum(uint64_t seed, int64_t n, const double *lambda, double *q, double *x);

#endif
