/* SPDX-License-Identifier: MIT
 *
 * Part of simd.h: 64-byte vectors. */
#ifndef PLAST_KERNELS_SIMD_AVX512_H
#define PLAST_KERNELS_SIMD_AVX512_H

#if PLAST__F64
#define M512(name) _mm512_##name##_pd
typedef __mmask8 lanes;
#else
#define M512(name) _mm512_##name##_ps
typedef __mmask16 lanes;
#endif
typedef lanes vmask;

enum { PROJECT_ROWS = 16 };

INLINE lanes v_lanes(int64_t n)
{
    return (lanes)((1u << n) - 1);
}

INLINE vec v_load_part(const real *p, lanes part)
{
    return (vec)M512(maskz_loadu)(part, p);
}

INLINE void v_store_part(real *p, vec a, lanes part)
{
    M512(mask_storeu)(p, part, a);
}

#if PLAST__F64
INLINE vec v_load_head(const real *p)
{
    return (vec)_mm512_zextpd128_pd512(_mm_loadu_pd(p));
}
#else
INLINE vec v_load_head(const real *p)
{
    return (vec)_mm512_zextps128_ps512(_mm_loadu_ps(p));
}
#endif

INLINE vec v_fma(vec a, vec b, vec c)
{
    return (vec)M512(fmadd)(a, b, c);
}

INLINE vec v_fnma(vec a, vec b, vec c)
{
    return (vec)M512(fnmadd)(a, b, c);
}

INLINE vec v_min(vec a, vec b)
{
    return (vec)M512(min)(a, b);
}

INLINE vec v_max(vec a, vec b)
{
    return (vec)M512(max)(a, b);
}

INLINE vec v_sqrt(vec a)
{
    return (vec)M512(sqrt)(a);
}

INLINE vmask v_less(vec a, vec b)
{
#if PLAST__F64
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
#else
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
#endif
}

INLINE vec v_select(vmask m, vec a, vec b)
{
    return (vec)M512(mask_blend)(m, b, a);
}

INLINE vec16 v_fold(vec a)
{
#if PLAST__F64
    __m256d h = _mm512_castpd512_pd256(a) + _mm512_extractf64x4_pd(a, 1);
    return (vec16)(_mm256_castpd256_pd128(h) + _mm256_extractf128_pd(h, 1));
#else
    __m256 h = _mm512_castps512_ps256(a) + _mm512_extractf32x8_ps(a, 1);
    return (vec16)(_mm256_castps256_ps128(h) + _mm256_extractf128_ps(h, 1));
#endif
}

#endif
