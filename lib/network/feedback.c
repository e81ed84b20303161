/* SPDX-License-Identifier: MIT
 *
 * The feedback scheme of a network: its hops, and the populations and groups that it adds behind those of the
 * layers. */
#include "network/network.h"

#include "base/memory.h"

#include <string.h>

static void forget_handles(plast_network *network)
{
    for (int32_t i = 0; i < network->layer_count; i++) {
        plast_layer *layer = network->layers[i];
        for (int32_t k = layer->groups; k < layer->groups + layer->feedback_groups; k++)
            layer->synapses[k].group = -1;
        layer->feedback_groups = 0;
    }
}

/* The layers' handles for the groups that a hop added. */
static void add_handles(plast_network *network, const plast__hop *hop)
{
    plast_layer *layer = network->layers[hop->layer < 0 ? 0 : hop->layer];
    for (int32_t i = 0; i < hop->groups; i++)
        layer->synapses[layer->groups + layer->feedback_groups++].group = hop->group[i];
}

void plast__network_unlink(plast_network *network)
{
    plast__model *model = &network->model;
    if (network->hops == NULL)
        return;
    plast__network_unready(network);
    forget_handles(network);
    plast__model_truncate(model, network->layer_populations, network->layer_groups);
    plast__release(model->context, network->hops);
    network->hops = NULL;
}

/* Adds what a hop needs; takes it back on failure. */
static plast_status build_hop(plast_network *network, plast__hop *hop)
{
    plast__model *model = &network->model;
    const plast__feedback_kind *kind = network->feedback;
    const int32_t populations = model->population_count, groups = model->group_count;
    const plast_status status = kind->build == NULL ? PLAST_OK : kind->build(model, hop);
    if (status != PLAST_OK) {
        plast__model_truncate(model, populations, groups);
        hop->groups = 0;
        return status;
    }
    for (int32_t i = 0; i < hop->groups; i++) {
        plast__group *group = &model->groups[hop->group[i]];
        if (hop->layer < 0)
            group->name = "input_feedback";
        else
            group->frozen = plast_layer_frozen(network->layers[hop->layer]);
    }
    if (kind->configure != NULL)
        kind->configure(model, hop);
    add_handles(network, hop);
    return PLAST_OK;
}

/* Whether a rule into the first layer reads the signal of the inputs. */
static int wants_input_signal(const plast_network *network)
{
    const plast_layer *first = network->layers[0];
    for (int32_t i = 0; i < first->groups; i++)
        for (const plast__attachment *a = network->model.groups[first->synapses[i].group].rules; a != NULL; a = a->next)
            if (a->kind->needs & PLAST__NEEDS_PRE_SIGNAL)
                return 1;
    return 0;
}

static plast_status check_input_signal(const plast_network *network)
{
    if (network->feedback->no_inputs)
        return plast__fail(
            network->model.context, PLAST_E_UNSUPPORTED,
            "a rule into the first layer reads the inputs' signal, which feedback \"%s\" does not define",
            network->feedback->parameters.owner);
    return PLAST_OK;
}

static plast__hop describe_hop(const plast_network *network, int32_t index, plast__hop *hops)
{
    const plast_layer *above = network->layers[index];
    return (plast__hop){ .layer = index - 1,
                         .below = above->input,
                         .above = above->drive,
                         .forward = above->synapses[0].group,
                         .upper = index + 1 < network->layer_count ? &hops[index + 1] : NULL };
}

