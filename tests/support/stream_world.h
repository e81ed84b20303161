/* SPDX-License-Identifier: MIT
 *
 * The networks and sequences of the tests of streams. */
#ifndef TESTS_STREAM_WORLD_H
#define TESTS_STREAM_WORLD_H

#include "support/recurrent.h"

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 12, SEQUENCES = 3, ROWS = STEPS * SEQUENCES, MOST = 400, FORMS = 4 };

extern double x[ROWS * INPUTS], targets[ROWS * OUTPUTS];

/* Setup of the group. */
int fill_data(void **state);

/* Two layers, of 5 and 4 units, with room for all parameters in MOST numbers. */
rnn_plan plan_of(int32_t form, const char *temporal);

/* Steps first .. first + count - 1 of all sequences. */
rnn_data part(int64_t first, int64_t count, int32_t carry);

/* What the state carries for each layer. */
void get_carried(const rnn *r, const plast_state *state, double carried[2][SEQUENCES * 5]);

/* What learning one window takes, after the weights were put back. */
void learn_from(rnn *r, plast_state *s, const double *p, const rnn_data *d, double *found);

#endif
