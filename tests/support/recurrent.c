/* SPDX-License-Identifier: MIT */
#include "support/recurrent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

plast_layer *rnn_layer(const rnn *r, int32_t layer)
{
    plast_layer *found = NULL;
    net_ok(&r->net, plast_network_layer(r->net.network, layer, &found));
    return found;
}

plast_synapses *rnn_synapses(const rnn *r, int32_t layer, const char *name)
{
    plast_synapses *found = NULL;
    net_ok(&r->net, plast_layer_synapses(rnn_layer(r, layer), name, &found));
    return found;
}

static void add_layer(rnn *r, int32_t index)
{
    const rnn_plan *p = &r->plan;
    const plast_layer_options recurrent = { PLAST_LAYER_OPTIONS,
                                            .units = p->units[index],
                                            .activation = p->activation,
                                            .activation_param = p->param,
                                            .no_bias = p->no_bias,
                                            .form = p->form,
                                            .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                                            .recurrent_gain = p->recurrent_gain == 0.0 ? 1.2 : p->recurrent_gain,
                                            .alpha = p->alpha,
                                            .noise = p->noise,
                                            .no_self = p->no_self,
                                            .learn_initial = p->learn_initial };
    net_ok(&r->net, plast_network_add(r->net.network, "recurrent", &recurrent, NULL));
}

/* Biases and initial states from U(-0.4, 0.4). */
static void draw_vectors(const rnn *r, int32_t index)
{
    double v[RNN_UNITS];
    const int64_t n = plast_layer_units(rnn_layer(r, index));
    const plast_matrix m = plast_matrix_f64(v, 1, n);
    for (int k = 0; k < 2; k++) {
        const int has = k == 0 ? !r->plan.no_bias : index < r->plan.layers && !r->plan.zero_initial;
        fill_uniform(r->plan.seed + 500 + (uint64_t)(2 * index + k), n, v);
        for (int64_t i = 0; i < n; i++)
            v[i] = (double)(float)(0.4 * v[i]);
        if (has)
            net_ok(&r->net, plast_layer_set_vector(rnn_layer(r, index), k == 0 ? "bias" : "initial", &m));
    }
}

rnn rnn_make(const rnn_plan *plan)
{
    rnn r = { .plan = *plan };
    rnn_plan *p = &r.plan;
    p->dtype = p->dtype == 0 ? PLAST_F64 : p->dtype;
    const plast_context_options context = { PLAST_CONTEXT_OPTIONS, .allocator = p->allocator };
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = p->dtype, .inputs = p->inputs,
                                            .seed = p->seed };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = p->outputs, .activation = p->output,
                                          .no_bias = p->no_bias };
    assert_int_equal(plast_context_create(&context, &r.net.context), PLAST_OK);
    net_ok(&r.net, plast_network_create(r.net.context, &options, &r.net.network));
    for (int32_t i = 0; i < p->layers; i++)
        add_layer(&r, i);
    net_ok(&r.net, plast_network_add(r.net.network, "dense", &readout, NULL));
    for (int32_t i = 0; i <= p->layers; i++)
        draw_vectors(&r, i);
    net_optimizer(&r.net, p->optimizer == NULL ? "sgd" : p->optimizer, p->rate == 0.0 ? 1.0 : p->rate);
    if (p->temporal != NULL)
        rnn_temporal(&r, p->temporal, NULL);
    return r;
}

void rnn_free(rnn *r)
{
    net_free(&r->net);
}

void rnn_temporal(rnn *r, const char *name, const setting *settings)
{
    plast_temporal *made = NULL;
    net_ok(&r->net, plast_temporal_create(r->net.context, name, &made));
    for (; settings != NULL && settings->name != NULL; settings++)
        net_ok(&r->net, plast_temporal_set(made, settings->name, settings->value));
    net_ok(&r->net, plast_network_set_temporal(r->net.network, made));
    plast_temporal_destroy(made);
}

plast_state *rnn_state(rnn *r, int64_t batch, int64_t steps, uint64_t seed)
{
    plast_state *state = NULL;
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = batch, .steps = steps, .seed = seed };
    net_ok(&r->net, plast_state_create(r->net.context, r->net.network, &options, &state));
    return state;
}

