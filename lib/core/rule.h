/* SPDX-License-Identifier: MIT
 *
 * What a rule is to the rest of the library: a row in the table of rules/rules.c. */
#ifndef PLAST_CORE_RULE_H
#define PLAST_CORE_RULE_H

#include "base/description.h"
#include "core/activity.h"
#include "core/terms.h"

enum {
    PLAST__NEEDS_PROJECTION = 1,   /* site.projection = W^T y of each sample, from the old W */
    PLAST__NEEDS_POST_WORK = 2,    /* site.post_work */
    PLAST__NEEDS_PRE_WORK = 4,     /* site.pre_work */
    PLAST__NEEDS_PRE_SIGNAL = 8,   /* site.s_pre; into the first layer that of the inputs, see plast__hop */
    PLAST__NEEDS_POST_WORK_2 = 16, /* site.post_work_2 */
    PLAST__NEEDS_PRE_WORK_2 = 32,  /* site.pre_work_2 */
    PLAST__NEEDS_LONE_DRIVE = 64   /* z - b is W x: no other group ends in the population */
};

/* What a group shows to a rule at one update. Arrays are samples x ld and stay as they are until the terms have been
 * applied, so that terms may point into them; only the projection is overwritten by the next forward pass. */
typedef struct plast__site {
    const plast__kernels *kernels;
    int32_t dtype;
    int64_t samples;
    int64_t n_pre, n_post;
    int64_t ld_pre, ld_post;
    const void *x;    /* presynaptic activity */
    const void *y;    /* postsynaptic activity */
    const void *z;    /* postsynaptic potential W x + b */
    const void *bias; /* of the post population, n_post; NULL = 0 */
    const void *s;    /* learning signal of the post population; 0 in samples without a loss */
    const void *s_pre;
    const void *projection;
    double weight_bound;  /* no |weight| is larger */
    const double *values; /* the attachment's parameters */
    void *post_work;      /* the attachment's own, samples x ld_post */
    void *post_work_2;    /* as much again */
    void *pre_work;       /* the attachment's own, samples x ld_pre */
    void *pre_work_2;     /* as much again */
    void *slow;           /* the attachment's own, n_post, see plast__rule_kind.slow */
    const void *factor;   /* that a modulator has used in this update, n_post; NULL = none */
} plast__site;

struct plast__pending;

/* Where a modulator acts. It sees all groups of the layers, for what it goes by may lie in those that end or start at
 * the population in question. */
typedef struct plast__modulation {
    const plast__model *model;
    int32_t groups;                 /* those of the layers, the first of the model's */
    struct plast__pending *pending; /* by group */
    plast__activities *activities;
    uint64_t updates; /* of the network so far, that carried an error */
    void
        *arrived; /* of a layer with a state, before credit goes through time: dLoss/dy of every step, which a modulator
                       * that lets the error descend multiplies; NULL where the signals are known, and the others act */
    int32_t stateful; /* the layer has a state: both happen, in this order, in one update */
    double share;     /* of the optimizer's step that this layer and those below take; a modulator may multiply it */
} plast__modulation;

/* What a rule may make its being there depend on. */
typedef struct plast__place {
    int32_t layer;
    int32_t output;          /* it is the output layer */
    const char *feedback;    /* the scheme */
    int32_t apart;           /* see plast__feedback_kind */
    int32_t stateful, gated; /* the layer has a state; it is a gated cell */
} plast__place;

typedef struct plast__rule_kind {
    plast__parameters parameters; /* first; its owner is the rule's name */
    int32_t needs;                /* PLAST__NEEDS_... */
    int32_t ranks;                /* most that it emits */
    int32_t row_sources;
    int32_t row_shrinks;
    int32_t scalings;
    void (*emit)(plast__site *site, plast__terms *terms); /* NULL: it has no terms of its own */
    /* A modulator acts on the error. Before the forward pass it says which sums it wants (plast__pending.sums); in a
     * descent that learns it is asked once the signal of `group`'s post population has its slope, top down. It
     * multiplies that signal, which then descends so, or sets what plast__activity has for this layer alone. NULL = it
     * is none. */
    void (*expect)(const plast__modulation *m, const plast__group *group, plast__site *site);
    void (*modulate)(plast__modulation *m, const plast__group *group, plast__site *site);
    /* Whether it can be there, asked when it is attached, when a parameter is to change, and for another feedback
     * scheme; NULL = anywhere. */
    plast_status (*suits)(plast_context *context, const double *values, const plast__place *place);
    /* Whether parameters fit each other, asked when the rule is attached and when one of them is to change; NULL = they
     * do, each within its range. */
    plast_status (*check)(plast_context *context, const double *values);
    const char *slow;                           /* name of what it keeps for each post unit; NULL = nothing */
    double (*slow_start)(const double *values); /* its first value; NULL = 0 */
    void (*commit)(const plast__site *site);    /* the update is certain: site.slow takes its step; NULL = nothing */
} plast__rule_kind;

struct plast_rule {
    plast__description description; /* its member is a plast__rule_kind */
};

#endif
