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
 *              truncation  0 or more, default 0 = all: credit goes back through at most so many steps, which are counted
 *                          off from the last one
 *   "eprop"  Credit through recurrent synapses is dropped; only the leak of each unit remembers. Known as e-prop (Bellec
 *            et al. 2020), RFLO (Murray 2019, in PLAST_FORM_RATE) and three-factor rule. An update that spans whole
 *            sequences takes the backward form, which costs less; more than one update for a sequence, or a stream that
 *            is carried on, take eligibility traces that run forward in time, whose memory does not grow with time. Both
 *            give the same gradient while weights stand still. Below the layer goes the error of the instant alone.
 *              self    0 or 1, default 0: the path of a unit onto itself through its own synapse counts too
 *              traces  0 or 1, default 0: 1 = traces always
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
