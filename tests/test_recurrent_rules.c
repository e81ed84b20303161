/* SPDX-License-Identifier: MIT
 *
 * Rules on the synapse groups of recurrent layers: pre of the recurrent one is h_(t-1), post is h_t. */
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

enum { INPUTS = 3, OUTPUTS = 2, UNITS = 5, STEPS = 7, SEQUENCES = 4, ROWS = STEPS * SEQUENCES, MOST = 200, FORMS = 4 };

static double x[ROWS * INPUTS], targets[ROWS * OUTPUTS];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    return 0;
}

static rnn_plan plan_of(int32_t form, double alpha)
{
    return (rnn_plan){ .inputs = INPUTS,
                       .outputs = OUTPUTS,
                       .layers = 1,
                       .units = { UNITS },
                       .form = form,
                       .activation = PLAST_TANH,
                       .alpha = alpha,
                       .learn_initial = 1,
                       .rate = 0.1,
                       .seed = 11 };
}

static plast_rule *make_rule(const rnn *r, const char *name, const setting *settings)
{
    plast_rule *rule = NULL;
    net_ok(&r->net, plast_rule_create(r->net.context, name, &rule));
    for (; settings->name != NULL; settings++)
        net_ok(&r->net, plast_rule_set(rule, settings->name, settings->value));
    return rule;
}

static plast_status try_group_rule(const rnn *r, int32_t layer, const char *group, const char *name,
                                   const setting *settings)
{
    plast_rule *rule = make_rule(r, name, settings);
    const plast_status status = plast_synapses_add_rule(rnn_synapses(r, layer, group), rule);
    plast_rule_destroy(rule);
    return status;
}

/* h_(t-1) and h_t of every row, by the loops. */
static void activities(const rnn *r, const double *p, const rnn_data *d, double *before, double *after)
{
    for (int64_t b = 0; b < d->sequences; b++) {
        naive_state state;
        naive_step step;
        naive_begin(&r->plan, p, &state);
        for (int64_t t = 0; t < d->steps; t++) {
            const int64_t row = t * d->sequences + b;
            naive_advance(&r->plan, p, d->x + row * r->plan.inputs, &state, &step);
            memcpy(before + row * UNITS, step.before[0], UNITS * sizeof *before);
            memcpy(after + row * UNITS, step.h[0], UNITS * sizeof *after);
        }
    }
}

/* Oja on one group, averaged over all steps of all sequences. */
static void naive_oja(int64_t rows, int64_t cols, const double *y, const double *pre, double rate, double *w)
{
    double old[UNITS * UNITS];
    memcpy(old, w, (size_t)(UNITS * cols) * sizeof *old);
    for (int64_t b = 0; b < rows; b++)
        for (int64_t j = 0; j < cols; j++) {
            double back = 0.0;
            for (int64_t i = 0; i < UNITS; i++)
                back += old[i * cols + j] * y[b * UNITS + i];
            for (int64_t i = 0; i < UNITS; i++)
                w[i * cols + j] += rate / (double)rows * y[b * UNITS + i] * (pre[b * cols + j] - back);
        }
}

static void oja_against_loops(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3)
            for (int only = 0; only < 3; only++) {
                double p[MOST], found[MOST], before[ROWS * UNITS], after[ROWS * UNITS];
                const rnn_plan plan = plan_of(form, 0.4);
                const rnn_places at = rnn_places_of(&plan, 0);
                const rnn_data d = { .sequences = sequences, .steps = STEPS, .x = x };
                rnn r = rnn_make(&plan);
                if (only == 0)
                    net_add_rule(&r.net, 0, "oja", RATE(0.3));
                else
                    net_ok(&r.net, try_group_rule(&r, 0, only == 1 ? "input" : "recurrent", "oja", RATE(0.3)));
                rnn_get(&r, p);
                activities(&r, p, &d, before, after);
                rnn_learn(&r, NULL, &d);
                rnn_get(&r, found);
                if (only != 2)
                    naive_oja(sequences * STEPS, INPUTS, after, x, 0.3, p + at.u);
                if (only != 1)
                    naive_oja(sequences * STEPS, UNITS, after, before, 0.3, p + at.w);
                assert_close(rnn_size(&r), found, p, 1e-14);
                rnn_free(&r);
            }
}

