/* SPDX-License-Identifier: MIT
 *
 * Rules and the optimizer: attaching them, and changing their parameters later. */
#include "network/network.h"

#include "base/memory.h"
#include "base/scalar.h"

#include <string.h>

plast_status plast__network_select(const plast_network *network, int32_t layers, int32_t *first, int32_t *last)
{
    plast_context *context = network->model.context;
    *first = 0;
    *last = network->layer_count - 1;
    if (layers >= 0) {
        *first = *last = layers;
    } else if (layers == PLAST_HIDDEN_LAYERS) {
        *last -= 1;
    } else if (layers != PLAST_ALL_LAYERS) {
        return plast__fail(context, PLAST_E_INVALID,
                           "layers is %d, expected an index, PLAST_HIDDEN_LAYERS or PLAST_ALL_LAYERS", layers);
    }
    if (layers >= network->layer_count)
        return plast__fail(context, PLAST_E_RANGE, "layer %d of a network with %d layers", layers,
                           network->layer_count);
    if (*last < *first)
        return plast__fail(context, PLAST_E_STATE, "the network has %d layers, so no layer is meant: the last one is the output",
                           network->layer_count);
    return PLAST_OK;
}

static plast__attachment *find_attachment(const plast_network *network, int32_t layer, const char *rule)
{
    const plast_layer *l = network->layers[layer];
    plast__attachment *a = network->model.groups[l->synapses[0].group].rules;
    while (a != NULL && strcmp(a->kind->parameters.owner, rule) != 0)
        a = a->next;
    return a;
}

static plast_status check_room(const plast_network *network, int32_t layer, const plast__rule_kind *kind)
{
    const plast_layer *l = network->layers[layer];
    int32_t ranks = 1 + kind->ranks, sources = 1 + kind->row_sources; /* the error may need one of either */
    int32_t shrinks = kind->row_shrinks, scalings = kind->scalings;
    for (const plast__attachment *a = network->model.groups[l->synapses[0].group].rules; a != NULL; a = a->next) {
        ranks += a->kind->ranks;
        sources += a->kind->row_sources;
        shrinks += a->kind->row_shrinks;
        scalings += a->kind->scalings;
    }
    if (shrinks > PLAST__ROW_SHRINKS || scalings > PLAST__SCALINGS)
        return plast__fail(
            network->model.context, PLAST_E_UNSUPPORTED,
            "layer %d would shrink its rows by %d rules and rescale them by %d, at most %d and %d are possible", layer,
            shrinks, scalings, PLAST__ROW_SHRINKS, PLAST__SCALINGS);
    if (ranks > PLAST__RANKS || sources > PLAST__ROW_SOURCES)
        return plast__fail(network->model.context, PLAST_E_UNSUPPORTED,
                           "layer %d would emit %d rank-one terms and %d row terms, at most %d and %d are possible",
                           layer, ranks, sources, PLAST__RANKS, PLAST__ROW_SOURCES);
    return PLAST_OK;
}

static plast_status check_attach(const plast_network *network, int32_t first, int32_t last,
                                 const plast__rule_kind *kind)
{
    for (int32_t i = first; i <= last; i++) {
        if (find_attachment(network, i, kind->parameters.owner) != NULL)
            return plast__fail(network->model.context, PLAST_E_STATE, "rule \"%s\" is attached to layer %d already",
                               kind->parameters.owner, i);
        const plast_status status = check_room(network, i, kind);
        if (status != PLAST_OK)
            return status;
    }
    return PLAST_OK;
}

static void release_chain(plast_context *context, plast__attachment *chain)
{
    while (chain != NULL) {
        plast__attachment *next = chain->next;
        plast__release(context, chain->slow);
        plast__release(context, chain);
        chain = next;
    }
}

