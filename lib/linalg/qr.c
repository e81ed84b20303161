/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "linalg/blas.h"

#include <lapacke.h>

/* LAPACKE's work forms: the plain ones would call malloc behind the host's allocator. */
static int factorise(int n, int k, double *q, double *tau, double *work, int length)
{
    int info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, n, k, q, n, tau, work, length);
    if (info != 0)
        return info;
    for (int j = 0; j < k; j++)
        work[j] = q[(int64_t)j * n + j] < 0.0 ? -1.0 : 1.0;
    double *sign = work, *rest = work + k;
    info = LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, n, k, k, q, n, tau, rest, length - k);
    for (int j = 0; j < k; j++)
        for (int i = 0; i < n; i++)
            q[(int64_t)j * n + i] *= sign[j];
    return info;
}

plast_status plast__orthonormalise(plast_context *context, int64_t n, int64_t k, double *q)
{
    plast_status status = plast__blas_fits(context, "rows of a matrix to orthonormalise", n);
    if (status != PLAST_OK)
        return status;
    const int64_t length = 64 * k + k; /* blocks of up to 64 columns, and the signs */
    double *tau = plast__allocate(context, k, sizeof *tau);
    double *work = plast__allocate(context, length, sizeof *work);
    if (tau == NULL || work == NULL) {
        status = plast__no_memory(context, "a QR factorisation");
    } else if (length > INT32_MAX || factorise((int)n, (int)k, q, tau, work, (int)length) != 0) {
        status = plast__fail(context, PLAST_E_LAPACK, "QR factorisation of a %lld x %lld matrix failed", (long long)n,
                             (long long)k);
    }
    plast__release(context, work);
    plast__release(context, tau);
    return status;
}
