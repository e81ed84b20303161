/* SPDX-License-Identifier: MIT */
#include "core/model.h"

#include "base/memory.h"
#include "base/scalar.h"
#include "core/limits.h"
#include "core/rule.h"
#include "core/types.h"
#include "linalg/blas.h"

#include <math.h>
#include <string.h>

/* Arrays of populations and groups double, so that adding a layer seldom allocates. */
static void *grown(plast_context *context, void *array, int32_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return array;
    void *larger = plast__allocate(context, count > 0 ? 2 * (int64_t)count : 1, (int64_t)size);
    if (larger != NULL && count > 0)
        memcpy(larger, array, (size_t)count * size);
    if (larger != NULL)
        plast__release(context, array);
    return larger;
}

plast_status plast__model_add_population(plast__model *model, const plast__population *options, int32_t *index)
{
    plast__population made = *options;
    const int64_t size = plast__size(model->dtype);
    const plast_status status = plast__blas_fits(model->context, "number of units", made.units);
    if (status != PLAST_OK)
        return status;
    made.ld = plast__padded(made.units, size);
    if (made.ld > INT32_MAX)
        return plast__blas_fits(model->context, "number of units, padded,", made.ld);
    plast__population *larger =
        grown(model->context, model->populations, model->population_count, sizeof *model->populations);
    if (larger == NULL)
        return plast__no_memory(model->context, "a population");
    model->populations = larger;
    if (made.has_bias) {
        made.bias = plast__allocate(model->context, made.ld, size);
        if (made.bias == NULL)
            return plast__no_memory(model->context, "biases");
    }
    if (made.has_state && plast__types_create(model, made.units, NULL, &made.types) != PLAST_OK) {
        plast__release(model->context, made.bias);
        return PLAST_E_NOMEM;
    }
    *index = model->population_count;
    larger[model->population_count++] = made;
    return PLAST_OK;
}

/* New weights for the group; *weights is untouched on failure. */
static plast_status draw_new(plast__model *model, const plast__group *group, void **weights)
{
    void *made = plast__allocate_rows(model->context, group->rows, group->ld, plast__size(model->dtype));
    if (made == NULL)
        return plast__no_memory(model->context, "weights");
    plast_status status = plast__group_draw(model, group, made);
    if (status == PLAST_OK && model->kernels->max_abs(group->rows * group->ld, made) > plast__largest(model->dtype))
        status =
            plast__fail(model->context, PLAST_E_RANGE, "initial weights overflow: gain is %g", group->initialiser.gain);
    if (status != PLAST_OK)
        plast__release(model->context, made);
    else
        *weights = made;
    return status;
}

plast_status plast__model_add_group(plast__model *model, const plast__group *options, int32_t *index)
{
    plast__group made = *options;
    made.rows = plast__row_units(model, &made)->units;
    made.cols = plast__column_units(model, &made)->units;
    made.ld = plast__column_units(model, &made)->ld;
    plast__group *larger = grown(model->context, model->groups, model->group_count, sizeof *model->groups);
    if (larger == NULL)
        return plast__no_memory(model->context, "a synapse group");
    model->groups = larger;
    const plast_status status = draw_new(model, &made, &made.weights);
    if (status != PLAST_OK)
        return status;
    plast__group_measure(model, &made);
    *index = model->group_count;
    larger[model->group_count++] = made;
    return PLAST_OK;
}

static void release_moments(plast_context *context, void *moment[PLAST__MOMENTS])
{
    for (int i = 0; i < PLAST__MOMENTS; i++) {
        plast__release(context, moment[i]);
        moment[i] = NULL;
    }
}

static void release_group(plast_context *context, plast__group *group)
{
    plast__release(context, group->weights);
    plast__release(context, group->mask);
    plast__release(context, group->limits);
    release_moments(context, group->moment);
    while (group->rules != NULL) {
        plast__attachment *first = group->rules;
        group->rules = first->next;
        plast__release(context, first->slow);
        plast__release(context, first);
    }
}

