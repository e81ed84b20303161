/* SPDX-License-Identifier: MIT */
#include "support/stream_world.h"

double x[ROWS * INPUTS], targets[ROWS * OUTPUTS];

int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    return 0;
}

rnn_plan plan_of(int32_t form, const char *temporal)
{
    return (rnn_plan){ .inputs = INPUTS,
                       .outputs = OUTPUTS,
                       .layers = 2,
                       .units = { 5, 4 },
                       .form = form,
                       .activation = PLAST_TANH,
                       .alpha = 0.3,
                       .learn_initial = 1,
                       .seed = 11,
                       .rate = 0.2,
                       .temporal = temporal };
}

rnn_data part(int64_t first, int64_t count, int32_t carry)
{
    return (rnn_data){ .sequences = SEQUENCES,
                       .steps = count,
                       .x = x + first * SEQUENCES * INPUTS,
                       .targets = targets + first * SEQUENCES * OUTPUTS,
                       .carry = carry };
}

void get_carried(const rnn *r, const plast_state *state, double carried[2][SEQUENCES * 5])
{
    for (int64_t l = 0; l < 2; l++) {
        const plast_matrix m = plast_output_f64(carried[l], plast_state_sequences(state), r->plan.units[l]);
        net_ok(&r->net, plast_state_get(state, l, &m));
    }
}

void learn_from(rnn *r, plast_state *s, const double *p, const rnn_data *d, double *found)
{
    rnn_set(r, p);
    rnn_learn(r, s, d);
    rnn_get(r, found);
}
