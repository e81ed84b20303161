/* SPDX-License-Identifier: MIT */
#include "support/nets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

void net_ok(const net *net, plast_status status)
{
    if (status != PLAST_OK)
        fail_msg("%s (%s)", plast_status_string(status), plast_context_error(net->context));
}

static plast_layer *layer_of(const net *net, int32_t index)
{
    plast_layer *layer = NULL;
    net_ok(net, plast_network_layer(net->network, index, &layer));
    return layer;
}

static plast_synapses *synapses_of(const net *net, int32_t index)
{
    plast_synapses *synapses = NULL;
    net_ok(net, plast_layer_synapses(layer_of(net, index), NULL, &synapses));
    return synapses;
}

static int64_t fan_in(const net *net, int32_t layer)
{
    return layer == 0 ? net->plan.inputs : net->plan.units[layer - 1];
}

static double param_of(const net_plan *plan, int32_t activation)
{
    if (activation == PLAST_LEAKY_RELU || activation == PLAST_ELU)
        return plan->param;
    return activation == PLAST_SOFTPLUS ? plan->beta : 0.0;
}

static void add_layers(net *net)
{
    const net_plan *plan = &net->plan;
    for (int32_t i = 0; i < plan->layers; i++) {
        const int32_t activation = i == plan->layers - 1 ? plan->output : plan->hidden;
        const plast_layer_options options = { PLAST_LAYER_OPTIONS,      .units = plan->units[i],
                                              .activation = activation, .activation_param = param_of(plan, activation),
                                              .gain = plan->gain,       .init = plan->init,
                                              .no_bias = plan->no_bias };
        net_ok(net, plast_network_add(net->network, "dense", &options, NULL));
        if (!plan->no_bias) {
            double *bias = new_array(plan->units[i]);
            fill_uniform(plan->seed + 1000 + (uint64_t)i, plan->units[i], bias);
            for (int64_t j = 0; j < plan->units[i]; j++)
                bias[j] *= 0.5;
            net_set_bias(net, i, bias);
            free(bias);
        }
    }
}

void net_rule(net *net, int32_t layers, const char *name, double rate)
{
    plast_rule *rule = NULL;
    net_ok(net, plast_rule_create(net->context, name, &rule));
    net_ok(net, plast_rule_set(rule, "rate", rate));
    if (strcmp(name, "oja") == 0 && net->plan.guard > 0.0)
        net_ok(net, plast_rule_set(rule, "guard", net->plan.guard));
    net_ok(net, plast_network_add_rule(net->network, layers, rule));
    plast_rule_destroy(rule);
}

void net_optimizer(net *net, const char *name, double rate)
{
    plast_optimizer *optimizer = NULL;
    net_ok(net, plast_optimizer_create(net->context, name, &optimizer));
    net_ok(net, plast_optimizer_set(optimizer, "rate", rate));
    net_ok(net, plast_network_set_optimizer(net->network, optimizer));
    plast_optimizer_destroy(optimizer);
}

net net_make(const net_plan *plan)
{
    net net = { .plan = *plan };
    const plast_context_options context = { PLAST_CONTEXT_OPTIONS, .allocator = plan->allocator,
                                            .cpu_mask = plan->cpu_mask };
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = plan->dtype, .inputs = plan->inputs,
                                            .seed = plan->seed, .loss = plan->loss };
    assert_int_equal(plast_context_create(&context, &net.context), PLAST_OK);
    net_ok(&net, plast_network_create(net.context, &options, &net.network));
    add_layers(&net);
    if (plan->optimizer != NULL)
        net_optimizer(&net, plan->optimizer, plan->rate);
    if (plan->oja > 0.0)
        net_rule(&net, plan->ruled, "oja", plan->oja);
    if (plan->gha > 0.0)
        net_rule(&net, plan->ruled, "gha", plan->gha);
    if (plan->decay > 0.0)
        net_rule(&net, plan->ruled, "decay", plan->decay);
    return net;
}

void net_free(net *net)
{
    plast_network_destroy(net->network);
    plast_context_destroy(net->context);
}

void net_get_weights(const net *net, int32_t layer, double *weights)
{
    const plast_matrix m = plast_output_f64(weights, net->plan.units[layer], fan_in(net, layer));
    net_ok(net, plast_synapses_get_weights(synapses_of(net, layer), &m));
}

void net_set_weights(net *net, int32_t layer, const double *weights)
{
    const plast_matrix m = plast_matrix_f64(weights, net->plan.units[layer], fan_in(net, layer));
    net_ok(net, plast_synapses_set_weights(synapses_of(net, layer), &m));
}

void net_get_bias(const net *net, int32_t layer, double *bias)
{
    const plast_matrix m = plast_output_f64(bias, 1, net->plan.units[layer]);
    net_ok(net, plast_layer_get_bias(layer_of(net, layer), &m));
}

void net_set_bias(net *net, int32_t layer, const double *bias)
{
    const plast_matrix m = plast_matrix_f64(bias, 1, net->plan.units[layer]);
    net_ok(net, plast_layer_set_bias(layer_of(net, layer), &m));
}

void net_freeze(net *net, int32_t layer, int32_t frozen)
{
    net_ok(net, plast_layer_set_frozen(layer_of(net, layer), frozen));
}

