/* SPDX-License-Identifier: MIT */
#include "peer_cblas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <plasticity/plasticity.h>

typedef struct bench_peer {
    const bench_task *task;
    const bench_samples *samples;
    float *weights;                      /* laid out as task.h says */
    float *y[BENCH_MAX_LAYERS + 1];      /* activities; the first is the input */
    float *slope[BENCH_MAX_LAYERS + 1];  /* f'(z) */
    float *signal[BENCH_MAX_LAYERS + 1]; /* dLoss/dz */
    float *residual;                     /* x - W^T y */
} bench_peer;

const char *bench_blas_start(void)
{
    openblas_set_num_threads(1);
    return openblas_get_corename();
}

static float *copy_parameters(const bench_task *task, const float *from)
{
    int64_t count = bench_parameters(task);
    float *copy = bench_floats(count);
    memcpy(copy, from, (size_t)count * sizeof(float));
    return copy;
}

static void *peer_create(const bench_task *task, const bench_samples *samples, const float *weights)
{
    bench_peer *peer = malloc(sizeof(*peer));
    if (!peer)
        bench_fail("out of memory");
    *peer = (bench_peer){ .task = task, .samples = samples, .weights = copy_parameters(task, weights) };
    int64_t widest = task->sizes[0];
    for (int32_t l = 1; l <= task->layers; l++) {
        peer->y[l] = bench_floats(task->sizes[l]);
        peer->slope[l] = bench_floats(task->sizes[l]);
        peer->signal[l] = bench_floats(task->sizes[l]);
        widest = task->sizes[l] > widest ? task->sizes[l] : widest;
    }
    peer->residual = bench_floats(widest);
    return peer;
}

static void peer_destroy(void *work)
{
    bench_peer *peer = work;
    for (int32_t l = 1; l <= peer->task->layers; l++) {
        free(peer->y[l]);
        free(peer->slope[l]);
        free(peer->signal[l]);
    }
    free(peer->residual);
    free(peer->weights);
    free(peer);
}

static void relu(int64_t n, float *restrict y, float *restrict slope)
{
    for (int64_t i = 0; i < n; i++) {
        float z = y[i];
        y[i] = z > 0 ? z : 0;
        slope[i] = z > 0 ? 1.0f : 0.0f;
    }
}

/* One exponential serves value and slope. */
static void softplus(int64_t n, float *restrict y, float *restrict slope)
{
    const float beta = (float)BENCH_BETA;
    for (int64_t i = 0; i < n; i++) {
        float z = beta * y[i];
        float e = expf(-fabsf(z));
        y[i] = ((z > 0 ? z : 0) + log1pf(e)) / beta;
        slope[i] = (z > 0 ? 1.0f : e) / (1.0f + e);
    }
}

static void softmax(int64_t n, float *y)
{
    float largest = y[0], sum = 0;
    for (int64_t i = 1; i < n; i++)
        largest = y[i] > largest ? y[i] : largest;
    for (int64_t i = 0; i < n; i++)
        sum += y[i] = expf(y[i] - largest);
    for (int64_t i = 0; i < n; i++)
        y[i] /= sum;
}

static void forward(bench_peer *peer, int32_t label)
{
    const bench_task *task = peer->task;
    for (int32_t l = 0; l < task->layers; l++) {
        int in = (int)task->sizes[l], out = (int)task->sizes[l + 1];
        const float *w = peer->weights + bench_weights_offset(task, l);
        float *y = peer->y[l + 1];
        cblas_sgemv(CblasRowMajor, CblasNoTrans, out, in, 1, w, in, peer->y[l], 1, 0, y, 1);
        if (l + 1 == task->layers)
            softmax(out, y);
        else if (task->activation == PLAST_RELU)
            relu(out, y, peer->slope[l + 1]);
        else
            softplus(out, y, peer->slope[l + 1]);
    }
    int32_t top = task->layers;
    memcpy(peer->signal[top], peer->y[top], (size_t)task->sizes[top] * sizeof(float));
    peer->signal[top][label] -= 1;
}

