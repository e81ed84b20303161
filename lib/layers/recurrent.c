/* SPDX-License-Identifier: MIT
 *
 * Recurrent layers with net input n_t = W h_(t-1) + U x_t + b, alpha = dt / tau, and one of four states:
 *
 *     voltage  a_t = (1 - alpha) a_(t-1) + alpha n_t     h_t = f(a_t)
 *     inside   h_t = f((1 - alpha) h_(t-1) + alpha n_t)
 *     rate     h_t = (1 - alpha) h_(t-1) + alpha f(n_t)
 *     current  a_t as voltage, h_t = f(a_t) is what the synapses W see, but the layer above reads a_t
 *
 * The learning signal s is the loss by n_t, so that every gradient is s times what the synapse saw. */
#include "core/forward.h"
#include "core/recurrence.h"
#include "layers/layers.h"

#include <string.h>

enum { INPUT, RECURRENT };

/* The state is the argument of f. */
static int is_potential(const plast_layer *layer)
{
    return layer->form == PLAST_FORM_VOLTAGE || layer->form == PLAST_FORM_CURRENT;
}

static plast_status add_populations(plast__model *model, const plast_layer_options *o, plast_layer *layer)
{
    const plast__population units = { .units = o->units,
                                      .activation = o->activation,
                                      .param = o->activation_param,
                                      .has_bias = !o->no_bias,
                                      .has_state = 1,
                                      .through_time = 1 };
    const plast__population read = { .units = o->units };
    plast_status status = plast__model_add_population(model, &units, &layer->drive);
    layer->first_population = layer->state = layer->output = layer->drive;
    if (status == PLAST_OK)
        status = plast__layer_add_initial(model, o, layer);
    if (status == PLAST_OK && o->form == PLAST_FORM_CURRENT)
        status = plast__model_add_population(model, &read, &layer->output);
    layer->populations = o->form == PLAST_FORM_CURRENT ? 3 : 2;
    return status;
}

static plast_status build(plast__model *model, const plast_layer_options *o, plast_layer *layer)
{
    layer->form = o->form;
    layer->alpha = o->alpha == 0.0 ? 1.0 : o->alpha;
    layer->noise = o->noise;
    plast_status status = add_populations(model, o, layer);
    if (status == PLAST_OK)
        status = plast__layer_add_groups(model, o, layer->drive, layer->drive, layer);
    return status;
}

/* state = (1 - alpha) before + alpha n, for n in `state` itself; one step. */
static void leak(const plast_layer *layer, const plast__activities *a, const void *before, void *state)
{
    const plast__kernels *k = layer->model->kernels;
    const int64_t n = a->sequences * layer->model->populations[layer->drive].ld;
    if (layer->alpha == 1.0)
        return;
    k->scale(n, layer->alpha, state, state);
    k->add_scaled(n, 1.0 - layer->alpha, before, state);
}

/* What lies before the first step. */
static void begin(const plast_layer *layer, const plast__activities *a)
{
    const plast__model *model = layer->model;
    const plast__activity *own = &a->of[layer->drive];
    const void *initial = model->populations[layer->initial].bias;
    if (!is_potential(layer)) {
        plast__state_before(model, a, layer->drive, own->carry_y, initial, plast__lead(model, a, layer->drive, own->y));
        return;
    }
    plast__state_before(model, a, layer->drive, own->carry_z, initial, plast__lead(model, a, layer->drive, own->z));
    plast__activate_step(model, a, layer->drive, -1);
}

static void step(const plast_layer *layer, plast__activities *a, int64_t t)
{
    const plast__model *model = layer->model;
    const plast__activity *own = &a->of[layer->drive];
    void *z = plast__step_of(model, a, layer->drive, own->z, t), *y = plast__step_of(model, a, layer->drive, own->y, t);
    const void *z_before = plast__step_of(model, a, layer->drive, own->z, t - 1);
    const void *y_before = plast__step_of(model, a, layer->drive, own->y, t - 1);
    const uint64_t stream = plast__group_stream(layer->index, PLAST__NOISE_PLACE);
    if (layer->form != PLAST_FORM_RATE)
        leak(layer, a, is_potential(layer) ? z_before : y_before, z);
    if (layer->noise > 0.0 && is_potential(layer))
        plast__add_noise(model, a, layer->drive, t, layer->noise, stream, z);
    plast__activate_step(model, a, layer->drive, t);
    if (layer->form == PLAST_FORM_RATE)
        leak(layer, a, y_before, y);
    if (layer->noise > 0.0 && !is_potential(layer))
        plast__add_noise(model, a, layer->drive, t, layer->noise, stream, y);
}

