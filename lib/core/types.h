/* SPDX-License-Identifier: MIT
 *
 * Cell types of a population, and recurrent weights averaged over them: Wab, of which an entry is the mean of W over
 * all pairs of a post unit of one type and a pre unit of another, absent synapses counting as the 0 that they are. It
 * is kept as types x types numbers and multiplied by way of sums over types; never as units x units. */
#ifndef PLAST_CORE_TYPES_H
#define PLAST_CORE_TYPES_H

#include "core/model.h"

typedef struct plast__types {
    int64_t units;
    int64_t count;        /* the largest type and one */
    int64_t ld;           /* count padded to 64 bytes */
    int32_t own;          /* each unit has a type of its own: Wab is W, and there are no means */
    int32_t *of;          /* type of each unit */
    int32_t *order;       /* units by type */
    int64_t *members;     /* units of each type */
    int64_t *next;        /* work, by type */
    void *means;          /* count x ld: post type, pre type */
    void *row, *sum, *at; /* work: pre units; types; types */
    double *matrix;       /* work, count x count: it has the eigenvalues of Wab that are not 0 */
    double *re, *im, *work;
    int64_t length; /* of `work` */
} plast__types;

/* Types 0 ... count - 1 of `units` units, each below `units`, copied from `of`; NULL = one type for all. */
plast_status plast__types_create(const plast__model *model, int64_t units, const int32_t *of, plast__types **types);
void plast__types_destroy(plast_context *context, plast__types *types); /* NULL is allowed */

/* Takes the means of the recurrent group's weights as they are now. */
void plast__types_average(const plast__model *model, const plast__group *group, plast__types *types);

/* out (over pre) = Wab^T e (over post), one row for each of `rows`. */
void plast__types_back(const plast__model *model, const plast__types *types, int64_t rows, int64_t ld, const void *e,
                       void *out);

/* The spectral radius of (1 - alpha) I + alpha mu Wab^T: exact, or a bound below 1 where that comes cheaper. Infinite
 * when an entry is not finite. */
plast_status plast__types_radius(plast_context *context, const plast__model *model, const plast__group *group,
                                 const plast__types *types, double alpha, double mu, double *radius);

#endif
