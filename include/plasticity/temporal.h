/* SPDX-License-Identifier: MIT
 *
 * Temporal schemes: how the error at one step of a sequence reaches the steps before, in layers with a state. They are
 * independent of the feedback scheme (feedback.h), which brings the error down at one instant. */
#ifndef PLASTICITY_TEMPORAL_H
#define PLASTICITY_TEMPORAL_H

#include <plasticity/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A description: copied by plast_network_set_temporal, reusable, then free to be changed or destroyed. Thread rule: as
 * its context. */
typedef struct plast_temporal plast_temporal;

/* Schemes. G_t is dLoss/dh_t as it arrives at step t by the feedback scheme.
 *
 *   "bptt"   The exact gradient of the steps of an update (plast_learn_options.update_every): backpropagation through
 *            time.
 *              truncation  0 or more, default 0 = all: credit goes back through at most so many steps, which are
 *                          counted off from the last one
 *   "eprop"  Credit through recurrent synapses is dropped; only the leak of each unit remembers. Known as e-prop
 *            (Bellec et al. 2020), RFLO (Murray 2019, in PLAST_FORM_RATE) and three-factor rule. An update that spans
 *            whole sequences takes the backward form, which costs less; more than one update for a sequence, or a
 *            stream that is carried on, take eligibility traces that run forward in time, whose memory does not grow
 *            with time. Both give the same gradient while weights stand still. Below the layer goes the error of the
 *            instant alone.
 *              self    0 or 1, default 0: the path of a unit onto itself through its own synapse counts too
 *              traces  0 or 1, default 0: 1 = traces always
 *   "mdgl"   E-prop, and credit through one recurrent synapse (Liu et al., "Cell-type-specific neuromodulation guides
 *            synaptic credit assignment in a spiking neural network", PNAS 2021): each unit sends the signal of one
 *            step, alpha f'_(t+1) G_(t+1), and Wab^T brings it to the units one step before, where it joins G_t. With
 *            the eligibility e_t of e-prop the gradient is sum_t (G_t + Wab^T alpha f'_(t+1) G_(t+1)) e_t.
 *              no parameters
 *   "modprop" Credit through recurrent synapses for any number of steps, by a filter that does not change with the
 *            activity (Liu et al., "Biologically-plausible backpropagation through arbitrary timespans via local
 *            neuromodulators", 2022, arXiv:2206.01338): Wab stands for W, and one number mu for all slopes on that way,
 *            while what is local keeps its true slope. Backwards, with c_t = dLoss/dstate at step t,
 *                voltage, current  c_t = f'(v_t) o G_t + (1 - alpha) c_(t+1) + alpha mu Wab^T c_(t+1)
 *                                  (current: G_t alone, for v is what is read)
 *                rate              c_t = G_t + (1 - alpha) c_(t+1) + alpha mu Wab^T c_(t+1)
 *                inside            c_t = G_t + (1 - alpha) f'_(t+1) o c_(t+1) + alpha mu Wab^T c_(t+1)
 *            The gradient is that of e-prop's backward form, sum_t s_t h_(t-1)^T, s_t = alpha c_t (voltage, current) or
 *            alpha f'_t o c_t. The filter (1 - alpha) I + alpha mu Wab^T must have a spectral radius below 1; where it
 *            has not, an update that carries an error is refused (PLAST_E_RANGE) and changes nothing. Checked by norms,
 *            and by the eigenvalues of a matrix of types x types where these do not decide: of many types they cost
 *            more than the update. (In form "inside" the slopes may keep smaller what this filter lets grow, and the
 *            other way round; the check is of slopes of 1.) With mu = 0 it is "eprop".
 *              mu        0 or more, default 0.25: results depend strongly on it
 *              unstable  0 or 1, default 0: 1 = no check
 *   "rtrl"   The exact gradient once more, forward in time (Williams & Zipser 1989): the sensitivities of all states to
 *            all weights, biases and initial states of the hidden layers are carried from step to step, and from update
 *            to update, so that credit reaches back to the beginning of the stream however short the updates are. While
 *            weights stand still the updates of a sequence sum to the gradient of "bptt". An oracle for small networks:
 *            sensitivities are double and take (units with a state) x (parameters) numbers for each sequence, a step
 *            multiplies all of them by the recurrent weights. Only with feedback "backprop" (PLAST_E_UNSUPPORTED). To
 *            learn is PLAST_E_UNSUPPORTED where the hidden layers' units times their parameters exceed 2 097 152. Rules
 *            see the signals of the instant.
 *
 * Wab, of "mdgl" and "modprop", is W with each entry replaced by the mean over its block, all pairs of a post unit of
 * its type and a pre unit of its type (plast_layer_set_types; one type until then), taken anew at every update. A
 * synapse that does not exist (a mask, no_self) counts as the 0 that it is: the signal reaches all units of a type, so
 * the mean over the synapses that exist would bring back more than W^T does. When each unit has a type of its own, Wab
 * is W. Both take steps of an update together: more updates than one for a sequence cut credit between them, as in
 * "bptt". Below the layer goes the error of the instant alone. Only for "recurrent" layers.
 */
PLAST_API PLAST_NODISCARD plast_status plast_temporal_create(plast_context *context, const char *name,
                                                             plast_temporal **temporal);
PLAST_API void plast_temporal_destroy(plast_temporal *temporal);

/* PLAST_E_UNKNOWN for another parameter, PLAST_E_RANGE outside its range (NaN included); nothing changes then. */
PLAST_API PLAST_NODISCARD plast_status plast_temporal_set(plast_temporal *temporal, const char *parameter,
                                                          double value);
PLAST_API PLAST_NODISCARD plast_status plast_temporal_get(const plast_temporal *temporal, const char *parameter,
                                                          double *value);

/* Self-description. Names end with NULL at an index past the last one; so do parameters, by PLAST_E_RANGE. */
PLAST_API const char *plast_temporal_name(int32_t index);
PLAST_API PLAST_NODISCARD plast_status plast_temporal_parameter(const plast_temporal *temporal, int32_t index,
                                                                plast_parameter *parameter);

#ifdef __cplusplus
}
#endif
#endif
