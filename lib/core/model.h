/* SPDX-License-Identifier: MIT
 *
 * The two nouns. A population owns units: activation, bias. A synapse group joins two populations by a matrix. Layers,
 * rules, feedback schemes and optimizers are written against these. */
#ifndef PLAST_CORE_MODEL_H
#define PLAST_CORE_MODEL_H

#include "base/context.h"
#include "base/parameters.h"
#include "kernels/kernels.h"

#include <plasticity/network.h>

enum { PLAST__MOMENTS = 2 }; /* most that an optimizer keeps per weight */

typedef struct plast__population {
    int64_t units;
    int64_t ld; /* units padded to 64 bytes */
    int32_t activation;
    int32_t has_bias;
    double param; /* the activation's */
    int32_t frozen;
    int32_t has_state;    /* the next step of a sequence starts from this one's */
    int32_t is_initial;   /* it is no unit's: its bias is the state from which a layer's sequences start */
    int32_t through_time; /* credit that goes through time gives it an error beside its signal */
    void *bias;           /* units; NULL without */
    void *moment[PLAST__MOMENTS];
    double bound;               /* at least the largest |bias| */
    struct plast__types *types; /* of its units, where there is a state (core/types.h) */
} plast__population;

struct plast__rule_kind;

/* A rule at work on one group: its parameters belong to the attachment. */
typedef struct plast__attachment {
    const struct plast__rule_kind *kind;
    double values[PLAST__PARAMETERS];
    void *slow; /* what the rule keeps from update to update, one number per post unit; NULL when it keeps nothing */
    struct plast__attachment *next;
} plast__attachment;

typedef struct plast__initialiser {
    int32_t init; /* PLAST_INIT_... */
    double gain;
    double param; /* 0 = its default */
} plast__initialiser;

struct plast__limits;

/* A feedback matrix lies beside the forward matrix that it stands for: with a row for each unit that sends, so that
 * both are read alike, and take the same terms, row by row. */
typedef struct plast__group {
    const char *name;
    int32_t layer;      /* in which it ends, for messages; -1 = the inputs */
    int32_t pre, post;  /* populations */
    int32_t delayed;    /* pre's activity one step earlier */
    int32_t no_self;    /* no unit has a synapse onto itself: each mask leaves out the diagonal of each block of rows */
    int32_t transposed; /* rows are pre units */
    int64_t rows, cols; /* as stored: post units x pre units, or the other way round */
    int64_t ld;         /* cols padded to 64 bytes; the padding is 0 */
    void *weights;
    void *mask;                   /* rows x ld of 0 and 1, NULL = all 1: applied after every change */
    struct plast__limits *limits; /* signs and bounds, NULL = none: applied after the mask */
    void *moment[PLAST__MOMENTS];
    double bound; /* at least the largest |weight| */
    int32_t frozen;
    plast__initialiser initialiser;
    uint64_t stream; /* of its initial weights: plast__group_stream */
    int32_t learns;  /* takes terms of its own, by an optimizer's moments if there are any */
    int32_t partner; /* the group that takes every change of this one, row by row; 0 = none (groups of a feedback
                               * scheme come after those of the layers, so it is never the first) */
    int32_t leader;  /* the group whose rules' changes reach this one, in its scheme's own way; 0 = none */
    int32_t mirror;  /* the partner takes the rules' changes too, not the error's alone */
    double decay;    /* of both, at every update that carries an error; the feedback scheme's */
    plast__attachment *rules; /* in the order in which they were attached */
} plast__group;

typedef struct plast__model {
    plast_context *context;
    const plast__kernels *kernels;
    int32_t dtype;
    uint64_t seed;
    plast__population *populations; /* the first is the input */
    int32_t population_count;
    plast__group *groups;
    int32_t group_count;
    int32_t output; /* population that the loss sees */
} plast__model;

/* Populations whose units the rows and the columns of the stored matrix are. */
static inline const plast__population *plast__row_units(const plast__model *model, const plast__group *group)
{
    return &model->populations[group->transposed ? group->pre : group->post];
}

static inline const plast__population *plast__column_units(const plast__model *model, const plast__group *group)
{
    return &model->populations[group->transposed ? group->post : group->pre];
}

plast_status plast__model_add_population(plast__model *model, const plast__population *options, int32_t *index);
/* Joins two populations; weights are allocated and drawn. */
plast_status plast__model_add_group(plast__model *model, const plast__group *options, int32_t *index);
/* Takes back what was added last, down to these counts. */
void plast__model_truncate(plast__model *model, int32_t populations, int32_t groups);

/* The model gets arrays of its own that hold its first populations and groups; the old ones live on in a copy of the
 * struct that the caller took before. Changes nothing on failure. */
plast_status plast__model_fork(plast__model *model, int32_t populations, int32_t groups);
/* The other branch of a fork goes: its arrays, and what they hold beyond these counts. */
void plast__model_drop(plast__model *model, int32_t populations, int32_t groups);

/* Sees to it that every weight and bias that learns has `count` moments. New ones are 0; nothing that is there
 * changes. */
plast_status plast__model_ensure_moments(plast__model *model, int32_t count);
void plast__model_release_moments(plast__model *model);
/* Draws all weights from `seed`; biases and moments become 0, what rules keep its first value. Changes nothing on
 * failure. */
plast_status plast__model_reset(plast__model *model, uint64_t seed);

/* What a rule keeps from update to update gets its first values. */
void plast__attachment_reset(const plast__model *model, const plast__group *group, plast__attachment *attachment);

/* Measures the largest |weight| anew. */
void plast__group_measure(const plast__model *model, plast__group *group);
/* A copy of a mask that has the group's shape. */
plast_status plast__group_copy_mask(const plast__model *model, const plast__group *group, const void *mask,
                                    void **copy);
/* What a new partner of the group takes over: mask and limits. Nothing is projected on failure. */
plast_status plast__group_constrain_alike(const plast__model *model, const plast__group *group, plast__group *partner);
/* The mask of a group without self-connections that has no other. */
plast_status plast__group_mask_no_self(const plast__model *model, const plast__group *group, void **made);
/* Weights where the mask is 0 become 0, the others what the limits allow; the bound stays true. */
void plast__group_project(const plast__model *model, plast__group *group);
/* The same of one row's weights, whose bound is true anyway. */
void plast__group_project_row(const plast__model *model, const plast__group *group, int64_t row);

/* Key of a group's random numbers: by layer and by the group's place in it, so that a layer starts from the same
 * weights whatever groups other layers have. */
static inline uint64_t plast__group_stream(int32_t layer, int32_t place)
{
    return (uint64_t)place << 32 | (uint64_t)layer;
}

/* Draws initial weights of the group, rows x ld, into zeroed `weights`. */
plast_status plast__group_draw(const plast__model *model, const plast__group *group, void *weights);

#endif
