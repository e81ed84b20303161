/* SPDX-License-Identifier: MIT */
#include "linalg/spectra.h"

#include "base/memory.h"
#include "linalg/blas.h"

#include <lapacke.h>
#include <math.h>

/* Each solver is called twice: with length -1 it only says how much work memory it wants. LAPACKE's work forms: the
 * plain ones would call malloc behind the host's allocator. */
typedef struct problem {
    int rows, cols;
    double *a, *values, *imaginary;
    int *integers;
    double *left, *right; /* singular vectors: rows x n and n x cols, n the lesser; NULL = none */
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

static int singular_vectors(const problem *p, double *work, int length)
{
    const int n = p->rows < p->cols ? p->rows : p->cols;
    return LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'S', p->rows, p->cols, p->a, p->rows, p->values, p->left, p->rows,
                               p->right, n, work, length, p->integers);
}

static plast_status not_found(plast_context *context, const char *what, const problem *p, int info)
{
    return plast__fail(context, PLAST_E_LAPACK, "%s of a %d x %d matrix were not found (LAPACK says %d)", what, p->rows,
                       p->cols, info);
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
    return work == NULL || info != 0 ? not_found(context, what, p, info) : PLAST_OK;
}

plast_status plast__symmetric_eigenvalues(plast_context *context, int64_t n, double *a, double *values)
{
    const problem p = { .rows = (int)n, .cols = (int)n, .a = a, .values = values };
    return solve(context, "eigenvalues", &p, symmetric);
}

plast_status plast__eigenvalues(plast_context *context, int64_t n, double *a, double *re, double *im)
{
    const problem p = { .rows = (int)n, .cols = (int)n, .a = a, .values = re, .imaginary = im };
    return solve(context, "eigenvalues", &p, general);
}

int64_t plast__eigenvalues_length(int64_t n)
{
    const problem p = { .rows = (int)n, .cols = (int)n };
    const int64_t least = 4 * n; /* LAPACK's own least is 3 n */
    double wanted = 0.0;
    const int info = general(&p, &wanted, -1);
    return info == 0 && wanted >= (double)least && wanted <= (double)INT32_MAX ? (int64_t)wanted : least;
}

plast_status plast__eigenvalues_with(plast_context *context, int64_t n, double *a, double *re, double *im, double *work,
                                     int64_t length)
{
    const problem p = { .rows = (int)n, .cols = (int)n, .a = a, .values = re, .imaginary = im };
    const int info = general(&p, work, (int)length);
    return info != 0 ? not_found(context, "eigenvalues", &p, info) : PLAST_OK;
}

plast_status plast__singular_values(plast_context *context, int64_t rows, int64_t cols, double *a, double *values)
{
    const int64_t n = rows < cols ? rows : cols;
    problem p = { .rows = (int)rows, .cols = (int)cols, .a = a, .values = values };
    p.integers = plast__allocate(context, 8 * n, sizeof *p.integers);
    if (p.integers == NULL)
        return plast__no_memory(context, "singular values");
    const plast_status status = solve(context, "singular values", &p, singular);
    plast__release(context, p.integers);
    return status;
}

/* a = sum over the first `rank` of value left right, all values multiplied alike. What is row-major to the product is
 * the transpose of all three. */
static void rebuild(const problem *p, int64_t rank)
{
    const int64_t n = p->rows < p->cols ? p->rows : p->cols;
    double all = 0.0, kept = 0.0;
    for (int64_t i = 0; i < n; i++) {
        all += p->values[i] * p->values[i];
        kept += i < rank ? p->values[i] * p->values[i] : 0.0;
    }
    const double scale = kept > 0.0 ? sqrt(all / kept) : 0.0;
    for (int64_t i = 0; i < rank; i++)
        for (int64_t j = 0; j < p->rows; j++)
            p->left[i * p->rows + j] *= scale * p->values[i];
    plast__gemm(PLAST_F64, p->cols, p->rows, rank, 1.0, (plast__operand){ p->right, n, 0 },
                (plast__operand){ p->left, p->rows, 0 }, 0.0, p->a, p->rows);
}

plast_status plast__cut_rank(plast_context *context, int64_t rows, int64_t cols, int64_t rank, double *a)
{
    const int64_t n = rows < cols ? rows : cols;
    plast_status status;
    problem p = { .rows = (int)rows, .cols = (int)cols, .a = a };
    p.values = plast__allocate(context, n, sizeof *p.values);
    p.integers = plast__allocate(context, 8 * n, sizeof *p.integers);
    p.left = plast__allocate_rows(context, rows, n, sizeof *p.left);
    p.right = plast__allocate_rows(context, n, cols, sizeof *p.right);
    if (p.values == NULL || p.integers == NULL || p.left == NULL || p.right == NULL)
        status = plast__no_memory(context, "singular vectors");
    else
        status = solve(context, "singular vectors", &p, singular_vectors);
    if (status == PLAST_OK)
        rebuild(&p, rank);
    plast__release(context, p.values);
    plast__release(context, p.integers);
    plast__release(context, p.left);
    plast__release(context, p.right);
    return status;
}