/* Builds the scheme network->feedback; `values`, by hop, NULL = none needed. */
static plast_status link_with(plast_network *network, const plast__hop *values)
{
    plast__model *model = &network->model;
    plast__hop *hops = plast__allocate(model->context, network->layer_count, sizeof *hops);
    if (hops == NULL)
        return plast__no_memory(model->context, "a feedback scheme");
    network->layer_populations = model->population_count;
    network->layer_groups = model->group_count;
    network->hops = hops;
    network->first_hop = wants_input_signal(network) ? 0 : 1;
    for (int32_t i = 0; i < network->layer_count; i++) {
        hops[i] = describe_hop(network, i, hops);
        if (values != NULL)
            memcpy(hops[i].values, values[i].values, sizeof hops[i].values);
    }
    plast_status status = network->first_hop == 0 ? check_input_signal(network) : PLAST_OK;
    for (int32_t i = network->layer_count - 1; status == PLAST_OK && i >= network->first_hop; i--)
        status = build_hop(network, &hops[i]);
    if (status != PLAST_OK)
        plast__network_unlink(network);
    return status;
}

plast_status plast__network_link(plast_network *network)
{
    return network->hops != NULL ? PLAST_OK : link_with(network, NULL);
}

plast_status plast__network_link_inputs(plast_network *network)
{
    if (network->hops == NULL || network->first_hop == 0)
        return PLAST_OK; /* comes with the scheme, or is there */
    plast_status status = check_input_signal(network);
    if (status == PLAST_OK)
        status = build_hop(network, &network->hops[0]);
    if (status == PLAST_OK)
        network->first_hop = 0;
    return status;
}

/* The network gets the scheme, or stays as it was. */
static plast_status replace(plast_network *network, const plast__feedback_kind *kind, const plast__hop *values)
{
    plast_context *context = network->model.context;
    plast_network old = *network; /* what was prepared stays so if the scheme cannot be built */
    const int32_t populations = old.hops == NULL ? old.model.population_count : old.layer_populations;
    const int32_t groups = old.hops == NULL ? old.model.group_count : old.layer_groups;
    plast_status status = plast__model_fork(&network->model, populations, groups);
    if (status != PLAST_OK)
        return status;
    forget_handles(network);
    network->hops = NULL;
    network->pending = NULL;
    network->bias_work = NULL;
    network->pending_batch = 0;
    network->feedback = kind;
    for (int32_t i = 0; i < groups; i++) { /* what the scheme before wrote there */
        network->model.groups[i].partner = network->model.groups[i].mirror = 0;
        network->model.groups[i].decay = 0.0;
    }
    status = link_with(network, values);
    plast__model unused = status == PLAST_OK ? old.model : network->model;
    if (status != PLAST_OK) {
        *network = old;
        for (int32_t i = network->layer_count - 1; old.hops != NULL && i >= network->first_hop; i--)
            add_handles(network, &network->hops[i]);
    } else {
        plast__network_unready(&old);
        plast__release(context, old.hops);
    }
    plast__model_drop(&unused, populations, groups);
    return status;
}

/* Values for every hop: the description's for those that end in the layers (for all of them when all are meant), else
 * those in force. */
static plast_status choose_values(plast_network *network, int32_t layers, const plast__description *d,
                                  plast__hop *values)
{
    const plast__feedback_kind *kind = (const plast__feedback_kind *)d->member;
    const int all = layers == PLAST_HIDDEN_LAYERS || layers == PLAST_ALL_LAYERS;
    int32_t first = 0, last = 0;
    plast_status status = plast__network_select(network, all ? PLAST_HIDDEN_LAYERS : layers, &first, &last);
    if (status == PLAST_OK && kind->no_states)
        status = plast__network_stateless(network->model.context, network, kind->parameters.owner);
    if (status == PLAST_OK)
        status = plast__network_check_forward(network->model.context, network->temporal, kind);
    if (status != PLAST_OK)
        return status;
    if (last == network->layer_count - 1)
        return plast__fail(network->model.context, PLAST_E_INVALID,
                           "layer %d is the output, whose gradient is exact: a feedback scheme is of hidden layers",
                           last);
    if (!all && kind != network->feedback)
        return plast__fail(network->model.context, PLAST_E_STATE,
                           "feedback of the network is \"%s\": one layer cannot have \"%s\"",
                           network->feedback->parameters.owner, kind->parameters.owner);
    const plast_status linked = all ? PLAST_OK : plast__network_link(network);
    if (linked != PLAST_OK)
        return linked;
    for (int32_t i = 0; i < network->layer_count; i++)
        memcpy(values[i].values, all || i - 1 == first ? d->values : network->hops[i].values, sizeof values[i].values);
    return PLAST_OK;
}