/* A layer is changed as soon as all that needs its old weights is known: while it is still in cache. */
static void backward(bench_peer *peer)
{
    const bench_task *task = peer->task;
    for (int32_t l = task->layers - 1; l >= 0; l--) {
        int in = (int)task->sizes[l], out = (int)task->sizes[l + 1];
        int oja = task->oja && l + 1 < task->layers;
        float *w = peer->weights + bench_weights_offset(task, l);
        const float *x = peer->y[l], *y = peer->y[l + 1], *s = peer->signal[l + 1];
        if (l > 0) {
            cblas_sgemv(CblasRowMajor, CblasTrans, out, in, 1, w, in, s, 1, 0, peer->signal[l], 1);
            for (int i = 0; i < in; i++)
                peer->signal[l][i] *= peer->slope[l][i];
        }
        if (oja) {
            memcpy(peer->residual, x, (size_t)in * sizeof(float));
            cblas_sgemv(CblasRowMajor, CblasTrans, out, in, -1, w, in, y, 1, 1, peer->residual, 1);
            cblas_sger(CblasRowMajor, out, in, (float)task->oja_rate, y, 1, peer->residual, 1, w, in);
        }
        cblas_sger(CblasRowMajor, out, in, -(float)task->rate, s, 1, x, 1, w, in);
    }
}

static void peer_learn(void *work, int64_t steps)
{
    bench_peer *peer = work;
    for (int64_t step = 0; step < steps; step++) {
        int64_t sample = step % BENCH_SAMPLES;
        peer->y[0] = peer->samples->inputs + sample * peer->task->sizes[0];
        forward(peer, peer->samples->labels[sample]);
        backward(peer);
    }
}

static void peer_parameters(const void *work, float *parameters)
{
    const bench_peer *peer = work;
    memcpy(parameters, peer->weights, (size_t)bench_parameters(peer->task) * sizeof(float));
}

const bench_rival bench_cblas = {
    .name = "cblas", .create = peer_create, .learn = peer_learn, .parameters = peer_parameters, .destroy = peer_destroy
};

void bench_gemms_create(const bench_task *task, const bench_samples *samples, const float *weights, bench_gemms *gemms)
{
    *gemms = (bench_gemms){ .task = task, .samples = samples, .weights = copy_parameters(task, weights) };
    gemms->y[0] = samples->inputs;
    for (int32_t l = 1; l <= task->layers; l++) {
        gemms->y[l] = bench_floats(task->batch * task->sizes[l]);
        gemms->signal[l] = bench_floats(task->batch * task->sizes[l]);
    }
    int32_t top = task->layers;
    for (int64_t i = 0; i < task->batch * task->sizes[top]; i++)
        gemms->signal[top][i] = 0.01f;
}

void bench_gemms_destroy(bench_gemms *gemms)
{
    for (int32_t l = 1; l <= gemms->task->layers; l++) {
        free(gemms->y[l]);
        free(gemms->signal[l]);
    }
    free(gemms->weights);
}

static void gemms_step(bench_gemms *gemms)
{
    const bench_task *task = gemms->task;
    int batch = (int)task->batch;
    for (int32_t l = 0; l < task->layers; l++) {
        int in = (int)task->sizes[l], out = (int)task->sizes[l + 1];
        const float *w = gemms->weights + bench_weights_offset(task, l);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, out, in, 1, gemms->y[l], in, w, in, 0,
                    gemms->y[l + 1], out);
    }
    for (int32_t l = task->layers - 1; l >= 0; l--) {
        int in = (int)task->sizes[l], out = (int)task->sizes[l + 1];
        float *w = gemms->weights + bench_weights_offset(task, l);
        if (l > 0)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, in, out, 1, gemms->signal[l + 1], out, w, in,
                        0, gemms->signal[l], in);
        /* so small a rate that the weights never leave their range, since nothing corrects them here */
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, batch, -1e-12f, gemms->signal[l + 1], out,
                    gemms->y[l], in, 1, w, in);
    }
}

void bench_gemms_run(void *work, int64_t steps)
{
    for (int64_t step = 0; step < steps; step++)
        gemms_step(work);
}
