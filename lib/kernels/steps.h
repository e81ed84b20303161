/* SPDX-License-Identifier: MIT
 *
 * Loops of optimizers that keep moments. */
#ifndef PLAST_KERNELS_STEPS_H
#define PLAST_KERNELS_STEPS_H

#include "kernels.h"
#include "simd.h"

/* The step for a gradient g; moments are updated in place. */
typedef vec stepper(const vec *c, vec g, vec *moment);

enum { MOST_MOMENTS = 2 };

INLINE void step_all(stepper *f, const vec *c, int moments, int64_t n, const real *g, real *const *moment, real *delta)
{
    vec m[MOST_MOMENTS];
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        for (int k = 0; k < moments; k++)
            m[k] = v_load(moment[k] + j);
        v_store(delta + j, f(c, v_load(g + j), m));
        for (int k = 0; k < moments; k++)
            v_store(moment[k] + j, m[k]);
    }
    if (j < n) {
        lanes part = v_lanes(n - j);
        for (int k = 0; k < moments; k++)
            m[k] = v_load_part(moment[k] + j, part);
        v_store_part(delta + j, f(c, v_load_part(g + j, part), m), part);
        for (int k = 0; k < moments; k++)
            v_store_part(moment[k] + j, m[k], part);
    }
}

enum { ADAM_RATE, ADAM_BETA1, ADAM_REST1, ADAM_BETA2, ADAM_REST2, ADAM_EPSILON, ADAM_CORRECTION1, ADAM_CORRECTION2 };

INLINE vec adam_step(const vec *c, vec g, vec *m)
{
    m[0] = v_fma(c[ADAM_BETA1], m[0], c[ADAM_REST1] * g);
    m[1] = v_fma(c[ADAM_BETA2], m[1], c[ADAM_REST2] * g * g);
    return c[ADAM_RATE] * (m[0] * c[ADAM_CORRECTION1]) / (v_sqrt(m[1] * c[ADAM_CORRECTION2]) + c[ADAM_EPSILON]);
}

static void adam(int64_t n, const plast__adam *c, const void *g, void *m, void *v, void *delta)
{
    const vec k[] = {
        [ADAM_RATE] = v_set1((real)-c->rate),
        [ADAM_BETA1] = v_set1((real)c->beta1),
        [ADAM_REST1] = v_set1((real)(1 - c->beta1)),
        [ADAM_BETA2] = v_set1((real)c->beta2),
        [ADAM_REST2] = v_set1((real)(1 - c->beta2)),
        [ADAM_EPSILON] = v_set1((real)c->epsilon),
        [ADAM_CORRECTION1] = v_set1((real)c->correction1),
        [ADAM_CORRECTION2] = v_set1((real)c->correction2),
    };
    step_all(adam_step, k, 2, n, g, (real *const[]){ m, v }, delta);
}

enum { MOMENTUM_RATE, MOMENTUM_MU, MOMENTUM_OF_G, MOMENTUM_OF_M };

INLINE vec momentum_step(const vec *c, vec g, vec *m)
{
    m[0] = v_fma(c[MOMENTUM_MU], m[0], g);
    return c[MOMENTUM_RATE] * v_fma(c[MOMENTUM_OF_M], m[0], c[MOMENTUM_OF_G] * g);
}

static void momentum(int64_t n, const plast__momentum *c, const void *g, void *m, void *delta)
{
    const vec k[] = {
        [MOMENTUM_RATE] = v_set1((real)-c->rate),
        [MOMENTUM_MU] = v_set1((real)c->mu),
        [MOMENTUM_OF_G] = v_set1((real)c->of_gradient),
        [MOMENTUM_OF_M] = v_set1((real)c->of_moment),
    };
    step_all(momentum_step, k, 1, n, g, (real *const[]){ m }, delta);
}

enum { RMSPROP_RATE, RMSPROP_ALPHA, RMSPROP_REST, RMSPROP_EPSILON };

INLINE vec rmsprop_step(const vec *c, vec g, vec *v)
{
    v[0] = v_fma(c[RMSPROP_ALPHA], v[0], c[RMSPROP_REST] * g * g);
    return c[RMSPROP_RATE] * g / (v_sqrt(v[0]) + c[RMSPROP_EPSILON]);
}

static void rmsprop(int64_t n, const plast__rmsprop *c, const void *g, void *v, void *delta)
{
    const vec k[] = {
        [RMSPROP_RATE] = v_set1((real)-c->rate),
        [RMSPROP_ALPHA] = v_set1((real)c->alpha),
        [RMSPROP_REST] = v_set1((real)(1 - c->alpha)),
        [RMSPROP_EPSILON] = v_set1((real)c->epsilon),
    };
    step_all(rmsprop_step, k, 1, n, g, (real *const[]){ v }, delta);
}

#endif
