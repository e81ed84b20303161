/* SPDX-License-Identifier: MIT
 *
 * Gradient flossing: weights of layers with a state learn such that Lyapunov exponents come near a target, 0, so that
 * gradients over long times neither vanish nor explode (Engelken, arXiv:2312.17306). docs/lyapunov.md tells how. */
#ifndef PLASTICITY_FLOSSING_H
#define PLASTICITY_FLOSSING_H

#include <plasticity/learn.h>
#include <plasticity/optimizer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Gradients of the loss 1/k sum_i (lambda_i - target)^2, a mean over sequences, by the recurrent and input weights and
 * the biases of all layers with a state. First frames, the state before the first step and the inputs are constants. */
enum {
    PLAST_FLOSSING_EXACT = 0, /* through every QR factorisation, the slopes and the state, back to the first step */
    /* Frames, states and slopes are constants at each step: what is left needs the pre- and postsynaptic tangents of
     * one step and k factors for all, and no descent in time. Biases have no gradient then. For one exponent of a
     * "recurrent" layer in the form "rate",
     *   dLoss/dW_ij = alpha 2 (lambda - target) / (T - skip) sum_t f'(n_i) q_i,t+1 q_j,t / r_t.
     * It serves small k and small gains; its angle to the exact gradient is wide where the network is chaotic */
    PLAST_FLOSSING_LOCAL = 1,
    /* As exact, but from step to step credit goes by each unit's leak alone (the update gate of "gru"), not through
     * recurrent synapses, as in e-prop. In a single layer whose state is a potential ("voltage", "current") without a
     * leak it is the local form */
    PLAST_FLOSSING_TRUNCATED = 2
};

typedef struct plast_flossing_options {
    uint32_t struct_size;
    int32_t gradient;  /* PLAST_FLOSSING_... */
    int64_t exponents; /* k, the first ones: 1 to the number of units of all layers with a state. No default */
    int64_t steps;     /* T of an update; 0 = 55 */
    int64_t skip;      /* first steps whose growth is not counted, while the frame aligns; 0 = 10 and a tenth of T,
                        * rounded up (16 of 55), -1 = none */
    double target;     /* what the exponents shall be: natural logarithm per step */
    uint64_t seed;     /* of the random frames, and of the noise of layers that have any */
    int64_t sequences; /* B of an update, whose loss is their mean; 0 = 1 */
} plast_flossing_options;

#define PLAST_FLOSSING_OPTIONS .struct_size = (uint32_t)sizeof(plast_flossing_options)

/* Written by plast_flossing_update; set struct_size (PLAST_FLOSSING_REPORT) before. */
typedef struct plast_flossing_report {
    uint32_t struct_size;
    int32_t reserved0;
    int64_t updates; /* made so far, this one included */
    double loss;     /* before this update's step, the mean over the sequences */
    double norm;     /* Euclidean, of the gradient over what is not frozen or masked, before any clipping */
} plast_flossing_report;

#define PLAST_FLOSSING_REPORT .struct_size = (uint32_t)sizeof(plast_flossing_report)

/* Flossing of one network, with an optimizer, its moments and a count of updates of its own, beside those of learning.
 * Thread rule: as the network, before which it is destroyed. */
typedef struct plast_flossing plast_flossing;

/* Takes a copy of the optimizer, allocates all that updates need, and fixes the network's shape. On failure *flossing
 * is untouched. PLAST_E_STATE when no layer has a state; PLAST_E_RANGE for k of 0 or above the units that remember,
 * for T <= skip, and for B below 0; PLAST_E_INVALID, PLAST_E_NOMEM. */
PLAST_API PLAST_NODISCARD plast_status plast_flossing_create(plast_network *network,
                                                             const plast_flossing_options *options,
                                                             const plast_optimizer *optimizer,
                                                             plast_flossing **flossing);
PLAST_API void plast_flossing_destroy(plast_flossing *flossing);

/* One update: the network runs T steps over `inputs` (T * B rows, time-major: row t * B + b is step t of sequence b),
 * for each sequence a random frame of k tangents (a new one for each and every update) is pushed along and factorised
 * by QR after every step, and the weights take one step of the optimizer down the mean gradient. Masks, signs and
 * bounds hold, what is frozen stays, as in learning; rules are not asked. A feedback matrix that follows its forward
 * one ("kolen_pollack") takes the same change. Time is that of B single gradients, memory but for activities that of
 * one.
 *
 * `state` NULL = from the layers' initial states; else from what this state carries of its first B sequences, which
 * stays as it is (PLAST_E_INVALID when it carries fewer, but some). `report` may be NULL. The network's own state,
 * optimizer and counts are not touched: call it before training, and between calls of plast_network_learn (the
 * published schedule: 500 updates before training and, at most twice, after every 100 updates of training).
 *
 * An update is atomic. PLAST_E_NOT_FINITE when an input, an activity, a tangent, or the gradient is not finite, or the
 * weights could overflow; PLAST_E_RANGE when fewer than k directions survive a step (silent ReLU units): R is singular
 * there, and the message names step, sequence and how many do. A growth factor below 1e-10 counts as that and has no
 * gradient of its own. PLAST_E_STATE within a progress callback, and once a feedback scheme changed the network's
 * populations or synapse groups since this was made. */
PLAST_API PLAST_NODISCARD plast_status plast_flossing_update(plast_flossing *flossing, const plast_state *state,
                                                             const plast_matrix *inputs, plast_flossing_report *report);

/* Exponents of the last update, before its step, means over its sequences: 1 x k (f32 or f64), natural logarithm per
 * step, in the order of the frame's columns, which is descending but for the scatter of a short run. PLAST_E_STATE
 * before the first update. */
PLAST_API PLAST_NODISCARD plast_status plast_flossing_exponents(const plast_flossing *flossing,
                                                                const plast_matrix *exponents);

/* As just made with this seed: moments and count are 0. */
PLAST_API PLAST_NODISCARD plast_status plast_flossing_reset(plast_flossing *flossing, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
