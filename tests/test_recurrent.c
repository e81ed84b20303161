/* SPDX-License-Identifier: MIT
 *
 * The forward pass of recurrent layers: every form against plain loops, initial states, synapses of units onto
 * themselves, and the noise of the state. */
#include "support/quiet.h"
#include "support/recurrent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 9, SEQUENCES = 4, ROWS = STEPS * SEQUENCES, MOST = 700, FORMS = 4 };

static const int32_t activations[] = { PLAST_TANH,     PLAST_RELU,    PLAST_RECTIFIED_TANH,
                                       PLAST_SOFTPLUS, PLAST_SIGMOID, PLAST_LINEAR };

static double x[ROWS * INPUTS];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    return 0;
}

static rnn_plan plan_of(int32_t form, int32_t activation, double alpha)
{
    return (rnn_plan){ .inputs = INPUTS,
                       .outputs = OUTPUTS,
                       .layers = 2,
                       .units = { 13, 6 }, /* more than a vector, and no multiple of one */
                       .form = form,
                       .activation = activation,
                       .alpha = alpha,
                       .seed = 11 };
}

/* Rows of one layer as the last call left them. */
static void seen(const rnn *r, plast_state *s, int64_t layer, int32_t quantity, double *rows)
{
    plast_matrix v;
    net_ok(&r->net, plast_state_view(s, layer, quantity, &v));
    for (int64_t i = 0; i < v.rows; i++)
        for (int64_t j = 0; j < v.cols; j++)
            rows[i * v.cols + j] = v.dtype == PLAST_F32 ? (double)((const float *)v.data)[i * v.row_stride + j]
                                                        : ((const double *)v.data)[i * v.row_stride + j];
}

/* Outputs, and what each layer shows to the next. */
static void check_forward(const rnn_plan *plan, int64_t sequences, double tolerance)
{
    double p[MOST], out[ROWS * OUTPUTS], expected[ROWS * OUTPUTS], y[2][ROWS * 13], read[2][ROWS * 13];
    rnn r = rnn_make(plan);
    assert_true(rnn_size(&r) <= MOST);
    plast_state *s = rnn_state(&r, sequences, STEPS, 0);
    const rnn_data d = { .sequences = sequences, .steps = STEPS, .x = x };
    rnn_get(&r, p);
    rnn_run(&r, s, &d, out);
    for (int64_t b = 0; b < sequences; b++) {
        naive_state state;
        naive_step step;
        naive_begin(&r.plan, p, &state);
        for (int64_t t = 0; t < STEPS; t++) {
            const int64_t row = t * sequences + b;
            naive_advance(&r.plan, p, x + row * INPUTS, &state, &step);
            memcpy(expected + row * OUTPUTS, step.out, OUTPUTS * sizeof *step.out);
            for (int l = 0; l < 2; l++)
                memcpy(read[l] + row * plan->units[l], step.in[l + 1], (size_t)plan->units[l] * sizeof *step.out);
        }
    }
    assert_close(sequences * STEPS * OUTPUTS, out, expected, tolerance);
    for (int l = 0; l < 2; l++) {
        seen(&r, s, l, PLAST_ACTIVITY, y[l]);
        assert_close(sequences * STEPS * plan->units[l], y[l], read[l], tolerance);
    }
    plast_state_destroy(s);
    rnn_free(&r);
}

static void plain_loops(void **state)
{
    static const double alphas[] = { 0.0, 1.0, 0.3, 0.01 };
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (size_t k = 0; k < sizeof activations / sizeof activations[0]; k++)
            for (int a = 0; a < 4; a++)
                for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3) {
                    rnn_plan plan = plan_of(form, activations[k], alphas[a]);
                    check_forward(&plan, sequences, 1e-12); /* 9 steps, each some 20 roundings, growing by 1.2 */
                    plan.no_self = plan.no_bias = 1;
                    check_forward(&plan, sequences, 1e-12);
                    plan.dtype = PLAST_F32;
                    check_forward(&plan, sequences, 2e-5);
                }
}

/* 0 is no leak, as 1 is. */
static void alpha_of_zero_is_one(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++) {
        double out[2][ROWS * OUTPUTS];
        const rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x };
        for (int k = 0; k < 2; k++) {
            const rnn_plan plan = plan_of(form, PLAST_TANH, (double)k);
            rnn r = rnn_make(&plan);
            rnn_run(&r, NULL, &d, out[k]);
            rnn_free(&r);
        }
        assert_same_bits(ROWS * OUTPUTS, out[0], out[1]);
    }
}

/* By hand: form "rate", one unit, alpha 1/4, f linear, W = 2, U = 1, b = 1, from 4: n = 8 + 1 + x. */
static void by_hand(void **state)
{
    const double p[] = { 1, 2, 1, 4, 1, 0 }, in[] = { 3, -1 };
    double out[2];
    (void)state;
    rnn_plan plan = plan_of(PLAST_FORM_RATE, PLAST_LINEAR, 0.25);
    plan.inputs = plan.outputs = plan.layers = 1;
    plan.units[0] = 1;
    rnn r = rnn_make(&plan);
    rnn_set(&r, p);
    const rnn_data d = { .sequences = 1, .steps = 2, .x = in };
    rnn_run(&r, NULL, &d, out);
    assert_true(out[0] == 6.0); /* 3/4 4 + 1/4 (8 + 1 + 3) */
    assert_true(out[1] == 7.5); /* 3/4 6 + 1/4 (12 + 1 - 1) */
    rnn_free(&r);
}

