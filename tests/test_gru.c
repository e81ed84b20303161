/* SPDX-License-Identifier: MIT
 *
 * Gated recurrent units: against numbers found by hand, plain loops in double, central differences, and identities
 * between the ways in which credit goes through time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/fail_allocator.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 7, SEQUENCES = 4, ROWS = STEPS * SEQUENCES, N = 5, MOST = 1000 };

static double x[ROWS * INPUTS], targets[ROWS * OUTPUTS], mask[ROWS];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    for (int i = 0; i < ROWS; i++)
        mask[i] = i % 3 != 1;
    return 0;
}

static const stack_data sequences = { STEPS, SEQUENCES, x, targets, NULL, 0, 0 };

#define READOUT                                                                                                        \
    {                                                                                                                  \
        "dense",                                                                                                       \
        {                                                                                                              \
            .units = OUTPUTS, .init = PLAST_INIT_GAUSSIAN, .gain = 0.8                                                 \
        }                                                                                                              \
    }
#define GRU(n)                                                                                                         \
    {                                                                                                                  \
        "gru",                                                                                                         \
        {                                                                                                              \
            .units = (n), .init = PLAST_INIT_GAUSSIAN, .gain = 0.7, .recurrent_init = PLAST_INIT_GAUSSIAN,             \
            .recurrent_gain = 0.6, .learn_initial = 1                                                                  \
        }                                                                                                              \
    }

static const stack_plan plain = { .dtype = PLAST_F64, .inputs = INPUTS, .layers = 2, .layer = { GRU(N), READOUT } };

/* A GRU above and below others. */
static const stack_plan tall = {
    .dtype = PLAST_F64,
    .inputs = INPUTS,
    .layers = 5,
    .layer = { { "dense", { .units = 4, .activation = PLAST_TANH } },
               GRU(N),
               { "recurrent",
                 { .units = 6, .activation = PLAST_TANH, .form = PLAST_FORM_RATE, .alpha = 0.4, .learn_initial = 1 } },
               { "gru", { .units = 3, .no_bias = 1, .no_self = 1, .learn_initial = 1, .recurrent_gain = 1.5 } },
               READOUT },
};

static double sigma(double a)
{
    return 1.0 / (1.0 + exp(-a));
}

/* One step by the equations: u is 3n x d, w is 3n x n, b and bh 3n. */
static void naive_gru(int n, int d, const double *u, const double *w, const double *b, const double *bh,
                      const double *in, double *h)
{
    double gx[3 * N], gh[3 * N];
    for (int i = 0; i < 3 * n; i++) {
        gx[i] = b[i];
        gh[i] = bh[i];
        for (int j = 0; j < d; j++)
            gx[i] += u[i * d + j] * in[j];
        for (int j = 0; j < n; j++)
            gh[i] += w[i * n + j] * h[j];
    }
    for (int i = 0; i < n; i++) {
        const double r = sigma(gx[i] + gh[i]), z = sigma(gx[n + i] + gh[n + i]);
        const double candidate = tanh(gx[2 * n + i] + r * gh[2 * n + i]);
        h[i] = (1.0 - z) * candidate + z * h[i];
    }
}

static void outputs_are_those_of_plain_loops(void **state)
{
    double all[MOST], y[ROWS * OUTPUTS], expected[ROWS * OUTPUTS];
    (void)state;
    stack s = stack_make(&plain);
    stack_get(&s, all);
    const double *u = all, *w = u + 3 * N * INPUTS, *b = w + 3 * N * N, *bh = b + 3 * N, *initial = bh + 3 * N;
    const double *v = initial + N, *c = v + OUTPUTS * N;
    for (int k = 0; k < SEQUENCES; k++) {
        double h[N];
        memcpy(h, initial, sizeof h);
        for (int t = 0; t < STEPS; t++) {
            const int row = t * SEQUENCES + k;
            naive_gru(N, INPUTS, u, w, b, bh, &x[row * INPUTS], h);
            for (int i = 0; i < OUTPUTS; i++) {
                double sum = c[i];
                for (int j = 0; j < N; j++)
                    sum += v[i * N + j] * h[j];
                expected[row * OUTPUTS + i] = sum;
            }
        }
    }
    stack_run(&s, NULL, &sequences, y);
    assert_close(ROWS * OUTPUTS, y, expected, 1e-14);
    stack_free(&s);
}

