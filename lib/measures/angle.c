/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "measures/source.h"

#include <math.h>
#include <plasticity/measures.h>

typedef struct pair {
    plast__source a, b;
    double *of_a, *of_b; /* one row each */
} pair;

/* Scale and norm of some rows taken as one vector; norm 0 when all are zero. */
typedef struct length {
    int exponent;
    double norm; /* in units of 2^exponent */
} length;

static length measure(const plast__source *source, int64_t first, int64_t count, double *row)
{
    const int64_t cols = source->matrix->cols;
    length l = { PLAST__NO_EXPONENT, 0.0 };
    for (int64_t i = first; i < first + count; i++) {
        plast__source_read(source, i, 0, row);
        const int exponent = plast__exponent(cols, row);
        l.exponent = exponent > l.exponent ? exponent : l.exponent;
    }
    for (int64_t i = first; i < first + count; i++) {
        plast__source_read(source, i, l.exponent, row);
        l.norm += plast__square(cols, row);
    }
    l.norm = sqrt(l.norm);
    return l;
}

/* The angle of u = a / |a| and v = b / |b| is 2 atan2(|u - v|, |u + v|): equal to arccos <u, v>, and exact where arccos
 * has lost half the digits (Kahan). Returns 0 when a or b is zero. */
static int find_angle(const pair *p, int64_t first, int64_t count, double *radians)
{
    const length a = measure(&p->a, first, count, p->of_a), b = measure(&p->b, first, count, p->of_b);
    double apart = 0.0, together = 0.0;
    if (a.norm == 0.0 || b.norm == 0.0)
        return 0;
    for (int64_t i = first; i < first + count; i++) {
        plast__source_read(&p->a, i, a.exponent, p->of_a);
        plast__source_read(&p->b, i, b.exponent, p->of_b);
        for (int64_t j = 0; j < p->a.matrix->cols; j++) {
            const double u = p->of_a[j] / a.norm, v = p->of_b[j] / b.norm;
            apart += (u - v) * (u - v);
            together += (u + v) * (u + v);
        }
    }
    *radians = 2.0 * atan2(sqrt(apart), sqrt(together));
    return 1;
}

static int find_mean_of_rows(const pair *p, double *radians)
{
    int64_t counted = 0;
    double sum = 0.0, one = 0.0;
    for (int64_t i = 0; i < p->a.matrix->rows; i++) {
        if (find_angle(p, i, 1, &one)) {
            sum += one;
            counted++;
        }
    }
    if (counted == 0)
        return 0;
    *radians = sum / (double)counted;
    return 1;
}

/* Mean of the rows in units of 2^exponent; `mean` starts at 0. */
static void average(const plast__source *source, double *row, double *mean)
{
    const int64_t rows = source->matrix->rows, cols = source->matrix->cols;
    for (int64_t i = 0; i < rows; i++) {
        plast__source_read(source, i, source->exponent, row);
        for (int64_t j = 0; j < cols; j++)
            mean[j] += row[j] / (double)rows;
    }
}

/* `means` has room for two rows and starts at 0. */
static int find_angle_of_means(const pair *p, double *means, double *radians)
{
    const int64_t cols = p->a.matrix->cols;
    average(&p->a, p->of_a, means);
    average(&p->b, p->of_b, means + cols);
    const plast_matrix a = plast_matrix_f64(means, 1, cols), b = plast_matrix_f64(means + cols, 1, cols);
    const pair mean = { { &a, 0 }, { &b, 0 }, p->of_a, p->of_b };
    return find_angle(&mean, 0, 1, radians);
}

static plast_status check(plast_context *context, const plast_matrix *a, const plast_matrix *b, int32_t kind, pair *p)
{
    plast_status status = plast__source_check(context, a, "a", -1, -1, &p->a);
    if (status == PLAST_OK)
        status = plast__source_check(context, b, "b", a->rows, a->cols, &p->b);
    if (status == PLAST_OK && (kind < PLAST_ANGLE_FLATTENED || kind > PLAST_ANGLE_MEANS))
        status = plast__fail(context, PLAST_E_INVALID, "kind of angle is %d, expected PLAST_ANGLE_... (%d to %d)", kind,
                             PLAST_ANGLE_FLATTENED, PLAST_ANGLE_MEANS);
    return status;
}

static plast_status no_angle(plast_context *context, int32_t kind)
{
    static const char *const where[] = { "is all zero", "is zero in each row", "is zero in the mean of its rows" };
    return plast__fail(context, PLAST_E_RANGE, "a or b %s, an angle needs two directions", where[kind]);
}

plast_status plast_measure_angle(plast_context *context, const plast_matrix *a, const plast_matrix *b, int32_t kind,
                                 double *degrees)
{
    const double half_turn = 180.0, pi = 3.14159265358979323846;
    pair p = { .of_a = NULL };
    plast_status status = check(context, a, b, kind, &p);
    if (status == PLAST_OK)
        status = plast__places_check(context, degrees != NULL);
    if (status != PLAST_OK)
        return status;
    double *rows = plast__allocate_rows(context, 4, a->cols, sizeof *rows), radians = 0.0;
    if (rows == NULL)
        return plast__no_memory(context, "rows to measure");
    p.of_a = rows;
    p.of_b = rows + a->cols;
    int found = 0;
    if (kind == PLAST_ANGLE_FLATTENED)
        found = find_angle(&p, 0, a->rows, &radians);
    else if (kind == PLAST_ANGLE_ROWS)
        found = find_mean_of_rows(&p, &radians);
    else
        found = find_angle_of_means(&p, rows + 2 * a->cols, &radians);
    plast__release(context, rows);
    if (!found)
        return no_angle(context, kind);
    *degrees = radians / pi * half_turn;
    return PLAST_OK;
}
