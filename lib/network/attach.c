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
        return plast__fail(context, PLAST_E_STATE,
                           "the network has %d layers, so no layer is meant: the last one is the output",
                           network->layer_count);
    return PLAST_OK;
}

static plast__attachment *find_in(const plast__group *group, const char *rule)
{
    plast__attachment *a = group->rules;
    while (a != NULL && strcmp(a->kind->parameters.owner, rule) != 0)
        a = a->next;
    return a;
}

/* Groups of the layers' own, in order: some layers', or a single one. */
typedef struct targets {
    const plast_network *network;
    int32_t last;         /* layer */
    int32_t only;         /* the single group, else -1 */
    int32_t first_only;   /* the first of each layer: a modulator acts on the units, whatever ends there */
    int32_t layer, place; /* of the next */
} targets;

static targets targets_of(const plast_network *network, int32_t first, int32_t last)
{
    return (targets){ .network = network, .last = last, .only = -1, .layer = first };
}

/* NULL past the last one. */
static plast__group *next_target(targets *t)
{
    while (t->layer <= t->last) {
        const plast_layer *layer = t->network->layers[t->layer];
        if (t->place == layer->groups || (t->first_only && t->place > 0)) {
            t->layer++;
            t->place = 0;
            continue;
        }
        const int32_t index = layer->synapses[t->place++].group;
        if (t->only < 0 || t->only == index)
            return &t->network->model.groups[index];
    }
    return NULL;
}

/* The rule in the first of the groups that has it; NULL = none has. */
static const plast__attachment *first_attachment(const targets *all, const char *rule, const plast__group **group)
{
    targets t = *all;
    const plast__attachment *found = NULL;
    for (*group = next_target(&t); rule != NULL && found == NULL && *group != NULL;) {
        found = find_in(*group, rule);
        if (found == NULL)
            *group = next_target(&t);
    }
    return found;
}

static plast_status check_room(const plast_network *network, const plast__group *group, const plast__rule_kind *kind)
{
    const int32_t layer = group->layer;
    int32_t ranks = 1 + kind->ranks, sources = 1 + kind->row_sources; /* the error may need one of either */
    int32_t shrinks = kind->row_shrinks, scalings = kind->scalings;
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next) {
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

/* What the rule reads must be there. */
static plast_status check_needs(const plast_network *network, const plast__group *group, const plast__rule_kind *kind)
{
    plast_context *context = network->model.context;
    if (kind->needs & PLAST__NEEDS_PRE_SIGNAL && group->delayed)
        return plast__fail(
            context, PLAST_E_UNSUPPORTED,
            "rule \"%s\" reads the signal of the presynaptic units, which synapses \"%s\" of layer %d see "
            "one step late",
            kind->parameters.owner, group->name, group->layer);
    if (kind->needs & PLAST__NEEDS_LONE_DRIVE && network->layers[group->layer]->groups > 1)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "rule \"%s\" takes z - b for W x, but layer %d has more than one synapse group",
                           kind->parameters.owner, group->layer);
    return PLAST_OK;
}

