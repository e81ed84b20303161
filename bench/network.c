/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static plast_status step(void *user, int64_t trajectory, double *state)
{
    bench_network *b = user;
    (void)trajectory;
    for (int64_t i = 0; i < b->n; i++)
        b->slopes[i] = tanh(state[i]);
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)b->n, (int)b->n, 1.0, b->weights, (int)b->n, b->slopes, 1, 0.0, state,
                1);
    return PLAST_OK;
}

static void multiply(bench_network *b, int64_t count, const double *tangents, double *pushed)
{
    const int n = (int)b->n;
    if (count == 1)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1.0, b->weights, n, tangents, 1, 0.0, pushed, 1);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, n, n, 1.0, tangents, n, b->weights, n, 0.0,
                    pushed, n);
}

static plast_status tangent(void *user, int64_t trajectory, const double *state, int64_t count, const double *tangents,
                            double *pushed)
{
    bench_network *b = user;
    (void)trajectory;
    for (int64_t i = 0; i < b->n; i++) {
        const double f = tanh(state[i]);
        b->slopes[i] = 1.0 - f * f;
    }
    for (int64_t c = 0; c < count; c++)
        for (int64_t i = 0; i < b->n; i++)
            b->scaled[c * b->n + i] = b->slopes[i] * tangents[c * b->n + i];
    multiply(b, count, b->scaled, pushed);
    return PLAST_OK;
}

static double *doubles(int64_t count, const double *from)
{
    double *made = calloc((size_t)count, sizeof *made);
    if (made != NULL && from != NULL)
        memcpy(made, from, (size_t)count * sizeof *made);
    return made;
}

bench_network *bench_network_create(int64_t n, int64_t k, int64_t interval, const double *weights, const double *state)
{
    bench_network *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (bench_network){ .n = n,
                          .k = k,
                          .weights = doubles(n * n, weights),
                          .state = doubles(n, state),
                          .slopes = doubles(n, NULL),
                          .scaled = doubles(n * k, NULL),
                          .pushed = doubles(n * k, NULL) };
    const plast_system system = { PLAST_SYSTEM, .size = n, .user = b, .step = step, .tangent = tangent };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = k, .interval = interval };
    if (!b->weights || !b->state || !b->slopes || !b->scaled || !b->pushed ||
        plast_context_create(NULL, &b->context) != PLAST_OK ||
        plast_lyapunov_create(b->context, &system, &options, &b->lyapunov) != PLAST_OK) {
        bench_network_destroy(b);
        return NULL;
    }
    return b;
}

void bench_network_destroy(bench_network *b)
{
    plast_lyapunov_destroy(b->lyapunov);
    plast_context_destroy(b->context);
    free(b->pushed);
    free(b->scaled);
    free(b->slopes);
    free(b->state);
    free(b->weights);
    free(b);
}

void bench_network_run(void *network, int64_t steps)
{
    bench_network *b = network;
    if (plast_lyapunov_run(b->lyapunov, b->state, steps) == PLAST_OK)
        return;
    fprintf(stderr, "bench: %s\n", plast_context_error(b->context));
    exit(EXIT_FAILURE);
}

void bench_network_step(void *network, int64_t steps)
{
    bench_network *b = network;
    for (int64_t i = 0; i < steps; i++)
        (void)step(b, 0, b->state);
}

void bench_network_product(void *network, int64_t steps)
{
    bench_network *b = network;
    for (int64_t i = 0; i < steps; i++)
        multiply(b, b->k, b->scaled, b->pushed);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_network_seconds(bench_network *network, int64_t steps)
{
    const double start = now();
    bench_network_run(network, steps);
    return now() - start;
}

int bench_network_exponents(bench_network *b, double *exponents)
{
    const plast_matrix to = plast_output_f64(exponents, 1, b->k);
    const plast_status status = plast_lyapunov_get(b->lyapunov, PLAST_LYAPUNOV_EXPONENTS, &to);
    return status == PLAST_OK && plast_lyapunov_reset(b->lyapunov, 1) == PLAST_OK ? 0 : -1;
}
