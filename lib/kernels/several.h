/* SPDX-License-Identifier: MIT
 *
 * Several vectors in one pass over a matrix. Each sum is added up as sweep.h adds up that of its single vector, so the
 * bits are the same. */
#ifndef PLAST_KERNELS_SEVERAL_H
#define PLAST_KERNELS_SEVERAL_H

#include "kernels.h"
#include "simd.h"
#include "sums.h"
#include "sweep.h"

enum { SEVERAL_ROWS = 4 };

INLINE void several_column(const plast__several *s, const int rows, const int count, const real *w, int64_t j,
                           vec sum[][SEVERAL_ROWS], lanes part, int whole)
{
    vec x[PLAST__SEVERAL];
#pragma GCC unroll 4
    for (int k = 0; k < count; k++)
        x[k] = v_load_lanes((const real *)s->x[k] + j, part, whole);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        const vec row = v_load_lanes(w + r * s->ld + j, part, whole);
#pragma GCC unroll 4
        for (int k = 0; k < count; k++)
            sum[k][r] = v_fma(row, x[k], sum[k][r]);
    }
}

/* Rows i .. i + rows - 1; `rows` is 1 or SEVERAL_ROWS */
INLINE void several_rows(const plast__several *s, const int rows, const int count, int64_t i)
{
    const real *w = (const real *)s->w + i * s->ld;
    vec sum[PLAST__SEVERAL][SEVERAL_ROWS];
    int64_t j = 0;
#pragma GCC unroll 4
    for (int k = 0; k < count; k++)
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
            sum[k][r] = (vec){ 0 };
    for (; j + LANES <= s->cols; j += LANES)
        several_column(s, rows, count, w, j, sum, v_lanes(0), 1);
    if (j < s->cols)
        several_column(s, rows, count, w, j, sum, v_lanes(s->cols - j), 0);
#pragma GCC unroll 4
    for (int k = 0; k < count; k++)
        store_sums(s->bias[k], s->z[k], rows, sum[k], i);
}

INLINE void several_pass(const plast__several *s, const int count)
{
    const int apart = s->cols * (int64_t)sizeof(real) >= LONG_ROW;
    int64_t i = 0;
    for (; !apart && i + SEVERAL_ROWS <= s->rows; i += SEVERAL_ROWS)
        several_rows(s, SEVERAL_ROWS, count, i);
    for (; i < s->rows; i++)
        several_rows(s, 1, count, i);
}

static void several(const plast__several *s)
{
    switch (s->count) {
    case 1:
        several_pass(s, 1);
        break;
    case 2:
        several_pass(s, 2);
        break;
    case 3:
        several_pass(s, 3);
        break;
    case 4:
        several_pass(s, 4);
        break;
    default:
        break;
    }
}

#endif
