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
    plast__time time;
    int64_t span; /* steps of an update */
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

static plast_status not_finite(plast_context *context, const plast__model *model, const plast__activities *a,
                               int32_t layer, int32_t population)
{
    const int64_t n = a->sequences * model->populations[population].ld, steps = a->rows / a->sequences;
    int64_t t = 0;
    while (t + 1 < steps && isfinite(model->kernels->max_abs(n, plast__at(model->dtype, a->of[population].z, t * n))))
        t++;
    if (a->of_steps == 1)
        return plast__fail(context, PLAST_E_NOT_FINITE, "an activity of layer %d is not finite", layer);
    return plast__fail(context, PLAST_E_NOT_FINITE, "an activity of layer %d is not finite at step %lld of %lld", layer,
                       (long long)(a->step + t), (long long)a->of_steps);
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
            if (model->populations[index].is_initial ||
                isfinite(model->kernels->max_abs(a->rows * model->populations[index].ld, a->of[index].z)))
                continue;
            clear_projections(model, pending);
            const plast_status status = not_finite(context, model, a, i, index);
            memset(a->of[index].z, 0, (size_t)(a->rows * model->populations[index].ld * plast__size(model->dtype)));
            return status; /* 0 times infinity had reached the padding */
        }
    }
    return PLAST_OK;
}

/* s of the inputs, as though they were units of the first layer with activity y: NC23's synthetic error. */
static void gate_inputs(const plast__model *model, const plast__hop *hop, plast__activities *a)
{
    const plast__population *like = &model->populations[hop->above];
    const int64_t ld = model->populations[hop->below].ld;
    plast__slope_times(model, like, a->rows * ld, a->of[hop->below].y, a->of[hop->below].s);
}

void plast__network_backward(const plast_network *network, const plast__feedback_kind *feedback,
                             const plast__descent *descent, const plast__time *time, int error)
{
    const plast__model *model = &network->model;
    plast__activities *a = descent->activities;
    double share = 1.0;
    plast__activities_plain(a);
    for (int32_t i = network->layer_count - 1; i >= network->first_hop; i--) {
        const plast__hop *hop = &network->hops[i];
        memset(a->of[hop->below].s, 0,
               (size_t)(a->rows * model->populations[hop->below].ld * plast__size(model->dtype)));
        const plast_layer *layer = hop->layer < 0 ? NULL : network->layers[hop->layer];
        const int modulated = layer != NULL && error && descent->pending != NULL;
        if (error)
            feedback->descend(descent, hop);
        if (layer == NULL && error)
            gate_inputs(model, hop, a);
        if (modulated && layer->state > 0)
            plast__network_modulate(network, descent, layer, a->of[layer->output].s, &share);
        if (layer != NULL && (layer->state > 0 || (error && !feedback->own_gate)))
            layer->kind->backward(layer, a, time); /* traces go on without an error */
        if (modulated && !(layer->state > 0 && time->tracing))
            plast__network_modulate(network, descent, layer, NULL, &share);
    }
}

/* By what the gradient is multiplied so that it is no longer than clip_norm; NaN, which no update survives, when its
 * length, or what it is to be divided by, is beyond the type. */
static double clipping(const plast_network *network, const plast__activities *a, double coef)
{
    const double limit = plast__shared(plast__optimizer_of(network), network->optimizer.values, PLAST__CLIP_NORM);
    if (limit == 0.0)
        return 1.0;
    const double norm = coef * plast__gradient_norm(&network->model, network->layer_populations, network->layer_groups,
                                                    a, network->bias_work);
    const double largest = plast__largest(network->model.dtype);
    if (norm <= limit)
        return 1.0;
    return norm / limit < largest ? limit / norm : (double)NAN;
}