/* The recurrent layer without leak is a dense one that reads [h_(t-1) x_t]: Oja's rule on W and U together is the joint
 * rule on [W U], step by step. */
static void oja_on_both_is_the_joint_rule(void **state)
{
    enum { WIDE = UNITS + INPUTS };
    double p[MOST], joint[UNITS * WIDE], found[UNITS * WIDE], row[WIDE];
    (void)state;
    rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE, 0.0);
    plan.zero_initial = 1;
    const rnn_places at = rnn_places_of(&plan, 0);
    rnn r = rnn_make(&plan);
    net_add_rule(&r.net, 0, "oja", RATE(0.2));
    net one = net_one_layer(PLAST_F64, PLAST_TANH, WIDE, UNITS, "oja", RATE(0.2));
    rnn_get(&r, p);
    memset(p + at.b, 0, UNITS * sizeof *p); /* the dense one has no bias */
    rnn_set(&r, p);
    for (int i = 0; i < UNITS; i++) {
        memcpy(joint + (ptrdiff_t)i * WIDE, p + at.w + (ptrdiff_t)i * UNITS, UNITS * sizeof *p);
        memcpy(joint + (ptrdiff_t)i * WIDE + UNITS, p + at.u + (ptrdiff_t)i * INPUTS, INPUTS * sizeof *p);
    }
    net_set_weights(&one, 0, joint);
    memset(row, 0, sizeof row);
    for (int t = 0; t < ROWS; t++) {
        const rnn_data d = { .sequences = 1, .steps = 1, .x = x + (ptrdiff_t)t * INPUTS, .carry = 1 };
        memcpy(row + UNITS, x + (ptrdiff_t)t * INPUTS, INPUTS * sizeof *x);
        rnn_learn(&r, NULL, &d);
        net_see(&one, 1, row, 1);
        net_seen(&one, 0, PLAST_ACTIVITY, row);
    }
    net_get_weights(&one, 0, joint);
    rnn_get(&r, p);
    for (int i = 0; i < UNITS; i++) {
        memcpy(found + (ptrdiff_t)i * WIDE, p + at.w + (ptrdiff_t)i * UNITS, UNITS * sizeof *p);
        memcpy(found + (ptrdiff_t)i * WIDE + UNITS, p + at.u + (ptrdiff_t)i * INPUTS, INPUTS * sizeof *p);
    }
    assert_close((int64_t)UNITS * WIDE, found, joint, 1e-13);
    net_free(&one);
    rnn_free(&r);
}

/* Where inputs are 0 and nothing leaks, W is the matrix of a dense layer that reads h_(t-1), with whatever rule. */
static void every_rule_as_on_a_dense_layer(void **state)
{
    static const setting bcm[] = { { "rate", 0.1 }, { "tau", 5.0 }, { NULL, 0.0 } };
    static const setting norm[] = { { NULL, 0.0 } };
    static const char *const names[] = { "hebb",        "oja",   "gha", "oja_neuron",   "decorrelation",
                                         "soft_bounds", "decay", "bcm", "normalisation" };
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3) {
            const setting *settings = k == 7 ? bcm : k == 8 ? norm : RATE(0.1);
            double p[MOST], found[MOST], w[UNITS * UNITS], before[ROWS * UNITS], after[ROWS * UNITS];
            const double silence[ROWS * INPUTS] = { 0.0 };
            const rnn_plan plan = plan_of(PLAST_FORM_INSIDE, 0.0);
            const rnn_places at = rnn_places_of(&plan, 0);
            rnn r = rnn_make(&plan);
            net_ok(&r.net, try_group_rule(&r, 0, "recurrent", names[k], settings));
            net one = net_one_layer(PLAST_F64, PLAST_TANH, UNITS, UNITS, names[k], settings);
            rnn_get(&r, p);
            memset(p + at.b, 0, UNITS * sizeof *p);
            for (int64_t i = at.w; i < at.w + UNITS * UNITS; i++)
                p[i] = fabs(p[i]); /* soft bounds are between 0 and 1 */
            rnn_set(&r, p);
            net_set_weights(&one, 0, p + at.w);
            const rnn_data d = { .sequences = sequences, .steps = STEPS, .x = silence };
            for (int update = 0; update < 3; update++) {
                rnn_get(&r, found);
                activities(&r, found, &d, before, after);
                rnn_learn(&r, NULL, &d);
                net_see(&one, sequences * STEPS, before, sequences * STEPS);
            }
            rnn_get(&r, found);
            net_get_weights(&one, 0, w);
            assert_close((int64_t)UNITS * UNITS, found + at.w, w, 1e-13);
            assert_true(difference((int64_t)UNITS * UNITS, found + at.w, p + at.w) > 1e-4);
            assert_same_bits((int64_t)UNITS * INPUTS, found + at.u, p + at.u);
            net_free(&one);
            rnn_free(&r);
        }
}

