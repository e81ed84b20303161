/* SPDX-License-Identifier: MIT
 *
 * Networks whose synapse groups are constrained, by masks or by signs and bounds, under every feedback scheme. */
#ifndef TESTS_SCHEME_WORLD_H
#define TESTS_SCHEME_WORLD_H

#include "support/schemes.h"

/* MOST: weights of a group. NAMES: of the groups that a layer may have under some scheme. */
enum { SAMPLES = 24, INPUTS = 6, OUTPUTS = 4, LAYERS = 4, MOST = 70 * 40, NAMES = 6 };

extern const char *const group_names[NAMES];
extern const scheme_plan kolen_pollack;
extern double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS];

/* Setup of the group of tests. */
int fill_data(void **state);

/* Four layers of 9, 5, 8 and OUTPUTS units. `ruled`: 1 = Oja and decay, 2 = GHA too. */
net_plan plan_of(int32_t dtype, int adam, int ruled);

/* Samples from .. to - 1. */
void learn(net *net, int64_t from, int64_t to, int64_t batch);

/* Whether the group has the constraints of a partner, none of its own. */
int follows(const net *net, const char *name);

/* Constrains all groups of a network that has its scheme, and checks that this holds at once. */
typedef void constrain_groups(const net *net);
/* Does to the reference's forward weights what the network's groups do to theirs. */
typedef void constrain_reference(const net *net, const naive *reference);

/* The constrained network learns all samples as plain loops do that constrain as well. Returns it, to be freed. */
net follow_plain_loops(const net_plan *plan, const scheme_plan *scheme, int64_t batch, constrain_groups *constrain,
                       constrain_reference *also);

/* One call and a call a sample leave the same bits. */
void check_split(const net_plan *plan, const scheme_plan *scheme, constrain_groups *constrain);

#endif
