/* SPDX-License-Identifier: MIT */
#include "core/activity.h"

#include "base/memory.h"
#include "base/scalar.h"

#include <math.h>

/* Rows before the first. */
static int64_t lead_of(const plast__activities *a, const plast__population *p)
{
    return p->has_state ? a->room : 0;
}

static int allocate_one(plast_context *context, const plast__model *model, int32_t index, plast__activities *a)
{
    const plast__population *p = &model->populations[index];
    const int64_t size = plast__size(model->dtype), lead = lead_of(a, p);
    plast__activity *one = &a->of[index];
    const int units = index > 0 && !p->is_initial; /* the input population has no potential */
    const struct {
        void **array;
        int64_t lead, rows; /* 0 rows: not wanted */
    } wanted[] = { { &one->s, 0, p->is_initial ? a->room : a->batch },
                   { &one->y, lead, p->is_initial ? 0 : a->batch },
                   { &one->y_before, lead, p->is_initial ? 0 : a->batch },
                   { &one->s_before, 0, p->is_initial ? a->room : a->batch },
                   { &one->z, lead, units ? a->batch : 0 },
                   { &one->slope, lead, units ? a->batch : 0 },
                   { &one->u, 0, p->through_time ? a->batch : 0 },
                   { &one->carry_y, 0, lead },
                   { &one->carry_z, 0, lead },
                   { &one->work, 0, p->has_state || p->through_time ? 2 * a->room : 0 } };
    one->units = p->units;
    one->lead = lead * p->ld * size;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (wanted[i].rows == 0)
            continue;
        void *made = plast__allocate_rows(context, wanted[i].lead + wanted[i].rows, p->ld, size);
        if (made == NULL)
            return 0;
        *wanted[i].array = plast__at(model->dtype, made, wanted[i].lead * p->ld);
    }
    return 1;
}

/* Room for the largest group: layers go through their steps one after the other. */
static int allocate_turned(plast_context *context, const plast__model *model, plast__activities *a)
{
    int64_t largest = 0;
    for (int32_t i = 0; i < model->group_count; i++) {
        const plast__group *group = &model->groups[i];
        const int64_t wanted = plast__turns(group) ? group->cols * model->populations[group->post].ld : 0;
        largest = wanted > largest ? wanted : largest;
    }
    if (largest > 0 && a->batch > 1)
        a->turned = plast__allocate_rows(context, 1, largest, plast__size(model->dtype));
    return largest == 0 || a->batch == 1 || a->turned != NULL;
}

static int allocate(plast_context *context, const plast__model *model, plast__activities *a)
{
    const int64_t size = plast__size(model->dtype), ld = model->populations[model->output].ld;
    for (int32_t i = 0; i < a->count; i++)
        if (!allocate_one(context, model, i, a))
            return 0;
    a->target = plast__allocate_rows(context, a->batch, ld, size);
    a->proxy = plast__allocate_rows(context, a->batch, ld, size);
    return a->target != NULL && a->proxy != NULL && allocate_turned(context, model, a);
}

plast_status plast__activities_create(plast_context *context, const plast__model *model, int64_t batch, int64_t room,
                                      plast__activities *a)
{
    *a = (plast__activities){ .count = model->population_count, .batch = batch, .room = room };
    a->of = plast__allocate(context, a->count, sizeof *a->of);
    if (a->of != NULL && allocate(context, model, a))
        return PLAST_OK;
    plast__activities_destroy(context, a);
    return plast__no_memory(context, "a state");
}

static void release_led(plast_context *context, void *array, int64_t lead)
{
    if (array != NULL)
        plast__release(context, (unsigned char *)array - lead);
}

void plast__activities_destroy(plast_context *context, plast__activities *a)
{
    for (int32_t i = 0; a->of != NULL && i < a->count; i++) {
        const plast__activity *one = &a->of[i];
        void *const led[] = { one->y, one->y_before, one->z, one->slope };
        void *const plain[] = { one->s,       one->s_before, one->u,     one->carry_y,
                                one->carry_z, one->work,     one->trace, one->rates };
        for (size_t k = 0; k < sizeof led / sizeof led[0]; k++)
            release_led(context, led[k], one->lead);
        for (size_t k = 0; k < sizeof plain / sizeof plain[0]; k++)
            plast__release(context, plain[k]);
    }
    for (int32_t i = 0; i < a->trace_count; i++) {
        plast__release(context, a->traces[i].p);
        plast__release(context, a->traces[i].filtered);
        plast__release(context, a->traces[i].gradient);
    }
    plast__release(context, a->traces);
    plast__release(context, a->sensitivities);
    plast__release(context, a->push_work);
    plast__release(context, a->of);
    plast__release(context, a->turned);
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

void plast__activities_plain(plast__activities *a)
{
    for (int32_t i = 0; i < a->count; i++) {
        a->of[i].error = a->of[i].instant = a->of[i].s;
        a->of[i].presynaptic = a->of[i].y;
        a->of[i].share = 1.0;
        a->of[i].largest_error = -1.0;
    }
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
