/* SPDX-License-Identifier: MIT */
#include "support/rules.h"

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
