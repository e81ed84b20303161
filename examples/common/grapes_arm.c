/* SPDX-License-Identifier: MIT */
#include "grapes_arm.h"

const char *const grapes_kind_names[GRAPES_KINDS] = { "plain", "rate-matched", "layer mean", "GRAPES" };

plast_status grapes_arm_attach(plast_context *context, plast_network *network, enum grapes_kind kind,
                               enum grapes_version version, bool unclipped)
{
    const bool per_synapse = version == GRAPES_PER_SYNAPSE;
    const struct {
        const char *name;
        double value;
    } parameters[] = { { "local", version != GRAPES_PROPAGATING },
                       { "unclipped", unclipped },
                       { "outgoing", per_synapse },
                       { "per_synapse", per_synapse },
                       { "control", kind == GRAPES_RATE   ? 2.0
                                    : kind == GRAPES_MEAN ? 1.0
                                                          : 0.0 } };
    plast_rule *rule = NULL;
    if (kind == GRAPES_PLAIN)
        return PLAST_OK;
    plast_status status = plast_rule_create(context, "grapes", &rule);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0] && status == PLAST_OK; i++)
        status = plast_rule_set(rule, parameters[i].name, parameters[i].value);
    if (status == PLAST_OK)
        status = plast_network_add_rule(network, PLAST_HIDDEN_LAYERS, rule);
    plast_rule_destroy(rule);
    return status;
}
