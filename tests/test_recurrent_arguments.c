/* SPDX-License-Identifier: MIT
 *
 * Bad input of recurrent networks: a status, a line that names what is wrong, and nothing changed; numbers that are not
 * finite; memory that is not there; and no allocation once all is prepared. */
#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/quiet.h"
#include "support/recurrent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 3, OUTPUTS = 2, UNITS = 5, STEPS = 6, SEQUENCES = 4, ROWS = STEPS * SEQUENCES, MOST = 200, FORMS = 4 };

static double x[ROWS * INPUTS], targets[ROWS * OUTPUTS];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    return 0;
}

static rnn_plan plan_of(int32_t form)
{
    return (rnn_plan){ .inputs = INPUTS,
                       .outputs = OUTPUTS,
                       .layers = 1,
                       .units = { UNITS },
                       .form = form,
                       .activation = PLAST_TANH,
                       .alpha = 0.4,
                       .learn_initial = 1,
                       .rate = 0.1,
                       .seed = 11 };
}

static void expect(const rnn *r, plast_status found, plast_status wanted, const char *text)
{
    if (found != wanted)
        fail_msg("%d, not %d (%s)", found, wanted, plast_context_error(r->net.context));
    if (strstr(plast_context_error(r->net.context), text) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", plast_context_error(r->net.context), text);
}

/* ---- layers ---- */

static plast_status try_add(const rnn *r, const char *kind, plast_layer_options options)
{
    options.struct_size = (uint32_t)sizeof options;
    options.units = options.units == 0 ? 3 : options.units;
    return plast_network_add(r->net.network, kind, &options, NULL);
}

static void layer_options(void **state)
{
    static const struct {
        const char *kind;
        plast_layer_options options;
        plast_status status;
        const char *text;
    } cases[] = {
        { "recurrent", { .alpha = -0.1 }, PLAST_E_RANGE, "alpha" },
        { "recurrent", { .alpha = 1.5 }, PLAST_E_RANGE, "alpha" },
        { "recurrent", { .alpha = (double)NAN }, PLAST_E_RANGE, "alpha" },
        { "recurrent", { .noise = -1.0 }, PLAST_E_RANGE, "noise" },
        { "recurrent", { .noise = (double)INFINITY }, PLAST_E_RANGE, "noise" },
        { "recurrent", { .noise = (double)NAN }, PLAST_E_RANGE, "noise" },
        { "recurrent", { .form = 4 }, PLAST_E_INVALID, "form" },
        { "recurrent", { .form = -1 }, PLAST_E_INVALID, "form" },
        { "recurrent", { .no_self = 2 }, PLAST_E_INVALID, "no_self" },
        { "recurrent", { .learn_initial = -1 }, PLAST_E_INVALID, "learn_initial" },
        { "recurrent", { .activation = PLAST_SOFTMAX }, PLAST_E_UNSUPPORTED, "softmax" },
        { "recurrent", { .recurrent_init = 99 }, PLAST_E_INVALID, "recurrent_init" },
        { "recurrent", { .recurrent_gain = (double)INFINITY }, PLAST_E_RANGE, "recurrent_gain" },
        { "recurrent", { .recurrent_param = 3.0 }, PLAST_E_INVALID, "recurrent_param" },
        { "recurrent",
          { .recurrent_init = PLAST_INIT_SPARSE, .recurrent_param = 1.5 },
          PLAST_E_RANGE,
          "recurrent_param" },
        { "recurrent", { .units = -1 }, PLAST_E_INVALID, "units" },
        { "dense", { .form = 1 }, PLAST_E_INVALID, "state" },
        { "dense", { .alpha = 0.5 }, PLAST_E_INVALID, "alpha" },
        { "dense", { .noise = 0.5 }, PLAST_E_INVALID, "noise" },
        { "dense", { .no_self = 1 }, PLAST_E_INVALID, "no_self" },
        { "dense", { .learn_initial = 1 }, PLAST_E_INVALID, "learn_initial" },
        { "dense", { .recurrent_init = 1 }, PLAST_E_INVALID, "recurrent_" },
        { "dense", { .recurrent_gain = 1.0 }, PLAST_E_INVALID, "recurrent_" },
        { "dense", { .recurrent_param = 1.0 }, PLAST_E_INVALID, "recurrent_" },
        { "gru?", { .alpha = 0.5 }, PLAST_E_UNKNOWN, "recurrent" },
    };
    (void)state;
    const rnn_plan plan = plan_of(0);
    rnn r = rnn_make(&plan);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(&r, try_add(&r, cases[i].kind, cases[i].options), cases[i].status, cases[i].text);
    assert_int_equal(plast_network_layers(r.net.network), 2);
    rnn_free(&r);
}

static void a_recurrent_layer_is_not_the_output(void **state)
{
    double out[ROWS];
    plast_state *s = NULL;
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_RATE);
    rnn r = rnn_make(&plan);
    net_ok(&r.net, try_add(&r, "recurrent", (plast_layer_options){ .units = OUTPUTS }));
    const rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
    const char *text = "layer 2 has a state";
    expect(&r, rnn_try_learn(&r, NULL, &d, NULL), PLAST_E_UNSUPPORTED, text);
    expect(&r, rnn_try_run(&r, NULL, &d, out), PLAST_E_UNSUPPORTED, text);
    expect(&r, plast_network_prepare(r.net.network, 1), PLAST_E_UNSUPPORTED, text);
    expect(&r, plast_state_create(r.net.context, r.net.network, NULL, &s), PLAST_E_UNSUPPORTED, text);
    assert_null(s);
    net_ok(&r.net, try_add(&r, "dense", (plast_layer_options){ .units = OUTPUTS })); /* the shape is not fixed yet */
    net_ok(&r.net, plast_network_prepare(r.net.network, 1));
    rnn_free(&r);
}