/* r = 3/4, z = 1/4, n = 3/5: sigma(log 3) = 3/4 and tanh(log 2) = 3/5, so h = 3/4 * 3/5 + 1/4 * 1/5 = 1/2. */
static void one_unit_by_hand(void **state)
{
    const double one = 1.0, target = -0.5;
    const double all[] = { log(3.0) - 0.1,
                           -log(3.0) + 0.2,
                           log(2.0) - 0.3, /* U */
                           2.0,
                           -1.0,
                           1.0, /* W, times h_0 = 1/5 */
                           0.1,
                           -0.2,
                           0.0, /* b */
                           -0.4,
                           0.2,
                           0.2, /* b_h: Gh = 0, 0, 2/5 */
                           0.2, /* h_0 */
                           1.0,
                           0.0 };                      /* readout */
    const double expected[] = { 0.036,  -0.075, 0.48,  /* by U, x = 1: as by Gx */
                                0.0072, -0.015, 0.072, /* h_0 times as by Gh */
                                0.036,  -0.075, 0.48,  /* (1 - z)(1 - n^2) = 12/25, (h_0 - n) z (1 - z) = -3/40 */
                                0.036,  -0.075, 0.36,  /* 12/25 * 2/5 * 3/16 = 9/250; 12/25 * 3/4 = 9/25 */
                                0.757,                 /* z + 2 * 0.036 + 0.075 + 0.36 */
                                0.5,    1.0 };
    const stack_plan plan = { .dtype = PLAST_F64,
                              .inputs = 1,
                              .layers = 2,
                              .layer = { { "gru", { .units = 1, .learn_initial = 1 } }, { "dense", { .units = 1 } } } };
    const stack_data step = { 1, 1, &one, &target, NULL, 0, 0 };
    double y = 0.0, gradient[15];
    (void)state;
    stack s = stack_make(&plan);
    assert_int_equal(stack_size(&s), 15);
    stack_set(&s, all);
    stack_run(&s, NULL, &step, &y);
    assert_near(y, 0.5, 1e-15);
    stack_gradient(&s, NULL, &step, gradient);
    for (int i = 0; i < 15; i++)
        assert_near(gradient[i], expected[i], 1e-15);
    stack_free(&s);
}

static void gradients_are_central_differences(void **state)
{
    const stack_plan *plans[] = { &plain, &tall };
    double gradient[MOST], expected[MOST];
    (void)state;
    for (int p = 0; p < 2; p++)
        for (int masked = 0; masked < 2; masked++) {
            stack_data data = sequences;
            stack s = stack_make(plans[p]);
            data.mask = masked ? mask : NULL;
            assert_true(stack_size(&s) <= MOST);
            stack_gradient(&s, NULL, &data, gradient);
            stack_differences(&s, &data, expected);
            assert_close(stack_size(&s), gradient, expected, 1e-7);
            stack_free(&s);
        }
}

/* One sequence goes another way than several, and one step another way than many. */
static void a_batch_is_the_mean_of_its_sequences(void **state)
{
    double all[MOST], one[MOST], sum[MOST] = { 0 }, alone[STEPS * INPUTS], wanted[STEPS * OUTPUTS];
    (void)state;
    stack s = stack_make(&tall);
    stack_gradient(&s, NULL, &sequences, all);
    for (int b = 0; b < SEQUENCES; b++) {
        const stack_data data = { STEPS, 1, alone, wanted, NULL, 0, 0 };
        for (int t = 0; t < STEPS; t++) {
            memcpy(&alone[t * INPUTS], &x[(t * SEQUENCES + b) * INPUTS], INPUTS * sizeof(double));
            memcpy(&wanted[t * OUTPUTS], &targets[(t * SEQUENCES + b) * OUTPUTS], OUTPUTS * sizeof(double));
        }
        stack_gradient(&s, NULL, &data, one);
        for (int64_t i = 0; i < stack_size(&s); i++)
            sum[i] += one[i] / SEQUENCES;
    }
    assert_close(stack_size(&s), sum, all, 1e-13);
    stack_free(&s);
}

