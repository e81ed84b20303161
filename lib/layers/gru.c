/* SPDX-License-Identifier: MIT
 *
 * Gated recurrent units (Cho et al. 2014), in the form of cuDNN and PyTorch, with the reset gate behind the recurrent
 * product. Gx = U x_t + b and Gh = W h_(t-1) + b_h have three blocks each, of reset, update and candidate:
 *
 *     r = sigma(Gx_r + Gh_r)    z = sigma(Gx_z + Gh_z)    n = tanh(Gx_n + r o Gh_n)    h_t = (1 - z) o n + z o h_(t-1)
 *
 * Gx and Gh are populations of 3 N units whose activity is (r, z, n), h is one of N units. So each kind of synapses is
 * one matrix, and the learning signals are the loss by Gx and by Gh: they differ in the block of n alone. */
#include "core/recurrence.h"
#include "layers/layers.h"

#include <string.h>

enum { RESET, UPDATE, CANDIDATE, GATES };
enum { INPUT, RECURRENT };

static plast_status check(plast_context *context, const plast_layer_options *o)
{
    if (o->activation != PLAST_LINEAR)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "activation is %d, but \"gru\" has functions of its own: leave it 0", o->activation);
    if (o->form != 0)
        return plast__fail(context, PLAST_E_INVALID, "form is %d, but it is of \"recurrent\" layers", o->form);
    if (o->alpha != 0.0)
        return plast__fail(context, PLAST_E_INVALID, "alpha is %g, but it is of \"recurrent\" layers", o->alpha);
    return PLAST_OK;
}

static plast_status add_populations(plast__model *model, const plast_layer_options *o, plast_layer *layer)
{
    const plast__population gates = { .units = GATES * o->units, .has_bias = !o->no_bias, .through_time = 1 };
    const plast__population state = { .units = o->units, .has_state = 1 };
    plast_status status = plast__model_add_population(model, &gates, &layer->drive);
    layer->first_population = layer->drive;
    if (status == PLAST_OK)
        status = plast__model_add_population(model, &gates, &layer->recurrent);
    if (status == PLAST_OK)
        status = plast__model_add_population(model, &state, &layer->state);
    layer->output = layer->state;
    if (status == PLAST_OK)
        status = plast__layer_add_initial(model, o, layer);
    layer->populations = 4;
    return status;
}

static plast_status build(plast__model *model, const plast_layer_options *o, plast_layer *layer)
{
    layer->alpha = 1.0;
    layer->noise = o->noise;
    plast_status status = o->units > INT32_MAX / GATES
                              ? plast__fail(model->context, PLAST_E_RANGE, "units is %lld, expected at most %d",
                                            (long long)o->units, INT32_MAX / GATES)
                              : check(model->context, o);
    if (status == PLAST_OK)
        status = add_populations(model, o, layer);
    if (status == PLAST_OK)
        status = plast__layer_add_groups(model, o, layer->drive, layer->recurrent, layer);
    return status;
}

/* What one step of one sequence is about; each gate is `n` numbers. */
typedef struct cell {
    const plast__kernels *k;
    int32_t dtype;
    int64_t n;
    void *x, *h, *y, *slope, *copy; /* Gx, Gh, (r, z, n) and the slopes there; the gates as Gh's activity */
    void *before, *state, *shown;   /* h_(t-1), h_t, and h_t as the state's potential */
} cell;

static void *gate(const cell *c, void *array, int64_t which)
{
    return plast__at(c->dtype, array, which * c->n);
}

static void *row_of(const plast_layer *layer, int32_t population, void *array, int64_t row)
{
    return plast__at(layer->model->dtype, array, row * layer->model->populations[population].ld);
}

/* Row t * sequences + b; the row of the step before lies as many rows above. */
static cell cell_at(const plast_layer *layer, const plast__activities *a, int64_t row)
{
    const plast__model *model = layer->model;
    const plast__activity *x = &a->of[layer->drive], *h = &a->of[layer->recurrent], *state = &a->of[layer->state];
    return (cell){ .k = model->kernels,
                   .dtype = model->dtype,
                   .n = model->populations[layer->state].units,
                   .x = row_of(layer, layer->drive, x->z, row),
                   .h = row_of(layer, layer->recurrent, h->z, row),
                   .y = row_of(layer, layer->drive, x->y, row),
                   .slope = row_of(layer, layer->drive, x->slope, row),
                   .copy = row_of(layer, layer->recurrent, h->y, row),
                   .before = row_of(layer, layer->state, state->y, row - a->sequences),
                   .state = row_of(layer, layer->state, state->y, row),
                   .shown = row_of(layer, layer->state, state->z, row) };
}

