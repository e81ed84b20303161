/* SPDX-License-Identifier: MIT
 *
 * Error-based Hebbian plasticity: its formula in every layer, the synthetic signal of the inputs, and that it turns
 * forward weights toward the feedback. */
#include "support/algebra.h"
#include "support/quiet.h"
#include "support/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

enum { IN = 7, MIDDLE = 9, TOP = 6, OUT = 4, MOST = 5 };
static const int64_t units[4] = { IN, MIDDLE, TOP, OUT };

static net_plan plan_of(int32_t dtype, int32_t hidden, int32_t output)
{
    return (net_plan){ .dtype = dtype,
                       .inputs = IN,
                       .layers = 3,
                       .units = { MIDDLE, TOP, OUT },
                       .hidden = hidden,
                       .output = output,
                       .beta = 2.0,
                       .seed = 11,
                       .optimizer = "sgd" }; /* of rate 0: nothing but rules moves weights */
}

/* Slopes from activities, as published for softplus, and of tanh. */
static double slope(int32_t activation, double y)
{
    return activation == PLAST_SOFTPLUS ? 1.0 - exp(-2.0 * y) : activation == PLAST_TANH ? 1.0 - y * y : 1.0;
}

static void formula(int32_t dtype, int32_t hidden, int64_t batch, const char *scheme)
{
    const double rate = 0.3, tolerance = dtype == PLAST_F64 ? 1e-14 : 1e-5; /* sums of at most 45 products */
    double x[MOST * IN], targets[MOST * OUT], e[4][MOST * MIDDLE], old[4][MIDDLE * MIDDLE], w[MIDDLE * MIDDLE],
        b[IN * MIDDLE], by_hand[MIDDLE * IN];
    const net_plan plan = plan_of(dtype, hidden, PLAST_LINEAR);
    net net = net_make(&plan);
    net_feedback(&net, scheme, (const setting[]){ { NULL, 0.0 } });
    net_add_rule(&net, PLAST_ALL_LAYERS, "ehebb", RATE(rate));
    fill_uniform(3, batch * IN, x);
    fill_uniform(4, batch * OUT, targets);
    for (int32_t l = 0; l < 3; l++)
        net_get_weights(&net, l, old[l]);
    net_learn(&net, &(net_data){ .n = batch, .x = x, .targets = targets, .batch = batch });
    for (int32_t l = 0; l < 3; l++)
        net_seen(&net, l, PLAST_SIGNAL, e[l + 1]);
    if (scheme[0] == 'f') /* "fa" */
        net_group_weights(&net, 0, "input_feedback", IN, MIDDLE, b);
    for (int64_t j = 0; j < IN && scheme[0] == 'b'; j++)
        for (int64_t i = 0; i < MIDDLE; i++)
            b[j * MIDDLE + i] = old[0][i * IN + j];
    for (int64_t s = 0; s < batch; s++)
        for (int64_t j = 0; j < IN; j++) {
            e[0][s * IN + j] = 0.0;
            for (int64_t i = 0; i < MIDDLE; i++)
                e[0][s * IN + j] += b[j * MIDDLE + i] * e[1][s * MIDDLE + i];
            e[0][s * IN + j] *= slope(hidden, x[s * IN + j]);
        }
    for (int32_t l = 0; l < 3; l++) {
        const int64_t rows = units[l + 1], cols = units[l];
        for (int64_t i = 0; i < rows * cols; i++) {
            double sum = 0.0;
            for (int64_t s = 0; s < batch; s++)
                sum += e[l + 1][s * rows + i / cols] * e[l][s * cols + i % cols];
            by_hand[i] = old[l][i] + rate * sum / (double)batch;
        }
        net_get_weights(&net, l, w);
        assert_close(rows * cols, w, by_hand, tolerance);
        assert_true(difference(rows * cols, w, old[l]) > 100.0 * tolerance); /* there was something to see */
    }
    net_free(&net);
}

static void is_its_formula(void **state)
{
    const int32_t activations[] = { PLAST_LINEAR, PLAST_SOFTPLUS, PLAST_TANH };
    (void)state;
    for (int k = 0; k < 3; k++)
        for (int64_t batch = 1; batch <= MOST; batch += 4) {
            formula(PLAST_F64, activations[k], batch, "backprop");
            formula(PLAST_F64, activations[k], batch, "fa");
            formula(PLAST_F32, activations[k], batch, "fa");
        }
}

/* By hand: 1-1-1, softplus with beta 2, then linear, squared error. x = 0.5, W_1 = 0.8, W_2 = -1.5, target 1.
 * y_1 = log(1 + exp(0.8)) / 2, e_2 = -1.5 y_1 - 1, e_1 = -1.5 e_2 / (1 + exp(-0.8)), e_0 = 0.8 e_1 (1 - exp(-1)). */
static void three_numbers_by_hand(void **state)
{
    (void)state;
    const double x = 0.5, target = 1.0, first = 0.8, second = -1.5, rate = 0.25;
    const double y1 = 0.5855503329738889, e2 = -1.8783254994608334, e1 = 1.9439949928188778, e0 = 0.9830713609764696;
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = 1,
                            .layers = 2,
                            .units = { 1, 1 },
                            .hidden = PLAST_SOFTPLUS,
                            .beta = 2.0,
                            .no_bias = 1,
                            .optimizer = "sgd" };
    double w = 0.0, y = 0.0;
    net net = net_make(&plan);
    net_set_weights(&net, 0, &first);
    net_set_weights(&net, 1, &second);
    net_add_rule(&net, PLAST_ALL_LAYERS, "ehebb", RATE(rate));
    net_learn(&net, &(net_data){ .n = 1, .x = &x, .targets = &target, .batch = 1 });
    net_seen(&net, 0, PLAST_ACTIVITY, &y);
    assert_near(y, y1, 1e-14);
    net_get_weights(&net, 0, &w);
    assert_near(w, first + rate * e1 * e0, 1e-14);
    net_get_weights(&net, 1, &w);
    assert_near(w, second + rate * e2 * e1, 1e-14);
    net_free(&net);
}

