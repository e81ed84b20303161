/* SPDX-License-Identifier: MIT */
#include "cholesky.h"

#include <float.h>
#include <math.h>

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

int cholesky_factor(double *a, int64_t n)
{
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, a[i * n + i]);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++)
            a[i * n + j] = (a[i * n + j] - dot(a + i * n, a + j * n, j)) / a[j * n + j];
        const double pivot = a[i * n + i] - dot(a + i * n, a + i * n, i);
        if (!(pivot > (double)n * DBL_EPSILON * largest))
            return -1;
        a[i * n + i] = sqrt(pivot);
    }
    return 0;
}

void cholesky_solve(const double *l, int64_t n, double *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = (x[i] - dot(l + i * n, x, i)) / l[i * n + i];
    for (int64_t i = n - 1; i >= 0; i--) {
        x[i] /= l[i * n + i];
        for (int64_t j = 0; j < i; j++)
            x[j] -= l[i * n + j] * x[i];
    }
}