static void stepping_is_the_whole_sequence(void **state)
{
    double y[ROWS * OUTPUTS], stepped[ROWS * OUTPUTS];
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES };
    plast_state *stream = NULL;
    (void)state;
    stack s = stack_make(&tall);
    stack_run(&s, NULL, &sequences, y);
    stack_ok(&s, plast_state_create(s.context, s.network, &options, &stream));
    for (int t = 0; t < STEPS; t++) {
        const plast_matrix in = stack_matrix(&x[t * SEQUENCES * INPUTS], SEQUENCES, INPUTS);
        const plast_matrix out = stack_matrix(&stepped[t * SEQUENCES * OUTPUTS], SEQUENCES, OUTPUTS);
        stack_ok(&s, plast_network_step(s.network, stream, &in, &out));
    }
    assert_close(ROWS * OUTPUTS, stepped, y, 1e-14);
    plast_state_destroy(stream);
    stack_free(&s);
}

/* Learning by updates of one step is learning by calls of one step, bit for bit. */
static void updates_of_one_step_are_calls_of_one_step(void **state)
{
    double whole[MOST], pieces[MOST];
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES };
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)state;
    for (int k = 0; k < 2; k++) {
        stack a = stack_make(&tall), b = stack_make(&tall);
        plast_state *stream = NULL;
        stack_temporal(&a, schemes[k], NULL, 0.0);
        stack_temporal(&b, schemes[k], NULL, 0.0);
        stack_ok(&a, plast_network_set_optimizer_parameter(a.network, "rate", 0.1));
        stack_ok(&b, plast_network_set_optimizer_parameter(b.network, "rate", 0.1));
        stack_ok(&b, plast_state_create(b.context, b.network, &options, &stream));
        const plast_matrix inputs = stack_matrix(x, ROWS, INPUTS), wanted = stack_matrix(targets, ROWS, OUTPUTS);
        const plast_data all = { PLAST_DATA, .inputs = &inputs, .targets = &wanted, .batch = SEQUENCES,
                                 .steps = STEPS };
        const plast_learn_options each = { PLAST_LEARN_OPTIONS, .update_every = 1 };
        stack_ok(&a, plast_network_learn(a.network, NULL, &all, &each, NULL));
        for (int t = 0; t < STEPS; t++) {
            const plast_matrix in = stack_matrix(&x[t * SEQUENCES * INPUTS], SEQUENCES, INPUTS);
            const plast_matrix out = stack_matrix(&targets[t * SEQUENCES * OUTPUTS], SEQUENCES, OUTPUTS);
            const plast_data one = { PLAST_DATA, .inputs = &in, .targets = &out, .carry = 1 };
            stack_ok(&b, plast_network_learn(b.network, stream, &one, NULL, NULL));
        }
        stack_get(&a, whole);
        stack_get(&b, pieces);
        assert_int_equal(stack_size(&a), stack_size(&b));
        assert_same_bits(stack_size(&a), whole, pieces);
        plast_state_destroy(stream);
        stack_free(&a);
        stack_free(&b);
    }
}

/* Credit that is cut every step is that of windows of one step. */
static void truncation_cuts(void **state)
{
    double cut[MOST], full[MOST], window[MOST], sum[MOST] = { 0 };
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES };
    plast_state *stream = NULL;
    (void)state;
    stack s = stack_make(&tall);
    const int64_t n = stack_size(&s);
    stack_gradient(&s, NULL, &sequences, full);
    stack_ok(&s, plast_state_create(s.context, s.network, &options, &stream));
    for (int t = 0; t < STEPS; t++) {
        const stack_data one = {
            1, SEQUENCES, &x[t * SEQUENCES * INPUTS], &targets[t * SEQUENCES * OUTPUTS], NULL, 1, 0
        };
        stack_gradient(&s, stream, &one, window);
        for (int64_t i = 0; i < n; i++)
            sum[i] += window[i] / STEPS;
    }
    stack_temporal(&s, "bptt", "truncation", 1.0);
    stack_gradient(&s, NULL, &sequences, cut);
    assert_close(n, cut, sum, 1e-13);
    assert_true(difference(n, cut, full) > 1e-3);
    stack_temporal(&s, "bptt", "truncation", STEPS);
    stack_gradient(&s, NULL, &sequences, cut);
    assert_close(n, cut, full, 1e-15);
    plast_state_destroy(stream);
    stack_free(&s);
}