/* ---- data ---- */

static plast_status try_data(const rnn *r, plast_state *s, plast_data data, int64_t update_every, int64_t *rows)
{
    static double out[ROWS * OUTPUTS];
    const plast_matrix in = plast_matrix_f64(x, ROWS, INPUTS), goals = plast_matrix_f64(targets, ROWS, OUTPUTS);
    const plast_matrix result = plast_output_f64(out, ROWS, OUTPUTS);
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .update_every = update_every };
    plast_report report = { PLAST_REPORT };
    data.struct_size = (uint32_t)sizeof data;
    data.inputs = &in;
    data.targets = &goals;
    const plast_status status = plast_network_learn(r->net.network, s, &data, &options, &report);
    *rows = report.samples;
    if (status != PLAST_OK && update_every == 0 && data.batch == 0) { /* the others see it too */
        assert_int_equal(plast_network_evaluate(r->net.network, s, &data, &report), status);
        assert_int_equal(plast_network_run_data(r->net.network, s, &data, &result), status);
    }
    return status;
}

static void data_that_do_not_fit(void **state)
{
    static const int32_t first[] = { 0 }, beyond[] = { SEQUENCES };
    double p[MOST], found[MOST];
    int64_t rows = 0;
    const plast_matrix order = plast_labels_i32(first, 1), wild = plast_labels_i32(beyond, 1);
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_RATE);
    rnn r = rnn_make(&plan), other = rnn_make(&plan);
    plast_state *s = rnn_state(&r, SEQUENCES, STEPS, 0), *small = rnn_state(&r, SEQUENCES, 2, 0);
    plast_state *few = rnn_state(&r, 2, 64, 0);
    const struct {
        plast_state *s;
        plast_data data;
        int64_t every;
        plast_status status;
        const char *text;
    } cases[] = {
        { s, { .steps = 5 }, 0, PLAST_E_INVALID, "multiple of the 5 steps" },
        { s, { .steps = ROWS + 1 }, 0, PLAST_E_INVALID, "multiple" },
        { s, { .steps = -1 }, 0, PLAST_E_RANGE, "steps is -1" },
        { s, { .steps = INT64_MAX }, 0, PLAST_E_RANGE, "steps" },
        { s, { .steps = STEPS, .batch = -1 }, 0, PLAST_E_RANGE, "batch" },
        { s, { .steps = STEPS, .batch = INT64_MAX }, 0, PLAST_E_RANGE, "batch" },
        { s, { .steps = STEPS }, -1, PLAST_E_RANGE, "update_every" },
        { s, { .steps = STEPS }, INT64_MIN, PLAST_E_RANGE, "update_every" },
        { s, { .steps = STEPS, .carry = 2 }, 0, PLAST_E_INVALID, "carry is 2" },
        { s, { .steps = STEPS, .carry = 1, .order = &order }, 0, PLAST_E_INVALID, "order" },
        { s, { .steps = STEPS, .order = &wild }, 0, PLAST_E_RANGE, "sequences" },
        { small, { .steps = STEPS, .batch = SEQUENCES }, 0, PLAST_E_INVALID, "steps" },
        { few, { .steps = STEPS, .batch = SEQUENCES }, 0, PLAST_E_INVALID, "room for 2" },
        { few, { .steps = STEPS, .carry = 1 }, 0, PLAST_E_INVALID, "room for 2" },
    };
    rnn_get(&r, p);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect(&r, try_data(&r, cases[i].s, cases[i].data, cases[i].every, &rows), cases[i].status, cases[i].text);
        assert_int_equal(rows, 0);
    }
    expect(&r, try_data(&other, s, (plast_data){ .steps = STEPS, .batch = 1 }, 0, &rows), PLAST_E_INVALID,
           "another network");
    rnn_get(&r, found);
    assert_same_bits(rnn_size(&r), found, p);
    net_ok(&r.net, try_data(&r, small, (plast_data){ .steps = STEPS, .batch = SEQUENCES }, 2, &rows));
    net_ok(&r.net, try_data(&r, s, (plast_data){ .steps = STEPS }, INT64_MAX, &rows)); /* longer than a sequence */
    assert_int_equal(rows, ROWS);
    plast_state_destroy(s);
    plast_state_destroy(small);
    plast_state_destroy(few);
    rnn_free(&r);
    rnn_free(&other);
}

