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

/* tanh of a / 2 with the sign of z, a + low = 2 |argument|. With t = expm1(-a): |y| = -t / (2 + t), and 1 - y^2 =
 * 4 (p - p^2) with p = (1 + t) / (2 + t), which does not cancel. */
INLINE vec tanh_half(vec a, vec low, vec z, vec *slope)
{
    exp_parts e = exp_negative(a, low);
    vec t = expm1_of(e);
    vec d = 1 / (2 + t), p = exp_of(e) * d;
    *slope = 4 * v_fnma(p, p, p);
    return v_copysign(t * d, z);
}

INLINE vec activate_tanh(vec z, vec *slope, vec a, vec b)
{
    (void)a;
    (void)b;
    return tanh_half(2 * v_abs(z), (vec){ 0 }, z, slope);
}

/* 4/3 |z| is fed in with the rounding of the product and of 4/3: they would cost 90 ulp of a small slope. */
INLINE vec activate_scaled_tanh(vec z, vec *slope, vec a, vec b)
{
    (void)a;
    (void)b;
    const vec factor = v_set1(PICK(1.33333337f, 1.3333333333333333)); /* 4/3 */
    const vec rest = v_set1(PICK(-0x1.555556p-25f, 0x1.5555555555555p-54));
    vec size = v_abs(z), twice = factor * size;
    vec low = v_fma(rest, size, product_error(factor, size, twice));
    low = v_select(v_less(twice, v_set1(EXP_LIMIT)), low, (vec){ 0 });
    vec y = v_set1((real)1.7159) * tanh_half(twice, low, z, slope);
    *slope *= v_set1((real)(1.7159 * 2 / 3));
    return y;
}

INLINE vec activate_rectified_tanh(vec z, vec *slope, vec a, vec b)
{
    vec y = activate_tanh(z, slope, a, b);
    *slope = v_select(v_less((vec){ 0 }, z), *slope, (vec){ 0 });
    return v_max((vec){ 0 }, y);
}

INLINE vec activate_leaky_relu(vec z, vec *slope, vec below, vec b)
{
    (void)b;
    vmask above = v_less((vec){ 0 }, z);
    *slope = v_select(above, v_set1(1), below);
    return v_select(above, z, below * z);
}

INLINE vec activate_elu(vec z, vec *slope, vec alpha, vec b)
{
    (void)b;
    vmask above = v_less((vec){ 0 }, z);
    exp_parts e = exp_negative(v_abs(z), (vec){ 0 });
    *slope = v_select(above, v_set1(1), alpha * exp_of(e));
    return v_select(above, z, alpha * expm1_of(e));
}

/* z + 3 is exact where y is small; z / 6 + 1/2 would cancel there. */
INLINE vec activate_hard_sigmoid(vec z, vec *slope, vec a, vec b)
{
    (void)a;
    (void)b;
    const vec sixth = v_set1((real)(1.0 / 6));
    *slope = v_select(v_less(v_abs(z), v_set1(3)), sixth, (vec){ 0 });
    return v_min(v_set1(1), v_max((vec){ 0 }, (z + 3) * sixth));
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
 * number: of that number; softplus: of that number / min(beta, 1); elu: of that number * max(alpha, 1)):
 *
 *                   y     slope
 *   softplus        3.2   3.0
 *   tanh            3.4   4.1
 *   sigmoid         2.9   3.6
 *   leaky relu      0.5   0
 *   elu             2.1   2.0
 *   scaled tanh     4.7   4.7
 *   rectified tanh  3.4   4.1
 *   hard sigmoid    1.5   0.5
 *
 * measured 3.0, 2.9; 3.3, 4.0; 2.9, 3.4; 0.5, 0; 1.9, 1.8; 4.5, 4.4; 3.2, 3.8; 1.4, 0.4. linear and relu are exact. */
static void activate(int32_t function, double param, int64_t n, const void *z, void *y, void *slope)
{
    const vec none = { 0 };
    const real p = (real)param;
    switch (function) {
    case PLAST_SOFTPLUS:
        activate_each(activate_softplus, n, z, y, slope, v_set1(p), v_set1(1 / p));
        break;
    case PLAST_RELU:
        activate_each(activate_relu, n, z, y, slope, none, none);
        break;
    case PLAST_TANH:
        activate_each(activate_tanh, n, z, y, slope, none, none);
        break;
    case PLAST_SIGMOID:
        activate_each(activate_sigmoid, n, z, y, slope, none, none);
        break;
    case PLAST_LEAKY_RELU:
        activate_each(activate_leaky_relu, n, z, y, slope, v_set1(p), none);
        break;
    case PLAST_ELU:
        activate_each(activate_elu, n, z, y, slope, v_set1(p), none);
        break;
    case PLAST_SCALED_TANH:
        activate_each(activate_scaled_tanh, n, z, y, slope, none, none);
        break;
    case PLAST_RECTIFIED_TANH:
        activate_each(activate_rectified_tanh, n, z, y, slope, none, none);
        break;
    case PLAST_HARD_SIGMOID:
        activate_each(activate_hard_sigmoid, n, z, y, slope, none, none);
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

/* In one vector; its lanes behind n take no part. */
INLINE void softmax_of_few(int64_t n, const real *z, real *y)
{
    static const real ones[16] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    const lanes part = v_lanes(n);
    const vec a = v_load_part(z, part), in = v_load_part(ones, part);
    real top = z[0];
    for (int64_t j = 1; j < n; j++)
        top = z[j] > top ? z[j] : top;
    const vec e = in * exp_of(exp_negative(in * (v_set1(top) - a), (vec){ 0 }));
    const real total = v_sum(v_fma(a, (vec){ 0 }, e)); /* NaN where an input is not finite */
    v_store_part(y, e * v_set1((real)(1 / (double)total)), part);
}

static void softmax(int64_t n, const void *zp, void *yp)
{
    const real *z = zp;
    real *y = yp;
    if (n < LANES) {
        softmax_of_few(n, z, y);
        return;
    }
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
}

#endif
