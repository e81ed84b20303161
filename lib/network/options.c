/* SPDX-License-Identifier: MIT
 *
 * What a layer may be asked to be. */
#include "network/network.h"

#include <math.h>

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

/* Initialisers that have a parameter; it lies above 0. */
static const struct {
    int32_t init;
    const char *name, *expected;
    double maximum;
    int whole, open; /* open: the maximum is excluded */
} init_params[] = {
    { PLAST_INIT_SPARSE, "a sparse unit's inputs", "a whole number from 1 to 2147483647", INT32_MAX, 1, 0 },
    { PLAST_INIT_DILUTED, "the share of synapses that exist", "more than 0, at most 1", 1.0, 0, 0 },
    { PLAST_INIT_LOW_RANK, "the rank", "a whole number from 1 to 2147483647", INT32_MAX, 1, 0 },
    { PLAST_INIT_DALE_BALANCED, "the excitatory share", "between 0 and 1", 1.0, 0, 1 },
};

/* `of`: "" or "recurrent_", as the fields are called. */
static plast_status check_init_param(plast_context *context, const char *of, int32_t init, double param)
{
    const char *field = of[0] == '\0' ? "init_param" : "recurrent_param";
    for (size_t i = 0; i < sizeof init_params / sizeof init_params[0]; i++) {
        if (init_params[i].init != init)
            continue;
        const double maximum = init_params[i].maximum;
        if (param > 0.0 && (init_params[i].open ? param < maximum : param <= maximum) &&
            (!init_params[i].whole || param == floor(param)))
            return PLAST_OK;
        return plast__fail(context, PLAST_E_RANGE, "%s (%s) is %g, expected %s", field, init_params[i].name, param,
                           init_params[i].expected);
    }
    return plast__fail(context, PLAST_E_INVALID, "%s is %g, but init %d has no parameter", field, param, init);
}

static plast_status check_initialiser(plast_context *context, const char *of, int32_t init, double *gain, double param)
{
    if (init < PLAST_INIT_XAVIER_UNIFORM || init > PLAST_INIT_DALE_BALANCED)
        return plast__fail(context, PLAST_E_INVALID, "%sinit is %d, expected one of PLAST_INIT_...", of, init);
    if (!isfinite(*gain))
        return plast__fail(context, PLAST_E_RANGE, "%sgain is %g, expected a finite number", of, *gain);
    *gain = *gain == 0.0 ? 1.0 : *gain;
    return param == 0.0 ? PLAST_OK : check_init_param(context, of, init, param);
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

plast_status plast__network_check_layer(plast_context *context, const plast__layer_kind *kind, plast_layer_options *o)
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
