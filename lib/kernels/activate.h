/* SPDX-License-Identifier: MIT
 *
 * Activations with their slopes, and softmax. */
#ifndef PLAST_KERNELS_ACTIVATE_H
#define PLAST_KERNELS_ACTIVATE_H

#include <math.h>

#include <plasticity/network.h>

#include "exponential.h"
#include "vectors.h"

/* y = f(z); *slope = f'(z). `a` and `b` are what the function needs of its parameter. */
typedef vec activation(vec z, vec *slope, vec a, vec b);

INLINE vec activate_linear(vec z, vec *slope, vec a, vec b)
{
    (void)a;
    (void)b;
    *slope = v_set1(1);
    return z;
}

INLINE vec activate_relu(vec z, vec *slope, vec a, vec b)
{
    (void)a;
    (void)b;
    *slope = v_select(v_less((vec){ 0 }, z), v_set1(1), (vec){ 0 });
    return v_max((vec){ 0 }, z);
}

/* max(z, 0) + log1p(exp(-|beta z|)) / beta. The rounding of beta z is fed back into the exponential: it would cost 40
 * ulp where y is small. */
INLINE vec activate_softplus(vec z, vec *slope, vec beta, vec inverse)
{
    vec size = v_abs(z), a = beta * size;
    vec low = v_select(v_less(a, v_set1(EXP_LIMIT)), product_error(beta, size, a), (vec){ 0 });
    vec e = exp_of(exp_negative(a, low));
    vec d = 1 / (1 + e);
    *slope = v_select(v_less(z, (vec){ 0 }), e * d, d);
    return v_fma(log1p_unit(e), inverse, v_max((vec){ 0 }, z));
}

INLINE vec activate_sigmoid(vec z, vec *slope, vec a, vec b)
{
    (void)a;
    (void)b;
    vec e = exp_of(exp_negative(v_abs(z), (vec){ 0 }));
    vec d = 1 / (1 + e), small = e * d;
    *slope = v_fnma(small, small, small);
    return v_select(v_less(z, (vec){ 0 }), small, d);
}

/* With t = expm1(-2 |z|): |y| = -t / (2 + t), and 1 - y^2 = 4 (p - p^2) with p = (1 + t) / (2 + t), which does not
 * cancel. */
INLINE vec activate_tanh(vec z, vec *slope, vec a, vec b)
{
    (void)a;
    (void)b;
    exp_parts e = exp_negative(2 * v_abs(z), (vec){ 0 });
    vec t = v_fma(e.scale, e.q, e.scale - 1);
    vec d = 1 / (2 + t), p = exp_of(e) * d;
    *slope = 4 * v_fnma(p, p, p);
    return v_copysign(t * d, z);
}

enum { HEAD = (int)(sizeof(vec16) / sizeof(real)) };

INLINE void activate_each(activation *f, int64_t n, const real *z, real *y, real *slope, vec a, vec b)
{
    vec s;
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        v_store(y + j, f(v_load(z + j), &s, a, b));
        if (slope)
            v_store(slope + j, s);
    }
    if (n - j == HEAD) { /* the rows of a block, often */
        v_store_head(y + j, f(v_load_head(z + j), &s, a, b));
        if (slope)
            v_store_head(slope + j, s);
    } else if (j < n) {
        lanes part = v_lanes(n - j);
        v_store_part(y + j, f(v_load_part(z + j, part), &s, a, b), part);
        if (slope)
            v_store_part(slope + j, s, part);
    }
}

/* Errors against long double, all levels and both number types, in ulp of the exact result (below the smallest normal
 * number: of that number; softplus: of that number / min(beta, 1)):
 *
 *             y     slope
 *   softplus  3.2   3.0
 *   tanh      3.3   3.9
 *   sigmoid   2.8   3.4
 *
 * measured 3.0, 2.8; 3.2, 3.8; 2.7, 3.2. linear and relu are exact. */
static void activate(int32_t function, double param, int64_t n, const void *z, void *y, void *slope)
{
    const vec none = { 0 };
    switch (function) {
    case PLAST_SOFTPLUS: {
        real beta = (real)param;
        activate_each(activate_softplus, n, z, y, slope, v_set1(beta), v_set1(1 / beta));
        break;
    }
    case PLAST_RELU:
        activate_each(activate_relu, n, z, y, slope, none, none);
        break;
    case PLAST_TANH:
        activate_each(activate_tanh, n, z, y, slope, none, none);
        break;
    case PLAST_SIGMOID:
        activate_each(activate_sigmoid, n, z, y, slope, none, none);
        break;
    default:
        activate_each(activate_linear, n, z, y, slope, none, none);
    }
}

INLINE real largest(int64_t n, const real *z)
{
    vec m = v_set1(z[0]);
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        m = v_max(m, v_load(z + j));
    real top = m[0];
    for (int i = 1; i < LANES; i++)
        top = m[i] > top ? m[i] : top;
    for (; j < n; j++)
        top = z[j] > top ? z[j] : top;
    return top;
}

static double softmax(int64_t n, const void *zp, void *yp)
{
    const real *z = zp;
    real *y = yp;
    real top = largest(n, z);
    vec tops = v_set1(top), sum = { 0 }, zeros = { 0 };
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        vec a = v_load(z + j), e = exp_of(exp_negative(tops - a, (vec){ 0 }));
        v_store(y + j, e);
        sum += e;
        zeros = v_fma(a, (vec){ 0 }, zeros);
    }
    if (j < n) {
        lanes part = v_lanes(n - j);
        vec a = v_load_part(z + j, part);
        v_store_part(y + j, exp_of(exp_negative(tops - a, (vec){ 0 })), part);
        sum += v_load_part(y + j, part);
        zeros = v_fma(a, (vec){ 0 }, zeros);
    }
    /* An input that is not finite made its lane of `zeros` NaN: it spoils all outputs. */
    real total = v_sum(sum + zeros);
    scale(n, 1 / (double)total, y, y);
    return (double)top + log((double)total);
}

#endif