static void another_number_of_sequences(void **state)
{
    double p[MOST], found[MOST], carried[2][2 * UNITS];
    int64_t rows = 0;
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_RATE);
    rnn r = rnn_make(&plan);
    plast_state *s = rnn_state(&r, 8, STEPS, 0);
    const rnn_data two = { .sequences = 2, .steps = STEPS, .x = x, .targets = targets, .carry = 1 };
    const plast_matrix was = plast_output_f64(carried[0], 2, UNITS), is = plast_output_f64(carried[1], 2, UNITS);
    rnn_learn(&r, s, &two);
    rnn_get(&r, p);
    net_ok(&r.net, plast_state_get(s, 0, &was));
    expect(&r, try_data(&r, s, (plast_data){ .steps = STEPS, .carry = 1 }, 0, &rows), PLAST_E_INVALID,
           "carries 2 sequences, 4 are to go on");
    rnn_get(&r, found);
    assert_same_bits(rnn_size(&r), found, p);
    net_ok(&r.net, plast_state_get(s, 0, &is));
    assert_same_bits((int64_t)2 * UNITS, carried[1], carried[0]);
    net_ok(&r.net, plast_state_reset(s));
    net_ok(&r.net, try_data(&r, s, (plast_data){ .steps = STEPS, .carry = 1 }, 0, &rows));
    plast_state_destroy(s);
    rnn_free(&r);
}

/* ---- states ---- */

