/* SPDX-License-Identifier: MIT
 *
 * What all measures do with their arguments: check them, read them as doubles scaled by a power of two, so that no
 * square overflows, and undo the scale at the end. The scale is exact. */
#ifndef PLAST_MEASURES_SOURCE_H
#define PLAST_MEASURES_SOURCE_H

#include "base/context.h"

#include <plasticity/matrix.h>

/* Below the exponent of every double: that of a matrix of zeros. */
enum { PLAST__NO_EXPONENT = -1100 };

/* A checked argument: all |entries| are below 2^exponent, and one is at least half of that. */
typedef struct plast__source {
    const plast_matrix *matrix;
    int exponent;
} plast__source;

/* Real numbers, all finite; rows or cols of -1 may be anything above 0. */
plast_status plast__source_check(plast_context *context, const plast_matrix *matrix, const char *name, int64_t rows,
                                 int64_t cols, plast__source *source);
/* The same of any shape whose rows and columns BLAS can count. */
plast_status plast__source_check_counted(plast_context *context, const plast_matrix *matrix, const char *name,
                                         plast__source *source);

/* Row times 2^-exponent. */
void plast__source_read(const plast__source *source, int64_t row, int exponent, double *out);
/* All rows times 2^-exponent, dense; NULL when there is no memory. The caller releases it. */
double *plast__source_copy(plast_context *context, const plast__source *source, int exponent);

/* Exponent as in plast__source of the row numbers at v. */
int plast__exponent(int64_t n, const double *v);
/* v times 2^-exponent. */
void plast__scale(int64_t n, double *v, int exponent);
/* Sum of squares. */
double plast__square(int64_t n, const double *v);

/* Fails unless one of the places for results is given. */
plast_status plast__places_check(plast_context *context, int any);

/* value 2^exponent and where it goes; `place` may be NULL. */
typedef struct plast__result {
    const char *name;
    double *place;
    double value;
    int exponent;
} plast__result;

/* Writes all of them, or none: PLAST_E_NOT_FINITE when a wanted one is beyond all doubles. */
plast_status plast__results_write(plast_context *context, int count, const plast__result *results);

#endif
