/* SPDX-License-Identifier: MIT
 *
 * exp and log1p on the ranges that activations need. Error bounds are stated where they are used, in activate.h. */
#ifndef PLAST_KERNELS_EXPONENTIAL_H
#define PLAST_KERNELS_EXPONENTIAL_H

#include "simd.h"

/* exp(-a) = scale + scale q: scale = 2^n, q = expm1 of the rest, so that callers can also have expm1. */
typedef struct exp_parts {
    vec scale, q;
} exp_parts;

/* ln 2 in two parts; a product of the high one with any exponent is exact. */
#define LN2_HIGH PICK(0x1.62e4p-1f, 0x1.62e42fefa38p-1)
#define LN2_LOW PICK(0x1.7f7d1cp-20f, 0x1.ef35793c7673p-45)

/* From here on exp(-a) rounds to 0. */
#define EXP_LIMIT PICK(105.0f, 746.0)

/* (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2, near-minimax */
#if PLAST__F64
static const real exp_poly[] = { 0.5000000000000001,    0.16666666666666669,    0.04166666666662399,
                                 0.008333333333330051,  0.0013888888917281794,  0.00019841269863105968,
                                 2.480152119021773e-05, 2.7557268378684192e-06, 2.7620138719733994e-07,
                                 2.5100424157005067e-08 };
#else
static const real exp_poly[] = { 0.5f, 0.1666657685f, 0.04166655444f, 0.008363202972f, 0.001392621347f };
#endif

/* (2 atanh(s) / s - 2) / s^2 as a polynomial in s^2 on [0, 0.04], near-minimax */
#if PLAST__F64
static const real log_poly[] = { 0.6666666666666666,  0.400000000000078,   0.2857142856733919, 0.22222223037807243,
                                 0.18181738454723026, 0.15388834677801916, 0.1321036048513262, 0.13604015707124079 };
#else
static const real log_poly[] = { 0.6666671338f, 0.3997901771f, 0.2995560432f };
#endif

INLINE vec polynomial(const real *c, int terms, vec x)
{
    vec p = v_set1(c[terms - 1]);
#pragma GCC unroll 16
    for (int i = terms - 2; i >= 0; i--)
        p = v_fma(p, x, v_set1(c[i]));
    return p;
}

#define POLYNOMIAL(c, x) polynomial(c, (int)(sizeof(c) / sizeof(c)[0]), x)

/* 2^n for the integer that was rounded into the low bits of `shifted`, down to 0 by way of subnormal numbers. Two
 * factors, because one would need an exponent below the smallest. */
INLINE vec power_of_two(vec n, vec shifted, vec shift)
{
#if PLAST__BYTES == 64
    (void)shifted;
    (void)shift;
    return (vec)M512(scalef)(v_set1(1), n);
#else
    (void)n;
    uvec biased = (uvec)shifted - (uvec)shift + 2 * EXPONENT_BIAS;
    uvec half = biased >> 1;
    return (vec)(half << MANTISSA_BITS) * (vec)((biased - half) << MANTISSA_BITS);
#endif
}

/* exp(-(a + low)) for a >= 0, |low| far below 1. +inf gives 0, NaN gives NaN. */
INLINE exp_parts exp_negative(vec a, vec low)
{
    const vec shift = v_set1(PICK(0x1.8p23f, 0x1.8p52)); /* adding it rounds to an integer */
    a = v_min(v_set1(EXP_LIMIT), a);
    vec shifted = v_fma(a, v_set1(PICK(-1.44269504f, -1.4426950408889634)), shift);
    vec n = shifted - shift;
    vec r = v_fnma(n, v_set1(LN2_HIGH), -a);
    r = v_fnma(n, v_set1(LN2_LOW), r) - low;
    return (exp_parts){ power_of_two(n, shifted, shift), v_fma(r * r, POLYNOMIAL(exp_poly, r), r) };
}

INLINE vec exp_of(exp_parts e)
{
    return v_fma(e.scale, e.q, e.scale);
}

/* exp(-a) - 1, without cancellation */
INLINE vec expm1_of(exp_parts e)
{
    return v_fma(e.scale, e.q, e.scale - 1);
}

/* log(1 + e) for 0 <= e <= 1. Above 1/2 the argument is halved, where e - 1 is still exact. */
INLINE vec log1p_unit(vec e)
{
    vmask small = v_less(e, v_set1(PICK(0.5f, 0.5)));
    vec f = v_select(small, e, (e - 1) * PICK(0.5f, 0.5));
    vec ln2 = v_select(small, (vec){ 0 }, v_set1(PICK(0.693147181f, 0.69314718055994531)));
    vec s = f / (2 + f), s2 = s * s, half_square = f * f * PICK(0.5f, 0.5);
    vec tail = v_fma(s2, POLYNOMIAL(log_poly, s2), half_square);
    return ln2 + (f - v_fnma(s, tail, half_square));
}

/* a b - product, product being a b rounded: what a multiplication lost */
INLINE vec product_error(vec a, vec b, vec product)
{
#if PLAST__BYTES > 16
    return v_fma(a, b, -product);
#else
    const uvec upper = ((uvec){ 0 } - 1) << PICK(12, 27);
    vec ah = (vec)((uvec)a & upper), bh = (vec)((uvec)b & upper);
    vec al = a - ah, bl = b - bh;
    return ((ah * bh - product) + ah * bl + al * bh) + al * bl;
#endif
}

#endif
