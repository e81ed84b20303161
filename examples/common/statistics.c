/* SPDX-License-Identifier: MIT */
#include "statistics.h"

#include <math.h>

struct summary summarise(const double *values, int n)
{
    struct summary summary = { 0.0, 0.0 };
    for (int i = 0; i < n; i++)
        summary.mean += values[i] / n;
    for (int i = 0; i < n && n > 1; i++)
        summary.sd += (values[i] - summary.mean) * (values[i] - summary.mean) / (n - 1);
    summary.sd = sqrt(summary.sd);
    return summary;
}
