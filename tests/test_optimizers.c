/* SPDX-License-Identifier: MIT
 *
 * SGD and Adam: trajectories computed by hand, a plain implementation over many steps, and what their moments and
 * their count of updates belong to. */
#include "support/naive.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

enum { INPUTS = 11, OUTPUTS = 4, SAMPLES = 20 };

/* ---- by hand ---- */

/* y = w x + b from w = 1, b = 1/2, rate 0.1, loss (y - t)^2 / 2 on (x, t) = (1, 0), (2, -1), (-1/2, 1), so the gradient
 * is (y - t) times x for w, and y - t for b. */
static const double hand_x[3] = { 1.0, 2.0, -0.5 }, hand_t[3] = { 0.0, -1.0, 1.0 };

/* SGD with pencil and paper: y - t = 1.5, 3.05, -1.075. */
static const double hand_sgd[3][2] = { { 0.85, 0.35 }, { 0.24, 0.045 }, { 0.18625, 0.1525 } };

/* Adam (beta1 0.9, beta2 0.999, epsilon 1e-8): algorithm 1 of Kingma & Ba (2015) in 40 decimal digits, by Python's
 * decimal module. The first step is rate g / (|g| + epsilon): 0.1 / (1 + 1e-8 / 1.5) less than 1. */
static const double hand_adam[3][2] = {
    { 0.90000000066666666622, 0.40000000066666666622 },
    { 0.81226484076987330675, 0.30418751811080576821 },
    { 0.73934404775608154768, 0.25251086733668669463 },
};

static net scalar(const char *optimizer)
{
    const double weight = 1.0, bias = 0.5;
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = 1,
                            .layers = 1,
                            .units = { 1 },
                            .output = PLAST_LINEAR,
                            .optimizer = optimizer,
                            .rate = 0.1 };
    net net = net_make(&plan);
    net_set_weights(&net, 0, &weight);
    net_set_bias(&net, 0, &bias);
    return net;
}

/* The first `steps` samples, from sample 0. */
static void hand_learn(net *net, int steps)
{
    const net_data data = { .n = steps, .x = hand_x, .targets = hand_t, .batch = 1 };
    net_learn(net, &data);
}

/* Three steps in a row, and one by one: 3e-15 is a dozen roundings of numbers near 1. */
static void check_hand(const char *optimizer, const double (*expected)[2])
{
    for (int steps = 1; steps <= 3; steps++) {
        net net = scalar(optimizer);
        hand_learn(&net, steps);
        double *found = net_all(&net);
        assert_near(found[0], expected[steps - 1][0], 3e-15);
        assert_near(found[1], expected[steps - 1][1], 3e-15);
        free(found);
        net_free(&net);
    }
}

static void sgd_by_hand(void **state)
{
    (void)state;
    check_hand("sgd", hand_sgd);
}

static void adam_by_hand(void **state)
{
    (void)state;
    check_hand("adam", hand_adam);
}

/* Each of Adam's parameters, against the formula written out for one weight over three steps. */
static void adam_parameters(void **state)
{
    (void)state;
    const double rate = 0.03, beta1 = 0.6, beta2 = 0.7, epsilon = 0.25;
    double p[2] = { 1.0, 0.5 }, m[2] = { 0.0 }, v[2] = { 0.0 };
    net net = scalar("sgd");
    plast_optimizer *adam = NULL;
    net_ok(&net, plast_optimizer_create(net.context, "adam", &adam));
    net_ok(&net, plast_optimizer_set(adam, "rate", rate));
    net_ok(&net, plast_optimizer_set(adam, "beta1", beta1));
    net_ok(&net, plast_optimizer_set(adam, "beta2", beta2));
    net_ok(&net, plast_optimizer_set(adam, "epsilon", epsilon));
    net_ok(&net, plast_network_set_optimizer(net.network, adam));
    plast_optimizer_destroy(adam);
    hand_learn(&net, 3);
    for (int t = 1; t <= 3; t++) {
        const double s = p[0] * hand_x[t - 1] + p[1] - hand_t[t - 1], g[2] = { s * hand_x[t - 1], s };
        for (int i = 0; i < 2; i++) {
            m[i] = beta1 * m[i] + (1.0 - beta1) * g[i];
            v[i] = beta2 * v[i] + (1.0 - beta2) * g[i] * g[i];
            p[i] -= rate * (m[i] / (1.0 - pow(beta1, t))) / (sqrt(v[i] / (1.0 - pow(beta2, t))) + epsilon);
        }
    }
    double *found = net_all(&net);
    assert_close(2, found, p, 3e-15);
    free(found);
    net_free(&net);
}

