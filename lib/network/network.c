/* SPDX-License-Identifier: MIT
 *
 * Building a network and taking it down. */
#include "network/network.h"

#include "base/memory.h"
#include "base/scalar.h"
#include "base/structs.h"

#include <math.h>
#include <string.h>

static plast_status check_network_options(plast_context *context, const plast_network_options *o)
{
    if (o->dtype != PLAST_F32 && o->dtype != PLAST_F64)
        return plast__fail(context, PLAST_E_INVALID, "dtype is %d, expected PLAST_F32 or PLAST_F64", o->dtype);
    if (o->inputs <= 0)
        return plast__fail(context, PLAST_E_INVALID, "inputs is %lld, expected at least 1", (long long)o->inputs);
    if (o->loss < PLAST_LOSS_DEFAULT || o->loss > PLAST_LOSS_SQUARED)
        return plast__fail(context, PLAST_E_INVALID, "loss is %d, expected one of PLAST_LOSS_...", o->loss);
    return PLAST_OK;
}

plast_status plast_network_create(plast_context *context, const plast_network_options *options, plast_network **network)
{
    plast_network_options given = { .struct_size = 0 };
    plast_status status;
    if (context == NULL)
        return PLAST_E_INVALID;
    if (network == NULL)
        return plast__fail(context, PLAST_E_INVALID, "place for the network is NULL");
    status = PLAST__READ_RESERVED(context, plast_network_options, options, &given);
    if (status != PLAST_OK)
        return status;
    given.dtype = given.dtype == PLAST_DTYPE_DEFAULT ? PLAST_F32 : given.dtype;
    status = check_network_options(context, &given);
    if (status != PLAST_OK)
        return status;
    plast_network *made = plast__allocate(context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(context, "a network");
    made->model = (plast__model){ .context = context,
                                  .kernels = plast__kernels_get(context->level, given.dtype),
                                  .dtype = given.dtype,
                                  .seed = given.seed };
    made->loss = given.loss;
    made->feedback = plast__feedback_default();
    made->temporal = plast__temporal_default();
    plast__parameters_default(&made->temporal->parameters, made->temporal_values);
    const plast__population input = { .units = given.inputs, .activation = PLAST_LINEAR };
    int32_t index = 0;
    status = plast__model_add_population(&made->model, &input, &index);
    if (status != PLAST_OK)
        plast_network_destroy(made);
    else
        *network = made;
    return status;
}

void plast_network_destroy(plast_network *network)
{
    if (network == NULL)
        return;
    plast_context *context = network->model.context;
    plast__network_unready(network);
    plast_state_destroy(network->state);
    plast__release(context, network->hops);
    for (int32_t i = 0; i < network->layer_count; i++)
        plast__release(context, network->layers[i]);
    plast__release(context, network->layers);
    plast__model_truncate(&network->model, 0, 0);
    plast__release(context, network);
}

plast_status plast__network_idle(plast_context *context, const plast_network *network)
{
    if (network->learning)
        return plast__fail(context, PLAST_E_STATE, "the network is learning: a progress callback cannot do this");
    return PLAST_OK;
}

/* Activations that have a parameter. */
static const struct {
    int32_t activation;
    const char *name;
    double initial, minimum, maximum;
} activation_params[] = {
    { PLAST_SOFTPLUS, "softplus's beta", 10.0, 1e-6, 1e6 },
    { PLAST_LEAKY_RELU, "leaky ReLU's slope below 0", 0.01, 1e-6, 1.0 },
    { PLAST_ELU, "ELU's alpha", 1.0, 1e-6, 1e6 },
};

static plast_status check_activation_param(plast_context *context, plast_layer_options *o)
{
    for (size_t i = 0; i < sizeof activation_params / sizeof activation_params[0]; i++) {
        const double least = activation_params[i].minimum, most = activation_params[i].maximum;
        if (activation_params[i].activation != o->activation)
            continue;
        if (o->activation_param == 0.0)
            o->activation_param = activation_params[i].initial;
        if (!(o->activation_param >= least && o->activation_param <= most))
            return plast__fail(context, PLAST_E_RANGE, "activation_param (%s) is %g, expected %g to %g",
                               activation_params[i].name, o->activation_param, least, most);
        return PLAST_OK;
    }
    if (o->activation_param != 0.0)
        return plast__fail(context, PLAST_E_INVALID, "activation_param is %g, but activation %d has no parameter",
                           o->activation_param, o->activation);
    return PLAST_OK;
}

static plast_status check_activation(plast_context *context, plast_layer_options *o)
{
    if (o->activation == PLAST_SOFTMAX && o->units < 2)
        return plast__fail(context, PLAST_E_UNSUPPORTED, "softmax of 1 unit is constant, expected at least 2 units");
    if (o->activation < PLAST_LINEAR || o->activation > PLAST_HARD_SIGMOID)
        return plast__fail(context, PLAST_E_INVALID, "activation is %d, expected PLAST_LINEAR ... PLAST_HARD_SIGMOID",
                           o->activation);
    return check_activation_param(context, o);
}

/* `of`: "" or "recurrent_", as the fields are called. */
static plast_status check_initialiser(plast_context *context, const char *of, int32_t init, double *gain, double param)
{
    if (init < PLAST_INIT_XAVIER_UNIFORM || init > PLAST_INIT_SPARSE)
        return plast__fail(context, PLAST_E_INVALID, "%sinit is %d, expected one of PLAST_INIT_...", of, init);
    if (!isfinite(*gain))
        return plast__fail(context, PLAST_E_RANGE, "%sgain is %g, expected a finite number", of, *gain);
    *gain = *gain == 0.0 ? 1.0 : *gain;
    if (param == 0.0)
        return PLAST_OK;
    const char *name = of[0] == '\0' ? "init_param" : "recurrent_param";
    if (init != PLAST_INIT_SPARSE)
        return plast__fail(context, PLAST_E_INVALID, "%s is %g, but init %d has no parameter", name, param, init);
    if (!(param >= 1.0 && param <= INT32_MAX && param == floor(param)))
        return plast__fail(context, PLAST_E_RANGE,
                           "%s (a sparse unit's inputs) is %g, expected a whole number from 1 to %d", name, param,
                           INT32_MAX);
    return PLAST_OK;
}

static plast_status check_flag(plast_context *context, const char *name, int32_t flag)
{
    if (flag != 0 && flag != 1)
        return plast__fail(context, PLAST_E_INVALID, "%s is %d, expected 0 or 1", name, flag);
    return PLAST_OK;
}

static plast_status check_state_options(plast_context *context, plast_layer_options *o)
{
    plast_status status =
        check_initialiser(context, "recurrent_", o->recurrent_init, &o->recurrent_gain, o->recurrent_param);
    if (status == PLAST_OK)
        status = check_flag(context, "no_self", o->no_self);
    if (status == PLAST_OK)
        status = check_flag(context, "learn_initial", o->learn_initial);
    if (status != PLAST_OK)
        return status;
    if (o->activation == PLAST_SOFTMAX)
        return plast__fail(context, PLAST_E_UNSUPPORTED, "softmax is of output layers, which have no state");
    if (o->form < PLAST_FORM_VOLTAGE || o->form > PLAST_FORM_CURRENT)
        return plast__fail(context, PLAST_E_INVALID, "form is %d, expected one of PLAST_FORM_...", o->form);
    if (!(o->alpha >= 0.0 && o->alpha <= 1.0))
        return plast__fail(context, PLAST_E_RANGE, "alpha is %g, expected 0 to 1 (0 = 1: no leak)", o->alpha);
    if (!(o->noise >= 0.0 && isfinite(o->noise)))
        return plast__fail(context, PLAST_E_RANGE, "noise is %g, expected a finite number >= 0", o->noise);
    return PLAST_OK;
}

static plast_status check_no_state_options(plast_context *context, const plast_layer_options *o)
{
    if (o->form != 0 || o->recurrent_init != 0 || o->recurrent_gain != 0.0 || o->recurrent_param != 0.0 ||
        o->alpha != 0.0 || o->noise != 0.0 || o->no_self != 0 || o->learn_initial != 0)
        return plast__fail(context, PLAST_E_INVALID,
                           "an option of layers with a state is set (form, alpha, recurrent_..., noise, no_self, "
                           "learn_initial), but the layer has none");
    return PLAST_OK;
}

static plast_status check_layer_options(plast_context *context, const plast__layer_kind *kind, plast_layer_options *o)
{
    if (o->units <= 0)
        return plast__fail(context, PLAST_E_INVALID, "units is %lld, expected at least 1", (long long)o->units);
    plast_status status = check_flag(context, "no_bias", o->no_bias);
    if (status == PLAST_OK)
        status = check_initialiser(context, "", o->init, &o->gain, o->init_param);
    if (status == PLAST_OK)
        status = kind->cell == PLAST__CELL_NONE ? check_no_state_options(context, o) : check_state_options(context, o);
    return status == PLAST_OK ? check_activation(context, o) : status;
}

static plast_status check_place(const plast_network *network)
{
    plast_context *context = network->model.context;
    if (network->fixed)
        return plast__fail(context, PLAST_E_STATE,
                           "layers come before rules, states and prepare: the network's shape is fixed");
    if (network->layer_count == 0)
        return PLAST_OK;
    const plast_layer *top = plast__output_layer(network);
    if (network->model.populations[top->output].activation == PLAST_SOFTMAX)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "layer %d is softmax, which belongs at the output: no layer goes on top",
                           network->layer_count - 1);
    return PLAST_OK;
}