int64_t net_size(const net *net)
{
    int64_t size = 0;
    for (int32_t i = 0; i < net->plan.layers; i++)
        size += net->plan.units[i] * (fan_in(net, i) + !net->plan.no_bias);
    return size;
}

double *net_all(const net *net)
{
    double *all = new_array(net_size(net)), *at = all;
    for (int32_t i = 0; i < net->plan.layers; i++) {
        net_get_weights(net, i, at);
        at += net->plan.units[i] * fan_in(net, i);
        if (!net->plan.no_bias) {
            net_get_bias(net, i, at);
            at += net->plan.units[i];
        }
    }
    return all;
}

/* The library's views of the data. */
typedef struct views {
    plast_matrix x, targets, mask, order;
    plast_data data;
} views;

static void view(const net *net, const net_data *data, views *v)
{
    const int64_t rows = data->order == NULL ? data->n : data->stored;
    *v = (views){ .x = plast_matrix_f64(data->x, rows, net->plan.inputs) };
    v->data = (plast_data){ PLAST_DATA, .inputs = &v->x, .batch = data->batch };
    if (data->labels != NULL)
        v->targets = plast_labels_i32(data->labels, rows);
    else
        v->targets = plast_matrix_f64(data->targets, rows, net->plan.units[net->plan.layers - 1]);
    if (data->labels != NULL || data->targets != NULL)
        v->data.targets = &v->targets;
    v->mask = plast_matrix_f64(data->mask, rows, 1);
    if (data->mask != NULL)
        v->data.loss_mask = &v->mask;
    v->order = plast_labels_i32(data->order, data->n);
    if (data->order != NULL)
        v->data.order = &v->order;
}

plast_status net_try_learn(net *net, const net_data *data, plast_report *report)
{
    views v;
    view(net, data, &v);
    return plast_network_learn(net->network, NULL, &v.data, NULL, report);
}

void net_learn(net *net, const net_data *data)
{
    net_ok(net, net_try_learn(net, data, NULL));
}

plast_report net_evaluate(net *net, const net_data *data)
{
    views v;
    plast_report report = { PLAST_REPORT };
    view(net, data, &v);
    net_ok(net, plast_network_evaluate(net->network, NULL, &v.data, &report));
    return report;
}

void net_run(net *net, int64_t n, const double *x, double *outputs)
{
    const plast_matrix in = plast_matrix_f64(x, n, net->plan.inputs);
    const plast_matrix out = plast_output_f64(outputs, n, net->plan.units[net->plan.layers - 1]);
    net_ok(net, plast_network_run(net->network, NULL, &in, &out));
}

/* SplitMix64 (Steele, Lea & Flood 2014), upper 53 bits. */
static double next_uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void fill_uniform(uint64_t seed, int64_t n, double *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = 2.0 * next_uniform(&seed) - 1.0;
}

void fill_normal(uint64_t seed, int64_t n, double *out)
{
    for (int64_t i = 0; i < n; i++) {
        const double radius = sqrt(-2.0 * log(1.0 - next_uniform(&seed)));
        out[i] = radius * cos(6.283185307179586 * next_uniform(&seed));
    }
}

/* Gram and Schmidt, twice: the second time removes what rounding left. */
void fill_orthogonal(uint64_t seed, int64_t n, double *out)
{
    fill_normal(seed, n * n, out);
    for (int64_t i = 0; i < n; i++) {
        double *row = out + i * n, norm = 0.0;
        for (int64_t k = 0; k < 2 * i; k++) {
            const double *other = out + k % i * n;
            double dot = 0.0;
            for (int64_t j = 0; j < n; j++)
                dot += row[j] * other[j];
            for (int64_t j = 0; j < n; j++)
                row[j] -= dot * other[j];
        }
        for (int64_t j = 0; j < n; j++)
            norm += row[j] * row[j];
        for (int64_t j = 0; j < n; j++)
            row[j] /= sqrt(norm);
    }
}

double *new_array(int64_t n)
{
    double *array = calloc((size_t)n, sizeof *array);
    assert_non_null(array);
    return array;
}

double difference(int64_t n, const double *a, const double *b)
{
    double most = 0.0, scale = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i]))
            return (double)INFINITY;
        most = fmax(most, fabs(a[i] - b[i]));
        scale = fmax(scale, fabs(b[i]));
    }
    return most == 0.0 ? 0.0 : most / scale;
}

void assert_close(int64_t n, const double *a, const double *b, double tolerance)
{
    const double found = difference(n, a, b);
    if (!(found <= tolerance))
        fail_msg("differ by %.3g of the largest, at most %.3g is allowed", found, tolerance);
}

void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g and %.17g differ by %.3g, at most %.3g is allowed", a, b, fabs(a - b), tolerance);
}

void assert_same_bits(int64_t n, const double *a, const double *b)
{
    if (memcmp(a, b, (size_t)n * sizeof *a) != 0)
        fail_msg("bits differ; numbers by %.3g of the largest", difference(n, a, b));
}

void assert_same_nets(const net *a, const net *b)
{
    double *of_a = net_all(a), *of_b = net_all(b);
    assert_int_equal(net_size(a), net_size(b));
    assert_same_bits(net_size(a), of_a, of_b);
    free(of_a);
    free(of_b);
}
