/* SPDX-License-Identifier: MIT
 *
 * Products of a few rows with a matrix that stays in the caches: the steps of recurrent layers, where a general product
 * spends much of its time on preparing. */
#ifndef PLAST_KERNELS_PRODUCT_H
#define PLAST_KERNELS_PRODUCT_H

#include "kernels.h"
#include "simd.h"

enum { PRODUCT_ROWS = PLAST__BYTES == 64 ? 8 : 4, PRODUCT_VECTORS = 2 };

/* A tile of c, in registers over the whole inner length. Of a vector that is not whole, `part` says
 * which lanes. */
INLINE void product_tile(const plast__few_rows *s, int64_t first, int64_t j, const int rows, const int vectors,
                         const lanes part, const int whole)
{
    const real *a = (const real *)s->a + first * s->lda, *b = (const real *)s->b + j;
    real *c = (real *)s->c + first * s->ldc + j;
    vec sum[PRODUCT_ROWS][PRODUCT_VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++)
            sum[i][k] = !s->add ? (vec){ 0 } : v_load_lanes(c + i * s->ldc + k * LANES, part, whole);
    for (int64_t l = 0; l < s->inner; l++, b += s->ldb) {
        vec row[PRODUCT_VECTORS];
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++)
            row[k] = v_load_lanes(b + k * LANES, part, whole);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
            for (int k = 0; k < vectors; k++)
                sum[i][k] = v_fma(v_set1(a[i * s->lda + l]), row[k], sum[i][k]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++)
            v_store_lanes(c + i * s->ldc + k * LANES, sum[i][k], part, whole);
}

INLINE void product_columns(const plast__few_rows *s, int64_t j, const int vectors, const lanes part, const int whole)
{
    int64_t i = 0;
    for (; i + PRODUCT_ROWS <= s->rows; i += PRODUCT_ROWS)
        product_tile(s, i, j, PRODUCT_ROWS, vectors, part, whole);
    for (; i + 2 <= s->rows; i += 2)
        product_tile(s, i, j, 2, vectors, part, whole);
    if (i < s->rows)
        product_tile(s, i, j, 1, vectors, part, whole);
}

static void product(const plast__few_rows *s)
{
    int64_t j = 0;
    for (; j + PRODUCT_VECTORS * LANES <= s->cols; j += PRODUCT_VECTORS * LANES)
        product_columns(s, j, PRODUCT_VECTORS, v_lanes(0), 1);
    for (; j + LANES <= s->cols; j += LANES)
        product_columns(s, j, 1, v_lanes(0), 1);
    if (j < s->cols) {
        const lanes part = v_lanes(s->cols - j);
        product_columns(s, j, 1, part, 0);
    }
}

#endif