rnn_places rnn_places_of(const rnn_plan *plan, int32_t layer)
{
    rnn_places p = { 0 };
    int64_t at = 0;
    for (int32_t l = 0; l <= layer; l++) {
        p.in = l == 0 ? plan->inputs : plan->units[l - 1];
        p.units = l == plan->layers ? plan->outputs : plan->units[l];
        p.u = at;
        at += p.units * p.in;
        p.w = l == plan->layers ? -1 : at;
        at += l == plan->layers ? 0 : p.units * p.units;
        p.b = plan->no_bias ? -1 : at;
        at += plan->no_bias ? 0 : p.units;
        p.initial = l == plan->layers ? -1 : at;
        at += l == plan->layers ? 0 : p.units;
    }
    return p;
}

int64_t rnn_size(const rnn *r)
{
    const rnn_places last = rnn_places_of(&r->plan, r->plan.layers);
    return last.u + last.units * last.in + (last.b < 0 ? 0 : last.units);
}

static void exchange(const rnn *r, double *parameters, int set)
{
    for (int32_t l = 0; l <= r->plan.layers; l++) {
        const rnn_places p = rnn_places_of(&r->plan, l);
        const int64_t groups[] = { p.u, p.w }, vectors[] = { p.b, p.initial };
        for (int k = 0; k < 2; k++) {
            const char *group = k == 0 ? "input" : "recurrent", *vector = k == 0 ? "bias" : "initial";
            plast_matrix m = plast_output_f64(parameters + groups[k], p.units, k == 0 ? p.in : p.units);
            if (groups[k] >= 0)
                net_ok(&r->net, set ? plast_synapses_set_weights(rnn_synapses(r, l, group), &m)
                                    : plast_synapses_get_weights(rnn_synapses(r, l, group), &m));
            m = plast_output_f64(parameters + vectors[k], 1, p.units);
            if (vectors[k] >= 0)
                net_ok(&r->net, set ? plast_layer_set_vector(rnn_layer(r, l), vector, &m)
                                    : plast_layer_get_vector(rnn_layer(r, l), vector, &m));
        }
    }
}

void rnn_get(const rnn *r, double *parameters)
{
    exchange(r, parameters, 0);
}

void rnn_set(const rnn *r, const double *parameters)
{
    double *copy = new_array(rnn_size(r));
    memcpy(copy, parameters, (size_t)rnn_size(r) * sizeof *copy);
    exchange(r, copy, 1);
    free(copy);
}

typedef struct views {
    plast_matrix x, targets, mask;
    plast_data data;
} views;

static void view(const rnn *r, const rnn_data *d, views *v)
{
    const int64_t rows = d->sequences * d->steps;
    v->x = plast_matrix_f64(d->x, rows, r->plan.inputs);
    v->targets =
        d->labels != NULL ? plast_labels_i32(d->labels, rows) : plast_matrix_f64(d->targets, rows, r->plan.outputs);
    v->mask = plast_matrix_f64(d->mask, rows, 1);
    v->data = (plast_data){ PLAST_DATA,
                            .inputs = &v->x,
                            .targets = d->labels != NULL || d->targets != NULL ? &v->targets : NULL,
                            .loss_mask = d->mask != NULL ? &v->mask : NULL,
                            .steps = d->steps,
                            .batch = d->batch == 0 ? d->sequences : d->batch,
                            .carry = d->carry };
}

plast_status rnn_try_learn(rnn *r, plast_state *state, const rnn_data *data, plast_report *report)
{
    views v;
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .update_every = data->update_every };
    view(r, data, &v);
    return plast_network_learn(r->net.network, state, &v.data, &options, report);
}

void rnn_learn(rnn *r, plast_state *state, const rnn_data *data)
{
    net_ok(&r->net, rnn_try_learn(r, state, data, NULL));
}

plast_report rnn_evaluate(rnn *r, plast_state *state, const rnn_data *data)
{
    views v;
    plast_report report = { PLAST_REPORT };
    view(r, data, &v);
    net_ok(&r->net, plast_network_evaluate(r->net.network, state, &v.data, &report));
    return report;
}

plast_status rnn_try_run(rnn *r, plast_state *state, const rnn_data *data, double *outputs)
{
    views v;
    const plast_matrix out = plast_output_f64(outputs, data->sequences * data->steps, r->plan.outputs);
    view(r, data, &v);
    return plast_network_run_data(r->net.network, state, &v.data, &out);
}

void rnn_run(rnn *r, plast_state *state, const rnn_data *data, double *outputs)
{
    net_ok(&r->net, rnn_try_run(r, state, data, outputs));
}