static void traces_are_the_truncated_backward_pass(void **state)
{
    const stack_plan *plans[] = { &plain, &tall };
    double backward[MOST], traced[MOST];
    (void)state;
    for (int p = 0; p < 2; p++)
        for (int self = 0; self < 2; self++) {
            stack s = stack_make(plans[p]);
            stack_temporal(&s, "eprop", "self", self);
            stack_gradient(&s, NULL, &sequences, backward);
            stack_ok(&s, plast_network_set_temporal_parameter(s.network, "traces", 1.0));
            stack_gradient(&s, NULL, &sequences, traced);
            assert_close(stack_size(&s), traced, backward, 1e-12);
            stack_free(&s);
        }
}

/* Updates of two steps, weights held: the traces carry the rest. */
static void carried_traces_are_the_whole(void **state)
{
    enum { HALF = 3 };
    double whole[MOST], window[MOST], sum[MOST] = { 0 };
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES, .steps = STEPS };
    plast_state *stream = NULL;
    (void)state;
    stack s = stack_make(&tall);
    stack_temporal(&s, "eprop", "self", 1.0);
    stack_gradient(&s, NULL, &sequences, whole);
    stack_ok(&s, plast_state_create(s.context, s.network, &options, &stream));
    for (int t = 0; t < STEPS; t += HALF) {
        const int steps = STEPS - t < HALF ? STEPS - t : HALF;
        const stack_data part = { steps, SEQUENCES, &x[t * SEQUENCES * INPUTS], &targets[t * SEQUENCES * OUTPUTS], NULL,
                                  1,     0 };
        stack_gradient(&s, stream, &part, window);
        for (int64_t i = 0; i < stack_size(&s); i++)
            sum[i] += window[i] * steps / STEPS;
    }
    assert_close(stack_size(&s), sum, whole, 1e-12);
    plast_state_destroy(stream);
    stack_free(&s);
}

/* What a long backward pass leaves where rows are padded to whole vectors is no part of the traces after it. */
static void traces_after_a_long_backward_pass(void **state)
{
    enum { LONG = 300 }; /* its 16th power, of the steps traced together, is beyond a float */
    static double long_x[LONG * INPUTS], long_targets[LONG * OUTPUTS];
    const stack_plan plan = { .dtype = PLAST_F32,
                              .inputs = INPUTS,
                              .layers = 2,
                              .layer = { { "gru", { .units = 3, .learn_initial = 1 } },
                                         { "dense", { .units = OUTPUTS } } } };
    const plast_state_options room = { PLAST_STATE_OPTIONS, .batch = 1, .steps = LONG };
    const stack_data whole = { .steps = LONG, .sequences = 1, .x = long_x, .targets = long_targets };
    stack_data windows = whole;
    double before[MOST], after[MOST];
    plast_state *used = NULL;
    (void)state;
    windows.every = 32;
    fill_uniform(3, (int64_t)LONG * INPUTS, long_x);
    fill_uniform(4, (int64_t)LONG * OUTPUTS, long_targets);
    stack s = stack_make(&plan);
    stack_temporal(&s, "eprop", "self", 1.0);
    stack_ok(&s, plast_state_create(s.context, s.network, &room, &used));
    stack_gradient(&s, used, &windows, before);
    stack_gradient(&s, used, &whole, after);
    stack_gradient(&s, used, &windows, after);
    assert_memory_equal(after, before, (size_t)stack_size(&s) * sizeof *after);
    plast_state_destroy(used);
    stack_free(&s);
}