static void open_gates(const cell *c)
{
    const int64_t n = c->n, both = 2 * n;
    void *argument = c->copy, *candidate = gate(c, c->copy, CANDIDATE);
    c->k->scale(both, 1.0, c->x, argument);
    c->k->add_scaled(both, 1.0, c->h, argument);
    c->k->activate(PLAST_SIGMOID, 0.0, both, argument, c->y, c->slope);
    c->k->multiply(n, gate(c, c->y, RESET), gate(c, c->h, CANDIDATE), candidate);
    c->k->add_scaled(n, 1.0, gate(c, c->x, CANDIDATE), candidate);
    c->k->activate(PLAST_TANH, 0.0, n, candidate, gate(c, c->y, CANDIDATE), gate(c, c->slope, CANDIDATE));
    c->k->scale(GATES * n, 1.0, c->y, c->copy);
}

/* h_t = n + z o (h_(t-1) - n) */
static void step(const cell *c)
{
    const void *candidate = gate(c, c->y, CANDIDATE);
    open_gates(c);
    c->k->subtract(c->n, c->before, candidate, c->state);
    c->k->multiply(c->n, c->state, gate(c, c->y, UPDATE), c->state);
    c->k->add_scaled(c->n, 1.0, candidate, c->state);
}

/* Gh of all steps = b_h, to which the product is added step by step. */
static void begin(const plast_layer *layer, const plast__activities *a)
{
    const plast__model *model = layer->model;
    const plast__population *p = &model->populations[layer->recurrent];
    const plast__activity *state = &a->of[layer->state];
    const size_t bytes = (size_t)(p->ld * plast__size(model->dtype));
    plast__state_before(model, a, layer->state, state->carry_y, model->populations[layer->initial].bias,
                        plast__lead(model, a, layer->state, state->y));
    for (int64_t row = 0; row < a->rows; row++) {
        void *h = row_of(layer, layer->recurrent, a->of[layer->recurrent].z, row);
        if (p->has_bias)
            memcpy(h, p->bias, bytes);
        else
            memset(h, 0, bytes);
    }
}

static void forward(const plast_layer *layer, plast__activities *a, plast__pending *pending)
{
    const plast__model *model = layer->model;
    const int32_t in = layer->synapses[INPUT].group, rec = layer->synapses[RECURRENT].group;
    plast__pending *p_in = pending == NULL ? NULL : &pending[in], *p_rec = pending == NULL ? NULL : &pending[rec];
    const uint64_t stream = plast__group_stream(layer->index, PLAST__NOISE_PLACE);
    begin(layer, a);
    plast__drive_all(model, &model->groups[in], a, p_in);
    for (int64_t t = 0; t < plast__steps(a); t++) {
        plast__drive_step(model, &model->groups[rec], a, t, p_rec);
        for (int64_t b = 0; b < a->sequences; b++) {
            const cell c = cell_at(layer, a, t * a->sequences + b);
            step(&c);
        }
        if (layer->noise > 0.0)
            plast__add_noise(model, a, layer->state, t, layer->noise, stream,
                             plast__step_of(model, a, layer->state, a->of[layer->state].y, t));
    }
    memcpy(a->of[layer->state].z, a->of[layer->state].y,
           (size_t)(a->rows * model->populations[layer->state].ld * plast__size(model->dtype)));
    plast__project_all(model, &model->groups[in], a, p_in);
    plast__project_all(model, &model->groups[rec], a, p_rec);
}

