/* SPDX-License-Identifier: MIT
 *
 * Eigenvalues and singular values through LAPACK, column-major. Sizes were checked by plast__blas_fits, all entries
 * are finite, and the matrix at `a` is lost. Failures: PLAST_E_NOMEM, and PLAST_E_LAPACK without convergence. */
#ifndef PLAST_LINALG_SPECTRA_H
#define PLAST_LINALG_SPECTRA_H

#include "base/context.h"

/* Of the symmetric n x n matrix at `a`, ascending. */
plast_status plast__symmetric_eigenvalues(plast_context *context, int64_t n, double *a, double *values);

/* Of any n x n matrix: real and imaginary parts, in no order. */
plast_status plast__eigenvalues(plast_context *context, int64_t n, double *a, double *re, double *im);

/* The same in `length` numbers of work memory, as many as plast__eigenvalues_length asks for: nothing is allocated. */
plast_status plast__eigenvalues_with(plast_context *context, int64_t n, double *a, double *re, double *im, double *work,
                                     int64_t length);
int64_t plast__eigenvalues_length(int64_t n);

/* min(rows, cols) of them, descending. */
plast_status plast__singular_values(plast_context *context, int64_t rows, int64_t cols, double *a, double *values);

/* Replaces the rows x cols matrix at `a` by the nearest one of this rank, 1 to min(rows, cols), times what gives it
 * back its Frobenius norm. Zero stays zero. */
plast_status plast__cut_rank(plast_context *context, int64_t rows, int64_t cols, int64_t rank, double *a);

#endif
