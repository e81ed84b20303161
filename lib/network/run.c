/* SPDX-License-Identifier: MIT
 *
 * Running and evaluating: forward only, block by block. */
#include "network/tally.h"

#include "base/matrix.h"
#include "base/scalar.h"
#include "base/structs.h"

#include <math.h>

/* A pass over the data, window by window. */
typedef struct course {
    const plast__samples *samples;
    plast_network *network;
    plast_state *state;
    int64_t sequences, steps; /* of a window at most */
} course;

static course course_of(const plast__samples *samples, plast_network *network, plast_state *state)
{
    const plast__activities *a = &state->activities;
    course c = { .samples = samples, .network = network, .state = state };
    c.sequences = samples->count < a->room ? samples->count : a->room;
    c.sequences = c.sequences < 1 ? 1 : c.sequences;
    c.steps = a->batch / c.sequences < samples->steps ? a->batch / c.sequences : samples->steps;
    return c;
}

/* The window after this one; 0 = there is none. The first comes after one of no sequences. */
static int advance(const course *c, plast__window *w)
{
    w->step += w->steps;
    if (w->sequences == 0 || w->step == c->samples->steps) {
        w->first += w->sequences;
        w->step = 0;
    }
    const int64_t sequences = c->samples->count - w->first, steps = c->samples->steps - w->step;
    w->sequences = sequences < c->sequences ? sequences : c->sequences;
    w->steps = steps < c->steps ? steps : c->steps;
    return sequences > 0;
}

static plast_status forward_window(const course *c, const plast__window *w)
{
    plast__activities *a = &c->state->activities;
    c->state->rows = 0; /* until all of the window is there */
    plast_status status = plast__samples_load(c->samples, &c->network->model, w, a);
    if (status == PLAST_OK)
        status = plast__network_forward(c->samples->context, c->network, a, NULL);
    if (status != PLAST_OK)
        return status;
    a->tracing = 0;
    plast__network_carry(c->network, a);
    c->state->rows = a->rows;
    return PLAST_OK;
}

static void write_window(const course *c, const plast__window *w, const plast_matrix *outputs)
{
    const int32_t index = plast__output_layer(c->network)->output;
    const plast__population *p = &c->network->model.populations[index];
    const int32_t dtype = c->network->model.dtype;
    for (int64_t r = 0; r < c->state->rows; r++)
        plast__matrix_write_row(outputs, (w->step + r / w->sequences) * c->samples->count + w->first + r % w->sequences,
                                dtype, plast__at_const(dtype, c->state->activities.of[index].y, r * p->ld));
}

/* All windows; `outputs` NULL = only to see whether all goes well. */
static plast_status run_windows(const course *c, const plast_matrix *outputs)
{
    plast__window w = { 0, 0, 0, 0 };
    while (advance(c, &w)) {
        const plast_status status = forward_window(c, &w);
        if (status != PLAST_OK)
            return status;
        if (outputs != NULL)
            write_window(c, &w, outputs);
    }
    return PLAST_OK;
}

/* What a state carried before a pass. */
typedef struct mark {
    int64_t live;
    uint64_t draws;
    int32_t traced;
} mark;

static mark set_aside(const course *c)
{
    plast__activities *a = &c->state->activities;
    plast__network_put_aside(c->network, a, 0);
    return (mark){ a->live, a->draws, a->traced };
}

static void put_back(const course *c, const mark *before)
{
    plast__activities *a = &c->state->activities;
    a->live = before->live;
    a->draws = before->draws;
    a->traced = before->traced;
    plast__network_put_aside(c->network, a, 1);
}

/* |f(z)| is at most this plus |z|. */
static double most_beside_z(const plast__population *p)
{
    switch (p->activation) {
    case PLAST_SOFTPLUS:
        return 1.0 / p->param;
    case PLAST_ELU:
        return p->param;
    default:
        return 2.0; /* scaled tanh's 1.7159, rounded up */
    }
}

/* The largest number in what a layer's sequences start from. */
static double first_of_state(const course *c, const plast_layer *layer)
{
    const plast__model *model = &c->network->model;
    const plast__activities *a = &c->state->activities;
    const plast__activity *own = &a->of[layer->state];
    const plast__population *initial = &model->populations[layer->initial];
    const int64_t n = a->live * model->populations[layer->state].ld;
    if (layer->state == 0)
        return 0.0;
    if (!c->samples->carry || a->live == 0)
        return model->kernels->max_abs(initial->ld, initial->bias);
    return fmax(model->kernels->max_abs(n, own->carry_y), model->kernels->max_abs(n, own->carry_z));
}

/* No activity of a layer with a state is larger than this, whatever its inputs. Infinite = who knows. */
static double most_of_state(const plast__model *model, const plast_layer *layer, double first)
{
    const plast__population *p = &model->populations[layer->state];
    const int32_t bounded[] = { PLAST_TANH, PLAST_SIGMOID, PLAST_SCALED_TANH, PLAST_RECTIFIED_TANH,
                                PLAST_HARD_SIGMOID };
    if (layer->kind->cell == PLAST__CELL_GATED && layer->noise == 0.0) /* between the candidate and the state before */
        return first > 1.0 ? first : 1.0;
    for (size_t i = 0; layer->noise == 0.0 && i < sizeof bounded / sizeof bounded[0]; i++)
        if (p->activation == bounded[i])
            return first > 2.0 ? first : 2.0;
    return (double)INFINITY;
}