static void states(void **state)
{
    double v[9 * UNITS] = { 0.0 };
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE);
    rnn r = rnn_make(&plan), other = rnn_make(&plan);
    plast_state *s = rnn_state(&r, 3, 1, 0), *alien = rnn_state(&other, 3, 1, 0), *tiny = rnn_state(&r, 1, 1, 0);
    plast_state *never = NULL;
    const plast_matrix three = plast_output_f64(v, 3, UNITS), nine = plast_output_f64(v, 9, UNITS);
    const plast_matrix wide = plast_output_f64(v, 3, UNITS + 1);
    const plast_state_options sizes[] = {
        { PLAST_STATE_OPTIONS, .batch = -1 },
        { PLAST_STATE_OPTIONS, .steps = -1 },
        { PLAST_STATE_OPTIONS, .batch = 65536, .steps = 65536 },
        { PLAST_STATE_OPTIONS, .batch = INT64_MAX },
        { PLAST_STATE_OPTIONS, .steps = INT64_MAX },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        expect(&r, plast_state_create(r.net.context, r.net.network, &sizes[i], &never), PLAST_E_RANGE,
               i == 0 || i == 3 ? "batch" : "steps");
    assert_null(never);
    expect(&r, plast_network_prepare_steps(r.net.network, 1, 0), PLAST_E_RANGE, "steps");
    expect(&r, plast_network_prepare_steps(r.net.network, 65536, 65536), PLAST_E_RANGE, "steps");
    expect(&r, plast_state_get(s, 0, &three), PLAST_E_STATE, "carries nothing");
    expect(&r, plast_state_get(s, 1, &three), PLAST_E_STATE, "layer 1");
    expect(&r, plast_state_set(s, 2, &three), PLAST_E_RANGE, "layer 2");
    expect(&r, plast_state_set(s, -1, &three), PLAST_E_RANGE, "layer -1");
    expect(&r, plast_state_set(s, 0, &nine), PLAST_E_INVALID, "room for 3");
    expect(&r, plast_state_set(s, 0, &wide), PLAST_E_INVALID, "carried");
    expect(&r, plast_state_set(s, 0, NULL), PLAST_E_INVALID, "carried");
    v[7] = (double)NAN;
    expect(&r, plast_state_set(s, 0, &three), PLAST_E_NOT_FINITE, "carried");
    assert_int_equal(plast_state_sequences(s), 0);
    v[7] = 0.5;
    net_ok(&r.net, plast_state_set(s, 0, &three));
    expect(&r, plast_state_set(s, 0, &(plast_matrix){ v, 2, UNITS, UNITS, 1, PLAST_F64, 0 }), PLAST_E_INVALID,
           "carried");
    expect(&r, plast_state_get(s, 0, &wide), PLAST_E_INVALID, "carried");
    expect(&r, plast_state_copy(tiny, s), PLAST_E_INVALID, "room for 1");
    assert_int_equal(plast_state_sequences(tiny), 0);
    assert_int_equal(plast_state_copy(alien, s), PLAST_E_INVALID);
    assert_int_equal(plast_state_copy(NULL, s), PLAST_E_INVALID);
    assert_int_equal(plast_state_copy(s, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_state_reset(NULL), PLAST_E_INVALID);
    assert_int_equal(plast_state_get(NULL, 0, &three), PLAST_E_INVALID);
    assert_int_equal(plast_state_set(NULL, 0, &three), PLAST_E_INVALID);
    assert_int_equal(plast_state_sequences(NULL), 0);
    plast_state_destroy(s);
    plast_state_destroy(alien);
    plast_state_destroy(tiny);
    rnn_free(&r);
    rnn_free(&other);
}

static void vectors(void **state)
{
    double v[UNITS + 1] = { 1.0, (double)NAN }, was[UNITS], is[UNITS];
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE);
    rnn r = rnn_make(&plan);
    const plast_matrix in = plast_matrix_f64(v, 1, UNITS), before = plast_output_f64(was, 1, UNITS);
    const plast_matrix wide = plast_matrix_f64(v, 1, UNITS + 1), after = plast_output_f64(is, 1, UNITS);
    net_ok(&r.net, plast_layer_get_vector(rnn_layer(&r, 0), "initial", &before));
    expect(&r, plast_layer_set_vector(rnn_layer(&r, 0), "initial", &in), PLAST_E_NOT_FINITE, "initial");
    expect(&r, plast_layer_set_vector(rnn_layer(&r, 0), "initial", &wide), PLAST_E_INVALID, "initial");
    expect(&r, plast_layer_set_vector(rnn_layer(&r, 0), "last", &in), PLAST_E_UNKNOWN, "last");
    expect(&r, plast_layer_set_vector(rnn_layer(&r, 1), "initial", &in), PLAST_E_UNKNOWN, "initial");
    expect(&r, plast_layer_get_vector(rnn_layer(&r, 0), NULL, &before), PLAST_E_INVALID, "NULL");
    net_ok(&r.net, plast_layer_get_vector(rnn_layer(&r, 0), "initial", &after));
    assert_same_bits(UNITS, is, was);
    rnn_free(&r);
}

