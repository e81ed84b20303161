/* SPDX-License-Identifier: MIT
 *
 * The peers written with CBLAS. */
#ifndef BENCH_PEER_CBLAS_H
#define BENCH_PEER_CBLAS_H

#include <stdint.h>

#include "task.h"

/* The online step without biases, a BLAS call for each product. */
typedef struct bench_peer {
    const bench_task *task;
    const bench_samples *samples;
    float *weights;                      /* laid out as task.h says */
    float *y[BENCH_MAX_LAYERS + 1];      /* activities; the first is the input */
    float *slope[BENCH_MAX_LAYERS + 1];  /* f'(z) */
    float *signal[BENCH_MAX_LAYERS + 1]; /* dLoss/dz */
    float *residual;                     /* x - W^T y */
} bench_peer;

/* Starts from a copy of `weights`; task and samples must outlive the peer. */
void bench_peer_create(const bench_task *task, const bench_samples *samples, const float *weights, bench_peer *peer);
void bench_peer_destroy(bench_peer *peer);

/* Learns `steps` samples, from the first one on; `peer` is a bench_peer. */
void bench_peer_learn(void *peer, int64_t steps);

/* The matrix products of a minibatch step of SGD and nothing else: forward, backward, gradients added to the weights.
 */
typedef struct bench_gemms {
    const bench_task *task;
    const bench_samples *samples;
    float *weights;
    float *y[BENCH_MAX_LAYERS + 1];
    float *signal[BENCH_MAX_LAYERS + 1];
} bench_gemms;

void bench_gemms_create(const bench_task *task, const bench_samples *samples, const float *weights, bench_gemms *gemms);
void bench_gemms_destroy(bench_gemms *gemms);
/* `gemms` is a bench_gemms. */
void bench_gemms_run(void *gemms, int64_t steps);

/* Confines BLAS to one thread. Returns the name of the kernels that it uses. */
const char *bench_blas_start(void);

#endif
