/* SPDX-License-Identifier: MIT
 *
 * The list of layer kinds. A layer is one or more populations and the groups that end there. A new kind is a file that
 * defines its plast__layer_kind, and a line in layers.c. */
#ifndef PLAST_LAYERS_LAYERS_H
#define PLAST_LAYERS_LAYERS_H

#include "base/description.h"
#include "core/activity.h"
#include "core/pending.h"

enum { PLAST__LAYER_GROUPS = 8 }; /* its own and those of a feedback scheme */

struct plast_synapses {
    plast__model *model;
    int32_t group; /* -1 once the feedback scheme that it belonged to is gone */
};

struct plast_layer {
    plast__model *model;
    const struct plast__layer_kind *kind;
    int32_t index;            /* in the network */
    int32_t input;            /* the population that it reads */
    int32_t output;           /* the population that the next layer reads */
    int32_t first_population; /* its own: this one and those after it */
    int32_t populations;
    int32_t groups;          /* its own */
    int32_t feedback_groups; /* those of the feedback scheme, behind them */
    plast_synapses synapses[PLAST__LAYER_GROUPS];
};

typedef struct plast__layer_kind {
    plast__parameters parameters; /* first; its owner is the kind's name */
    /* Adds populations and groups to the model; the caller takes them back on failure. */
    plast_status (*build)(plast__model *model, const plast_layer_options *options, plast_layer *layer);
    /* a->rows samples; `pending` (one per group of the model, NULL = not learning) is applied on the way. */
    void (*forward)(const plast_layer *layer, plast__activities *a, plast__pending *pending);
    /* The signal that arrived at the output (dLoss/dy) becomes the learning signals of its populations. */
    void (*backward)(const plast_layer *layer, plast__activities *a);
} plast__layer_kind;

extern const plast__layer_kind plast__layer_dense;

/* Fails with PLAST_E_UNKNOWN for a name that is not in the list. */
plast_status plast__layer_find(plast_context *context, const char *name, const plast__layer_kind **kind);

#endif
