/* SPDX-License-Identifier: MIT
 *
 * Local plasticity rules. A rule emits terms for one synapse group, all of them from the old weights:
 *
 *     W  <-  factor o W  +  sum_k u_k v_k^T  +  increments row by row      (one factor a row)
 *
 * after which masks apply and rows may be rescaled; they are applied together with the error-driven step. A rule's own
 * rate acts on the weights directly, never through the optimizer, so that its published stability bound holds under any
 * optimizer. Rules act on matrices, never on biases. */
#ifndef PLASTICITY_RULE_H
#define PLASTICITY_RULE_H

#include <plasticity/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A description: copied when it is attached (plast_network_add_rule), reusable in other networks, then free to be
 * changed or destroyed. Thread rule: as its context. */
typedef struct plast_rule plast_rule;

/* "grapes" is claimed in US patent 12,020,162 B2. Builds with -Dgrapes=false leave it out. */

/* Rules, y post- and x presynaptic activity, both after the nonlinearity:
 *
 *   "oja"    W += rate (y x^T - y y^T W): Oja's subspace rule, full Gram matrix (Oja 1989; inside error-driven
 *            learning: Shervani-Tabar & Rosenbaum 2023, eq. 10). Stable per sample for rate |y|^2 < 2, monotone
 *            below 1.
 *              rate   [0, inf), required
 *              guard  [0, inf), default 0 = off: lowers the rate to guard / |y|^2 where that is less. Not published.
 *   "gha"    W += rate (y x^T - tril(y y^T) W): Sanger's generalised Hebbian algorithm (Sanger 1989); rows converge
 *            to the ordered principal components of the uncentred second moment.
 *              rate   [0, inf), required
 *   "ehebb"  W_l += rate e_l e_(l-1)^T, e the learning signals above and below: error-based Hebbian plasticity
 *            (Shervani-Tabar & Rosenbaum 2023, eq. 8 with theta_2 = -rate). Into the first layer, see "Signal of the
 *            inputs" below. No stability bound is known.
 *              rate   [0, inf), required
 *   "pool"   W_l += sum_r theta_r F^r, the ten candidate terms of Shervani-Tabar & Rosenbaum 2023, eqs. 14-23, read
 *            literally: what multiplies an outer product is one number for the whole layer (e = e_l, p = e_(l-1)).
 *              F^0 = -e x^T   F^1 = -y p^T   F^2 = -e p^T   F^3 = -W   F^4 = -1 p^T   F^5 = -(1^T y) e x^T
 *              F^6 = -(y^T W p) y p^T   F^7 = -(y^T W p) e x^T   F^8 = -(e^T W x) y p^T   F^9 = y x^T - y y^T W
 *            theta_0, theta_2, theta_9 alone are gradient descent, "ehebb" (of rate -theta_2) and "oja".
 *              theta_0 ... theta_9   (-inf, inf), default 0
 *   "grapes" has no term of its own: it multiplies the error of a hidden layer, unit by unit, by the importance of
 *            their weights, below.
 *   "hebb"   W += rate y x^T: plain Hebbian plasticity (Hebb 1949). Nothing bounds the weights.
 *              rate   [0, inf), required
 *   "oja_neuron"
 *            W_ij += rate (y_i x_j - y_i^2 W_ij): Oja's rule for single neurons (Oja 1982). Every row of a linear layer
 *            becomes the first principal component of the uncentred second moment, of length 1. Its length is stable
 *            per sample for rate |x|^2 < 1.
 *              rate   [0, inf), required
 *   "bcm"    W += rate y (y - theta) x^T, theta of each unit a running mean of y^2: theta += (mean y^2 - theta) / tau
 *            once per update, after the weights' term was formed with the old one (Bienenstock, Cooper & Munro 1982,
 *            with the threshold of Intrator & Cooper 1992). Stable at its fixed points for rate |x|^2 (tau + 1) < 1.
 *            Keeps "threshold" (plast_network_view_rule); freezing stops it.
 *              rate   [0, inf), required; at 0 the threshold moves on
 *              tau    [1, inf) updates, required
 *              start  [0, inf), default 0: the threshold at first and after plast_network_reset
 *   "decorrelation"
 *            W += rate (W - y y^T W): anti-Hebbian decorrelation, the whitening part of the serial update of Cardoso &
 *            Laheld 1996. The outputs of a linear layer become white, E[y y^T] = I. The same sample is answered by
 *            1 + rate (1 - |y|^2) times its y before: stable per sample for rate (|y|^2 - 1) < 2.
 *              rate   [0, inf), required
 *   "normalisation"
 *            Every row is rescaled to one norm once everything else of an update is in it, masks included:
 *            heterosynaptic normalisation, multiplicative (von der Malsburg 1973; Miller & MacKay 1994). Rows of 0
 *            stay. Online or in minibatches, no weights are ever seen before they are rescaled. Feedback that follows
 *            the forward matrix with its rules ("kolen_pollack") is multiplied row by row by the same factors.
 *              norm   (0, inf), default 1
 *              order  1 = sum of absolute values, 2 = Euclidean length, default 2
 *   "soft_bounds"
 *            W_ij += rate (a^+ (w_max - W_ij) - a^- (W_ij - w_min)), a = y_i x_j, a^+ = max(a, 0), a^- = max(-a, 0):
 *            Hebbian plasticity with multiplicative soft bounds (as in Kistler & van Hemmen 2000; van Rossum, Bi &
 *            Turrigiano 2000; Guetig et al. 2003, there for spike pairs). Weights between the bounds stay there for
 *            rate |y_i x_j| <= 1; others are drawn in.
 *              rate   [0, inf), required
 *              w_min  (-inf, inf), default 0
 *              w_max  (-inf, inf), default 1. PLAST_E_RANGE when attached or changed so that w_min >= w_max
 *   "decay"  W <- (1 - rate) W once per update (per minibatch), independent of the optimizer's rate.
 *              rate   [0, 1), required
 *
 * "grapes": error signals modulated by the distribution of synaptic weights (Dellaferrera, Wozniak, Indiveri, Pantazi &
 * Eleftheriou 2022, from their published code; docs/rules.md says what of it is not established). For hidden layer l
 *
 *     I_i = sum_j |W_ij|      r_i = 2 I_i / max_k I_k      m_i = max(1, r_i), between 1 and 2
 *
 * from the weights of the forward pass under way, without biases; m = 1 where all I are 0, and 2 everywhere where they
 * are equal. s_l becomes m o s_l before it goes further down. The optimizer sees the changed gradient of weights and
 * biases; other rules see the changed s_l, and are not scaled. Not for the output layer (PLAST_E_INVALID). No rate.
 * Keeps "factor" (plast_network_view_rule), what each unit's error was multiplied by at the last update that carried an
 * error and found the layer not frozen, 0 before. A frozen layer's factor acts on what comes down all the same.
 * Of a "recurrent" layer, I_i = sum_j |U_ij| + sum_j |W_ij|, to whichever of its groups the rule is attached. The
 * factor multiplies what arrives from above at each step, G_t (temporal.h), and nothing that goes back in time; with
 * local = 1 it multiplies the gradients of U, W and b instead, and an initial state that learns has the plain one.
 * There outgoing and per_synapse are PLAST_E_UNSUPPORTED, as are "gru" layers and temporal scheme "rtrl".
 *   local        0 or 1, default 0. 1: m o s_l is for the gradient of layer l alone; what goes down, and what other
 *                rules and states show, is plain. Under "dfa", "dfa_sign", "drtp" and "circuit", where no signal comes
 *                from that of the layer above, it must be 1, else PLAST_E_UNSUPPORTED
 *   unclipped    0 or 1, default 0. 1: m = r, as published for feedback alignment, direct or not
 *   outgoing     0 or 1, default 0. 1: I_i = sum_k |V_ki|, V the matrix that starts at the layer
 *   per_synapse  0 or 1, default 0. 1: what is published for direct feedback (there unclipped): the gradient of W_ij is
 *                multiplied by m_i q_j, q the factor of the layer below by W's columns; m = 1 in the last hidden layer,
 *                and the first layer is plain. Needs local = 1, outgoing = 1 and refresh = 1
 *   control      0, 1 or 2, default 0. 1: every unit has the layer's mean factor (with per_synapse each mean). 2: the
 *                signals are plain, the optimizer's step of the layer is multiplied by that mean; unless `local`, by
 *                those of all layers above too, and so are layers below that have no rule
 *   refresh      [1, inf) updates, whole, default 1: the factor is taken anew whenever the updates with an error,
 *                counted since the start, are a multiple of it
 *
 * Signal of the inputs, for rules that read the presynaptic learning signal in the first layer:
 * e_0 = f'(y_0) o (B_1 e_1) with B_1 as the feedback scheme has it (W_1^T for "backprop", a matrix of its own for the
 * others) and the slope f' of the first layer written as a function of the activity, which the inputs y_0 stand in for
 * (same publication, eq. 24). "circuit" defines no such signal: there the rule is refused for the first layer
 * (PLAST_E_UNSUPPORTED). Samples without a loss have signals of 0, and count in the average.
 *
 * Failure: PLAST_E_UNKNOWN for another name, the message lists the known ones, or says that this build left it out. */
PLAST_API PLAST_NODISCARD plast_status plast_rule_create(plast_context *context, const char *name, plast_rule **rule);
PLAST_API void plast_rule_destroy(plast_rule *rule);

/* PLAST_E_UNKNOWN for another parameter, PLAST_E_RANGE outside its range (NaN included); nothing changes then. */
PLAST_API PLAST_NODISCARD plast_status plast_rule_set(plast_rule *rule, const char *parameter, double value);
/* PLAST_E_STATE for a required parameter that was never set. */
PLAST_API PLAST_NODISCARD plast_status plast_rule_get(const plast_rule *rule, const char *parameter, double *value);

/* Self-description. Names end with NULL at an index past the last one; so do parameters, by PLAST_E_RANGE. */
PLAST_API const char *plast_rule_name(int32_t index);
PLAST_API PLAST_NODISCARD plast_status plast_rule_parameter(const plast_rule *rule, int32_t index,
                                                            plast_parameter *parameter);

#ifdef __cplusplus
}
#endif
#endif
