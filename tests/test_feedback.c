/* SPDX-License-Identifier: MIT
 *
 * Every feedback scheme against an independent learner in plain loops: signals and all weights, over many steps,
 * for every activation that matters, gate, loss, optimizer and number type. */
#include "support/quiet.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 30, INPUTS = 7, OUTPUTS = 4, LAYERS = 4 };

static const int64_t units[LAYERS] = { 9, 6, 8, OUTPUTS };

typedef struct task {
    double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS], mask[SAMPLES];
} task;

/* Inputs and targets are floats, so that both number types see the same; every sixth sample carries no loss, and the
 * others weigh differently. */
static task make_task(void)
{
    task t = { .x = { 0.0 } };
    fill_uniform(1, SAMPLES * INPUTS, t.x);
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        t.x[i] = (double)(float)t.x[i];
    for (int b = 0; b < SAMPLES; b++) {
        t.mask[b] = b % 6 == 4 ? 0.0 : b % 3 == 0 ? 0.5 : 1.0;
        t.targets[b * OUTPUTS + b * 3 % OUTPUTS] = 0.75;
        t.targets[b * OUTPUTS + (b * 3 + 1) % OUTPUTS] = 0.25;
    }
    return t;
}

static net_plan plan_of(int32_t dtype, int32_t hidden, int32_t output, const char *optimizer)
{
    net_plan plan = { .dtype = dtype,
                      .inputs = INPUTS,
                      .layers = LAYERS,
                      .hidden = hidden,
                      .output = output,
                      .beta = 2.0,
                      .seed = 3,
                      .optimizer = optimizer,
                      .rate = strcmp(optimizer, "adam") == 0 ? 0.01 : 0.1 };
    memcpy(plan.units, units, sizeof units);
    return plan;
}

static net make(const net_plan *plan, const scheme_plan *scheme)
{
    net net = net_make(plan);
    net_scheme(&net, scheme);
    return net;
}

/* ---- against plain loops ---- */

/* Minibatch by minibatch, for what "brsf" draws must be asked for each time. Rounding errors of 1e-16 and 6e-8 add up
 * over the updates, and learning may amplify them; Adam divides small gradients by their own size. */
static void follow(const net_plan *plan, const scheme_plan *scheme, int64_t batch, double tolerance)
{
    const task t = make_task();
    net net = make(plan, scheme);
    naive reference = naive_copy(&net);
    naive_scheme(&reference, &net, scheme);
    for (int64_t b = 0; b < SAMPLES; b += batch) {
        const int64_t n = SAMPLES - b < batch ? SAMPLES - b : batch;
        const net_data data = {
            .n = n, .x = t.x + b * INPUTS, .targets = t.targets + b * OUTPUTS, .mask = t.mask + b, .batch = batch
        };
        net_learn(&net, &data);
        naive_scheme_redraw(&reference, &net);
        naive_update(&reference, n, data.x, data.targets, data.mask);
    }
    assert_net_is(&net, &reference, tolerance);
    assert_scheme_is(&net, &reference, tolerance);
    naive_scheme_free(&reference);
    naive_free(&reference);
    net_free(&net);
}

static void follow_all(int32_t hidden, int32_t output, const char *optimizer)
{
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++) {
        if (strcmp(s->name, "drtp") == 0 && output == PLAST_TANH)
            continue;
        for (int64_t batch = 1; batch <= 7; batch += 6) {
            const net_plan twice = plan_of(PLAST_F64, hidden, output, optimizer);
            const net_plan once = plan_of(PLAST_F32, hidden, output, optimizer);
            follow(&twice, s, batch, 1e-12);
            follow(&once, s, batch, 1e-3);
        }
    }
}

static void tanh_units_with_softmax(void **state)
{
    (void)state;
    follow_all(PLAST_TANH, PLAST_SOFTMAX, "sgd");
    follow_all(PLAST_TANH, PLAST_SOFTMAX, "adam");
}

static void softplus_units_with_linear_outputs(void **state)
{
    (void)state;
    follow_all(PLAST_SOFTPLUS, PLAST_LINEAR, "sgd");
    follow_all(PLAST_SOFTPLUS, PLAST_LINEAR, "adam");
}

static void relu_units_with_sigmoid_outputs(void **state)
{
    (void)state;
    follow_all(PLAST_RELU, PLAST_SIGMOID, "sgd");
}

static void linear_units_with_squared_error_of_tanh(void **state)
{
    (void)state;
    follow_all(PLAST_LINEAR, PLAST_TANH, "sgd");
}

/* With rules at work everywhere, also where they are mirrored. */
static void rules_beside_the_error(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++)
        for (int adam = 0; adam < 2; adam++)
            for (int64_t batch = 1; batch <= 7; batch += 6) {
                net_plan plan = plan_of(PLAST_F64, PLAST_TANH, PLAST_SOFTMAX, adam ? "adam" : "sgd");
                plan.oja = 0.03;
                plan.gha = 0.02;
                plan.decay = 0.004;
                plan.ruled = PLAST_ALL_LAYERS;
                follow(&plan, s, batch, 1e-12);
                plan.oja = 0.0;
                follow(&plan, s, batch, 1e-12);
                plan.gha = 0.0;
                plan.oja = 0.02;
                follow(&plan, s, batch, 1e-12);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(tanh_units_with_softmax),         quiet_test(softplus_units_with_linear_outputs),
        quiet_test(relu_units_with_sigmoid_outputs), quiet_test(linear_units_with_squared_error_of_tanh),
        quiet_test(rules_beside_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
