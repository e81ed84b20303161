/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TOGETHER = 4 }; /* columns of J */

/* exp(x) for -40 <= x <= 0, without branches: 2^n e^r with |r| < 0.35, and its series. */
static inline double exp_below_0(double x)
{
    static const double MAGIC = 0x1.8p52, LN2 = 0x1.62e42fefap-1, REST = 0x1.cf79abc9e3b39p-40;
    const double shifted = x * 0x1.71547652b82fep0 + MAGIC, n = shifted - MAGIC, r = x - n * LN2 - n * REST;
    double power, sum = 1.0;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    for (int i = 13; i > 0; i--)
        sum = 1.0 + sum * r * (1.0 / i);
    return sum * power;
}

/* rates = tanh(x), to 3e-16, and the slopes. A scalar tanh would take as long as the product of a hundred units. */
static void activate(int64_t n, const double *x, double *restrict rates, double *restrict slopes)
{
    for (int64_t i = 0; i < n; i++) {
        const double size = fabs(x[i]), e = exp_below_0(size < 20.0 ? -2.0 * size : -40.0);
        rates[i] = copysign((1.0 - e) / (1.0 + e), x[i]);
        slopes[i] = 1.0 - rates[i] * rates[i];
    }
}

/* y = J x for one or two vectors, one after another; a column of J is read once for both. */
static void multiply_few(const bench_network *b, int64_t count, const double *x, double *restrict y)
{
    const int64_t n = b->n;
    if (count == 1) {
        cblas_dgemv(CblasColMajor, CblasNoTrans, (int)n, (int)n, 1.0, b->turned, (int)n, x, 1, 0.0, y, 1);
        return;
    }
    const double *u = x + n;
    double *restrict z = y + n;
    memset(y, 0, (size_t)(2 * n) * sizeof *y);
    for (int64_t j = 0; j < n; j += TOGETHER) {
        const double *w0 = b->turned + j * n, *w1 = w0 + n, *w2 = w1 + n, *w3 = w2 + n;
        for (int64_t i = 0; i < n; i++) {
            y[i] += x[j] * w0[i] + x[j + 1] * w1[i] + x[j + 2] * w2[i] + x[j + 3] * w3[i];
            z[i] += u[j] * w0[i] + u[j + 1] * w1[i] + u[j + 2] * w2[i] + u[j + 3] * w3[i];
        }
    }
}

static void multiply(const bench_network *b, int64_t count)
{
    const int n = (int)b->n;
    if (count <= 2)
        multiply_few(b, count, b->vectors, b->products);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)count, n, n, 1.0, b->vectors, n, b->turned, n, 0.0,
                    b->products, n);
}

/* The tangents of x' = J tanh(x) are J times what the slopes leave of them, so the coming state takes part in their
 * product, and `step` has nothing left to do. OpenBLAS does better with an even number of rows: one may be of zeros. */
static plast_status tangent(void *user, int64_t trajectory, const double *state, int64_t count, const double *tangents,
                            double *pushed)
{
    bench_network *b = user;
    const int64_t n = b->n;
    (void)trajectory;
    activate(n, state, b->vectors + count * n, b->slopes);
    for (int64_t c = 0; c < count; c++)
        for (int64_t i = 0; i < n; i++)
            b->vectors[c * n + i] = b->slopes[i] * tangents[c * n + i];
    multiply(b, (count + 2) / 2 * 2);
    memcpy(pushed, b->products, (size_t)(count * n) * sizeof *pushed);
    b->next = b->products + count * n;
    return PLAST_OK;
}

static plast_status step(void *user, int64_t trajectory, double *state)
{
    bench_network *b = user;
    (void)trajectory;
    if (b->next == NULL) { /* no tangents are wanted of this step */
        activate(b->n, state, b->vectors, b->slopes);
        multiply(b, 1);
        b->next = b->products;
    }
    memcpy(state, b->next, (size_t)b->n * sizeof *state);
    b->next = NULL;
    return PLAST_OK;
}

static double *doubles(int64_t count, const double *from)
{
    const size_t bytes = (size_t)(count + 7) / 8 * 8 * sizeof(double);
    double *made = aligned_alloc(64, bytes);
    if (made != NULL)
        memset(made, 0, bytes);
    if (made != NULL && from != NULL)
        memcpy(made, from, (size_t)count * sizeof *made);
    return made;
}

static double *turn(int64_t n, const double *from)
{
    double *made = doubles(n * n, NULL);
    for (int64_t i = 0; made != NULL && i < n * n; i++)
        made[i % n * n + i / n] = from[i];
    return made;
}

bench_network *bench_network_create(int64_t n, int64_t k, int64_t interval, const double *weights, const double *state)
{
    bench_network *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (bench_network){ .n = n,
                          .k = k,
                          .turned = turn(n, weights),
                          .state = doubles(n, state),
                          .slopes = doubles(n, NULL),
                          .vectors = doubles(n * (k + 2), NULL),
                          .products = doubles(n * (k + 2), NULL) };
    const plast_system system = { PLAST_SYSTEM, .size = n, .user = b, .step = step, .tangent = tangent };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = k, .interval = interval };
    if (n % TOGETHER != 0 || !b->turned || !b->state || !b->slopes || !b->vectors || !b->products ||
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
    free(b->products);
    free(b->vectors);
    free(b->slopes);
    free(b->state);
    free(b->turned);
    free(b);
}

void bench_network_run(void *network, int64_t steps)
{
    bench_network *b = network;
    b->next = NULL;
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
        multiply(b, b->k);
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