/* A copy of the rule for one layer. */
static plast__attachment *make_attachment(const plast_network *network, int32_t layer, const plast_rule *rule)
{
    const plast__model *model = &network->model;
    const plast__group *group = &model->groups[network->layers[layer]->synapses[0].group];
    plast__attachment *made = plast__allocate(model->context, 1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->kind = (const plast__rule_kind *)rule->description.member;
    memcpy(made->values, rule->description.values, sizeof made->values);
    if (made->kind->slow != NULL)
        made->slow = plast__allocate(model->context, plast__row_units(model, group)->ld, plast__size(model->dtype));
    if (made->kind->slow != NULL && made->slow == NULL) {
        plast__release(model->context, made);
        return NULL;
    }
    plast__attachment_reset(model, group, made);
    return made;
}

/* A copy for each layer, chained from the first: all are there before one is attached. */
static plast__attachment *make_attachments(const plast_network *network, const plast_rule *rule, int32_t first,
                                           int32_t last)
{
    plast__attachment *chain = NULL;
    for (int32_t i = last; i >= first; i--) {
        plast__attachment *made = make_attachment(network, i, rule);
        if (made == NULL) {
            release_chain(network->model.context, chain);
            return NULL;
        }
        made->next = chain;
        chain = made;
    }
    return chain;
}

static void append(plast__group *group, plast__attachment *attachment)
{
    plast__attachment **end = &group->rules;
    while (*end != NULL)
        end = &(*end)->next;
    *end = attachment;
    attachment->next = NULL;
}

plast_status plast_network_add_rule(plast_network *network, int32_t layers, const plast_rule *rule)
{
    int32_t first = 0, last = 0;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    if (rule == NULL)
        return plast__fail(context, PLAST_E_INVALID, "rule is NULL");
    const plast__rule_kind *kind = (const plast__rule_kind *)rule->description.member;
    plast_status status = plast__network_idle(context, network);
    if (status == PLAST_OK)
        status = plast__parameters_complete(context, &kind->parameters, rule->description.values);
    if (status == PLAST_OK && kind->check != NULL)
        status = kind->check(context, rule->description.values);
    if (status == PLAST_OK)
        status = plast__network_select(network, layers, &first, &last);
    if (status == PLAST_OK)
        status = check_attach(network, first, last, kind);
    if (status != PLAST_OK)
        return status;
    plast__attachment *chain = make_attachments(network, rule, first, last);
    if (chain == NULL)
        return plast__no_memory(context, "a rule");
    if (first == 0 && kind->needs & PLAST__NEEDS_PRE_SIGNAL)
        status = plast__network_link_inputs(network);
    if (status != PLAST_OK) {
        release_chain(context, chain);
        return status;
    }
    for (int32_t i = first; i <= last; i++) {
        plast__attachment *next = chain->next;
        append(&network->model.groups[network->layers[i]->synapses[0].group], chain);
        chain = next;
    }
    network->fixed = 1;
    plast__network_unready(network);
    return PLAST_OK;
}

/* The attachment's parameters with one of them changed. */
static plast_status change(plast_context *context, const plast__attachment *a, const char *parameter, double value,
                           double *values)
{
    memcpy(values, a->values, sizeof a->values);
    const plast_status status = plast__parameters_set(context, &a->kind->parameters, parameter, value, values);
    return status == PLAST_OK && a->kind->check != NULL ? a->kind->check(context, values) : status;
}

plast_status plast_network_set_rule(plast_network *network, int32_t layers, const char *rule, const char *parameter,
                                    double value)
{
    int32_t first = 0, last = 0, found = 0;
    double values[PLAST__PARAMETERS];
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    if (rule == NULL)
        return plast__fail(context, PLAST_E_INVALID, "name of the rule is NULL");
    plast_status status = plast__network_select(network, layers, &first, &last);
    for (int32_t i = first; status == PLAST_OK && i <= last; i++) { /* all can change before one does */
        const plast__attachment *a = find_attachment(network, i, rule);
        if (a != NULL)
            status = change(context, a, parameter, value, values);
        found += a != NULL;
    }
    if (status == PLAST_OK && found == 0)
        return plast__fail(context, PLAST_E_UNKNOWN, "rule \"%.40s\" is attached to none of these layers", rule);
    for (int32_t i = first; status == PLAST_OK && i <= last; i++) {
        plast__attachment *a = find_attachment(network, i, rule);
        if (a != NULL)
            status = plast__parameters_set(context, &a->kind->parameters, parameter, value, a->values);
    }
    return status;
}

/* The rule's attachment to one layer. */
static plast_status get_attachment(const plast_network *network, int32_t layer, const char *rule,
                                   const plast__attachment **attachment)
{
    plast_context *context = network->model.context;
    if (rule == NULL)
        return plast__fail(context, PLAST_E_INVALID, "name of the rule is NULL");
    if (layer < 0 || layer >= network->layer_count)
        return plast__fail(context, PLAST_E_RANGE, "layer %d of a network with %d layers", layer, network->layer_count);
    *attachment = find_attachment(network, layer, rule);
    if (*attachment == NULL)
        return plast__fail(context, PLAST_E_UNKNOWN, "rule \"%.40s\" is not attached to layer %d", rule, layer);
    return PLAST_OK;
}

plast_status plast_network_get_rule(const plast_network *network, int32_t layer, const char *rule,
                                    const char *parameter, double *value)
{
    const plast__attachment *a = NULL;
    if (network == NULL)
        return PLAST_E_INVALID;
    const plast_status status = get_attachment(network, layer, rule, &a);
    return status != PLAST_OK
               ? status
               : plast__parameters_get(network->model.context, &a->kind->parameters, parameter, a->values, value);
}

plast_status plast_network_view_rule(const plast_network *network, int32_t layer, const char *rule,
                                     const char *quantity, plast_matrix *view)
{
    const plast__attachment *a = NULL;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    const plast_status status = get_attachment(network, layer, rule, &a);
    if (status != PLAST_OK)
        return status;
    if (quantity == NULL || view == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s is NULL",
                           quantity == NULL ? "name of the quantity" : "place for the view");
    if (a->kind->slow == NULL || strcmp(a->kind->slow, quantity) != 0)
        return plast__fail(context, PLAST_E_UNKNOWN, "rule \"%s\" keeps no \"%.40s\", it keeps: %s",
                           a->kind->parameters.owner, quantity, a->kind->slow == NULL ? "nothing" : a->kind->slow);
    const plast__population *units = &network->model.populations[network->layers[layer]->output];
    *view = (plast_matrix){ .data = a->slow,
                            .rows = 1,
                            .cols = units->units,
                            .row_stride = units->ld,
                            .col_stride = 1,
                            .dtype = network->model.dtype,
                            .flags = PLAST_READ_ONLY };
    return PLAST_OK;
}

plast_status plast_network_set_optimizer(plast_network *network, const plast_optimizer *optimizer)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    if (optimizer == NULL)
        return plast__fail(context, PLAST_E_INVALID, "optimizer is NULL");
    const plast__description *d = &optimizer->description;
    plast_status status = plast__network_idle(context, network);
    if (status == PLAST_OK)
        status = plast__parameters_complete(context, d->member, d->values);
    if (status != PLAST_OK)
        return status;
    network->optimizer = *d;
    network->updates = 0;
    network->largest_gradient = 0.0;
    plast__network_unready(network);
    plast__model_release_moments(&network->model);
    return PLAST_OK;
}

