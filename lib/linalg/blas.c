/* SPDX-License-Identifier: MIT */
#include "linalg/blas.h"

#include <cblas.h>
#include <math.h>

plast_status plast__blas_fits(plast_context *context, const char *what, int64_t size)
{
    if (size > INT32_MAX)
        return plast__fail(context, PLAST_E_RANGE, "%s is %lld, BLAS takes at most %d", what, (long long)size,
                           INT32_MAX);
    return PLAST_OK;
}

static CBLAS_TRANSPOSE turn(const plast__operand *o)
{
    return o->transposed ? CblasTrans : CblasNoTrans;
}

void plast__gemm(int32_t dtype, int64_t m, int64_t n, int64_t k, double alpha, plast__operand a, plast__operand b,
                 double beta, void *c, int64_t ldc)
{
    const int rows = (int)m, cols = (int)n, inner = (int)k;
    if (dtype == PLAST_F64)
        cblas_dgemm(CblasRowMajor, turn(&a), turn(&b), rows, cols, inner, alpha, a.data, (int)a.ld, b.data, (int)b.ld,
                    beta, c, (int)ldc);
    else
        cblas_sgemm(CblasRowMajor, turn(&a), turn(&b), rows, cols, inner, (float)alpha, a.data, (int)a.ld, b.data,
                    (int)b.ld, (float)beta, c, (int)ldc);
}

double plast__largest_entry(int64_t n, const double *x)
{
    const int64_t piece = INT64_C(1) << 30;
    double largest = 0.0;
    for (int64_t at = 0; at < n; at += piece) {
        const int count = (int)(n - at < piece ? n - at : piece);
        largest = fmax(largest, fabs(x[at + (int64_t)cblas_idamax(count, x + at, 1)]));
    }
    return largest;
}
