/* SPDX-License-Identifier: MIT
 *
 * What a view of signals promises: dLoss/dn, n the net input, of every kind of layer and at every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { N = 3, GATES = 3, INPUTS = GATES * N, STEPS = 4, SEQUENCES = 2, ROWS = STEPS * SEQUENCES, OUTPUTS = 2 };

static double x[ROWS * INPUTS], targets[ROWS * OUTPUTS];

static const stack_layer kinds[] = {
    { "dense", { .units = N, .activation = PLAST_TANH } },
    { "gru", { .units = N, .recurrent_gain = 1.5 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_VOLTAGE, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_VOLTAGE } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_INSIDE, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_RATE, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_CURRENT, .alpha = 0.3 } },
    { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_CURRENT } },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The layer, below another one with a state where `covered`, and a linear readout. */
static stack begin(const stack_layer *layer, int covered, int32_t dtype)
{
    static const stack_layer cover = {
        "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_CURRENT, .alpha = 0.6 }
    };
    stack_plan plan = { .dtype = dtype, .inputs = INPUTS, .layers = covered ? 3 : 2, .layer = { *layer, cover } };
    plan.layer[plan.layers - 1] = (stack_layer){ "dense", { .units = OUTPUTS } };
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    return stack_make(&plan);
}

static stack_data data_of(const double *mask)
{
    return (stack_data){ .steps = STEPS, .sequences = SEQUENCES, .x = x, .targets = targets, .mask = mask };
}

static plast_state *state_of(const stack *s)
{
    const plast_state_options room = { PLAST_STATE_OPTIONS, .batch = SEQUENCES, .steps = STEPS };
    plast_state *made = NULL;
    stack_ok(s, plast_state_create(s->context, s->network, &room, &made));
    return made;
}

/* Learns once, takes it back, and copies a view of signals; returns its columns. */
static int64_t signals(stack *s, const double *mask, int64_t layer, int32_t quantity, double *gradient, double *out)
{
    const stack_data data = data_of(mask);
    plast_state *state = state_of(s);
    plast_matrix view;
    stack_gradient(s, state, &data, gradient);
    stack_ok(s, plast_state_view(state, layer, quantity, &view));
    assert_int_equal(view.rows, ROWS);
    for (int64_t r = 0; r < view.rows; r++)
        for (int64_t i = 0; i < view.cols; i++) {
            const int64_t at = r * view.row_stride + i * view.col_stride;
            out[r * view.cols + i] =
                view.dtype == PLAST_F64 ? ((const double *)view.data)[at] : ((const float *)view.data)[at];
        }
    plast_state_destroy(state);
    return view.cols;
}

static int has_state(const stack_layer *layer)
{
    return layer->kind[0] != 'd';
}

static int64_t net_units(const stack_layer *layer)
{
    return layer->kind[0] == 'g' ? GATES * N : N;
}

/* Where the layer's vectors begin among all parameters; it is the first layer. */
static int64_t first_bias(const stack_layer *layer)
{
    return net_units(layer) * (INPUTS + (has_state(layer) ? N : 0));
}

/* U^T s of every row is the loss by that row's inputs: U has at least as many columns as rows, so that says all of s.
 * And the sum over rows is the loss by the biases. */
static void check(const stack_layer *layer, int covered)
{
    stack s = begin(layer, covered, PLAST_F64);
    const int64_t n = net_units(layer), size = stack_size(&s);
    const stack_data data = data_of(NULL);
    double *all = new_array(size), *gradient = new_array(size), *by = new_array(size), seen[ROWS * GATES * N];
    const double h = 1e-5, losses = ROWS;
    stack_get(&s, all);
    assert_int_equal(signals(&s, NULL, 0, PLAST_SIGNAL, gradient, seen), n);
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t j = 0; j < INPUTS; j++) {
            const double old = x[r * INPUTS + j];
            double sum = 0.0;
            for (int64_t i = 0; i < n; i++)
                sum += all[i * INPUTS + j] * seen[r * n + i];
            x[r * INPUTS + j] = old + h;
            const double above = stack_loss(&s, &data);
            x[r * INPUTS + j] = old - h;
            const double below = stack_loss(&s, &data);
            x[r * INPUTS + j] = old;
            assert_near(sum, losses * (above - below) / (2.0 * h), 1e-8); /* h^2 f''' / 6 and 1e-16 / h, times 8 */
        }
    stack_differences(&s, &data, by);
    for (int quantity = PLAST_SIGNAL; quantity <= (has_state(layer) ? PLAST_RECURRENT_SIGNAL : PLAST_SIGNAL);
         quantity++) {
        const int own = quantity == PLAST_RECURRENT_SIGNAL && layer->kind[0] == 'g';
        const int64_t at = first_bias(layer) + (own ? n : 0);
        assert_int_equal(signals(&s, NULL, 0, quantity, gradient, seen), n);
        for (int64_t i = 0; i < n; i++) {
            double sum = 0.0;
            for (int64_t r = 0; r < ROWS; r++)
                sum += seen[r * n + i] / losses;
            assert_near(sum, by[at + i], 1e-9);
            assert_near(sum, gradient[at + i], 1e-14);
        }
    }
    free(all);
    free(gradient);
    free(by);
    stack_free(&s);
}

