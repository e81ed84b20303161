/* SPDX-License-Identifier: MIT */
#include "lyapunov/network_system.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"

#include <stdio.h>
#include <string.h>

typedef struct driven {
    plast_context *context;
    plast_network *network;
    int64_t trajectories, size;
    int32_t first, last; /* layers with a state */
    plast_state *own;
    plast_state *state; /* that runs */
    const plast_matrix *inputs;
    int64_t row;              /* of the inputs: the coming step's first */
    int32_t ahead;            /* the coming step has been run; it is not taken yet */
    double *weights;          /* copies, layer by layer; NULL = the network's own are double */
    double *before, *after;   /* frames of one layer, where there are several with a state */
    double *output, *passing; /* frames between layers */
    double *work;
    plast__along along; /* of a single layer whose steps take the few tangents along; else without memory */
} driven;

int64_t plast__network_state_size(const plast_network *network)
{
    int64_t n = 0;
    for (int32_t i = 0; i < network->layer_count && n >= 0; i++) {
        const int32_t state = network->layers[i]->state;
        const int64_t units = state == 0 ? 0 : network->model.populations[state].units;
        n = units > INT32_MAX - n ? -1 : n + units;
    }
    return n;
}

static int64_t state_units(const driven *d, int32_t layer)
{
    const int32_t state = d->network->layers[layer]->state;
    return state == 0 ? 0 : d->network->model.populations[state].units;
}

/* The coming step, up to the outputs; nothing is carried on yet. */
static plast_status run_ahead(driven *d, int64_t number)
{
    const plast__model *model = &d->network->model;
    plast__activities *a = &d->state->activities;
    char message[sizeof d->context->message];
    if (d->ahead)
        return PLAST_OK;
    d->state->rows = 0; /* until all of the step is there */
    a->rows = a->sequences = d->trajectories;
    for (int64_t b = 0; b < d->trajectories; b++) {
        void *x = plast__at(model->dtype, a->of[0].y, b * model->populations[0].ld);
        if (d->inputs != NULL)
            plast__matrix_read_row(d->inputs, d->row + b, model->dtype, x);
        else
            memset(x, 0, (size_t)(model->populations[0].ld * plast__size(model->dtype)));
    }
    const plast_status status = plast__network_forward(d->context, d->network, a, NULL);
    d->ahead = status == PLAST_OK;
    if (status == PLAST_OK)
        return status;
    memcpy(message, d->context->message, sizeof message);
    return plast__fail(d->context, status, "step %lld: the state diverges, %s", (long long)number, message);
}

/* Columns at .. at + units - 1 of a frame of all states, to a frame of one layer's, or back. */
static void gather(int64_t rows, int64_t size, const double *frame, int64_t units, double *own)
{
    for (int64_t i = 0; i < rows; i++)
        memcpy(own + i * units, frame + i * size, (size_t)units * sizeof *own);
}

static void scatter(int64_t rows, int64_t size, double *frame, int64_t units, const double *own)
{
    for (int64_t i = 0; i < rows; i++)
        memcpy(frame + i * size, own + i * units, (size_t)units * sizeof *own);
}

/* One layer's tangents; `p` has what is common to all, and what comes from the layer below. */
static void push_layer(const driven *d, int32_t layer, plast__push *p, int64_t at, const double *tangents,
                       double *pushed)
{
    const plast_layer *l = d->network->layers[layer];
    const int64_t units = state_units(d, layer), rows = plast__push_rows(p);
    const int several = d->first < d->last;
    p->before = tangents;
    p->state = pushed;
    if (several && units > 0) {
        gather(rows, d->size, tangents + at, units, d->before);
        p->before = d->before;
        p->state = d->after;
    }
    l->kind->tangent(l, p);
    if (several && units > 0)
        scatter(rows, d->size, pushed + at, units, d->after);
}

/* The coming step with its tangents, where it takes them along; 0 = it does not, or has been run. */
static int run_along(driven *d, int64_t number, int64_t count, const double *tangents, double *pushed,
                     plast_status *status)
{
    const int along = d->along.seen != NULL && !d->ahead;
    d->along.count = count;
    d->along.before = tangents;
    d->along.product = pushed;
    d->state->activities.along = along ? &d->along : NULL;
    *status = run_ahead(d, number);
    d->state->activities.along = NULL;
    return along;
}

/* Through the layers from the first one with a state to the last: inputs do not move. */
static plast_status push(void *self, int64_t number, int64_t count, const double *tangents, double *pushed)
{
    driven *d = self;
    plast_status status = PLAST_OK;
    const int along = run_along(d, number, count, tangents, pushed, &status);
    if (status != PLAST_OK)
        return status;
    plast__push p = { .a = &d->state->activities,
                      .count = count,
                      .sequences = d->trajectories,
                      .weights = d->weights,
                      .work = d->work,
                      .taken_along = along };
    int64_t at = 0;
    for (int32_t i = d->first; i <= d->last; i++) {
        p.output = i == d->last ? NULL : (i - d->first) % 2 == 0 ? d->output : d->passing;
        push_layer(d, i, &p, at, tangents, pushed);
        at += state_units(d, i);
        p.input = p.output;
        if (p.weights != NULL)
            p.weights += plast__tangent_weights(d->network->layers[i]);
    }
    return PLAST_OK;
}

