/* SPDX-License-Identifier: MIT
 *
 * Learning. One update: forward (what waits is applied on the way), loss, backward, emit, check, commit. Online, the
 * committed terms wait for the next sample's forward pass; a minibatch's are applied at once. */
#include "network/tally.h"

#include "base/matrix.h"
#include "base/scalar.h"
#include "base/structs.h"

#include <math.h>
#include <string.h>

typedef struct learner {
    plast_context *context;
    plast_network *network;
    plast_state *state;
    plast__samples samples;
    plast_learn_options options;
    plast__tally tally;
} learner;

static void apply_all(plast_network *network)
{
    for (int32_t i = 0; i < network->model.group_count; i++)
        plast__pending_apply(&network->model, &network->model.groups[i], &network->pending[i]);
}

/* An infinite activity leaves NaN in the padding of projections (0 times infinity): minibatches do not overwrite it. */
static void clear_projections(const plast__model *model, plast__pending *pending)
{
    for (int32_t i = 0; pending != NULL && i < model->group_count; i++)
        if (pending[i].projection != NULL)
            memset(pending[i].projection, 0,
                   (size_t)(pending[i].batch * model->groups[i].ld * plast__size(model->dtype)));
}

plast_status plast__network_forward(plast_context *context, const plast_network *network, plast__activities *a,
                                    plast__pending *pending)
{
    const plast__model *model = &network->model;
    for (int32_t i = 0; i < network->layer_count; i++) {
        const plast_layer *layer = network->layers[i];
        layer->kind->forward(layer, a, pending);
        for (int32_t p = 0; p < layer->populations; p++) {
            const int32_t index = layer->first_population + p;
            if (isfinite(model->kernels->max_abs(a->rows * model->populations[index].ld, a->of[index].z)))
                continue;
            clear_projections(model, pending);
            return plast__fail(context, PLAST_E_NOT_FINITE, "an activity of layer %d is not finite", i);
        }
    }
    return PLAST_OK;
}

/* The top layer's signal is there already; each layer gets its own from the group above it. Without an error they are
 * all 0. */
static void backward(const plast_network *network, plast__activities *a, int error)
{
    const plast__model *model = &network->model;
    for (int32_t i = network->layer_count - 1; i > 0; i--) {
        const plast_layer *above = network->layers[i], *layer = network->layers[i - 1];
        const int64_t bytes = a->rows * model->populations[layer->output].ld * plast__size(model->dtype);
        memset(a->of[layer->output].s, 0, (size_t)bytes);
        if (!error)
            continue;
        network->feedback->descend(model, &model->groups[above->synapses[0].group], a);
        layer->kind->backward(layer, a);
    }
}

static plast__error error_of(plast_network *network, int64_t losses)
{
    const plast__optimizer_kind *optimizer = losses > 0 ? plast__optimizer_of(network) : NULL;
    if (optimizer != NULL && optimizer->begin != NULL)
        optimizer->begin(network->optimizer.values, network->updates + 1, &network->step);
    return (plast__error){ .optimizer = optimizer,
                           .values = network->optimizer.values,
                           .step = &network->step,
                           .coef = losses > 0 ? 1.0 / (double)losses : 0.0,
                           .largest_gradient = network->largest_gradient };
}

/* All terms of the update, all of them checked; nothing but bounds has changed. */
static plast_status emit_all(learner *l, plast__error *error)
{
    plast__model *model = &l->network->model;
    const plast__activities *a = &l->state->activities;
    plast_status status = PLAST_OK;
    for (int32_t i = 0; status == PLAST_OK && i < model->group_count; i++)
        status = plast__emit(l->context, model, &model->groups[i], a, error, &l->network->pending[i]);
    for (int32_t i = 0; status == PLAST_OK && i < model->population_count; i++)
        status = plast__check_bias(l->context, model, &model->populations[i], &a->of[i], a->rows, error);
    return status;
}

/* Nothing can fail from here on. */
static void commit(learner *l, const plast__error *error)
{
    plast_network *network = l->network;
    plast__model *model = &network->model;
    const plast__activities *a = &l->state->activities;
    for (int32_t i = 0; i < model->population_count; i++)
        plast__step_bias(model, &model->populations[i], &a->of[i], a->rows, error, network->bias_work);
    for (int32_t i = 0; i < model->group_count; i++)
        network->pending[i].waits = !plast__terms_empty(&network->pending[i].terms);
    network->updates += error->optimizer != NULL;
    network->largest_gradient = error->largest_gradient;
}

