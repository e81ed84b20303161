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

/* Narrow matrices: a few columns stay in registers while all rows go by, which reads memory in order. */
INLINE void project_down(int columns, const real *w, int64_t ld, int64_t rows, const real *y, real *out, lanes part,
                         int whole)
{
    vec sum[8];
#pragma GCC unroll 8
    for (int c = 0; c < columns; c++)
        sum[c] = v_load_lanes(out + c * LANES, part, whole);
    for (int64_t i = 0; i < rows; i++) {
        const vec yi = v_set1(y[i]);
#pragma GCC unroll 8
        for (int c = 0; c < columns; c++)
            sum[c] = v_fma(yi, v_load_lanes(w + i * ld + c * LANES, part, whole), sum[c]);
    }
#pragma GCC unroll 8
    for (int c = 0; c < columns; c++)
        v_store_lanes(out + c * LANES, sum[c], part, whole);
}

#define PROJECT_DOWN(columns)                                                                                          \
    case columns:                                                                                                      \
        project_down(columns, w, ld, rows, y, out, v_lanes(0), 1);                                                     \
        break;

static void project_narrow(const real *w, int64_t ld, int64_t rows, int64_t cols, const real *y, real *out)
{
    for (; cols >= 8 * LANES; w += 8 * LANES, out += 8 * LANES, cols -= 8 * LANES)
        project_down(8, w, ld, rows, y, out, v_lanes(0), 1);
    const int64_t whole = cols / LANES, rest = cols % LANES;
    switch (whole) {
        PROJECT_DOWN(1)
        PROJECT_DOWN(2)
        PROJECT_DOWN(3)
        PROJECT_DOWN(4)
        PROJECT_DOWN(5)
        PROJECT_DOWN(6)
        PROJECT_DOWN(7)
    default:
        break;
    }
    if (rest > 0)
        project_down(1, w + whole * LANES, ld, rows, y, out + whole * LANES, v_lanes(rest), 0);
}

static void project_wide(const real *w, int64_t ld, int64_t rows, int64_t cols, const real *y, real *out)
{
    int64_t i = 0;
    for (; i + PROJECT_ROWS <= rows; i += PROJECT_ROWS)
        project_rows(PROJECT_ROWS, w + i * ld, ld, cols, y + i, out);
    for (; i + 4 <= rows; i += 4)
        project_rows(4, w + i * ld, ld, cols, y + i, out);
    for (; i < rows; i++)
        project_rows(1, w + i * ld, ld, cols, y + i, out);
}

static void project(const void *w, int64_t ld, int64_t rows, int64_t cols, const void *y, void *out)
{
    if (cols <= 16 * LANES)
        project_narrow(w, ld, rows, cols, y, out);
    else
        project_wide(w, ld, rows, cols, y, out);
}

#endif
