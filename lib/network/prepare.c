/* SPDX-License-Identifier: MIT
 *
 * Memory for learning, and states. */
#include "network/network.h"

#include "base/memory.h"
#include "base/scalar.h"
#include "base/structs.h"

plast_status plast__network_loss(plast_context *context, const plast_network *network, int32_t *loss)
{
    if (network->layer_count == 0)
        return plast__fail(context, PLAST_E_STATE, "the network has no layer yet");
    if (plast__output_layer(network)->state > 0)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "layer %d has a state and is the output: a dense layer on top of it reads it out",
                           network->layer_count - 1);
    const int32_t activation = network->model.populations[plast__output_layer(network)->output].activation;
    const int32_t wanted = network->loss == PLAST_LOSS_DEFAULT ? plast__loss_default(activation) : network->loss;
    if (!plast__loss_fits(wanted, activation))
        return plast__fail(context, PLAST_E_UNSUPPORTED, "loss %d does not go with activation %d of the output", wanted,
                           activation);
    *loss = wanted;
    return PLAST_OK;
}

void plast__network_unready(plast_network *network)
{
    plast__model *model = &network->model;
    for (int32_t i = 0; network->pending != NULL && i < network->pending_count; i++)
        plast__pending_destroy(model->context, &network->pending[i]);
    plast__release(model->context, network->pending);
    plast__release(model->context, network->bias_work);
    network->pending = NULL;
    network->bias_work = NULL;
    network->pending_batch = 0;
}

static plast_status make_pending(plast_network *network, int64_t batch)
{
    plast__model *model = &network->model;
    int64_t widest = 0;
    for (int32_t i = 0; i < model->population_count; i++)
        widest = model->populations[i].ld > widest ? model->populations[i].ld : widest;
    network->bias_work = plast__allocate_rows(model->context, 2, widest, plast__size(model->dtype));
    network->pending = plast__allocate(model->context, model->group_count, sizeof *network->pending);
    network->pending_count = model->group_count;
    if (network->bias_work == NULL || network->pending == NULL)
        return plast__no_memory(model->context, "pending terms");
    const plast__optimizer_kind *optimizer = plast__optimizer_of(network);
    const int by_rows = optimizer != NULL && plast__optimizer_by_rows(optimizer, network->optimizer.values);
    plast_status status = PLAST_OK;
    for (int32_t i = 0; status == PLAST_OK && i < model->group_count; i++) {
        const plast__temporal_kind *temporal = network->temporal;
        const int traced =
            temporal->sensitivities || (temporal->traces && model->populations[model->groups[i].post].through_time);
        if (model->groups[i].learns)
            status = plast__pending_create(model, &model->groups[i], by_rows || traced, batch, &network->pending[i]);
    }
    return status == PLAST_OK ? plast__model_ensure_moments(model, optimizer == NULL ? 0 : optimizer->moments) : status;
}

plast_status plast__network_ready(plast_network *network, int64_t batch)
{
    int32_t loss = PLAST_LOSS_DEFAULT;
    plast_status status = plast__network_loss(network->model.context, network, &loss);
    if (status != PLAST_OK || network->pending_batch >= batch)
        return status;
    status = plast__network_link(network);
    if (status != PLAST_OK)
        return status;
    plast_network smaller = *network; /* what is ready stays so if there is no memory for more */
    network->pending = NULL;
    network->bias_work = NULL;
    status = make_pending(network, batch);
    if (status == PLAST_OK) {
        plast__network_unready(&smaller);
        network->pending_batch = batch;
        network->fixed = 1;
        return PLAST_OK;
    }
    plast__network_unready(network);
    network->pending = smaller.pending;
    network->pending_count = smaller.pending_count;
    network->bias_work = smaller.bias_work;
    network->pending_batch = smaller.pending_batch;
    return status;
}

/* A failure is told to the context of the state that the caller gave. */
static plast_status ready_for(plast_network *network, const plast_state *given, int64_t batch)
{
    const plast_status status = plast__network_ready(network, batch);
    if (status != PLAST_OK && given != NULL && given->context != network->model.context)
        return plast__fail(given->context, status, "%s", network->model.context->message);
    return status;
}

plast_status plast__network_equip(plast_network *network, plast_state *given, int64_t batch, int64_t sequences,
                                  plast_state **state)
{
    const int32_t fixed = network->fixed;
    plast_status status = plast__network_choose_state(network, given, batch, sequences, state);
    if (status == PLAST_OK)
        status = ready_for(network, given, batch);
    if (status != PLAST_OK && !fixed) {
        plast__network_unready(network);
        plast_state_destroy(network->state);
        network->state = NULL;
        network->fixed = 0;
    }
    return status;
}

