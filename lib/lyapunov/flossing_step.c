/* SPDX-License-Identifier: MIT
 *
 * Gradients, and the step down them. It goes the way of learning: terms, checks, and only then changes; on a copy of
 * the model's lists, with moments of our own in it. */
#include "base/scalar.h"
#include "core/emit.h"
#include "linalg/blas.h"
#include "lyapunov/flossing.h"

#include <math.h>
#include <string.h>

enum { INPUT, RECURRENT, GROUPS }; /* of a layer with a state; and its two populations behind them */

static int32_t group_of(const plast__floss_layer *l, int g)
{
    return l->layer->synapses[g].group;
}

/* The population in which the group ends. */
static int32_t population_of(const plast__floss_layer *l, int g)
{
    return g == RECURRENT && plast__floss_gated(l) ? l->layer->recurrent : l->layer->drive;
}

/* Whether the layer has such a population; the other group may end in the same one. */
static int has_population(const plast__floss_layer *l, int g)
{
    return l->layer->state > 0 && (g == INPUT || plast__floss_gated(l));
}

static void mirror_model(plast_flossing *f)
{
    const plast__model *model = &f->network->model;
    f->shadow = *model;
    f->shadow.populations = f->populations;
    f->shadow.groups = f->groups;
    memcpy(f->populations, model->populations, (size_t)model->population_count * sizeof *f->populations);
    memcpy(f->groups, model->groups, (size_t)model->group_count * sizeof *f->groups);
    for (int32_t i = 0; i < f->count; i++)
        for (int g = 0; f->layers[i].layer->state > 0 && g < GROUPS; g++)
            for (int m = 0; m < PLAST__MOMENTS; m++) {
                f->groups[group_of(&f->layers[i], g)].moment[m] = f->moments[i][g][m];
                if (has_population(&f->layers[i], g))
                    f->populations[population_of(&f->layers[i], g)].moment[m] = f->moments[i][GROUPS + g][m];
            }
}

/* Sum over steps and rows of net_r seen_r^T. Of a layer that is not fed only the input itself is there. */
static void sum_group(const plast_flossing *f, const plast__floss_layer *l, int g)
{
    const int64_t rows = f->options.exponents + 1, all = f->options.steps * rows;
    const double *net = g == RECURRENT && plast__floss_gated(l) ? l->recurrent : l->net;
    const plast__group *group = &f->network->model.groups[group_of(l, g)];
    const double before = f->sequence == 0 ? 0.0 : 1.0;
    double *sum = g == RECURRENT ? l->recurrent_sum : l->input_sum;
    if (g == RECURRENT)
        plast__gemm(PLAST_F64, group->rows, group->cols, all, 1.0, (plast__operand){ net, l->drive, 1 },
                    (plast__operand){ l->seen, l->units, 0 }, before, sum, group->cols);
    else if (l->fed)
        plast__gemm(PLAST_F64, group->rows, group->cols, all, 1.0, (plast__operand){ net, l->drive, 1 },
                    (plast__operand){ l->input, l->inputs, 0 }, before, sum, group->cols);
    else
        plast__gemm(PLAST_F64, group->rows, group->cols, f->options.steps, 1.0,
                    (plast__operand){ net + (rows - 1) * l->drive, rows * l->drive, 1 },
                    (plast__operand){ l->input, l->inputs, 0 }, before, sum, group->cols);
}

static void sum_bias(const plast_flossing *f, const plast__floss_layer *l, int g)
{
    const int64_t rows = f->options.exponents + 1, n = l->drive;
    const double *net = g == RECURRENT ? l->recurrent : l->net;
    double *sum = g == RECURRENT ? l->recurrent_bias_sum : l->bias_sum;
    if (f->sequence == 0)
        memset(sum, 0, (size_t)n * sizeof *sum);
    for (int64_t t = 0; t < f->options.steps; t++)
        for (int64_t i = 0; i < n; i++)
            sum[i] += net[((t + 1) * rows - 1) * n + i];
}

void plast__floss_collect(plast_flossing *f)
{
    for (int32_t i = 0; i < f->count; i++)
        for (int g = 0; f->layers[i].layer->state > 0 && g < GROUPS; g++) {
            sum_group(f, &f->layers[i], g);
            if (has_population(&f->layers[i], g))
                sum_bias(f, &f->layers[i], g);
        }
}

/* The sum in the network's type; its squares are added up in double. What the mask excludes has no gradient. */
static double take_group(const plast_flossing *f, const plast__group *group, const double *sum, void *gradient)
{
    const int32_t dtype = f->shadow.dtype;
    double squares = 0.0;
    for (int64_t i = 0; i < group->rows; i++)
        for (int64_t j = 0; j < group->cols; j++) {
            const int64_t at = i * group->ld + j;
            const int masked = group->mask != NULL && plast__get(dtype, group->mask, at) == 0.0;
            const double value = masked ? 0.0 : sum[i * group->cols + j];
            squares += value * value;
            plast__set(dtype, gradient, at, value);
        }
    return group->frozen ? 0.0 : squares;
}

