/* SPDX-License-Identifier: MIT */
#include "core/curvature.h"

#include <plasticity/network.h>

/* From z, y = f(z) and the slope there, none of which cancels where f'' is small. */
static double at(int32_t activation, double param, double z, double y, double slope)
{
    switch (activation) {
    case PLAST_SOFTPLUS: /* slope = sigmoid(beta z) */
        return param * slope * (1.0 - slope);
    case PLAST_TANH:
        return -2.0 * y * slope;
    case PLAST_SIGMOID:
        return slope * (1.0 - 2.0 * y);
    case PLAST_ELU:
        return z < 0.0 ? slope : 0.0;
    case PLAST_SCALED_TANH:
        return -4.0 / 3.0 / 1.7159 * y * slope;
    case PLAST_RECTIFIED_TANH:
        return -2.0 * y * slope;
    default:
        return 0.0;
    }
}

void plast__curvature(const plast__kernels *f64, int32_t activation, double param, int64_t n, const double *z,
                      double *work, double *out)
{
    double *y = work, *slope = work + n;
    f64->activate(activation, param, n, z, y, slope);
    for (int64_t i = 0; i < n; i++)
        out[i] = at(activation, param, z[i], y[i], slope[i]);
}
