/* SPDX-License-Identifier: MIT
 *
 * The periodic pattern of Murray 2019 (eLife 8:e43299): at step t = 0 ... T - 1 the target is
 * sin(w t) + sin(2 w t) / 2 + sin(4 w t) / 4 with w = 2 pi / T; there is one input, which stays 0. Every step carries a
 * loss. All trials are alike. */
#ifndef EXAMPLES_PERIODIC_PATTERN_H
#define EXAMPLES_PERIODIC_PATTERN_H

#include "sequences.h"

enum { PATTERN_STEPS = 100 };

/* T steps, one input, one output. */
struct sequence_shape pattern_shape(int64_t steps);
void pattern_fill(struct sequences *sequences);

#endif
