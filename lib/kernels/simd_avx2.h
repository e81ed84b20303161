/* SPDX-License-Identifier: MIT
 *
 * Part of simd.h: 32-byte vectors. */
#ifndef PLAST_KERNELS_SIMD_AVX2_H
#define PLAST_KERNELS_SIMD_AVX2_H

#if PLAST__F64
#define M256(name) _mm256_##name##_pd
#else
#define M256(name) _mm256_##name##_ps
#endif
typedef __m256i lanes;
typedef vec vmask;

enum { PROJECT_ROWS = 8 };

INLINE lanes v_lanes(int64_t n)
{
#if PLAST__F64
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
#else
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
#endif
}

INLINE vec v_load_part(const real *p, lanes part)
{
    return (vec)M256(maskload)(p, part);
}

INLINE void v_store_part(real *p, vec a, lanes part)
{
    M256(maskstore)(p, part, a);
}

#if PLAST__F64
INLINE vec v_load_head(const real *p)
{
    return (vec)_mm256_zextpd128_pd256(_mm_loadu_pd(p));
}
#else
INLINE vec v_load_head(const real *p)
{
    return (vec)_mm256_zextps128_ps256(_mm_loadu_ps(p));
}
#endif

INLINE vec v_fma(vec a, vec b, vec c)
{
    return (vec)M256(fmadd)(a, b, c);
}

INLINE vec v_fnma(vec a, vec b, vec c)
{
    return (vec)M256(fnmadd)(a, b, c);
}

INLINE vec v_min(vec a, vec b)
{
    return (vec)M256(min)(a, b);
}

INLINE vec v_max(vec a, vec b)
{
    return (vec)M256(max)(a, b);
}

INLINE vec v_sqrt(vec a)
{
    return (vec)M256(sqrt)(a);
}

INLINE vmask v_less(vec a, vec b)
{
    return (vmask)(a < b);
}

INLINE vec v_select(vmask m, vec a, vec b)
{
    return (vec)M256(blendv)(b, a, m);
}

INLINE vec16 v_fold(vec a)
{
#if PLAST__F64
    return (vec16)(_mm256_castpd256_pd128(a) + _mm256_extractf128_pd(a, 1));
#else
    return (vec16)(_mm256_castps256_ps128(a) + _mm256_extractf128_ps(a, 1));
#endif
}

#endif
