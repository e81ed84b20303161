/* SPDX-License-Identifier: MIT
 *
 * The steps of an update, forward and back. */
#include "base/matrix.h"
#include "base/random.h"
#include "base/scalar.h"
#include "lyapunov/flossing.h"

#include <math.h>
#include <string.h>

static const double FLOOR = 1e-10; /* growth factors below count as this */
static const double DEAD = 1e-11;  /* R_jj / |a_j| of a direction that is one of the others' to rounding */
static const double SLACK = 1e-10; /* departure from orthonormality that gradients may feel */

static plast_status load(plast_flossing *f, const plast_matrix *inputs)
{
    const plast__model *model = &f->network->model;
    const plast__population *in = &model->populations[0];
    plast__activities *a = &f->state->activities;
    const plast__expected expected = { "inputs", f->options.steps * f->options.sequences, in->units, PLAST__REALS, 0 };
    const plast_status status = plast__matrix_check(f->context, inputs, &expected);
    a->rows = f->options.steps * f->options.sequences;
    a->sequences = f->options.sequences;
    for (int64_t t = 0; status == PLAST_OK && t < a->rows; t++) {
        void *x = plast__at(model->dtype, a->of[0].y, t * in->ld);
        plast__matrix_read_row(inputs, t, model->dtype, x);
        if (!isfinite(model->kernels->max_abs(in->units, x)))
            return plast__fail(f->context, PLAST_E_NOT_FINITE, "row %lld of inputs is not finite", (long long)t);
    }
    return status;
}

/* The first sequences that `from` carries, if any. */
static plast_status start(plast_flossing *f, const plast_state *from)
{
    const plast__model *model = &f->network->model;
    plast__activities *a = &f->state->activities;
    a->live = 0;
    if (from == NULL)
        return PLAST_OK;
    if (from->network != f->network)
        return plast__fail(f->context, PLAST_E_INVALID, "the state belongs to another network");
    if (!plast__activities_fit(model, &from->activities))
        return plast__fail(f->context, PLAST_E_STATE,
                           "the state was made for another feedback scheme, which had other populations");
    if (from->activities.live != 0 && from->activities.live < a->sequences)
        return plast__fail(f->context, PLAST_E_INVALID, "the state carries %lld sequences, an update takes %lld",
                           (long long)from->activities.live, (long long)a->sequences);
    a->live = from->activities.live > 0 ? a->sequences : 0;
    for (int32_t i = 0; a->live && i < f->count; i++) {
        const int32_t state = f->layers[i].layer->state;
        const size_t bytes = (size_t)(a->sequences * model->populations[state].ld * plast__size(model->dtype));
        if (state == 0)
            continue;
        memcpy(a->of[state].carry_y, from->activities.of[state].carry_y, bytes);
        memcpy(a->of[state].carry_z, from->activities.of[state].carry_z, bytes);
    }
    return PLAST_OK;
}

/* Layer i's part of k vectors of the whole state. */
static void gather(const plast_flossing *f, const plast__floss_layer *l, const double *part, double *whole)
{
    for (int64_t k = 0; l->layer->state > 0 && k < f->options.exponents; k++)
        memcpy(whole + k * f->units + l->first, part + k * l->units, (size_t)l->units * sizeof *whole);
}

static void scatter(const plast_flossing *f, const plast__floss_layer *l, const double *whole, double *part)
{
    for (int64_t k = 0; l->layer->state > 0 && k < f->options.exponents; k++)
        memcpy(part + k * l->units, whole + k * f->units + l->first, (size_t)l->units * sizeof *whole);
}

static double *frame_of(const plast_flossing *f, const plast__floss_layer *l, int64_t t)
{
    return l->frames + t * f->options.exponents * l->units;
}

static double *input_of(const plast_flossing *f, const plast__floss_layer *l, int64_t t)
{
    return l->input + t * (l->fed ? f->options.exponents + 1 : 1) * l->inputs;
}

