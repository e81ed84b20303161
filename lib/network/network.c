/* SPDX-License-Identifier: MIT
 *
 * Building a network and taking it down. */
#include "network/network.h"

#include "base/memory.h"
#include "base/scalar.h"
#include "base/structs.h"

#include <math.h>
#include <string.h>

static plast_status check_network_options(plast_context *context, const plast_network_options *o)
{
    if (o->dtype != PLAST_F32 && o->dtype != PLAST_F64)
        return plast__fail(context, PLAST_E_INVALID, "dtype is %d, expected PLAST_F32 or PLAST_F64", o->dtype);
    if (o->inputs <= 0)
        return plast__fail(context, PLAST_E_INVALID, "inputs is %lld, expected at least 1", (long long)o->inputs);
    if (o->loss < PLAST_LOSS_DEFAULT || o->loss > PLAST_LOSS_SQUARED)
        return plast__fail(context, PLAST_E_INVALID, "loss is %d, expected one of PLAST_LOSS_...", o->loss);
    return PLAST_OK;
}

plast_status plast_network_create(plast_context *context, const plast_network_options *options, plast_network **network)
{
    plast_network_options given = { .struct_size = 0 };
    plast_status status;
    if (context == NULL)
        return PLAST_E_INVALID;
    if (network == NULL)
        return plast__fail(context, PLAST_E_INVALID, "place for the network is NULL");
    status = PLAST__READ_RESERVED(context, plast_network_options, options, &given);
    if (status != PLAST_OK)
        return status;
    given.dtype = given.dtype == PLAST_DTYPE_DEFAULT ? PLAST_F32 : given.dtype;
    status = check_network_options(context, &given);
    if (status != PLAST_OK)
        return status;
    plast_network *made = plast__allocate(context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(context, "a network");
    made->model = (plast__model){ .context = context,
                                  .kernels = plast__kernels_get(context->level, given.dtype),
                                  .dtype = given.dtype,
                                  .seed = given.seed };
    made->loss = given.loss;
    made->feedback = plast__feedback_default();
    made->temporal = plast__temporal_default();
    plast__parameters_default(&made->temporal->parameters, made->temporal_values);
    const plast__population input = { .units = given.inputs, .activation = PLAST_LINEAR };
    int32_t index = 0;
    status = plast__model_add_population(&made->model, &input, &index);
    if (status != PLAST_OK)
        plast_network_destroy(made);
    else
        *network = made;
    return status;
}

void plast_network_destroy(plast_network *network)
{
    if (network == NULL)
        return;
    plast_context *context = network->model.context;
    plast__network_unready(network);
    plast_state_destroy(network->state);
    plast__release(context, network->hops);
    for (int32_t i = 0; i < network->layer_count; i++)
        plast__release(context, network->layers[i]);
    plast__release(context, network->layers);
    plast__model_truncate(&network->model, 0, 0);
    plast__release(context, network);
}

plast_status plast__network_idle(plast_context *context, const plast_network *network)
{
    if (network->learning)
        return plast__fail(context, PLAST_E_STATE, "the network is learning: a progress callback cannot do this");
    return PLAST_OK;
}

static plast_status check_place(const plast_network *network)
{
    plast_context *context = network->model.context;
    if (network->fixed)
        return plast__fail(context, PLAST_E_STATE,
                           "layers come before rules, states and prepare: the network's shape is fixed");
    if (network->layer_count == 0)
        return PLAST_OK;
    const plast_layer *top = plast__output_layer(network);
    if (network->model.populations[top->output].activation == PLAST_SOFTMAX)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "layer %d is softmax, which belongs at the output: no layer goes on top",
                           network->layer_count - 1);
    return PLAST_OK;
}

/* Room for one more handle; nothing else changes. */
static plast_status grow_layers(plast_network *network)
{
    plast_context *context = network->model.context;
    plast_layer **larger = plast__allocate(context, network->layer_count + 1, sizeof(plast_layer *));
    if (larger == NULL)
        return plast__no_memory(context, "a layer");
    if (network->layer_count > 0)
        memcpy(larger, network->layers, (size_t)network->layer_count * sizeof(plast_layer *));
    plast__release(context, network->layers);
    network->layers = larger;
    return PLAST_OK;
}

static plast_status add_layer(plast_network *network, const plast__layer_kind *kind, const plast_layer_options *options,
                              plast_layer **layer)
{
    plast__model *model = &network->model;
    const int32_t populations = model->population_count, groups = model->group_count;
    plast__network_unlink(network); /* left by a call that failed before it fixed the shape */
    plast_layer *made = plast__allocate(model->context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(model->context, "a layer");
    made->model = model;
    made->kind = kind;
    made->index = network->layer_count;
    made->input = network->layer_count == 0 ? 0 : plast__output_layer(network)->output;
    for (int i = 0; i < PLAST__LAYER_GROUPS; i++)
        made->synapses[i].model = model;
    const plast_status status = kind->build(model, options, made);
    if (status != PLAST_OK) {
        plast__model_truncate(model, populations, groups);
        plast__release(model->context, made);
        return status;
    }
    network->layers[network->layer_count++] = made;
    network->stateful += kind->cell != PLAST__CELL_NONE;
    model->output = made->output;
    plast__network_unready(network);
    if (layer != NULL)
        *layer = made;
    return PLAST_OK;
}

plast_status plast_network_add(plast_network *network, const char *kind, const plast_layer_options *options,
                               plast_layer **layer)
{
    plast_layer_options given = { .struct_size = 0 };
    const plast__layer_kind *found = NULL;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    plast_status status = PLAST__READ_GROWN(context, plast_layer_options, no_bias, options, &given);
    if (status == PLAST_OK)
        status = plast__layer_find(context, kind, &found);
    if (status == PLAST_OK)
        status = plast__network_check_layer(context, found, &given);
    if (status == PLAST_OK && found->cell != PLAST__CELL_NONE && !(network->temporal->cells & found->cell))
        status =
            plast__fail(context, PLAST_E_UNSUPPORTED, "temporal scheme \"%s\" is not defined for layers of kind \"%s\"",
                        network->temporal->parameters.owner, kind);
    if (status == PLAST_OK)
        status = check_place(network);
    if (status == PLAST_OK)
        status = grow_layers(network);
    return status == PLAST_OK ? add_layer(network, found, &given, layer) : status;
}

plast_status plast_network_reset(plast_network *network, uint64_t seed)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_status status = plast__network_idle(network->model.context, network);
    if (status == PLAST_OK)
        status = plast__model_reset(&network->model, seed);
    if (status == PLAST_OK) {
        network->updates = 0;
        network->descents = 0;
        network->mirrored = 0;
        network->largest_gradient = 0.0;
    }
    if (status == PLAST_OK && network->state != NULL)
        plast__network_begin_anew(&network->state->activities);
    return status;
}
