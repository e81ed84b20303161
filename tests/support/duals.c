/* SPDX-License-Identifier: MIT */
#include "support/duals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/nets.h"

typedef struct dual {
    double v, d;
} dual;

static dual plus(dual a, dual b)
{
    return (dual){ a.v + b.v, a.d + b.d };
}

static dual times(dual a, dual b)
{
    return (dual){ a.v * b.v, a.d * b.v + a.v * b.d };
}

static dual scaled(double c, dual a)
{
    return (dual){ c * a.v, c * a.d };
}

static dual sigmoid(dual a)
{
    const double y = 1.0 / (1.0 + exp(-a.v));
    return (dual){ y, y * (1.0 - y) * a.d };
}

static dual activation(int32_t kind, dual a)
{
    switch (kind) {
    case PLAST_LINEAR:
        return a;
    case PLAST_TANH:
        return (dual){ tanh(a.v), a.d / (cosh(a.v) * cosh(a.v)) };
    case PLAST_SIGMOID:
        return sigmoid(a);
    case PLAST_RELU:
        return a.v > 0.0 ? a : (dual){ 0.0, 0.0 };
    default:
        fail_msg("activation %d is not known here", kind);
        return a;
    }
}

/* What one layer has, found on the way through the parameters. */
typedef struct parts {
    const double *u, *w, *b, *b_recurrent, *initial;
} parts;

static parts find(const stack_layer *layer, int64_t in, const double **all)
{
    const int64_t n = layer->options.units;
    const int dense = strcmp(layer->kind, "dense") == 0, gru = strcmp(layer->kind, "gru") == 0;
    const int64_t rows = gru ? 3 * n : n;
    parts p = { .u = *all };
    *all += rows * in;
    if (!dense) {
        p.w = *all;
        *all += rows * n;
    }
    if (!layer->options.no_bias) {
        p.b = *all;
        *all += rows;
        p.b_recurrent = gru ? *all : NULL;
        *all += gru ? rows : 0;
    }
    if (!dense) {
        p.initial = *all;
        *all += n;
    }
    return p;
}

static void product(int64_t rows, int64_t cols, const double *w, const double *b, const dual *x, dual *out)
{
    for (int64_t i = 0; i < rows; i++) {
        out[i] = (dual){ b == NULL ? 0.0 : b[i], 0.0 };
        for (int64_t j = 0; j < cols; j++)
            out[i] = plus(out[i], scaled(w[i * cols + j], x[j]));
    }
}

static void gated(int64_t n, const dual *gx, const dual *gh, dual *h)
{
    for (int64_t i = 0; i < n; i++) {
        const dual r = sigmoid(plus(gx[i], gh[i])), z = sigmoid(plus(gx[n + i], gh[n + i]));
        const dual c = activation(PLAST_TANH, plus(gx[2 * n + i], times(r, gh[2 * n + i])));
        const dual kept = { 1.0 - z.v, -z.d };
        h[i] = plus(times(kept, c), times(z, h[i]));
    }
}

/* `state` moves on; `out` is what the layer above reads. */
static void recurrent(const stack_layer *layer, const dual *net, dual *state, dual *out)
{
    const plast_layer_options *o = &layer->options;
    const double alpha = o->alpha == 0.0 ? 1.0 : o->alpha;
    for (int64_t i = 0; i < o->units; i++) {
        const dual mixed = plus(scaled(1.0 - alpha, state[i]), scaled(alpha, net[i]));
        switch (o->form) {
        case PLAST_FORM_INSIDE:
            state[i] = out[i] = activation(o->activation, mixed);
            break;
        case PLAST_FORM_RATE:
            state[i] = out[i] = plus(scaled(1.0 - alpha, state[i]), scaled(alpha, activation(o->activation, net[i])));
            break;
        default:
            state[i] = mixed;
            out[i] = o->form == PLAST_FORM_CURRENT ? mixed : activation(o->activation, mixed);
        }
    }
}

