/* SPDX-License-Identifier: MIT
 *
 * The temporal scheme of a network. */
#include "network/network.h"

#include <string.h>

plast_status plast__network_stateless(plast_context *context, const plast_network *network, const char *what)
{
    if (network->stateful > 0)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "%s is not defined for layers with a state, the network has %d", what, network->stateful);
    return PLAST_OK;
}

plast_status plast__network_check_forward(plast_context *context, const plast__temporal_kind *temporal,
                                          const plast__feedback_kind *feedback)
{
    if (temporal->sensitivities && feedback != plast__feedback_default())
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "temporal scheme \"%s\" is of the exact gradient: it does not go with feedback \"%s\"",
                           temporal->parameters.owner, feedback->parameters.owner);
    return PLAST_OK;
}

plast__time plast__network_plan(const plast_network *network, int several)
{
    plast__time time = { .tracing = several && network->temporal->traces };
    network->temporal->plan(network->temporal_values, &time);
    time.tracing = time.tracing && network->stateful > 0;
    return time;
}

plast_status plast_network_set_temporal(plast_network *network, const plast_temporal *temporal)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    if (temporal == NULL)
        return plast__fail(context, PLAST_E_INVALID, "temporal is NULL");
    const plast__description *d = &temporal->description;
    const plast__temporal_kind *kind = (const plast__temporal_kind *)d->member;
    plast_status status = plast__network_idle(context, network);
    if (status == PLAST_OK)
        status = plast__parameters_complete(context, d->member, d->values);
    for (int32_t i = 0; status == PLAST_OK && i < network->layer_count; i++) {
        const plast__layer_kind *layer = network->layers[i]->kind;
        if (layer->cell != PLAST__CELL_NONE && !(kind->cells & layer->cell))
            status = plast__fail(context, PLAST_E_UNSUPPORTED,
                                 "temporal scheme \"%s\" is not defined for layer %d, which is \"%s\"",
                                 kind->parameters.owner, i, layer->parameters.owner);
    }
    if (status == PLAST_OK)
        status = plast__network_check_forward(context, kind, network->feedback);
    if (status == PLAST_OK && kind->sensitivities && plast__network_modulates(network))
        status = plast__fail(context, PLAST_E_UNSUPPORTED,
                             "temporal scheme \"%s\" is of the exact gradient, which a rule modulates",
                             kind->parameters.owner);
    if (status != PLAST_OK)
        return status;
    if (kind->traces != network->temporal->traces || kind->sensitivities != network->temporal->sensitivities)
        plast__network_unready(network);
    network->temporal = kind;
    network->temporal_epoch++;
    memcpy(network->temporal_values, d->values, sizeof network->temporal_values);
    return PLAST_OK;
}

const char *plast_network_temporal(const plast_network *network)
{
    return network == NULL ? NULL : network->temporal->parameters.owner;
}

plast_status plast_network_set_temporal_parameter(plast_network *network, const char *parameter, double value)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    const plast_status status = plast__network_idle(network->model.context, network); /* a call learns by one plan */
    return status != PLAST_OK ? status
                              : plast__parameters_set(network->model.context, &network->temporal->parameters, parameter,
                                                      value, network->temporal_values);
}

plast_status plast_network_get_temporal_parameter(const plast_network *network, const char *parameter, double *value)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    return plast__parameters_get(network->model.context, &network->temporal->parameters, parameter,
                                 network->temporal_values, value);
}