/* ---- schemes ---- */

static void temporal_schemes(void **state)
{
    plast_temporal *t = NULL;
    plast_parameter described = { PLAST_PARAMETER };
    double value = 7.0;
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE);
    rnn r = rnn_make(&plan);
    expect(&r, plast_temporal_create(r.net.context, "rtrl?", &t), PLAST_E_UNKNOWN, "bptt");
    expect(&r, plast_temporal_create(r.net.context, NULL, &t), PLAST_E_INVALID, "NULL");
    expect(&r, plast_temporal_create(r.net.context, "eprop", NULL), PLAST_E_INVALID, "NULL");
    assert_null(t);
    net_ok(&r.net, plast_temporal_create(r.net.context, "bptt", &t));
    expect(&r, plast_temporal_set(t, "self", 1.0), PLAST_E_UNKNOWN, "truncation");
    expect(&r, plast_temporal_set(t, "truncation", -1.0), PLAST_E_RANGE, "truncation");
    expect(&r, plast_temporal_set(t, "truncation", 1.5), PLAST_E_RANGE, "truncation");
    expect(&r, plast_temporal_set(t, "truncation", (double)NAN), PLAST_E_RANGE, "truncation");
    net_ok(&r.net, plast_temporal_get(t, "truncation", &value));
    assert_true(value == 0.0);
    expect(&r, plast_network_set_temporal(r.net.network, NULL), PLAST_E_INVALID, "temporal is NULL");
    assert_int_equal(plast_network_set_temporal(NULL, t), PLAST_E_INVALID);
    expect(&r, plast_network_set_temporal_parameter(r.net.network, "self", 1.0), PLAST_E_UNKNOWN, "truncation");
    rnn_temporal(&r, "eprop", NULL);
    assert_string_equal(plast_network_temporal(r.net.network), "eprop");
    expect(&r, plast_network_set_temporal_parameter(r.net.network, "self", 2.0), PLAST_E_RANGE, "self");
    net_ok(&r.net, plast_network_get_temporal_parameter(r.net.network, "self", &value));
    assert_true(value == 0.0);
    for (int32_t i = 0; plast_temporal_name(i) != NULL; i++) { /* every scheme describes itself */
        plast_temporal *one = NULL;
        net_ok(&r.net, plast_temporal_create(r.net.context, plast_temporal_name(i), &one));
        for (int32_t k = 0; plast_temporal_parameter(one, k, &described) == PLAST_OK; k++) {
            net_ok(&r.net, plast_temporal_get(one, described.name, &value));
            assert_true(value == described.default_value);
        }
        plast_temporal_destroy(one);
    }
    assert_null(plast_temporal_name(-1));
    plast_temporal_destroy(t);
    plast_temporal_destroy(NULL);
    assert_null(plast_network_temporal(NULL));
    rnn_free(&r);
}

static void feedback_that_is_not_defined_in_time(void **state)
{
    plast_feedback *f = NULL;
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE);
    rnn r = rnn_make(&plan);
    net_ok(&r.net, plast_feedback_create(r.net.context, "circuit", &f));
    for (int32_t i = 0;; i++) { /* whatever it asks for */
        plast_parameter p = { PLAST_PARAMETER };
        if (plast_feedback_parameter(f, i, &p) != PLAST_OK)
            break;
        if (p.flags & PLAST_PARAMETER_REQUIRED)
            net_ok(&r.net, plast_feedback_set(f, p.name, p.minimum > 0.0 ? p.minimum : 0.01));
    }
    expect(&r, plast_network_set_feedback(r.net.network, PLAST_HIDDEN_LAYERS, f), PLAST_E_UNSUPPORTED, "circuit");
    assert_string_equal(plast_network_feedback(r.net.network), "backprop");
    plast_feedback_destroy(f);
    net_feedback(&r.net, "weight_mirror",
                 (const setting[]){ { "rate", 0.1 }, { "noise", 0.5 }, { "decay", 0.0 }, { NULL, 0.0 } });
    double out[OUTPUTS];
    plast_state *s = rnn_state(&r, 64, 1, 0);
    const plast_matrix in = plast_matrix_f64(x, 1, INPUTS), y = plast_output_f64(out, 1, OUTPUTS);
    net_ok(&r.net, plast_network_step(r.net.network, s, &in, &y));
    net_ok(&r.net, plast_network_mirror(r.net.network, s, NULL)); /* an instant's noise, which ends the stream */
    assert_int_equal(plast_state_sequences(s), 0);
    plast_state_destroy(s);
    rnn_free(&r);
}

