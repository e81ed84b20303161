/* SPDX-License-Identifier: MIT */
#include "core/activity.h"

#include "base/memory.h"
#include "base/scalar.h"

static int allocate(plast_context *context, const plast__model *model, plast__activities *a)
{
    const int64_t size = plast__size(model->dtype);
    for (int32_t i = 0; i < a->count; i++) {
        plast__activity *one = &a->of[i];
        const int64_t ld = model->populations[i].ld;
        void **const arrays[] = { &one->y, &one->y_before, &one->z, &one->slope, &one->s };
        const int wanted = i == 0 ? 2 : 5; /* the input population has activity alone */
        for (int k = 0; k < wanted; k++) {
            *arrays[k] = plast__allocate_rows(context, a->batch, ld, size);
            if (*arrays[k] == NULL)
                return 0;
        }
    }
    a->target = plast__allocate(context, model->populations[a->count - 1].ld, size);
    return a->target != NULL;
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
        void *const arrays[] = { a->of[i].y, a->of[i].y_before, a->of[i].z, a->of[i].slope, a->of[i].s };
        for (int k = 0; k < 5; k++)
            plast__release(context, arrays[k]);
    }
    plast__release(context, a->of);
    plast__release(context, a->target);
    *a = (plast__activities){ .of = NULL };
}

void plast__activities_turn(plast__activities *a)
{
    for (int32_t i = 0; i < a->count; i++) {
        void *const y = a->of[i].y;
        a->of[i].y = a->of[i].y_before;
        a->of[i].y_before = y;
    }
}
