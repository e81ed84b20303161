/* SPDX-License-Identifier: MIT
 *
 * The network: a model, the layers that give it a meaning, and what learning needs. */
#ifndef PLAST_NETWORK_NETWORK_H
#define PLAST_NETWORK_NETWORK_H

#include "core/loss.h"
#include "credit/feedback.h"
#include "credit/temporal.h"
#include "layers/layers.h"

#include <plasticity/learn.h>

enum { PLAST__BLOCK = 64 }; /* samples at once of a state that was not told */

struct plast_network {
    plast__model model;
    plast_layer **layers; /* each in its own block: handles stay while the array grows */
    int32_t layer_count;
    int32_t loss;     /* as asked for; PLAST_LOSS_DEFAULT until then */
    int32_t fixed;    /* no further layers */
    int32_t learning; /* a progress callback is running: it must not learn or change the structure */

    const plast__feedback_kind *feedback;
    plast__hop *hops;                        /* hop i ends in layer i - 1, hop 0 in the inputs; NULL = to be made */
    int32_t first_hop;                       /* 1: no rule wants the inputs' signal */
    int32_t layer_populations, layer_groups; /* those of the scheme come behind */
    uint64_t descents;                       /* that learned */
    uint64_t mirrored;                       /* updates of the mirror phase */

    const plast__temporal_kind *temporal;
    double temporal_values[PLAST__PARAMETERS];
    uint64_t temporal_epoch; /* schemes that there have been: traces of another one are forgotten */
    int32_t stateful;        /* layers that have a state */

    plast__description optimizer; /* member NULL = none yet */
    plast__step step;             /* of the update that is pending */
    int64_t updates;              /* that carried an error, since the optimizer was set */
    double largest_gradient;      /* over those */

    plast__pending *pending; /* one per group; NULL = to be made */
    int32_t pending_count;   /* groups that there were then */
    int64_t pending_batch;
    void *bias_work;    /* two rows of the widest population */
    plast_state *state; /* the network's own */
};

struct plast_state {
    plast_context *context;
    plast_network *network;
    plast__activities activities;
    int64_t rows;        /* of activities: the last block that went through; 0 = none yet */
    int64_t signal_rows; /* of signals: the last sample or minibatch that was learned */
    int32_t use;         /* PLAST__USE_... */
};

/* What a call that learns asks of its state while a progress callback runs. */
enum {
    PLAST__USE_NONE,
    PLAST__USE_LEARNING, /* it stays there, and what it carries is the call's to change */
    PLAST__USE_AMID      /* what it carries goes on too: nothing else may run through it */
};

static inline const plast__optimizer_kind *plast__optimizer_of(const plast_network *network)
{
    return (const plast__optimizer_kind *)network->optimizer.member;
}

static inline plast_layer *plast__output_layer(const plast_network *network)
{
    return network->layers[network->layer_count - 1];
}

/* Options of a layer of some kind; fields that are 0 get their defaults. */
plast_status plast__network_check_layer(plast_context *context, const plast__layer_kind *kind,
                                        plast_layer_options *options);
/* The group that a caller's handle means. */
plast_status plast__synapses_find(const plast_synapses *synapses, plast__group **group);
/* The group whose mask and limits this one has; NULL = it has its own. */
const plast__group *plast__synapses_leader(const plast_synapses *synapses);

/* PLAST_E_STATE inside a progress callback. */
plast_status plast__network_idle(plast_context *context, const plast_network *network);

/* Copies rows into an array of the model's type; refuses what is not finite before anything of `to` changes. */
plast_status plast__network_copy_in(const plast__model *model, const char *name, const plast_matrix *from, void *to,
                                    int64_t ld, double *largest);
plast_status plast__network_check_frozen(plast_context *context, int32_t frozen);

/* Layers first .. last that a selector means. */
plast_status plast__network_select(const plast_network *network, int32_t layers, int32_t *first, int32_t *last);

/* Builds the hops of the feedback scheme in force, unless they are there. */
plast_status plast__network_link(plast_network *network);
/* A rule wants the inputs' signal: the hop that brings it, when the others are there already. */
plast_status plast__network_link_inputs(plast_network *network);
/* Takes down all that the scheme added. */
void plast__network_unlink(plast_network *network);

/* The signals of all layers below the output, top down, from that of the output; all 0 without an error. */
void plast__network_backward(const plast_network *network, const plast__feedback_kind *feedback,
                             const plast__descent *descent, const plast__time *time, int error);

/* Modulators among the rules: before the forward pass of an update, and when a layer has its signal. `share` runs down
 * the layers, from 1 (plast__modulation). */
