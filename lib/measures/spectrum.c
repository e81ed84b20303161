/* SPDX-License-Identifier: MIT
 *
 * The copies are row-major and LAPACK counts by columns: it sees the transpose, whose eigenvalues and singular values
 * are the same. */
#include "base/memory.h"
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

/* The largest and the smallest; the matrix is scaled by 2^-exponent. */
static plast_status extremes(plast_context *context, const plast__source *source, double *largest, double *smallest)
{
    const int64_t rows = source->matrix->rows, cols = source->matrix->cols, n = rows < cols ? rows : cols;
    plast_status status = PLAST_OK;
    double *copy = plast__source_copy(context, source, source->exponent);
    double *values = plast__allocate(context, n, sizeof *values);
    if (copy == NULL || values == NULL)
        status = plast__no_memory(context, "singular values");
    else
        status = plast__singular_values(context, cols, rows, copy, values);
    if (status == PLAST_OK) {
        *largest = values[0];
        *smallest = values[n - 1];
    }
    plast__release(context, values);
    plast__release(context, copy);
    return status;
}

plast_status plast_measure_singular_values(plast_context *context, const plast_matrix *matrix, double *largest,
                                           double *smallest, double *condition)
{
    plast__source source;
    double high = 0.0, low = 0.0;
    plast_status status = plast__source_check_counted(context, matrix, "matrix", &source);
    if (status == PLAST_OK)
        status = plast__places_check(context, largest != NULL || smallest != NULL || condition != NULL);
    if (status == PLAST_OK)
        status = extremes(context, &source, &high, &low);
    if (status != PLAST_OK)
        return status;
    const plast__result results[] = { { "the largest singular value", largest, high, source.exponent },
                                      { "the smallest singular value", smallest, low, source.exponent } };
    status = plast__results_write(context, 2, results);
    if (status == PLAST_OK && condition != NULL)
        *condition = low > 0.0 ? high / low : (double)INFINITY;
    return status;
}
