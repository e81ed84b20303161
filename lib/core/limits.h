/* SPDX-License-Identifier: MIT
 *
 * What the weights of a group may be, beside its mask: one interval for each unit, from that unit's sign (Dale's law)
 * and from the bounds of all. A partner has the group's own limits, row by row. */
#ifndef PLAST_CORE_LIMITS_H
#define PLAST_CORE_LIMITS_H

#include "core/model.h"

typedef struct plast__limits plast__limits;

struct plast__limits {
    double lower, upper; /* of all weights, infinite = none */
    int64_t units;       /* pre units of the group that they were set for */
    int32_t by_row;      /* these units are the rows of the stored matrix, not its columns */
    void *low, *high;    /* the interval of each unit, in the network's number type */
    void *sign;          /* 1, -1, or 0 = free, of each unit */
};

/* That allow everything, in one block of memory. */
plast_status plast__limits_create(const plast__model *model, const plast__group *group, plast__limits **made);
plast_status plast__limits_copy(const plast__model *model, const plast__limits *from, plast__limits **made);
/* Finds the intervals once signs or bounds were written. PLAST_E_RANGE when one of them is empty, or leaves out the 0
 * that the mask (NULL = none) demands. */
plast_status plast__limits_settle(const plast__model *model, const plast__group *group, const void *mask,
                                  plast__limits *limits);
/* Whether they allow everything. */
int plast__limits_free(const plast__model *model, const plast__limits *limits);
/* Whether both are the same signs and bounds; NULL allows everything. */
int plast__limits_same(const plast__model *model, const plast__limits *a, const plast__limits *b);
/* Cuts row `row` of the group's shape. */
void plast__limits_apply(const plast__model *model, const plast__group *group, const plast__limits *limits, int64_t row,
                         void *weights);
/* No |weight| grows by being cut, unless to this. */
double plast__limits_least(const plast__limits *limits);

#endif