/* ---- refused ---- */

static void expect(const rnn *r, plast_status found, plast_status wanted, const char *text)
{
    assert_int_equal(found, wanted);
    if (strstr(plast_context_error(r->net.context), text) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", plast_context_error(r->net.context), text);
}

static void rules_that_cannot_be(void **state)
{
    static const setting none[] = { { NULL, 0.0 } };
    double p[MOST], found[MOST];
    (void)state;
    rnn_plan plan = plan_of(PLAST_FORM_RATE, 0.4);
    plan.layers = 2;
    plan.units[1] = 4;
    rnn r = rnn_make(&plan);
    expect(&r, try_group_rule(&r, 0, "recurrent", "ehebb", RATE(0.1)), PLAST_E_UNSUPPORTED, "recurrent");
    expect(&r, try_group_rule(&r, 1, "recurrent", "pool", none), PLAST_E_UNSUPPORTED, "one step late");
    expect(&r, try_group_rule(&r, 1, "input", "pool", none), PLAST_E_UNSUPPORTED, "more than one synapse group");
    expect(&r, net_try_rule(&r.net, PLAST_ALL_LAYERS, "ehebb", RATE(0.1)), PLAST_E_UNSUPPORTED, "layer 0");
    expect(&r, net_try_rule(&r.net, PLAST_HIDDEN_LAYERS, "pool", none), PLAST_E_UNSUPPORTED, "layer 0");
    const rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x };
    rnn_get(&r, p);
    rnn_learn(&r, NULL, &d); /* none of them was attached anywhere */
    rnn_get(&r, found);
    assert_same_bits(rnn_size(&r), found, p);
    net_ok(&r.net, try_group_rule(&r, 1, "input", "ehebb", RATE(0.1)));
    net_ok(&r.net, try_group_rule(&r, 1, "recurrent", "oja", RATE(0.1)));
    expect(&r, try_group_rule(&r, 1, "recurrent", "oja", RATE(0.1)), PLAST_E_STATE, "already");
    expect(&r, net_try_rule(&r.net, 1, "oja", RATE(0.1)), PLAST_E_STATE, "already");
    assert_int_equal(plast_synapses_add_rule(NULL, NULL), PLAST_E_INVALID);
    expect(&r, plast_synapses_add_rule(rnn_synapses(&r, 1, "input"), NULL), PLAST_E_INVALID, "rule is NULL");
    expect(&r, plast_synapses_set_rule(rnn_synapses(&r, 1, "input"), "oja", "rate", 0.1), PLAST_E_UNKNOWN, "oja");
    expect(&r, plast_synapses_set_rule(rnn_synapses(&r, 1, "recurrent"), "oja", "rate", -1.0), PLAST_E_RANGE, "rate");
    rnn_free(&r);
}

/* A group's own parameter is its own. */
static void parameters_of_one_group(void **state)
{
    double p[MOST], found[MOST], value = 0.0;
    (void)state;
    const rnn_plan plan = plan_of(PLAST_FORM_RATE, 0.4);
    const rnn_places at = rnn_places_of(&plan, 0);
    rnn r = rnn_make(&plan);
    net_add_rule(&r.net, 0, "oja", RATE(0.3));
    net_ok(&r.net, plast_synapses_set_rule(rnn_synapses(&r, 0, "recurrent"), "oja", "rate", 0.0));
    net_ok(&r.net, plast_network_get_rule(r.net.network, 0, "oja", "rate", &value));
    assert_true(value == 0.3);
    const rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x };
    rnn_get(&r, p);
    rnn_learn(&r, NULL, &d);
    rnn_get(&r, found);
    assert_same_bits((int64_t)UNITS * UNITS, found + at.w, p + at.w);
    assert_true(difference((int64_t)UNITS * INPUTS, found + at.u, p + at.u) > 1e-3);
    net_ok(&r.net, plast_network_set_rule(r.net.network, 0, "oja", "rate", 0.1)); /* all groups of the layer */
    rnn_learn(&r, NULL, &d);
    rnn_get(&r, found);
    assert_true(difference((int64_t)UNITS * UNITS, found + at.w, p + at.w) > 1e-4);
    rnn_free(&r);
}