static void release_beyond(plast__model *model, int32_t populations, int32_t groups)
{
    while (model->group_count > groups)
        release_group(model->context, &model->groups[--model->group_count]);
    while (model->population_count > populations) {
        plast__population *last = &model->populations[--model->population_count];
        plast__release(model->context, last->bias);
        plast__types_destroy(model->context, last->types);
        release_moments(model->context, last->moment);
    }
}

void plast__model_truncate(plast__model *model, int32_t populations, int32_t groups)
{
    release_beyond(model, populations, groups);
    if (groups == 0) {
        plast__release(model->context, model->groups);
        model->groups = NULL;
    }
    if (populations == 0) {
        plast__release(model->context, model->populations);
        model->populations = NULL;
    }
}

/* A copy of the first `count` with the room that grown() expects. */
static void *copied(plast_context *context, const void *array, int32_t count, size_t size)
{
    int64_t room = 1;
    while (room < count)
        room *= 2;
    void *copy = plast__allocate(context, room, (int64_t)size);
    if (copy != NULL && count > 0)
        memcpy(copy, array, (size_t)count * size);
    return copy;
}

plast_status plast__model_fork(plast__model *model, int32_t populations, int32_t groups)
{
    plast__population *p = copied(model->context, model->populations, populations, sizeof *p);
    plast__group *g = copied(model->context, model->groups, groups, sizeof *g);
    if (p == NULL || g == NULL) {
        plast__release(model->context, p);
        plast__release(model->context, g);
        return plast__no_memory(model->context, "populations and synapse groups");
    }
    model->populations = p;
    model->population_count = populations;
    model->groups = g;
    model->group_count = groups;
    return PLAST_OK;
}

void plast__model_drop(plast__model *model, int32_t populations, int32_t groups)
{
    release_beyond(model, populations, groups);
    plast__release(model->context, model->populations);
    plast__release(model->context, model->groups);
}

/* One array of moments, unless it is there. */
static int ensure(plast_context *context, void **moment, int64_t rows, int64_t ld, int64_t size)
{
    if (*moment == NULL)
        *moment = plast__allocate_rows(context, rows, ld, size);
    return *moment != NULL;
}

plast_status plast__model_ensure_moments(plast__model *model, int32_t count)
{
    const int64_t size = plast__size(model->dtype);
    for (int32_t m = 0; m < count; m++) {
        for (int32_t i = 0; i < model->group_count; i++) {
            plast__group *g = &model->groups[i];
            if (g->learns && !ensure(model->context, &g->moment[m], g->rows, g->ld, size))
                return plast__no_memory(model->context, "moments");
        }
        for (int32_t i = 0; i < model->population_count; i++) {
            plast__population *p = &model->populations[i];
            if (p->has_bias && !ensure(model->context, &p->moment[m], 1, p->ld, size))
                return plast__no_memory(model->context, "moments");
        }
    }
    return PLAST_OK;
}

void plast__model_release_moments(plast__model *model)
{
    for (int32_t i = 0; i < model->group_count; i++)
        release_moments(model->context, model->groups[i].moment);
    for (int32_t i = 0; i < model->population_count; i++)
        release_moments(model->context, model->populations[i].moment);
}

static void clear(void *array, int64_t rows, int64_t ld, int64_t size)
{
    if (array != NULL)
        memset(array, 0, (size_t)(rows * ld * size));
}

void plast__attachment_reset(const plast__model *model, const plast__group *group, plast__attachment *attachment)
{
    const plast__rule_kind *kind = attachment->kind;
    for (int64_t i = 0; attachment->slow != NULL && i < group->rows; i++)
        plast__set(model->dtype, attachment->slow, i,
                   kind->slow_start == NULL ? 0.0 : kind->slow_start(attachment->values));
}

