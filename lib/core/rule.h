/* SPDX-License-Identifier: MIT
 *
 * What a rule is to the rest of the library: a row in the table of rules/rules.c. */
#ifndef PLAST_CORE_RULE_H
#define PLAST_CORE_RULE_H

#include "base/description.h"
#include "core/terms.h"

enum {
    PLAST__NEEDS_PROJECTION = 1, /* site.projection = W^T y of each sample, from the old W */
    PLAST__NEEDS_POST_WORK = 2,  /* site.post_work */
    PLAST__NEEDS_PRE_WORK = 4    /* site.pre_work */
};

/* What a group shows to a rule at one update. Arrays are samples x ld and stay as they are until the terms have been
 * applied, so that terms may point into them; only the projection is overwritten by the next forward pass. */
typedef struct plast__site {
    const plast__kernels *kernels;
    int32_t dtype;
    int64_t samples;
    int64_t n_pre, n_post;
    int64_t ld_pre, ld_post;
    const void *x; /* presynaptic activity */
    const void *y; /* postsynaptic activity */
    const void *projection;
    double weight_bound;  /* no |weight| is larger */
    const double *values; /* the attachment's parameters */
    void *post_work;      /* the attachment's own, samples x ld_post */
    void *pre_work;       /* the attachment's own, samples x ld_pre */
} plast__site;

typedef struct plast__rule_kind {
    plast__parameters parameters; /* first; its owner is the rule's name */
    int32_t needs;                /* PLAST__NEEDS_... */
    int32_t ranks;                /* most that it emits */
    int32_t row_sources;
    void (*emit)(plast__site *site, plast__terms *terms);
} plast__rule_kind;

struct plast_rule {
    plast__description description; /* its member is a plast__rule_kind */
};

#endif
