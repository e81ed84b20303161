/* SPDX-License-Identifier: MIT
 *
 * Update and forward in one pass over the weights. Each row adds up its product with x in one vector, whatever rows
 * are done beside it, so blocks of any size give the same bits. */
#ifndef PLAST_KERNELS_SWEEP_H
#define PLAST_KERNELS_SWEEP_H

#include "kernels.h"
#include "simd.h"

enum { UNROLLED_TERMS = 3, MANY_TERMS = 4, MAX_BLOCK = 8 };

/* What a pass does, known at compile time so that its loop holds nothing else. */
typedef struct pass_kind {
    int terms; /* MANY_TERMS: as many as s->terms says */
    int factor, forward;
} pass_kind;

typedef struct row_block {
    real *w[MAX_BLOCK];
    const real *v[PLAST__SWEEP_TERMS], *x;
    int terms;
    vec factor[MAX_BLOCK];
    vec coef[PLAST__SWEEP_TERMS][MAX_BLOCK];
    vec sum[MAX_BLOCK];
} row_block;

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
    }
}

INLINE void store_sums(const plast__sweep *s, int rows, const vec *sum, int64_t i)
{
    const real *bias = s->bias;
    real *z = s->z, total[MAX_BLOCK];
    if (rows == 1) {
        total[0] = v_sum(sum[0]);
    } else {
        v_sum4(sum, total);
        if (rows == 8)
            v_sum4(sum + 4, total + 4);
    }
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
        b.sum[r] = (vec){ 0 };
        if (kind.factor)
            b.factor[r] = v_set1(s->factor ? ((const real *)s->factor)[i + r] : 1);
#pragma GCC unroll 3
        for (int k = 0; k < b.terms; k++)
            b.coef[k][r] = v_set1((real)s->coef[k] * ((const real *)s->u[k])[i + r]);
    }
    const int64_t cols = s->cols;
    int64_t j = 0;
    for (; j + LANES <= cols; j += LANES)
        sweep_column(kind, rows, &b, j, v_lanes(0), 1);
    if (j < cols)
        sweep_column(kind, rows, &b, j, v_lanes(cols - j), 0);
    if (kind.forward)
        store_sums(s, rows, b.sum, i);
}

INLINE void sweep_pass(const plast__sweep *s, pass_kind kind)
{
    const int block = kind.terms == 0 ? 8 : 4;
    int64_t i = 0;
    for (; i + block <= s->rows; i += block)
        sweep_rows(s, kind, block, i);
    for (; i < s->rows; i++)
        sweep_rows(s, kind, 1, i);
}

#define SWEEP_PASS(terms, factor, forward)                                                                             \
    static void sweep_##terms##factor##forward(const plast__sweep *s)                                                  \
    {                                                                                                                  \
        sweep_pass(s, (pass_kind){ terms, factor, forward });                                                          \
    }

#define SWEEP_PASSES(terms)                                                                                            \
    SWEEP_PASS(terms, 0, 0) SWEEP_PASS(terms, 0, 1) SWEEP_PASS(terms, 1, 0) SWEEP_PASS(terms, 1, 1)

SWEEP_PASS(0, 0, 1)
SWEEP_PASS(0, 1, 0)
SWEEP_PASS(0, 1, 1)
SWEEP_PASSES(1)
SWEEP_PASSES(2)
SWEEP_PASSES(3)
SWEEP_PASS(4, 1, 0) /* without factors a multiplication by 1, which changes nothing */
SWEEP_PASS(4, 1, 1)

#define SWEEP_ROW(terms)                                                                                               \
    {                                                                                                                  \
        { sweep_##terms##00, sweep_##terms##01 },                                                                      \
        {                                                                                                              \
            sweep_##terms##10, sweep_##terms##11                                                                       \
        }                                                                                                              \
    }

static void sweep(const plast__sweep *s)
{
    static void (*const passes[MANY_TERMS + 1][2][2])(
        const plast__sweep *) = { { { 0, sweep_001 }, { sweep_010, sweep_011 } },
                                  SWEEP_ROW(1),
                                  SWEEP_ROW(2),
                                  SWEEP_ROW(3),
                                  { { sweep_410, sweep_411 }, { sweep_410, sweep_411 } } };
    int terms = s->terms > UNROLLED_TERMS ? MANY_TERMS : s->terms;
    if (terms || s->factor || s->x)
        passes[terms][s->factor != 0][s->x != 0](s);
}

#endif
