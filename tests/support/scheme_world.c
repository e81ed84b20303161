/* SPDX-License-Identifier: MIT */
#include "support/scheme_world.h"

#include <string.h>

const char *const group_names[NAMES] = { "input", "feedback", "magnitude", "descending", "teaching", "crossing" };
const scheme_plan kolen_pollack = { "kolen_pollack", { { "decay", 0.01 } } };
double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS];

int fill_data(void **state)
{
    (void)state;
    fill_normal(41, SAMPLES * INPUTS, x);
    for (int b = 0; b < SAMPLES; b++)
        targets[b * OUTPUTS + b * 3 % OUTPUTS] = 1.0;
    return 0;
}

net_plan plan_of(int32_t dtype, int adam, int ruled)
{
    const net_plan plan = { .dtype = dtype,
                            .inputs = INPUTS,
                            .layers = LAYERS,
                            .units = { 9, 5, 8, OUTPUTS },
                            .hidden = PLAST_TANH,
                            .output = PLAST_SOFTMAX,
                            .seed = 6,
                            .optimizer = adam ? "adam" : "sgd",
                            .rate = adam ? 0.01 : 0.1,
                            .oja = ruled ? 0.02 : 0.0,
                            .gha = ruled == 2 ? 0.01 : 0.0,
                            .decay = ruled ? 0.004 : 0.0,
                            .ruled = PLAST_ALL_LAYERS };
    return plan;
}

void learn(net *net, int64_t from, int64_t to, int64_t batch)
{
    const net_data data = {
        .n = to - from, .x = x + from * INPUTS, .targets = targets + from * OUTPUTS, .batch = batch
    };
    net_learn(net, &data);
}

int follows(const net *net, const char *name)
{
    return strcmp(plast_network_feedback(net->network), "kolen_pollack") == 0 && strcmp(name, "feedback") == 0;
}

net follow_plain_loops(const net_plan *plan, const scheme_plan *scheme, int64_t batch, constrain_groups *constrain,
                       constrain_reference *also)
{
    net net = net_make(plan);
    net_scheme(&net, scheme);
    constrain(&net);
    naive reference = naive_copy(&net);
    naive_scheme(&reference, &net, scheme);
    for (int64_t b = 0; b < SAMPLES; b += batch) {
        learn(&net, b, b + batch, batch);
        naive_scheme_redraw(&reference, &net);
        naive_update(&reference, batch, x + b * INPUTS, targets + b * OUTPUTS, NULL);
        also(&net, &reference);
    }
    const double tolerance = strcmp(plan->optimizer, "adam") == 0 ? 1e-8 : 1e-12; /* it makes roundings of 0 large */
    assert_net_is(&net, &reference, tolerance);
    assert_scheme_is(&net, &reference, tolerance);
    naive_scheme_free(&reference);
    naive_free(&reference);
    return net;
}

void check_split(const net_plan *plan, const scheme_plan *scheme, constrain_groups *constrain)
{
    net whole = net_make(plan), single = net_make(plan);
    net_scheme(&whole, scheme);
    net_scheme(&single, scheme);
    constrain(&whole);
    constrain(&single);
    learn(&whole, 0, SAMPLES, 1);
    for (int64_t b = 0; b < SAMPLES; b++)
        learn(&single, b, b + 1, 1);
    assert_same_schemes(&single, &whole);
    net_free(&whole);
    net_free(&single);
}