/* Room for one more handle; nothing else changes. */
static plast_status grow_layers(plast_network *network)
{
    plast_context *context = network->model.context;
    plast_layer **larger = plast__allocate(context, network->layer_count + 1, sizeof(plast_layer *));
    if (larger == NULL)
        return plast__no_memory(context, "a layer");
    if (network->layer_count > 0)
        memcpy(larger, network->layers, (size_t)network->layer_count * sizeof(plast_layer *));
    plast__release(context, network->layers);
    network->layers = larger;
    return PLAST_OK;
}

static plast_status add_layer(plast_network *network, const plast__layer_kind *kind, const plast_layer_options *options,
                              plast_layer **layer)
{
    plast__model *model = &network->model;
    const int32_t populations = model->population_count, groups = model->group_count;
    plast__network_unlink(network); /* left by a call that failed before it fixed the shape */
    plast_layer *made = plast__allocate(model->context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(model->context, "a layer");
    made->model = model;
    made->kind = kind;
    made->index = network->layer_count;
    made->input = network->layer_count == 0 ? 0 : plast__output_layer(network)->output;
    for (int i = 0; i < PLAST__LAYER_GROUPS; i++)
        made->synapses[i].model = model;
    const plast_status status = kind->build(model, options, made);
    if (status != PLAST_OK) {
        plast__model_truncate(model, populations, groups);
        plast__release(model->context, made);
        return status;
    }
    network->layers[network->layer_count++] = made;
    network->stateful += kind->cell != PLAST__CELL_NONE;
    model->output = made->output;
    plast__network_unready(network);
    if (layer != NULL)
        *layer = made;
    return PLAST_OK;
}

plast_status plast_network_add(plast_network *network, const char *kind, const plast_layer_options *options,
                               plast_layer **layer)
{
    plast_layer_options given = { .struct_size = 0 };
    const plast__layer_kind *found = NULL;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    plast_status status = PLAST__READ_GROWN(context, plast_layer_options, no_bias, options, &given);
    if (status == PLAST_OK)
        status = plast__layer_find(context, kind, &found);
    if (status == PLAST_OK)
        status = check_layer_options(context, found, &given);
    if (status == PLAST_OK && found->cell != PLAST__CELL_NONE && !(network->temporal->cells & found->cell))
        status =
            plast__fail(context, PLAST_E_UNSUPPORTED, "temporal scheme \"%s\" is not defined for layers of kind \"%s\"",
                        network->temporal->parameters.owner, kind);
    if (status == PLAST_OK)
        status = check_place(network);
    if (status == PLAST_OK)
        status = grow_layers(network);
    return status == PLAST_OK ? add_layer(network, found, &given, layer) : status;
}

plast_status plast_network_reset(plast_network *network, uint64_t seed)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_status status = plast__network_idle(network->model.context, network);
    if (status == PLAST_OK)
        status = plast__model_reset(&network->model, seed);
    if (status == PLAST_OK) {
        network->updates = 0;
        network->descents = 0;
        network->mirrored = 0;
        network->largest_gradient = 0.0;
    }
    return status;
}