void plast__network_expect(plast_network *network, plast__activities *a);
void plast__network_modulate(const plast_network *network, const plast__descent *descent, const plast_layer *layer,
                             void *arrived, double *share);
/* Those of layers with a state, when their gradients came from traces. */
void plast__network_modulate_traces(const plast_network *network, plast__activities *a);
/* Whether a rule with these values can be on the layer beside a feedback scheme. */
plast_status plast__network_suits(const plast_network *network, int32_t layer, const plast__rule_kind *kind,
                                  const double *values, const plast__feedback_kind *feedback);
/* Whether a rule that is attached modulates the error. */
int plast__network_modulates(const plast_network *network);
/* Whether all rules that are attached can be beside it. */
plast_status plast__network_all_suit(const plast_network *network, const plast__feedback_kind *feedback);

/* The loss in force; fails when the output's activation does not fit, or when there is no layer. */
plast_status plast__network_loss(plast_context *context, const plast_network *network, int32_t *loss);

/* The network has layers with a state: PLAST_E_UNSUPPORTED, for what is not defined there. */
plast_status plast__network_stateless(plast_context *context, const plast_network *network, const char *what);

/* The plan for credit through time; `several`: updates are parts of a stream. */
plast__time plast__network_plan(const plast_network *network, int several);

/* Before credit goes back in time: recurrent weights as they are now, averaged over cell types, if the plan wants it.
 * PLAST_E_RANGE when the filter made of them is not stable. */
plast_status plast__network_average(plast_context *context, const plast_network *network, const plast__time *time);

/* Memory for eligibility traces of so many sequences, unless it is there. */
plast_status plast__network_equip_traces(plast_context *context, const plast_network *network, const plast__time *time,
                                         int64_t sequences, plast__activities *a);
/* One update's traces, and the gradients that they give: after the signals are known. */
void plast__network_trace(const plast_network *network, const plast__time *time, plast__activities *a);

/* The same for sensitivities, of real-time recurrent learning. Equip refuses a network that is too large. */
plast_status plast__network_equip_sensitivities(plast_context *context, const plast_network *network,
                                                plast__activities *a);
void plast__network_begin_sensitivities(const plast_network *network, plast__activities *a);
void plast__network_clear_sensitivities(const plast_network *network, plast__activities *a);
void plast__network_copy_sensitivities(const plast_network *network, const plast__activities *from,
                                       plast__activities *to);
void plast__network_push_sensitivities(const plast_network *network, plast__activities *a);
/* The two schemes must go together. */
plast_status plast__network_check_forward(plast_context *context, const plast__temporal_kind *temporal,
                                          const plast__feedback_kind *feedback);

/* The update is certain, or the steps have been run: the last of them is carried. */
void plast__network_carry(const plast_network *network, plast__activities *a);
/* Nothing is carried, and noise is that of a new state. */
void plast__network_begin_anew(plast__activities *a);
/* The stream of `from` goes on in `to`. */
plast_status plast__network_copy_stream(plast_context *context, const plast_network *network,
                                        const plast__activities *from, plast__activities *to);
void plast__network_carry_traces(const plast_network *network, plast__activities *a);
plast_status plast__network_copy_traces(plast_context *context, const plast_network *network,
                                        const plast__activities *from, plast__activities *to);
/* Aside, and back from there: what is carried, without traces. */
void plast__network_put_aside(const plast_network *network, plast__activities *a, int back);
/* A stream that is to be carried on must be one of as many sequences. */
plast_status plast__network_check_carry(plast_context *context, const plast_state *state, int64_t sequences);

/* Makes memory for learning with `batch` samples an update, when it is not there. Does nothing when it is. */
plast_status plast__network_ready(plast_network *network, int64_t batch);
/* What learning needs is made anew at the next call: rules or the optimizer changed. */
void plast__network_unready(plast_network *network);

/* The state to use: the caller's, checked, or the network's own, made when needed, for `batch` rows of `sequences`. */
plast_status plast__network_choose_state(plast_network *network, plast_state *given, int64_t batch, int64_t sequences,
                                         plast_state **state);

/* State and memory for learning: both, or neither and the shape not fixed either. */
plast_status plast__network_equip(plast_network *network, plast_state *given, int64_t batch, int64_t sequences,
                                  plast_state **state);

/* Forward through all layers from the input population's activity; PLAST_E_NOT_FINITE names the layer. */
plast_status plast__network_forward(plast_context *context, const plast_network *network, plast__activities *a,
                                    plast__pending *pending);

#endif