/* Recurrent weights of which only the given ones stay. */
static void thin(stack *s, int diagonal)
{
    double weights[3 * N * N];
    plast_matrix view;
    plast_synapses *group = stack_group(s, 0, "recurrent");
    stack_ok(s, plast_synapses_view(group, &view));
    for (int i = 0; i < 3 * N; i++)
        for (int j = 0; j < N; j++)
            weights[i * N + j] = diagonal && i % N == j ? ((const double *)view.data)[i * view.row_stride + j] : 0.0;
    const plast_matrix all = stack_matrix(weights, (int64_t)3 * N, N);
    stack_ok(s, plast_synapses_set_weights(group, &all));
}

/* Without recurrent weights nothing is dropped; with each unit's own alone, nothing that "self" does not keep. */
static void eprop_is_exact_where_nothing_is_dropped(void **state)
{
    double exact[MOST], eprop[MOST];
    (void)state;
    for (int diagonal = 0; diagonal < 2; diagonal++) {
        stack s = stack_make(&plain);
        const int64_t n = stack_size(&s);
        stack_gradient(&s, NULL, &sequences, exact);
        stack_temporal(&s, "eprop", "self", 1.0);
        stack_gradient(&s, NULL, &sequences, eprop);
        assert_true(difference(n, eprop, exact) > 1e-3);
        thin(&s, diagonal);
        stack_temporal(&s, "bptt", NULL, 0.0);
        stack_gradient(&s, NULL, &sequences, exact);
        stack_temporal(&s, "eprop", "self", diagonal);
        stack_gradient(&s, NULL, &sequences, eprop);
        assert_close(n, eprop, exact, 1e-13);
        if (diagonal) {
            stack_temporal(&s, "eprop", NULL, 0.0);
            stack_gradient(&s, NULL, &sequences, eprop);
            assert_true(difference(n, eprop, exact) > 1e-3);
        }
        stack_free(&s);
    }
}

static void single_precision_agrees(void **state)
{
    double wide[MOST], narrow[MOST], all[MOST];
    stack_plan plan = tall;
    (void)state;
    stack s = stack_make(&tall);
    plan.dtype = PLAST_F32;
    stack f = stack_make(&plan);
    stack_get(&f, all); /* rounded */
    stack_set(&s, all);
    stack_gradient(&s, NULL, &sequences, wide);
    stack_gradient(&f, NULL, &sequences, narrow);
    assert_close(stack_size(&s), narrow, wide, 2e-6); /* weights of order 1 differ by their gradient: 1e-7 / 0.1 */
    stack_temporal(&s, "eprop", "traces", 1.0);
    stack_temporal(&f, "eprop", "traces", 1.0);
    stack_gradient(&s, NULL, &sequences, wide);
    stack_gradient(&f, NULL, &sequences, narrow);
    assert_close(stack_size(&s), narrow, wide, 2e-6);
    stack_free(&s);
    stack_free(&f);
}

static void no_unit_has_a_synapse_onto_itself(void **state)
{
    enum { UNITS = 3, LAYER = 3 };
    plast_matrix view;
    (void)state;
    stack s = stack_make(&tall);
    stack_ok(&s, plast_network_set_optimizer_parameter(s.network, "rate", 0.1));
    const plast_matrix inputs = stack_matrix(x, ROWS, INPUTS), wanted = stack_matrix(targets, ROWS, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &wanted, .batch = SEQUENCES, .steps = STEPS };
    stack_ok(&s, plast_network_learn(s.network, NULL, &data, NULL, NULL));
    stack_ok(&s, plast_synapses_view(stack_group(&s, LAYER, "recurrent"), &view));
    assert_int_equal(view.rows, 3 * UNITS);
    for (int64_t i = 0; i < view.rows; i++)
        for (int64_t j = 0; j < view.cols; j++)
            assert_int_equal(((const double *)view.data)[i * view.row_stride + j] == 0.0, i % UNITS == j);
    stack_free(&s);
}

