/* SPDX-License-Identifier: MIT */
#include "forgetting.h"

double forgetting_mean(const double *accuracy, int tasks, int learned)
{
    const double *now = accuracy + (learned - 1) * tasks;
    double lost = 0.0;
    for (int task = 0; task < learned - 1; task++)
        lost += (accuracy[task * tasks + task] - now[task]) / (learned - 1);
    return lost;
}

double forgetting_accuracy(const double *accuracy, int tasks, int learned)
{
    const double *now = accuracy + (learned - 1) * tasks;
    double mean = 0.0;
    for (int task = 0; task < learned; task++)
        mean += now[task] / learned;
    return mean;
}