static void reset_all_but_weights(plast__model *model)
{
    const int64_t size = plast__size(model->dtype);
    for (int32_t i = 0; i < model->group_count; i++) {
        const plast__group *g = &model->groups[i];
        for (int m = 0; m < PLAST__MOMENTS; m++)
            clear(g->moment[m], g->rows, g->ld, size);
        for (plast__attachment *a = g->rules; a != NULL; a = a->next)
            plast__attachment_reset(model, g, a);
    }
    for (int32_t i = 0; i < model->population_count; i++) {
        plast__population *p = &model->populations[i];
        clear(p->bias, 1, p->ld, size);
        p->bound = 0.0;
        for (int m = 0; m < PLAST__MOMENTS; m++)
            clear(p->moment[m], 1, p->ld, size);
    }
}

plast_status plast__model_reset(plast__model *model, uint64_t seed)
{
    const uint64_t old_seed = model->seed;
    void **drawn = plast__allocate(model->context, model->group_count, sizeof *drawn);
    plast_status status = drawn == NULL ? plast__no_memory(model->context, "a reset") : PLAST_OK;
    model->seed = seed;
    for (int32_t i = 0; status == PLAST_OK && i < model->group_count; i++)
        status = draw_new(model, &model->groups[i], &drawn[i]);
    for (int32_t i = 0; drawn != NULL && i < model->group_count; i++) {
        plast__group *g = &model->groups[i];
        if (status == PLAST_OK) { /* copied, for the host may hold views of the weights */
            memcpy(g->weights, drawn[i], (size_t)(g->rows * g->ld * plast__size(model->dtype)));
            plast__group_project(model, g);
            plast__group_measure(model, g);
        }
        plast__release(model->context, drawn[i]);
    }
    plast__release(model->context, drawn);
    if (status == PLAST_OK)
        reset_all_but_weights(model);
    else
        model->seed = old_seed;
    return status;
}

void plast__group_measure(const plast__model *model, plast__group *group)
{
    group->bound = model->kernels->max_abs(group->rows * group->ld, group->weights);
}

plast_status plast__group_mask_no_self(const plast__model *model, const plast__group *group, void **made)
{
    *made = plast__allocate_rows(model->context, group->rows, group->ld, plast__size(model->dtype));
    if (*made == NULL)
        return plast__no_memory(model->context, "a mask");
    for (int64_t i = 0; i < group->rows; i++)
        for (int64_t j = 0; j < group->cols; j++)
            plast__set(model->dtype, *made, i * group->ld + j, i % group->cols == j ? 0.0 : 1.0);
    return PLAST_OK;
}

plast_status plast__group_copy_mask(const plast__model *model, const plast__group *group, const void *mask, void **copy)
{
    *copy = plast__allocate_rows(model->context, group->rows, group->ld, plast__size(model->dtype));
    if (*copy == NULL)
        return plast__no_memory(model->context, "a mask");
    memcpy(*copy, mask, (size_t)(group->rows * group->ld * plast__size(model->dtype)));
    return PLAST_OK;
}

plast_status plast__group_constrain_alike(const plast__model *model, const plast__group *group, plast__group *partner)
{
    plast_status status = PLAST_OK;
    if (group->mask != NULL)
        status = plast__group_copy_mask(model, group, group->mask, &partner->mask);
    if (status == PLAST_OK && group->limits != NULL)
        status = plast__limits_copy(model, group->limits, &partner->limits);
    if (status == PLAST_OK)
        plast__group_project(model, partner);
    return status;
}

void plast__group_project(const plast__model *model, plast__group *group)
{
    for (int64_t i = 0; (group->mask != NULL || group->limits != NULL) && i < group->rows; i++)
        plast__group_project_row(model, group, i);
    if (group->limits != NULL)
        group->bound = fmax(group->bound, plast__limits_least(group->limits));
}

void plast__group_project_row(const plast__model *model, const plast__group *group, int64_t row)
{
    void *w = plast__at(model->dtype, group->weights, row * group->ld);
    if (group->mask != NULL)
        model->kernels->multiply(group->cols, w, plast__at_const(model->dtype, group->mask, row * group->ld), w);
    if (group->limits != NULL)
        plast__limits_apply(model, group, group->limits, row, w);
}
