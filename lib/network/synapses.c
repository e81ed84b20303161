/* SPDX-License-Identifier: MIT
 *
 * Synapse groups as the caller sees them: n_out x n_in, however they are stored. */
#include "network/network.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"
#include "core/limits.h"

#include <math.h>
#include <string.h>

plast_status plast__synapses_find(const plast_synapses *synapses, plast__group **group)
{
    if (synapses == NULL)
        return PLAST_E_INVALID;
    if (synapses->group < 0)
        return plast__fail(synapses->model->context, PLAST_E_STATE,
                           "the synapse group went with the feedback scheme that it belonged to");
    *group = &synapses->model->groups[synapses->group];
    return PLAST_OK;
}

/* The caller's view of the stored matrix, or of another array of its shape. */
static plast_matrix view_of(const plast__model *model, const plast__group *g, void *data)
{
    return (plast_matrix){ .data = data,
                           .rows = g->transposed ? g->cols : g->rows,
                           .cols = g->transposed ? g->rows : g->cols,
                           .row_stride = g->transposed ? 1 : g->ld,
                           .col_stride = g->transposed ? g->ld : 1,
                           .dtype = model->dtype,
                           .flags = PLAST_READ_ONLY };
}

/* The other way round, without copying. */
static plast_matrix turned(const plast_matrix *m)
{
    plast_matrix t = *m;
    t.rows = m->cols;
    t.cols = m->rows;
    t.row_stride = m->col_stride;
    t.col_stride = m->row_stride;
    return t;
}

plast_status plast__network_copy_in(const plast__model *model, const char *name, const plast_matrix *from, void *to,
                                    int64_t ld, double *largest)
{
    void *row = plast__allocate(model->context, from->cols, plast__size(model->dtype));
    if (row == NULL)
        return plast__no_memory(model->context, name);
    *largest = 0.0;
    for (int64_t i = 0; i < from->rows; i++) {
        plast__matrix_read_row(from, i, model->dtype, row);
        *largest = fmax(*largest, model->kernels->max_abs(from->cols, row));
    }
    for (int64_t i = 0; isfinite(*largest) && i < from->rows; i++)
        plast__matrix_read_row(from, i, model->dtype, plast__at(model->dtype, to, i * ld));
    plast__release(model->context, row);
    if (!isfinite(*largest))
        return plast__fail(model->context, PLAST_E_NOT_FINITE,
                           "%s has an entry that is not finite in the network's type", name);
    return PLAST_OK;
}

plast_status plast_synapses_set_frozen(plast_synapses *synapses, int32_t frozen)
{
    plast__group *g = NULL;
    plast_status status = plast__synapses_find(synapses, &g);
    if (status == PLAST_OK)
        status = plast__network_check_frozen(synapses->model->context, frozen);
    if (status == PLAST_OK)
        g->frozen = frozen;
    return status;
}

int32_t plast_synapses_frozen(const plast_synapses *synapses)
{
    return synapses != NULL && synapses->group >= 0 && synapses->model->groups[synapses->group].frozen;
}

plast_status plast_synapses_view(const plast_synapses *synapses, plast_matrix *view)
{
    plast__group *g = NULL;
    const plast_status status = plast__synapses_find(synapses, &g);
    if (status != PLAST_OK)
        return status;
    if (view == NULL)
        return plast__fail(synapses->model->context, PLAST_E_INVALID, "place for the view is NULL");
    *view = view_of(synapses->model, g, g->weights);
    return PLAST_OK;
}

static plast_status check_shape(const plast_synapses *synapses, const plast__group *g, const char *name,
                                const plast_matrix *m, int32_t types, int32_t output)
{
    const plast_matrix own = view_of(synapses->model, g, g->weights);
    const plast__expected expected = { name, own.rows, own.cols, types, output };
    return plast__matrix_check(synapses->model->context, m, &expected);
}

plast_status plast_synapses_set_weights(plast_synapses *synapses, const plast_matrix *weights)
{
    plast__group *g = NULL;
    double largest = 0.0;
    plast_status status = plast__synapses_find(synapses, &g);
    if (status == PLAST_OK)
        status = check_shape(synapses, g, "weights", weights, PLAST__REALS, 0);
    if (status != PLAST_OK)
        return status;
    const plast_matrix stored = g->transposed ? turned(weights) : *weights;
    status = plast__network_copy_in(synapses->model, "weights", &stored, g->weights, g->ld, &largest);
    if (status == PLAST_OK) {
        g->bound = largest;
        plast__group_project(synapses->model, g);
    }
    return status;
}

/* Copies a stored array out. */
static void copy_out(const plast__model *model, const plast__group *g, const void *stored, const plast_matrix *to)
{
    const plast_matrix target = g->transposed ? turned(to) : *to;
    for (int64_t i = 0; i < g->rows; i++)
        plast__matrix_write_row(&target, i, model->dtype, plast__at_const(model->dtype, stored, i * g->ld));
}

plast_status plast_synapses_get_weights(const plast_synapses *synapses, const plast_matrix *weights)
{
    plast__group *g = NULL;
    plast_status status = plast__synapses_find(synapses, &g);
    if (status == PLAST_OK)
        status = check_shape(synapses, g, "weights", weights, PLAST__REALS, 1);
    if (status == PLAST_OK)
        copy_out(synapses->model, g, g->weights, weights);
    return status;
}