plast_status plast_network_set_feedback(plast_network *network, int32_t layers, const plast_feedback *feedback)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    if (feedback == NULL)
        return plast__fail(context, PLAST_E_INVALID, "feedback is NULL");
    const plast__description *d = &feedback->description;
    plast_status status = plast__network_idle(context, network);
    if (status == PLAST_OK)
        status = plast__parameters_complete(context, d->member, d->values);
    if (status != PLAST_OK)
        return status;
    status = plast__network_all_suit(network, (const plast__feedback_kind *)d->member);
    if (status != PLAST_OK)
        return status;
    plast__hop *values = plast__allocate(context, network->layer_count, sizeof *values);
    status =
        values == NULL ? plast__no_memory(context, "a feedback scheme") : choose_values(network, layers, d, values);
    if (status == PLAST_OK)
        status = replace(network, (const plast__feedback_kind *)d->member, values);
    plast__release(context, values);
    if (status != PLAST_OK)
        return status;
    network->fixed = 1;
    if (network->state != NULL && !plast__activities_fit(&network->model, &network->state->activities)) {
        plast_state_destroy(network->state);
        network->state = NULL;
    }
    return PLAST_OK;
}

const char *plast_network_feedback(const plast_network *network)
{
    return network == NULL ? NULL : network->feedback->parameters.owner;
}

/* Whether the parameter of the scheme in force may be changed now. */
static plast_status check_change(const plast_network *network, const char *parameter)
{
    const plast__parameters *p = &network->feedback->parameters;
    if (plast__parameters_shapes(p, parameter))
        return plast__fail(network->model.context, PLAST_E_STATE,
                           "feedback \"%s\": %s shapes the matrices: set it in a description, then set that again",
                           p->owner, parameter);
    return PLAST_OK;
}

plast_status plast_network_set_feedback_parameter(plast_network *network, int32_t layers, const char *parameter,
                                                  double value)
{
    int32_t first = 0, last = 0;
    if (network == NULL)
        return PLAST_E_INVALID;
    const int all = layers == PLAST_HIDDEN_LAYERS || layers == PLAST_ALL_LAYERS;
    plast_status status = plast__network_select(network, all ? PLAST_HIDDEN_LAYERS : layers, &first, &last);
    if (status == PLAST_OK && last == network->layer_count - 1)
        status =
            plast__fail(network->model.context, PLAST_E_INVALID, "layer %d is the output: it has no feedback", last);
    if (status == PLAST_OK)
        status = plast__network_link(network);
    if (status == PLAST_OK)
        status = check_change(network, parameter);
    for (int32_t i = all ? 0 : first + 1; status == PLAST_OK && i <= last + 1; i++) {
        plast__hop *hop = &network->hops[i];
        status = plast__parameters_set(network->model.context, &network->feedback->parameters, parameter, value,
                                       hop->values);
        if (status == PLAST_OK && i >= network->first_hop && network->feedback->configure != NULL)
            network->feedback->configure(&network->model, hop);
    }
    return status;
}

plast_status plast_network_get_feedback_parameter(const plast_network *network, int32_t layer, const char *parameter,
                                                  double *value)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    if (layer < 0 || layer >= network->layer_count - 1)
        return plast__fail(context, PLAST_E_RANGE, "layer %d of a network with %d hidden layers", layer,
                           network->layer_count - 1);
    const double *values = network->hops == NULL ? NULL : network->hops[layer + 1].values;
    return plast__parameters_get(context, &network->feedback->parameters, parameter, values, value);
}
