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
 *   "sgd"       W -= rate g
 *                 rate     [0, inf), required
 *   "momentum"  m = mu m + g, W -= rate m   (the heavy ball, Polyak 1964)
 *                 rate     [0, inf), required
 *                 mu       [0, 1), default 0.9
 *   "nesterov"  m = mu m + g, W -= rate (g + mu m)   (Sutskever et al. 2013; W is the point that is looked ahead to)
 *                 rate     [0, inf), required
 *                 mu       [0, 1), default 0.9
 *   "rmsprop"   v = alpha v + (1 - alpha) g^2, W -= rate g / (sqrt(v) + epsilon)   (Tieleman & Hinton 2012)
 *                 rate     [0, inf), required
 *                 alpha    [0, 1), default 0.99
 *                 epsilon  (0, inf), default 1e-8
 *   "adam"      m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
 *               W -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)   (Kingma & Ba 2015, algorithm 1)
 *                 rate     [0, inf), required
 *                 beta1    [0, 1), default 0.9
 *                 beta2    [0, 1), default 0.999
 *                 epsilon  (0, inf), default 1e-8
 *   "adamw"     "adam", and weights (never biases) lose rate decay W of their old selves   (Loshchilov & Hutter 2019)
 *                 as "adam", and
 *                 decay    [0, inf), default 0.01
 *
 * They agree to rounding with PyTorch's SGD (momentum = mu, no dampening), RMSprop, Adam, and AdamW whose weight_decay
 * is given to weights alone.
 *
 * Every optimizer has three more, which act on g before anything above, in this order, for weights and biases:
 *
 *   clip_norm   [0, inf), default 0 = off: where |g| > clip_norm, g *= clip_norm / |g|. |g| is the Euclidean norm of
 *               the update's gradient, averaged over samples, over those weights and biases of all layers that are not
 *               frozen or masked out (Pascanu et al. 2013; PyTorch's clip_grad_norm_ without the 1e-6 that it adds to
 *               the norm). What a feedback scheme teaches is scaled alike, but is no part of |g|. PLAST_E_NOT_FINITE
 *               when a square in |g| is beyond the number type: nothing is clipped to 0
 *   clip_value  [0, inf), default 0 = off: elements of g are cut to [-clip_value, clip_value]
 *   manhattan   0 (default) or 1: g = sign(g), sign(0) = 0 (batch Manhattan, Liao, Leibo & Poggio 2016)
 *
 * Switching clip_value or manhattan on or off for "sgd" asks for other memory, made by plast_network_prepare or at the
 * next call; inside a progress callback it is refused (PLAST_E_STATE).
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
