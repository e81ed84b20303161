/* SPDX-License-Identifier: MIT
 *
 * Loops over vectors: elementwise operations and reductions. */
#ifndef PLAST_KERNELS_VECTORS_H
#define PLAST_KERNELS_VECTORS_H

#include <math.h>

#include "kernels.h"
#include "simd.h"

typedef vec elementwise(vec a, vec b, vec alpha);

INLINE vec element_multiply(vec a, vec b, vec alpha)
{
    (void)alpha;
    return a * b;
}

INLINE vec element_subtract(vec a, vec b, vec alpha)
{
    (void)alpha;
    return a - b;
}

INLINE vec element_scale(vec a, vec b, vec alpha)
{
    (void)b;
    return alpha * a;
}

INLINE vec element_add_scaled(vec a, vec b, vec alpha)
{
    return v_fma(alpha, a, b);
}

/* alpha where a > 0, -alpha where a < 0, else 0 */
INLINE vec element_sign(vec a, vec b, vec alpha)
{
    const vec zero = { 0 };
    (void)b;
    return v_select(v_less(zero, a), alpha, v_select(v_less(a, zero), -alpha, zero));
}

INLINE vec element_sign_times(vec a, vec b, vec alpha)
{
    return v_abs(b) * element_sign(a, b, alpha);
}

INLINE void map(elementwise *f, int64_t n, vec alpha, const real *a, const real *b, real *out)
{
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        v_store(out + j, f(v_load(a + j), v_load(b + j), alpha));
    if (j < n) {
        lanes part = v_lanes(n - j);
        v_store_part(out + j, f(v_load_part(a + j, part), v_load_part(b + j, part), alpha), part);
    }
}

static void multiply(int64_t n, const void *a, const void *b, void *out)
{
    map(element_multiply, n, (vec){ 0 }, a, b, out);
}

static void subtract(int64_t n, const void *a, const void *b, void *out)
{
    map(element_subtract, n, (vec){ 0 }, a, b, out);
}

static void scale(int64_t n, double alpha, const void *a, void *out)
{
    map(element_scale, n, v_set1((real)alpha), a, a, out);
}

static void add_scaled(int64_t n, double alpha, const void *a, void *out)
{
    map(element_add_scaled, n, v_set1((real)alpha), a, out, out);
}

/* Doubled after the division: so nothing overflows. */
INLINE vec relative_to(vec a, vec largest, vec low)
{
    vec share = a / largest;
    return v_max(share + share, low);
}

static void relative(int64_t n, double largest, double low, const void *ap, void *out)
{
    const real *a = ap;
    real *to = out;
    const vec divisor = v_set1((real)largest), least = v_set1((real)low);
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        v_store(to + j, relative_to(v_load(a + j), divisor, least));
    if (j < n) {
        lanes part = v_lanes(n - j);
        v_store_part(to + j, relative_to(v_load_part(a + j, part), divisor, least), part);
    }
}

static void sign(int64_t n, double alpha, const void *a, const void *magnitude, void *out)
{
    if (magnitude)
        map(element_sign_times, n, v_set1((real)alpha), a, magnitude, out);
    else
        map(element_sign, n, v_set1((real)alpha), a, a, out);
}

static void clamp(int64_t n, double low, double high, const void *ap, void *out)
{
    const real *a = ap;
    real *to = out;
    const vec least = v_set1((real)low), most = v_set1((real)high);
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        v_store(to + j, v_max(v_min(v_load(a + j), most), least));
    if (j < n) {
        lanes part = v_lanes(n - j);
        v_store_part(to + j, v_max(v_min(v_load_part(a + j, part), most), least), part);
    }
}

static void limit(int64_t n, const void *lowp, const void *highp, const void *ap, void *out)
{
    const real *low = lowp, *high = highp, *a = ap;
    real *to = out;
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        v_store(to + j, v_max(v_min(v_load(a + j), v_load(high + j)), v_load(low + j)));
    if (j < n) {
        lanes part = v_lanes(n - j);
        v_store_part(to + j,
                     v_max(v_min(v_load_part(a + j, part), v_load_part(high + j, part)), v_load_part(low + j, part)),
                     part);
    }
}

/* Reductions keep four partial results: one would wait for itself at every step. */
static double dot(int64_t n, const void *ap, const void *bp)
{
    const real *a = ap, *b = bp;
    vec sum[4] = { 0 };
    int64_t j = 0;
    for (; j + 4 * LANES <= n; j += 4 * LANES)
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++)
            sum[k] = v_fma(v_load(a + j + k * LANES), v_load(b + j + k * LANES), sum[k]);
    for (; j + LANES <= n; j += LANES)
        sum[0] = v_fma(v_load(a + j), v_load(b + j), sum[0]);
    if (j < n) {
        lanes part = v_lanes(n - j);
        sum[1] = v_fma(v_load_part(a + j, part), v_load_part(b + j, part), sum[1]);
    }
    return (double)v_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* Adding one to the exponent of an absolute value carries into the sign only if the exponent was all ones: infinite or
 * NaN. */
INLINE void max_abs_step(vec x, vec *most, uvec *carry)
{
    vec a = v_abs(x);
    *carry |= (uvec)a + ((natural)1 << MANTISSA_BITS);
    *most = v_max(a, *most);
}

static double max_abs(int64_t n, const void *xp)
{
    const real *x = xp;
    vec most[4] = { 0 };
    uvec carry[4] = { 0 };
    int64_t j = 0;
    for (; j + 4 * LANES <= n; j += 4 * LANES)
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++)
            max_abs_step(v_load(x + j + k * LANES), &most[k], &carry[k]);
    for (; j + LANES <= n; j += LANES)
        max_abs_step(v_load(x + j), &most[0], &carry[0]);
    if (j < n)
        max_abs_step(v_load_part(x + j, v_lanes(n - j)), &most[1], &carry[1]);
    vec all = v_max(v_max(most[0], most[1]), v_max(most[2], most[3]));
    ivec carries = (ivec)((carry[0] | carry[1]) | (carry[2] | carry[3]));
    real top = 0;
    integer bad = 0;
    for (int i = 0; i < LANES; i++) {
        top = all[i] > top ? all[i] : top;
        bad |= carries[i];
    }
    return bad < 0 ? (double)INFINITY : (double)top;
}

#endif
