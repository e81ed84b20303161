/* SPDX-License-Identifier: MIT
 *
 * The setting of every feedback scheme in which it must be backpropagation, step for step, to rounding: 1e-16 a step,
 * which 60 steps amplify little. With a decay of the scheme, backpropagation has the same decay as a rule, in the
 * layers that the scheme decays. */
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

enum { INPUTS = 6, OUTPUTS = 4, STEPS = 60, BATCH = 3, ROWS = STEPS * BATCH, MOST = 16 * 16 };

static double x[ROWS * INPUTS];
static int32_t labels[ROWS];

static int fill_data(void **state)
{
    (void)state;
    fill_normal(31, ROWS * INPUTS, x);
    for (int i = 0; i < ROWS; i++)
        labels[i] = i * 5 % OUTPUTS;
    return 0;
}

/* What is done to the network before every step, hidden layer by hidden layer, so that it is aligned. */
typedef void align(const net *net, int32_t layer);

typedef struct setting {
    const scheme_plan *scheme;
    int32_t layers;
    align *first; /* once */
    align *each;
    double decay; /* of W_2 ... */
    double tolerance;
} setting;

static void forward_transposed(const net *net, int32_t layer, double *out)
{
    const plast_synapses *forward = net_group(net, layer + 1, "input");
    double *w = group_new(forward);
    transpose(group_rows(forward), group_cols(forward), w, out);
    free(w);
}

static void feedback_is_forward(const net *net, int32_t layer)
{
    double b[MOST];
    forward_transposed(net, layer, b);
    group_set(net_group(net, layer, "feedback"), b);
}

static void magnitude_is_forward(const net *net, int32_t layer)
{
    double b[MOST];
    forward_transposed(net, layer, b);
    for (int i = 0; i < MOST; i += 2)
        b[i] = fabs(b[i]); /* its sign does not matter */
    group_set(net_group(net, layer, "magnitude"), b);
}

static void put_identity(plast_synapses *group)
{
    double one[MOST] = { 0.0 };
    for (int64_t i = 0; i < group_rows(group); i++)
        one[i * group_cols(group) + i] = 1.0;
    group_set(group, one);
    assert_int_equal(plast_synapses_set_frozen(group, 1), PLAST_OK);
}

static void circuit_is_kolen_pollack(const net *net, int32_t layer)
{
    double b[MOST];
    forward_transposed(net, layer, b);
    group_set(net_group(net, layer, "descending"), b);
    put_identity(net_group(net, layer, "teaching"));
    put_identity(net_group(net, layer, "crossing"));
}

/* The same orthogonal matrix twice, one transposed: the descending stream is a rotation of the error. */
static void circuit_is_rotated(const net *net, int32_t layer)
{
    double c[MOST], v[MOST], b[MOST], w[MOST], cw[MOST];
    const int64_t n = net->plan.units[layer], above = net->plan.units[layer + 1];
    fill_orthogonal(50 + (uint64_t)layer, n, c);
    transpose(n, n, c, v);
    group_set(net_group(net, layer, "crossing"), c);
    group_set(net_group(net, layer, "teaching"), v);
    assert_int_equal(plast_synapses_set_frozen(net_group(net, layer, "crossing"), 1), PLAST_OK);
    assert_int_equal(plast_synapses_set_frozen(net_group(net, layer, "teaching"), 1), PLAST_OK);
    forward_transposed(net, layer, w);
    matrix_product(n, n, above, c, w, cw);
    memcpy(b, cw, sizeof b);
    if (layer < net->plan.layers - 2) {
        double next[MOST], turned[MOST];
        fill_orthogonal(51 + (uint64_t)layer, above, next);
        transpose(above, above, next, turned);
        matrix_product(n, above, above, cw, turned, b);
    }
    group_set(net_group(net, layer, "descending"), b);
}

static void learn_step(net *net, int64_t step, int64_t batch)
{
    const net_data data = {
        .n = batch, .x = x + step * batch * INPUTS, .labels = labels + step * batch, .batch = batch
    };
    net_learn(net, &data);
}

static void align_all(const net *net, align *how)
{
    for (int32_t l = 0; l < net->plan.layers - 1 && how != NULL; l++)
        how(net, l);
}

static void check_equal(const setting *s, int32_t hidden, const char *optimizer, int64_t batch)
{
    const int adam = strcmp(optimizer, "adam") == 0;
    net_plan plan = { .dtype = PLAST_F64,
                      .inputs = INPUTS,
                      .layers = s->layers,
                      .units = { 8, 7, 9, OUTPUTS },
                      .hidden = hidden,
                      .output = PLAST_SOFTMAX,
                      .beta = 2.0,
                      .seed = 14,
                      .optimizer = optimizer,
                      .rate = adam ? 0.01 : 0.2 };
    plan.units[s->layers - 1] = OUTPUTS;
    net scheme = net_make(&plan), exact = net_make(&plan);
    for (int32_t l = 1; l < s->layers && s->decay > 0.0; l++)
        net_rule(&exact, l, "decay", s->decay);
    net_scheme(&scheme, s->scheme);
    double *start = net_all(&exact);
    align_all(&scheme, s->first);
    for (int64_t step = 0; step < STEPS; step++) {
        align_all(&scheme, s->each);
        learn_step(&scheme, step, batch);
        learn_step(&exact, step, batch);
    }
    double *a = net_all(&scheme), *b = net_all(&exact);
    assert_close(net_size(&exact), a, b, adam ? 1e3 * s->tolerance : s->tolerance);
    assert_true(difference(net_size(&exact), a, start) > 0.05);
    free(a);
    free(b);
    free(start);
    net_free(&scheme);
    net_free(&exact);
}

