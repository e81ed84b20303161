/* SPDX-License-Identifier: MIT
 *
 * The arms of a comparison with the rule "grapes": is it each node's own factor that helps, or only that rates are
 * higher? What the rule does is done in part: */
#ifndef EXAMPLES_GRAPES_ARM_H
#define EXAMPLES_GRAPES_ARM_H

#include <plasticity/plasticity.h>

#include <stdbool.h>

enum grapes_kind {
    GRAPES_PLAIN, /* nothing: the feedback scheme alone */
    GRAPES_RATE, /* the layer's mean factor multiplies the layer's rate, all the factors it would have passed for errors
                   * that the factor comes down with */
    GRAPES_MEAN, /* every node of a layer has the layer's mean factor */
    GRAPES_FULL, /* every node has its own */
    GRAPES_KINDS
};

enum grapes_version {
    GRAPES_LOCAL,       /* the factor stays in its layer */
    GRAPES_PROPAGATING, /* it comes down with the error */
    GRAPES_PER_SYNAPSE  /* from outgoing weights, before and behind a synapse: the authors' form for direct feedback */
};

extern const char *const grapes_kind_names[GRAPES_KINDS];

/* Attaches the rule to the hidden layers; nothing for GRAPES_PLAIN. Unclipped: as the authors' code has it for random
 * feedback. */
plast_status grapes_arm_attach(plast_context *context, plast_network *network, enum grapes_kind kind,
                               enum grapes_version version, bool unclipped);

#endif