plast_status plast_network_prepare(plast_network *network, int64_t batch)
{
    return plast_network_prepare_steps(network, batch, 1);
}

/* Rows of an update are counted in 32 bits. */
static plast_status check_room(plast_context *context, int64_t batch, int64_t steps, int64_t least)
{
    if (batch < least || batch > INT32_MAX)
        return plast__fail(context, PLAST_E_RANGE, "batch is %lld, expected %lld to %d", (long long)batch,
                           (long long)least, INT32_MAX);
    if (steps < least || steps > INT32_MAX || batch * steps > INT32_MAX)
        return plast__fail(context, PLAST_E_RANGE, "steps is %lld, expected %lld to %d over the batch of %lld",
                           (long long)steps, (long long)least, INT32_MAX, (long long)batch);
    return PLAST_OK;
}

plast_status plast_network_prepare_steps(plast_network *network, int64_t batch, int64_t steps)
{
    plast_state *state = NULL;
    if (network == NULL)
        return PLAST_E_INVALID;
    const plast_status fits = check_room(network->model.context, batch, steps, 1);
    if (fits != PLAST_OK)
        return fits;
    int32_t loss = PLAST_LOSS_DEFAULT;
    plast_status status = plast__network_idle(network->model.context, network);
    if (status == PLAST_OK)
        status = plast__network_loss(network->model.context, network, &loss);
    if (status == PLAST_OK)
        status = plast__network_equip(network, NULL, batch * steps, batch, &state);
    const plast__time time = plast__network_plan(network, 1);
    if (status == PLAST_OK && time.tracing)
        status = plast__network_equip_traces(network->model.context, network, &time, batch, &state->activities);
    return status;
}

