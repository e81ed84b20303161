/* SPDX-License-Identifier: MIT
 *
 * Sums of ln R_jj in blocks of about equal length, in a fixed amount of memory: when there are twice as many blocks as
 * wanted, each two of them become one. Rows are trajectory * k + j. */
#ifndef PLAST_LYAPUNOV_BLOCKS_H
#define PLAST_LYAPUNOV_BLOCKS_H

#include "base/context.h"

typedef struct plast__blocks {
    plast_context *context;
    int64_t wanted, rows;
    int64_t length; /* steps after which a block is complete */
    int64_t count;  /* complete ones; the one under way lies behind them */
    int64_t *steps; /* 2 wanted + 1 */
    double *sums;   /* 2 wanted + 1 rows of `rows` */
} plast__blocks;

plast_status plast__blocks_create(plast_context *context, int64_t wanted, int64_t rows, plast__blocks *blocks);
void plast__blocks_free(plast__blocks *blocks);
void plast__blocks_reset(plast__blocks *blocks);

/* Logarithms of the growth in the last `steps` steps. */
void plast__blocks_add(plast__blocks *blocks, int64_t steps, const double *logs);

/* Steps of blocks first ... last - 1; the block under way is that of index `count`. */
int64_t plast__blocks_steps(const plast__blocks *blocks, int64_t first, int64_t last);
/* Growth of one row per step in them. */
double plast__blocks_mean(const plast__blocks *blocks, int64_t first, int64_t last, int64_t row);

#endif
