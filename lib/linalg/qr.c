/* SPDX-License-Identifier: MIT */
#include "linalg/qr.h"

#include "base/memory.h"
#include "linalg/blas.h"

#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

/* LAPACKE's work forms throughout: the plain ones would call malloc behind the host's allocator. */

static const double WORST = 1e-2;                 /* departure from orthonormality that a second pass still repairs */
static const double SMALL = 1e-140;               /* entries of R whose squares are far from underflow */
static const double LEAST = 1e-100, MOST = 1e100; /* numbers between them have squares that can be summed */
/* Columns that seem to depart by less than this share of what is allowed are left alone. (It may be more: R's diagonal
 * does not tell all of its condition.) */
static const double SHARE = 0.01;
enum { LONGEST_WAIT = 63 };

/* How much work memory LAPACK wants; 0 when it says nothing sensible. */
static int64_t wanted_length(int n, int k)
{
    double factor = 0.0, form = 0.0, none = 0.0;
    if (LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, n, k, &none, n, &none, &factor, -1) != 0 ||
        LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, n, k, k, &none, n, &none, &form, -1) != 0)
        return 0;
    const double larger = fmax(factor, form);
    return larger >= 1.0 && larger <= (double)INT32_MAX ? (int64_t)larger : 0;
}

plast_status plast__qr_create(plast_context *context, int64_t n, int64_t k, plast__qr *qr)
{
    plast_status status = plast__blas_fits(context, "rows of a matrix to orthonormalise", n);
    if (status != PLAST_OK)
        return status;
    const int64_t length = wanted_length((int)n, (int)k);
    if (length == 0)
        return plast__fail(context, PLAST_E_LAPACK, "QR factorisation of a %lld x %lld matrix failed", (long long)n,
                           (long long)k);
    *qr = (plast__qr){ .context = context, .n = (int)n, .k = (int)k, .work_length = (int)length, .patience = 1 };
    qr->norms = plast__allocate(context, k, sizeof *qr->norms);
    qr->r = plast__allocate_rows(context, k, k, sizeof *qr->r);
    qr->other = plast__allocate_rows(context, k, k, sizeof *qr->other);
    qr->tau = plast__allocate(context, k, sizeof *qr->tau);
    qr->signs = plast__allocate(context, k, sizeof *qr->signs);
    qr->work = plast__allocate(context, length, sizeof *qr->work);
    if (qr->norms != NULL && qr->r != NULL && qr->other != NULL && qr->tau != NULL && qr->signs != NULL &&
        qr->work != NULL)
        return PLAST_OK;
    plast__qr_free(qr);
    return plast__no_memory(context, "a QR factorisation");
}

void plast__qr_free(plast__qr *qr)
{
    plast__release(qr->context, qr->work);
    plast__release(qr->context, qr->signs);
    plast__release(qr->context, qr->tau);
    plast__release(qr->context, qr->other);
    plast__release(qr->context, qr->r);
    plast__release(qr->context, qr->norms);
}

static double *column(double *matrix, int64_t rows, int64_t j)
{
    return matrix + j * rows;
}

/* Copies R from LAPACK's result, its diagonal made positive. */
static void copy_triangle(plast__qr *qr, const double *a, double *r)
{
    for (int j = 0; j < qr->k; j++)
        qr->signs[j] = a[(int64_t)j * qr->n + j] < 0.0 ? -1.0 : 1.0;
    for (int j = 0; j < qr->k; j++)
        for (int i = 0; i <= j; i++)
            column(r, qr->k, j)[i] = qr->signs[i] * a[(int64_t)j * qr->n + i];
}

static int reflect(plast__qr *qr, double *a, double *r)
{
    const int n = qr->n, k = qr->k;
    if (LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, n, k, a, n, qr->tau, qr->work, qr->work_length) != 0)
        return 0;
    copy_triangle(qr, a, r);
    if (LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, n, k, k, a, n, qr->tau, qr->work, qr->work_length) != 0)
        return 0;
    for (int j = 0; j < k; j++)
        if (qr->signs[j] < 0.0)
            cblas_dscal(n, -1.0, column(a, n, j), 1);
    return 1;
}

/* Exponent of a power of two by which A is divided so that no square overflows or vanishes; mostly 0. */
static int exponent(const plast__qr *qr, const double *a)
{
    const double largest = plast__largest_entry((int64_t)qr->n * qr->k, a);
    int found = 0;
    if ((largest >= LEAST && largest <= MOST) || !(largest > 0.0 && largest <= DBL_MAX))
        return 0;
    frexp(largest, &found);
    return found;
}

static void shift(int64_t n, double *x, int by)
{
    for (int64_t i = 0; i < n && by != 0; i++)
        x[i] = ldexp(x[i], by);
}

int plast__qr_householder(plast__qr *qr, double *a)
{
    const int power = exponent(qr, a);
    shift((int64_t)qr->n * qr->k, a, -power);
    int finite = reflect(qr, a, qr->r);
    for (int j = 0; j < qr->k; j++) {
        double *c = column(qr->r, qr->k, j);
        qr->norms[j] = ldexp(cblas_dnrm2(j + 1, c, 1), power);
        finite &= qr->norms[j] <= DBL_MAX; /* not so when an entry is NaN */
        shift(j + 1, c, power);
    }
    return finite;
}

