/* SPDX-License-Identifier: MIT
 *
 * Dense layer, y = f(W x + b): one population, one group. */
#include "core/forward.h"
#include "layers/layers.h"

#include <string.h>

static plast_status build(plast__model *model, const plast_layer_options *options, plast_layer *layer)
{
    const plast__population population = { .units = options->units,
                                           .activation = options->activation,
                                           .param = options->activation_param,
                                           .has_bias = !options->no_bias };
    plast_status status = plast__model_add_population(model, &population, &layer->output);
    if (status != PLAST_OK)
        return status;
    const plast__group group = { .name = "input",
                                 .layer = layer->index,
                                 .pre = layer->input,
                                 .post = layer->output,
                                 .learns = 1,
                                 .stream = plast__group_stream(layer->index, 0),
                                 .initialiser = { options->init, options->gain, options->init_param } };
    status = plast__model_add_group(model, &group, &layer->synapses[0].group);
    layer->groups = 1;
    layer->populations = 1;
    layer->first_population = layer->drive = layer->output;
    return status;
}

static void forward(const plast_layer *layer, plast__activities *a, plast__pending *pending)
{
    const int32_t index = layer->synapses[0].group;
    const plast__group *group = &layer->model->groups[index];
    plast__pending *p = pending == NULL ? NULL : &pending[index];
    if (a->rows == 1)
        plast__forward_online(layer->model, group, a, p);
    else
        plast__forward_batch(layer->model, group, a, p);
}

static void backward(const plast_layer *layer, plast__activities *a, const plast__time *time)
{
    (void)time;
    const plast__activity *activity = &a->of[layer->output];
    const int64_t n = a->rows * layer->model->populations[layer->output].ld;
    layer->model->kernels->multiply(n, activity->s, activity->slope, activity->s);
}

/* y o (dz - y . dz) */
static void tangent_of_softmax(const plast__push *push, int64_t n, const double *y)
{
    for (int64_t k = 0; k < plast__push_rows(push); k++) {
        const double *own = y + k / push->count * n;
        double *row = push->output + k * n, mean = 0.0;
        for (int64_t i = 0; i < n; i++)
            mean += own[i] * row[i];
        for (int64_t i = 0; i < n; i++)
            row[i] = own[i] * (row[i] - mean);
    }
}

static void tangent(const plast_layer *layer, const plast__push *push)
{
    const plast__population *p = &layer->model->populations[layer->output];
    const plast__activity *own = &push->a->of[layer->output];
    const int softmax = p->activation == PLAST_SOFTMAX;
    if (push->output == NULL)
        return;
    plast__tangent_product(layer, push, 0, push->input, push->drive, push->output);
    if (push->net != NULL)
        memcpy(push->net, push->output, (size_t)(plast__push_rows(push) * p->units) * sizeof *push->net);
    plast__tangent_read(layer, push, layer->output, softmax ? own->y : own->slope, 0, 0, p->units, push->work);
    if (softmax)
        tangent_of_softmax(push, p->units, push->work);
    else
        plast__tangent_scale(push, p->units, push->output, p->units, push->work, p->units, push->output, p->units);
}

static void tangent_backward(const plast_layer *layer, const plast__pull *pull)
{
    const plast__push *push = pull->push;
    const int64_t n = layer->model->populations[layer->output].units, count = push->count;
    double *vector = pull->work, *work = vector + n;
    plast__tangent_read(layer, push, layer->output, push->a->of[layer->output].slope, 0, 0, n, vector);
    plast__pull_scale(count + 1, n, pull->output, vector, pull->net);
    plast__pull_curvature(layer, push, layer->output, 0, n, work, vector);
    plast__pull_slope(count, n, vector, pull->output, push->net, pull->net + count * n);
    if (pull->input != NULL)
        plast__pull_product(layer, push, 0, pull->net, 0, pull->input);
}

const plast__layer_kind plast__layer_dense = {
    .parameters = { "layer kind", "dense", NULL, 0 },
    .build = build,
    .forward = forward,
    .backward = backward,
    .tangent = tangent,
    .tangent_backward = tangent_backward,
};
