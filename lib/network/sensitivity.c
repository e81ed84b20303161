/* SPDX-License-Identifier: MIT
 *
 * Real-time recurrent learning: P_t = dstate_t / dparameters of the hidden layers, pushed from step to step as frames
 * of tangents, a row for each parameter. The gradient is sum_t (dLoss/dy_t) dy_t/dparameters, y being the activity of
 * the topmost hidden layer; the output layer's own is local. What lies above a layer does not move it, so a layer has
 * rows for its own parameters and those below alone. */
#include "network/network.h"

#include "base/memory.h"
#include "linalg/blas.h"

#include <string.h>

enum { MOST = 1 << 21 }; /* units times parameters of the hidden layers, as temporal.h says */

/* How many numbers each part takes. */
typedef struct sizes {
    double units;       /* of the hidden layers */
    int64_t parameters; /* of them */
    int64_t states;     /* sensitivities of all states of one sequence */
    int64_t weights, frame, drive, work;
} sizes;

static int32_t hidden_layers(const plast_network *network)
{
    return network->layer_count - 1;
}

static const plast__group *group_of(const plast_layer *layer, int32_t index)
{
    return &layer->model->groups[layer->synapses[index].group];
}

/* In the order of a layer's rows: groups, then what learns as a bias. */
static int64_t own_parameters(const plast_layer *layer)
{
    int64_t n = 0;
    for (int32_t g = 0; g < layer->groups; g++)
        n += group_of(layer, g)->rows * group_of(layer, g)->cols;
    for (int32_t p = layer->first_population; p < layer->first_population + layer->populations; p++)
        n += layer->model->populations[p].has_bias ? layer->model->populations[p].units : 0;
    return n;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static sizes sizes_of(const plast_network *network)
{
    const plast__model *model = &network->model;
    sizes s = { .units = 0.0 };
    for (int32_t i = 0; i < hidden_layers(network); i++) {
        const plast_layer *layer = network->layers[i];
        const int64_t units = plast_layer_units(layer), below = i == 0 ? 0 : model->populations[layer->input].units;
        s.parameters += own_parameters(layer);
        s.units += (double)units;
        if (s.units * (double)s.parameters > MOST)
            continue; /* refused: what else there is may be beyond counting */
        s.states += layer->state > 0 ? s.parameters * units : 0;
        s.weights += plast__tangent_weights(layer);
        s.frame = larger(s.frame, s.parameters * larger(units, below));
        s.drive = larger(s.drive, s.parameters * model->populations[layer->drive].units);
        s.work = larger(s.work, plast__tangent_work(layer, s.parameters));
    }
    return s;
}

static plast_status check_size(plast_context *context, const sizes *s)
{
    if (s->units * (double)s->parameters > MOST)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "temporal scheme \"rtrl\" is for small networks: %.0f units times %lld parameters of hidden "
                           "layers, at most %d are possible",
                           s->units, (long long)s->parameters, MOST);
    return PLAST_OK;
}

/* Where the parts lie. */
typedef struct parts {
    double *weights, *gradient, *signal, *in, *out, *state, *drive, *recurrent_drive, *work;
} parts;

static parts parts_of(const sizes *s, double *all)
{
    parts p = { .weights = all };
    p.gradient = p.weights + s->weights;
    p.signal = p.gradient + s->parameters;
    p.in = p.signal + s->frame;
    p.out = p.in + s->frame;
    p.state = p.out + s->frame;
    p.drive = p.state + s->frame;
    p.recurrent_drive = p.drive + s->drive;
    p.work = p.recurrent_drive + s->drive;
    return p;
}

/* The errors of biases, which only populations with a state have otherwise. */
static int make_errors(plast_context *context, const plast_network *network, plast__activities *a)
{
    const plast__model *model = &network->model;
    for (int32_t i = 1; i < plast__output_layer(network)->first_population; i++) {
        const plast__population *p = &model->populations[i];
        if (!p->has_bias || p->is_initial || a->of[i].u != NULL)
            continue;
        a->of[i].u = plast__allocate_rows(context, a->batch, p->ld, plast__size(model->dtype));
        if (a->of[i].u == NULL)
            return 0;
    }
    return 1;
}