static int normalise(plast__qr *qr, double *a)
{
    const double norm = sqrt(cblas_ddot(qr->n, a, 1, a, 1));
    if (!(norm >= LEAST && norm <= MOST)) /* zero, infinite, NaN, too */
        return plast__qr_householder(qr, a);
    cblas_dscal(qr->n, 1.0 / norm, a, 1);
    qr->r[0] = qr->norms[0] = norm;
    return 1;
}

/* How far A R^-1 will be from orthonormal, about, in column j. */
static double departure(const plast__qr *qr, int j)
{
    const double own = column(qr->r, qr->k, j)[j] / qr->norms[j];
    return qr->k * DBL_EPSILON / (own * own);
}

/* R of A in `qr->r`, and the norms. Returns the largest departure of all columns; infinite when there is no such R. */
static double cholesky(plast__qr *qr, const double *a)
{
    const int k = qr->k;
    double largest = 0.0;
    cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, k, qr->n, 1.0, a, qr->n, 0.0, qr->r, k);
    for (int j = 0; j < k; j++)
        qr->norms[j] = sqrt(column(qr->r, k, j)[j]);
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', k, qr->r, k) != 0)
        return (double)INFINITY;
    for (int j = 0; j < k; j++) {
        if (!(column(qr->r, k, j)[j] > SMALL && qr->norms[j] < 1.0 / SMALL))
            return (double)INFINITY;
        largest = fmax(largest, departure(qr, j));
    }
    return largest;
}

static void divide(const plast__qr *qr, double *a)
{
    cblas_dtrsm(CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, qr->n, qr->k, 1.0, qr->r, qr->k, a,
                qr->n);
}

/* First of the columns that a second pass must meet. */
static int first_to_repair(const plast__qr *qr, double slack)
{
    int first = 0;
    while (first < qr->k && departure(qr, first) <= SHARE * slack)
        first++;
    return first;
}

/* The columns of Q^T Q from `first` on, in `other`. Whether they are near those of I. */
static int near_identity(const plast__qr *qr, const double *q, int first)
{
    const int n = qr->n, k = qr->k;
    double *g = column(qr->other, k, first), far = 0.0;
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, k, k - first, n, 1.0, q, n, q + (int64_t)first * n, n, 0.0, g,
                k);
    for (int j = first; j < k; j++)
        for (int i = 0; i <= j; i++)
            far = fmax(far, fabs(column(qr->other, k, j)[i] - (i == j ? 1.0 : 0.0)));
    return far < 10.0 * WORST;
}

/* Q R2^-1, R2 = [I C; 0 S] with S^T S = G, where [C; G] is what near_identity left. (G - C^T C would be exact; C is
 * smaller than the root of what the columns before leave.) 0 = there is no S, and Q is as it was. */
static int repair(const plast__qr *qr, double *q, int first)
{
    const int n = qr->n, k = qr->k, rest = k - first;
    double *c = column(qr->other, k, first), *s = c + first, *last = q + (int64_t)first * n;
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', rest, s, k) != 0)
        return 0;
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, rest, first, -1.0, q, n, c, k, 1.0, last, n);
    cblas_dtrsm(CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, n, rest, 1.0, s, k, last, n);
    return 1;
}

/* R = R2 R1, where R1 is in `r` and R2, of which the columns before `first` are those of I, in `other`. */
static void multiply(const plast__qr *qr, int first)
{
    const int k = qr->k;
    double *product = column(qr->other, k, first);
    for (int j = first; j < k; j++)
        memset(column(qr->other, k, j) + j + 1, 0, (size_t)(k - j - 1) * sizeof *product);
    cblas_dtrmm(CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, k, k - first, 1.0,
                column(qr->r, k, first) + first, k, product, k);
    for (int j = first; j < k; j++) {
        double *r = column(qr->r, k, j);
        for (int i = 0; i <= j; i++)
            r[i] = column(qr->other, k, j)[i] + (i < first ? r[i] : 0.0);
    }
}

/* A is almost orthonormal after the first pass, from column `first` on not well enough. Should that be wrong,
 * reflections do it too. */
static int second_pass(plast__qr *qr, double *a, int first)
{
    if (near_identity(qr, a, first) && repair(qr, a, first)) {
        multiply(qr, first);
        return 1;
    }
    if (!reflect(qr, a, qr->other))
        return 0;
    multiply(qr, 0);
    return 1;
}

int plast__qr_factor(plast__qr *qr, double *a, double slack)
{
    if (qr->k == 1)
        return normalise(qr, a);
    if (qr->waiting > 0) {
        qr->waiting--;
        return plast__qr_householder(qr, a);
    }
    const double worst = cholesky(qr, a);
    if (!(worst <= WORST)) {
        qr->waiting = qr->patience;
        qr->patience = qr->patience < LONGEST_WAIT ? 2 * qr->patience + 1 : LONGEST_WAIT;
        return plast__qr_householder(qr, a);
    }
    qr->patience = 1;
    divide(qr, a);
    const int first = first_to_repair(qr, slack);
    return first == qr->k ? 1 : second_pass(qr, a, first);
}

plast_status plast__orthonormalise(plast_context *context, int64_t n, int64_t k, double *q)
{
    plast__qr qr;
    const plast_status status = plast__qr_create(context, n, k, &qr);
    if (status != PLAST_OK)
        return status;
    const int finite = plast__qr_householder(&qr, q);
    plast__qr_free(&qr);
    if (!finite)
        return plast__fail(context, PLAST_E_LAPACK, "QR factorisation of a %lld x %lld matrix failed", (long long)n,
                           (long long)k);
    return PLAST_OK;
}