/* One sample or minibatch, from visit `first` on. */
static plast_status update(learner *l, int64_t first, int64_t rows)
{
    plast_network *network = l->network;
    plast__activities *a = &l->state->activities;
    plast__tally tally = { .updates = 1 };
    plast_status status;
    plast__activities_turn(a);
    l->state->rows = l->state->signal_rows = 0; /* until all of the update is there */
    status = plast__samples_load(&l->samples, &network->model, first, rows, a);
    if (status == PLAST_OK)
        status = plast__network_forward(l->context, network, a, network->pending);
    if (status == PLAST_OK)
        status = plast__tally_outputs(&l->samples, &network->model, first, a, 1, &tally);
    if (status != PLAST_OK)
        return status;
    backward(network, a, tally.losses > 0);
    plast__error error = error_of(network, tally.losses);
    status = emit_all(l, &error);
    if (status == PLAST_OK)
        status = plast__tally_add(l->context, &l->tally, &tally);
    if (status != PLAST_OK)
        return status;
    commit(l, &error);
    if (rows > 1)
        apply_all(network);
    l->state->rows = l->state->signal_rows = rows;
    return PLAST_OK;
}

/* The callback sees weights to which nothing is still due. */
static plast_status report_progress(learner *l)
{
    const plast_report so_far = plast__tally_report(&l->tally);
    apply_all(l->network);
    l->network->learning = 1;
    const plast_status answer = l->options.progress(l->options.user, &so_far);
    l->network->learning = 0;
    if (answer == PLAST_OK)
        return PLAST_OK;
    return plast__fail(l->context, answer <= PLAST_E_USER ? answer : PLAST_E_STOPPED,
                       "stopped by the progress callback after %lld samples", (long long)l->tally.samples);
}

static plast_status learn_all(learner *l)
{
    const int64_t every = l->options.progress_every;
    int64_t due = every;
    plast_status status = PLAST_OK;
    for (int64_t first = 0; status == PLAST_OK && first < l->samples.count; first += l->samples.batch) {
        const int64_t left = l->samples.count - first;
        status = update(l, first, left < l->samples.batch ? left : l->samples.batch);
        if (status == PLAST_OK && l->options.progress != NULL && l->tally.samples >= due) {
            due = l->tally.samples + every;
            status = report_progress(l);
        }
    }
    apply_all(l->network);
    return status;
}

static plast_status read_options(learner *l, const plast_learn_options *options)
{
    plast_status status = PLAST_OK;
    if (options != NULL)
        status = PLAST__READ_RESERVED(l->context, plast_learn_options, options, &l->options);
    if (status == PLAST_OK && l->options.progress_every < 0)
        status = plast__fail(l->context, PLAST_E_RANGE, "progress_every is %lld, expected 0 or more",
                             (long long)l->options.progress_every);
    if (l->options.progress_every == 0)
        l->options.progress_every = 1000;
    return status;
}

static plast_status begin(learner *l, plast_state *state, const plast_data *data, const plast_learn_options *options)
{
    plast_network *network = l->network;
    plast_status status = plast__network_idle(l->context, network);
    if (status == PLAST_OK)
        status = read_options(l, options);
    if (status == PLAST_OK)
        status = plast__samples_check(l->context, network, data, &l->samples);
    if (status == PLAST_OK && l->samples.targets != NULL && network->optimizer.member == NULL)
        status = plast__fail(l->context, PLAST_E_STATE, "targets are given, but the network has no optimizer yet");
    const int64_t batch = l->samples.batch < l->samples.count ? l->samples.batch : l->samples.count;
    if (status == PLAST_OK)
        status = plast__network_equip(network, state, batch, &l->state);
    return status;
}

plast_status plast_network_learn(plast_network *network, plast_state *state, const plast_data *data,
                                 const plast_learn_options *options, plast_report *report)
{
    plast_report result = { PLAST_REPORT };
    if (network == NULL)
        return PLAST_E_INVALID;
    learner l = { .context = state != NULL ? state->context : network->model.context, .network = network };
    plast_status status = report == NULL ? PLAST_OK : PLAST__WRITE(l.context, plast_report, &result, report);
    if (status == PLAST_OK)
        status = begin(&l, state, data, options);
    else
        report = NULL;
    if (status == PLAST_OK)
        status = learn_all(&l);
    result = plast__tally_report(&l.tally);
    if (report != NULL)
        (void)PLAST__WRITE(l.context, plast_report, &result, report);
    return status;
}
