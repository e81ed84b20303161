/* SPDX-License-Identifier: MIT
 *
 * Signs and bounds of synapse groups as the caller sees them. */
#include "core/limits.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"
#include "network/network.h"

#include <math.h>

static void put(const plast__model *model, plast__group *g, plast__limits *limits)
{
    plast__release(model->context, g->limits);
    g->limits = limits;
    plast__group_project(model, g);
}

/* A group that follows another has the other's limits. */
static plast_status check_leader(const plast_synapses *synapses, const plast__limits *made)
{
    const plast__group *leader = plast__synapses_leader(synapses);
    if (leader != NULL && !plast__limits_same(synapses->model, made, leader->limits))
        return plast__fail(synapses->model->context, PLAST_E_STATE,
                           "these synapses follow the forward ones of layer %d and have their signs and bounds: set "
                           "them there",
                           leader->layer);
    return PLAST_OK;
}

/* Takes over new limits, in which signs or bounds were written, or releases them. */
static plast_status install(const plast_synapses *synapses, plast__group *g, plast__limits *made)
{
    const plast__model *model = synapses->model;
    plast__group *partner = g->partner > 0 ? &model->groups[g->partner] : NULL;
    plast__limits *partners = NULL;
    plast_status status = plast__limits_settle(model, g, g->mask, made);
    if (status == PLAST_OK && plast__limits_free(model, made)) {
        plast__release(model->context, made);
        made = NULL;
    }
    if (status == PLAST_OK)
        status = check_leader(synapses, made);
    if (status == PLAST_OK && partner != NULL && made != NULL)
        status = plast__limits_copy(model, made, &partners);
    if (status != PLAST_OK) {
        plast__release(model->context, made);
        return status;
    }
    put(model, g, made);
    if (partner != NULL)
        put(model, partner, partners);
    return PLAST_OK;
}

/* A copy of what the group has. */
static plast_status begin(const plast__model *model, const plast__group *g, plast__limits **made)
{
    return g->limits == NULL ? plast__limits_create(model, g, made) : plast__limits_copy(model, g->limits, made);
}

/* The caller's signs as a row, one entry for each pre unit; they may stand in a column. */
static plast_status check_signs(const plast__model *model, const plast__group *g, const plast_matrix *signs,
                                int32_t types, int32_t output, plast_matrix *row)
{
    const int upright = signs != NULL && signs->cols == 1 && signs->rows != 1;
    const int64_t n = model->populations[g->pre].units;
    const plast__expected expected = { "signs", upright ? n : 1, upright ? 1 : n, types, output };
    const plast_status status = plast__matrix_check(model->context, signs, &expected);
    if (status != PLAST_OK)
        return status;
    *row = *signs;
    row->rows = 1;
    row->cols = n;
    row->col_stride = upright ? signs->row_stride : signs->col_stride;
    return PLAST_OK;
}

static plast_status read_signs(const plast__model *model, const plast_matrix *row, plast__limits *made)
{
    plast__matrix_read_row(row, 0, model->dtype, made->sign);
    for (int64_t j = 0; j < made->units; j++) {
        const double sign = plast__get(model->dtype, made->sign, j);
        if (sign != 0.0 && sign != 1.0 && sign != -1.0)
            return plast__fail(model->context, PLAST_E_RANGE, "signs[%lld] is %g, expected -1, 0 or 1", (long long)j,
                               sign);
        plast__set(model->dtype, made->sign, j, sign == 0.0 ? 0.0 : sign); /* -0 is 0 */
    }
    return PLAST_OK;
}

/* The group, where its signs are its own. */
static plast_status find_signs(const plast_synapses *synapses, plast__group **g)
{
    const plast_status status = plast__synapses_find(synapses, g);
    const plast__group *leader = status == PLAST_OK ? plast__synapses_leader(synapses) : NULL;
    if (leader == NULL)
        return status;
    return plast__fail(synapses->model->context, PLAST_E_STATE,
                       "these synapses follow the forward ones of layer %d, whose signs are those of their post "
                       "units: set and get them there",
                       leader->layer);
}

plast_status plast_synapses_set_sign(plast_synapses *synapses, const plast_matrix *signs)
{
    plast__group *g = NULL;
    plast__limits *made = NULL;
    plast_matrix row = { .data = NULL };
    plast_status status = find_signs(synapses, &g);
    if (status != PLAST_OK)
        return status;
    const plast__model *model = synapses->model;
    if (signs != NULL)
        status = check_signs(model, g, signs, PLAST__REALS | PLAST__LABELS, 0, &row);
    if (status == PLAST_OK)
        status = begin(model, g, &made);
    if (status == PLAST_OK && signs != NULL)
        status = read_signs(model, &row, made);
    for (int64_t j = 0; status == PLAST_OK && signs == NULL && j < made->units; j++)
        plast__set(model->dtype, made->sign, j, 0.0);
    if (status == PLAST_OK)
        return install(synapses, g, made);
    plast__release(model->context, made);
    return status;
}

plast_status plast_synapses_get_sign(const plast_synapses *synapses, const plast_matrix *signs)
{
    plast__group *g = NULL;
    plast_matrix row = { .data = NULL };
    plast_status status = find_signs(synapses, &g);
    if (status != PLAST_OK)
        return status;
    const plast__model *model = synapses->model;
    status = check_signs(model, g, signs, PLAST__REALS, 1, &row);
    if (status == PLAST_OK && g->limits != NULL)
        plast__matrix_write_row(&row, 0, model->dtype, g->limits->sign);
    for (int64_t j = 0; status == PLAST_OK && g->limits == NULL && j < row.cols; j++)
        plast__set(row.dtype, row.data, j * row.col_stride, 0.0);
    return status;
}

plast_status plast_synapses_set_bounds(plast_synapses *synapses, double lower, double upper)
{
    plast__group *g = NULL;
    plast__limits *made = NULL;
    plast_status status = plast__synapses_find(synapses, &g);
    if (status == PLAST_OK)
        status = begin(synapses->model, g, &made);
    if (status != PLAST_OK)
        return status;
    made->lower = lower;
    made->upper = upper;
    return install(synapses, g, made);
}

plast_status plast_synapses_get_bounds(const plast_synapses *synapses, double *lower, double *upper)
{
    plast__group *g = NULL;
    const plast_status status = plast__synapses_find(synapses, &g);
    if (status != PLAST_OK)
        return status;
    if (lower == NULL && upper == NULL)
        return plast__fail(synapses->model->context, PLAST_E_INVALID, "places for both bounds are NULL");
    if (lower != NULL)
        *lower = g->limits == NULL ? -(double)INFINITY : g->limits->lower;
    if (upper != NULL)
        *upper = g->limits == NULL ? (double)INFINITY : g->limits->upper;
    return PLAST_OK;
}
