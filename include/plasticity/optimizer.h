/* SPDX-License-Identifier: MIT
 *
 * Optimizers: how the error-driven gradient g becomes a step. Only the gradient goes through them; a rule's own
 * terms do not. Moments belong to the network and are kept per weight and per bias. */
#ifndef PLASTICITY_OPTIMIZER_H
#define PLASTICITY_OPTIMIZER_H

#include <plasticity/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A description: copied by plast_network_set_optimizer, reusable, then free to be changed or destroyed. Thread
 * rule: as its context. */
typedef struct plast_optimizer plast_optimizer;

/* Optimizers. t counts the network's updates that carried an error, also while some of its weights were frozen.
 *
 *   "sgd"    W -= rate g
 *              rate     [0, inf), required
 *   "adam"   m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
 *            W -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)   (Kingma & Ba 2015, algorithm 1)
 *              rate     [0, inf), required
 *              beta1    [0, 1), default 0.9
 *              beta2    [0, 1), default 0.999
 *              epsilon  (0, inf), default 1e-8
 *
 * Failure: PLAST_E_UNKNOWN for another name, the message lists the known ones. */
PLAST_API PLAST_NODISCARD plast_status plast_optimizer_create(plast_context *context, const char *name,
                                                              plast_optimizer **optimizer);
PLAST_API void plast_optimizer_destroy(plast_optimizer *optimizer);

/* PLAST_E_UNKNOWN for another parameter, PLAST_E_RANGE outside its range (NaN included); nothing changes then. */
PLAST_API PLAST_NODISCARD plast_status plast_optimizer_set(plast_optimizer *optimizer, const char *parameter,
                                                           double value);
/* PLAST_E_STATE for a required parameter that was never set. */
PLAST_API PLAST_NODISCARD plast_status plast_optimizer_get(const plast_optimizer *optimizer, const char *parameter,
                                                           double *value);

/* Self-description. Names end with NULL at an index past the last one; so do parameters, by PLAST_E_RANGE. */
PLAST_API const char *plast_optimizer_name(int32_t index);
PLAST_API PLAST_NODISCARD plast_status plast_optimizer_parameter(const plast_optimizer *optimizer, int32_t index,
                                                                 plast_parameter *parameter);

#ifdef __cplusplus
}
#endif
#endif
