/* SPDX-License-Identifier: MIT
 *
 * The networks and samples of the tests of the rule "grapes" that learn. */
#ifndef TESTS_GRAPES_WORLD_H
#define TESTS_GRAPES_WORLD_H

#include "support/grapes.h"

enum { IN = 7, A = 11, B = 6, C = 9, OUT = 4, LAYERS = 4, SAMPLES = 12 };

extern const grapes_plan PROPAGATING, LOCAL;
extern double x[SAMPLES * IN], targets[SAMPLES * OUT]; /* the inputs are exact in both number types */

/* Setup of the group. */
int make_data(void **state);

/* IN-A-B-C-OUT, tanh below linear outputs. */
net_plan plan_of(int32_t dtype, const char *optimizer, double rate);
/* That at rate 0.02, with the rule on its hidden layers; `plan` NULL: without. */
net made(int32_t dtype, const char *optimizer, const grapes_plan *plan);

net_data data_of(int64_t first, int64_t n, int64_t batch);
void learn(net *net, int64_t first, int64_t n, int64_t batch);

#endif
