/* SPDX-License-Identifier: MIT
 *
 * The pullback of a step, of every kind of layer: a loss that is linear in what a push writes, against its central
 * differences by everything that the push reads. The push itself is tested in test_tangent.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "network/network.h"

#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { INPUTS = 3, N = 4, MOST_COUNT = 5, SEQUENCES = 2, ROW = 1, GATES = 3, FRAME = (MOST_COUNT + 1) * N };

/* Each frame has `count` tangents and below them the vector itself. */
typedef struct trial {
    stack s;
    const plast_layer *layer;
    plast_state *state;
    int64_t count, net; /* net = units of the net input */
    int has_state;
    double x[(MOST_COUNT + 1) * INPUTS], before[FRAME];
    double of_state[FRAME], of_output[FRAME]; /* coefficients of the loss */
    double *weights, *work;
    double after[FRAME], output[FRAME], net_tangents[MOST_COUNT * GATES * N],
        recurrent_tangents[MOST_COUNT * GATES * N];
} trial;

static trial begin(const stack_layer *layer, int64_t count)
{
    static const stack_layer readout = { "dense", { .units = 2 } };
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES };
    const stack_plan plan = { .dtype = PLAST_F64, .inputs = INPUTS, .layers = 2, .layer = { *layer, readout } };
    trial t = { .s = stack_make(&plan), .count = count, .has_state = layer->kind[0] != 'd' };
    t.net = layer->kind[0] == 'g' ? GATES * N : N;
    t.layer = t.s.network->layers[0];
    stack_ok(&t.s, plast_state_create(t.s.context, t.s.network, &options, &t.state));
    fill_uniform(1, (count + 1) * INPUTS, t.x);
    fill_uniform(2, (count + 1) * N, t.before);
    fill_uniform(3, (count + 1) * N, t.of_state);
    fill_uniform(4, (count + 1) * N, t.of_output);
    t.weights = new_array(plast__tangent_weights(t.layer));
    t.work = new_array(plast__tangent_work(t.layer, count) + plast__pull_work(t.layer, count));
    return t;
}

static void end(trial *t)
{
    free(t->weights);
    free(t->work);
    plast_state_destroy(t->state);
    stack_free(&t->s);
}

/* The step of sequence ROW; the other one has numbers of its own. States and outputs go below the tangents. */
static void step(trial *t)
{
    double x[SEQUENCES * INPUTS], before[SEQUENCES * N], carried[SEQUENCES * N], y[SEQUENCES * 2];
    const plast_matrix in = stack_matrix(x, SEQUENCES, INPUTS), out = stack_matrix(y, SEQUENCES, 2),
                       was = stack_matrix(before, SEQUENCES, N), is = stack_matrix(carried, SEQUENCES, N);
    plast_matrix view;
    fill_uniform(8, SEQUENCES * INPUTS, x);
    fill_uniform(9, SEQUENCES * N, before);
    memcpy(&x[ROW * INPUTS], &t->x[t->count * INPUTS], INPUTS * sizeof *x);
    memcpy(&before[ROW * N], &t->before[t->count * N], N * sizeof *before);
    stack_ok(&t->s, plast_state_reset(t->state));
    if (t->has_state)
        stack_ok(&t->s, plast_state_set(t->state, 0, &was));
    stack_ok(&t->s, plast_network_step(t->s.network, t->state, &in, &out));
    stack_ok(&t->s, plast_state_view(t->state, 0, PLAST_ACTIVITY, &view));
    memcpy(&t->output[t->count * N], (const double *)view.data + ROW * view.row_stride, N * sizeof *y);
    if (!t->has_state)
        return;
    stack_ok(&t->s, plast_state_get(t->state, 0, &is));
    memcpy(&t->after[t->count * N], &carried[ROW * N], N * sizeof *carried);
}

static plast__push push_of(trial *t)
{
    return (plast__push){ .a = &t->state->activities,
                          .row = ROW,
                          .count = t->count,
                          .weights = t->weights,
                          .input = t->x,
                          .before = t->before,
                          .state = t->after,
                          .output = t->output,
                          .net = t->net_tangents,
                          .recurrent_net = t->layer->recurrent > 0 ? t->recurrent_tangents : NULL,
                          .work = t->work };
}

static double loss(trial *t)
{
    double sum = 0.0;
    step(t);
    plast__tangent_prepare(t->layer, t->weights);
    const plast__push push = push_of(t);
    t->layer->kind->tangent(t->layer, &push);
    for (int64_t i = 0; i < (t->count + 1) * N; i++)
        sum += t->of_output[i] * t->output[i] + (t->has_state ? t->of_state[i] * t->after[i] : 0.0);
    return sum;
}

/* To fourth order: h^4 times fifth derivatives, and 1e-16 / h. */
static double slope_along(trial *t, double *value, double *all)
{
    static const double at[] = { 1.0, -1.0, 2.0, -2.0 }, weight[] = { 8.0, -8.0, -1.0, 1.0 }, h = 1e-3;
    const double old = *value;
    double sum = 0.0;
    for (int k = 0; k < 4; k++) {
        *value = old + at[k] * h;
        if (all != NULL)
            stack_set(&t->s, all);
        sum += weight[k] * loss(t) / (12.0 * h);
    }
    *value = old;
    if (all != NULL)
        stack_set(&t->s, all);
    return sum;
}

/* What is pulled back of the step. */
typedef struct gradients {
    double before[FRAME], input[(MOST_COUNT + 1) * INPUTS], seen[FRAME];
    double net[(MOST_COUNT + 1) * GATES * N], recurrent[(MOST_COUNT + 1) * GATES * N];
} gradients;