static void layer_step(const stack_layer *layer, int64_t in, const double **all, const dual *x, dual *state, dual *out)
{
    const int64_t n = layer->options.units;
    const int gru = strcmp(layer->kind, "gru") == 0;
    const parts p = find(layer, in, all);
    dual net[3 * DUALS_MOST], back[3 * DUALS_MOST], seen[DUALS_MOST];
    product(gru ? 3 * n : n, in, p.u, p.b, x, net);
    if (p.w == NULL) {
        for (int64_t i = 0; i < n; i++)
            out[i] = activation(layer->options.activation, net[i]);
        return;
    }
    const int potential =
        !gru && (layer->options.form == PLAST_FORM_VOLTAGE || layer->options.form == PLAST_FORM_CURRENT);
    for (int64_t i = 0; i < n; i++)
        seen[i] = potential ? activation(layer->options.activation, state[i]) : state[i];
    product(gru ? 3 * n : n, n, p.w, p.b_recurrent, seen, back);
    if (gru) {
        gated(n, net, back, state);
        memcpy(out, state, (size_t)n * sizeof *out);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        net[i] = plus(net[i], back[i]);
    recurrent(layer, net, state, out);
}

/* All layers but the readout. */
static void whole_step(const dual_system *s, int64_t trajectory, dual *state)
{
    dual x[2][DUALS_MOST];
    const double *all = s->all;
    int64_t in = s->s->plan.inputs;
    for (int64_t j = 0; j < in; j++)
        x[0][j] = (dual){ s->inputs[(s->now[trajectory] * s->trajectories + trajectory) * in + j], 0.0 };
    for (int32_t i = 0; i + 1 < s->s->plan.layers; i++) {
        const stack_layer *layer = &s->s->plan.layer[i];
        layer_step(layer, in, &all, x[i % 2], state, x[(i + 1) % 2]);
        state += strcmp(layer->kind, "dense") == 0 ? 0 : layer->options.units;
        in = layer->options.units;
    }
}

static plast_status step(void *user, int64_t trajectory, double *state)
{
    dual_system *s = user;
    dual duals[STACK_LAYERS * DUALS_MOST];
    for (int64_t i = 0; i < s->n; i++)
        duals[i] = (dual){ state[i], 0.0 };
    whole_step(s, trajectory, duals);
    for (int64_t i = 0; i < s->n; i++)
        state[i] = duals[i].v;
    s->now[trajectory]++;
    return PLAST_OK;
}

static plast_status tangent(void *user, int64_t trajectory, const double *state, int64_t count, const double *tangents,
                            double *pushed)
{
    const dual_system *s = user;
    dual duals[STACK_LAYERS * DUALS_MOST];
    for (int64_t k = 0; k < count; k++) {
        for (int64_t i = 0; i < s->n; i++)
            duals[i] = (dual){ state[i], tangents[k * s->n + i] };
        whole_step(s, trajectory, duals);
        for (int64_t i = 0; i < s->n; i++)
            pushed[k * s->n + i] = duals[i].d;
    }
    return PLAST_OK;
}

dual_system duals_make(const stack *s, const double *inputs, int64_t trajectories)
{
    dual_system made = { .s = s, .all = new_array(stack_size(s)), .inputs = inputs, .trajectories = trajectories };
    stack_get(s, made.all);
    for (int32_t i = 0; i + 1 < s->plan.layers; i++) {
        assert_true(s->plan.layer[i].options.units <= DUALS_MOST);
        made.n += strcmp(s->plan.layer[i].kind, "dense") == 0 ? 0 : s->plan.layer[i].options.units;
    }
    return made;
}

void duals_free(dual_system *user)
{
    free(user->all);
}

plast_system duals_map(dual_system *user)
{
    return (plast_system){ PLAST_SYSTEM, .size = user->n, .user = user, .step = step, .tangent = tangent };
}

void duals_start(const dual_system *user, double *state)
{
    const double *all = user->all;
    int64_t in = user->s->plan.inputs;
    for (int32_t i = 0; i + 1 < user->s->plan.layers; i++) {
        const stack_layer *layer = &user->s->plan.layer[i];
        const parts p = find(layer, in, &all);
        for (int64_t j = 0; p.initial != NULL && j < layer->options.units; j++)
            *state++ = p.initial[j];
        in = layer->options.units;
    }
}