/* Adam divides what is small by its own size: its roundings are larger. */
static void check_setting(const setting *s)
{
    for (int64_t batch = 1; batch <= BATCH; batch += BATCH - 1) {
        check_equal(s, PLAST_TANH, "sgd", batch);
        check_equal(s, PLAST_SOFTPLUS, "sgd", batch);
        check_equal(s, PLAST_RELU, "sgd", batch);
        check_equal(s, PLAST_TANH, "adam", batch);
    }
}

static void alignment_with_the_forward_weights(void **state)
{
    static const scheme_plan fa = { "fa", { { NULL, 0.0 } } };
    const setting s = { &fa, 4, NULL, feedback_is_forward, 0.0, 1e-13 };
    (void)state;
    check_setting(&s);
}

static void mirror_with_the_forward_weights(void **state)
{
    static const scheme_plan mirror = { "weight_mirror", { { "noise", 1.0 }, { "rate", 0.1 }, { "decay", 0.1 } } };
    const setting s = { &mirror, 4, NULL, feedback_is_forward, 0.0, 1e-13 };
    (void)state;
    check_setting(&s);
}

static void direct_alignment_with_one_hidden_layer(void **state)
{
    static const scheme_plan dfa = { "dfa", { { NULL, 0.0 } } };
    const setting s = { &dfa, 2, NULL, feedback_is_forward, 0.0, 1e-13 };
    (void)state;
    check_setting(&s);
}

static void kolen_pollack_from_alignment(void **state)
{
    static const scheme_plan decays = { "kolen_pollack", { { "decay", 0.01 } } };
    static const scheme_plan stays = { "kolen_pollack", { { "decay", 0.0 } } };
    const setting with = { &decays, 4, feedback_is_forward, NULL, 0.01, 1e-13 };
    const setting without = { &stays, 4, feedback_is_forward, NULL, 0.0, 1e-13 };
    (void)state;
    check_setting(&with);
    check_setting(&without);
}

static void sign_symmetry_with_the_true_magnitudes(void **state)
{
    static const scheme_plan frsf = { "frsf", { { "scale", 1.0 } } };
    const setting s = { &frsf, 4, NULL, magnitude_is_forward, 0.0, 1e-13 };
    (void)state;
    check_setting(&s);
}

static void circuit_with_identity_crossing(void **state)
{
    static const scheme_plan decays = { "circuit", { { "decay", 0.01 }, { "gate", 1.0 } } };
    static const scheme_plan stays = { "circuit", { { "decay", 0.0 }, { "gate", 1.0 } } };
    static const scheme_plan own = { "circuit", { { "decay", 0.01 }, { "gate", 3.0 } } };
    const setting all[] = { { &decays, 4, circuit_is_kolen_pollack, NULL, 0.01, 1e-13 },
                            { &stays, 4, circuit_is_kolen_pollack, NULL, 0.0, 1e-13 },
                            { &own, 4, circuit_is_kolen_pollack, NULL, 0.01, 1e-13 } };
    (void)state;
    for (int k = 0; k < 3; k++)
        check_setting(&all[k]);
}

/* Any rotation will do where units are linear, and where the only slopes are at the teaching potential of the one
 * hidden layer. */
static void circuit_with_rotated_crossing(void **state)
{
    static const scheme_plan circuit = { "circuit", { { "decay", 0.01 }, { "gate", 0.0 } } };
    const setting deep = { &circuit, 4, circuit_is_rotated, NULL, 0.01, 1e-12 };
    const setting flat = { &circuit, 2, circuit_is_rotated, NULL, 0.01, 1e-12 };
    (void)state;
    for (int64_t batch = 1; batch <= BATCH; batch += BATCH - 1) {
        check_equal(&deep, PLAST_LINEAR, "sgd", batch);
        check_equal(&flat, PLAST_TANH, "sgd", batch);
    }
}

/* To the bit. */
static void set_backprop_is_backprop(void **state)
{
    static const scheme_plan plain = { "backprop", { { NULL, 0.0 } } };
    const setting s = { &plain, 4, NULL, NULL, 0.0, 0.0 };
    (void)state;
    check_setting(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(alignment_with_the_forward_weights),     quiet_test(mirror_with_the_forward_weights),
        quiet_test(direct_alignment_with_one_hidden_layer), quiet_test(kolen_pollack_from_alignment),
        quiet_test(sign_symmetry_with_the_true_magnitudes), quiet_test(circuit_with_identity_crossing),
        quiet_test(circuit_with_rotated_crossing),          quiet_test(set_backprop_is_backprop),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