plast_status plast__network_equip_sensitivities(plast_context *context, const plast_network *network,
                                                plast__activities *a)
{
    const sizes s = sizes_of(network);
    const int64_t work = s.weights + s.parameters + 4 * s.frame + 2 * s.drive + s.work;
    const plast_status status = check_size(context, &s);
    if (status != PLAST_OK)
        return status;
    double *made = plast__allocate_rows(context, a->room, s.states, sizeof *made);
    double *push_work = plast__allocate(context, work, sizeof *push_work);
    if (made == NULL || push_work == NULL || !make_errors(context, network, a)) {
        plast__release(context, made);
        plast__release(context, push_work);
        return plast__no_memory(context, "sensitivities");
    }
    plast__release(context, a->sensitivities);
    plast__release(context, a->push_work);
    a->sensitivities = made;
    a->push_work = push_work;
    return PLAST_OK;
}

void plast__network_clear_sensitivities(const plast_network *network, plast__activities *a)
{
    if (a->sensitivities != NULL)
        memset(a->sensitivities, 0, (size_t)(a->room * sizes_of(network).states) * sizeof(double));
}

void plast__network_copy_sensitivities(const plast_network *network, const plast__activities *from,
                                       plast__activities *to)
{
    if (from->sensitivities != NULL)
        memcpy(to->sensitivities, from->sensitivities,
               (size_t)(from->live * sizes_of(network).states) * sizeof(double));
}

/* Row of the first parameter that is an initial state; -1 when there is none. */
static int64_t initial_row(const plast_layer *layer, int64_t first)
{
    const plast__model *model = layer->model;
    if (layer->state == 0 || !model->populations[layer->initial].has_bias)
        return -1;
    int64_t row = first;
    for (int32_t g = 0; g < layer->groups; g++)
        row += group_of(layer, g)->rows * group_of(layer, g)->cols;
    for (int32_t p = layer->first_population; p < layer->initial; p++)
        row += model->populations[p].has_bias ? model->populations[p].units : 0;
    return row;
}

/* Before the first step every state is its initial one. */
void plast__network_begin_sensitivities(const plast_network *network, plast__activities *a)
{
    const sizes s = sizes_of(network);
    plast__network_clear_sensitivities(network, a);
    for (int64_t b = 0; b < a->sequences; b++) {
        double *frame = a->sensitivities + b * s.states;
        int64_t count = 0;
        for (int32_t l = 0; l < hidden_layers(network); l++) {
            const plast_layer *layer = network->layers[l];
            const int64_t units = plast_layer_units(layer), row = initial_row(layer, count);
            count += own_parameters(layer);
            for (int64_t i = 0; row >= 0 && i < units; i++)
                frame[(row + i) * units + i] = 1.0;
            frame += layer->state > 0 ? count * units : 0;
        }
    }
}

/* What a layer's own parameters add to its net inputs: a weight the activity that it sees, a bias 1. */
static void drive(const plast_layer *layer, const plast__activities *a, int64_t row, int64_t first, int64_t count,
                  const parts *p)
{
    const plast__model *model = layer->model;
    const int64_t units = model->populations[layer->drive].units;
    const size_t bytes = (size_t)(count * units) * sizeof(double);
    memset(p->drive, 0, bytes);
    if (layer->recurrent > 0)
        memset(p->recurrent_drive, 0, bytes);
    for (int32_t k = 0; k < layer->groups; k++) {
        const plast__group *g = group_of(layer, k);
        const void *pre = plast__pre_activity(model, a, g);
        double *frame = g->post == layer->recurrent ? p->recurrent_drive : p->drive;
        for (int64_t i = 0; i < g->rows; i++)
            for (int64_t j = 0; j < g->cols; j++)
                frame[first++ * units + i] = plast__get(model->dtype, pre, row * g->ld + j);
    }
    for (int32_t k = layer->first_population; k < layer->first_population + layer->populations; k++) {
        double *frame = k == layer->recurrent ? p->recurrent_drive : p->drive;
        for (int64_t i = 0; model->populations[k].has_bias && !model->populations[k].is_initial && i < units; i++)
            frame[first++ * units + i] = 1.0;
    }
}

