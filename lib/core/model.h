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
    void *bias; /* units; NULL without */
    void *moment[PLAST__MOMENTS];
    double bound; /* at least the largest |bias| */
} plast__population;

struct plast__rule_kind;

/* A rule at work on one group: its parameters belong to the attachment. */
typedef struct plast__attachment {
    const struct plast__rule_kind *kind;
    double values[PLAST__PARAMETERS];
    struct plast__attachment *next;
} plast__attachment;

typedef struct plast__initialiser {
    int32_t init; /* PLAST_INIT_... */
    double gain;
} plast__initialiser;

typedef struct plast__group {
    const char *name;
    int32_t pre, post;  /* populations */
    int64_t rows, cols; /* post units, pre units */
    int64_t ld;         /* cols padded to 64 bytes; the padding is 0 */
    void *weights;
    void *moment[PLAST__MOMENTS];
    double bound; /* at least the largest |weight| */
    int32_t frozen;
    plast__initialiser initialiser;
    uint64_t stream;          /* of its initial weights: plast__group_stream */
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
} plast__model;

plast_status plast__model_add_population(plast__model *model, const plast__population *options, int32_t *index);
/* Joins two populations; weights are allocated and drawn. */
plast_status plast__model_add_group(plast__model *model, const plast__group *options, int32_t *index);
/* Takes back what was added last, down to these counts. */
void plast__model_truncate(plast__model *model, int32_t populations, int32_t groups);

/* Allocates `count` moments for every weight and bias, all 0; what was there is released. */
plast_status plast__model_set_moments(plast__model *model, int32_t count);
/* Draws all weights from `seed`; biases and moments become 0. Changes nothing on failure. */
plast_status plast__model_reset(plast__model *model, uint64_t seed);

/* Measures the largest |weight| anew. */
void plast__group_measure(const plast__model *model, plast__group *group);

/* Key of a group's random numbers: by layer and by the group's place in it, so that a layer starts from the same
 * weights whatever groups other layers have. */
static inline uint64_t plast__group_stream(int32_t layer, int32_t place)
{
    return (uint64_t)place << 32 | (uint64_t)layer;
}

/* Draws initial weights of the group, rows x ld, into zeroed `weights`. */
plast_status plast__group_draw(const plast__model *model, const plast__group *group, void *weights);

#endif
