/* SPDX-License-Identifier: MIT
 *
 * Feedback schemes: how the error comes down from layer to layer. The output layer always has the exact gradient; below
 * it a scheme gives the (pseudo) learning signal s, and descent is dW = -rate s x^T whatever the scheme. */
#ifndef PLASTICITY_FEEDBACK_H
#define PLASTICITY_FEEDBACK_H

#include <plasticity/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A description: copied by plast_network_set_feedback, reusable, then free to be changed or destroyed. Thread rule: as
 * its context. */
typedef struct plast_feedback plast_feedback;

/* Schemes. l is a hidden layer, n_l its units, L the output layer, s_L = dLoss/dz of the outputs, f' the slope of layer
 * l at the present forward pass, o the elementwise product. A matrix B_l that a scheme adds is a synapse group that
 * ends in layer l ("feedback", n_l x n_(l+1), unless said otherwise), see plast_layer_synapses.
 *
 *   "backprop"       s_l = f' o (W_(l+1)^T s_(l+1)). In force where no other scheme was set.
 *   "fa"             s_l = f' o (B_l s_(l+1)), B_l fixed, drawn from the law of W_(l+1) (Xavier's uniform one where
 *                    that is constant) but independently of it: feedback alignment (Lillicrap, Cownden, Tweed &
 *                    Akerman 2016).
 *                      gain  (-inf, inf), default 1: multiplies the initial B_l
 *   "dfa"            s_l = f' o (B_l s_L), B_l (n_l x n_L) fixed, U(-a, a) with a = gain / sqrt(n_l): direct feedback
 *                    alignment (Nokland 2016).
 *                      gain  (-inf, inf), default 1
 *   "dfa_sign"       s_l = f' o (B_l sign(s_L)), otherwise as "dfa". A loss mask's weight above 0 has no effect on a
 *                    sign.
 *   "drtp"           s_l = f' o (B_l (-t)), t the target (one-hot for labels), otherwise as "dfa": direct random target
 *                    projection (Frenkel, Lefebvre & Bol 2019), whose published code has + t, which is the same up to
 *                    the sign of B_l. PLAST_E_UNSUPPORTED at the first call that learns with a loss whose s_L is not
 *                    y - t.
 *   "usf"            s_l = f' o (B_l s_(l+1)), B_l = scale sign(W_(l+1))^T made anew at every descent, sign(0) = 0:
 *                    sign-symmetry (Liao, Leibo & Poggio 2016). "feedback" holds the last one that was used.
 *                      scale  [0, inf), default 0 = 1 / sqrt(n_l)
 *   "frsf"           B_l = scale |M_l| o sign(W_(l+1))^T, M_l ("magnitude") fixed, drawn from the law of W_(l+1) where
 *                    its entries are independent, else from N(0, 2 / (n_l + n_(l+1))).
 *                      scale  [0, inf), default 0 = 1
 *   "brsf"           As "frsf" with M_l drawn anew at every update.
 *   "kolen_pollack"  s_l = f' o (B_l s_(l+1)); B_l takes every change of W_(l+1), transposed, and both lose the share
 *                    `decay` at every update that carries an error, so that W_(l+1) - B_l^T shrinks by 1 - decay per
 *                    update (Kolen & Pollack 1994; Akrout et al. 2019). Freezing W_(l+1) stops its partner too.
 *                      gain          (-inf, inf), default 1
 *                      decay         [0, 1), required. 0: the difference stays as it is
 *                      mirror_rules  0 or 1, default 1: what rules do to W_(l+1) is done to B_l too
 *   "weight_mirror"  s_l = f' o (B_l s_(l+1)); B_l learns in a phase of its own, plast_network_mirror (Akrout et al.
 *                    2019).
 *                      gain        (-inf, inf), default 1
 *                      noise       (0, inf), required: standard deviation of the noise that layer l emits
 *                      rate        [0, inf), required
 *                      decay       [0, 1), required: B_l tends to (rate noise^2 / decay) W_(l+1)^T for linear units
 *                      centred     0 or 1, default 1: the answers' mean over the minibatch is taken away first
 *                      block_bias  0 or 1, default 1: biases are left out in the mirror phase
 *   "circuit"        the self-assembling circuit of an ascending and a descending stream, below.
 *
 * Failure: PLAST_E_UNKNOWN for another name, the message lists the known ones. */

