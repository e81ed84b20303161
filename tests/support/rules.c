/* SPDX-License-Identifier: MIT */
#include "support/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

plast_status net_try_rule(net *net, int32_t layers, const char *rule, const setting *settings)
{
    plast_rule *made = NULL;
    net_ok(net, plast_rule_create(net->context, rule, &made));
    for (; settings->name != NULL; settings++)
        net_ok(net, plast_rule_set(made, settings->name, settings->value));
    const plast_status status = plast_network_add_rule(net->network, layers, made);
    plast_rule_destroy(made);
    return status;
}

void net_add_rule(net *net, int32_t layers, const char *rule, const setting *settings)
{
    net_ok(net, net_try_rule(net, layers, rule, settings));
}

void net_feedback(net *net, const char *scheme, const setting *settings)
{
    plast_feedback *made = NULL;
    net_ok(net, plast_feedback_create(net->context, scheme, &made));
    for (; settings->name != NULL; settings++)
        net_ok(net, plast_feedback_set(made, settings->name, settings->value));
    net_ok(net, plast_network_set_feedback(net->network, PLAST_HIDDEN_LAYERS, made));
    plast_feedback_destroy(made);
}

void net_seen(const net *net, int32_t layer, int32_t quantity, double *rows)
{
    plast_state *state = NULL;
    plast_matrix view;
    net_ok(net, plast_network_state(net->network, &state));
    net_ok(net, plast_state_view(state, layer, quantity, &view));
    for (int64_t i = 0; i < view.rows; i++)
        for (int64_t j = 0; j < view.cols; j++) {
            const int64_t at = i * view.row_stride + j * view.col_stride;
            rows[i * view.cols + j] =
                view.dtype == PLAST_F32 ? (double)((const float *)view.data)[at] : ((const double *)view.data)[at];
        }
}

void net_group_weights(const net *net, int32_t layer, const char *group, int64_t rows, int64_t cols, double *weights)
{
    plast_layer *owner = NULL;
    plast_synapses *synapses = NULL;
    const plast_matrix m = plast_output_f64(weights, rows, cols);
    net_ok(net, plast_network_layer(net->network, layer, &owner));
    net_ok(net, plast_layer_synapses(owner, group, &synapses));
    net_ok(net, plast_synapses_get_weights(synapses, &m));
}

net net_one_layer(int32_t dtype, int32_t activation, int64_t inputs, int64_t units, const char *rule,
                  const setting *settings)
{
    const net_plan plan = {
        .dtype = dtype, .inputs = inputs, .layers = 1, .units = { units }, .output = activation, .no_bias = 1, .seed = 5
    };
    net net = net_make(&plan);
    net_add_rule(&net, PLAST_ALL_LAYERS, rule, settings);
    return net;
}

void net_see(net *net, int64_t n, const double *x, int64_t batch)
{
    net_learn(net, &(net_data){ .n = n, .x = x, .batch = batch });
}

enum { PRE = 19, POST = 13, MOST = 7 };

static void check_one(const char *rule, const setting *settings, dense_rule *naive, int32_t dtype, int32_t activation,
                      int64_t batch)
{
    double x[MOST * PRE], y[MOST * POST], old[POST * PRE], w[POST * PRE], expected[POST * PRE] = { 0.0 };
    net net = net_one_layer(dtype, activation, PRE, POST, rule, settings);
    fill_uniform(6, batch * PRE, x);
    for (int64_t i = 0; i < batch * PRE; i++) /* exact in both types */
        x[i] = (double)(float)x[i];
    net_get_weights(&net, 0, old);
    net_run(&net, batch, x, y);
    net_see(&net, batch, x, batch);
    net_get_weights(&net, 0, w);
    for (int64_t b = 0; b < batch; b++)
        naive(POST, PRE, old, y + b * POST, x + b * PRE, expected);
    for (int64_t i = 0; i < POST * PRE; i++)
        expected[i] = old[i] + expected[i] / (double)batch;
    assert_close(POST * PRE, w, expected, dtype == PLAST_F64 ? 1e-14 : 1e-6); /* sums of some 100 products */
    assert_true(difference(POST * PRE, w, old) > 1e-4);                       /* there was something to see */
    net_free(&net);
}

void check_dense_rule(const char *rule, const setting *settings, dense_rule *naive)
{
    for (int32_t activation = PLAST_LINEAR; activation <= PLAST_SOFTMAX; activation++)
        for (int64_t batch = 1; batch <= MOST; batch += 3) {
            check_one(rule, settings, naive, PLAST_F64, activation, batch);
            check_one(rule, settings, naive, PLAST_F32, activation, batch);
        }
}