static plast_status step(void *self, int64_t number)
{
    driven *d = self;
    plast__activities *a = &d->state->activities;
    const plast_status status = run_ahead(d, number);
    if (status != PLAST_OK)
        return status;
    a->tracing = 0;
    plast__network_carry(d->network, a);
    d->state->rows = a->rows;
    d->row += d->trajectories;
    d->ahead = 0;
    return PLAST_OK;
}

static void reset(void *self, uint64_t seed)
{
    const driven *d = self;
    plast__activities *a = &d->own->activities;
    a->live = 0;
    a->draws = 0;
    a->seed = seed;
}

static void destroy(void *self)
{
    driven *d = self;
    plast_state_destroy(d->own);
    plast__release(d->context, d->along.seen);
    plast__release(d->context, d->work);
    plast__release(d->context, d->passing);
    plast__release(d->context, d->output);
    plast__release(d->context, d->after);
    plast__release(d->context, d->before);
    plast__release(d->context, d->weights);
    plast__release(d->context, d);
}

/* Copies of the weights that tangents meet, where the network's are not double. */
static plast_status allocate_weights(driven *d)
{
    int64_t weights = 0;
    for (int32_t i = d->first; i <= d->last; i++)
        weights += plast__tangent_weights(d->network->layers[i]);
    if (d->network->model.dtype == PLAST_F64)
        return PLAST_OK;
    d->weights = plast__allocate(d->context, weights, sizeof *d->weights);
    return d->weights != NULL ? PLAST_OK : plast__no_memory(d->context, "copies of the weights");
}

/* Larger frames are multiplied faster by themselves. */
static plast_status allocate_along(driven *d, int64_t count)
{
    if (d->first < d->last || !d->network->layers[d->first]->kind->takes_along || d->trajectories > 1 ||
        count >= PLAST__SEVERAL || d->network->model.dtype != PLAST_F64)
        return PLAST_OK;
    d->along.seen = plast__allocate_rows(d->context, count, d->size, sizeof *d->along.seen);
    return d->along.seen != NULL ? PLAST_OK : plast__no_memory(d->context, "the tangents that go with a step");
}

static plast_status allocate(driven *d, int64_t count)
{
    const int64_t columns = d->trajectories > INT32_MAX / count ? -1 : d->trajectories * count;
    int64_t state = 0, output = 0, work = 0;
    for (int32_t i = d->first; i <= d->last; i++) {
        const plast_layer *layer = d->network->layers[i];
        const int64_t own = plast__tangent_work(layer, count),
                      units = d->network->model.populations[layer->output].units;
        state = state_units(d, i) > state ? state_units(d, i) : state;
        output = units > output ? units : output;
        work = own > work ? own : work;
    }
    d->work = plast__allocate_rows(d->context, columns < 0 ? -1 : d->trajectories, work, sizeof *d->work);
    if (d->first < d->last) {
        d->before = plast__allocate_rows(d->context, columns, state, sizeof *d->before);
        d->after = plast__allocate_rows(d->context, columns, state, sizeof *d->after);
        d->output = plast__allocate_rows(d->context, columns, output, sizeof *d->output);
        d->passing = plast__allocate_rows(d->context, columns, output, sizeof *d->passing);
    }
    if (d->work == NULL ||
        (d->first < d->last && (d->before == NULL || d->after == NULL || d->output == NULL || d->passing == NULL)))
        return plast__no_memory(d->context, "the tangents of a network");
    const plast_status status = allocate_along(d, count);
    return status == PLAST_OK ? allocate_weights(d) : status;
}

static void find_layers(driven *d)
{
    d->first = -1;
    for (int32_t i = 0; i < d->network->layer_count; i++)
        if (d->network->layers[i]->state > 0) {
            d->first = d->first < 0 ? i : d->first;
            d->last = i;
        }
}

plast_status plast__network_system_create(plast_context *context, plast_network *network, int64_t trajectories,
                                          int64_t count, uint64_t seed, plast__system *system)
{
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = trajectories, .seed = seed };
    driven *d = plast__allocate(context, 1, sizeof *d);
    if (d == NULL)
        return plast__no_memory(context, "a network as a system");
    *d = (driven){
        .context = context, .network = network, .trajectories = trajectories, .size = plast__network_state_size(network)
    };
    find_layers(d);
    plast_status status = allocate(d, count);
    if (status == PLAST_OK)
        status = plast_state_create(context, network, &options, &d->own);
    if (status != PLAST_OK) {
        destroy(d);
        return status;
    }
    *system = (plast__system){ .size = d->size,
                               .trajectories = trajectories,
                               .self = d,
                               .push = push,
                               .step = step,
                               .reset = reset,
                               .destroy = destroy };
    return PLAST_OK;
}

plast_state *plast__network_system_state(const plast__system *system, plast_state *given)
{
    const driven *d = system->self;
    return given != NULL ? given : d->own;
}

void plast__network_system_begin(plast__system *system, plast_state *state, const plast_matrix *inputs)
{
    driven *d = system->self;
    double *weights = d->weights;
    d->state = plast__network_system_state(system, state);
    d->inputs = inputs;
    d->row = 0;
    d->ahead = 0;
    for (int32_t i = d->first; weights != NULL && i <= d->last; i++) {
        plast__tangent_prepare(d->network->layers[i], weights);
        weights += plast__tangent_weights(d->network->layers[i]);
    }
}
