/* SPDX-License-Identifier: MIT
 *
 * Sums of absolute weights, by row and by column. Each row adds up in one vector, as in sweep.h, so its sum is the same
 * whatever rows are beside it. */
#ifndef PLAST_KERNELS_SUMS_H
#define PLAST_KERNELS_SUMS_H

#include "kernels.h"
#include "simd.h"

/* `rows` is 1, 4 or 8 */
INLINE void add_lanes(int rows, const vec *sum, real *total)
{
    if (rows == 1) {
        total[0] = v_sum(sum[0]);
    } else {
        v_sum4(sum, total);
        if (rows == 8)
            v_sum4(sum + 4, total + 4);
    }
}

INLINE void sum_rows(int rows, const real *w, int64_t ld, int64_t cols, real *out)
{
    vec sum[8];
    int64_t j = 0;
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
        sum[r] = (vec){ 0 };
    for (; j + LANES <= cols; j += LANES)
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            sum[r] += v_abs(v_load(w + r * ld + j));
    if (j < cols)
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            sum[r] += v_abs(v_load_part(w + r * ld + j, v_lanes(cols - j)));
    add_lanes(rows, sum, out);
}

static void row_sums(const void *wp, int64_t ld, int64_t rows, int64_t cols, void *outp)
{
    const real *w = wp;
    real *out = outp;
    int64_t i = 0;
    for (; i + 8 <= rows; i += 8)
        sum_rows(8, w + i * ld, ld, cols, out + i);
    for (; i + 4 <= rows; i += 4)
        sum_rows(4, w + i * ld, ld, cols, out + i);
    for (; i < rows; i++)
        sum_rows(1, w + i * ld, ld, cols, out + i);
}

/* `rows` is 1 or 4 */
INLINE void add_rows(int rows, const real *w, int64_t ld, int64_t cols, real *out)
{
    int64_t j = 0;
    for (; j < cols; j += LANES) {
        const int whole = j + LANES <= cols;
        lanes part = v_lanes(whole ? 0 : cols - j);
        vec sum = v_load_lanes(out + j, part, whole);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
            sum += v_abs(v_load_lanes(w + r * ld + j, part, whole));
        v_store_lanes(out + j, sum, part, whole);
    }
}

static void column_sums(const void *wp, int64_t ld, int64_t rows, int64_t cols, void *outp)
{
    const real *w = wp;
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4)
        add_rows(4, w + i * ld, ld, cols, outp);
    for (; i < rows; i++)
        add_rows(1, w + i * ld, ld, cols, outp);
}

#endif