/* ---- beside an error ---- */

static void add_everything(rnn *r)
{
    double mask[UNITS * UNITS];
    for (int i = 0; i < UNITS * UNITS; i++)
        mask[i] = i % 3 == 1 ? 0.0 : 1.0;
    const plast_matrix m = plast_matrix_f64(mask, UNITS, UNITS);
    net_ok(&r->net, plast_synapses_set_mask(rnn_synapses(r, 0, "recurrent"), &m));
    net_add_rule(&r->net, 0, "oja", RATE(0.05));
    net_add_rule(&r->net, PLAST_ALL_LAYERS, "decay", RATE(0.01));
    net_ok(&r->net, try_group_rule(r, 0, "recurrent", "gha", RATE(0.02)));
    net_ok(&r->net, try_group_rule(r, 0, "recurrent", "normalisation", (const setting[]){ { NULL, 0.0 } }));
}

/* Online, terms wait for the next step: many steps in one call are as many calls, bit for bit. */
static void one_call_is_many(void **state)
{
    static const char *const optimizers[] = { "sgd", "adam" };
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int kind = 0; kind < 8; kind++) {
            double one[MOST], many[MOST];
            rnn_plan plan = plan_of(form, 0.4);
            plan.noise = 0.05;
            plan.optimizer = optimizers[kind & 1];
            plan.temporal = schemes[kind >> 1 & 1];
            plan.dtype = kind & 4 ? PLAST_F32 : PLAST_F64;
            rnn a = rnn_make(&plan), b = rnn_make(&plan);
            add_everything(&a);
            add_everything(&b);
            rnn_data d = { .sequences = 1, .steps = ROWS, .x = x, .targets = targets, .carry = 1, .update_every = 1 };
            rnn_learn(&a, NULL, &d);
            d.steps = 1;
            for (int t = 0; t < ROWS; t++) {
                d.x = x + (ptrdiff_t)t * INPUTS;
                d.targets = targets + (ptrdiff_t)t * OUTPUTS;
                rnn_learn(&b, NULL, &d);
            }
            rnn_get(&a, one);
            rnn_get(&b, many);
            assert_same_bits(rnn_size(&a), one, many);
            rnn_free(&a);
            rnn_free(&b);
        }
}

static void masks_are_kept(void **state)
{
    static const char *const optimizers[] = { "sgd", "adam", "momentum" };
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int kind = 0; kind < 12; kind++) {
            double p[MOST], found[MOST];
            rnn_plan plan = plan_of(form, 0.4);
            const rnn_places at = rnn_places_of(&plan, 0);
            plan.optimizer = optimizers[kind % 3];
            plan.temporal = schemes[kind / 3 % 2];
            rnn r = rnn_make(&plan);
            add_everything(&r);
            rnn_data d = { .sequences = kind < 6 ? 1 : SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
            d.update_every = kind % 2;
            rnn_get(&r, p);
            rnn_learn(&r, NULL, &d);
            rnn_get(&r, found);
            for (int i = 0; i < UNITS * UNITS; i++)
                assert_true((found[at.w + i] == 0.0) == (i % 3 == 1));
            assert_true(difference((int64_t)UNITS * UNITS, found + at.w, p + at.w) > 1e-3);
            rnn_free(&r);
        }
}

/* A frozen group stays; a frozen layer keeps its bias and its initial state too, and errors pass through it: what is
 * below learns as though it were not frozen. */