/* x = what dLoss/dh_t = c says of Gx, and h = of Gh. */
static void errors(const cell *at, const void *c, void *x, void *h)
{
    const plast__kernels *k = at->k;
    const int64_t n = at->n;
    void *candidate = gate(at, x, CANDIDATE), *reset = gate(at, x, RESET), *update = gate(at, x, UPDATE);
    k->multiply(n, c, gate(at, at->y, UPDATE), update);
    k->subtract(n, c, update, candidate);
    k->multiply(n, candidate, gate(at, at->slope, CANDIDATE), candidate);
    k->subtract(n, at->before, gate(at, at->y, CANDIDATE), update);
    k->multiply(n, c, update, update);
    k->multiply(n, update, gate(at, at->slope, UPDATE), update);
    k->multiply(n, candidate, gate(at, at->h, CANDIDATE), reset);
    k->multiply(n, reset, gate(at, at->slope, RESET), reset);
    k->scale(2 * n, 1.0, x, h);
    k->multiply(n, candidate, gate(at, at->y, RESET), gate(at, h, CANDIDATE));
}

/* The same for all sequences of a step; x and h are arrays of all steps. */
static void errors_of_step(const plast_layer *layer, const plast__activities *a, int64_t t, void *c, void *x, void *h)
{
    for (int64_t b = 0; b < a->sequences; b++) {
        const int64_t row = t * a->sequences + b;
        const cell at = cell_at(layer, a, row);
        errors(&at, row_of(layer, layer->state, c, b), row_of(layer, layer->drive, x, row),
               row_of(layer, layer->recurrent, h, row));
    }
}

/* dLoss/dh_t in `c`, with all that comes later, becomes what reaches h_(t-1) of it. */
static void step_back(const plast_layer *layer, const plast__activities *a, const plast__time *time, int64_t t,
                      void *error, void *c, void *back)
{
    const plast__model *model = layer->model;
    const plast__group *rec = &model->groups[layer->synapses[RECURRENT].group];
    const int any = plast__way_back(model, rec, a, time, plast__step_of(model, a, layer->recurrent, error, t), back);
    for (int64_t b = 0; b < a->sequences; b++) {
        const cell at = cell_at(layer, a, t * a->sequences + b);
        void *row = row_of(layer, layer->state, c, b);
        at.k->multiply(at.n, row, gate(&at, at.y, UPDATE), row);
    }
    if (any)
        model->kernels->add_scaled(a->sequences * model->populations[layer->state].ld, 1.0, back, c);
}

/* Traces want the signals of the instant, and what arrived, three times over. */
static void leave_for_traces(const plast_layer *layer, const plast__activities *a)
{
    const plast__activity *x = &a->of[layer->drive], *h = &a->of[layer->recurrent];
    void *arrived = a->of[layer->output].s;
    for (int64_t row = 0; row < a->rows; row++) {
        const cell at = cell_at(layer, a, row);
        const void *c = row_of(layer, layer->state, arrived, row);
        void *const whole[] = { row_of(layer, layer->drive, x->u, row), row_of(layer, layer->recurrent, h->u, row) };
        errors(&at, c, row_of(layer, layer->drive, x->s, row), row_of(layer, layer->recurrent, h->s, row));
        for (int i = 0; i < 2 * GATES; i++)
            at.k->scale(at.n, 1.0, c, gate(&at, whole[i / GATES], i % GATES));
    }
}

static void backward(const plast_layer *layer, plast__activities *a, const plast__time *time)
{
    const plast__model *model = layer->model;
    plast__activity *x = &a->of[layer->drive], *h = &a->of[layer->recurrent];
    const int64_t n = a->sequences * model->populations[layer->state].ld, steps = plast__steps(a);
    const size_t bytes = (size_t)(n * plast__size(model->dtype));
    const int instant = plast__time_instant(time);
    void *c = a->of[layer->state].work, *back = plast__at(model->dtype, c, n);
    void *initial = a->of[layer->initial].s;
    if (time->tracing) {
        leave_for_traces(layer, a);
        x->error = x->u;
        h->error = h->u;
        return;
    }
    void *error_x = instant ? x->u : x->s, *error_h = instant ? h->u : h->s;
    x->error = error_x;
    h->error = error_h;
    for (int64_t t = steps - 1; t >= 0; t--) {
        void *arrived = plast__step_of(model, a, layer->output, a->of[layer->output].s, t);
        if (plast__time_cut(time, t, steps))
            memset(c, 0, bytes);
        else
            step_back(layer, a, time, t + 1, error_h, c, back);
        model->kernels->add_scaled(n, 1.0, arrived, c);
        errors_of_step(layer, a, t, c, error_x, error_h);
        if (instant)
            errors_of_step(layer, a, t, arrived, x->s, h->s);
    }
    if (a->live > 0) { /* the sequence began before: its initial state had its share then */
        memset(initial, 0, bytes);
        return;
    }
    step_back(layer, a, time, 0, error_h, c, back);
    model->kernels->scale(n, 1.0, c, initial);
}

