/* SPDX-License-Identifier: MIT
 *
 * Cell types of layers, and the averages over them that some temporal schemes learn by. */
#include "core/types.h"
#include "network/network.h"

#include "base/matrix.h"
#include "base/memory.h"

static plast_status check(const plast_layer *layer, const plast_matrix *types, int32_t output)
{
    plast_context *context = layer->model->context;
    const plast__expected expected = { "types", 1, plast_layer_units(layer), PLAST__LABELS, output };
    if (layer->kind->cell != PLAST__CELL_LEAKY)
        return plast__fail(context, PLAST_E_UNSUPPORTED, "layer %d is \"%s\": cell types are of \"recurrent\" layers",
                           layer->index, layer->kind->parameters.owner);
    return types == NULL && !output ? PLAST_OK : plast__matrix_check(context, types, &expected);
}

/* The row as a column, element by element. */
static plast_matrix upright(const plast_matrix *row)
{
    plast_matrix column = *row;
    column.rows = row->cols;
    column.cols = 1;
    column.row_stride = row->col_stride;
    return column;
}

static plast_status read_types(const plast_layer *layer, const plast_matrix *types, int32_t *of)
{
    const plast_matrix column = upright(types);
    for (int64_t i = 0; i < column.rows; i++) {
        const int64_t type = plast__matrix_integer(&column, i);
        if (type < 0 || type >= column.rows)
            return plast__fail(layer->model->context, PLAST_E_RANGE,
                               "types: unit %lld has type %lld, expected 0 to %lld in a layer of %lld units",
                               (long long)i, (long long)type, (long long)column.rows - 1, (long long)column.rows);
        of[i] = (int32_t)type;
    }
    return PLAST_OK;
}

plast_status plast_layer_set_types(plast_layer *layer, const plast_matrix *types)
{
    plast__types *made = NULL;
    if (layer == NULL)
        return PLAST_E_INVALID;
    plast_context *context = layer->model->context;
    plast__population *population = &layer->model->populations[layer->state];
    plast_status status = check(layer, types, 0);
    if (status != PLAST_OK)
        return status;
    int32_t *of = types == NULL ? NULL : plast__allocate(context, population->units, sizeof *of);
    if (types != NULL)
        status = of == NULL ? plast__no_memory(context, "cell types") : read_types(layer, types, of);
    if (status == PLAST_OK)
        status = plast__types_create(layer->model, population->units, of, &made);
    plast__release(context, of);
    if (status != PLAST_OK)
        return status;
    plast__types_destroy(context, population->types);
    population->types = made;
    return PLAST_OK;
}

plast_status plast_layer_get_types(const plast_layer *layer, const plast_matrix *types)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    const plast_status status = check(layer, types, 1);
    if (status != PLAST_OK)
        return status;
    const plast__types *now = layer->model->populations[layer->state].types;
    if (types->dtype == PLAST_U8 && now->count > UINT8_MAX + 1)
        return plast__fail(layer->model->context, PLAST_E_RANGE, "types are u8, the layer has types up to %lld",
                           (long long)now->count - 1);
    const plast_matrix column = upright(types);
    for (int64_t i = 0; i < column.rows; i++)
        plast__matrix_put_integer(&column, i, now->of[i]);
    return PLAST_OK;
}

static plast_status check_stable(plast_context *context, const plast_network *network, const plast__group *group,
                                 const plast__time *time)
{
    const plast__model *model = &network->model;
    double radius = 0.0;
    const plast_status status = plast__types_radius(context, model, group, model->populations[group->post].types,
                                                    network->layers[group->layer]->alpha, time->mu, &radius);
    if (status != PLAST_OK || radius < 1.0)
        return status;
    return plast__fail(context, PLAST_E_RANGE,
                       "temporal scheme \"%s\": the filter of layer %d has spectral radius %.6g, expected below 1: "
                       "smaller mu or recurrent weights, or \"unstable\" = 1",
                       network->temporal->parameters.owner, group->layer, radius);
}

plast_status plast__network_average(plast_context *context, const plast_network *network, const plast__time *time)
{
    const plast__model *model = &network->model;
    plast_status status = PLAST_OK;
    for (int32_t i = 0; status == PLAST_OK && plast__time_averages(time) && i < network->layer_groups; i++) {
        const plast__group *group = &model->groups[i];
        if (!group->delayed)
            continue;
        plast__types_average(model, group, model->populations[group->post].types);
        if (time->path == PLAST__PATH_AVERAGED && !time->unstable)
            status = check_stable(context, network, group, time);
    }
    return status;
}