/* ---- a small network ---- */

typedef struct task {
    double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS], mask[SAMPLES];
    int32_t labels[SAMPLES];
} task;

/* With `gaps`, every third sample carries no loss. */
static task make_task(int gaps)
{
    task t = { .x = { 0.0 } };
    fill_uniform(1, SAMPLES * INPUTS, t.x);
    for (int b = 0; b < SAMPLES; b++) {
        t.labels[b] = gaps && b % 3 == 1 ? -1 : b % OUTPUTS;
        t.mask[b] = t.labels[b] >= 0;
        t.targets[b * OUTPUTS + b % OUTPUTS] = 1.0;
    }
    return t;
}

static net_plan small(const char *optimizer, double rate)
{
    return (net_plan){ .dtype = PLAST_F64,
                       .inputs = INPUTS,
                       .layers = 3,
                       .units = { 17, 9, OUTPUTS },
                       .hidden = PLAST_TANH,
                       .output = PLAST_SOFTMAX,
                       .seed = 2,
                       .optimizer = optimizer,
                       .rate = rate };
}

static void learn(net *net, const task *t, int64_t from, int64_t to, int64_t batch)
{
    const net_data data = { .n = to - from, .x = t->x + from * INPUTS, .labels = t->labels + from, .batch = batch };
    net_learn(net, &data);
}

static void naive_see(naive *naive, const task *t, int64_t from, int64_t to, int64_t batch)
{
    naive_learn(naive, to - from, t->x + from * INPUTS, t->targets + from * OUTPUTS, t->mask + from, batch);
}

/* 20 samples online and in minibatches of 6 (the last has 2). 1e-12: Adam divides gradients by their own size, so the
 * rounding of small ones counts as much as that of large ones. */
static void agrees_with_plain_loops(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++) {
        const net_plan plan = k & 1 ? small("adam", 0.01) : small("sgd", 0.3);
        const int64_t batch = k & 2 ? 6 : 1;
        const task t = make_task(k & 4);
        net net = net_make(&plan);
        naive reference = naive_copy(&net);
        learn(&net, &t, 0, SAMPLES, batch);
        naive_see(&reference, &t, 0, SAMPLES, batch);
        assert_net_is(&net, &reference, 1e-12);
        naive_free(&reference);
        net_free(&net);
    }
}

/* ---- moments, and the count of updates ---- */

static void set_all(net *to, const net *from)
{
    double w[17 * INPUTS], b[17];
    for (int32_t l = 0; l < 3; l++) {
        net_get_weights(from, l, w);
        net_set_weights(to, l, w);
        net_get_bias(from, l, b);
        net_set_bias(to, l, b);
    }
}

/* Setting the optimizer again forgets the moments and the count: what follows is as in a fresh network. */
static void set_optimizer_forgets(void **state)
{
    (void)state;
    const net_plan plan = small("adam", 0.01);
    const task t = make_task(0);
    for (int64_t batch = 1; batch <= 5; batch += 4) {
        net old = net_make(&plan), fresh = net_make(&plan), keeps = net_make(&plan);
        learn(&old, &t, 0, 10, batch);
        set_all(&fresh, &old);
        learn(&keeps, &t, 0, 10, batch);
        net_optimizer(&old, "adam", 0.01);
        learn(&old, &t, 10, SAMPLES, batch);
        learn(&fresh, &t, 10, SAMPLES, batch);
        learn(&keeps, &t, 10, SAMPLES, batch);
        assert_same_nets(&old, &fresh);
        double *a = net_all(&old), *b = net_all(&keeps);
        assert_true(difference(net_size(&old), a, b) > 1e-3);
        free(a);
        free(b);
        net_free(&old);
        net_free(&fresh);
        net_free(&keeps);
    }
}

