/* SPDX-License-Identifier: MIT */
#include "core/activity.h"

#include "base/memory.h"
#include "base/scalar.h"

#include <math.h>

static int allocate(plast_context *context, const plast__model *model, plast__activities *a)
{
    const int64_t size = plast__size(model->dtype);
    for (int32_t i = 0; i < a->count; i++) {
        plast__activity *one = &a->of[i];
        const int64_t ld = model->populations[i].ld;
        void **const arrays[] = { &one->y, &one->y_before, &one->s, &one->s_before, &one->z, &one->slope };
        const int wanted = i == 0 ? 4 : 6; /* the input population has no potential */
        one->units = model->populations[i].units;
        for (int k = 0; k < wanted; k++) {
            *arrays[k] = plast__allocate_rows(context, a->batch, ld, size);
            if (*arrays[k] == NULL)
                return 0;
        }
    }
    a->target = plast__allocate_rows(context, a->batch, model->populations[model->output].ld, size);
    a->proxy = plast__allocate_rows(context, a->batch, model->populations[model->output].ld, size);
    return a->target != NULL && a->proxy != NULL;
}

plast_status plast__activities_create(plast_context *context, const plast__model *model, int64_t batch,
                                      plast__activities *a)
{
    *a = (plast__activities){ .count = model->population_count, .batch = batch };
    a->of = plast__allocate(context, a->count, sizeof *a->of);
    if (a->of != NULL && allocate(context, model, a))
        return PLAST_OK;
    plast__activities_destroy(context, a);
    return plast__no_memory(context, "a state");
}

void plast__activities_destroy(plast_context *context, plast__activities *a)
{
    for (int32_t i = 0; a->of != NULL && i < a->count; i++) {
        const plast__activity *one = &a->of[i];
        void *const arrays[] = { one->y, one->y_before, one->s, one->s_before, one->z, one->slope };
        for (int k = 0; k < 6; k++)
            plast__release(context, arrays[k]);
    }
    plast__release(context, a->of);
    plast__release(context, a->target);
    plast__release(context, a->proxy);
    *a = (plast__activities){ .of = NULL };
}

int plast__activities_fit(const plast__model *model, const plast__activities *a)
{
    int fit = a->count == model->population_count;
    for (int32_t i = 0; fit && i < a->count; i++)
        fit = a->of[i].units == model->populations[i].units;
    return fit;
}

/* f' as a function of y = f(z). */
static double slope_at(const plast__population *units, double y)
{
    switch (units->activation) {
    case PLAST_SOFTPLUS:
        return -expm1(-units->param * y);
    case PLAST_RELU:
        return y > 0.0 ? 1.0 : 0.0;
    case PLAST_TANH:
        return 1.0 - y * y;
    case PLAST_SIGMOID:
        return y * (1.0 - y);
    case PLAST_LEAKY_RELU:
        return y > 0.0 ? 1.0 : units->param;
    case PLAST_ELU:
        return y > 0.0 ? 1.0 : y + units->param;
    case PLAST_SCALED_TANH:
        return 2.0 / 3.0 * (1.7159 - y * y / 1.7159);
    case PLAST_RECTIFIED_TANH:
        return y > 0.0 ? 1.0 - y * y : 0.0;
    case PLAST_HARD_SIGMOID:
        return y > 0.0 && y < 1.0 ? 1.0 / 6.0 : 0.0;
    default:
        return 1.0;
    }
}

void plast__slope_times(const plast__model *model, const plast__population *units, int64_t n, const void *y, void *s)
{
    for (int64_t i = 0; i < n; i++)
        plast__set(model->dtype, s, i,
                   slope_at(units, plast__get(model->dtype, y, i)) * plast__get(model->dtype, s, i));
}

static void swap(void **a, void **b)
{
    void *const old = *a;
    *a = *b;
    *b = old;
}

void plast__activities_turn(plast__activities *a)
{
    for (int32_t i = 0; i < a->count; i++) {
        swap(&a->of[i].y, &a->of[i].y_before);
        swap(&a->of[i].s, &a->of[i].s_before);
    }
}
