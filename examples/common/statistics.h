/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_STATISTICS_H
#define EXAMPLES_STATISTICS_H

struct summary {
    double mean;
    double sd; /* of the sample, n - 1 in the denominator; 0 for a single value */
};

struct summary summarise(const double *values, int n);

#endif