static int factored(const plast__time *time, const plast_layer *layer)
{
    (void)time;
    (void)layer;
    return 0;
}

/* By how much h_t moves with Gx and Gh: their errors of an error of 1. Put behind the rates' arrays of each. */
static void gains(const plast_layer *layer, const plast__activities *a, int64_t step)
{
    const plast__model *model = layer->model;
    const plast__population *gates = &model->populations[layer->drive], *state = &model->populations[layer->state];
    void *x = plast__at(model->dtype, a->of[layer->drive].work, a->room * gates->ld);
    void *h = plast__at(model->dtype, a->of[layer->recurrent].work, a->room * gates->ld);
    void *ones = plast__at(model->dtype, a->of[layer->state].work, a->room * state->ld);
    for (int64_t b = 0; b < a->sequences; b++) {
        plast__fill(model, state->units, 1.0, row_of(layer, layer->state, ones, b));
        const cell at = cell_at(layer, a, step * a->sequences + b);
        errors(&at, row_of(layer, layer->state, ones, b), row_of(layer, layer->drive, x, b),
               row_of(layer, layer->recurrent, h, b));
    }
}

/* z, and with PLAST__PATH_SELF what comes through the unit's own three synapses, for all blocks of the population. */
static void decay(const plast_layer *layer, const plast__activities *a, const plast__time *time, int64_t step,
                  int32_t population, void *out)
{
    const plast__model *model = layer->model;
    const plast__group *rec = &model->groups[layer->synapses[RECURRENT].group];
    const int64_t ld = model->populations[layer->recurrent].ld, n = a->sequences * rec->ld;
    void *own = a->of[layer->state].work;
    const void *gain = plast__at_const(model->dtype, a->of[layer->recurrent].work, a->room * ld);
    if (!plast__way_back(model, rec, a, time, gain, own))
        plast__fill(model, n, 0.0, own);
    for (int64_t b = 0; b < a->sequences; b++) {
        const cell at = cell_at(layer, a, step * a->sequences + b);
        void *row = row_of(layer, layer->state, own, b), *to = row_of(layer, population, out, b);
        at.k->add_scaled(at.n, 1.0, gate(&at, at.y, UPDATE), row);
        for (int i = 0; population != layer->state && i < GATES; i++)
            at.k->scale(at.n, 1.0, row, gate(&at, to, i));
    }
}

static void rates(const plast_layer *layer, const plast__activities *a, const plast__time *time, int32_t population,
                  int64_t step, plast__rates *rates)
{
    const plast__activity *own = &a->of[population];
    gains(layer, a, step);
    decay(layer, a, time, step, population, rates->decay);
    rates->signal = plast__step_of(layer->model, a, population, population == layer->state ? own->s : own->u, step);
    rates->state_scale = 1.0;
}

/* Block `which` of a frame of gates. */
static double *block(double *frame, int64_t n, int which)
{
    return frame + which * n;
}

