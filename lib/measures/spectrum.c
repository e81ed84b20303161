/* SPDX-License-Identifier: MIT
 *
 * The copies are row-major and LAPACK counts by columns: it sees the transpose, whose eigenvalues and singular values
 * are the same. */
#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"
#include "linalg/spectra.h"
#include "measures/source.h"

#include <math.h>
#include <plasticity/measures.h>

static double largest_modulus(int64_t n, const double *re, const double *im)
{
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, hypot(re[i], im[i]));
    return largest;
}

plast_status plast_measure_spectral_radius(plast_context *context, const plast_matrix *square, double *radius)
{
    plast__source source;
    plast_status status = plast__source_check_counted(context, square, "square", &source);
    if (status == PLAST_OK && square->rows != square->cols)
        status =
            plast__fail(context, PLAST_E_INVALID, "square is %lld x %lld, eigenvalues need as many rows as columns",
                        (long long)square->rows, (long long)square->cols);
    if (status == PLAST_OK)
        status = plast__places_check(context, radius != NULL);
    if (status != PLAST_OK)
        return status;
    const int64_t n = square->rows;
    double *copy = plast__source_copy(context, &source, source.exponent);
    double *values = plast__allocate_rows(context, 2, n, sizeof *values);
    if (copy == NULL || values == NULL)
        status = plast__no_memory(context, "eigenvalues");
    else
        status = plast__eigenvalues(context, n, copy, values, values + n);
    if (status == PLAST_OK) {
        const double largest = largest_modulus(n, values, values + n);
        const plast__result result = { "the spectral radius", radius, largest, source.exponent };
        status = plast__results_write(context, 1, &result);
    }
    plast__release(context, values);
    plast__release(context, copy);
    return status;
}

/* All of them, of the matrix scaled by 2^-exponent, in a new array. */
static plast_status find_values(plast_context *context, const plast__source *source, double **found)
{
    const int64_t rows = source->matrix->rows, cols = source->matrix->cols;
    plast_status status = PLAST_OK;
    double *copy = plast__source_copy(context, source, source->exponent);
    double *values = plast__allocate(context, rows < cols ? rows : cols, sizeof *values);
    if (copy == NULL || values == NULL)
        status = plast__no_memory(context, "singular values");
    else
        status = plast__singular_values(context, cols, rows, copy, values);
    plast__release(context, copy);
    if (status == PLAST_OK)
        *found = values;
    else
        plast__release(context, values);
    return status;
}

plast_status plast_measure_singular_values(plast_context *context, const plast_matrix *matrix, double *largest,
                                           double *smallest, double *condition)
{
    plast__source source;
    double *values = NULL;
    plast_status status = plast__source_check_counted(context, matrix, "matrix", &source);
    if (status == PLAST_OK)
        status = plast__places_check(context, largest != NULL || smallest != NULL || condition != NULL);
    if (status == PLAST_OK)
        status = find_values(context, &source, &values);
    if (status != PLAST_OK)
        return status;
    const double high = values[0], low = values[(matrix->rows < matrix->cols ? matrix->rows : matrix->cols) - 1];
    const plast__result results[] = { { "the largest singular value", largest, high, source.exponent },
                                      { "the smallest singular value", smallest, low, source.exponent } };
    plast__release(context, values);
    status = plast__results_write(context, 2, results);
    if (status == PLAST_OK && condition != NULL)
        *condition = low > 0.0 ? high / low : (double)INFINITY;
    return status;
}

plast_status plast_measure_singular_spectrum(plast_context *context, const plast_matrix *matrix,
                                             const plast_matrix *values)
{
    plast__source source;
    double *found = NULL;
    plast_status status = plast__source_check_counted(context, matrix, "matrix", &source);
    if (status != PLAST_OK)
        return status;
    const int64_t n = matrix->rows < matrix->cols ? matrix->rows : matrix->cols;
    const plast__expected expected = { "values", 1, n, PLAST__REALS, 1 };
    status = plast__matrix_check(context, values, &expected);
    if (status == PLAST_OK)
        status = find_values(context, &source, &found);
    if (status != PLAST_OK)
        return status;
    plast__scale(n, found, -source.exponent);
    if (found[0] <= plast__largest(values->dtype))
        plast__matrix_write_row(values, 0, PLAST_F64, found);
    else
        status = plast__fail(context, PLAST_E_NOT_FINITE,
                             "the largest singular value is %g, beyond the largest number of values", found[0]);
    plast__release(context, found);
    return status;
}
