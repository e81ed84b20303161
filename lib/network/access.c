/* SPDX-License-Identifier: MIT
 *
 * Layers and synapse groups as the caller sees them. */
#include "network/network.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"

#include <math.h>
#include <string.h>

int64_t plast_network_layers(const plast_network *network)
{
    return network == NULL ? 0 : network->layer_count;
}

plast_status plast_network_layer(const plast_network *network, int64_t index, plast_layer **layer)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    if (layer == NULL)
        return plast__fail(network->model.context, PLAST_E_INVALID, "place for the layer is NULL");
    if (index < 0 || index >= network->layer_count)
        return plast__fail(network->model.context, PLAST_E_RANGE, "layer %lld of a network with %d layers",
                           (long long)index, network->layer_count);
    *layer = network->layers[index];
    return PLAST_OK;
}

int64_t plast_layer_units(const plast_layer *layer)
{
    return layer == NULL ? 0 : layer->model->populations[layer->output].units;
}

static plast_status check_frozen(plast_context *context, int32_t frozen)
{
    if (frozen != 0 && frozen != 1)
        return plast__fail(context, PLAST_E_INVALID, "frozen is %d, expected 0 or 1", frozen);
    return PLAST_OK;
}

plast_status plast_layer_set_frozen(plast_layer *layer, int32_t frozen)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    plast__model *model = layer->model;
    const plast_status status = check_frozen(model->context, frozen);
    if (status != PLAST_OK)
        return status;
    for (int32_t i = 0; i < layer->groups; i++)
        model->groups[layer->synapses[i].group].frozen = frozen;
    for (int32_t i = 0; i < layer->populations; i++)
        model->populations[layer->first_population + i].frozen = frozen;
    return PLAST_OK;
}

plast_status plast_layer_synapses(const plast_layer *layer, const char *name, plast_synapses **synapses)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    if (synapses == NULL)
        return plast__fail(layer->model->context, PLAST_E_INVALID, "place for the synapse group is NULL");
    for (int32_t i = 0; i < layer->groups; i++) {
        const plast_synapses *s = &layer->synapses[i];
        if (name == NULL || strcmp(layer->model->groups[s->group].name, name) == 0) {
            *synapses = (plast_synapses *)s;
            return PLAST_OK;
        }
    }
    return plast__fail(layer->model->context, PLAST_E_UNKNOWN, "the layer has no synapse group \"%.40s\"", name);
}

plast_status plast_synapses_set_frozen(plast_synapses *synapses, int32_t frozen)
{
    if (synapses == NULL)
        return PLAST_E_INVALID;
    const plast_status status = check_frozen(synapses->model->context, frozen);
    if (status == PLAST_OK)
        synapses->model->groups[synapses->group].frozen = frozen;
    return status;
}

plast_status plast_synapses_view(const plast_synapses *synapses, plast_matrix *view)
{
    if (synapses == NULL)
        return PLAST_E_INVALID;
    if (view == NULL)
        return plast__fail(synapses->model->context, PLAST_E_INVALID, "place for the view is NULL");
    const plast__group *g = &synapses->model->groups[synapses->group];
    *view = (plast_matrix){ .data = g->weights,
                            .rows = g->rows,
                            .cols = g->cols,
                            .row_stride = g->ld,
                            .col_stride = 1,
                            .dtype = synapses->model->dtype,
                            .flags = PLAST_READ_ONLY };
    return PLAST_OK;
}

/* Copies rows into an array of the model's type; refuses what is not finite
 * before anything of `to` changes. */
static plast_status copy_in(const plast__model *model, const char *name, const plast_matrix *from, void *to, int64_t ld,
                            double *largest)
{
    const int64_t size = plast__size(model->dtype);
    void *row = plast__allocate(model->context, from->cols, size);
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

plast_status plast_synapses_set_weights(plast_synapses *synapses, const plast_matrix *weights)
{
    if (synapses == NULL)
        return PLAST_E_INVALID;
    plast__group *g = &synapses->model->groups[synapses->group];
    const plast__expected expected = { "weights", g->rows, g->cols, PLAST__REALS, 0 };
    plast_status status = plast__matrix_check(synapses->model->context, weights, &expected);
    double largest = 0.0;
    if (status == PLAST_OK)
        status = copy_in(synapses->model, "weights", weights, g->weights, g->ld, &largest);
    if (status == PLAST_OK)
        g->bound = largest;
    return status;
}

plast_status plast_synapses_get_weights(const plast_synapses *synapses, const plast_matrix *weights)
{
    if (synapses == NULL)
        return PLAST_E_INVALID;
    const plast__model *model = synapses->model;
    const plast__group *g = &model->groups[synapses->group];
    const plast__expected expected = { "weights", g->rows, g->cols, PLAST__REALS, 1 };
    const plast_status status = plast__matrix_check(model->context, weights, &expected);
    for (int64_t i = 0; status == PLAST_OK && i < g->rows; i++)
        plast__matrix_write_row(weights, i, model->dtype, plast__at_const(model->dtype, g->weights, i * g->ld));
    return status;
}

static plast_status check_bias(const plast_layer *layer, const plast_matrix *bias, int32_t output)
{
    const plast__population *p = &layer->model->populations[layer->output];
    const plast__expected expected = { "bias", 1, p->units, PLAST__REALS, output };
    if (!p->has_bias)
        return plast__fail(layer->model->context, PLAST_E_STATE, "the layer was made without bias");
    return plast__matrix_check(layer->model->context, bias, &expected);
}

plast_status plast_layer_set_bias(plast_layer *layer, const plast_matrix *bias)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    plast_status status = check_bias(layer, bias, 0);
    plast__population *p = &layer->model->populations[layer->output];
    double largest = 0.0;
    if (status == PLAST_OK)
        status = copy_in(layer->model, "bias", bias, p->bias, p->ld, &largest);
    if (status == PLAST_OK)
        p->bound = largest;
    return status;
}

plast_status plast_layer_get_bias(const plast_layer *layer, const plast_matrix *bias)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    const plast_status status = check_bias(layer, bias, 1);
    if (status == PLAST_OK)
        plast__matrix_write_row(bias, 0, layer->model->dtype, layer->model->populations[layer->output].bias);
    return status;
}