static void initial_state_is_zero_and_can_be_set(void **state)
{
    double v[13], back[13];
    (void)state;
    rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE, PLAST_TANH, 0.3);
    plan.zero_initial = 1;
    rnn r = rnn_make(&plan);
    const plast_matrix got = plast_output_f64(back, 1, 13);
    net_ok(&r.net, plast_layer_get_vector(rnn_layer(&r, 0), "initial", &got));
    for (int i = 0; i < 13; i++) {
        assert_true(back[i] == 0.0);
        v[i] = 0.1 * i;
    }
    const plast_matrix set = plast_matrix_f64(v, 1, 13);
    net_ok(&r.net, plast_layer_set_vector(rnn_layer(&r, 0), "initial", &set));
    net_ok(&r.net, plast_layer_get_vector(rnn_layer(&r, 0), "initial", &got));
    assert_same_bits(13, back, v);
    rnn_free(&r);
}

static void no_unit_onto_itself(void **state)
{
    double w[13 * 13], mask[13 * 13];
    (void)state;
    rnn_plan plan = plan_of(PLAST_FORM_INSIDE, PLAST_TANH, 0.3);
    plan.no_self = 1;
    rnn r = rnn_make(&plan);
    const plast_matrix m = plast_output_f64(w, 13, 13), k = plast_output_f64(mask, 13, 13);
    for (int round = 0; round < 2; round++) {
        net_ok(&r.net, plast_synapses_get_weights(rnn_synapses(&r, 0, "recurrent"), &m));
        net_ok(&r.net, plast_synapses_get_mask(rnn_synapses(&r, 0, "recurrent"), &k));
        for (int i = 0; i < 13 * 13; i++) {
            assert_true(mask[i] == (i % 14 == 0 ? 0.0 : 1.0));
            assert_true((w[i] == 0.0) == (i % 14 == 0));
        }
        net_ok(&r.net, plast_network_reset(r.net.network, 12));
        net_ok(&r.net, plast_synapses_set_mask(rnn_synapses(&r, 0, "recurrent"), NULL));
    }
    mask[14] = 1.0;
    const plast_matrix own = plast_matrix_f64(mask, 13, 13);
    assert_int_equal(plast_synapses_set_mask(rnn_synapses(&r, 0, "recurrent"), &own), PLAST_E_INVALID);
    assert_non_null(strstr(plast_context_error(r.net.context), "mask[1][1] is 1"));
    rnn_free(&r);
}

/* ---- noise ---- */

enum { UNITS = 12, LONG = 400, WIDE = 6, SAMPLES = LONG * WIDE * UNITS };

static const double SD = 0.25;

/* One layer whose state is noise alone: no weights, no leak. */
static rnn make_noise(int32_t form, uint64_t seed)
{
    rnn_plan plan = plan_of(form, PLAST_LINEAR, 0.0);
    plan.layers = plan.inputs = plan.outputs = 1;
    plan.units[0] = UNITS;
    plan.noise = SD;
    plan.seed = seed;
    rnn r = rnn_make(&plan);
    double *p = new_array(rnn_size(&r));
    rnn_set(&r, p);
    free(p);
    return r;
}

static void listen(rnn *r, plast_state *s, int64_t steps, int64_t sequences, double *noise)
{
    static const double silence[LONG * WIDE];
    static double out[LONG * WIDE];
    const rnn_data d = { .sequences = sequences, .steps = steps, .x = silence };
    rnn_run(r, s, &d, out);
    seen(r, s, 0, PLAST_ACTIVITY, noise);
}

/* Correlation of n numbers of N(0, SD^2). */
static double correlation(int64_t n, const double *a, const double *b)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum / (SD * SD * (double)n);
}

/* Mean, variance and kurtosis of 28800 numbers within 5 of their standard errors. */
static void noise_is_gaussian(void **state)
{
    static double noise[SAMPLES];
    (void)state;
    for (int32_t form = 0; form < FORMS; form++) {
        double mean = 0.0, square = 0.0, fourth = 0.0;
        rnn r = make_noise(form, 5);
        plast_state *s = rnn_state(&r, WIDE, LONG, 0);
        listen(&r, s, LONG, WIDE, noise);
        for (int i = 0; i < SAMPLES; i++) {
            mean += noise[i] / SD / SAMPLES;
            square += noise[i] * noise[i] / SD / SD / SAMPLES;
            fourth += pow(noise[i] / SD, 4.0) / SAMPLES;
        }
        assert_near(mean, 0.0, 5.0 / sqrt(SAMPLES));
        assert_near(square, 1.0, 5.0 * sqrt(2.0 / SAMPLES));
        assert_near(fourth, 3.0, 5.0 * sqrt(96.0 / SAMPLES));
        plast_state_destroy(s);
        rnn_free(&r);
    }
}

