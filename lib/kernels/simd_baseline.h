/* SPDX-License-Identifier: MIT
 *
 * Part of simd.h: 16-byte vectors for any CPU. "Fused" operations round twice here. */
#ifndef PLAST_KERNELS_SIMD_BASELINE_H
#define PLAST_KERNELS_SIMD_BASELINE_H

typedef int64_t lanes;
typedef ivec vmask;

enum { PROJECT_ROWS = 4 };

INLINE lanes v_lanes(int64_t n)
{
    return n;
}

INLINE vec v_load_part(const real *p, lanes part)
{
    vec a = { 0 };
#if !PLAST__F64
    if (part > 2)
        a[2] = p[2];
    if (part > 1)
        a[1] = p[1];
#endif
    if (part > 0)
        a[0] = p[0];
    return a;
}

INLINE void v_store_part(real *p, vec a, lanes part)
{
    if (part > 0)
        p[0] = a[0];
#if !PLAST__F64
    if (part > 1)
        p[1] = a[1];
    if (part > 2)
        p[2] = a[2];
#endif
}

INLINE vec v_load_head(const real *p)
{
    return v_load(p);
}

INLINE vec v_fma(vec a, vec b, vec c)
{
    return a * b + c;
}

INLINE vec v_fnma(vec a, vec b, vec c)
{
    return c - a * b;
}

INLINE vmask v_less(vec a, vec b)
{
    return a < b;
}

INLINE vec v_select(vmask m, vec a, vec b)
{
    return (vec)(((ivec)a & m) | ((ivec)b & ~m));
}

#if defined(__SSE2__)
#if PLAST__F64
#define M128(name) _mm_##name##_pd
#else
#define M128(name) _mm_##name##_ps
#endif

INLINE vec v_min(vec a, vec b)
{
    return (vec)M128(min)(a, b);
}

INLINE vec v_max(vec a, vec b)
{
    return (vec)M128(max)(a, b);
}

INLINE vec v_sqrt(vec a)
{
    return (vec)M128(sqrt)(a);
}
#else
INLINE vec v_min(vec a, vec b)
{
    return v_select(a < b, a, b);
}

INLINE vec v_max(vec a, vec b)
{
    return v_select(a > b, a, b);
}

INLINE vec v_sqrt(vec a)
{
    for (int i = 0; i < LANES; i++)
        a[i] = PICK(__builtin_sqrtf, __builtin_sqrt)(a[i]);
    return a;
}
#endif

INLINE vec16 v_fold(vec a)
{
    return a;
}

#endif