static void frozen(void **state)
{
    static const char *const schemes[] = { "bptt", "eprop", "eprop" };
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int s = 0; s < 3; s++)
            for (int whole = 0; whole < 2; whole++) {
                double p[MOST], free_one[MOST], found[MOST];
                rnn_plan plan = plan_of(form, 0.4);
                plan.layers = 2;
                plan.units[1] = 4;
                plan.temporal = schemes[s];
                const rnn_places upper = rnn_places_of(&plan, 1);
                rnn r = rnn_make(&plan);
                rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
                if (s == 2)
                    net_ok(&r.net, plast_network_set_temporal_parameter(r.net.network, "traces", 1.0));
                rnn_get(&r, p);
                rnn_learn(&r, NULL, &d);
                rnn_get(&r, free_one);
                rnn_set(&r, p);
                if (whole)
                    net_ok(&r.net, plast_layer_set_frozen(rnn_layer(&r, 1), 1));
                else
                    net_ok(&r.net, plast_synapses_set_frozen(rnn_synapses(&r, 1, "recurrent"), 1));
                assert_int_equal(plast_layer_frozen(rnn_layer(&r, 1)), whole);
                rnn_learn(&r, NULL, &d);
                rnn_get(&r, found);
                const int64_t first = whole ? upper.u : upper.w;
                const int64_t last = whole ? upper.initial + upper.units : upper.w + upper.units * upper.units;
                assert_same_bits(last - first, found + first, p + first);
                memcpy(free_one + first, found + first, (size_t)(last - first) * sizeof *p);
                assert_same_bits(rnn_size(&r), found, free_one);
                rnn_free(&r);
            }
}

/* Rules and error together are the sum of both, from the old weights. */
static void error_and_rules_add_up(void **state)
{
    static const char *const schemes[] = { "bptt", "eprop", "eprop" };
    (void)state;
    for (int s = 0; s < 3; s++)
        for (int32_t form = 0; form < FORMS; form++) {
            double p[MOST], error[MOST], rule[MOST], found[MOST];
            rnn_plan plan = plan_of(form, 0.4);
            plan.temporal = schemes[s];
            rnn r = rnn_make(&plan);
            rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
            if (s == 2)
                net_ok(&r.net, plast_network_set_temporal_parameter(r.net.network, "traces", 1.0));
            rnn_get(&r, p);
            rnn_learn(&r, NULL, &d);
            rnn_get(&r, error);
            net_add_rule(&r.net, 0, "oja", RATE(0.3));
            rnn_set(&r, p);
            d.targets = NULL;
            rnn_learn(&r, NULL, &d);
            rnn_get(&r, rule);
            rnn_set(&r, p);
            d.targets = targets;
            rnn_learn(&r, NULL, &d);
            rnn_get(&r, found);
            for (int64_t i = 0; i < rnn_size(&r); i++)
                rule[i] += error[i] - p[i];
            assert_close(rnn_size(&r), found, rule, 1e-14);
            rnn_free(&r);
        }
}

/* In steps without a loss signals are 0, not those of the update before: a rule that reads them does nothing. */
static void no_signal_without_a_loss(void **state)
{
    static const char *const schemes[] = { "bptt", "eprop", "eprop" };
    (void)state;
    for (int s = 0; s < 3; s++)
        for (int32_t form = 0; form < FORMS; form++) {
            double p[MOST], found[MOST];
            rnn_plan plan = plan_of(form, 0.4);
            plan.layers = 2;
            plan.units[1] = 4;
            plan.temporal = schemes[s];
            rnn r = rnn_make(&plan);
            rnn_data d = { .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
            if (s == 2)
                net_ok(&r.net, plast_network_set_temporal_parameter(r.net.network, "traces", 1.0));
            net_ok(&r.net, try_group_rule(&r, 1, "input", "ehebb", RATE(0.3)));
            for (int update = 0; update < 2; update++) /* arrays of signals take turns */
                rnn_learn(&r, NULL, &d);
            rnn_get(&r, p);
            d.targets = NULL;
            rnn_learn(&r, NULL, &d);
            rnn_get(&r, found);
            assert_same_bits(rnn_size(&r), found, p);
            rnn_free(&r);
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(oja_against_loops),
        quiet_test(oja_on_both_is_the_joint_rule),
        quiet_test(every_rule_as_on_a_dense_layer),
        quiet_test(rules_that_cannot_be),
        quiet_test(parameters_of_one_group),
        quiet_test(one_call_is_many),
        quiet_test(masks_are_kept),
        quiet_test(frozen),
        quiet_test(error_and_rules_add_up),
        quiet_test(no_signal_without_a_loss),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
