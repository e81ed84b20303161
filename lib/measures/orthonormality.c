/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "linalg/blas.h"
#include "measures/source.h"

#include <math.h>
#include <plasticity/measures.h>

enum { BLOCK = 128 }; /* samples at a time */

/* |4^-e I - w w^T|_F^2 of w = W / 2^e, or of w^T w: whichever is smaller. */
static double distance(int64_t rows, int64_t cols, int exponent, const double *w, double *gram)
{
    const int64_t n = rows <= cols ? rows : cols, inner = rows <= cols ? cols : rows;
    const plast__operand a = { w, cols, rows > cols }, b = { w, cols, rows <= cols };
    const double one = ldexp(1.0, -2 * exponent);
    plast__gemm(PLAST_F64, n, n, inner, 1.0, a, b, 0.0, gram, n);
    for (int64_t i = 0; i < n; i++)
        gram[i * n + i] -= one;
    return plast__square(n * n, gram);
}

plast_status plast_measure_orthonormality(plast_context *context, const plast_matrix *weights, double *error)
{
    plast__source w;
    plast_status status = plast__source_check_counted(context, weights, "weights", &w);
    if (status == PLAST_OK)
        status = plast__places_check(context, error != NULL);
    if (status != PLAST_OK)
        return status;
    const int64_t n = weights->rows <= weights->cols ? weights->rows : weights->cols;
    const int exponent = w.exponent > 0 ? w.exponent : 0; /* small weights stay beside the 1 of I */
    double *copy = plast__source_copy(context, &w, exponent);
    double *gram = plast__allocate_rows(context, n, n, sizeof *gram);
    if (copy == NULL || gram == NULL) {
        status = plast__no_memory(context, "the measure of orthonormality");
    } else {
        const double square = distance(weights->rows, weights->cols, exponent, copy, gram);
        const plast__result result = { "the error of orthonormality", error, sqrt(square / (double)n), 2 * exponent };
        status = plast__results_write(context, 1, &result);
    }
    plast__release(context, gram);
    plast__release(context, copy);
    return status;
}

/* z / 2^k - w w^T y / 2^(k - 2 e) with w = W / 2^e is (z - W W^T y) / 2^k: all numbers on the way are below 1 but for
 * the length of the sums. */
typedef struct work {
    plast__source w, z, y;
    int k;
    double *weights, *potentials, *activities, *back; /* back: W^T y */
} work;

/* Sum of the squares over all samples, in units of 4^k. */
static double residual(const work *o)
{
    const int64_t out = o->w.matrix->rows, in = o->w.matrix->cols, samples = o->z.matrix->rows;
    double sum = 0.0;
    for (int64_t first = 0; first < samples; first += BLOCK) {
        const int64_t n = samples - first < BLOCK ? samples - first : BLOCK;
        for (int64_t i = 0; i < n; i++) {
            plast__source_read(&o->z, first + i, o->k, o->potentials + i * out);
            plast__source_read(&o->y, first + i, o->k - 2 * o->w.exponent, o->activities + i * out);
        }
        const plast__operand y = { o->activities, out, 0 }, w = { o->weights, in, 0 };
        const plast__operand back = { o->back, in, 0 }, turned = { o->weights, in, 1 };
        plast__gemm(PLAST_F64, n, in, out, 1.0, y, w, 0.0, o->back, in);
        plast__gemm(PLAST_F64, n, out, in, -1.0, back, turned, 1.0, o->potentials, out);
        sum += plast__square(n * out, o->potentials);
    }
    return sum;
}

static plast_status check(plast_context *context, const plast_matrix *weights, const plast_matrix *potentials,
                          const plast_matrix *activities, work *o)
{
    plast_status status = plast__source_check_counted(context, weights, "weights", &o->w);
    if (status == PLAST_OK)
        status = plast__source_check(context, potentials, "potentials", -1, weights->rows, &o->z);
    if (status == PLAST_OK)
        status = plast__source_check(context, activities, "activities", potentials->rows, weights->rows, &o->y);
    if (status != PLAST_OK)
        return status;
    o->k = o->y.exponent + 2 * o->w.exponent;
    o->k = o->k > o->z.exponent ? o->k : o->z.exponent;
    return PLAST_OK;
}

plast_status plast_measure_activity_orthonormality(plast_context *context, const plast_matrix *weights,
                                                   const plast_matrix *potentials, const plast_matrix *activities,
                                                   double *mean, double *sum)
{
    work o = { .k = 0 };
    plast_status status = check(context, weights, potentials, activities, &o);
    if (status == PLAST_OK)
        status = plast__places_check(context, mean != NULL || sum != NULL);
    if (status != PLAST_OK)
        return status;
    const int64_t out = weights->rows, samples = potentials->rows, n = samples < BLOCK ? samples : BLOCK;
    o.weights = plast__source_copy(context, &o.w, o.w.exponent);
    o.potentials = plast__allocate_rows(context, n, out, sizeof(double));
    o.activities = plast__allocate_rows(context, n, out, sizeof(double));
    o.back = plast__allocate_rows(context, n, weights->cols, sizeof(double));
    if (o.weights == NULL || o.potentials == NULL || o.activities == NULL || o.back == NULL) {
        status = plast__no_memory(context, "the measure of orthonormality");
    } else {
        const double total = residual(&o);
        const plast__result results[] = { { "the mean error", mean, total / (double)samples, 2 * o.k },
                                          { "the summed error", sum, total, 2 * o.k } };
        status = plast__results_write(context, 2, results);
    }
    plast__release(context, o.back);
    plast__release(context, o.activities);
    plast__release(context, o.potentials);
    plast__release(context, o.weights);
    return status;
}
