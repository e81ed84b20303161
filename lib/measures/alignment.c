/* SPDX-License-Identifier: MIT
 *
 * How a feedback scheme's matrices and signals stand to those of backpropagation. */
#include "network/tally.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"

#include <math.h>
#include <plasticity/measures.h>
#include <string.h>

/* Signals of every sample at every hidden layer, samples x ld each. */
typedef struct record {
    void *scheme, *exact;
} record;

typedef struct survey {
    plast_context *context;
    plast_network *network;
    plast_state *state;
    plast__samples samples;
    record *of; /* by hidden layer */
} survey;

static int32_t hidden(const plast_network *network)
{
    return network->layer_count - 1;
}

static const plast__population *population_of(const plast_network *network, int32_t layer)
{
    return &network->model.populations[network->layers[layer]->output];
}

static void release(survey *s)
{
    for (int32_t i = 0; s->of != NULL && i < hidden(s->network); i++) {
        plast__release(s->context, s->of[i].scheme);
        plast__release(s->context, s->of[i].exact);
    }
    plast__release(s->context, s->of);
}

static plast_status allocate(survey *s)
{
    const int64_t size = plast__size(s->network->model.dtype);
    s->of = plast__allocate(s->context, hidden(s->network), sizeof *s->of);
    for (int32_t i = 0; s->of != NULL && i < hidden(s->network); i++) {
        const int64_t ld = population_of(s->network, i)->ld;
        s->of[i].scheme = plast__allocate_rows(s->context, s->samples.count, ld, size);
        s->of[i].exact = plast__allocate_rows(s->context, s->samples.count, ld, size);
        if (s->of[i].scheme == NULL || s->of[i].exact == NULL)
            return plast__no_memory(s->context, "signals to compare");
    }
    return s->of == NULL ? plast__no_memory(s->context, "signals to compare") : PLAST_OK;
}

static void keep(survey *s, int64_t first, int exact)
{
    const plast__activities *a = &s->state->activities;
    const int32_t dtype = s->network->model.dtype;
    for (int32_t i = 0; i < hidden(s->network); i++) {
        const int64_t ld = population_of(s->network, i)->ld;
        memcpy(plast__at(dtype, exact ? s->of[i].exact : s->of[i].scheme, first * ld),
               a->of[s->network->layers[i]->output].s, (size_t)(a->rows * ld * plast__size(dtype)));
    }
}

/* Signals of one block of samples, by the scheme and by backpropagation. */
static plast_status survey_block(survey *s, int64_t first, int64_t rows)
{
    plast_network *network = s->network;
    plast__activities *a = &s->state->activities;
    const plast__descent descent = { .model = &network->model, .activities = a, .count = network->descents };
    plast__tally tally = { .samples = 0 };
    const plast__window window = { first, rows, 0, 1 };
    const plast__time time = plast__network_plan(network, 0);
    plast_status status = plast__samples_load(&s->samples, &network->model, &window, a);
    if (status == PLAST_OK)
        status = plast__network_forward(s->context, network, a, NULL);
    if (status == PLAST_OK)
        status = plast__tally_outputs(&s->samples, &network->model, &window, a, 1, &tally);
    if (status != PLAST_OK)
        return status;
    plast__network_backward(network, network->feedback, &descent, &time, 1);
    keep(s, first, 0);
    plast__network_backward(network, plast__feedback_default(), &descent, &time, 1);
    keep(s, first, 1);
    return PLAST_OK;
}

/* NaN where there is no angle or ratio. */
static plast_status defined(plast_status status, double *value)
{
    if (status != PLAST_E_RANGE)
        return status;
    *value = (double)NAN;
    return PLAST_OK;
}

static plast_status measure_signals(const survey *s, int32_t layer, double *out)
{
    const plast__population *p = population_of(s->network, layer);
    const int32_t dtype = s->network->model.dtype;
    const plast_matrix scheme = { s->of[layer].scheme, s->samples.count, p->units, p->ld, 1, dtype, PLAST_READ_ONLY };
    const plast_matrix exact = { s->of[layer].exact, s->samples.count, p->units, p->ld, 1, dtype, PLAST_READ_ONLY };
    const int32_t kinds[] = { PLAST_ANGLE_ROWS, PLAST_ANGLE_FLATTENED, PLAST_ANGLE_MEANS };
    plast_status status = PLAST_OK;
    for (int i = 0; status == PLAST_OK && i < 3; i++)
        status = defined(plast_measure_angle(s->context, &scheme, &exact, kinds[i], &out[PLAST_ALIGNED_SAMPLES + i]),
                         &out[PLAST_ALIGNED_SAMPLES + i]);
    if (status == PLAST_OK)
        status = defined(plast_measure_norm_ratio(s->context, &scheme, &exact, &out[PLAST_ALIGNED_SIGNAL_RATIO]),
                         &out[PLAST_ALIGNED_SIGNAL_RATIO]);
    return status;
}