/* Tangents of what the recurrent synapses see, h_(t-1), from those of the state. */
static void see_tangents(const plast_layer *layer, const plast__activities *a, const plast__along *along)
{
    const int64_t n = layer->model->populations[layer->drive].units;
    const void *slope = plast__lead(layer->model, a, layer->drive, a->of[layer->drive].slope);
    for (int64_t k = 0; k < along->count; k++) {
        if (is_potential(layer))
            layer->model->kernels->multiply(n, along->before + k * n, slope, along->seen + k * n);
        else
            memcpy(along->seen + k * n, along->before + k * n, (size_t)n * sizeof *along->seen);
    }
}

static void forward(const plast_layer *layer, plast__activities *a, plast__pending *pending)
{
    const plast__model *model = layer->model;
    const int32_t in = layer->synapses[INPUT].group, rec = layer->synapses[RECURRENT].group;
    plast__pending *p_in = pending == NULL ? NULL : &pending[in], *p_rec = pending == NULL ? NULL : &pending[rec];
    begin(layer, a);
    if (a->along != NULL)
        see_tangents(layer, a, a->along);
    plast__drive_all(model, &model->groups[in], a, p_in);
    for (int64_t t = 0; t < plast__steps(a); t++) {
        plast__drive_step(model, &model->groups[rec], a, t, p_rec);
        step(layer, a, t);
    }
    if (layer->form == PLAST_FORM_CURRENT) {
        const size_t bytes = (size_t)(a->rows * model->populations[layer->drive].ld * plast__size(model->dtype));
        memcpy(a->of[layer->output].z, a->of[layer->drive].z, bytes);
        memcpy(a->of[layer->output].y, a->of[layer->drive].z, bytes);
    }
    plast__project_all(model, &model->groups[in], a, p_in);
    plast__project_all(model, &model->groups[rec], a, p_rec);
}

/* The error of one step, c = dLoss/dstate, is made from that of the step after, which is still in `c`. */
typedef struct descent {
    const plast_layer *layer;
    const plast__activities *a;
    const plast__time *time;
    const plast__kernels *k;
    int64_t n;      /* elements of a step */
    void *c, *back; /* a step each */
    void *arrived;  /* G = dLoss/dh of every step */
    void *instant;  /* s of what arrives at each step: its own G and no later one */
    void *error;    /* s of every step, with all that comes later; may be `arrived` */
    void *slope;
} descent;

static void *at_step(const descent *d, void *array, int64_t t)
{
    return plast__step_of(d->layer->model, d->a, d->layer->drive, array, t);
}

/* What the recurrent synapses bring back to step t from the step after, put into d->back; 0 = nothing. */
static int bring_back(const descent *d, int64_t t)
{
    const plast__group *rec = &d->layer->model->groups[d->layer->synapses[RECURRENT].group];
    switch (d->time->path) {
    case PLAST__PATH_AVERAGED: /* with mu for the slope on this path */
        if (!plast__way_back(d->layer->model, rec, d->a, d->time, d->c, d->back))
            return 0;
        d->k->scale(d->n, d->layer->alpha * d->time->mu, d->back, d->back);
        return 1;
    case PLAST__PATH_ONE_STEP:
        if (!plast__way_back(d->layer->model, rec, d->a, d->time, at_step(d, d->instant, t + 1), d->back))
            return 0;
        break;
    default:
        if (!plast__way_back(d->layer->model, rec, d->a, d->time, at_step(d, d->error, t + 1), d->back))
            return 0;
    }
    if (is_potential(d->layer))
        d->k->multiply(d->n, d->back, at_step(d, d->slope, t), d->back);
    return 1;
}

/* c of step t + 1 becomes what reaches step t of it. */
static void step_back(const descent *d, int64_t t)
{
    const int any = bring_back(d, t);
    if (d->layer->form == PLAST_FORM_INSIDE)
        d->k->multiply(d->n, d->c, at_step(d, d->slope, t + 1), d->c);
    d->k->scale(d->n, 1.0 - d->layer->alpha, d->c, d->c);
    if (any)
        d->k->add_scaled(d->n, 1.0, d->back, d->c);
}