/* ---- numbers ---- */

/* A linear or rectified network that grows by 1e100 a step: the activity overflows at step 3 of 6 (1e400), whichever
 * window that is in; the message names layer and step, and weights and stream are as before. */
static void activities_that_overflow(void **state)
{
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int s = 0; s < 2; s++)
            for (int64_t every = 0; every <= 3; every++)
                for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3) {
                    double p[MOST], found[MOST], out[ROWS * OUTPUTS];
                    plast_report report = { PLAST_REPORT };
                    rnn_plan plan = plan_of(form);
                    plan.activation = PLAST_RELU;
                    plan.alpha = 0.0;
                    plan.temporal = schemes[s];
                    plan.rate = 0.0;
                    plan.optimizer = "sgd";
                    rnn r = rnn_make(&plan);
                    net_ok(&r.net, plast_network_set_optimizer_parameter(r.net.network, "rate", 0.0));
                    const rnn_places at = rnn_places_of(&plan, 0);
                    rnn_get(&r, p);
                    for (int i = 0; i < UNITS * UNITS; i++)
                        p[at.w + i] = i % (UNITS + 1) == 0 ? 1e100 : 0.0;
                    for (int i = 0; i < UNITS; i++)
                        p[at.initial + i] = 1.0;
                    for (int i = 0; i < UNITS * INPUTS; i++)
                        p[at.u + i] = 0.0;
                    rnn_set(&r, p);
                    const rnn_data d = { .sequences = sequences, .steps = STEPS, .x = x, .update_every = every };
                    expect(&r, rnn_try_learn(&r, NULL, &d, &report), PLAST_E_NOT_FINITE, "layer 0");
                    assert_non_null(strstr(plast_context_error(r.net.context), "at step 3 of 6"));
                    assert_int_equal(report.samples, every == 0 ? 0 : 3 / every * every * sequences);
                    memset(out, 0, sizeof out);
                    expect(&r, rnn_try_run(&r, NULL, &d, out), PLAST_E_NOT_FINITE, "at step 3 of 6");
                    assert_true(out[0] == 0.0);
                    rnn_get(&r, found);
                    assert_same_bits(rnn_size(&r), found, p);
                    rnn_free(&r);
                }
}

