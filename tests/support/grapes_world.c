/* SPDX-License-Identifier: MIT */
#include "support/grapes_world.h"

const grapes_plan PROPAGATING = { 0 }, LOCAL = { .local = 1 };

double x[SAMPLES * IN], targets[SAMPLES * OUT];

int make_data(void **state)
{
    (void)state;
    fill_uniform(1, SAMPLES * IN, x);
    fill_uniform(2, SAMPLES * OUT, targets);
    for (int i = 0; i < SAMPLES * IN; i++) /* exact in both types */
        x[i] = (double)(float)x[i];
    return 0;
}

net_plan plan_of(int32_t dtype, const char *optimizer, double rate)
{
    return (net_plan){ .dtype = dtype,
                       .inputs = IN,
                       .layers = LAYERS,
                       .units = { A, B, C, OUT },
                       .hidden = PLAST_TANH,
                       .output = PLAST_LINEAR,
                       .seed = 17,
                       .optimizer = optimizer,
                       .rate = rate,
                       .ruled = PLAST_HIDDEN_LAYERS };
}

net_data data_of(int64_t first, int64_t n, int64_t batch)
{
    return (net_data){ .n = n, .x = x + first * IN, .targets = targets + first * OUT, .batch = batch };
}

void learn(net *net, int64_t first, int64_t n, int64_t batch)
{
    const net_data data = data_of(first, n, batch);
    net_learn(net, &data);
}

net made(int32_t dtype, const char *optimizer, const grapes_plan *plan)
{
    const net_plan net_plan = plan_of(dtype, optimizer, 0.02);
    net net = net_make(&net_plan);
    if (plan != NULL)
        net_grapes(&net, PLAST_HIDDEN_LAYERS, plan);
    return net;
}
