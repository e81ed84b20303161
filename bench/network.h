/* SPDX-License-Identifier: MIT
 *
 * A random tanh network, x' = J tanh(x), as a host's system whose Lyapunov exponents are measured. */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include <plasticity/plasticity.h>

typedef struct bench_network {
    int64_t n, k;
    double *turned;             /* J, n x n, by columns */
    double *state, *slopes;     /* n */
    double *vectors, *products; /* k + 2 of n numbers: what J is multiplied by, and what comes out */
    const double *next;         /* the state after the step whose tangents were pushed last; NULL = not known */
    plast_context *context;
    plast_lyapunov *lyapunov;
} bench_network;

/* weights (n x n, by rows, n a multiple of 4) and state are copied. interval 0: adapted. NULL on failure. */
bench_network *bench_network_create(int64_t n, int64_t k, int64_t interval, const double *weights, const double *state);
void bench_network_destroy(bench_network *network);

/* Steps with QR; the network's own step alone; the product of J and k tangents alone. */
void bench_network_run(void *network, int64_t steps);
void bench_network_step(void *network, int64_t steps);
void bench_network_product(void *network, int64_t steps);

/* For Python: seconds of bench_network_run; the exponents (k) so far, forgetting them (0 on success). */
double bench_network_seconds(bench_network *network, int64_t steps);
int bench_network_exponents(bench_network *network, double *exponents);

#endif