/* The matrix that stands for W^T, stored as W is: the scheme's own, or what it amounts to, in *made. */
static plast_status find_matrix(const survey *s, const plast__hop *hop, const void **matrix, void **made)
{
    const plast__model *model = &s->network->model;
    const plast__feedback_kind *kind = s->network->feedback;
    const int32_t index = kind->matrix(hop);
    *matrix = index < 0 ? NULL : model->groups[index].weights;
    if (kind->effective == NULL)
        return PLAST_OK;
    const plast_status status = kind->effective(s->context, model, hop, made);
    *matrix = *made;
    return status;
}

static plast_status measure_weights(const survey *s, int32_t layer, double *out)
{
    const plast__model *model = &s->network->model;
    const plast__hop *hop = &s->network->hops[layer + 1];
    const plast__group *forward = &model->groups[hop->forward];
    const void *matrix = NULL;
    void *made = NULL;
    out[PLAST_ALIGNED_WEIGHTS] = out[PLAST_ALIGNED_WEIGHT_RATIO] = (double)NAN;
    plast_status status = find_matrix(s, hop, &matrix, &made);
    if (status != PLAST_OK || matrix == NULL)
        return status;
    const plast_matrix w = { forward->weights, forward->rows,  forward->cols, forward->ld, 1,
                             model->dtype,     PLAST_READ_ONLY };
    plast_matrix b = w;
    b.data = (void *)matrix;
    status = defined(plast_measure_angle(s->context, &b, &w, PLAST_ANGLE_FLATTENED, &out[PLAST_ALIGNED_WEIGHTS]),
                     &out[PLAST_ALIGNED_WEIGHTS]);
    if (status == PLAST_OK)
        status = defined(plast_measure_norm_ratio(s->context, &b, &w, &out[PLAST_ALIGNED_WEIGHT_RATIO]),
                         &out[PLAST_ALIGNED_WEIGHT_RATIO]);
    plast__release(s->context, made);
    return status;
}

static plast_status run_survey(survey *s)
{
    const int64_t most = s->state->activities.batch;
    plast_status status = allocate(s);
    s->state->rows = s->state->signal_rows = 0;
    for (int64_t first = 0; status == PLAST_OK && first < s->samples.count; first += most) {
        const int64_t left = s->samples.count - first;
        status = survey_block(s, first, left < most ? left : most);
    }
    return status;
}

/* All layers' numbers, PLAST_ALIGNED each. */
static plast_status measure_all(const survey *s, double *numbers)
{
    plast_status status = PLAST_OK;
    for (int32_t i = 0; status == PLAST_OK && i < hidden(s->network); i++) {
        status = measure_weights(s, i, &numbers[i * PLAST_ALIGNED]);
        if (status == PLAST_OK)
            status = measure_signals(s, i, &numbers[i * PLAST_ALIGNED]);
    }
    return status;
}

static plast_status check(survey *s, const plast_data *data, const plast_matrix *alignment)
{
    plast_status status = plast__network_idle(s->context, s->network);
    if (status == PLAST_OK)
        status = plast__network_stateless(s->context, s->network, "the alignment of signals");
    if (status == PLAST_OK)
        status = plast__samples_check(s->context, s->network, data, &s->samples);
    if (status != PLAST_OK)
        return status;
    if (s->samples.steps > 1)
        return plast__fail(s->context, PLAST_E_UNSUPPORTED, "steps is %lld: signals are compared sample by sample",
                           (long long)s->samples.steps);
    if (s->samples.targets == NULL)
        return plast__fail(s->context, PLAST_E_INVALID,
                           "targets is NULL: without a loss there is no signal to compare");
    if (hidden(s->network) == 0)
        return plast__fail(s->context, PLAST_E_STATE, "the network has no hidden layer");
    const plast__expected expected = { "alignment", hidden(s->network), -1, PLAST__REALS, 1 };
    status = plast__matrix_check(s->context, alignment, &expected);
    if (status == PLAST_OK && alignment->cols > PLAST_ALIGNED)
        status = plast__fail(s->context, PLAST_E_INVALID, "alignment has %lld columns, expected 1 to %d",
                             (long long)alignment->cols, PLAST_ALIGNED);
    s->samples.wants_targets = s->network->feedback->wants_targets;
    return status;
}

plast_status plast_measure_alignment(plast_network *network, plast_state *state, const plast_data *data,
                                     const plast_matrix *alignment)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    survey s = { .context = state != NULL ? state->context : network->model.context, .network = network };
    plast_status status = check(&s, data, alignment);
    if (status == PLAST_OK)
        status = plast__network_link(network);
    if (status == PLAST_OK)
        status = plast__network_choose_state(network, state, 1, 1, &s.state);
    if (status != PLAST_OK)
        return status;
    double *numbers = plast__allocate_rows(s.context, hidden(network), PLAST_ALIGNED, sizeof *numbers);
    status = numbers == NULL ? plast__no_memory(s.context, "an alignment") : run_survey(&s);
    if (status == PLAST_OK)
        status = measure_all(&s, numbers);
    for (int32_t i = 0; status == PLAST_OK && i < hidden(network); i++)
        plast__matrix_write_row(alignment, i, PLAST_F64, &numbers[i * PLAST_ALIGNED]);
    release(&s);
    plast__release(s.context, numbers);
    return status;
}
