/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "scheme.h"

enum { ALIGN_BYTES = 64, ALIGN_FLOATS = ALIGN_BYTES / (int)sizeof(float) };

const bench_task bench_nets[BENCH_NETS] = {
    { .net = "small", .layers = 5, .sizes = { 784, 170, 130, 100, 70, 47 } },
    { .net = "medium", .layers = 5, .sizes = { 784, 512, 512, 512, 512, 47 } },
    { .net = "large", .layers = 5, .sizes = { 784, 2048, 2048, 2048, 2048, 47 } },
};

_Noreturn void bench_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static int64_t round_up(int64_t count)
{
    return (count + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

float *bench_floats(int64_t count)
{
    size_t bytes = (size_t)round_up(count > 0 ? count : 1) * sizeof(float);
    float *floats = aligned_alloc(ALIGN_BYTES, bytes);
    if (!floats)
        bench_fail("out of memory: %zu bytes", bytes);
    memset(floats, 0, bytes);
    return floats;
}

/* The MMIX generator of Knuth; its high bits are good enough for pixels. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}

void bench_samples_create(const bench_task *task, bench_samples *samples)
{
    uint64_t state = 1;
    int64_t count = BENCH_SAMPLES * task->sizes[0];
    samples->inputs = bench_floats(count);
    for (int64_t i = 0; i < count; i++) {
        float pixel = (float)(next_random(&state) >> 8) * 0x1p-24f;
        samples->inputs[i] = next_random(&state) >> 31 ? pixel : 0.0f;
    }
    for (int64_t i = 0; i < BENCH_SAMPLES; i++)
        samples->labels[i] = (int32_t)(next_random(&state) % (uint32_t)task->sizes[task->layers]);
}

void bench_samples_destroy(bench_samples *samples)
{
    free(samples->inputs);
    samples->inputs = NULL;
}

int64_t bench_weights(const bench_task *task, int32_t layer)
{
    return task->sizes[layer] * task->sizes[layer + 1];
}

int64_t bench_weights_offset(const bench_task *task, int32_t layer)
{
    int64_t offset = 0;
    for (int32_t l = 0; l < layer; l++)
        offset = bench_bias_offset(task, l) + (task->bias ? round_up(task->sizes[l + 1]) : 0);
    return offset;
}

int64_t bench_bias_offset(const bench_task *task, int32_t layer)
{
    return bench_weights_offset(task, layer) + round_up(bench_weights(task, layer));
}

int64_t bench_parameters(const bench_task *task)
{
    return bench_weights_offset(task, task->layers);
}

const char *bench_activation_name(const bench_task *task)
{
    if (task->activation == PLAST_TANH)
        return "tanh";
    return task->activation == PLAST_RELU ? "relu" : "softplus";
}

void bench_task_describe(const bench_task *task, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, task->batch == 1 ? "online" : "minibatch %" PRId64, task->batch);
    for (int32_t l = 0; l <= task->layers && used < size; l++)
        used += (size_t)snprintf(text + used, size - used, "%c%" PRId64, l ? '-' : ' ', task->sizes[l]);
    if (used < size)
        snprintf(text + used, size - used, " %s%s%s%s%s%s", bench_activation_name(task),
                 task->squared ? " squared" : "", task->oja ? " +oja" : "", task->grapes ? " +grapes" : "",
                 task->scheme ? " " : "", task->scheme ? task->scheme->name : "");
}
