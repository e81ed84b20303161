/* SPDX-License-Identifier: MIT
 *
 * What a state carries from call to call: the last step of every layer with a state. */
#include "network/network.h"

#include "base/matrix.h"
#include "base/scalar.h"

#include <math.h>
#include <string.h>

/* One block of rows, one row for each of the sequences in use or carried. */
static size_t block_bytes(const plast__model *model, int32_t population, int64_t sequences)
{
    return (size_t)(sequences * model->populations[population].ld * plast__size(model->dtype));
}

void plast__network_carry(const plast_network *network, plast__activities *a)
{
    const plast__model *model = &network->model;
    if (network->stateful == 0)
        return;
    for (int32_t i = 0; i < network->layer_count; i++) {
        const int32_t state = network->layers[i]->state;
        if (state == 0)
            continue;
        const int64_t last = (a->rows - a->sequences) * model->populations[state].ld;
        const size_t bytes = block_bytes(model, state, a->sequences);
        memcpy(a->of[state].carry_y, plast__at(model->dtype, a->of[state].y, last), bytes);
        memcpy(a->of[state].carry_z, plast__at(model->dtype, a->of[state].z, last), bytes);
    }
    plast__network_carry_traces(network, a);
    a->live = a->sequences;
    a->traced = a->tracing;
    a->draws += (uint64_t)(a->rows / a->sequences);
}

void plast__network_begin_anew(plast__activities *a)
{
    a->live = 0;
    a->draws = 0;
}

void plast__network_put_aside(const plast_network *network, plast__activities *a, int back)
{
    for (int32_t i = 0; i < network->layer_count; i++) {
        const int32_t state = network->layers[i]->state;
        if (state == 0 || a->live == 0)
            continue;
        const size_t bytes = block_bytes(&network->model, state, a->live);
        void *const carried[] = { a->of[state].carry_y, a->of[state].carry_z };
        for (int k = 0; k < 2; k++) {
            void *aside = (unsigned char *)a->of[state].work + (size_t)k * bytes;
            memcpy(back ? carried[k] : aside, back ? aside : carried[k], bytes);
        }
    }
}

plast_status plast__network_copy_stream(plast_context *context, const plast_network *network,
                                        const plast__activities *from, plast__activities *to)
{
    if (from->live > to->room)
        return plast__fail(context, PLAST_E_INVALID, "the state carries %lld sequences, the other has room for %lld",
                           (long long)from->live, (long long)to->room);
    plast_status status = plast__network_copy_traces(context, network, from, to);
    if (status != PLAST_OK)
        return status;
    for (int32_t i = 0; i < network->layer_count; i++) {
        const int32_t state = network->layers[i]->state;
        if (state == 0)
            continue;
        const size_t bytes = block_bytes(&network->model, state, from->live);
        memcpy(to->of[state].carry_y, from->of[state].carry_y, bytes);
        memcpy(to->of[state].carry_z, from->of[state].carry_z, bytes);
    }
    to->live = from->live;
    to->draws = from->draws;
    to->seed = from->seed;
    return PLAST_OK;
}

plast_status plast__network_check_carry(plast_context *context, const plast_state *state, int64_t sequences)
{
    if (state->activities.live != 0 && state->activities.live != sequences)
        return plast__fail(context, PLAST_E_INVALID,
                           "the state carries %lld sequences, %lld are to go on: reset it, or give as many",
                           (long long)state->activities.live, (long long)sequences);
    return PLAST_OK;
}

/* A progress callback leaves the stream that is being learned alone. */
static plast_status check_free(const plast_state *state)
{
    if (state->use != PLAST__USE_NONE)
        return plast__fail(state->context, PLAST_E_STATE,
                           "the state is learning: a progress callback cannot change what it carries");
    return PLAST_OK;
}

plast_status plast_state_reset(plast_state *state)
{
    if (state == NULL)
        return PLAST_E_INVALID;
    const plast_status status = check_free(state);
    if (status == PLAST_OK)
        state->activities.live = 0;
    return status;
}

plast_status plast_state_copy(plast_state *to, const plast_state *from)
{
    if (to == NULL || from == NULL)
        return PLAST_E_INVALID;
    if (to->network != from->network)
        return plast__fail(to->context, PLAST_E_INVALID, "the two states belong to different networks");
    if (!plast__activities_fit(&to->network->model, &to->activities) ||
        !plast__activities_fit(&to->network->model, &from->activities))
        return plast__fail(to->context, PLAST_E_STATE,
                           "a state was made for another feedback scheme, which had other populations");
    const plast_status status = check_free(to);
    return status != PLAST_OK || to == from
               ? status
               : plast__network_copy_stream(to->context, to->network, &from->activities, &to->activities);
}

