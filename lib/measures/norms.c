/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "measures/source.h"

#include <math.h>
#include <plasticity/measures.h>

/* In units of 2^exponent, as the source. */
typedef struct norms {
    double mean_entry, mean_norm, sd_norm;
} norms;

/* Running mean and squared deviation (Welford 1962), which do not cancel. */
static norms all_norms(const plast__source *source, double *row)
{
    const int64_t rows = source->matrix->rows, cols = source->matrix->cols;
    double entries = 0.0, mean = 0.0, deviation = 0.0;
    for (int64_t i = 0; i < rows; i++) {
        plast__source_read(source, i, source->exponent, row);
        for (int64_t j = 0; j < cols; j++)
            entries += row[j];
        const double norm = sqrt(plast__square(cols, row)), step = norm - mean;
        mean += step / (double)(i + 1);
        deviation += step * (norm - mean);
    }
    return (norms){ entries / (double)rows / (double)cols, mean, sqrt(deviation / (double)rows) };
}

plast_status plast_measure_norms(plast_context *context, const plast_matrix *samples, double *mean_entry,
                                 double *mean_norm, double *sd_norm)
{
    plast__source source;
    plast_status status = plast__source_check(context, samples, "samples", -1, -1, &source);
    if (status == PLAST_OK)
        status = plast__places_check(context, mean_entry != NULL || mean_norm != NULL || sd_norm != NULL);
    if (status != PLAST_OK)
        return status;
    double *row = plast__allocate(context, samples->cols, sizeof *row);
    if (row == NULL)
        return plast__no_memory(context, "a row to measure");
    const norms found = all_norms(&source, row);
    plast__release(context, row);
    const plast__result results[] = { { "the mean entry", mean_entry, found.mean_entry, source.exponent },
                                      { "the mean norm", mean_norm, found.mean_norm, source.exponent },
                                      { "the norms' deviation", sd_norm, found.sd_norm, source.exponent } };
    return plast__results_write(context, 3, results);
}

/* |M|_F / 2^exponent */
static double frobenius(const plast__source *source, double *row)
{
    double square = 0.0;
    for (int64_t i = 0; i < source->matrix->rows; i++) {
        plast__source_read(source, i, source->exponent, row);
        square += plast__square(source->matrix->cols, row);
    }
    return sqrt(square);
}

plast_status plast_measure_norm_ratio(plast_context *context, const plast_matrix *a, const plast_matrix *b,
                                      double *ratio)
{
    plast__source over, under;
    plast_status status = plast__source_check(context, a, "a", -1, -1, &over);
    if (status == PLAST_OK)
        status = plast__source_check(context, b, "b", -1, -1, &under);
    if (status == PLAST_OK)
        status = plast__places_check(context, ratio != NULL);
    if (status != PLAST_OK)
        return status;
    if (under.exponent == PLAST__NO_EXPONENT)
        return plast__fail(context, PLAST_E_RANGE, "b is all zero, a norm ratio needs one entry that is not");
    double *row = plast__allocate(context, a->cols > b->cols ? a->cols : b->cols, sizeof *row);
    if (row == NULL)
        return plast__no_memory(context, "a row to measure");
    const double quotient = frobenius(&over, row) / frobenius(&under, row);
    plast__release(context, row);
    const plast__result result = { "the norm ratio", ratio, quotient, over.exponent - under.exponent };
    return plast__results_write(context, 1, &result);
}