static void pull(trial *t, int32_t path, gradients *g)
{
    double by_state[FRAME];
    memcpy(by_state, t->of_state, sizeof by_state);
    (void)loss(t);
    const plast__push push = push_of(t);
    const plast__pull one = { .push = &push,
                              .path = path,
                              .output = t->of_output,
                              .state = t->has_state ? by_state : NULL,
                              .before = t->has_state && path != PLAST__PULL_LOCAL ? g->before : NULL,
                              .input = path != PLAST__PULL_LOCAL ? g->input : NULL,
                              .net = g->net,
                              .recurrent = t->layer->recurrent > 0 ? g->recurrent : NULL,
                              .seen = t->has_state ? g->seen : NULL,
                              .work = t->work };
    t->layer->kind->tangent_backward(t->layer, &one);
}

static void check_frame(trial *t, int64_t n, double *values, const double *by)
{
    for (int64_t i = 0; i < (t->count + 1) * n; i++)
        assert_near(by[i], slope_along(t, &values[i], NULL), 1e-9);
}

/* `values` stand in the layer's parameters, rows x cols: the sum over the frame's rows of net_r seen_r^T. */
static void check_weights(trial *t, double *all, double *values, int64_t cols, const double *net, const double *seen)
{
    for (int64_t i = 0; i < t->net; i++)
        for (int64_t j = 0; j < cols; j++) {
            double sum = 0.0;
            for (int64_t r = 0; r <= t->count; r++)
                sum += net[r * t->net + i] * seen[r * cols + j];
            assert_near(sum, slope_along(t, &values[i * cols + j], all), 1e-9);
        }
}

static void check_bias(trial *t, double *all, double *values, const double *net)
{
    for (int64_t i = 0; i < t->net; i++)
        assert_near(net[t->count * t->net + i], slope_along(t, &values[i], all), 1e-9);
}

static void check(const stack_layer *layer, int64_t count)
{
    trial t = begin(layer, count);
    double *all = new_array(stack_size(&t.s)), *place = all;
    gradients g = { { 0.0 }, { 0.0 }, { 0.0 }, { 0.0 }, { 0.0 } };
    const int gated = t.layer->recurrent > 0;
    stack_get(&t.s, all);
    pull(&t, PLAST__PULL_EXACT, &g);
    check_frame(&t, INPUTS, t.x, g.input);
    if (t.has_state)
        check_frame(&t, N, t.before, g.before);
    check_weights(&t, all, place, INPUTS, g.net, t.x);
    place += t.net * INPUTS;
    if (t.has_state) {
        check_weights(&t, all, place, N, gated ? g.recurrent : g.net, g.seen);
        place += t.net * N;
    }
    if (!layer->options.no_bias)
        check_bias(&t, all, place, g.net);
    if (gated)
        check_bias(&t, all, place + t.net, g.recurrent);
    free(all);
    end(&t);
}

static const stack_layer kinds[] = {
    { "dense", { .units = N, .activation = PLAST_SIGMOID } },
    { "dense", { .units = N, .activation = PLAST_TANH, .no_bias = 1 } },
    { "gru", { .units = N, .recurrent_gain = 1.5 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_VOLTAGE, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_INSIDE, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_RATE, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_CURRENT, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_SIGMOID, .form = PLAST_FORM_VOLTAGE } },
    { "recurrent", { .units = N, .activation = PLAST_SIGMOID, .form = PLAST_FORM_INSIDE, .no_bias = 1 } },
    { "recurrent", { .units = N, .activation = PLAST_SIGMOID, .form = PLAST_FORM_RATE } },
    { "recurrent", { .units = N, .activation = PLAST_SIGMOID, .form = PLAST_FORM_CURRENT } },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void every_kind_goes_back_exactly(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        check(&kinds[i], MOST_COUNT);
        check(&kinds[i], 1); /* few tangents take another way through the weights */
    }
}

/* Paths differ in what reaches the step before, and with "local" only tangents have a derivative. What parameters and
 * the layer below get of this step is the same by the leak alone. */
static void other_paths_differ_in_what_goes_further(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        trial t = begin(&kinds[i], MOST_COUNT);
        gradients exact = { { 0.0 }, { 0.0 }, { 0.0 }, { 0.0 }, { 0.0 } }, leak = exact, local = exact;
        const double alpha = kinds[i].options.alpha;
        pull(&t, PLAST__PULL_EXACT, &exact);
        pull(&t, PLAST__PULL_LEAK, &leak);
        assert_same_bits((MOST_COUNT + 1) * t.net, exact.net, leak.net);
        assert_same_bits((MOST_COUNT + 1) * t.net, exact.recurrent, leak.recurrent);
        assert_same_bits((MOST_COUNT + 1) * N, exact.seen, leak.seen);
        assert_same_bits((MOST_COUNT + 1) * INPUTS, exact.input, leak.input);
        if (t.has_state && alpha == 0.0 && t.layer->recurrent == 0) /* a unit without a leak remembers nothing */
            for (int64_t j = 0; j < FRAME; j++)
                assert_true(leak.before[j] == 0.0);
        if (t.has_state) {
            assert_memory_not_equal(leak.before, exact.before, sizeof exact.before);
            pull(&t, PLAST__PULL_LOCAL, &local); /* flossing asks it of layers with a state alone */
            assert_same_bits(MOST_COUNT * t.net, exact.net, local.net);
            assert_same_bits(MOST_COUNT * t.net, exact.recurrent, local.recurrent);
            for (int64_t j = 0; j < t.net; j++)
                assert_true(local.net[MOST_COUNT * t.net + j] == 0.0 && local.recurrent[MOST_COUNT * t.net + j] == 0.0);
        }
        end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(every_kind_goes_back_exactly),
        quiet_test(other_paths_differ_in_what_goes_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