/* Without weights h_1 = 0 + noise, h_2 = h_1 / 2 + noise. */
static void noise_is_added_to_the_state(void **state)
{
    enum { UNITS = 400 };
    static double h[2 * UNITS];
    const stack_plan plan = { .dtype = PLAST_F64,
                              .inputs = 1,
                              .layers = 2,
                              .layer = { { "gru",
                                           { .units = UNITS,
                                             .no_bias = 1,
                                             .init = PLAST_INIT_ZERO,
                                             .noise = 0.3,
                                             .recurrent_init = PLAST_INIT_ZERO } },
                                         { "dense", { .units = 1, .init = PLAST_INIT_CONSTANT } } } };
    const double in[2] = { 1.0, 1.0 };
    double y[2], sum[3] = { 0 };
    const stack_data data = { 2, 1, in, NULL, NULL, 0, 0 };
    plast_state *stream = NULL;
    plast_matrix view;
    double zero[UNITS] = { 0 };
    const plast_matrix nothing = stack_matrix(zero, 1, UNITS);
    plast_layer *layer = NULL;
    (void)state;
    stack s = stack_make(&plan);
    stack_ok(&s, plast_network_layer(s.network, 0, &layer));
    stack_ok(&s, plast_layer_set_vector(layer, "initial", &nothing));
    stack_run(&s, NULL, &data, y);
    stack_ok(&s, plast_network_state(s.network, &stream));
    stack_ok(&s, plast_state_view(stream, 0, PLAST_ACTIVITY, &view));
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < UNITS; i++)
            h[t * UNITS + i] = ((const double *)view.data)[t * view.row_stride + i];
    for (int i = 0; i < UNITS; i++) {
        const double second = h[UNITS + i] - 0.5 * h[i];
        sum[0] += h[i] * h[i] / UNITS;
        sum[1] += second * second / UNITS;
        sum[2] += h[i] * second / UNITS;
    }
    assert_near(sum[0], 0.09, 0.09 * 0.3); /* 0.09 (1 +- sqrt(2 / 400)), four times that */
    assert_near(sum[1], 0.09, 0.09 * 0.3);
    assert_near(sum[2], 0.0, 0.09 * 0.2);
    stack_free(&s);
}

/* What a rule sees: pre = h_(t-1), post = the gates. Oja: W += rate (y x^T - y y^T W). */
static void rules_see_the_gates(void **state)
{
    double all[MOST], after[MOST], gx[3 * N], gates[3 * N], back[N] = { 0 };
    plast_rule *oja = NULL;
    const double rate = 0.05;
    (void)state;
    stack s = stack_make(&plain);
    stack_get(&s, all);
    const double *u = all, *w = u + 3 * N * INPUTS, *b = w + 3 * N * N, *bh = b + 3 * N, *h = bh + 3 * N;
    double gh[3 * N];
    for (int i = 0; i < 3 * N; i++) {
        gx[i] = b[i];
        gh[i] = bh[i];
        for (int j = 0; j < INPUTS; j++)
            gx[i] += u[i * INPUTS + j] * x[j];
        for (int j = 0; j < N; j++)
            gh[i] += w[i * N + j] * h[j];
        gates[i] = i < 2 * N ? sigma(gx[i] + gh[i]) : tanh(gx[i] + gates[i - 2 * N] * gh[i]);
    }
    for (int j = 0; j < N; j++)
        for (int i = 0; i < 3 * N; i++)
            back[j] += gates[i] * w[i * N + j];
    stack_ok(&s, plast_rule_create(s.context, "oja", &oja));
    stack_ok(&s, plast_rule_set(oja, "rate", rate));
    stack_ok(&s, plast_synapses_add_rule(stack_group(&s, 0, "recurrent"), oja));
    plast_rule_destroy(oja);
    const plast_matrix in = stack_matrix(x, 1, INPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &in };
    stack_ok(&s, plast_network_learn(s.network, NULL, &data, NULL, NULL));
    for (int i = 0; i < 3 * N; i++)
        for (int j = 0; j < N; j++)
            all[3 * N * INPUTS + i * N + j] += rate * gates[i] * (h[j] - back[j]);
    stack_get(&s, after);
    assert_close(stack_size(&s), after, all, 1e-13);
    stack_free(&s);
}

