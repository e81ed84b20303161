/* SPDX-License-Identifier: MIT
 *
 * The peers written with CBLAS. */
#ifndef BENCH_PEER_CBLAS_H
#define BENCH_PEER_CBLAS_H

#include <stdint.h>

#include "compare.h"
#include "task.h"

/* The online step without biases, a BLAS call for each product. */
extern const bench_rival bench_cblas;

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