/* What arrives at step t is added, and the errors by n are written. */
static void arrive(const descent *d, int64_t t)
{
    const double alpha = d->layer->alpha;
    void *slope = at_step(d, d->slope, t), *arrived = at_step(d, d->arrived, t), *error = at_step(d, d->error, t);
    if (d->layer->form == PLAST_FORM_CURRENT)
        d->k->scale(d->n, 1.0, arrived, d->back);
    else
        d->k->multiply(d->n, arrived, slope, d->back);
    d->k->add_scaled(d->n, 1.0, is_potential(d->layer) ? d->back : arrived, d->c);
    d->k->scale(d->n, alpha, d->back, d->back);
    if (d->instant != d->error)
        d->k->scale(d->n, 1.0, d->back, at_step(d, d->instant, t));
    if (is_potential(d->layer)) {
        d->k->scale(d->n, alpha, d->c, error);
        return;
    }
    d->k->multiply(d->n, d->c, slope, error);
    d->k->scale(d->n, alpha, error, error);
}

/* Exact credit without a leak: the error of step t, c as well, is slope o (arrived + back). */
static void go_back(const descent *d, int64_t t)
{
    void *error = at_step(d, d->error, t);
    plast__through_weights(d->layer->model, &d->layer->model->groups[d->layer->synapses[RECURRENT].group], d->a,
                           at_step(d, d->error, t + 1), 1, at_step(d, d->arrived, t));
    d->k->multiply(d->n, at_step(d, d->arrived, t), at_step(d, d->slope, t), error);
}

/* Traces want the signals of the instant, and what arrived. */
static void leave_for_traces(const descent *d, plast__activity *own)
{
    const int64_t n = d->a->rows * d->layer->model->populations[d->layer->drive].ld;
    d->k->scale(n, 1.0, d->arrived, own->u);
    if (d->layer->form == PLAST_FORM_CURRENT)
        d->k->scale(n, d->layer->alpha, d->arrived, own->s);
    else
        d->k->multiply(n, d->arrived, own->slope, own->s);
    if (d->layer->form != PLAST_FORM_CURRENT)
        d->k->scale(n, d->layer->alpha, own->s, own->s);
    own->error = own->u;
}

static void backward(const plast_layer *layer, plast__activities *a, const plast__time *time)
{
    const plast__model *model = layer->model;
    plast__activity *own = &a->of[layer->drive];
    const int64_t n = a->sequences * model->populations[layer->drive].ld, steps = plast__steps(a);
    descent d = { .layer = layer,
                  .a = a,
                  .time = time,
                  .k = model->kernels,
                  .n = n,
                  .c = own->work,
                  .back = plast__at(model->dtype, own->work, n),
                  .arrived = a->of[layer->output].s,
                  .instant = own->s,
                  .error = plast__time_instant(time) ? own->u : own->s,
                  .slope = own->slope };
    if (time->tracing) {
        leave_for_traces(&d, own);
        return;
    }
    own->error = d.error;
    const int short_way = layer->alpha == 1.0 && layer->form == PLAST_FORM_VOLTAGE && time->path == PLAST__PATH_EXACT;
    for (int64_t t = steps - 1; t >= 0; t--) {
        if (short_way && !plast__time_cut(time, t, steps)) {
            go_back(&d, t);
            continue;
        }
        if (plast__time_cut(time, t, steps))
            memset(d.c, 0, (size_t)(n * plast__size(model->dtype)));
        else
            step_back(&d, t);
        arrive(&d, t);
    }
    if (a->live > 0) { /* the sequence began before: its initial state had its share then */
        memset(a->of[layer->initial].s, 0, (size_t)(n * plast__size(model->dtype)));
        return;
    }
    step_back(&d, -1);
    d.k->scale(n, 1.0, d.c, a->of[layer->initial].s);
}

static int factored(const plast__time *time, const plast_layer *layer)
{
    return is_potential(layer) && time->path == PLAST__PATH_NONE;
}