/* Random directions, uniform over rotations. */
static void draw_frame(plast_flossing *f)
{
    const int64_t size = f->units * f->options.exponents;
    const uint64_t drawn = (uint64_t)(f->updates * f->options.sequences + f->sequence);
    double pair[2] = { 0.0, 0.0 };
    for (int64_t j = 0; j < size; j++) {
        if (j % 2 == 0)
            plast__normal_pair(f->options.seed, drawn, (uint64_t)(j / 2), pair);
        f->frame[j] = pair[j % 2];
    }
    plast__qr_householder(&f->qr, f->frame); /* finite: normal numbers are */
    f->qr.waiting = 0;
    f->qr.patience = 1;
    for (int32_t i = 0; i < f->count; i++)
        scatter(f, &f->layers[i], f->frame, f->layers[i].frames);
}

/* The row of step t. */
static int64_t row_of(const plast_flossing *f, int64_t t)
{
    return t * f->options.sequences + f->sequence;
}

static plast__push push_of(plast_flossing *f, int32_t i, int64_t t)
{
    plast__floss_layer *l = &f->layers[i];
    const int64_t k = f->options.exponents;
    const int state = l->layer->state > 0;
    plast__push push = { .a = &f->state->activities,
                         .row = row_of(f, t),
                         .count = k,
                         .weights = l->weights,
                         .input = l->fed ? input_of(f, l, t) : NULL,
                         .before = state ? frame_of(f, l, t) : NULL,
                         .state = state ? l->after + (l->read ? t * k * l->units : 0) : NULL,
                         .output = l->read ? input_of(f, l + 1, t) : NULL,
                         .net = l->net_tangents + t * k * l->drive,
                         .work = f->work };
    if (plast__floss_gated(l))
        push.recurrent_net = l->recurrent_tangents + t * k * l->drive;
    return push;
}

/* What the layer's synapses see at step t, below the tangents if there are any. */
static void read_input(const plast_flossing *f, const plast__floss_layer *l, int64_t t)
{
    const plast__model *model = &f->network->model;
    const plast__population *in = &model->populations[l->layer->input];
    const void *y = f->state->activities.of[l->layer->input].y;
    double *x = input_of(f, l, t) + (l->fed ? f->options.exponents * l->inputs : 0);
    for (int64_t j = 0; j < l->inputs; j++)
        x[j] = plast__get(model->dtype, y, row_of(f, t) * in->ld + j);
}

/* Whether all k directions are there after step t; their growth is added up. */
static plast_status measure(plast_flossing *f, int64_t t)
{
    const int64_t k = f->options.exponents;
    int64_t alive = 0;
    for (int64_t j = 0; j < k; j++)
        alive += f->qr.r[j * k + j] > DEAD * f->qr.norms[j];
    if (alive < k)
        return plast__fail(
            f->context, PLAST_E_RANGE,
            "exponents is %lld, but only %lld directions survive step %lld of sequence %lld: the others have "
            "no gradient",
            (long long)k, (long long)alive, (long long)t, (long long)f->sequence);
    for (int64_t j = 0; j < k && t >= f->options.skip; j++)
        f->logs[j] += log(fmax(f->qr.r[j * k + j], FLOOR));
    memcpy(f->r + t * k * k, f->qr.r, (size_t)(k * k) * sizeof *f->r);
    return PLAST_OK;
}

static plast_status push_all(plast_flossing *f, int64_t t)
{
    for (int32_t i = 0; i < f->count; i++) {
        const plast__push push = push_of(f, i, t);
        read_input(f, &f->layers[i], t);
        f->layers[i].layer->kind->tangent(f->layers[i].layer, &push);
        gather(f, &f->layers[i], push.state, f->frame);
    }
    if (!plast__qr_factor(&f->qr, f->frame, SLACK))
        return plast__fail(f->context, PLAST_E_NOT_FINITE, "tangents are not finite at step %lld of sequence %lld",
                           (long long)t, (long long)f->sequence);
    for (int32_t i = 0; i < f->count; i++)
        if (f->layers[i].layer->state > 0)
            scatter(f, &f->layers[i], f->frame, frame_of(f, &f->layers[i], t + 1));
    return measure(f, t);
}

plast_status plast__floss_run(plast_flossing *f, const plast_state *from, const plast_matrix *inputs)
{
    plast_status status = load(f, inputs);
    if (status == PLAST_OK)
        status = start(f, from);
    if (status == PLAST_OK)
        status = plast__network_forward(f->context, f->network, &f->state->activities, NULL);
    for (int32_t i = 0; status == PLAST_OK && i < f->count; i++)
        plast__tangent_prepare(f->layers[i].layer, f->layers[i].weights);
    return status;
}