/* From one optimizer to the other and back. */
static void set_optimizer_changes_kind(void **state)
{
    (void)state;
    net_plan plan = small("adam", 0.01);
    const task t = make_task(0);
    net net = net_make(&plan);
    learn(&net, &t, 0, 7, 1);
    net_optimizer(&net, "sgd", 0.3);
    naive reference = naive_copy(&net);
    reference.adam = 0;
    reference.rate = 0.3;
    learn(&net, &t, 7, 14, 1);
    naive_see(&reference, &t, 7, 14, 1);
    assert_net_is(&net, &reference, 1e-13);
    naive_free(&reference);
    net_optimizer(&net, "adam", 0.01);
    reference = naive_copy(&net);
    learn(&net, &t, 14, SAMPLES, 1);
    naive_see(&reference, &t, 14, SAMPLES, 1);
    assert_net_is(&net, &reference, 1e-12);
    naive_free(&reference);
    net_free(&net);
}

static void reset_forgets(void **state)
{
    (void)state;
    net_plan plan = small("adam", 0.01);
    const task t = make_task(0);
    plan.no_bias = 1; /* the plan's own biases are not the library's zeros */
    net used = net_make(&plan), fresh = net_make(&plan);
    learn(&used, &t, 0, 10, 1);
    net_ok(&used, plast_network_reset(used.network, plan.seed));
    learn(&used, &t, 0, SAMPLES, 1);
    learn(&fresh, &t, 0, SAMPLES, 1);
    assert_same_nets(&used, &fresh);
    net_free(&used);
    net_free(&fresh);
}

/* Samples without a loss move nothing and are not counted: learning with them in between is learning without. */
static void counts_only_errors(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const net_plan plan = k & 1 ? small("adam", 0.01) : small("sgd", 0.3);
        task with = make_task(0), t = make_task(0);
        net gaps = net_make(&plan), plain = net_make(&plan), nothing = net_make(&plan), still = net_make(&plan);
        const int64_t batch = k & 2 ? 5 : 1;
        for (int b = 5; b < 15; b++)
            with.labels[b] = -1;
        learn(&gaps, &with, 0, SAMPLES, batch);
        learn(&plain, &t, 0, 5, batch);
        learn(&plain, &t, 15, SAMPLES, batch);
        assert_same_nets(&gaps, &plain);
        learn(&nothing, &with, 5, 15, batch);
        assert_same_nets(&nothing, &still);
        net_free(&gaps);
        net_free(&plain);
        net_free(&nothing);
        net_free(&still);
    }
}

/* A changed rate acts from the next call on; moments and count stay. */
static void rate_changes(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const net_plan plan = k & 1 ? small("adam", 0.01) : small("sgd", 0.3);
        const int64_t batch = k & 2 ? 5 : 1;
        const task t = make_task(0);
        double rate = 0.0;
        net net = net_make(&plan);
        naive reference = naive_copy(&net);
        learn(&net, &t, 0, 10, batch);
        naive_see(&reference, &t, 0, 10, batch);
        reference.rate = plan.rate / 4.0;
        net_ok(&net, plast_network_set_optimizer_parameter(net.network, "rate", reference.rate));
        net_ok(&net, plast_network_get_optimizer_parameter(net.network, "rate", &rate));
        assert_true(rate == reference.rate);
        learn(&net, &t, 10, SAMPLES, batch);
        naive_see(&reference, &t, 10, SAMPLES, batch);
        assert_net_is(&net, &reference, 1e-12);
        naive_free(&reference);
        net_free(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(sgd_by_hand),           cmocka_unit_test(adam_by_hand),
        quiet_test(adam_parameters),       cmocka_unit_test(agrees_with_plain_loops),
        quiet_test(set_optimizer_forgets), cmocka_unit_test(set_optimizer_changes_kind),
        quiet_test(reset_forgets),         cmocka_unit_test(counts_only_errors),
        quiet_test(rate_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
