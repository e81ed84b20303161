/* SPDX-License-Identifier: MIT
 *
 * The transposed product. An element of `out` takes its rows one by one in ascending order, so cutting the rows into
 * several calls, anywhere, gives the same bits. */
#ifndef PLAST_KERNELS_PROJECT_H
#define PLAST_KERNELS_PROJECT_H

#include "simd.h"

/* `columns` vectors side by side: the rows of one wait for each other */
INLINE void project_columns(int rows, int columns, const real *w, int64_t ld, const vec *y, real *out, lanes part,
                            int whole)
{
    vec sum[4];
#pragma GCC unroll 4
    for (int c = 0; c < columns; c++)
        sum[c] = v_load_lanes(out + c * LANES, part, whole);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int c = 0; c < columns; c++)
            sum[c] = v_fma(y[r], v_load_lanes(w + r * ld + c * LANES, part, whole), sum[c]);
#pragma GCC unroll 4
    for (int c = 0; c < columns; c++)
        v_store_lanes(out + c * LANES, sum[c], part, whole);
}

INLINE void project_rows(int rows, const real *w, int64_t ld, int64_t cols, const real *y, real *out)
{
    vec scale[PROJECT_ROWS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        scale[r] = v_set1(y[r]);
    int64_t j = 0;
    for (; j + 2 * LANES <= cols; j += 2 * LANES)
        project_columns(rows, 2, w + j, ld, scale, out + j, v_lanes(0), 1);
    for (; j + LANES <= cols; j += LANES)
        project_columns(rows, 1, w + j, ld, scale, out + j, v_lanes(0), 1);
    if (j < cols)
        project_columns(rows, 1, w + j, ld, scale, out + j, v_lanes(cols - j), 0);
}

static void project(const void *wp, int64_t ld, int64_t rows, int64_t cols, const void *yp, void *out)
{
    const real *w = wp, *y = yp;
    int64_t i = 0;
    for (; i + PROJECT_ROWS <= rows; i += PROJECT_ROWS)
        project_rows(PROJECT_ROWS, w + i * ld, ld, cols, y + i, out);
    for (; i + 4 <= rows; i += 4)
        project_rows(4, w + i * ld, ld, cols, y + i, out);
    for (; i < rows; i++)
        project_rows(1, w + i * ld, ld, cols, y + i, out);
}

#endif