static void signals_are_the_loss_by_net_inputs(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++)
        for (int covered = 0; covered < 2; covered++)
            check(&kinds[i], covered);
}

/* Where credit does not go through time: at step t what exact credit has there when no later step carries a loss. */
static void signals_of_other_schemes_are_of_the_instant(void **state)
{
    static const struct {
        const char *name, *parameter;
    } schemes[] = { { "eprop", NULL }, { "eprop", "traces" }, { "rtrl", NULL }, { "mdgl", NULL } };
    (void)state;
    for (int i = 1; i < KINDS; i++)
        for (int k = 0; k < (kinds[i].kind[0] == 'g' ? 3 : 4); k++) /* the last one is not defined for "gru" */
            for (int quantity = PLAST_SIGNAL; quantity <= PLAST_RECURRENT_SIGNAL; quantity++) {
                stack s = begin(&kinds[i], 0, PLAST_F64);
                const int64_t n = net_units(&kinds[i]);
                double instant[ROWS * GATES * N], exact[ROWS * GATES * N], *gradient = new_array(stack_size(&s));
                stack_temporal(&s, schemes[k].name, schemes[k].parameter, 1.0);
                (void)signals(&s, NULL, 0, quantity, gradient, instant);
                stack_temporal(&s, "bptt", NULL, 0.0);
                for (int64_t t = 0; t < STEPS; t++) {
                    double mask[ROWS] = { 0.0 };
                    for (int64_t b = 0; b < SEQUENCES; b++)
                        mask[t * SEQUENCES + b] = 1.0;
                    (void)signals(&s, mask, 0, quantity, gradient, exact);
                    for (int64_t j = t * SEQUENCES * n; j < (t + 1) * SEQUENCES * n; j++) {
                        assert_near(instant[j], exact[j], 1e-15);
                        assert_true(instant[j] != 0.0);
                    }
                }
                free(gradient);
                stack_free(&s);
            }
}

/* In gated layers the recurrent signal differs in the candidate's block alone, by the reset gate; in others it is the
 * same memory. */
static void recurrent_signals_differ_where_gates_stand_between(void **state)
{
    double input[ROWS * GATES * N], recurrent[ROWS * GATES * N];
    (void)state;
    for (int i = 1; i < KINDS; i++)
        for (int type = 0; type < 2; type++) {
            stack s = begin(&kinds[i], 1, type == 0 ? PLAST_F64 : PLAST_F32);
            const int64_t n = net_units(&kinds[i]);
            double *gradient = new_array(stack_size(&s));
            (void)signals(&s, NULL, 0, PLAST_SIGNAL, gradient, input);
            assert_int_equal(signals(&s, NULL, 0, PLAST_RECURRENT_SIGNAL, gradient, recurrent), n);
            for (int64_t j = 0; j < ROWS * n; j++) {
                const double share = recurrent[j] / input[j];
                assert_true(n > N && j % n >= 2 * N ? share > 0.0 && share < 1.0 : share == 1.0);
            }
            free(gradient);
            stack_free(&s);
        }
}

/* Running gives activities to view, and no signals. */
static void running_has_no_signals(void **state)
{
    double outputs[ROWS * OUTPUTS];
    (void)state;
    for (int i = 1; i < KINDS; i++) {
        stack s = begin(&kinds[i], 0, PLAST_F64);
        const stack_data data = data_of(NULL);
        plast_state *ran = state_of(&s);
        plast_matrix view;
        stack_run(&s, ran, &data, outputs);
        stack_ok(&s, plast_state_view(ran, 0, PLAST_ACTIVITY, &view));
        for (int32_t quantity = PLAST_SIGNAL; quantity <= PLAST_RECURRENT_SIGNAL; quantity++) {
            assert_int_equal(plast_state_view(ran, 0, quantity, &view), PLAST_E_STATE);
            assert_non_null(strstr(plast_context_error(s.context), "learned no sample"));
        }
        plast_state_destroy(ran);
        stack_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(signals_are_the_loss_by_net_inputs),
        quiet_test(signals_of_other_schemes_are_of_the_instant),
        quiet_test(recurrent_signals_differ_where_gates_stand_between),
        quiet_test(running_has_no_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