/* decay += alpha w_ii o the slope that the unit's own synapse goes through. */
static void add_self(const plast_layer *layer, const plast__activities *a, const void *slope, void *decay)
{
    const plast__group *rec = &layer->model->groups[layer->synapses[RECURRENT].group];
    const int32_t dtype = layer->model->dtype;
    for (int64_t b = 0; b < a->sequences; b++)
        for (int64_t i = 0; i < rec->rows; i++) {
            const double w = plast__get(dtype, rec->weights, i * rec->ld + i);
            const int64_t at = b * rec->ld + i;
            plast__set(dtype, decay, at,
                       plast__get(dtype, decay, at) + layer->alpha * w * plast__get(dtype, slope, at));
        }
}

static void rates(const plast_layer *layer, const plast__activities *a, const plast__time *time, int32_t population,
                  int64_t step, plast__rates *rates)
{
    const plast__model *model = layer->model;
    const plast__activity *own = &a->of[population];
    const int potential = is_potential(layer);
    const int64_t n = a->sequences * model->populations[population].ld;
    const double kept = 1.0 - layer->alpha;
    const void *slope = plast__step_of(model, a, population, own->slope, step);
    if (layer->form == PLAST_FORM_INSIDE)
        model->kernels->scale(n, kept, slope, rates->decay);
    else
        plast__fill(model, n, kept, rates->decay);
    if (potential)
        plast__fill(model, n, 1.0, rates->gain);
    else
        model->kernels->scale(n, layer->alpha, slope, rates->gain);
    if (time->path == PLAST__PATH_SELF)
        add_self(layer, a, potential ? plast__step_of(model, a, population, own->slope, step - 1) : slope,
                 rates->decay);
    rates->signal = plast__step_of(model, a, population, potential ? own->s : own->u, step);
    rates->state_scale = potential ? 1.0 / layer->alpha : 1.0;
}

/* The net input's tangent: W and U applied to those of h_(t-1) and of the input. */
static void tangent_of_drive(const plast_layer *layer, const plast__push *push, double *net, double *h, double *slope)
{
    const int64_t n = layer->model->populations[layer->drive].units;
    const double *before = push->before;
    if (push->taken_along)
        return;
    if (is_potential(layer)) { /* h_(t-1) = f(state) */
        plast__tangent_read(layer, push, layer->drive, push->a->of[layer->drive].slope, 1, 0, n, slope);
        plast__tangent_scale(push, n, before, n, slope, n, h, n);
        before = h;
    }
    plast__tangent_product(layer, push, INPUT, push->input, push->drive, net);
    plast__tangent_product(layer, push, RECURRENT, before, net, push->state);
}

static void tangent(const plast_layer *layer, const plast__push *push)
{
    const int64_t n = layer->model->populations[layer->drive].units, all = plast__push_rows(push) * n;
    const double alpha = layer->alpha, kept = 1.0 - alpha;
    double *net = push->work, *h = net + all, *slope = h + all, *state = push->state;
    tangent_of_drive(layer, push, net, h, slope);
    if (push->net != NULL)
        memcpy(push->net, state, (size_t)all * sizeof *state);
    plast__tangent_read(layer, push, layer->drive, push->a->of[layer->drive].slope, 0, 0, n, slope);
    if (layer->form == PLAST_FORM_RATE)
        plast__tangent_scale(push, n, state, n, slope, n, state, n);
    for (int64_t i = 0; i < all; i++)
        state[i] = kept * push->before[i] + alpha * state[i];
    if (layer->form == PLAST_FORM_INSIDE)
        plast__tangent_scale(push, n, state, n, slope, n, state, n);
    if (push->output == NULL)
        return;
    if (layer->form == PLAST_FORM_VOLTAGE)
        plast__tangent_scale(push, n, state, n, slope, n, push->output, n);
    else
        memcpy(push->output, state, (size_t)all * sizeof *state);
}

/* By the state, in place, what comes by the output: h = f(a) where the layer above reads that, else the state. */
static void pull_output(const plast_layer *layer, const plast__pull *p, int64_t n, const double *slope, double *work)
{
    const int64_t count = p->push->count;
    if (p->output == NULL)
        return;
    if (layer->form != PLAST_FORM_VOLTAGE) {
        for (int64_t i = 0; i < (count + 1) * n; i++)
            p->state[i] += p->output[i];
        return;
    }
    plast__pull_add(count + 1, n, p->output, slope, p->state);
    plast__pull_curvature(layer, p->push, layer->drive, 0, n, work, work + 3 * n);
    plast__pull_slope(count, n, work + 3 * n, p->output, p->push->state, p->state + count * n);
}