/* A row of inputs that is not finite is named by its row; what was learned before stays. Afterwards all goes on. */
static void inputs_that_are_not_finite(void **state)
{
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)state;
    for (int s = 0; s < 2; s++)
        for (int64_t t = 0; t < STEPS; t++)
            for (int64_t every = 0; every <= 2; every++) {
                double bad[ROWS * INPUTS], p[MOST], found[MOST], expected[MOST];
                char row[64];
                plast_report report = { PLAST_REPORT };
                rnn_plan plan = plan_of(PLAST_FORM_INSIDE);
                plan.temporal = schemes[s];
                rnn r = rnn_make(&plan), twin = rnn_make(&plan);
                rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .targets = targets, .update_every = every };
                memcpy(bad, x, sizeof bad);
                bad[(t * SEQUENCES + 2) * INPUTS + 1] = t % 2 ? (double)NAN : (double)INFINITY;
                (void)snprintf(row, sizeof row, "row %d of inputs", (int)(t * SEQUENCES + 2));
                d.x = bad;
                rnn_get(&r, p);
                expect(&r, rnn_try_learn(&r, NULL, &d, &report), PLAST_E_NOT_FINITE, row);
                const int64_t learned = every == 0 ? 0 : t / every * every;
                assert_int_equal(report.samples, learned * SEQUENCES);
                d.x = x;
                if (learned > 0) {
                    rnn_data part = d;
                    part.steps = learned;
                    rnn_learn(&twin, NULL, &part);
                }
                rnn_get(&r, found);
                rnn_get(&twin, expected);
                if (learned == 0)
                    assert_same_bits(rnn_size(&r), expected, p);
                assert_close(rnn_size(&r), found, expected, 1e-14); /* one window takes the backward form */
                rnn_learn(&r, NULL, &d);
                rnn_learn(&twin, NULL, &d);
                rnn_get(&r, found);
                rnn_get(&twin, expected);
                assert_close(rnn_size(&r), found, expected, 1e-14);
                rnn_free(&r);
                rnn_free(&twin);
            }
}

/* A gradient that overflows on its way back changes nothing, in whichever form it comes. */
static void signals_that_overflow(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int kind = 0; kind < 3; kind++) {
            double p[MOST], found[MOST], far[ROWS * OUTPUTS];
            rnn_plan plan = plan_of(form);
            plan.temporal = kind == 0 ? "bptt" : "eprop";
            rnn r = rnn_make(&plan);
            if (kind == 2)
                net_ok(&r.net, plast_network_set_temporal_parameter(r.net.network, "traces", 1.0));
            const rnn_places top = rnn_places_of(&plan, 1);
            rnn_get(&r, p);
            for (int64_t i = 0; i < top.units * top.in; i++)
                p[top.u + i] = 1e160;
            rnn_set(&r, p);
            for (int i = 0; i < ROWS * OUTPUTS; i++)
                far[i] = -1e150;
            const rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = far };
            assert_int_equal(rnn_try_learn(&r, NULL, &d, NULL), PLAST_E_NOT_FINITE);
            rnn_get(&r, found);
            assert_same_bits(rnn_size(&r), found, p);
            rnn_free(&r);
        }
}

/* ---- memory ---- */

typedef struct life {
    plast_context *context;
    plast_network *network;
    plast_temporal *temporal;
    plast_optimizer *optimizer;
    plast_state *state, *copy;
} life;

#define STEP(call)                                                                                                     \
    do {                                                                                                               \
        const plast_status made = (call);                                                                              \
        if (made != PLAST_OK)                                                                                          \
            return made;                                                                                               \
    } while (0)

/* All that allocates, once. */
static plast_status live(life *l, const plast_allocator *allocator, int32_t form)
{
    const plast_context_options context = { PLAST_CONTEXT_OPTIONS, .allocator = allocator };
    const plast_network_options network = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = INPUTS };
    const plast_layer_options recurrent = { PLAST_LAYER_OPTIONS, .units = UNITS, .activation = PLAST_TANH, .form = form,
                                            .alpha = 0.5,        .no_self = 1,   .learn_initial = 1 };
    const plast_layer_options dense = { PLAST_LAYER_OPTIONS, .units = OUTPUTS };
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES, .steps = 2 };
    const plast_matrix in = plast_matrix_f64(x, ROWS, INPUTS), goals = plast_matrix_f64(targets, ROWS, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &in, .targets = &goals, .steps = STEPS, .carry = 1 };
    const plast_learn_options often = { PLAST_LEARN_OPTIONS, .update_every = 2 };
    STEP(plast_context_create(&context, &l->context));
    STEP(plast_network_create(l->context, &network, &l->network));
    STEP(plast_network_add(l->network, "recurrent", &recurrent, NULL));
    STEP(plast_network_add(l->network, "dense", &dense, NULL));
    STEP(plast_temporal_create(l->context, "eprop", &l->temporal));
    STEP(plast_network_set_temporal(l->network, l->temporal));
    STEP(plast_optimizer_create(l->context, "adam", &l->optimizer));
    STEP(plast_optimizer_set(l->optimizer, "rate", 0.01));
    STEP(plast_network_set_optimizer(l->network, l->optimizer));
    STEP(plast_network_prepare_steps(l->network, SEQUENCES, STEPS));
    STEP(plast_state_create(l->context, l->network, &options, &l->state));
    STEP(plast_network_learn(l->network, l->state, &data, &often, NULL));
    STEP(plast_state_create(l->context, l->network, &options, &l->copy));
    STEP(plast_state_copy(l->copy, l->state));
    return plast_network_learn(l->network, NULL, &data, NULL, NULL);
}

