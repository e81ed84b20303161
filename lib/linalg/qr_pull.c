/* SPDX-License-Identifier: MIT
 *
 * Pullback of the thin QR factorisation (Seeger et al., Auto-Differentiating Linear Algebra, arXiv:1710.08717):
 *
 *     M = R Rb^T - Qb^T Q,  Ms = its lower triangle mirrored,  Ab = (Qb + Q Ms) R^-T
 *
 * It holds whatever the signs of R's diagonal, and ties among the R_jj do no harm: only a singular R does. */
#include "linalg/qr.h"

#include <cblas.h>

/* Of one column: Ab = (Qb + q (r rb - Qb . q)) / r */
static void pull_one(int n, const double *q, double r, double r_bar, double *a_bar)
{
    const double along = r * r_bar - cblas_ddot(n, a_bar, 1, q, 1);
    cblas_daxpy(n, along, q, 1, a_bar, 1);
    for (int i = 0; i < n; i++)
        a_bar[i] /= r;
}

void plast__qr_pull(const plast__qr *qr, const double *q, const double *r, const double *r_bar, double *a_bar)
{
    const int n = qr->n, k = qr->k;
    double *m = qr->other;
    if (k == 1) {
        pull_one(n, q, r[0], r_bar[0], a_bar);
        return;
    }
    for (int64_t j = 0; j < k; j++) /* Rb^T, a lower triangle */
        for (int64_t i = 0; i < k; i++)
            m[j * k + i] = i >= j ? r_bar[i * k + j] : 0.0;
    cblas_dtrmm(CblasColMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, k, k, 1.0, r, k, m, k);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, k, k, n, -1.0, a_bar, n, q, n, 1.0, m, k);
    for (int64_t j = 0; j < k; j++)
        for (int64_t i = j + 1; i < k; i++)
            m[i * k + j] = m[j * k + i];
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, k, k, 1.0, q, n, m, k, 1.0, a_bar, n);
    cblas_dtrsm(CblasColMajor, CblasRight, CblasUpper, CblasTrans, CblasNonUnit, n, k, 1.0, r, k, a_bar, n);
}
