/* SPDX-License-Identifier: MIT */
#include <cblas.h>
#include <stdlib.h>

#include "recurrent.h"
#include "task.h"

enum { INPUTS = BENCH_RECURRENT_INPUTS, OUTPUTS = BENCH_RECURRENT_OUTPUTS };

static float *small_numbers(int64_t count)
{
    float *made = bench_floats(count);
    for (int64_t i = 0; i < count; i++)
        made[i] = 1e-3f * (float)(i % 7 - 3);
    return made;
}

void bench_products_create(const bench_recurrent_task *task, bench_products *p)
{
    const int64_t n = task->units, rows = (task->steps + 1) * task->batch; /* with the step before the first */
    *p = (bench_products){ .task = task,
                           .recurrent = small_numbers(n * n),
                           .input = small_numbers(n * INPUTS),
                           .readout = small_numbers(OUTPUTS * n),
                           .recurrent_sum = bench_floats(n * n),
                           .input_sum = bench_floats(n * INPUTS),
                           .readout_sum = bench_floats(OUTPUTS * n),
                           .x = small_numbers(rows * INPUTS),
                           .h = small_numbers(rows * n),
                           .z = bench_floats(rows * n),
                           .signal = small_numbers(rows * n),
                           .output = bench_floats(rows * OUTPUTS),
                           .output_signal = small_numbers(rows * OUTPUTS) };
}

void bench_products_destroy(bench_products *p)
{
    float *const all[] = { p->recurrent, p->input, p->readout, p->recurrent_sum, p->input_sum, p->readout_sum,
                           p->x,         p->h,     p->z,       p->signal,        p->output,    p->output_signal };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* c = a b + beta c of rows x cols, all rows close together; transposed where it says so. */
static void product(int turn_a, int turn_b, int64_t rows, int64_t cols, int64_t inner, const float *a, const float *b,
                    float beta, float *c)
{
    if (rows == 1 && !turn_a)
        cblas_sgemv(CblasRowMajor, turn_b ? CblasNoTrans : CblasTrans, (int)(turn_b ? cols : inner),
                    (int)(turn_b ? inner : cols), 1.0f, b, (int)(turn_b ? inner : cols), a, 1, beta, c, 1);
    else
        cblas_sgemm(CblasRowMajor, turn_a ? CblasTrans : CblasNoTrans, turn_b ? CblasTrans : CblasNoTrans, (int)rows,
                    (int)cols, (int)inner, 1.0f, a, (int)(turn_a ? rows : inner), b, (int)(turn_b ? inner : cols), beta,
                    c, (int)cols);
}

static void update(const bench_products *p)
{
    const int64_t n = p->task->units, batch = p->task->batch, steps = p->task->steps, rows = steps * batch;
    const int64_t step = batch * n;
    product(0, 1, rows, n, INPUTS, p->x, p->input, 0, p->z);
    for (int64_t t = 0; t < steps; t++)
        product(0, 1, batch, n, n, p->h + t * step, p->recurrent, 1, p->z + t * step);
    product(0, 1, rows, OUTPUTS, n, p->h + step, p->readout, 0, p->output);
    product(1, 0, OUTPUTS, n, rows, p->output_signal, p->h + step, 0, p->readout_sum);
    product(0, 0, rows, n, OUTPUTS, p->output_signal, p->readout, 0, p->z);
    for (int64_t t = steps - 2; t >= 0; t--)
        product(0, 0, batch, n, n, p->signal + (t + 1) * step, p->recurrent, 1, p->z + t * step);
    product(1, 0, n, n, rows, p->signal, p->h, 0, p->recurrent_sum);
    product(1, 0, n, INPUTS, rows, p->signal, p->x, 0, p->input_sum);
}

void bench_products_run(void *products, int64_t updates)
{
    for (int64_t i = 0; i < updates; i++)
        update(products);
}

static int64_t stream_size(const bench_recurrent_task *task)
{
    return task->batch * task->units * task->units;
}

void bench_stream_create(const bench_recurrent_task *task, bench_stream *stream)
{
    *stream = (bench_stream){ .task = task, .traces = small_numbers(stream_size(task)) };
}

void bench_stream_destroy(bench_stream *stream)
{
    free(stream->traces);
}

/* The limit of numbers that decay is not 0, which would be slow on the way. */
void bench_stream_run(void *work, int64_t updates)
{
    const bench_stream *stream = work;
    float *restrict traces = stream->traces;
    const int64_t n = stream_size(stream->task);
    for (int64_t i = 0; i < updates * stream->task->steps; i++) {
        for (int64_t j = 0; j < n; j++)
            traces[j] = 0.9f * traces[j] + 1e-3f;
        __asm__ volatile("" : : "r"(traces) : "memory"); /* no two passes in one */
    }
}
