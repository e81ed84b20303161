/* SPDX-License-Identifier: MIT
 *
 * The scatter matrix, C times the number of samples, has the eigenvalues of the smaller of X^T X and X X^T, where X
 * are the centred samples. */
#include "base/matrix.h"
#include "base/memory.h"
#include "linalg/blas.h"
#include "linalg/spectra.h"
#include "measures/source.h"

#include <float.h>
#include <math.h>
#include <plasticity/measures.h>

enum { BLOCK = 128 }; /* samples at a time, when there are more samples than columns */

typedef struct cloud {
    const plast_matrix *samples;
    int64_t n; /* of the Gram matrix */
    int64_t block;
    int exponent; /* of the largest deviation from the first row */
    double *first, *mean, *rows, *gram;
} cloud;

/* Half the row's deviation from the first row: equal rows give exact zeros, and nothing overflows. */
static void deviation(const cloud *c, int64_t row, double *out)
{
    plast__matrix_read_row(c->samples, row, PLAST_F64, out);
    for (int64_t j = 0; j < c->samples->cols; j++)
        out[j] = 0.5 * out[j] - c->first[j];
}

static void centre(cloud *c)
{
    const int64_t rows = c->samples->rows, cols = c->samples->cols;
    plast__matrix_read_row(c->samples, 0, PLAST_F64, c->first);
    for (int64_t j = 0; j < cols; j++)
        c->first[j] *= 0.5;
    for (int64_t i = 0; i < rows; i++) {
        deviation(c, i, c->rows);
        const int exponent = plast__exponent(cols, c->rows);
        c->exponent = exponent > c->exponent ? exponent : c->exponent;
    }
    for (int64_t i = 0; i < rows; i++) {
        deviation(c, i, c->rows);
        plast__scale(cols, c->rows, c->exponent);
        for (int64_t j = 0; j < cols; j++)
            c->mean[j] += c->rows[j] / (double)rows;
    }
}

static void fill_gram(cloud *c)
{
    const int64_t rows = c->samples->rows, cols = c->samples->cols;
    const int inner = cols <= rows; /* X^T X */
    for (int64_t start = 0; start < rows; start += c->block) {
        const int64_t count = rows - start < c->block ? rows - start : c->block;
        for (int64_t i = 0; i < count; i++) {
            double *row = c->rows + i * cols;
            deviation(c, start + i, row);
            plast__scale(cols, row, c->exponent);
            for (int64_t j = 0; j < cols; j++)
                row[j] -= c->mean[j];
        }
        const plast__operand a = { c->rows, cols, inner }, b = { c->rows, cols, !inner };
        plast__gemm(PLAST_F64, c->n, c->n, inner ? count : cols, 1.0, a, b, 1.0, c->gram, c->n);
    }
}

static void cloud_free(plast_context *context, cloud *c)
{
    plast__release(context, c->gram);
    plast__release(context, c->rows);
    plast__release(context, c->mean);
    plast__release(context, c->first);
}

/* On success the caller frees it; its `exponent` says whether there is any variance. */
static plast_status cloud_make(plast_context *context, const plast_matrix *samples, int any_place, cloud *c)
{
    plast__source source;
    plast_status status = plast__source_check_counted(context, samples, "samples", &source);
    if (status == PLAST_OK)
        status = plast__places_check(context, any_place);
    if (status != PLAST_OK)
        return status;
    const int64_t rows = samples->rows, cols = samples->cols;
    *c = (cloud){ .samples = samples, .n = rows < cols ? rows : cols, .exponent = PLAST__NO_EXPONENT };
    c->block = rows < cols || rows < BLOCK ? rows : BLOCK;
    c->first = plast__allocate(context, cols, sizeof(double));
    c->mean = plast__allocate(context, cols, sizeof(double));
    c->rows = plast__allocate_rows(context, c->block, cols, sizeof(double));
    c->gram = plast__allocate_rows(context, c->n, c->n, sizeof(double));
    if (c->first == NULL || c->mean == NULL || c->rows == NULL || c->gram == NULL) {
        cloud_free(context, c);
        return plast__no_memory(context, "a covariance");
    }
    centre(c);
    if (c->exponent != PLAST__NO_EXPONENT)
        fill_gram(c);
    return PLAST_OK;
}

static double trace(const cloud *c)
{
    double sum = 0.0;
    for (int64_t i = 0; i < c->n; i++)
        sum += c->gram[i * c->n + i];
    return sum;
}

plast_status plast_measure_participation_ratio(plast_context *context, const plast_matrix *samples, double *ratio)
{
    cloud c;
    const plast_status status = cloud_make(context, samples, ratio != NULL, &c);
    if (status != PLAST_OK)
        return status;
    const double sum = trace(&c);
    *ratio = sum > 0.0 ? sum * sum / plast__square(c.n * c.n, c.gram) : 0.0;
    cloud_free(context, &c);
    return PLAST_OK;
}

/* How many of the eigenvalues (ascending), largest first, reach the fraction of their sum. */
static int64_t count(int64_t n, const double *values, double fraction, double slack)
{
    double total = 0.0, sum = 0.0;
    int64_t counted = 0;
    for (int64_t i = n - 1; i >= 0; i--)
        total += values[i];
    while (counted < n && sum < (fraction - slack) * total)
        sum += values[n - 1 - counted++];
    return counted > 0 ? counted : 1;
}

plast_status plast_measure_components(plast_context *context, const plast_matrix *samples, double fraction,
                                      int64_t *components)
{
    cloud c;
    if (context != NULL && !(fraction > 0.0 && fraction <= 1.0))
        return plast__fail(context, PLAST_E_RANGE, "fraction is %g, expected above 0 and at most 1", fraction);
    plast_status status = cloud_make(context, samples, components != NULL, &c);
    if (status != PLAST_OK)
        return status;
    const int64_t longest = samples->rows > samples->cols ? samples->rows : samples->cols;
    double *values = plast__allocate(context, c.n, sizeof *values);
    if (values == NULL)
        status = plast__no_memory(context, "eigenvalues");
    else
        status = plast__symmetric_eigenvalues(context, c.n, c.gram, values);
    if (status == PLAST_OK && c.exponent == PLAST__NO_EXPONENT)
        *components = 0;
    else if (status == PLAST_OK)
        *components = count(c.n, values, fraction, 4.0 * (double)longest * DBL_EPSILON);
    plast__release(context, values);
    cloud_free(context, &c);
    return status;
}
