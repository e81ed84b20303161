/* SPDX-License-Identifier: MIT
 *
 * What a feedback scheme is to the rest of the library: a row in the table of credit/feedback.c. A scheme brings the
 * error down at one instant, hop by hop: from the population above to the one below. */
#ifndef PLAST_CORE_FEEDBACK_H
#define PLAST_CORE_FEEDBACK_H

#include "core/emit.h"

enum { PLAST__HOP_GROUPS = 3 };

/* One hop of the error. Its parameters belong to the hop. */
typedef struct plast__hop {
    int32_t layer;        /* that receives; -1 = the inputs, where a rule asks for their signal */
    int32_t below, above; /* populations; the output population is model->output */
    int32_t forward;      /* the group from below to above */
    int32_t population;   /* the scheme's own beside `below`; 0 = none */
    int32_t groups;
    int32_t group[PLAST__HOP_GROUPS]; /* the scheme's own, that end in `below` or in `population` */
    const struct plast__hop *upper;   /* the hop that ends in `above`; NULL = above is the output */
    double values[PLAST__PARAMETERS];
} plast__hop;

/* One descent: everything that a hop may look at. */
typedef struct plast__descent {
    const plast__model *model;
    plast__activities *activities;
    plast__pending *pending; /* by group; NULL = only looking, nothing of the scheme changes */
    uint64_t count;          /* of the network's descents that learned: what is drawn anew is keyed by it */
} plast__descent;

typedef struct plast__feedback_kind {
    plast__parameters parameters; /* first; its owner is the scheme's name */
    int32_t wants_targets;        /* activities.target holds every row */
    int32_t no_inputs;            /* no signal is defined for the inputs */
    int32_t own_gate;             /* descend applies the slope itself */
    int32_t no_states;            /* not defined for layers with a state */
    int32_t apart;                /* a layer's signal does not come from that of the layer above */
    /* Adds the hop's populations and groups; the caller takes them back on failure. NULL = none. */
    plast_status (*build)(plast__model *model, plast__hop *hop);
    /* Parameters changed, or the hop is new: what other floors read from the model. NULL = nothing. */
    void (*configure)(plast__model *model, const plast__hop *hop);
    /* Adds what comes down to the signal of `below`, which is 0 (dLoss/dy); its slope is applied afterwards. */
    void (*descend)(const plast__descent *descent, const plast__hop *hop);
    /* Terms of the hop's own groups, by plast__emit_drive; NULL = they do not learn this way. */
    plast_status (*emit)(plast_context *context, const plast__descent *descent, const plast__hop *hop,
                         plast__error *error);
    /* The group that stands for W^T in this hop, stored alike; -1 when there is none. */
    int32_t (*matrix)(const plast__hop *hop);
    /* Where no one group does: what the scheme amounts to, in new memory, stored as the forward group is.
     * NULL = `matrix` says it all. */
    plast_status (*effective)(plast_context *context, const plast__model *model, const plast__hop *hop, void **made);
    /* A mirror phase, NULL = none: all hops look, which can fail and changes no weight, then all learn. Activities,
     * potentials and signals of the state are the phase's to use. */
    plast_status (*mirror_look)(plast_context *context, const plast__model *model, const plast__hop *hop,
                                plast__activities *a, uint64_t update);
    void (*mirror_learn)(const plast__model *model, const plast__hop *hop, const plast__activities *a);
} plast__feedback_kind;

struct plast_feedback {
    plast__description description; /* its member is a plast__feedback_kind */
};

#endif
