/* SPDX-License-Identifier: MIT */
#include "support/algebra.h"

#include "support/nets.h"

#include <math.h>

void times(const double *w, int64_t rows, int64_t cols, const double *x, double *out)
{
    for (int64_t i = 0; i < rows; i++) {
        out[i] = 0.0;
        for (int64_t j = 0; j < cols; j++)
            out[i] += w[i * cols + j] * x[j];
    }
}

void residual(const double *w, int64_t rows, int64_t cols, const double *x, const double *y, double *out)
{
    for (int64_t j = 0; j < cols; j++) {
        out[j] = x[j];
        for (int64_t i = 0; i < rows; i++)
            out[j] -= w[i * cols + j] * y[i];
    }
}

double energy(int64_t n, const double *x)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

void gram(const double *a, int64_t rows, int64_t cols, double *out)
{
    for (int64_t i = 0; i < rows; i++)
        times(a, rows, cols, a + i * cols, out + i * rows);
}

void inner_gram(const double *a, int64_t rows, int64_t cols, double *out)
{
    for (int64_t j = 0; j < cols; j++)
        for (int64_t k = 0; k < cols; k++) {
            out[j * cols + k] = 0.0;
            for (int64_t i = 0; i < rows; i++)
                out[j * cols + k] += a[i * cols + j] * a[i * cols + k];
        }
}

double from_identity(const double *a, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n * n; i++)
        sum += (a[i] - (i % (n + 1) == 0)) * (a[i] - (i % (n + 1) == 0));
    return sqrt(sum);
}

void make_spectrum(uint64_t seed, int64_t n, const double *lambda, double *q, double *x)
{
    fill_orthogonal(seed, n, q);
    for (int64_t i = 0; i < n * n; i++)
        x[i] = sqrt((double)n * lambda[i / n]) * q[i];
}
