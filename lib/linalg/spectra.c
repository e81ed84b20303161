/* SPDX-License-Identifier: MIT */
#include "linalg/spectra.h"

#include "base/memory.h"

#include <lapacke.h>

/* Each solver is called twice: with length -1 it only says how much work memory it wants. LAPACKE's work forms: the
 * plain ones would call malloc behind the host's allocator. */
typedef struct problem {
    int rows, cols;
    double *a, *values, *imaginary;
    int *integers;
} problem;

typedef int (*solver)(const problem *p, double *work, int length);

static int symmetric(const problem *p, double *work, int length)
{
    return LAPACKE_dsyev_work(LAPACK_COL_MAJOR, 'N', 'U', p->rows, p->a, p->rows, p->values, work, length);
}

static int general(const problem *p, double *work, int length)
{
    return LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'N', p->rows, p->a, p->rows, p->values, p->imaginary, NULL, 1,
                              NULL, 1, work, length);
}

static int singular(const problem *p, double *work, int length)
{
    return LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'N', p->rows, p->cols, p->a, p->rows, p->values, NULL, 1, NULL, 1,
                               work, length, p->integers);
}

static plast_status solve(plast_context *context, const char *what, const problem *p, solver solver)
{
    double wanted = 0.0, *work = NULL;
    int info = solver(p, &wanted, -1);
    if (info == 0 && wanted >= 1.0 && wanted <= (double)INT32_MAX) {
        work = plast__allocate(context, (int64_t)wanted, sizeof *work);
        if (work == NULL)
            return plast__no_memory(context, what);
        info = solver(p, work, (int)wanted);
    }
    plast__release(context, work);
    if (work == NULL || info != 0)
        return plast__fail(context, PLAST_E_LAPACK, "%s of a %d x %d matrix were not found (LAPACK says %d)", what,
                           p->rows, p->cols, info);
    return PLAST_OK;
}

plast_status plast__symmetric_eigenvalues(plast_context *context, int64_t n, double *a, double *values)
{
    const problem p = { (int)n, (int)n, a, values, NULL, NULL };
    return solve(context, "eigenvalues", &p, symmetric);
}

plast_status plast__eigenvalues(plast_context *context, int64_t n, double *a, double *re, double *im)
{
    const problem p = { (int)n, (int)n, a, re, im, NULL };
    return solve(context, "eigenvalues", &p, general);
}

plast_status plast__singular_values(plast_context *context, int64_t rows, int64_t cols, double *a, double *values)
{
    const int64_t n = rows < cols ? rows : cols;
    problem p = { (int)rows, (int)cols, a, values, NULL, NULL };
    p.integers = plast__allocate(context, 8 * n, sizeof *p.integers);
    if (p.integers == NULL)
        return plast__no_memory(context, "singular values");
    const plast_status status = solve(context, "singular values", &p, singular);
    plast__release(context, p.integers);
    return status;
}
