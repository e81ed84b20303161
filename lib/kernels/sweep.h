/* SPDX-License-Identifier: MIT
 *
 * Update and forward in one pass over the weights. Each row adds up its product with x in one vector, whatever rows
 * are done beside it, so blocks of any size give the same bits. */
#ifndef PLAST_KERNELS_SWEEP_H
#define PLAST_KERNELS_SWEEP_H

#include "kernels.h"
#include "simd.h"
#include "sums.h"

/* Bytes from which rows go one at a time: several would each read pages of their own, too many to fetch ahead. With a
 * projection beside the sweep, four at a time stay faster. */
enum { LONG_ROW = 4096 };

enum { SUMMED_BYTES = 14 * 1024 }; /* of rows that are swept, then summed */

enum { UNROLLED_TERMS = 3, MANY_TERMS = 4, MAX_BLOCK = 8 };

/* What a pass does, known at compile time so that its loop holds nothing else. */
typedef struct pass_kind {
    int terms; /* MANY_TERMS: as many as s->terms says */
    int factor, forward, project, sums;
} pass_kind;

enum { UPDATE, FORWARD, PROJECT, DUTIES }; /* what a pass is for: each does what those before it do */

typedef struct row_block {
    real *w[MAX_BLOCK];
    const real *v[PLAST__SWEEP_TERMS], *x;
    int terms;
    vec factor[MAX_BLOCK];
    vec coef[PLAST__SWEEP_TERMS][MAX_BLOCK];
    vec sum[MAX_BLOCK], size[MAX_BLOCK];
    int64_t back; /* elements from a row to the one that is projected beside it, negative */
    vec y[MAX_BLOCK];
    real *projection;
} row_block;

/* The same order of additions as in project.h */
INLINE void project_column(int rows, const row_block *b, int64_t j, lanes part, int whole)
{
    vec out = v_load_lanes(b->projection + j, part, whole);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
        out = v_fma(b->y[r], v_load_lanes(b->w[r] + (j + b->back), part, whole), out);
    v_store_lanes(b->projection + j, out, part, whole);
}

/* One column of vectors in `rows` rows */
INLINE void sweep_column(pass_kind kind, int rows, row_block *b, int64_t j, lanes part, int whole)
{
    const int update = kind.factor || kind.terms > 0;
    vec w[MAX_BLOCK];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        w[r] = v_load_lanes(b->w[r] + j, part, whole);
        if (kind.factor)
            w[r] *= b->factor[r];
    }
#pragma GCC unroll 3
    for (int k = 0; k < b->terms; k++) {
        vec v = v_load_lanes(b->v[k] + j, part, whole);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            w[r] = v_fma(b->coef[k][r], v, w[r]);
    }
    vec x = { 0 };
    if (kind.forward)
        x = v_load_lanes(b->x + j, part, whole);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        if (update)
            v_store_lanes(b->w[r] + j, w[r], part, whole);
        if (kind.forward)
            b->sum[r] = v_fma(w[r], x, b->sum[r]);
        if (kind.sums)
            b->size[r] += v_abs(w[r]);
    }
    if (kind.project)
        project_column(rows, b, j, part, whole);
}

INLINE void store_sums(const real *bias, real *z, int rows, const vec *sum, int64_t i)
{
    real total[MAX_BLOCK];
    add_lanes(rows, sum, total);
    if (bias) {
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            total[r] += bias[i + r];
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
        z[i + r] = total[r];
}

/* Rows i .. i + rows - 1; `rows` is 1, 4 or 8 */
INLINE void sweep_rows(const plast__sweep *s, pass_kind kind, int rows, int64_t i)
{
    row_block b; /* an initialiser would clear all 5 KB of it */
    b.x = s->x;
    b.terms = kind.terms == MANY_TERMS ? s->terms : kind.terms;
#pragma GCC unroll 3
    for (int k = 0; k < b.terms; k++)
        b.v[k] = s->v[k];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        b.w[r] = (real *)s->w + (i + r) * s->ld;
        b.sum[r] = b.size[r] = (vec){ 0 };
        if (kind.factor)
            b.factor[r] = v_set1(s->factor ? ((const real *)s->factor)[i + r] : 1);
#pragma GCC unroll 3
        for (int k = 0; k < b.terms; k++)
            b.coef[k][r] = v_set1((real)s->coef[k] * ((const real *)s->u[k])[i + r]);
        if (kind.project)
            b.y[r] = v_set1(((const real *)s->y)[i + r - s->lag]);
    }
    b.projection = s->projection;
    b.back = -s->lag * s->ld;
    const int64_t cols = s->cols;
    int64_t j = 0;
    for (; j + LANES <= cols; j += LANES)
        sweep_column(kind, rows, &b, j, v_lanes(0), 1);
    if (j < cols)
        sweep_column(kind, rows, &b, j, v_lanes(cols - j), 0);
    if (kind.forward)
        store_sums(s->bias, s->z, rows, b.sum, i);
    if (kind.sums)
        add_lanes(rows, b.size, (real *)s->sums + i);
}

