/* SPDX-License-Identifier: MIT
 *
 * Dense layer, y = f(W x + b): one population, one group. */
#include "core/forward.h"
#include "layers/layers.h"

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

const plast__layer_kind plast__layer_dense = {
    .parameters = { "layer kind", "dense", NULL, 0 },
    .build = build,
    .forward = forward,
    .backward = backward,
};
