/* SPDX-License-Identifier: MIT
 *
 * An estimate of Lyapunov exponents with its results, for tests; whatever fails, fails the test. */
#ifndef TESTS_ESTIMATES_H
#define TESTS_ESTIMATES_H

#include <plasticity/plasticity.h>

enum { ESTIMATES_MOST = 256 }; /* exponents */

typedef struct estimate {
    plast_context *context;
    plast_lyapunov *lyapunov;
    int64_t k;
    plast_lyapunov_summary summary;
    double exponents[ESTIMATES_MOST], errors[ESTIMATES_MOST];
} estimate;

/* With a context of its own. */
estimate estimate_make(const plast_system *system, const plast_lyapunov_options *options);
void estimate_free(estimate *e);
/* Runs, and reads. */
void estimate_run(estimate *e, double *states, int64_t steps);
void estimate_read(estimate *e);

/* B = Q A Q^T, n x n. */
void turn(int64_t n, const double *q, const double *a, double *b);
/* ln |eigenvalues| of an n x n matrix, descending, by LAPACK. */
void log_eigenvalues(int64_t n, const double *a, double *logs);
/* The same of the product M_(count-1) ... M_0, for one of its factors each. */
void cycle_exponents(int64_t n, int64_t count, const double *matrices, double *exponents);

#endif