/* x, h = tangents of Gx and Gh; x becomes that of the gates. */
static void tangent_of_gates(const plast_layer *layer, const plast__push *push, double *x, double *h, double *vector)
{
    const plast__activity *own = &push->a->of[layer->drive];
    const int64_t n = layer->model->populations[layer->state].units, ld = GATES * n, rows = plast__push_rows(push);
    for (int64_t k = 0; k < rows; k++)
        for (int64_t i = 0; i < 2 * n; i++)
            x[k * ld + i] += h[k * ld + i];
    plast__tangent_read(layer, push, layer->drive, own->slope, 0, 0, ld, vector);
    plast__tangent_scale(push, 2 * n, x, ld, vector, ld, x, ld);
    double *candidate = block(x, n, CANDIDATE), *other = vector + plast__push_sequences(push) * ld;
    plast__tangent_read(layer, push, layer->drive, own->y, 0, 0, n, other);
    plast__tangent_add(push, n, block(h, n, CANDIDATE), ld, other, n, candidate, ld);
    plast__tangent_read(layer, push, layer->recurrent, push->a->of[layer->recurrent].z, 0, CANDIDATE * n, n, other);
    plast__tangent_add(push, n, block(x, n, RESET), ld, other, n, candidate, ld);
    plast__tangent_scale(push, n, candidate, ld, vector + CANDIDATE * n, ld, candidate, ld);
}

/* dh = (1 - z) o dn + (h_(t-1) - n) o dz + z o dh_(t-1) */
static void tangent(const plast_layer *layer, const plast__push *push)
{
    const plast__activity *own = &push->a->of[layer->drive];
    const int64_t n = layer->model->populations[layer->state].units, ld = GATES * n, rows = plast__push_rows(push);
    const int64_t sequences = plast__push_sequences(push);
    double *x = push->work, *h = x + rows * ld, *gates = h + rows * ld, *other = gates + sequences * ld;
    plast__tangent_product(layer, push, INPUT, push->input, push->drive, x);
    plast__tangent_product(layer, push, RECURRENT, push->before, push->recurrent_drive, h);
    if (push->net != NULL) {
        memcpy(push->net, x, (size_t)(rows * ld) * sizeof *x);
        memcpy(push->recurrent_net, h, (size_t)(rows * ld) * sizeof *h);
    }
    tangent_of_gates(layer, push, x, h, gates);
    plast__tangent_read(layer, push, layer->drive, own->y, 0, 0, ld, gates);
    plast__tangent_read(layer, push, layer->state, push->a->of[layer->state].y, 1, 0, n, other);
    plast__tangent_scale(push, n, push->before, n, gates + UPDATE * n, ld, push->state, n);
    for (int64_t i = 0; i < sequences * n; i++) {
        double *own = gates + i / n * ld + i % n;
        other[i] -= own[CANDIDATE * n];
        own[0] = 1.0 - own[UPDATE * n];
    }
    plast__tangent_add(push, n, block(x, n, CANDIDATE), ld, gates, ld, push->state, n);
    plast__tangent_add(push, n, block(x, n, UPDATE), ld, other, n, push->state, n);
    if (push->output != NULL)
        memcpy(push->output, push->state, (size_t)(rows * n) * sizeof *push->state);
}

/* What a pull reads of one step, and writes by the tangents k and by the step itself. */
typedef struct pulled {
    const plast__pull *p;
    int64_t n, count;
    const double *y, *slope, *reset_of, *before; /* (r, z, n), the slopes there, the candidate's Gh, h_(t-1) */
} pulled;

/* Derivatives of the loss by a unit's r, z, n, and by their arguments, through coefficients of its tangents. */
typedef struct unit_pull {
    double r, z, n, reset, update, candidate; /* the last three: by the arguments of sigma, sigma and tanh */
    double recurrent, before;                 /* by the candidate's Gh, and by h_(t-1) */
} unit_pull;

/* One tangent of one unit: by its net inputs and its tangent of h_(t-1); what its coefficients bring is added. */
static void pull_tangent(const pulled *c, int64_t i, int64_t k, unit_pull *u)
{
    const plast__pull *p = c->p;
    const int64_t n = c->n, at = k * GATES * n + i;
    const double *x = p->push->net + at, *h = p->push->recurrent_net + at;
    double *by_x = p->net + at, *by_h = p->recurrent + at;
    const double r = c->y[i], z = c->y[n + i], s_r = c->slope[i], s_z = c->slope[n + i], s_n = c->slope[2 * n + i];
    const double arg_r = x[0] + h[0], arg_z = x[n] + h[n], dr = s_r * arg_r, dz = s_z * arg_z;
    const double arg_n = x[2 * n] + r * h[2 * n] + c->reset_of[i] * dr;
    const double by = p->state[k * n + i], by_n = (1.0 - z) * by, by_z = (c->before[i] - c->y[2 * n + i]) * by;
    const double by_arg = s_n * by_n, by_r = c->reset_of[i] * by_arg;
    by_x[0] = by_h[0] = s_r * by_r;
    by_x[n] = by_h[n] = s_z * by_z;
    by_x[2 * n] = by_arg;
    by_h[2 * n] = r * by_arg;
    u->z += by * (p->push->before[k * n + i] - s_n * arg_n);
    u->n -= by * dz;
    u->before += by * dz;
    u->candidate -= 2.0 * c->y[2 * n + i] * s_n * by_n * arg_n;
    u->r += by_arg * h[2 * n];
    u->recurrent += by_arg * dr;
    u->reset += s_r * (1.0 - 2.0 * r) * by_r * arg_r;
    u->update += s_z * (1.0 - 2.0 * z) * by_z * arg_z;
}