/* Units, sequences, steps, calls, states of another seed, networks of another seed, layers. */
static void noise_is_independent(void **state)
{
    static double noise[SAMPLES], other[SAMPLES], shifted[SAMPLES];
    const double most = 5.0 / sqrt(SAMPLES / 2.0);
    (void)state;
    rnn r = make_noise(PLAST_FORM_VOLTAGE, 5), stranger = make_noise(PLAST_FORM_VOLTAGE, 6);
    plast_state *s = rnn_state(&r, WIDE, LONG, 0), *t = rnn_state(&r, WIDE, LONG, 1);
    plast_state *u = rnn_state(&stranger, WIDE, LONG, 0), *twin = rnn_state(&r, WIDE, LONG, 0);
    plast_state *swapped = rnn_state(&stranger, WIDE, LONG, 5), *other_way = rnn_state(&r, WIDE, LONG, 6);
    listen(&r, s, LONG, WIDE, noise);
    for (int lag = 1; lag < 3 * UNITS * WIDE; lag++) { /* along units, sequences and steps */
        memcpy(shifted, noise + lag, (size_t)(SAMPLES - lag) * sizeof *noise);
        assert_near(correlation(SAMPLES - lag, noise, shifted), 0.0, most);
        assert_true(noise[lag] != noise[0]);
    }
    listen(&r, s, LONG, WIDE, other); /* the next sequences */
    assert_near(correlation(SAMPLES, noise, other), 0.0, most);
    listen(&r, t, LONG, WIDE, other);
    assert_near(correlation(SAMPLES, noise, other), 0.0, most);
    listen(&stranger, u, LONG, WIDE, other);
    assert_near(correlation(SAMPLES, noise, other), 0.0, most);
    listen(&stranger, swapped, LONG, WIDE, other); /* seeds of network and state do not change places */
    listen(&r, other_way, LONG, WIDE, shifted);
    assert_near(correlation(SAMPLES, shifted, other), 0.0, most);
    listen(&r, twin, LONG, WIDE, other); /* a state as it was gives the same again */
    assert_same_bits(SAMPLES, other, noise);
    plast_state_destroy(s);
    plast_state_destroy(t);
    plast_state_destroy(u);
    plast_state_destroy(twin);
    plast_state_destroy(swapped);
    plast_state_destroy(other_way);
    rnn_free(&r);
    rnn_free(&stranger);
}

/* Also from layer to layer, of one size. */
static void layers_have_their_own_noise(void **state)
{
    static double first[SAMPLES], second[SAMPLES];
    (void)state;
    rnn_plan plan = plan_of(PLAST_FORM_RATE, PLAST_LINEAR, 0.0);
    plan.units[0] = plan.units[1] = UNITS;
    plan.noise = SD;
    plan.inputs = plan.outputs = 1;
    rnn r = rnn_make(&plan);
    double *p = new_array(rnn_size(&r));
    rnn_set(&r, p);
    plast_state *s = rnn_state(&r, WIDE, LONG, 0);
    listen(&r, s, LONG, WIDE, first);
    seen(&r, s, 1, PLAST_ACTIVITY, second);
    assert_near(correlation(SAMPLES, first, second), 0.0, 5.0 / sqrt(SAMPLES));
    free(p);
    plast_state_destroy(s);
    rnn_free(&r);
}

/* Noise is added to the state of form and leak: it fades by 1 - alpha a step, so that the variance is SD^2 / (1 - (1 -
 * alpha)^2) in the end. Sequences that were not carried on do not repeat it, sequence by sequence. */
static void noise_leaks_as_the_state(void **state)
{
    static double noise[SAMPLES];
    (void)state;
    for (int32_t form = 0; form < FORMS; form++) {
        double square = 0.0;
        rnn_plan plan = plan_of(form, PLAST_LINEAR, 0.5);
        plan.layers = plan.inputs = plan.outputs = 1;
        plan.units[0] = UNITS;
        plan.noise = SD;
        rnn r = rnn_make(&plan);
        double *p = new_array(rnn_size(&r));
        rnn_set(&r, p);
        plast_state *s = rnn_state(&r, WIDE, LONG, 0);
        listen(&r, s, LONG, WIDE, noise);
        for (int i = 0; i < SAMPLES; i++)
            square += noise[i] * noise[i] / SD / SD / SAMPLES;
        assert_near(square, 4.0 / 3.0, 0.06); /* numbers that hang together: some 17000 independent ones */
        free(p);
        plast_state_destroy(s);
        rnn_free(&r);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(plain_loops),
        quiet_test(alpha_of_zero_is_one),
        quiet_test(by_hand),
        quiet_test(initial_state_is_zero_and_can_be_set),
        quiet_test(no_unit_onto_itself),
        quiet_test(noise_is_gaussian),
        quiet_test(noise_is_independent),
        quiet_test(layers_have_their_own_noise),
        quiet_test(noise_leaks_as_the_state),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