static plast__error error_of(plast_network *network, const plast__activities *a, int64_t losses)
{
    const plast__optimizer_kind *optimizer = losses > 0 ? plast__optimizer_of(network) : NULL;
    plast__error error = { .optimizer = optimizer,
                           .values = network->optimizer.values,
                           .step = &network->step,
                           .coef = losses > 0 ? 1.0 / (double)losses : 0.0,
                           .largest_gradient = network->largest_gradient };
    if (optimizer == NULL)
        return error;
    optimizer->begin(network->optimizer.values, network->updates + 1, &network->step);
    error.coef *= clipping(network, a, error.coef);
    return error;
}

/* All terms of the update, all of them checked; nothing but bounds has changed. */
static plast_status emit_all(learner *l, const plast__descent *descent, plast__error *error)
{
    plast__model *model = &l->network->model;
    const plast__activities *a = &l->state->activities;
    plast_status status = PLAST_OK;
    for (int32_t i = 0; status == PLAST_OK && i < l->network->layer_groups; i++)
        status = plast__emit(l->context, model, &model->groups[i], a, error, &l->network->pending[i]);
    for (int32_t i = l->network->first_hop; status == PLAST_OK && i < l->network->layer_count; i++)
        if (l->network->feedback->emit != NULL)
            status = l->network->feedback->emit(l->context, descent, &l->network->hops[i], error);
    for (int32_t i = 0; status == PLAST_OK && i < model->population_count; i++)
        status = plast__check_bias(l->context, model, i, a, error);
    return status;
}

/* Nothing can fail from here on. */
static void commit(learner *l, const plast__error *error)
{
    plast_network *network = l->network;
    plast__model *model = &network->model;
    plast__activities *a = &l->state->activities;
    for (int32_t i = 0; i < model->population_count; i++)
        plast__step_bias(model, i, a, error, network->bias_work);
    for (int32_t i = 0; i < model->group_count; i++)
        network->pending[i].waits = !plast__terms_empty(&network->pending[i].terms);
    for (int32_t i = 0; i < network->layer_groups; i++)
        if (!model->groups[i].frozen)
            plast__pending_commit(&network->pending[i]);
    network->updates += error->optimizer != NULL;
    network->descents += error->optimizer != NULL;
    network->largest_gradient = error->largest_gradient;
    plast__network_carry(network, a);
}