/* All of one unit. */
static void pull_unit(const pulled *c, int64_t i)
{
    const int64_t n = c->n, last = c->count * GATES * n + i;
    const double z = c->y[n + i], by = c->p->state[c->count * n + i];
    unit_pull u = { .n = (1.0 - z) * by, .z = (c->before[i] - c->y[2 * n + i]) * by, .before = z * by };
    double *by_x = c->p->net + last, *by_h = c->p->recurrent + last;
    for (int64_t k = 0; k < c->count; k++)
        pull_tangent(c, i, k, &u);
    const double candidate = u.candidate + c->slope[2 * n + i] * u.n;
    const double r = u.r + c->reset_of[i] * candidate;
    by_x[0] = by_h[0] = u.reset + c->slope[i] * r;
    by_x[n] = by_h[n] = u.update + c->slope[n + i] * u.z;
    by_x[2 * n] = candidate;
    by_h[2 * n] = u.recurrent + c->y[i] * candidate;
    for (int64_t k = 0; c->p->before != NULL && k < c->count; k++)
        c->p->before[k * n + i] = z * c->p->state[k * n + i];
    if (c->p->before != NULL)
        c->p->before[c->count * n + i] = u.before;
}

static void tangent_backward(const plast_layer *layer, const plast__pull *p)
{
    const plast__push *push = p->push;
    const plast__activity *own = &push->a->of[layer->drive];
    const int64_t n = layer->model->populations[layer->state].units, ld = GATES * n, count = push->count;
    double *y = p->work, *slope = y + ld, *reset_of = slope + ld, *before = p->seen + count * n;
    plast__tangent_read(layer, push, layer->drive, own->y, 0, 0, ld, y);
    plast__tangent_read(layer, push, layer->drive, own->slope, 0, 0, ld, slope);
    plast__tangent_read(layer, push, layer->recurrent, push->a->of[layer->recurrent].z, 0, CANDIDATE * n, n, reset_of);
    plast__tangent_read(layer, push, layer->state, push->a->of[layer->state].y, 1, 0, n, before);
    memcpy(p->seen, push->before, (size_t)(count * n) * sizeof *p->seen);
    for (int64_t i = 0; p->output != NULL && i < (count + 1) * n; i++)
        p->state[i] += p->output[i];
    const pulled c = { p, n, count, y, slope, reset_of, before };
    for (int64_t i = 0; i < n; i++)
        pull_unit(&c, i);
    if (p->path == PLAST__PULL_LOCAL) {
        memset(p->net + count * ld, 0, (size_t)ld * sizeof *p->net);
        memset(p->recurrent + count * ld, 0, (size_t)ld * sizeof *p->recurrent);
    }
    if (p->before != NULL && p->path == PLAST__PULL_EXACT)
        plast__pull_product(layer, push, RECURRENT, p->recurrent, 1, p->before);
    if (p->input != NULL)
        plast__pull_product(layer, push, INPUT, p->net, 0, p->input);
}

const plast__layer_kind plast__layer_gru = {
    .parameters = { "layer kind", "gru", NULL, 0 },
    .cell = PLAST__CELL_GATED,
    .build = build,
    .forward = forward,
    .backward = backward,
    .factored = factored,
    .rates = rates,
    .tangent = tangent,
    .tangent_backward = tangent_backward,
};