static plast_status check_optimizer(const plast_network *network)
{
    if (network->optimizer.member == NULL)
        return plast__fail(network->model.context, PLAST_E_STATE, "the network has no optimizer yet");
    return PLAST_OK;
}

plast_status plast_network_set_optimizer_parameter(plast_network *network, const char *parameter, double value)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    const plast_status status = check_optimizer(network);
    if (status != PLAST_OK)
        return status;
    const plast__optimizer_kind *kind = plast__optimizer_of(network);
    plast__description changed = network->optimizer;
    plast_status set = plast__parameters_set(network->model.context, changed.member, parameter, value, changed.values);
    const int other_memory = set == PLAST_OK && plast__optimizer_by_rows(kind, changed.values) !=
                                                    plast__optimizer_by_rows(kind, network->optimizer.values);
    if (other_memory)
        set = plast__network_idle(network->model.context, network);
    if (set != PLAST_OK)
        return set;
    if (other_memory)
        plast__network_unready(network);
    network->optimizer = changed;
    return PLAST_OK;
}

plast_status plast_network_get_optimizer_parameter(const plast_network *network, const char *parameter, double *value)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    const plast_status status = check_optimizer(network);
    if (status != PLAST_OK)
        return status;
    return plast__parameters_get(network->model.context, network->optimizer.member, parameter,
                                 network->optimizer.values, value);
}
