/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

/* One cache line; narrower machines take it in parts. */
typedef float line __attribute__((vector_size(64)));

/* A row is as long as an MNIST image, in lines: not a power of two, so that rows do not share cache sets. */
enum { LINE = 16, ROW_LINES = 49, ROW = ROW_LINES * LINE };

static void read_in_order(void *work, int64_t steps)
{
    bench_limit *limit = work;
    int64_t lines = limit->rows * ROW_LINES;
    line s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };
    for (int64_t step = 0; step < steps; step++) {
        const line *w = (const line *)limit->array;
        for (int64_t i = 0; i < lines; i += 4) {
            s0 += w[i];
            s1 += w[i + 1];
            s2 += w[i + 2];
            s3 += w[i + 3];
        }
    }
    s0 += s1 + s2 + s3;
    memcpy(limit->sum, &s0, sizeof(s0));
}

static void read_four_rows(void *work, int64_t steps)
{
    bench_limit *limit = work;
    line s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };
    for (int64_t step = 0; step < steps; step++)
        for (int64_t row = 0; row < limit->rows; row += 4) {
            const line *w = (const line *)(limit->array + row * ROW);
            for (int64_t j = 0; j < ROW_LINES; j++) {
                s0 += w[j];
                s1 += w[ROW_LINES + j];
                s2 += w[2 * ROW_LINES + j];
                s3 += w[3 * ROW_LINES + j];
            }
        }
    s0 += s1 + s2 + s3;
    memcpy(limit->sum, &s0, sizeof(s0));
}

/* The factors are small: the array's values hardly move however often the loops run. */
static void fill(line v[ROW_LINES])
{
    for (int64_t j = 0; j < ROW_LINES; j++)
        v[j] = (line){ 0 } + 1e-9f;
}

static void write_in_order(void *work, int64_t steps)
{
    bench_limit *limit = work;
    line v[ROW_LINES];
    fill(v);
    for (int64_t step = 0; step < steps; step++)
        for (int64_t row = 0; row < limit->rows; row++) {
            line *w = (line *)(limit->array + row * ROW);
            float a = step & 1 ? -1.0f : 1.0f;
#pragma GCC unroll 7
            for (int64_t j = 0; j < ROW_LINES; j++)
                w[j] += a * v[j];
        }
}

static void write_four_rows(void *work, int64_t steps)
{
    bench_limit *limit = work;
    line v[ROW_LINES];
    fill(v);
    for (int64_t step = 0; step < steps; step++)
        for (int64_t row = 0; row < limit->rows; row += 4) {
            line *w = (line *)(limit->array + row * ROW);
            float a = step & 1 ? -1.0f : 1.0f;
            for (int64_t j = 0; j < ROW_LINES; j++) {
                w[j] += a * v[j];
                w[ROW_LINES + j] += a * v[j];
                w[2 * ROW_LINES + j] += a * v[j];
                w[3 * ROW_LINES + j] += a * v[j];
            }
        }
}

void bench_limit_create(const bench_task *task, bench_limit *limit)
{
    *limit = (bench_limit){ .load = bench_task_load(task) };
    limit->rows = (limit->load.held + 4 * ROW - 1) / (4 * ROW) * 4;
    limit->array = bench_floats(limit->rows * ROW);
    for (int64_t i = 0; i < limit->rows * ROW; i++)
        limit->array[i] = 0.1f;
}

void bench_limit_destroy(bench_limit *limit)
{
    free(limit->array);
    limit->array = NULL;
}

void bench_limit_arms(bench_limit *limit, bench_arm arms[BENCH_LIMIT_ARMS])
{
    arms[0] = (bench_arm){ .run = read_in_order, .work = limit };
    arms[1] = (bench_arm){ .run = read_four_rows, .work = limit };
    arms[2] = (bench_arm){ .run = write_in_order, .work = limit };
    arms[3] = (bench_arm){ .run = write_four_rows, .work = limit };
}

static double faster(const bench_arm *a, const bench_arm *b)
{
    double x = bench_median(a), y = bench_median(b);
    return x < y ? x : y;
}

void bench_limit_result(const bench_limit *limit, const bench_arm arms[BENCH_LIMIT_ARMS], bench_result *result)
{
    double bytes = (double)(limit->rows * ROW) * sizeof(float);
    result->read_speed = bytes / faster(&arms[0], &arms[1]);
    result->rmw_speed = 2 * bytes / faster(&arms[2], &arms[3]);
    result->limit = 2 * sizeof(float) * (double)limit->load.changed / result->rmw_speed +
                    sizeof(float) * (double)limit->load.read / result->read_speed;
}
