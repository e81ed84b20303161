/* SPDX-License-Identifier: MIT
 *
 * The list of layer kinds. A layer is one or more populations and the groups that end there. A new kind is a file that
 * defines its plast__layer_kind, and a line in layers.c. */
#ifndef PLAST_LAYERS_LAYERS_H
#define PLAST_LAYERS_LAYERS_H

#include "base/description.h"
#include "core/activity.h"
#include "core/pending.h"
#include "core/time.h"
#include "layers/tangent.h"

enum {
    PLAST__LAYER_GROUPS = 8, /* its own and those of a feedback scheme */
    PLAST__NOISE_PLACE = 128 /* of a layer's random streams, see plast__group_stream */
};

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
    int32_t drive;            /* the population in which its inputs end, and whose bias is the layer's */
    int32_t recurrent;        /* the population in which its recurrent synapses end, where it is another; 0 = none */
    int32_t state;            /* the population that remembers; 0 = none */
    int32_t initial;          /* the population whose bias is the initial state; 0 = none */
    int32_t first_population; /* its own: this one and those after it */
    int32_t populations;
    int32_t groups;          /* its own */
    int32_t feedback_groups; /* those of the feedback scheme, behind them */
    int32_t form;            /* of a recurrent layer: PLAST_FORM_... */
    double alpha;            /* dt / tau */
    double noise;            /* standard deviation of what is added to its state at every step */
    plast_synapses synapses[PLAST__LAYER_GROUPS];
};

/* Eligibility at one step, by sequence and post unit: e <- decay e + gain pre, and the gradient is signal e. */
typedef struct plast__rates {
    void *decay, *gain; /* room for them, filled */
    const void *signal;
    double state_scale; /* the initial state's gradient is that times signal times its own eligibility */
} plast__rates;

typedef struct plast__layer_kind {
    plast__parameters parameters; /* first; its owner is the kind's name */
    int32_t cell;                 /* PLAST__CELL_... */
    /* Adds populations and groups to the model; the caller takes them back on failure. */
    plast_status (*build)(plast__model *model, const plast_layer_options *options, plast_layer *layer);
    /* a->rows samples; `pending` (one per group of the model, NULL = not learning) is applied on the way. */
    void (*forward)(const plast_layer *layer, plast__activities *a, plast__pending *pending);
    /* The signal that arrived at the output (dLoss/dy) becomes the learning signals of its populations; in a layer with
     * a state by the plan for credit through time. */
    void (*backward)(const plast_layer *layer, plast__activities *a, const plast__time *time);
    /* Whether one filtered activity is the trace of all post units; only of a layer with a state. */
    int (*factored)(const plast__time *time, const plast_layer *layer);
    /* Fills the rates of one of its populations at one step; after backward, only of a layer with a state. */
    void (*rates)(const plast_layer *layer, const plast__activities *a, const plast__time *time, int32_t population,
                  int64_t step, plast__rates *rates);
    /* Tangents of a step: of the state and the output from those of the input and of the state before. */
    void (*tangent)(const plast_layer *layer, const plast__push *push);
    /* Its pullback; not through softmax. */
    void (*tangent_backward)(const plast_layer *layer, const plast__pull *pull);
    /* Whether what is carried is a potential, not an activity; NULL = it is not. */
    int (*carries_potential)(const plast_layer *layer);
    int32_t takes_along; /* 1: forward heeds plast__activities.along, and tangent plast__push.taken_along */
} plast__layer_kind;

/* What layers with a state share. The population whose bias is the initial state: */
plast_status plast__layer_add_initial(plast__model *model, const plast_layer_options *options, plast_layer *layer);
/* The groups "input", from the layer below into `drive`, and "recurrent", from the layer's state into `recurrent`. */
plast_status plast__layer_add_groups(plast__model *model, const plast_layer_options *options, int32_t drive,
                                     int32_t recurrent, plast_layer *layer);

/* Fails with PLAST_E_UNKNOWN for a name that is not in the list. */
plast_status plast__layer_find(plast_context *context, const char *name, const plast__layer_kind **kind);

#endif
