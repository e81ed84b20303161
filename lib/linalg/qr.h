/* SPDX-License-Identifier: MIT
 *
 * Thin QR factorisations A = Q R of frames: n x k, n >= k, columns contiguous. R has a positive diagonal (zero where a
 * column depends on those before it), so that Q is a smooth function of A. Nothing is ever NaN unless A is.
 *
 * Cholesky QR: R^T R = A^T A, Q = A R^-1, all of it matrix products. One pass leaves column j orthonormal to about
 * k eps / c_j^2, where c_j = R_jj / |a_j|; a second pass, to rounding. Of frames that follow a system it is the last
 * columns that lean on those before, so the second pass begins at the first column that needs it. Where a c_j is too
 * small for that, or A^T A is not positive definite, Householder's reflections do the work. */
#ifndef PLAST_LINALG_QR_H
#define PLAST_LINALG_QR_H

#include "base/context.h"

typedef struct plast__qr {
    plast_context *context;
    int n, k;
    int work_length;
    int waiting, patience; /* factorisations to come without trying Cholesky; and after its next failure */
    double *norms;         /* |a_j| of the last A */
    double *r;             /* of the last A: upper triangle, k x k by columns; below it there is anything */
    double *other;         /* a further k x k, of the second pass and the pullback */
    double *tau, *signs, *work;
} plast__qr;

/* Allocates all that the others need. PLAST_E_NOMEM, PLAST_E_RANGE. On failure there is nothing to free. */
plast_status plast__qr_create(plast_context *context, int64_t n, int64_t k, plast__qr *qr);
void plast__qr_free(plast__qr *qr);

/* Replace A by Q. 1, or 0 when A or R is not finite: then Q and R are good for nothing. */
int plast__qr_householder(plast__qr *qr, double *a);
/* The fastest way that leaves |Q^T Q - I| below `slack` (0: rounding), as far as R's diagonal tells. Q R = A to rounding
 * in any case. */
int plast__qr_factor(plast__qr *qr, double *a, double slack);

/* The pullback: a_bar (n x k) holds dLoss/dQ and becomes dLoss/dA. r_bar is dLoss/dR, k x k; of it and of r the upper
 * triangles are read. Q R = A, with either signs on R's diagonal, none of it 0; `qr` lends its work memory alone. */
void plast__qr_pull(const plast__qr *qr, const double *q, const double *r, const double *r_bar, double *a_bar);

#endif