/* "circuit": after Liao, Ziyin, Gan, Cheung, Harnett & Poggio, "Self-assembly of a biologically plausible learning
 * circuit", 2024. Only that paper's abstract and introduction could be read: the equations are a RECONSTRUCTION that
 * agrees with them and with the heterosynaptic rule of Ziyin, Chuang & Poggio 2025. Beside hidden layer l of the
 * ascending stream (activity h_l) stands a descending population of m_l units (activity g_l; at the top g_L = -s_L),
 * joined by
 *
 *     V_l  n_l x m_l      "teaching"    u_l = psi o (V_l g_l), the learning signal is s_l = -u_l
 *     B_l  m_l x m_(l+1)  "descending"  q_l = B_l g_(l+1), g_l = phi o q_l   (m_L = n_L)
 *     C_l  m_l x n_l      "crossing"    r_l = C_l h_l
 *
 * and a synapse changes by its own presynaptic activity times the potential that the other pathway causes:
 *
 *     W_l += rate u_l h_(l-1)^T                        (the optimizer's step)
 *     V_l += rate_v rate h_l g_l^T - decay_v V_l       B_l += rate_b rate r_l g_(l+1)^T - decay B_l
 *     C_l += rate_c rate g_l h_l^T - decay_c C_l       W_(l+1) loses decay W_(l+1) besides
 *
 * "rate" stands for the step of the network's optimizer, which every group has with moments of its own. All four
 * groups start random and independent. Any of them can be frozen or masked (plast_synapses_set_frozen, _set_mask). The
 * defaults are those that were stable nearest to backpropagation; with others it may collapse or run away
 * (docs/circuit.md).
 *
 *   units         [0, inf), default 0 = n_l: size m_l of the descending population
 *   gain          (-inf, inf), default 1: B_l starts as N(0, gain^2 / m_(l+1))
 *   gain_v        (-inf, inf), default 0.1: V_l starts as N(0, gain_v^2 / m_l)
 *   gain_c        (-inf, inf), default 0.5: C_l starts as N(0, gain_c^2 / n_l)
 *   gate          0: psi = f'(z_l), phi = 1. 1: psi = 1, phi = f'(z_l). 2: both, psi = f'(z_l), phi = f'(z_l).
 *                 3: psi = 1, phi = f'(C_l z_l). 4 (default): psi = f'(z_l), phi = f'(C_l z_l). 1 and 2 need m_l = n_l
 *   rate_b, rate_v, rate_c   [0, inf), defaults 1, 1, 0.1
 *   decay         [0, 1), required
 *   decay_v, decay_c         [0, 1), default 0
 *   mirror_rules  0 or 1, default 1: what rules do to W_(l+1) reaches B_l through the crossing synapses, a rank-one
 *                 term u v^T as (C_l v) (C_(l+1) u)^T, with C_L = 1, and a decay as it is; what a rule does to rows as
 *                 a whole ("gha", "oja_neuron"'s shrinking, "normalisation", "soft_bounds") does not: set it to 0
 *                 beside these */
PLAST_API PLAST_NODISCARD plast_status plast_feedback_create(plast_context *context, const char *name,
                                                             plast_feedback **feedback);
PLAST_API void plast_feedback_destroy(plast_feedback *feedback);

/* PLAST_E_UNKNOWN for another parameter, PLAST_E_RANGE outside its range (NaN included); nothing changes then. */
PLAST_API PLAST_NODISCARD plast_status plast_feedback_set(plast_feedback *feedback, const char *parameter,
                                                          double value);
/* PLAST_E_STATE for a required parameter that was never set. */
PLAST_API PLAST_NODISCARD plast_status plast_feedback_get(const plast_feedback *feedback, const char *parameter,
                                                          double *value);

/* Self-description. Names end with NULL at an index past the last one; so do parameters, by PLAST_E_RANGE. */
PLAST_API const char *plast_feedback_name(int32_t index);
PLAST_API PLAST_NODISCARD plast_status plast_feedback_parameter(const plast_feedback *feedback, int32_t index,
                                                                plast_parameter *parameter);

#ifdef __cplusplus
}
#endif
#endif