static double take_bias(const plast_flossing *f, const plast__population *p, const double *sum, void *gradient)
{
    double squares = 0.0;
    for (int64_t i = 0; i < p->units; i++) {
        squares += sum[i] * sum[i];
        plast__set(f->shadow.dtype, gradient, i, sum[i]);
    }
    return p->has_bias && !p->frozen ? squares : 0.0;
}

/* All gradients; their length. */
static double take_all(plast_flossing *f)
{
    double squares = 0.0;
    for (int32_t i = 0; i < f->count; i++) {
        const plast__floss_layer *l = &f->layers[i];
        void *const gradients[] = { l->input_gradient, l->recurrent_gradient };
        void *const biases[] = { l->bias_gradient, l->recurrent_bias_gradient };
        const double *const sums[] = { l->input_sum, l->recurrent_sum };
        const double *const bias_sums[] = { l->bias_sum, l->recurrent_bias_sum };
        for (int g = 0; l->layer->state > 0 && g < GROUPS; g++) {
            squares += take_group(f, &f->groups[group_of(l, g)], sums[g], gradients[g]);
            if (has_population(l, g))
                squares += take_bias(f, &f->populations[population_of(l, g)], bias_sums[g], biases[g]);
        }
    }
    return sqrt(squares);
}

static plast_status emit_all(plast_flossing *f, const plast__activities *biases, plast__error *error)
{
    plast_status status = PLAST_OK;
    for (int32_t i = 0; i < f->count; i++) {
        const plast__floss_layer *l = &f->layers[i];
        const void *const gradients[] = { l->input_gradient, l->recurrent_gradient };
        for (int g = 0; status == PLAST_OK && l->layer->state > 0 && g < GROUPS; g++) {
            const plast__drive drive = { .factor = 1.0, .share = 1.0, .matrix = gradients[g], .tied = 1 };
            plast__pending *p = &f->pending[i * GROUPS + g];
            status = plast__emit_drive(f->context, &f->shadow, &f->groups[group_of(l, g)], 1, &drive, error, p);
            if (status == PLAST_OK && has_population(l, g))
                status = plast__check_bias(f->context, &f->shadow, population_of(l, g), biases, error);
        }
    }
    return status;
}

/* Nothing can fail from here on. Bounds go back to the model: what is behind pointers is there already. */
static void commit(plast_flossing *f, const plast__activities *biases, const plast__error *error)
{
    plast__model *model = &f->network->model;
    for (int32_t i = 0; i < f->count; i++)
        for (int g = 0; f->layers[i].layer->state > 0 && g < GROUPS; g++) {
            const plast__floss_layer *l = &f->layers[i];
            plast__pending *p = &f->pending[i * GROUPS + g];
            if (has_population(l, g))
                plast__step_bias(&f->shadow, population_of(l, g), biases, error, f->bias_work);
            p->waits = !plast__terms_empty(&p->terms);
            plast__pending_apply(&f->shadow, &f->groups[group_of(l, g)], p);
        }
    for (int32_t i = 0; i < model->group_count; i++)
        model->groups[i].bound = f->groups[i].bound;
    for (int32_t i = 0; i < model->population_count; i++)
        model->populations[i].bound = f->populations[i].bound;
    f->largest_gradient = error->largest_gradient;
}

plast_status plast__floss_step(plast_flossing *f, double *norm)
{
    const plast__optimizer_kind *optimizer = (const plast__optimizer_kind *)f->optimizer.member;
    const double *values = f->optimizer.values;
    mirror_model(f);
    *norm = take_all(f);
    if (!isfinite(*norm))
        return plast__fail(f->context, PLAST_E_NOT_FINITE, "the gradient of the exponents is not finite");
    for (int32_t i = 0; i < f->count; i++)
        for (int g = 0; g < GROUPS; g++)
            if (has_population(&f->layers[i], g))
                f->errors[population_of(&f->layers[i], g)] =
                    (plast__activity){ .error = g == INPUT ? f->layers[i].bias_gradient
                                                           : f->layers[i].recurrent_bias_gradient,
                                       .share = 1.0 };
    const plast__activities biases = { .of = f->errors, .rows = 1, .sequences = 1 };
    const double clip = plast__shared(optimizer, values, PLAST__CLIP_NORM);
    plast__error error = { .optimizer = optimizer,
                           .values = values,
                           .step = &f->step,
                           .coef = clip > 0.0 && *norm > clip ? clip / *norm : 1.0,
                           .largest_gradient = f->largest_gradient };
    optimizer->begin(values, f->updates + 1, &f->step);
    const plast_status status = emit_all(f, &biases, &error);
    if (status == PLAST_OK)
        commit(f, &biases, &error);
    return status;
}