/* dLoss/dy of the topmost hidden layer, at a row. */
static void signal_of(const plast_network *network, const plast__activities *a, int64_t row, double *signal)
{
    const plast__model *model = &network->model;
    const plast_layer *top = plast__output_layer(network);
    const plast__group *g = group_of(top, 0);
    const int64_t ld = model->populations[top->output].ld;
    memset(signal, 0, (size_t)g->cols * sizeof *signal);
    for (int64_t i = 0; i < g->rows; i++) {
        const double s = plast__get(model->dtype, a->of[top->output].s, row * ld + i);
        for (int64_t j = 0; j < g->cols; j++)
            signal[j] += s * plast__get(model->dtype, g->weights, i * g->ld + j);
    }
}

/* One step of one sequence, up through the layers; then what its loss adds to the gradient. */
static void push_step(const plast_network *network, const plast__activities *a, int64_t row, double *states, parts p)
{
    double *weights = p.weights;
    int64_t count = 0, units = 0;
    for (int32_t l = 0; l < hidden_layers(network); l++) {
        const plast_layer *layer = network->layers[l];
        const int64_t before = count, below = units;
        count += own_parameters(layer);
        units = plast_layer_units(layer);
        memset(p.in + before * below, 0, (size_t)((count - before) * below) * sizeof(double));
        drive(layer, a, row, before, count, &p);
        const plast__push push = { .a = a,
                                   .row = row,
                                   .count = count,
                                   .weights = weights,
                                   .input = l == 0 ? NULL : p.in,
                                   .before = states,
                                   .drive = p.drive,
                                   .recurrent_drive = layer->recurrent > 0 ? p.recurrent_drive : NULL,
                                   .state = p.state,
                                   .output = p.out,
                                   .work = p.work };
        layer->kind->tangent(layer, &push);
        if (layer->state > 0) {
            memcpy(states, p.state, (size_t)(count * units) * sizeof(double));
            states += count * units;
        }
        weights += plast__tangent_weights(layer);
        double *const output = p.out;
        p.out = p.in;
        p.in = output;
    }
    signal_of(network, a, row, p.signal);
    plast__gemm(PLAST_F64, count, 1, units, 1.0, (plast__operand){ p.in, units, 0 }, (plast__operand){ p.signal, 1, 0 },
                1.0, p.gradient, 1);
}

/* A bias's gradient, or an initial state's, goes into the first row of its errors. */
static void put_bias(const plast__model *model, plast__activities *a, int32_t population, const double *gradient)
{
    const plast__population *p = &model->populations[population];
    plast__activity *one = &a->of[population];
    void *rows = p->is_initial ? one->s : one->u;
    if (!p->is_initial)
        one->error = one->u;
    memset(rows, 0, (size_t)(plast__error_rows(model, a, population) * p->ld * plast__size(model->dtype)));
    for (int64_t i = 0; i < p->units; i++)
        plast__set(model->dtype, rows, i, gradient[i]);
}

static void hand_over(const plast_network *network, plast__activities *a, const double *gradient)
{
    const plast__model *model = &network->model;
    for (int32_t l = 0; l < hidden_layers(network); l++) {
        const plast_layer *layer = network->layers[l];
        for (int32_t k = 0; k < layer->groups; k++) {
            const plast__group *g = group_of(layer, k);
            void *matrix = a->traces[layer->synapses[k].group].gradient;
            for (int64_t i = 0; i < g->rows; i++)
                for (int64_t j = 0; j < g->cols; j++)
                    plast__set(model->dtype, matrix, i * g->ld + j, *gradient++);
        }
        for (int32_t k = layer->first_population; k < layer->first_population + layer->populations; k++) {
            if (!model->populations[k].has_bias)
                continue;
            put_bias(model, a, k, gradient);
            gradient += model->populations[k].units;
        }
    }
}

void plast__network_push_sensitivities(const plast_network *network, plast__activities *a)
{
    const sizes s = sizes_of(network);
    const parts p = parts_of(&s, a->push_work);
    double *weights = p.weights;
    for (int32_t l = 0; l < hidden_layers(network); l++) {
        plast__tangent_prepare(network->layers[l], weights);
        weights += plast__tangent_weights(network->layers[l]);
    }
    memset(p.gradient, 0, (size_t)s.parameters * sizeof(double));
    for (int64_t row = 0; row < a->rows; row++)
        push_step(network, a, row, a->sensitivities + row % a->sequences * s.states, p);
    hand_over(network, a, p.gradient);
}
