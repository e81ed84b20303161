/* SPDX-License-Identifier: MIT
 *
 * The slowness of a learning curve, as Dellaferrera & Kreiman 2022 measure it in the code of PEPITA: the curve
 *
 *     accuracy(n) = A n / (s + n),   n = 1, 2, ... epochs,
 *
 * where A is not fitted but the largest accuracy of the window, and s alone is, by least squares from 0.5: the epochs
 * until A / 2. Smaller is faster. The accuracy at chance before the first epoch does not count: there the curve is 0
 * for every s.
 *
 * Caveat: because A is the window's maximum, which a curve of this form never reaches, s comes out too small: an exact
 * curve with s = .05 and A = .98 over 59 epochs gives .0473. And it depends on the window's length and on the noise of
 * its maximum. Compare only curves of one window. */
#ifndef EXAMPLES_SLOWNESS_H
#define EXAMPLES_SLOWNESS_H

#include "message.h"

struct slowness {
    double plateau; /* A */
    double s;
    double error; /* root of the mean squared residual */
};

/* accuracy[i] is that after epoch i + 1. Fails without an epoch, when an accuracy is not finite or negative, and when
 * all are 0. */
int slowness_fit(const double *accuracy, int epochs, struct slowness *slowness, struct message *message);

#endif