static plast_status make_state(plast_context *context, plast_network *network, int64_t batch, int64_t sequences,
                               plast_state **state)
{
    plast_state *made = plast__allocate(context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(context, "a state");
    made->context = context;
    made->network = network;
    const plast_status status = plast__activities_create(context, &network->model, batch, sequences, &made->activities);
    if (status != PLAST_OK) {
        plast__release(context, made);
        return status;
    }
    if (!network->fixed) /* other threads may run a prepared network: they find nothing written */
        network->fixed = 1;
    *state = made;
    return PLAST_OK;
}

plast_status plast_state_create(plast_context *context, plast_network *network, const plast_state_options *options,
                                plast_state **state)
{
    plast_state_options given = { .struct_size = 0 };
    int32_t loss = PLAST_LOSS_DEFAULT;
    if (context == NULL)
        return PLAST_E_INVALID;
    if (network == NULL || state == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s is NULL", network == NULL ? "network" : "place for the state");
    plast_status status =
        options == NULL ? PLAST_OK : PLAST__READ_RESERVED(context, plast_state_options, options, &given);
    given.batch = given.batch == 0 ? PLAST__BLOCK : given.batch;
    given.steps = given.steps == 0 ? 1 : given.steps;
    if (status == PLAST_OK)
        status = plast__network_loss(context, network, &loss);
    if (status != PLAST_OK)
        return status;
    status = check_room(context, given.batch, given.steps, 0);
    if (status == PLAST_OK)
        status = make_state(context, network, given.batch * given.steps, given.batch, state);
    if (status == PLAST_OK)
        (*state)->activities.seed = given.seed;
    return status;
}

void plast_state_destroy(plast_state *state)
{
    if (state == NULL)
        return;
    plast__activities_destroy(state->context, &state->activities);
    plast__release(state->context, state);
}

/* A state with more room in place of the network's own, which carries on. */
static plast_status enlarge_state(plast_network *network, int64_t batch, int64_t sequences)
{
    plast_context *context = network->model.context;
    plast_state *larger = NULL;
    if (network->state != NULL && network->state->use != PLAST__USE_NONE)
        return plast__fail(context, PLAST_E_STATE,
                           "the network's own state is learning and cannot grow: a progress callback needs another");
    const int64_t rows_now = network->state == NULL ? PLAST__BLOCK : network->state->activities.batch;
    const int64_t room_now = network->state == NULL ? PLAST__BLOCK : network->state->activities.room;
    batch = batch > rows_now ? batch : rows_now;
    sequences = sequences > room_now ? sequences : room_now;
    plast_status status = make_state(context, network, batch, sequences, &larger);
    if (status == PLAST_OK && network->state != NULL)
        status = plast__network_copy_stream(context, network, &network->state->activities, &larger->activities);
    if (status != PLAST_OK) {
        plast_state_destroy(larger);
        return status;
    }
    plast_state_destroy(network->state);
    network->state = larger;
    return PLAST_OK;
}

plast_status plast__network_choose_state(plast_network *network, plast_state *given, int64_t batch, int64_t sequences,
                                         plast_state **state)
{
    if (given != NULL && given->network != network)
        return plast__fail(given->context, PLAST_E_INVALID, "the state belongs to another network");
    if (given != NULL && !plast__activities_fit(&network->model, &given->activities))
        return plast__fail(given->context, PLAST_E_STATE,
                           "the state was made for another feedback scheme, which had other populations");
    if (given != NULL && given->activities.room < sequences)
        return plast__fail(given->context, PLAST_E_INVALID, "the state has room for %lld samples, batch is %lld",
                           (long long)given->activities.room, (long long)sequences);
    if (given != NULL && given->activities.batch < batch)
        return plast__fail(given->context, PLAST_E_INVALID,
                           "the state has room for %lld steps, an update has %lld, of all sequences together",
                           (long long)given->activities.batch, (long long)batch);
    plast_status status = PLAST_OK;
    if (given == NULL && (network->state == NULL || network->state->activities.batch < batch ||
                          network->state->activities.room < sequences))
        status = enlarge_state(network, batch, sequences);
    *state = given != NULL ? given : network->state;
    if (status == PLAST_OK && (*state)->use == PLAST__USE_AMID)
        return plast__fail((*state)->context, PLAST_E_STATE,
                           "the state is in the middle of sequences that it learns: a progress callback needs another");
    return status;
}

plast_status plast_network_state(const plast_network *network, plast_state **state)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    if (state == NULL)
        return plast__fail(network->model.context, PLAST_E_INVALID, "place for the state is NULL");
    if (network->state == NULL)
        return plast__fail(network->model.context, PLAST_E_STATE, "the network has no state of its own yet");
    *state = network->state;
    return PLAST_OK;
}

/* The population whose array it is, signals being by net inputs; 0 = none. */
static int32_t population_of(const plast_layer *layer, int32_t quantity)
{
    if (quantity == PLAST_SIGNAL)
        return layer->drive;
    if (quantity != PLAST_RECURRENT_SIGNAL)
        return layer->output;
    return layer->state == 0 ? 0 : layer->recurrent > 0 ? layer->recurrent : layer->drive;
}

plast_status plast_state_view(const plast_state *state, int64_t layer, int32_t quantity, plast_matrix *view)
{
    if (state == NULL)
        return PLAST_E_INVALID;
    const plast_network *network = state->network;
    if (view == NULL)
        return plast__fail(state->context, PLAST_E_INVALID, "place for the view is NULL");
    if (layer < 0 || layer >= network->layer_count)
        return plast__fail(state->context, PLAST_E_RANGE, "layer %lld of a network with %d layers", (long long)layer,
                           network->layer_count);
    if (quantity < PLAST_ACTIVITY || quantity > PLAST_RECURRENT_SIGNAL)
        return plast__fail(state->context, PLAST_E_INVALID,
                           "quantity is %d, expected PLAST_ACTIVITY ... PLAST_RECURRENT_SIGNAL", quantity);
    const int32_t index = population_of(network->layers[layer], quantity);
    if (index == 0)
        return plast__fail(state->context, PLAST_E_STATE, "layer %lld has no recurrent synapses, so no signal of them",
                           (long long)layer);
    const int64_t rows = quantity >= PLAST_SIGNAL ? state->signal_rows : state->rows;
    if (rows == 0)
        return plast__fail(state->context, PLAST_E_STATE, "the state has %s no sample yet",
                           quantity >= PLAST_SIGNAL ? "learned" : "processed");
    const plast__activity *a = &state->activities.of[index];
    void *const arrays[] = { a->y, a->z, a->s, a->s };
    *view = (plast_matrix){ .data = arrays[quantity - PLAST_ACTIVITY],
                            .rows = rows,
                            .cols = network->model.populations[index].units,
                            .row_stride = network->model.populations[index].ld,
                            .col_stride = 1,
                            .dtype = network->model.dtype,
                            .flags = PLAST_READ_ONLY };
    return PLAST_OK;
}
