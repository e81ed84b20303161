/* SPDX-License-Identifier: MIT
 *
 * The mirror phase of a feedback scheme that has one. */
#include "network/network.h"

#include "base/structs.h"

/* One update: all hops look before one of them learns. */
static plast_status mirror_once(plast_context *context, plast_network *network, plast__activities *a)
{
    const plast__feedback_kind *kind = network->feedback;
    plast_status status = PLAST_OK;
    for (int32_t i = network->first_hop; status == PLAST_OK && i < network->layer_count; i++)
        status = kind->mirror_look(context, &network->model, &network->hops[i], a, network->mirrored);
    for (int32_t i = network->first_hop; status == PLAST_OK && i < network->layer_count; i++)
        kind->mirror_learn(&network->model, &network->hops[i], a);
    network->mirrored += status == PLAST_OK;
    return status;
}

static plast_status read_options(plast_context *context, const plast_network *network,
                                 const plast_mirror_options *options, plast_mirror_options *given)
{
    plast_status status = PLAST_OK;
    if (options != NULL)
        status = PLAST__READ_RESERVED(context, plast_mirror_options, options, given);
    if (status != PLAST_OK)
        return status;
    given->updates = given->updates == 0 ? 1 : given->updates;
    given->batch = given->batch == 0 ? PLAST__BLOCK : given->batch;
    if (given->updates < 0)
        return plast__fail(context, PLAST_E_RANGE, "updates is %lld, expected 0 or more", (long long)given->updates);
    if (given->batch < 2 || given->batch > INT32_MAX)
        return plast__fail(context, PLAST_E_RANGE,
                           "batch is %lld, expected 2 to %d: answers are compared with their mean",
                           (long long)given->batch, INT32_MAX);
    if (network->feedback->mirror_look == NULL)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "feedback \"%s\" has no mirror phase, \"weight_mirror\" has one",
                           network->feedback->parameters.owner);
    return PLAST_OK;
}

plast_status plast_network_mirror(plast_network *network, plast_state *state, const plast_mirror_options *options)
{
    plast_mirror_options given = { .struct_size = 0 };
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = state != NULL ? state->context : network->model.context;
    plast_status status = plast__network_idle(context, network);
    if (status == PLAST_OK)
        status = read_options(context, network, options, &given);
    if (status == PLAST_OK)
        status = plast__network_choose_state(network, state, given.batch, given.batch, &state);
    if (status != PLAST_OK)
        return status;
    state->rows = state->signal_rows = 0;
    state->activities.live = 0;
    state->activities.rows = state->activities.sequences = given.batch;
    for (int64_t i = 0; status == PLAST_OK && i < given.updates; i++)
        status = mirror_once(context, network, &state->activities);
    return status;
}
