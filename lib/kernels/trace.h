/* SPDX-License-Identifier: MIT
 *
 * Eligibility traces. A tile of some rows and vectors stays in registers over all steps of a sequence, and its gradient
 * over all sequences. Folding the steps first leaves two products for each of them, not three. */
#ifndef PLAST_KERNELS_TRACE_H
#define PLAST_KERNELS_TRACE_H

#include "kernels.h"
#include "simd.h"

enum { TRACE_ROWS = 4, TRACE_VECTORS = PLAST__BYTES == 64 ? 2 : 1 };

INLINE void fold_vector(const plast__folding *f, int64_t j, const lanes part, const int whole)
{
    const vec decay = v_load_lanes((const real *)f->decay + j, part, whole);
    const vec gain = v_load_lanes((const real *)f->gain + j, part, whole);
    const vec kept = v_load_lanes((real *)f->kept + j, part, whole);
    const vec all =
        v_load_lanes((real *)f->first + j, part, whole) + v_load_lanes((const real *)f->signal + j, part, whole);
    v_store_lanes((real *)f->late + j, gain * kept, part, whole);
    v_store_lanes((real *)f->credit + j, gain * all, part, whole);
    v_store_lanes((real *)f->kept + j, decay * kept, part, whole);
    v_store_lanes((real *)f->first + j, decay * all, part, whole);
}

static void fold(const plast__folding *f)
{
    int64_t j = 0;
    for (; j + LANES <= f->n; j += LANES)
        fold_vector(f, j, v_lanes(0), 1);
    if (j < f->n)
        fold_vector(f, j, v_lanes(f->n - j), 0);
}

/* All steps of one sequence. `at` = its first number of each rate. Of a vector that is not whole, `part` says which
 * lanes. */
INLINE void trace_steps(const plast__tracing *t, int64_t at, const real *x, const int rows, const int vectors,
                        const lanes part, const int whole, vec p[TRACE_ROWS][TRACE_VECTORS],
                        vec g[TRACE_ROWS][TRACE_VECTORS])
{
    const real *late = (const real *)t->late + at, *credit = (const real *)t->credit + at;
    const int64_t next = t->next, next_x = t->sequences * t->ld;
    for (int64_t step = 0; step < t->steps; step++) {
        vec seen[TRACE_VECTORS];
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++)
            seen[k] = v_load_lanes(x + k * LANES, part, whole);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
            for (int k = 0; k < vectors; k++) {
                p[i][k] = v_fma(v_set1(late[i]), seen[k], p[i][k]);
                g[i][k] = v_fma(v_set1(credit[i]), seen[k], g[i][k]);
            }
        late += next, credit += next, x += next_x;
    }
}

/* The only step. */
INLINE void trace_step(const plast__tracing *t, int64_t at, const real *x, const int rows, const int vectors,
                       const lanes part, const int whole, vec p[TRACE_ROWS][TRACE_VECTORS],
                       vec g[TRACE_ROWS][TRACE_VECTORS])
{
    const real *late = (const real *)t->late + at, *signal = (const real *)t->signal + at;
    vec seen[TRACE_VECTORS];
#pragma GCC unroll 2
    for (int k = 0; k < vectors; k++)
        seen[k] = v_load_lanes(x + k * LANES, part, whole);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++) {
            p[i][k] = v_fma(v_set1(late[i]), seen[k], p[i][k]);
            g[i][k] = v_fma(v_set1(signal[i]), p[i][k], g[i][k]);
        }
}

/* A tile that begins at row `first` and column j. */
INLINE void trace_tile(const plast__tracing *t, int64_t first, int64_t j, const int rows, const int vectors,
                       const lanes part, const int whole)
{
    const int64_t row = t->sequences * t->ld;
    const real *x = (const real *)t->x + j, *kept = t->kept, *before = t->first;
    real *g = (real *)t->g + first * t->ld + j, *trace = (real *)t->p + first * row + j;
    vec sum[TRACE_ROWS][TRACE_VECTORS], p[TRACE_ROWS][TRACE_VECTORS];
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++)
            sum[i][k] = v_load_lanes(g + i * t->ld + k * LANES, part, whole);
    for (int64_t b = 0; b < t->sequences; b++, trace += t->ld) {
        const int64_t at = b * t->stride + first;
        const int single = t->signal != NULL;
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
            for (int k = 0; k < vectors; k++) {
                const vec old = t->fresh ? (vec){ 0 } : v_load_lanes(trace + i * row + k * LANES, part, whole);
                p[i][k] = v_set1(kept[at + i]) * old;
                if (!single)
                    sum[i][k] = v_fma(v_set1(before[at + i]), old, sum[i][k]);
                __builtin_prefetch(trace + i * row + t->ld + k * LANES, 1);
            }
        if (single)
            trace_step(t, at, x + b * t->ld, rows, vectors, part, whole, p, sum);
        else
            trace_steps(t, at, x + b * t->ld, rows, vectors, part, whole, p, sum);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
            for (int k = 0; k < vectors; k++)
                v_store_lanes(trace + i * row + k * LANES, p[i][k], part, whole);
    }
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++)
            v_store_lanes(g + i * t->ld + k * LANES, sum[i][k], part, whole);
}

INLINE void trace_rows(const plast__tracing *t, int64_t first, const int rows)
{
    int64_t j = 0;
    for (; j + TRACE_VECTORS * LANES <= t->cols; j += TRACE_VECTORS * LANES)
        trace_tile(t, first, j, rows, TRACE_VECTORS, v_lanes(0), 1);
    for (; j + LANES <= t->cols; j += LANES)
        trace_tile(t, first, j, rows, 1, v_lanes(0), 1);
    if (j < t->cols) {
        const lanes part = v_lanes(t->cols - j);
        trace_tile(t, first, j, rows, 1, part, 0);
    }
}

static void trace(const plast__tracing *t)
{
    int64_t i = 0;
    for (; i + TRACE_ROWS <= t->rows; i += TRACE_ROWS)
        trace_rows(t, i, TRACE_ROWS);
    for (; i < t->rows; i++)
        trace_rows(t, i, 1);
}

#endif