/* Entries must be 0 or 1, and 0 where the layer's options say so. */
static plast_status check_mask(const plast__model *model, const plast__group *g, const void *stored)
{
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t j = 0; j < g->cols; j++) {
            const double entry = plast__get(model->dtype, stored, i * g->ld + j);
            if (entry != 0.0 && entry != 1.0)
                return plast__fail(model->context, PLAST_E_RANGE, "mask[%lld][%lld] is %g, expected 0 or 1",
                                   (long long)(g->transposed ? j : i), (long long)(g->transposed ? i : j), entry);
            if (g->no_self && entry == 1.0 && i % g->cols == j)
                return plast__fail(model->context, PLAST_E_INVALID,
                                   "mask[%lld][%lld] is 1, but layer %d was made without synapses of units onto "
                                   "themselves (no_self)",
                                   (long long)i, (long long)j, g->layer);
        }
    return PLAST_OK;
}

/* A stored copy of the caller's mask; *made stays NULL when there is none. */
static plast_status read_mask(const plast_synapses *synapses, const plast__group *g, const plast_matrix *mask,
                              void **made)
{
    const plast__model *model = synapses->model;
    if (mask == NULL)
        return g->no_self ? plast__group_mask_no_self(model, g, made) : PLAST_OK;
    plast_status status = check_shape(synapses, g, "mask", mask, PLAST__REALS | PLAST__U8S, 0);
    if (status != PLAST_OK)
        return status;
    *made = plast__allocate_rows(model->context, g->rows, g->ld, plast__size(model->dtype));
    if (*made == NULL)
        return plast__no_memory(model->context, "a mask");
    const plast_matrix stored = g->transposed ? turned(mask) : *mask;
    for (int64_t i = 0; i < g->rows; i++)
        plast__matrix_read_row(&stored, i, model->dtype, plast__at(model->dtype, *made, i * g->ld));
    status = check_mask(model, g, *made);
    if (status != PLAST_OK) {
        plast__release(model->context, *made);
        *made = NULL;
    }
    return status;
}

static int same_mask(const plast__model *model, const plast__group *g, const void *a, const void *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return memcmp(a, b, (size_t)(g->rows * g->ld * plast__size(model->dtype))) == 0;
}

const plast__group *plast__synapses_leader(const plast_synapses *synapses)
{
    const plast__model *model = synapses->model;
    for (int32_t i = 0; synapses->group > 0 && i < model->group_count; i++)
        if (model->groups[i].partner == synapses->group)
            return &model->groups[i];
    return NULL;
}

/* The mask of a group that follows another is the other's, transposed. */
static plast_status check_leader(const plast_synapses *synapses, const plast__group *g, const void *mask)
{
    const plast__group *leader = plast__synapses_leader(synapses);
    if (leader != NULL && !same_mask(synapses->model, g, mask, leader->mask))
        return plast__fail(synapses->model->context, PLAST_E_STATE,
                           "these synapses follow the forward ones of layer %d and have their mask, transposed: set "
                           "it there",
                           leader->layer);
    return PLAST_OK;
}

static void put_mask(const plast__model *model, plast__group *g, void *mask)
{
    plast__release(model->context, g->mask);
    g->mask = mask;
    plast__group_project(model, g);
}

plast_status plast_synapses_set_mask(plast_synapses *synapses, const plast_matrix *mask)
{
    plast__group *g = NULL;
    void *made = NULL, *partners = NULL;
    plast_status status = plast__synapses_find(synapses, &g);
    if (status != PLAST_OK)
        return status;
    const plast__model *model = synapses->model;
    plast__group *partner = g->partner > 0 ? &model->groups[g->partner] : NULL;
    status = read_mask(synapses, g, mask, &made);
    if (status == PLAST_OK)
        status = check_leader(synapses, g, made);
    if (status == PLAST_OK && g->limits != NULL)
        status = plast__limits_settle(model, g, made, g->limits);
    if (status == PLAST_OK && partner != NULL && made != NULL)
        status = plast__group_copy_mask(model, g, made, &partners);
    if (status != PLAST_OK) {
        plast__release(model->context, made);
        return status;
    }
    put_mask(model, g, made);
    if (partner != NULL)
        put_mask(model, partner, partners);
    return PLAST_OK;
}

plast_status plast_synapses_get_mask(const plast_synapses *synapses, const plast_matrix *mask)
{
    plast__group *g = NULL;
    plast_status status = plast__synapses_find(synapses, &g);
    if (status == PLAST_OK)
        status = check_shape(synapses, g, "mask", mask, PLAST__REALS, 1);
    if (status != PLAST_OK)
        return status;
    const plast__model *model = synapses->model;
    if (g->mask != NULL) {
        copy_out(model, g, g->mask, mask);
        return PLAST_OK;
    }
    for (int64_t i = 0; i < mask->rows; i++)
        for (int64_t j = 0; j < mask->cols; j++)
            plast__set(mask->dtype, mask->data, i * mask->row_stride + j * mask->col_stride, 1.0);
    return PLAST_OK;
}
