/* SPDX-License-Identifier: MIT
 *
 * Rules that act on the error rather than on weights: when they are asked, and where they may be. */
#include "network/network.h"

static plast__modulation modulation_of(const plast_network *network, plast__activities *a, plast__pending *pending)
{
    return (plast__modulation){ .model = &network->model,
                                .groups = network->layer_groups,
                                .pending = pending,
                                .activities = a,
                                .updates = network->descents,
                                .share = 1.0 };
}

void plast__network_expect(plast_network *network, plast__activities *a)
{
    const plast__model *model = &network->model;
    const plast__modulation m = modulation_of(network, a, network->pending);
    for (int32_t i = 0; i < m.groups; i++)
        network->pending[i].sums = 0;
    for (int32_t i = 0; i < m.groups; i++)
        for (int32_t k = 0; k < network->pending[i].work_count; k++) {
            const plast__rule_kind *kind = network->pending[i].work[k].attachment->kind;
            if (kind->expect != NULL)
                kind->expect(&m, &model->groups[i],
                             plast__site_of(model, &model->groups[i], a, &network->pending[i], k));
        }
}

static void modulate_layer(const plast_layer *layer, plast__modulation *m)
{
    m->stateful = layer->state > 0;
    for (int32_t g = 0; g < layer->groups; g++) {
        const int32_t index = layer->synapses[g].group;
        const plast__group *group = &m->model->groups[index];
        plast__pending *pending = &m->pending[index];
        for (int32_t k = 0; k < pending->work_count; k++) {
            const plast__rule_kind *kind = pending->work[k].attachment->kind;
            if (kind->modulate != NULL)
                kind->modulate(m, group, plast__site_of(m->model, group, m->activities, pending, k));
        }
    }
}

void plast__network_modulate(const plast_network *network, const plast__descent *descent, const plast_layer *layer,
                             void *arrived, double *share)
{
    plast__modulation m = modulation_of(network, descent->activities, descent->pending);
    m.arrived = arrived;
    m.share = *share;
    if (arrived != NULL || layer->state == 0)
        for (int32_t p = 0; p < layer->populations; p++)
            descent->activities->of[layer->first_population + p].share = *share;
    modulate_layer(layer, &m);
    if (arrived != NULL) /* its error is what has come down, a factor included */
        descent->activities->of[layer->initial].share = m.share;
    *share = m.share;
}

void plast__network_modulate_traces(const plast_network *network, plast__activities *a)
{
    plast__modulation m = modulation_of(network, a, network->pending);
    for (int32_t i = 0; i < network->layer_count; i++)
        if (network->layers[i]->state > 0)
            modulate_layer(network->layers[i], &m);
}

plast_status plast__network_suits(const plast_network *network, int32_t layer, const plast__rule_kind *kind,
                                  const double *values, const plast__feedback_kind *feedback)
{
    const plast__place place = { .layer = layer,
                                 .output = layer == network->layer_count - 1,
                                 .feedback = feedback->parameters.owner,
                                 .apart = feedback->apart,
                                 .stateful = network->layers[layer]->state > 0,
                                 .gated = network->layers[layer]->kind->cell == PLAST__CELL_GATED };
    if (kind->modulate != NULL && network->temporal->sensitivities)
        return plast__fail(network->model.context, PLAST_E_UNSUPPORTED,
                           "temporal scheme \"%s\" is of the exact gradient, which rule \"%s\" modulates",
                           network->temporal->parameters.owner, kind->parameters.owner);
    return kind->suits == NULL ? PLAST_OK : kind->suits(network->model.context, values, &place);
}

int plast__network_modulates(const plast_network *network)
{
    for (int32_t i = 0; i < network->model.group_count; i++)
        for (const plast__attachment *a = network->model.groups[i].rules; a != NULL; a = a->next)
            if (a->kind->modulate != NULL)
                return 1;
    return 0;
}

plast_status plast__network_all_suit(const plast_network *network, const plast__feedback_kind *feedback)
{
    plast_status status = PLAST_OK;
    for (int32_t i = 0; i < network->layer_count; i++) {
        const plast_layer *layer = network->layers[i];
        for (int32_t g = 0; g < layer->groups; g++)
            for (const plast__attachment *a = network->model.groups[layer->synapses[g].group].rules;
                 status == PLAST_OK && a != NULL; a = a->next)
                status = plast__network_suits(network, i, a->kind, a->values, feedback);
    }
    return status;
}