/* One sample or minibatch, or some steps of sequences. */
static plast_status update(learner *l, const plast__window *window)
{
    const int64_t rows = window->sequences * window->steps;
    plast_network *network = l->network;
    plast__activities *a = &l->state->activities;
    plast__tally tally = { .updates = 1 };
    plast_status status;
    if (rows > 1)
        apply_all(network);
    plast__activities_turn(a);
    l->state->rows = l->state->signal_rows = 0; /* until all of the update is there */
    status = plast__samples_load(&l->samples, &network->model, window, a);
    plast__network_expect(network, a);
    if (status == PLAST_OK)
        status = plast__network_forward(l->context, network, a, network->pending);
    if (status == PLAST_OK)
        status = plast__tally_outputs(&l->samples, &network->model, window, a, 1, &tally);
    if (status == PLAST_OK && tally.losses > 0)
        status = plast__network_average(l->context, network, &l->time);
    if (status != PLAST_OK)
        return status;
    const plast__descent descent = {
        .model = &network->model, .activities = a, .pending = network->pending, .count = network->descents
    };
    a->tracing = l->time.tracing;
    plast__network_backward(network, network->feedback, &descent, &l->time, tally.losses > 0);
    plast__network_trace(network, &l->time, a);
    if (l->time.tracing && tally.losses > 0)
        plast__network_modulate_traces(network, a);
    apply_all(network); /* what a descent would have applied, when there was none */
    plast__error error = error_of(network, a, tally.losses);
    status = emit_all(l, &descent, &error);
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

/* The callback sees weights to which nothing is still due. `amid`: of sequences that go on. */
static plast_status report_progress(learner *l, int amid)
{
    const plast_report so_far = plast__tally_report(&l->tally);
    apply_all(l->network);
    l->network->learning = 1;
    l->state->use = amid ? PLAST__USE_AMID : PLAST__USE_LEARNING;
    const plast_status answer = l->options.progress(l->options.user, &so_far);
    l->network->learning = 0;
    l->state->use = PLAST__USE_NONE;
    if (answer == PLAST_OK)
        return PLAST_OK;
    return plast__fail(l->context, answer <= PLAST_E_USER ? answer : PLAST_E_STOPPED,
                       "stopped by the progress callback after %lld samples", (long long)l->tally.samples);
}

/* All steps of some sequences. */
static plast_status learn_sequences(learner *l, int64_t first, int64_t sequences, int64_t *due)
{
    plast_status status = PLAST_OK;
    for (int64_t step = 0; status == PLAST_OK && step < l->samples.steps; step += l->span) {
        const int64_t left = l->samples.steps - step;
        const plast__window window = { first, sequences, step, left < l->span ? left : l->span };
        status = update(l, &window);
        if (status == PLAST_OK && l->options.progress != NULL && l->tally.samples >= *due) {
            *due = l->tally.samples + l->options.progress_every;
            status = report_progress(l, l->network->stateful > 0 && (l->samples.carry || left > l->span));
        }
    }
    return status;
}

static plast_status learn_all(learner *l)
{
    int64_t due = l->options.progress_every;
    plast_status status = PLAST_OK;
    for (int64_t first = 0; status == PLAST_OK && first < l->samples.count; first += l->samples.batch) {
        const int64_t left = l->samples.count - first;
        status = learn_sequences(l, first, left < l->samples.batch ? left : l->samples.batch, &due);
    }
    if (status != PLAST_OK && l->time.tracing)
        l->state->activities.live = 0; /* traces have gone on where activities have not */
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
    if (status == PLAST_OK && l->options.update_every < 0)
        status = plast__fail(l->context, PLAST_E_RANGE, "update_every is %lld, expected 0 or more",
                             (long long)l->options.update_every);
    if (l->options.progress_every == 0)
        l->options.progress_every = 1000;
    return status;
}

/* A target stands for the signal only where the signal is y - target. */
static plast_status check_targets(learner *l)
{
    const plast_network *network = l->network;
    const int32_t activation = network->model.populations[network->model.output].activation;
    l->samples.wants_targets = network->feedback->wants_targets;
    if (l->samples.wants_targets && l->samples.loss == PLAST_LOSS_SQUARED && activation != PLAST_LINEAR)
        return plast__fail(l->context, PLAST_E_UNSUPPORTED,
                           "feedback \"%s\" sends targets down, which needs a loss whose signal is y - target: squared "
                           "error of activation %d is none",
                           network->feedback->parameters.owner, activation);
    return PLAST_OK;
}

/* State, memory for learning, and what a stream that is carried on asks for. */
static plast_status equip(learner *l, plast_state *state)
{
    const int64_t batch = l->samples.batch < l->samples.count ? l->samples.batch : l->samples.count;
    if (batch * l->span > INT32_MAX)
        return plast__fail(l->context, PLAST_E_RANGE,
                           "an update would have %lld sequences of %lld steps: update_every can make it shorter",
                           (long long)batch, (long long)l->span);
    plast_status status = plast__network_equip(l->network, state, batch * l->span, batch, &l->state);
    if (status == PLAST_OK && l->samples.carry)
        status = plast__network_check_carry(l->context, l->state, batch);
    if (status == PLAST_OK && l->time.tracing)
        status = plast__network_equip_traces(l->context, l->network, &l->time, batch, &l->state->activities);
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
    if (status == PLAST_OK)
        status = check_targets(l);
    if (status == PLAST_OK && l->samples.targets != NULL && network->optimizer.member == NULL)
        status = plast__fail(l->context, PLAST_E_STATE, "targets are given, but the network has no optimizer yet");
    if (status != PLAST_OK)
        return status;
    const int64_t every = l->options.update_every;
    if (l->samples.carry)
        l->samples.batch = l->samples.count;
    l->span = every == 0 || every > l->samples.steps ? l->samples.steps : every;
    l->time = plast__network_plan(network, l->span < l->samples.steps || l->samples.carry);
    return equip(l, state);
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
