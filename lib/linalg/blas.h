/* SPDX-License-Identifier: MIT
 *
 * Dense products and factorisations; the only callers of CBLAS and LAPACKE are the files of this folder. */
#ifndef PLAST_LINALG_BLAS_H
#define PLAST_LINALG_BLAS_H

#include "base/context.h"

/* A row-major operand, transposed or not. */
typedef struct plast__operand {
    const void *data;
    int64_t ld;
    int32_t transposed;
} plast__operand;

/* C (m x n) = alpha op(A) op(B) + beta C, inner length k; dtype f32 or f64. Sizes were checked by plast__blas_fits. */
void plast__gemm(int32_t dtype, int64_t m, int64_t n, int64_t k, double alpha, plast__operand a, plast__operand b,
                 double beta, void *c, int64_t ldc);

/* BLAS counts in 32 bits: fails with PLAST_E_RANGE when a size does not fit. */
plast_status plast__blas_fits(plast_context *context, const char *what, int64_t size);

/* Largest |entry| of n numbers, counted in pieces that BLAS can count. NaN may go unseen. */
double plast__largest_entry(int64_t n, const double *x);

/* Replaces the n x k matrix at q (column-major, n >= k > 0) by the orthonormal factor of its QR factorisation, signs
 * chosen so that R has a positive diagonal. */
plast_status plast__orthonormalise(plast_context *context, int64_t n, int64_t k, double *q);

#endif