int64_t plast_state_sequences(const plast_state *state)
{
    return state == NULL ? 0 : state->activities.live;
}

/* The layer, which must have a state, and what of it is the state. */
static plast_status find_carried(const plast_state *state, int64_t layer, int32_t *population, void **carried)
{
    const plast_network *network = state->network;
    if (layer < 0 || layer >= network->layer_count)
        return plast__fail(state->context, PLAST_E_RANGE, "layer %lld of a network with %d layers", (long long)layer,
                           network->layer_count);
    const plast_layer *l = network->layers[layer];
    if (l->state == 0)
        return plast__fail(state->context, PLAST_E_STATE, "layer %lld carries nothing from step to step",
                           (long long)layer);
    const plast__activity *a = &state->activities.of[l->state];
    *population = l->state;
    *carried = l->kind->carries_potential != NULL && l->kind->carries_potential(l) ? a->carry_z : a->carry_y;
    return PLAST_OK;
}

plast_status plast_state_get(const plast_state *state, int64_t layer, const plast_matrix *carried)
{
    int32_t population = 0;
    void *from = NULL;
    if (state == NULL)
        return PLAST_E_INVALID;
    plast_status status = find_carried(state, layer, &population, &from);
    if (status == PLAST_OK && state->activities.live == 0)
        status =
            plast__fail(state->context, PLAST_E_STATE, "the state carries nothing yet: the next step is a first one");
    if (status != PLAST_OK)
        return status;
    const plast__model *model = &state->network->model;
    const plast__population *p = &model->populations[population];
    const plast__expected expected = { "carried", state->activities.live, p->units, PLAST__REALS, 1 };
    status = plast__matrix_check(state->context, carried, &expected);
    for (int64_t b = 0; status == PLAST_OK && b < state->activities.live; b++)
        plast__matrix_write_row(carried, b, model->dtype, plast__at(model->dtype, from, b * p->ld));
    return status;
}

/* A stream of so many sequences that begins in the middle: all that it carries is 0. */
static void start_in_the_middle(plast_state *state, int64_t sequences)
{
    plast__activities *a = &state->activities;
    const plast_network *network = state->network;
    for (int32_t i = 0; i < network->layer_count; i++) {
        const int32_t index = network->layers[i]->state;
        if (index == 0)
            continue;
        memset(a->of[index].carry_y, 0, block_bytes(&network->model, index, sequences));
        memset(a->of[index].carry_z, 0, block_bytes(&network->model, index, sequences));
    }
    a->live = sequences;
}

plast_status plast_state_set(plast_state *state, int64_t layer, const plast_matrix *carried)
{
    int32_t population = 0;
    void *to = NULL;
    double largest = 0.0;
    if (state == NULL)
        return PLAST_E_INVALID;
    plast__activities *a = &state->activities;
    plast_status status = check_free(state);
    if (status == PLAST_OK)
        status = find_carried(state, layer, &population, &to);
    if (status != PLAST_OK)
        return status;
    const plast__model *model = &state->network->model;
    const plast__population *p = &model->populations[population];
    const plast__expected expected = { "carried", a->live > 0 ? a->live : -1, p->units, PLAST__REALS, 0 };
    status = plast__matrix_check(state->context, carried, &expected);
    if (status == PLAST_OK && (carried->rows < 1 || carried->rows > a->room))
        status = plast__fail(state->context, PLAST_E_INVALID, "carried has %lld rows, the state has room for %lld",
                             (long long)carried->rows, (long long)a->room);
    for (int64_t b = 0; status == PLAST_OK && b < carried->rows; b++)
        largest = fmax(largest, plast__matrix_row_largest(carried, b));
    if (status == PLAST_OK && !(largest <= plast__largest(model->dtype)))
        status = plast__fail(state->context, PLAST_E_NOT_FINITE,
                             "carried has an entry that is not finite in the network's type");
    if (status != PLAST_OK)
        return status;
    if (a->live == 0)
        start_in_the_middle(state, carried->rows);
    for (int64_t b = 0; b < carried->rows; b++)
        plast__matrix_read_row(carried, b, model->dtype, plast__at(model->dtype, to, b * p->ld));
    a->traced = 0;
    return PLAST_OK;
}