static plast_status check_attach(const plast_network *network, const targets *all, const plast__rule_kind *kind,
                                 const double *values)
{
    targets t = *all;
    for (const plast__group *g = next_target(&t); g != NULL; g = next_target(&t)) {
        const targets here = targets_of(network, g->layer, g->layer);
        const plast__group *there = NULL;
        if (find_in(g, kind->parameters.owner) != NULL ||
            (kind->modulate != NULL &&
             first_attachment(&here, kind->parameters.owner, &there) != NULL)) /* acts on the same units */
            return plast__fail(network->model.context, PLAST_E_STATE, "rule \"%s\" is attached to layer %d already",
                               kind->parameters.owner, g->layer);
        plast_status status = check_room(network, g, kind);
        if (status == PLAST_OK)
            status = check_needs(network, g, kind);
        if (status == PLAST_OK)
            status = plast__network_suits(network, g->layer, kind, values, network->feedback);
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

/* A copy of the rule for one group. */
static plast__attachment *make_attachment(const plast_network *network, const plast__group *group,
                                          const plast_rule *rule)
{
    const plast__model *model = &network->model;
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

/* A copy for each group, chained from the first: all are there before one is attached. */
static plast__attachment *make_attachments(const plast_network *network, const plast_rule *rule, const targets *all)
{
    plast__attachment *chain = NULL, **end = &chain;
    targets t = *all;
    for (const plast__group *g = next_target(&t); g != NULL; g = next_target(&t)) {
        *end = make_attachment(network, g, rule);
        if (*end == NULL) {
            release_chain(network->model.context, chain);
            return NULL;
        }
        end = &(*end)->next;
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

static plast_status attach(plast_network *network, const targets *all, const plast_rule *rule)
{
    plast_context *context = network->model.context;
    const plast__rule_kind *kind = (const plast__rule_kind *)rule->description.member;
    const int first = all->layer == 0;
    plast_status status = check_attach(network, all, kind, rule->description.values);
    if (status != PLAST_OK)
        return status;
    plast__attachment *chain = make_attachments(network, rule, all);
    if (chain == NULL)
        return plast__no_memory(context, "a rule");
    if (first && kind->needs & PLAST__NEEDS_PRE_SIGNAL)
        status = plast__network_link_inputs(network);
    if (status != PLAST_OK) {
        release_chain(context, chain);
        return status;
    }
    targets t = *all;
    for (plast__group *g = next_target(&t); g != NULL; g = next_target(&t)) {
        plast__attachment *next = chain->next;
        append(g, chain);
        chain = next;
    }
    network->fixed = 1;
    plast__network_unready(network);
    return PLAST_OK;
}

static plast_status check_rule(const plast_network *network, const plast_rule *rule)
{
    plast_context *context = network->model.context;
    if (rule == NULL)
        return plast__fail(context, PLAST_E_INVALID, "rule is NULL");
    const plast__rule_kind *kind = (const plast__rule_kind *)rule->description.member;
    plast_status status = plast__network_idle(context, network);
    if (status == PLAST_OK)
        status = plast__parameters_complete(context, &kind->parameters, rule->description.values);
    if (status == PLAST_OK && kind->check != NULL)
        status = kind->check(context, rule->description.values);
    return status;
}

plast_status plast_network_add_rule(plast_network *network, int32_t layers, const plast_rule *rule)
{
    int32_t first = 0, last = 0;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_status status = check_rule(network, rule);
    if (status == PLAST_OK)
        status = plast__network_select(network, layers, &first, &last);
    if (status != PLAST_OK)
        return status;
    targets all = targets_of(network, first, last);
    all.first_only = ((const plast__rule_kind *)rule->description.member)->modulate != NULL;
    return attach(network, &all, rule);
}

/* The network and the layer's group that the handle stands for. */
static plast_status find_own(const plast_synapses *synapses, plast_network **network, targets *one)
{
    if (synapses == NULL)
        return PLAST_E_INVALID;
    *network = (plast_network *)(void *)synapses->model; /* its first member */
    const int32_t index = synapses->group;
    for (int32_t i = 0; index >= 0 && i < (*network)->layer_count; i++)
        for (int32_t k = 0; k < (*network)->layers[i]->groups; k++)
            if ((*network)->layers[i]->synapses[k].group == index) {
                *one = targets_of(*network, i, i);
                one->only = index;
                return PLAST_OK;
            }
    return plast__fail(synapses->model->context, PLAST_E_UNSUPPORTED,
                       "the synapses belong to a feedback scheme: rules attach to those of layers");
}

plast_status plast_synapses_add_rule(plast_synapses *synapses, const plast_rule *rule)
{
    plast_network *network = NULL;
    targets one;
    plast_status status = find_own(synapses, &network, &one);
    if (status == PLAST_OK)
        status = check_rule(network, rule);
    return status == PLAST_OK ? attach(network, &one, rule) : status;
}

/* Whether one of the parameters of a rule on the layer may change. */
static plast_status check_change(const plast_network *network, int32_t layer, const plast__attachment *a,
                                 const char *parameter, double value)
{
    plast_context *context = network->model.context;
    double values[PLAST__PARAMETERS];
    memcpy(values, a->values, sizeof a->values);
    plast_status status = plast__parameters_set(context, &a->kind->parameters, parameter, value, values);
    if (status == PLAST_OK && a->kind->check != NULL)
        status = a->kind->check(context, values);
    return status == PLAST_OK ? plast__network_suits(network, layer, a->kind, values, network->feedback) : status;
}

/* All can change before one does. */
static plast_status set_rule(const plast_network *network, const targets *all, const char *rule, const char *parameter,
                             double value)
{
    plast_context *context = network->model.context;
    int found = 0;
    plast_status status = PLAST_OK;
    if (rule == NULL)
        return plast__fail(context, PLAST_E_INVALID, "name of the rule is NULL");
    targets t = *all;
    for (const plast__group *g = next_target(&t); status == PLAST_OK && g != NULL; g = next_target(&t)) {
        const plast__attachment *a = find_in(g, rule);
        if (a != NULL)
            status = check_change(network, g->layer, a, parameter, value);
        found += a != NULL;
    }
    if (status == PLAST_OK && found == 0)
        return plast__fail(context, PLAST_E_UNKNOWN, "rule \"%.40s\" is attached to none of these %s", rule,
                           all->only < 0 ? "layers" : "synapses");
    t = *all;
    for (const plast__group *g = next_target(&t); status == PLAST_OK && g != NULL; g = next_target(&t)) {
        plast__attachment *a = find_in(g, rule);
        if (a != NULL)
            status = plast__parameters_set(context, &a->kind->parameters, parameter, value, a->values);
    }
    return status;
}

plast_status plast_network_set_rule(plast_network *network, int32_t layers, const char *rule, const char *parameter,
                                    double value)
{
    int32_t first = 0, last = 0;
    if (network == NULL)
        return PLAST_E_INVALID;
    const plast_status status = plast__network_select(network, layers, &first, &last);
    const targets all = targets_of(network, first, last);
    return status == PLAST_OK ? set_rule(network, &all, rule, parameter, value) : status;
}

plast_status plast_synapses_set_rule(plast_synapses *synapses, const char *rule, const char *parameter, double value)
{
    plast_network *network = NULL;
    targets one;
    const plast_status status = find_own(synapses, &network, &one);
    return status == PLAST_OK ? set_rule(network, &one, rule, parameter, value) : status;
}

static plast_status not_attached(const plast_network *network, const targets *t, const char *rule)
{
    plast_context *context = network->model.context;
    if (rule == NULL)
        return plast__fail(context, PLAST_E_INVALID, "name of the rule is NULL");
    if (t->only < 0)
        return plast__fail(context, PLAST_E_UNKNOWN, "rule \"%.40s\" is not attached to layer %d", rule, t->last);
    return plast__fail(context, PLAST_E_UNKNOWN, "rule \"%.40s\" is not attached to these synapses", rule);
}

static plast_status get_rule(const plast_network *network, const targets *t, const char *rule, const char *parameter,
                             double *value)
{
    const plast__group *group = NULL;
    const plast__attachment *a = first_attachment(t, rule, &group);
    if (a == NULL)
        return not_attached(network, t, rule);
    return plast__parameters_get(network->model.context, &a->kind->parameters, parameter, a->values, value);
}

static plast_status view_rule(const plast_network *network, const targets *t, const char *rule, const char *quantity,
                              plast_matrix *view)
{
    plast_context *context = network->model.context;
    const plast__group *group = NULL;
    const plast__attachment *a = first_attachment(t, rule, &group);
    if (a == NULL)
        return not_attached(network, t, rule);
    if (quantity == NULL || view == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s is NULL",
                           quantity == NULL ? "name of the quantity" : "place for the view");
    if (a->kind->slow == NULL || strcmp(a->kind->slow, quantity) != 0)
        return plast__fail(context, PLAST_E_UNKNOWN, "rule \"%s\" keeps no \"%.40s\", it keeps: %s",
                           a->kind->parameters.owner, quantity, a->kind->slow == NULL ? "nothing" : a->kind->slow);
    const plast__population *units = &network->model.populations[group->post];
    *view = (plast_matrix){ .data = a->slow,
                            .rows = 1,
                            .cols = units->units,
                            .row_stride = units->ld,
                            .col_stride = 1,
                            .dtype = network->model.dtype,
                            .flags = PLAST_READ_ONLY };
    return PLAST_OK;
}

static plast_status find_layer(const plast_network *network, int32_t layer, const char *rule, targets *t)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    if (rule == NULL)
        return plast__fail(network->model.context, PLAST_E_INVALID, "name of the rule is NULL");
    if (layer < 0 || layer >= network->layer_count)
        return plast__fail(network->model.context, PLAST_E_RANGE, "layer %d of a network with %d layers", layer,
                           network->layer_count);
    *t = targets_of(network, layer, layer);
    return PLAST_OK;
}

plast_status plast_network_get_rule(const plast_network *network, int32_t layer, const char *rule,
                                    const char *parameter, double *value)
{
    targets t;
    const plast_status status = find_layer(network, layer, rule, &t);
    return status == PLAST_OK ? get_rule(network, &t, rule, parameter, value) : status;
}

plast_status plast_network_view_rule(const plast_network *network, int32_t layer, const char *rule,
                                     const char *quantity, plast_matrix *view)
{
    targets t;
    const plast_status status = find_layer(network, layer, rule, &t);
    return status == PLAST_OK ? view_rule(network, &t, rule, quantity, view) : status;
}

plast_status plast_synapses_get_rule(const plast_synapses *synapses, const char *rule, const char *parameter,
                                     double *value)
{
    plast_network *network = NULL;
    targets one;
    const plast_status status = find_own(synapses, &network, &one);
    return status == PLAST_OK ? get_rule(network, &one, rule, parameter, value) : status;
}

plast_status plast_synapses_view_rule(const plast_synapses *synapses, const char *rule, const char *quantity,
                                      plast_matrix *view)
{
    plast_network *network = NULL;
    targets one;
    const plast_status status = find_own(synapses, &network, &one);
    return status == PLAST_OK ? view_rule(network, &one, rule, quantity, view) : status;
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
