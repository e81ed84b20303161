/* SPDX-License-Identifier: MIT
 *
 * Layers as the caller sees them. */
#include "network/network.h"

#include "base/matrix.h"

#include <stdio.h>
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

plast_status plast__network_check_frozen(plast_context *context, int32_t frozen)
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
    const plast_status status = plast__network_check_frozen(model->context, frozen);
    if (status != PLAST_OK)
        return status;
    for (int32_t i = 0; i < layer->groups + layer->feedback_groups; i++)
        model->groups[layer->synapses[i].group].frozen = frozen;
    for (int32_t i = 0; i < layer->populations; i++)
        model->populations[layer->first_population + i].frozen = frozen;
    return PLAST_OK;
}

int32_t plast_layer_frozen(const plast_layer *layer)
{
    int frozen = layer != NULL;
    for (int32_t i = 0; frozen && i < layer->groups + layer->feedback_groups; i++)
        frozen = plast_synapses_frozen(&layer->synapses[i]);
    for (int32_t i = 0; frozen && i < layer->populations; i++)
        frozen = layer->model->populations[layer->first_population + i].frozen;
    return frozen;
}

static plast_status no_group(const plast_layer *layer, const char *name)
{
    char known[160] = "";
    for (int32_t i = 0; i < layer->groups + layer->feedback_groups; i++) {
        const size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                       layer->model->groups[layer->synapses[i].group].name);
    }
    return plast__fail(layer->model->context, PLAST_E_UNKNOWN, "the layer has no synapse group \"%.40s\", it has: %s",
                       name, known);
}

plast_status plast_layer_synapses(const plast_layer *layer, const char *name, plast_synapses **synapses)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    if (synapses == NULL)
        return plast__fail(layer->model->context, PLAST_E_INVALID, "place for the synapse group is NULL");
    for (int32_t i = 0; i < layer->groups + layer->feedback_groups; i++) {
        const plast_synapses *s = &layer->synapses[i];
        if (name == NULL || strcmp(layer->model->groups[s->group].name, name) == 0) {
            *synapses = (plast_synapses *)s;
            return PLAST_OK;
        }
    }
    return no_group(layer, name);
}

/* The vectors that a layer may have. */
static const char *const vector_names[] = { "bias", "initial", "recurrent_bias" };

/* The population whose bias the named vector is; it may have none. */
static plast_status find_vector(const plast_layer *layer, const char *name, plast__population **population)
{
    plast_context *context = layer->model->context;
    const int32_t places[] = { layer->drive, layer->initial, layer->recurrent };
    if (name == NULL)
        return plast__fail(context, PLAST_E_INVALID, "name of the vector is NULL");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        plast__population *p = &layer->model->populations[places[i]];
        if (strcmp(vector_names[i], name) == 0 && places[i] > 0 && p->bias != NULL) {
            *population = p;
            return PLAST_OK;
        }
    }
    return plast__fail(context, PLAST_E_UNKNOWN,
                       "the layer has no vector \"%.40s\", a layer may have: bias, initial, recurrent_bias", name);
}

static plast_status check_vector(const plast_layer *layer, const char *name, const plast__population *p,
                                 const plast_matrix *vector, int32_t output)
{
    const plast__expected expected = { name, 1, p->units, PLAST__REALS, output };
    return plast__matrix_check(layer->model->context, vector, &expected);
}

plast_status plast_layer_set_vector(plast_layer *layer, const char *name, const plast_matrix *vector)
{
    plast__population *p = NULL;
    double largest = 0.0;
    if (layer == NULL)
        return PLAST_E_INVALID;
    plast_status status = find_vector(layer, name, &p);
    if (status == PLAST_OK)
        status = check_vector(layer, name, p, vector, 0);
    if (status == PLAST_OK)
        status = plast__network_copy_in(layer->model, name, vector, p->bias, p->ld, &largest);
    if (status == PLAST_OK)
        p->bound = largest;
    return status;
}

plast_status plast_layer_get_vector(const plast_layer *layer, const char *name, const plast_matrix *vector)
{
    plast__population *p = NULL;
    if (layer == NULL)
        return PLAST_E_INVALID;
    plast_status status = find_vector(layer, name, &p);
    if (status == PLAST_OK)
        status = check_vector(layer, name, p, vector, 1);
    if (status == PLAST_OK)
        plast__matrix_write_row(vector, 0, layer->model->dtype, p->bias);
    return status;
}

static plast_status has_bias(const plast_layer *layer)
{
    if (layer->model->populations[layer->drive].bias == NULL)
        return plast__fail(layer->model->context, PLAST_E_STATE, "the layer was made without bias");
    return PLAST_OK;
}

plast_status plast_layer_set_bias(plast_layer *layer, const plast_matrix *bias)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    const plast_status status = has_bias(layer);
    return status == PLAST_OK ? plast_layer_set_vector(layer, "bias", bias) : status;
}

plast_status plast_layer_get_bias(const plast_layer *layer, const plast_matrix *bias)
{
    if (layer == NULL)
        return PLAST_E_INVALID;
    const plast_status status = has_bias(layer);
    return status == PLAST_OK ? plast_layer_get_vector(layer, "bias", bias) : status;
}