plast_status plast__floss_forward(plast_flossing *f)
{
    const int64_t k = f->options.exponents, T = f->options.steps;
    plast_status status = PLAST_OK;
    draw_frame(f);
    memset(f->logs, 0, (size_t)k * sizeof *f->logs);
    for (int64_t t = 0; status == PLAST_OK && t < T; t++)
        status = push_all(f, t);
    for (int64_t j = 0; j < k; j++)
        f->logs[j] /= (double)(T - f->options.skip);
    return status;
}

/* By R of step t, of which the loss reads the diagonal. */
static void by_growth(plast_flossing *f, int64_t t)
{
    const int64_t k = f->options.exponents;
    const double parts = (double)k * (double)(f->options.steps - f->options.skip) * (double)f->options.sequences;
    const double share = 2.0 / parts;
    for (int64_t j = 0; j < k; j++) {
        const double r = f->r[t * k * k + j * k + j];
        const int counts = t >= f->options.skip && r > FLOOR;
        f->r_bar[j * k + j] = counts ? share * (f->logs[j] - f->options.target) / r : 0.0;
    }
}

/* By the tangents after step t, from those by the frame that QR made of them. */
static void factor_back(plast_flossing *f, int64_t t)
{
    const int64_t k = f->options.exponents;
    by_growth(f, t);
    for (int32_t i = 0; i < f->count; i++)
        if (f->layers[i].layer->state > 0) {
            gather(f, &f->layers[i], frame_of(f, &f->layers[i], t + 1), f->frame);
            gather(f, &f->layers[i], f->layers[i].state_bar, f->bar);
        }
    plast__qr_pull(&f->qr, f->frame, f->r + t * k * k, f->r_bar, f->bar);
    for (int32_t i = 0; i < f->count; i++)
        scatter(f, &f->layers[i], f->bar, f->layers[i].state_bar);
}

static void pull(plast_flossing *f, int32_t i, int64_t t)
{
    static const int32_t paths[] = { PLAST__PULL_EXACT, PLAST__PULL_LOCAL, PLAST__PULL_LEAK };
    plast__floss_layer *l = &f->layers[i];
    const int64_t rows = f->options.exponents + 1;
    const int local = f->options.gradient == PLAST_FLOSSING_LOCAL;
    const plast__push push = push_of(f, i, t);
    const plast__pull one = { .push = &push,
                              .path = paths[f->options.gradient],
                              .output = l->read && !local ? l->output_bar : NULL,
                              .state = l->state_bar,
                              .before = t > 0 && !local ? l->before_bar : NULL,
                              .input = l->fed && !local ? f->layers[i - 1].output_bar : NULL,
                              .net = l->net + t * rows * l->drive,
                              .recurrent = plast__floss_gated(l) ? l->recurrent + t * rows * l->drive : NULL,
                              .seen = l->layer->state > 0 ? l->seen + t * rows * l->units : NULL,
                              .work = f->work };
    if (l->layer->state > 0 || !local)
        l->layer->kind->tangent_backward(l->layer, &one);
}

/* By the state before becomes by the state after of the step below; where nothing goes back, 0. */
static void turn(plast_flossing *f, plast__floss_layer *l)
{
    double *const old = l->state_bar;
    if (l->layer->state == 0)
        return;
    if (f->options.gradient == PLAST_FLOSSING_LOCAL) {
        memset(old, 0, (size_t)((f->options.exponents + 1) * l->units) * sizeof *old);
        return;
    }
    l->state_bar = l->before_bar;
    l->before_bar = old;
}

void plast__floss_backward(plast_flossing *f)
{
    for (int32_t i = 0; i < f->count; i++)
        if (f->layers[i].layer->state > 0)
            memset(f->layers[i].state_bar, 0,
                   (size_t)((f->options.exponents + 1) * f->layers[i].units) * sizeof(double));
    for (int64_t t = f->options.steps - 1; t >= 0; t--) {
        factor_back(f, t);
        for (int32_t i = f->count - 1; i >= 0; i--)
            pull(f, i, t);
        for (int32_t i = 0; i < f->count; i++)
            turn(f, &f->layers[i]);
    }
}
