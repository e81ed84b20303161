/* SPDX-License-Identifier: MIT */
#include "slowness.h"

#include <float.h>
#include <math.h>

enum { MOST_STEPS = 500 };

/* Of the curve at s: half the squared residuals, their slope in s, and Gauss & Newton's curvature. */
struct misfit {
    double cost, slope, curvature;
};

static struct misfit measure(const double *accuracy, int epochs, double plateau, double s)
{
    struct misfit misfit = { 0.0, 0.0, 0.0 };
    for (int i = 0; i < epochs; i++) {
        const double n = i + 1.0, residual = plateau * n / (s + n) - accuracy[i];
        const double derivative = -plateau * n / ((s + n) * (s + n));
        misfit.cost += 0.5 * residual * residual;
        misfit.slope += residual * derivative;
        misfit.curvature += derivative * derivative;
    }
    return misfit;
}

/* Levenberg & Marquardt. Below 0 the curve is above A, so above every accuracy, and worse than at 0. */
static double fit(const double *accuracy, int epochs, double plateau)
{
    double s = 0.5, damping = 1e-3;
    struct misfit here = measure(accuracy, epochs, plateau, s);
    for (int step = 0; step < MOST_STEPS; step++) {
        const double next = fmax(0.0, s - here.slope / (here.curvature * (1.0 + damping)));
        const struct misfit there = measure(accuracy, epochs, plateau, next);
        /* Near the end the two differ by rounding alone. */
        if (there.cost <= here.cost * (1.0 + 8.0 * DBL_EPSILON)) {
            const double moved = fabs(next - s);
            s = next;
            here = there;
            damping /= 10.0;
            if (moved <= 1e-14 * (1.0 + s))
                break;
        } else {
            damping *= 10.0;
        }
    }
    return s;
}

int slowness_fit(const double *accuracy, int epochs, struct slowness *slowness, struct message *message)
{
    double plateau = 0.0;
    if (epochs < 1)
        return message_set(message, "a curve of %d epochs, expected at least 1", epochs);
    for (int i = 0; i < epochs; i++) {
        if (!(accuracy[i] >= 0.0 && isfinite(accuracy[i])))
            return message_set(message, "the accuracy after epoch %d is %g, expected 0 or more", i + 1, accuracy[i]);
        plateau = fmax(plateau, accuracy[i]);
    }
    if (plateau == 0.0)
        return message_set(message, "all accuracies are 0: no slowness is defined");
    const double s = fit(accuracy, epochs, plateau);
    *slowness = (struct slowness){ plateau, s, sqrt(2.0 * measure(accuracy, epochs, plateau, s).cost / epochs) };
    return 0;
}