/* p->net = by f's argument, where the state is what f gives, or what it goes into; without alpha. */
static void pull_slopes(const plast_layer *layer, const plast__pull *p, int64_t n, const double *slope, double *work)
{
    const int64_t count = p->push->count;
    const int inside = layer->form == PLAST_FORM_INSIDE;
    const double of_net = inside ? layer->alpha : 1.0, of_before = inside ? 1.0 - layer->alpha : 0.0;
    double *curvature = work + 3 * n, *last = p->net + count * n;
    plast__pull_scale(count + 1, n, p->state, slope, p->net);
    if (p->path == PLAST__PULL_LOCAL)
        return;
    plast__pull_curvature(layer, p->push, layer->drive, 0, n, work, curvature);
    for (int64_t k = 0; k < count; k++)
        for (int64_t i = 0; i < n; i++)
            last[i] += curvature[i] * p->state[k * n + i] *
                       (of_net * p->push->net[k * n + i] + of_before * p->push->before[k * n + i]);
}

/* By h_(t-1), through the synapses, to the state before. */
static void pull_through_synapses(const plast_layer *layer, const plast__pull *p, int64_t n, double *work)
{
    const plast__push *push = p->push;
    const int64_t count = push->count;
    double *vector = work + 3 * n, *h = work + 4 * n;
    if (!is_potential(layer)) {
        plast__pull_product(layer, push, RECURRENT, p->net, 1, p->before);
        return;
    }
    plast__pull_product(layer, push, RECURRENT, p->net, 0, h);
    plast__tangent_read(layer, push, layer->drive, push->a->of[layer->drive].slope, 1, 0, n, vector);
    plast__pull_add(count + 1, n, h, vector, p->before);
    plast__pull_curvature(layer, push, layer->drive, 1, n, work, vector);
    plast__pull_slope(count, n, vector, h, push->before, p->before + count * n);
}

static void see(const plast_layer *layer, const plast__pull *p, int64_t n, double *vector)
{
    const plast__push *push = p->push;
    const plast__activity *own = &push->a->of[layer->drive];
    memcpy(p->seen, push->before, (size_t)(push->count * n) * sizeof *p->seen);
    plast__tangent_read(layer, push, layer->drive, own->y, 1, 0, n, p->seen + push->count * n);
    if (!is_potential(layer))
        return;
    plast__tangent_read(layer, push, layer->drive, own->slope, 1, 0, n, vector);
    plast__pull_scale(push->count, n, push->before, vector, p->seen);
}

static void tangent_backward(const plast_layer *layer, const plast__pull *p)
{
    const int64_t n = layer->model->populations[layer->drive].units, all = (p->push->count + 1) * n;
    double *slope = p->work, *work = slope + n;
    plast__tangent_read(layer, p->push, layer->drive, p->push->a->of[layer->drive].slope, 0, 0, n, slope);
    pull_output(layer, p, n, slope, work);
    if (is_potential(layer))
        memcpy(p->net, p->state, (size_t)all * sizeof *p->net);
    else
        pull_slopes(layer, p, n, slope, work);
    if (p->before != NULL)
        for (int64_t i = 0; i < all; i++)
            p->before[i] = (1.0 - layer->alpha) * (layer->form == PLAST_FORM_INSIDE ? p->net : p->state)[i];
    for (int64_t i = 0; i < all; i++)
        p->net[i] *= layer->alpha;
    if (p->path == PLAST__PULL_LOCAL)
        memset(p->net + all - n, 0, (size_t)n * sizeof *p->net);
    if (p->before != NULL && p->path == PLAST__PULL_EXACT)
        pull_through_synapses(layer, p, n, work);
    if (p->input != NULL)
        plast__pull_product(layer, p->push, INPUT, p->net, 0, p->input);
    see(layer, p, n, work);
}

const plast__layer_kind plast__layer_recurrent = {
    .parameters = { "layer kind", "recurrent", NULL, 0 },
    .cell = PLAST__CELL_LEAKY,
    .build = build,
    .forward = forward,
    .backward = backward,
    .factored = factored,
    .rates = rates,
    .tangent = tangent,
    .tangent_backward = tangent_backward,
    .carries_potential = is_potential,
    .takes_along = 1,
};
