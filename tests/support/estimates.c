/* SPDX-License-Identifier: MIT */
#include "support/estimates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void ok(const plast_context *context, plast_status status)
{
    if (status != PLAST_OK)
        fail_msg("%s: %s", plast_status_string(status), plast_context_error(context));
}

estimate estimate_make(const plast_system *system, const plast_lyapunov_options *options)
{
    estimate e = { .k = options->exponents > 0 ? options->exponents : system->size };
    ok(NULL, plast_context_create(NULL, &e.context));
    ok(e.context, plast_lyapunov_create(e.context, system, options, &e.lyapunov));
    assert_true(e.k <= ESTIMATES_MOST);
    return e;
}

void estimate_free(estimate *e)
{
    plast_lyapunov_destroy(e->lyapunov);
    plast_context_destroy(e->context);
}

void estimate_read(estimate *e)
{
    const plast_matrix exponents = plast_output_f64(e->exponents, 1, e->k);
    const plast_matrix errors = plast_output_f64(e->errors, 1, e->k);
    e->summary = (plast_lyapunov_summary){ PLAST_LYAPUNOV_SUMMARY };
    ok(e->context, plast_lyapunov_read(e->lyapunov, &e->summary));
    ok(e->context, plast_lyapunov_get(e->lyapunov, PLAST_LYAPUNOV_EXPONENTS, &exponents));
    ok(e->context, plast_lyapunov_get(e->lyapunov, PLAST_LYAPUNOV_ERRORS, &errors));
}

void estimate_run(estimate *e, double *states, int64_t steps)
{
    ok(e->context, plast_lyapunov_run(e->lyapunov, states, steps));
    estimate_read(e);
}

static double *copy(int64_t n, const double *from)
{
    double *made = malloc((size_t)n * sizeof *made);
    assert_non_null(made);
    memcpy(made, from, (size_t)n * sizeof *made);
    return made;
}

void turn(int64_t n, const double *q, const double *a, double *b)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            b[i * n + j] = 0.0;
            for (int64_t k = 0; k < n; k++)
                for (int64_t l = 0; l < n; l++)
                    b[i * n + j] += q[i * n + k] * a[k * n + l] * q[j * n + l];
        }
}

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

void log_eigenvalues(int64_t n, const double *a, double *logs)
{
    double *m = copy(n * n, a), *im = copy(n, a);
    assert_int_equal(LAPACKE_dgeev(LAPACK_COL_MAJOR, 'N', 'N', (int)n, m, (int)n, logs, im, NULL, 1, NULL, 1), 0);
    for (int64_t i = 0; i < n; i++)
        logs[i] = log(hypot(logs[i], im[i]));
    qsort(logs, (size_t)n, sizeof *logs, descending);
    free(m);
    free(im);
}

void cycle_exponents(int64_t n, int64_t count, const double *matrices, double *exponents)
{
    double *product = copy(n * n, matrices), *next = copy(n * n, matrices);
    for (int64_t m = 1; m < count; m++) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) {
                next[i * n + j] = 0.0;
                for (int64_t k = 0; k < n; k++)
                    next[i * n + j] += matrices[(m * n + i) * n + k] * product[k * n + j];
            }
        memcpy(product, next, (size_t)(n * n) * sizeof *next);
    }
    log_eigenvalues(n, product, exponents);
    for (int64_t i = 0; i < n; i++)
        exponents[i] /= (double)count;
    free(product);
    free(next);
}