INLINE void sweep_pass(const plast__sweep *s, pass_kind kind)
{
    const int together = kind.terms == 0 && !kind.project ? 8 : 4;
    const int apart = !kind.project && s->cols * (int64_t)sizeof(real) >= LONG_ROW;
    const int64_t end = s->first + s->rows;
    int64_t i = s->first;
    for (; !apart && i + together <= end; i += together)
        sweep_rows(s, kind, together, i);
    for (; i < end; i++)
        sweep_rows(s, kind, 1, i);
}

#define SWEEP_PASS(terms, factor, duty)                                                                                \
    static void sweep_##terms##factor##duty(const plast__sweep *s)                                                     \
    {                                                                                                                  \
        sweep_pass(s, (pass_kind){ terms, factor, duty >= FORWARD, duty >= PROJECT, 0 });                              \
    }

/* The common stacks have passes of their own, an error with a decay among them; the rest share one that counts its
 * terms as it runs and multiplies by a factor of 1 where there is none, which changes nothing. */
SWEEP_PASS(0, 0, FORWARD)
SWEEP_PASS(0, 0, PROJECT)
SWEEP_PASS(1, 0, UPDATE)
SWEEP_PASS(1, 0, FORWARD)
SWEEP_PASS(1, 0, PROJECT)
SWEEP_PASS(2, 0, UPDATE)
SWEEP_PASS(2, 0, FORWARD)
SWEEP_PASS(2, 0, PROJECT)
SWEEP_PASS(3, 0, UPDATE)
SWEEP_PASS(3, 0, FORWARD)
SWEEP_PASS(3, 0, PROJECT)
SWEEP_PASS(1, 1, UPDATE)
SWEEP_PASS(1, 1, FORWARD)
SWEEP_PASS(4, 1, UPDATE)
SWEEP_PASS(4, 1, FORWARD)
SWEEP_PASS(4, 1, PROJECT)

/* With the rows' sums: what an error of its own leaves, and nothing waiting. */
static void sweep_summing_0(const plast__sweep *s)
{
    sweep_pass(s, (pass_kind){ .terms = 0, .forward = 1, .sums = 1 });
}

static void sweep_summing_1(const plast__sweep *s)
{
    sweep_pass(s, (pass_kind){ .terms = 1, .forward = 1, .sums = 1 });
}

static void sweep_plainly(const plast__sweep *s)
{
    static void (*const passes[MANY_TERMS + 1][DUTIES])(const plast__sweep *) = {
        { 0, sweep_00FORWARD, sweep_00PROJECT },
        { sweep_10UPDATE, sweep_10FORWARD, sweep_10PROJECT },
        { sweep_20UPDATE, sweep_20FORWARD, sweep_20PROJECT },
        { sweep_30UPDATE, sweep_30FORWARD, sweep_30PROJECT },
        { sweep_41UPDATE, sweep_41FORWARD, sweep_41PROJECT },
    };
    static void (*const decaying[DUTIES])(const plast__sweep *) = { sweep_11UPDATE, sweep_11FORWARD, sweep_41PROJECT };
    const int terms = s->factor || s->terms > UNROLLED_TERMS ? MANY_TERMS : s->terms;
    const int duty = !s->x ? UPDATE : s->projection ? PROJECT : FORWARD;
    if (s->factor && s->terms == 1)
        decaying[duty](s);
    else if (terms || s->x)
        passes[terms][duty](s);
}

/* Other stacks take more time a row anyway: their rows are summed afterwards, while they are in the first-level
 * cache. */
static void sweep_then_sum(const plast__sweep *s)
{
    const int64_t fitting = SUMMED_BYTES / (s->ld * (int64_t)sizeof(real)) / 4 * 4, most = fitting < 4 ? 4 : fitting;
    const int64_t end = s->first + s->rows;
    plast__sweep block = *s;
    for (; block.first < end; block.first += most) {
        block.rows = end - block.first < most ? end - block.first : most;
        sweep_plainly(&block);
        row_sums((const real *)s->w + block.first * s->ld, s->ld, block.rows, s->cols, (real *)s->sums + block.first);
    }
}

static void sweep(const plast__sweep *s)
{
    if (!s->sums || !s->x)
        sweep_plainly(s);
    else if (s->factor || s->projection || s->terms > 1)
        sweep_then_sum(s);
    else
        (s->terms ? sweep_summing_1 : sweep_summing_0)(s);
}

#endif