/* Whether no window can fail: inputs are finite, and the bounds of the weights leave no room for an overflow. */
static int is_safe(const course *c)
{
    const plast__model *model = &c->network->model;
    double largest = 0.0;
    for (int64_t i = 0; i < c->samples->inputs->rows; i++) {
        const double one = plast__matrix_row_largest(c->samples->inputs, i);
        largest = one > largest ? one : largest;
        if (!(one <= plast__largest(model->dtype)))
            return 0;
    }
    for (int32_t i = 0; i < c->network->layer_count; i++) {
        const plast_layer *layer = c->network->layers[i];
        const plast__population *p = &model->populations[layer->drive];
        const double first = first_of_state(c, layer);
        double next = first + most_beside_z(p) + p->bound;
        next += layer->recurrent > 0 ? model->populations[layer->recurrent].bound : 0.0;
        for (int32_t k = 0; k < layer->groups; k++) {
            const plast__group *g = &model->groups[layer->synapses[k].group];
            next += (double)g->cols * g->bound * (g->delayed ? most_of_state(model, layer, first) : largest);
        }
        largest = next;
    }
    return largest < plast__largest(model->dtype) / 16.0;
}

/* A failure leaves outputs and what the state carries untouched. */
static plast_status run_all(const course *c, const plast_matrix *outputs)
{
    plast__window w = { 0, 0, 0, 0 };
    const int one = !advance(c, &w) || (w.sequences == c->samples->count && w.steps == c->samples->steps);
    const int rehearse = !one && !is_safe(c);
    const mark before = set_aside(c);
    plast_status status = run_windows(c, rehearse ? NULL : outputs);
    if (status != PLAST_OK || rehearse)
        put_back(c, &before);
    if (status == PLAST_OK && rehearse)
        status = run_windows(c, outputs);
    return status;
}

plast_status plast_network_run_data(plast_network *network, plast_state *state, const plast_data *data,
                                    const plast_matrix *outputs)
{
    plast__samples samples;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = state != NULL ? state->context : network->model.context;
    plast_status status = plast__samples_check(context, network, data, &samples);
    if (status != PLAST_OK)
        return status;
    const plast__expected expected = { "outputs", samples.count * samples.steps, samples.outputs, PLAST__REALS, 1 };
    status = plast__matrix_check(context, outputs, &expected);
    const int64_t sequences = samples.carry ? samples.count : 1;
    if (status == PLAST_OK)
        status = plast__network_choose_state(network, state, sequences, sequences, &state);
    if (status == PLAST_OK && samples.carry)
        status = plast__network_check_carry(context, state, sequences);
    if (status != PLAST_OK)
        return status;
    const course c = course_of(&samples, network, state);
    return run_all(&c, outputs);
}

plast_status plast_network_run(plast_network *network, plast_state *state, const plast_matrix *inputs,
                               const plast_matrix *outputs)
{
    const plast_data data = { PLAST_DATA, .inputs = inputs };
    return plast_network_run_data(network, state, &data, outputs);
}

plast_status plast_network_step(plast_network *network, plast_state *state, const plast_matrix *inputs,
                                const plast_matrix *outputs)
{
    const plast_data data = { PLAST_DATA, .inputs = inputs, .carry = 1 };
    return plast_network_run_data(network, state, &data, outputs);
}

/* A failure leaves what the state carries untouched. */
static plast_status evaluate_all(const course *c, plast__tally *tally)
{
    plast__window w = { 0, 0, 0, 0 };
    const mark before = set_aside(c);
    plast_status status = PLAST_OK;
    while (status == PLAST_OK && advance(c, &w)) {
        plast__tally one = { .samples = 0 };
        status = forward_window(c, &w);
        if (status == PLAST_OK)
            status = plast__tally_outputs(c->samples, &c->network->model, &w, &c->state->activities, 0, &one);
        if (status == PLAST_OK)
            status = plast__tally_add(c->samples->context, tally, &one);
    }
    if (status != PLAST_OK)
        put_back(c, &before);
    return status;
}

plast_status plast_network_evaluate(plast_network *network, plast_state *state, const plast_data *data,
                                    plast_report *report)
{
    plast_report result = { PLAST_REPORT };
    plast__tally tally = { .samples = 0 };
    plast__samples samples;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = state != NULL ? state->context : network->model.context;
    plast_status status = PLAST__WRITE(context, plast_report, &result, report);
    if (status != PLAST_OK)
        return status;
    status = plast__samples_check(context, network, data, &samples);
    if (status == PLAST_OK && samples.targets == NULL)
        status = plast__fail(context, PLAST_E_INVALID, "targets is NULL: there is nothing to evaluate against");
    const int64_t sequences = samples.carry ? samples.count : 1;
    if (status == PLAST_OK)
        status = plast__network_choose_state(network, state, sequences, sequences, &state);
    if (status == PLAST_OK && samples.carry)
        status = plast__network_check_carry(context, state, sequences);
    if (status == PLAST_OK) {
        const course c = course_of(&samples, network, state);
        status = evaluate_all(&c, &tally);
    }
    result = plast__tally_report(&tally);
    (void)PLAST__WRITE(context, plast_report, &result, report);
    return status;
}