static void die(life *l)
{
    plast_state_destroy(l->copy);
    plast_state_destroy(l->state);
    plast_optimizer_destroy(l->optimizer);
    plast_temporal_destroy(l->temporal);
    plast_network_destroy(l->network);
    plast_context_destroy(l->context);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++) {
        plast_status status = PLAST_E_NOMEM;
        for (int64_t fail = 1; status != PLAST_OK; fail++) {
            life l = { NULL };
            fail_allocator allocator;
            fail_allocator_init(&allocator, fail);
            status = live(&l, &allocator.table, form);
            if (status != PLAST_OK)
                assert_int_equal(status, PLAST_E_NOMEM);
            else
                assert_true(fail > 40);
            die(&l);
            assert_null(allocator.complaint);
            assert_int_equal(allocator.live_blocks, 0);
        }
    }
}

/* Learning in windows, stepping, running, evaluating and copying, once they have been done. */
static void nothing_is_allocated_in_a_step(void **state)
{
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int s = 0; s < 2; s++) {
            double out[ROWS * OUTPUTS];
            fail_allocator allocator;
            fail_allocator_init(&allocator, 0);
            rnn_plan plan = plan_of(form);
            plan.noise = 0.1;
            plan.temporal = schemes[s];
            plan.allocator = &allocator.table;
            rnn r = rnn_make(&plan);
            plast_state *a = rnn_state(&r, SEQUENCES, STEPS, 0), *b = rnn_state(&r, SEQUENCES, STEPS, 0);
            rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets, .update_every = 1 };
            net_ok(&r.net, plast_network_prepare_steps(r.net.network, SEQUENCES, STEPS));
            rnn_learn(&r, a, &d);
            rnn_learn(&r, b, &d);
            int64_t calls = allocator.calls, mallocs = malloc_count();
            for (int round = 0; round < 3; round++) {
                d.carry = 1;
                d.update_every = round;
                const plast_matrix in = plast_matrix_f64(x, ROWS, INPUTS);
                const plast_matrix goals = plast_matrix_f64(targets, ROWS, OUTPUTS);
                const plast_data data = { PLAST_DATA,     .inputs = &in, .targets = &goals,
                                          .steps = STEPS, .carry = 1,    .batch = SEQUENCES };
                const plast_learn_options options = { PLAST_LEARN_OPTIONS, .update_every = round };
                if (plast_network_learn(r.net.network, a, &data, &options, NULL) != PLAST_OK)
                    fail();
                rnn_run(&r, a, &d, out);
                if (plast_state_copy(b, a) != PLAST_OK)
                    fail();
                (void)rnn_evaluate(&r, b, &d);
            }
            mallocs = malloc_count() - mallocs;
            assert_int_equal(allocator.calls, calls);
            if (malloc_count_works()) /* which asks by allocating */
                assert_int_equal(mallocs, 0);
            plast_state_destroy(a);
            plast_state_destroy(b);
            rnn_free(&r);
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(layer_options),
        quiet_test(a_recurrent_layer_is_not_the_output),
        quiet_test(data_that_do_not_fit),
        quiet_test(another_number_of_sequences),
        quiet_test(states),
        quiet_test(vectors),
        quiet_test(temporal_schemes),
        quiet_test(feedback_that_is_not_defined_in_time),
        quiet_test(activities_that_overflow),
        quiet_test(inputs_that_are_not_finite),
        quiet_test(signals_that_overflow),
        quiet_test(every_allocation_may_fail),
        quiet_test(nothing_is_allocated_in_a_step),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