static void refuse(plast_network *network, plast_layer_options options, plast_status expected, const char *word,
                   plast_context *context)
{
    options.struct_size = (uint32_t)sizeof options;
    assert_int_equal(plast_network_add(network, "gru", &options, NULL), expected);
    assert_non_null(strstr(plast_context_error(context), word));
    assert_int_equal(plast_network_layers(network), 0);
}

static void what_has_no_meaning_is_refused(void **state)
{
    stack s = { .plan = plain };
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = INPUTS };
    const plast_layer_options good = { PLAST_LAYER_OPTIONS, .units = N };
    double bias[3 * N] = { 0 };
    const plast_matrix wide = stack_matrix(bias, 1, (int64_t)3 * N), narrow = stack_matrix(bias, 1, N);
    plast_layer *layer = NULL;
    (void)state;
    stack_ok(&s, plast_context_create(NULL, &s.context));
    stack_ok(&s, plast_network_create(s.context, &options, &s.network));
    refuse(s.network, (plast_layer_options){ .units = N, .activation = PLAST_TANH }, PLAST_E_UNSUPPORTED, "activation",
           s.context);
    refuse(s.network, (plast_layer_options){ .units = N, .form = PLAST_FORM_RATE }, PLAST_E_INVALID, "form", s.context);
    refuse(s.network, (plast_layer_options){ .units = N, .alpha = 0.5 }, PLAST_E_INVALID, "alpha", s.context);
    refuse(s.network, (plast_layer_options){ .units = INT32_MAX }, PLAST_E_RANGE, "units", s.context);
    refuse(s.network, (plast_layer_options){ .units = N, .noise = -1.0 }, PLAST_E_RANGE, "noise", s.context);
    stack_ok(&s, plast_network_add(s.network, "gru", &good, &layer));
    assert_int_equal(plast_layer_units(layer), N);
    assert_int_equal(plast_network_prepare(s.network, 1), PLAST_E_UNSUPPORTED); /* the output layer */
    stack_ok(&s, plast_layer_set_vector(layer, "recurrent_bias", &wide));
    assert_int_equal(plast_layer_set_vector(layer, "recurrent_bias", &narrow), PLAST_E_INVALID);
    stack_free(&s);
}

/* In the middle of a long run something overflows: no output was written. Huge inputs meet U, or states near 1 meet
 * huge W or a huge b_h; all sigma and tanh of what is not infinite would be finite. */
static void an_overflow_is_named(void **state)
{
    enum { BY_INPUT, BY_STATE, BY_BIAS, WAYS };
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES };
    (void)state;
    for (int way = 0; way < WAYS; way++) {
        double y[ROWS * OUTPUTS], in[ROWS * INPUTS], all[MOST] = { 0 };
        double *u = all, *w = u + 3 * N * INPUTS, *bh = w + 3 * N * N + 3 * N;
        plast_state *small = NULL;
        stack s = stack_make(&plain);
        for (int i = 0; i < ROWS * INPUTS; i++)
            in[i] = way == BY_INPUT && i >= (ROWS - 1) * INPUTS ? 1e308 : 1.0;
        for (int i = 0; i < 3 * N * INPUTS; i++)
            u[i] = i < N * INPUTS ? 1.0 : i < 2 * N * INPUTS ? -20.0 : 20.0; /* h is near 1 after a step */
        for (int i = 0; i < 3 * N * N; i++)
            w[i] = way == BY_STATE ? 1e308 : way == BY_BIAS ? 1e306 : 0.0;
        for (int i = 0; i < 3 * N; i++)
            bh[i] = way == BY_BIAS && i / N != 1 ? 1.795e308 : 0.0; /* z stays near 0 */
        stack_set(&s, all);
        stack_ok(&s, plast_state_create(s.context, s.network, &options, &small));
        const plast_matrix inputs = stack_matrix(in, ROWS, INPUTS), outputs = stack_matrix(y, ROWS, OUTPUTS);
        const plast_data data = { PLAST_DATA, .inputs = &inputs, .steps = STEPS };
        for (int i = 0; i < ROWS * OUTPUTS; i++)
            y[i] = 7.0;
        assert_int_equal(plast_network_run_data(s.network, small, &data, &outputs), PLAST_E_NOT_FINITE);
        assert_non_null(strstr(plast_context_error(s.context), "layer 0"));
        for (int i = 0; i < ROWS * OUTPUTS; i++)
            assert_true(y[i] == 7.0);
        plast_state_destroy(small);
        stack_free(&s);
    }
}

