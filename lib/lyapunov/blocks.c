/* SPDX-License-Identifier: MIT */
#include "lyapunov/blocks.h"

#include "base/memory.h"

#include <string.h>

plast_status plast__blocks_create(plast_context *context, int64_t wanted, int64_t rows, plast__blocks *blocks)
{
    *blocks = (plast__blocks){ .context = context, .wanted = wanted, .rows = rows };
    blocks->steps = plast__allocate(context, 2 * wanted + 1, sizeof *blocks->steps);
    blocks->sums = plast__allocate_rows(context, 2 * wanted + 1, rows, sizeof *blocks->sums);
    if (blocks->steps == NULL || blocks->sums == NULL) {
        plast__blocks_free(blocks);
        return plast__no_memory(context, "blocks of Lyapunov exponents");
    }
    plast__blocks_reset(blocks);
    return PLAST_OK;
}

void plast__blocks_free(plast__blocks *blocks)
{
    plast__release(blocks->context, blocks->sums);
    plast__release(blocks->context, blocks->steps);
}

static void clear(plast__blocks *blocks, int64_t index)
{
    blocks->steps[index] = 0;
    memset(blocks->sums + index * blocks->rows, 0, (size_t)blocks->rows * sizeof *blocks->sums);
}

void plast__blocks_reset(plast__blocks *blocks)
{
    blocks->length = 1;
    blocks->count = 0;
    clear(blocks, 0);
}

static void merge(plast__blocks *blocks)
{
    const int64_t rows = blocks->rows;
    for (int64_t b = 0; b < blocks->wanted; b++) {
        const double *from = blocks->sums + 2 * b * rows;
        double *to = blocks->sums + b * rows;
        blocks->steps[b] = blocks->steps[2 * b] + blocks->steps[2 * b + 1];
        for (int64_t i = 0; i < rows; i++)
            to[i] = from[i] + from[rows + i];
    }
    blocks->count = blocks->wanted;
    blocks->length *= 2;
}

void plast__blocks_add(plast__blocks *blocks, int64_t steps, const double *logs)
{
    double *sums = blocks->sums + blocks->count * blocks->rows;
    for (int64_t i = 0; i < blocks->rows; i++)
        sums[i] += logs[i];
    blocks->steps[blocks->count] += steps;
    if (blocks->steps[blocks->count] < blocks->length)
        return;
    blocks->count++;
    if (blocks->count == 2 * blocks->wanted)
        merge(blocks);
    clear(blocks, blocks->count);
}

int64_t plast__blocks_steps(const plast__blocks *blocks, int64_t first, int64_t last)
{
    int64_t steps = 0;
    for (int64_t b = first; b < last; b++)
        steps += blocks->steps[b];
    return steps;
}

double plast__blocks_mean(const plast__blocks *blocks, int64_t first, int64_t last, int64_t row)
{
    double sum = 0.0;
    for (int64_t b = first; b < last; b++)
        sum += blocks->sums[b * blocks->rows + row];
    return sum / (double)plast__blocks_steps(blocks, first, last);
}
