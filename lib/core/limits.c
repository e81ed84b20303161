/* SPDX-License-Identifier: MIT */
#include "core/limits.h"

#include "base/memory.h"
#include "base/scalar.h"

#include <math.h>
#include <string.h>

enum { HEAD = 64 }; /* the arrays begin behind it, aligned as rows are */

static plast__limits *allocate(const plast__model *model, int64_t units)
{
    _Static_assert(sizeof(plast__limits) <= HEAD, "the struct lies before the arrays");
    const int64_t size = plast__size(model->dtype), ld = plast__padded(units, size);
    plast__limits *made = plast__allocate(model->context, HEAD + 3 * ld * size, 1);
    if (made == NULL)
        return NULL;
    made->units = units;
    made->low = (unsigned char *)made + HEAD;
    made->high = plast__at(model->dtype, made->low, ld);
    made->sign = plast__at(model->dtype, made->high, ld);
    return made;
}

plast_status plast__limits_create(const plast__model *model, const plast__group *group, plast__limits **made)
{
    *made = allocate(model, group->transposed ? group->rows : group->cols);
    if (*made == NULL)
        return plast__no_memory(model->context, "signs and bounds");
    (*made)->by_row = group->transposed;
    (*made)->lower = -(double)INFINITY;
    (*made)->upper = (double)INFINITY;
    return plast__limits_settle(model, group, NULL, *made);
}

plast_status plast__limits_copy(const plast__model *model, const plast__limits *from, plast__limits **made)
{
    *made = allocate(model, from->units);
    if (*made == NULL)
        return plast__no_memory(model->context, "signs and bounds");
    const size_t bytes = (size_t)(from->units * plast__size(model->dtype));
    (*made)->lower = from->lower;
    (*made)->upper = from->upper;
    (*made)->by_row = from->by_row;
    memcpy((*made)->low, from->low, bytes);
    memcpy((*made)->high, from->high, bytes);
    memcpy((*made)->sign, from->sign, bytes);
    return PLAST_OK;
}

static int has_zero(int64_t n, int32_t dtype, const void *mask)
{
    for (int64_t i = 0; i < n; i++)
        if (plast__get(dtype, mask, i) == 0.0)
            return 1;
    return 0;
}

/* Whether the mask leaves out a synapse. */
static int leaves_out(const plast__model *model, const plast__group *group, const void *mask)
{
    for (int64_t i = 0; mask != NULL && i < group->rows; i++)
        if (has_zero(group->cols, model->dtype, plast__at_const(model->dtype, mask, i * group->ld)))
            return 1;
    return 0;
}

static plast_status check_zero(const plast__model *model, const plast__group *group, const void *mask,
                               const plast__limits *l)
{
    if ((l->lower > 0.0 || l->upper < 0.0) && leaves_out(model, group, mask))
        return plast__fail(model->context, PLAST_E_RANGE,
                           "bounds of %g to %g leave out 0, which is the weight of synapses that the mask excludes",
                           l->lower, l->upper);
    return PLAST_OK;
}

plast_status plast__limits_settle(const plast__model *model, const plast__group *group, const void *mask,
                                  plast__limits *l)
{
    const double largest = plast__largest(model->dtype);
    if (!(l->lower <= l->upper && l->lower <= largest && l->upper >= -largest))
        return plast__fail(model->context, PLAST_E_RANGE,
                           "bounds are %g to %g, expected lower <= upper and a number of the network's type between",
                           l->lower, l->upper);
    for (int64_t j = 0; j < l->units; j++) {
        const double sign = plast__get(model->dtype, l->sign, j);
        if ((sign > 0.0 && l->upper < 0.0) || (sign < 0.0 && l->lower > 0.0))
            return plast__fail(model->context, PLAST_E_RANGE, "bounds are %g to %g, but the sign of unit %lld is %g",
                               l->lower, l->upper, (long long)j, sign);
        plast__set(model->dtype, l->low, j, sign > 0.0 ? fmax(l->lower, 0.0) : l->lower);
        plast__set(model->dtype, l->high, j, sign < 0.0 ? fmin(l->upper, 0.0) : l->upper);
    }
    return check_zero(model, group, mask, l);
}

int plast__limits_free(const plast__model *model, const plast__limits *limits)
{
    return isinf(limits->lower) && isinf(limits->upper) && model->kernels->max_abs(limits->units, limits->sign) == 0.0;
}

int plast__limits_same(const plast__model *model, const plast__limits *a, const plast__limits *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->lower == b->lower && a->upper == b->upper && a->by_row == b->by_row && a->units == b->units &&
           memcmp(a->sign, b->sign, (size_t)(a->units * plast__size(model->dtype))) == 0;
}

void plast__limits_apply(const plast__model *model, const plast__group *group, const plast__limits *limits, int64_t row,
                         void *weights)
{
    if (limits->by_row)
        model->kernels->clamp(group->cols, plast__get(model->dtype, limits->low, row),
                              plast__get(model->dtype, limits->high, row), weights, weights);
    else
        model->kernels->limit(group->cols, limits->low, limits->high, weights, weights);
}

double plast__limits_least(const plast__limits *limits)
{
    return fmax(fmax(limits->lower, -limits->upper), 0.0) * (1.0 + 0x1p-10); /* the rest is for rounding */
}