static plast_status describe(plast_context *context, plast_temporal **eprop, plast_optimizer **adam)
{
    plast_status status = plast_temporal_create(context, "eprop", eprop);
    if (status == PLAST_OK)
        status = plast_temporal_set(*eprop, "traces", 1.0);
    if (status == PLAST_OK)
        status = plast_optimizer_create(context, "adam", adam);
    return status == PLAST_OK ? plast_optimizer_set(*adam, "rate", 0.01) : status;
}

static plast_status build_and_learn(plast_context *context, const plast_temporal *eprop, const plast_optimizer *adam,
                                    plast_network **network)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS };
    const plast_layer_options gru = { PLAST_LAYER_OPTIONS, .units = N, .no_self = 1, .learn_initial = 1 };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = OUTPUTS };
    const plast_matrix inputs = stack_matrix(x, ROWS, INPUTS), wanted = stack_matrix(targets, ROWS, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &wanted, .batch = SEQUENCES, .steps = STEPS };
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "gru", &gru, NULL);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "dense", &readout, NULL);
    if (status == PLAST_OK)
        status = plast_network_set_temporal(*network, eprop);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(*network, adam);
    return status == PLAST_OK ? plast_network_learn(*network, NULL, &data, NULL, NULL) : status;
}

static void any_allocation_may_fail(void **state)
{
    plast_status status = PLAST_E_NOMEM;
    (void)state;
    for (int64_t i = 1; status == PLAST_E_NOMEM; i++) {
        fail_allocator allocator;
        plast_context *context = NULL;
        plast_network *network = NULL;
        plast_temporal *eprop = NULL;
        plast_optimizer *adam = NULL;
        fail_allocator_init(&allocator, i);
        const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &allocator.table };
        status = plast_context_create(&options, &context);
        if (status == PLAST_OK)
            status = describe(context, &eprop, &adam);
        if (status == PLAST_OK)
            status = build_and_learn(context, eprop, adam, &network);
        assert_true(status == PLAST_OK || status == PLAST_E_NOMEM);
        assert_true(status == PLAST_E_NOMEM || i > 40);
        plast_temporal_destroy(eprop);
        plast_optimizer_destroy(adam);
        plast_network_destroy(network);
        plast_context_destroy(context);
        assert_int_equal(allocator.live_blocks, 0);
        assert_null(allocator.complaint);
    }
    assert_int_equal(status, PLAST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(outputs_are_those_of_plain_loops),
        quiet_test(one_unit_by_hand),
        quiet_test(gradients_are_central_differences),
        quiet_test(a_batch_is_the_mean_of_its_sequences),
        quiet_test(stepping_is_the_whole_sequence),
        quiet_test(updates_of_one_step_are_calls_of_one_step),
        quiet_test(truncation_cuts),
        quiet_test(traces_are_the_truncated_backward_pass),
        quiet_test(carried_traces_are_the_whole),
        quiet_test(traces_after_a_long_backward_pass),
        quiet_test(eprop_is_exact_where_nothing_is_dropped),
        quiet_test(single_precision_agrees),
        quiet_test(no_unit_has_a_synapse_onto_itself),
        quiet_test(noise_is_added_to_the_state),
        quiet_test(rules_see_the_gates),
        quiet_test(what_has_no_meaning_is_refused),
        quiet_test(an_overflow_is_named),
        quiet_test(any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
