/* SPDX-License-Identifier: MIT
 *
 * Vectors of one number type (PLAST__F64: 0 or 1) and one width (PLAST__BYTES: 16, 32 or 64). All loops of this
 * directory are written in these words only. 64 means AVX-512 F, DQ, BW, VL; 32 means AVX2 and FMA; 16 is portable,
 * with SSE2 where the compiler assumes it. */
#ifndef PLAST_KERNELS_SIMD_H
#define PLAST_KERNELS_SIMD_H

#include <stdint.h>

#if PLAST__BYTES > 16 || defined(__SSE2__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

#if PLAST__F64
typedef double real;
typedef int64_t integer;
typedef uint64_t natural;
enum { MANTISSA_BITS = 52, EXPONENT_BIAS = 1023 };
#define PICK(f32, f64) (f64)
#else
typedef float real;
typedef int32_t integer;
typedef uint32_t natural;
enum { MANTISSA_BITS = 23, EXPONENT_BIAS = 127 };
#define PICK(f32, f64) (f32)
#endif

enum { LANES = PLAST__BYTES / (int)sizeof(real) };

typedef real vec __attribute__((vector_size(PLAST__BYTES)));
typedef integer ivec __attribute__((vector_size(PLAST__BYTES)));
typedef natural uvec __attribute__((vector_size(PLAST__BYTES)));
typedef real vec_unaligned __attribute__((vector_size(PLAST__BYTES), aligned(sizeof(real)), may_alias));
typedef real vec16 __attribute__((vector_size(16)));

INLINE vec v_set1(real a)
{
    return a - (vec){ 0 }; /* not 0 + a, which would lose the sign of -0 */
}

INLINE vec v_load(const real *p)
{
    return *(const vec_unaligned *)p;
}

INLINE void v_store(real *p, vec a)
{
    *(vec_unaligned *)p = a;
}

INLINE vec v_abs(vec a)
{
    return (vec)((uvec)a & (((uvec){ 0 } - 1) >> 1));
}

INLINE vec v_copysign(vec magnitude, vec sign)
{
    uvec rest = ((uvec){ 0 } - 1) >> 1;
    return (vec)(((uvec)magnitude & rest) | ((uvec)sign & ~rest));
}

/* The width's own part: `lanes` says which of the first lanes a tail of n < LANES elements has; v_min and v_max give b
 * where a or b is NaN or both are 0; v_select gives a where the mask holds, else b. */
#if PLAST__BYTES == 64
#include "simd_avx512.h"
#elif PLAST__BYTES == 32
#include "simd_avx2.h"
#else
#include "simd_baseline.h"
#endif

/* v_load_head reads 16 bytes; the rest is 0. Unlike a load under a mask, neither waits for the stores before it when it
 * reads what one of them wrote. */
INLINE void v_store_head(real *p, vec a)
{
    __builtin_memcpy(p, &a, sizeof(vec16));
}

INLINE vec v_load_lanes(const real *p, lanes part, int whole)
{
    return whole ? v_load(p) : v_load_part(p, part);
}

INLINE void v_store_lanes(real *p, vec a, lanes part, int whole)
{
    if (whole)
        v_store(p, a);
    else
        v_store_part(p, a, part);
}

/* Sums are halved in the same order whether one row is added up or four side by side, so that a row's result does not
 * depend on how rows are grouped. */
INLINE real v_sum(vec a)
{
    vec16 s = v_fold(a);
#if PLAST__F64
    return s[0] + s[1];
#else
    return (s[0] + s[2]) + (s[1] + s[3]);
#endif
}

INLINE void v_sum4(const vec a[4], real out[4])
{
    vec16 r0 = v_fold(a[0]), r1 = v_fold(a[1]), r2 = v_fold(a[2]), r3 = v_fold(a[3]);
#if PLAST__F64
    vec16 s01 = __builtin_shufflevector(r0, r1, 0, 2) + __builtin_shufflevector(r0, r1, 1, 3);
    vec16 s23 = __builtin_shufflevector(r2, r3, 0, 2) + __builtin_shufflevector(r2, r3, 1, 3);
    __builtin_memcpy(out, &s01, sizeof s01);
    __builtin_memcpy(out + 2, &s23, sizeof s23);
#else
    vec16 h01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5) + __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    vec16 h23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5) + __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    vec16 s = __builtin_shufflevector(h01, h23, 0, 1, 4, 5) + __builtin_shufflevector(h01, h23, 2, 3, 6, 7);
    __builtin_memcpy(out, &s, sizeof s);
#endif
}

#endif
