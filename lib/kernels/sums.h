/* SPDX-License-Identifier: MIT
 *
 * Sums of absolute weights, by row and by column. A row has one partial result for the even and one for the odd vectors,
 * so its sum is the same whether four rows are added up side by side or one. */
#ifndef PLAST_KERNELS_SUMS_H
#define PLAST_KERNELS_SUMS_H

#include "kernels.h"
#include "simd.h"

/* `rows` is 1 or 4 */
INLINE void sum_rows(int rows, const real *w, int64_t ld, int64_t cols, real *out)
{
    vec even[4], odd[4];
    int64_t j = 0;
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
        even[r] = odd[r] = (vec){ 0 };
    for (; j + 2 * LANES <= cols; j += 2 * LANES)
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            even[r] += v_abs(v_load(w + r * ld + j));
            odd[r] += v_abs(v_load(w + r * ld + j + LANES));
        }
    for (; j < cols; j += LANES) {
        const int whole = j + LANES <= cols;
        lanes part = v_lanes(whole ? 0 : cols - j);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
            even[r] += v_abs(v_load_lanes(w + r * ld + j, part, whole));
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
        even[r] += odd[r];
    if (rows == 1)
        out[0] = v_sum(even[0]);
    else
        v_sum4(even, out);
}

static void row_sums(const void *wp, int64_t ld, int64_t rows, int64_t cols, void *outp)
{
    const real *w = wp;
    real *out = outp;
    int64_t i = 0;
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
