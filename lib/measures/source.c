/* SPDX-License-Identifier: MIT */
#include "measures/source.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "linalg/blas.h"

#include <math.h>

static int exponent_of(double largest)
{
    int exponent = PLAST__NO_EXPONENT;
    if (largest > 0.0)
        (void)frexp(largest, &exponent);
    return exponent;
}

/* Finds the largest entry, too. */
static plast_status check_finite(plast_context *context, const plast_matrix *matrix, const char *name,
                                 plast__source *source)
{
    double largest = 0.0;
    for (int64_t i = 0; i < matrix->rows; i++) {
        const double in_row = plast__matrix_row_largest(matrix, i);
        if (!isfinite(in_row))
            return plast__fail(context, PLAST_E_NOT_FINITE, "row %lld of %s is not finite", (long long)i, name);
        largest = fmax(largest, in_row);
    }
    *source = (plast__source){ matrix, exponent_of(largest) };
    return PLAST_OK;
}

plast_status plast__source_check(plast_context *context, const plast_matrix *matrix, const char *name, int64_t rows,
                                 int64_t cols, plast__source *source)
{
    const plast__expected expected = { name, rows, cols, PLAST__REALS, 0 };
    if (context == NULL)
        return PLAST_E_INVALID;
    const plast_status status = plast__matrix_check(context, matrix, &expected);
    return status == PLAST_OK ? check_finite(context, matrix, name, source) : status;
}

plast_status plast__source_check_counted(plast_context *context, const plast_matrix *matrix, const char *name,
                                         plast__source *source)
{
    const plast__expected expected = { name, -1, -1, PLAST__REALS, 0 };
    if (context == NULL)
        return PLAST_E_INVALID;
    plast_status status = plast__matrix_check(context, matrix, &expected);
    if (status == PLAST_OK)
        status = plast__blas_fits(context, name, matrix->rows > matrix->cols ? matrix->rows : matrix->cols);
    return status == PLAST_OK ? check_finite(context, matrix, name, source) : status;
}

void plast__scale(int64_t n, double *v, int exponent)
{
    /* two factors: one alone may be no double */
    const double half = ldexp(1.0, -exponent / 2), rest = ldexp(1.0, -exponent - -exponent / 2);
    for (int64_t j = 0; j < n; j++)
        v[j] = v[j] * half * rest;
}

int plast__exponent(int64_t n, const double *v)
{
    double largest = 0.0;
    for (int64_t j = 0; j < n; j++)
        largest = fmax(largest, fabs(v[j]));
    return exponent_of(largest);
}

double plast__square(int64_t n, const double *v)
{
    double sum = 0.0;
    for (int64_t j = 0; j < n; j++)
        sum += v[j] * v[j];
    return sum;
}

void plast__source_read(const plast__source *source, int64_t row, int exponent, double *out)
{
    plast__matrix_read_row(source->matrix, row, PLAST_F64, out);
    plast__scale(source->matrix->cols, out, exponent);
}

double *plast__source_copy(plast_context *context, const plast__source *source, int exponent)
{
    const int64_t rows = source->matrix->rows, cols = source->matrix->cols;
    double *copy = plast__allocate_rows(context, rows, cols, sizeof *copy);
    for (int64_t i = 0; copy != NULL && i < rows; i++)
        plast__source_read(source, i, exponent, copy + i * cols);
    return copy;
}

plast_status plast__places_check(plast_context *context, int any)
{
    return any ? PLAST_OK : plast__fail(context, PLAST_E_INVALID, "place for the result is NULL");
}

plast_status plast__results_write(plast_context *context, int count, const plast__result *results)
{
    for (int i = 0; i < count; i++) {
        const plast__result *r = &results[i];
        int above = 0;
        if (r->place == NULL || isfinite(ldexp(r->value, r->exponent)))
            continue;
        (void)frexp(r->value, &above);
        return plast__fail(context, PLAST_E_NOT_FINITE, "%s is near 2^%d, beyond the largest number", r->name,
                           above + r->exponent);
    }
    for (int i = 0; i < count; i++)
        if (results[i].place != NULL)
            *results[i].place = ldexp(results[i].value, results[i].exponent);
    return PLAST_OK;
}