/* A linear network with feedback B: dW_2 = rate (e e^T) B^T exactly, so <W_2, B^T> never falls. Output
 * weights of 0 keep the errors at the size of the targets. */
static void turns_weights_toward_feedback(void **state)
{
    enum { STEPS = 400 };
    (void)state;
    double e[TOP], b[MIDDLE * TOP], old[TOP * MIDDLE], w[TOP * MIDDLE], expected[TOP * MIDDLE], x[IN], target[OUT];
    const double nothing[OUT * TOP] = { 0.0 };
    double cosine[2], before = -(double)INFINITY;
    net_plan plan = plan_of(PLAST_F64, PLAST_LINEAR, PLAST_LINEAR);
    plan.no_bias = 1;
    net net = net_make(&plan);
    net_feedback(&net, "fa", (const setting[]){ { NULL, 0.0 } });
    net_add_rule(&net, 1, "ehebb", RATE(0.01));
    net_set_weights(&net, 2, nothing);
    net_group_weights(&net, 0, "feedback", MIDDLE, TOP, b);
    for (int t = 0; t < STEPS; t++) {
        double dot = 0.0, of_w = 0.0, of_b = 0.0;
        fill_normal(100 + (uint64_t)t, IN, x);
        fill_normal(1000 + (uint64_t)t, OUT, target);
        net_get_weights(&net, 1, old);
        net_learn(&net, &(net_data){ .n = 1, .x = x, .targets = target, .batch = 1 });
        net_seen(&net, 1, PLAST_SIGNAL, e);
        net_get_weights(&net, 1, w);
        for (int i = 0; i < TOP * MIDDLE; i++) {
            expected[i] = old[i];
            for (int k = 0; k < TOP; k++)
                expected[i] += 0.01 * e[i / MIDDLE] * e[k] * b[i % MIDDLE * TOP + k];
            dot += old[i] * b[i % MIDDLE * TOP + i / MIDDLE];
            of_w += old[i] * old[i];
            of_b += b[i] * b[i];
        }
        assert_close(TOP * MIDDLE, w, expected, 1e-14);
        assert_true(dot >= before);
        before = dot;
        cosine[t > 0] = dot / sqrt(of_w * of_b);
    }
    assert_true(fabs(cosine[0]) < 0.1 && cosine[1] > 0.4);
    net_free(&net);
}

/* Without a loss there are no signals, and nothing moves; such samples count in the average. */
static void needs_an_error(void **state)
{
    (void)state;
    double x[2 * IN], targets[2 * OUT] = { 1.0 };
    const double mask[2] = { 1.0, 0.0 };
    const net_plan plan = plan_of(PLAST_F64, PLAST_TANH, PLAST_LINEAR);
    net a = net_make(&plan), b = net_make(&plan), untouched = net_make(&plan);
    fill_uniform(5, 2 * IN, x);
    net_add_rule(&a, PLAST_ALL_LAYERS, "ehebb", RATE(0.2));
    net_add_rule(&b, PLAST_ALL_LAYERS, "ehebb", RATE(0.1));
    net_learn(&a, &(net_data){ .n = 2, .x = x, .batch = 1 });
    net_learn(&a, &(net_data){ .n = 2, .x = x, .batch = 2 });
    assert_same_nets(&a, &untouched);
    net_learn(&a, &(net_data){ .n = 2, .x = x, .targets = targets, .mask = mask, .batch = 2 });
    net_learn(&b, &(net_data){ .n = 1, .x = x, .targets = targets, .batch = 1 });
    double *of_a = net_all(&a), *of_b = net_all(&b);
    assert_close(net_size(&a), of_a, of_b, 1e-14); /* half of 0.2 is 0.1 */
    free(of_a);
    free(of_b);
    net_free(&a);
    net_free(&b);
    net_free(&untouched);
}

/* The circuit defines no signal of the inputs. */
static void circuit_has_no_input_signal(void **state)
{
    (void)state;
    const net_plan plan = plan_of(PLAST_F64, PLAST_TANH, PLAST_LINEAR);
    const setting circuit[] = { { "decay", 0.01 }, { NULL, 0.0 } };
    plast_feedback *scheme = NULL;
    net a = net_make(&plan), b = net_make(&plan);
    net_feedback(&a, "circuit", circuit);
    assert_int_equal(net_try_rule(&a, 0, "ehebb", RATE(0.1)), PLAST_E_UNSUPPORTED);
    net_add_rule(&a, 1, "ehebb", RATE(0.1));
    net_add_rule(&b, 0, "ehebb", RATE(0.1));
    net_ok(&b, plast_feedback_create(b.context, "circuit", &scheme));
    net_ok(&b, plast_feedback_set(scheme, "decay", 0.01));
    assert_int_equal(plast_network_set_feedback(b.network, PLAST_HIDDEN_LAYERS, scheme), PLAST_E_UNSUPPORTED);
    assert_string_equal(plast_network_feedback(b.network), "backprop");
    plast_feedback_destroy(scheme);
    net_free(&a);
    net_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula), quiet_test(three_numbers_by_hand),       quiet_test(turns_weights_toward_feedback),
        quiet_test(needs_an_error), quiet_test(circuit_has_no_input_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
