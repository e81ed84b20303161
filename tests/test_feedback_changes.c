/* SPDX-License-Identifier: MIT
 *
 * Changing the feedback scheme in the middle of learning: forward weights, moments and states stay, matrices and
 * handles of the old scheme go; and a change that fails, for whatever reason, changes nothing. */
#include "support/fail_allocator.h"
#include "support/quiet.h"
#include "support/rules.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 20, INPUTS = 5, OUTPUTS = 3, LAYERS = 3 };

static double x[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];

static int fill_data(void **state)
{
    (void)state;
    fill_normal(51, SAMPLES * INPUTS, x);
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i * 2 % OUTPUTS;
    return 0;
}

static net_plan plan_of(const char *optimizer)
{
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = INPUTS,
                            .layers = LAYERS,
                            .units = { 7, 9, OUTPUTS },
                            .hidden = PLAST_TANH,
                            .output = PLAST_SOFTMAX,
                            .seed = 8,
                            .optimizer = optimizer,
                            .rate = 0.05,
                            .oja = 0.01,
                            .ruled = PLAST_HIDDEN_LAYERS };
    return plan;
}

static void learn(net *net, int64_t from, int64_t to)
{
    const net_data data = { .n = to - from, .x = x + from * INPUTS, .labels = labels + from, .batch = 1 };
    net_learn(net, &data);
}

static plast_status learn_with(net *net, plast_state *state)
{
    const plast_matrix in = plast_matrix_f64(x, SAMPLES, INPUTS), out = plast_labels_i32(labels, SAMPLES);
    const plast_data data = { PLAST_DATA, .inputs = &in, .targets = &out };
    return plast_network_learn(net->network, state, &data, NULL, NULL);
}

/* From every scheme to every other: what goes on is a network that had the new scheme and these weights. The other one
 * has made as many updates, by which "brsf" counts. */
static void every_scheme_may_follow_every_other(void **state)
{
    (void)state;
    for (const scheme_plan *from = all_schemes; from->name != NULL; from++)
        for (const scheme_plan *to = all_schemes; to->name != NULL; to++) {
            const net_plan plan = plan_of("sgd");
            net changed = net_make(&plan), other = net_make(&plan);
            net_scheme(&changed, from);
            learn(&changed, 0, 8);
            learn(&other, 0, 8);
            double *before = net_all(&changed);
            net_scheme(&changed, to);
            assert_string_equal(plast_network_feedback(changed.network), to->name);
            double *after = net_all(&changed);
            assert_same_bits(net_size(&changed), after, before);
            net_scheme(&other, to);
            for (int32_t l = 0; l < LAYERS; l++) {
                double w[9 * 9], b[9];
                net_get_weights(&changed, l, w);
                net_set_weights(&other, l, w);
                net_get_bias(&changed, l, b);
                net_set_bias(&other, l, b);
            }
            assert_same_schemes(&changed, &other);
            learn(&changed, 8, SAMPLES);
            learn(&other, 8, SAMPLES);
            assert_same_schemes(&changed, &other);
            free(before);
            free(after);
            net_free(&changed);
            net_free(&other);
        }
}

/* Moments and the count of updates stay: setting the same scheme again, which has no matrices, changes no bit. */
static void moments_stay(void **state)
{
    const net_plan plan = plan_of("adam");
    net plain = net_make(&plan), again = net_make(&plan);
    (void)state;
    learn(&plain, 0, SAMPLES);
    learn(&again, 0, 7);
    net_scheme(&again, &all_schemes[0]);
    learn(&again, 7, 9);
    net_scheme(&again, &all_schemes[1]);
    net_scheme(&again, &all_schemes[0]);
    learn(&again, 9, SAMPLES);
    assert_same_nets(&again, &plain);
    net_free(&plain);
    net_free(&again);
}

static const char *const groups[] = { "feedback", "magnitude", "descending", "teaching", "crossing" };
enum { GROUPS = sizeof groups / sizeof groups[0] };

/* Handles of the old scheme say so; they do not read what is gone. */
static void handles_die_with_their_scheme(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++) {
        const net_plan plan = plan_of("sgd");
        net net = net_make(&plan);
        plast_synapses *held[LAYERS][GROUPS];
        double w[9 * 9];
        plast_matrix view, m = plast_output_f64(w, 9, 9);
        net_scheme(&net, s);
        for (int32_t l = 0; l < LAYERS; l++)
            for (int k = 0; k < GROUPS; k++)
                held[l][k] = net_find_group(&net, l, groups[k]);
        net_scheme(&net, &all_schemes[0]);
        for (int32_t l = 0; l < LAYERS; l++)
            for (int k = 0; k < GROUPS; k++) {
                plast_synapses *group = held[l][k];
                if (group == NULL)
                    continue;
                assert_int_equal(plast_synapses_view(group, &view), PLAST_E_STATE);
                assert_non_null(strstr(plast_context_error(net.context), "feedback scheme"));
                assert_int_equal(plast_synapses_get_weights(group, &m), PLAST_E_STATE);
                assert_int_equal(plast_synapses_set_weights(group, &m), PLAST_E_STATE);
                assert_int_equal(plast_synapses_set_frozen(group, 1), PLAST_E_STATE);
                assert_int_equal(plast_synapses_set_mask(group, NULL), PLAST_E_STATE);
                assert_int_equal(plast_synapses_get_mask(group, &m), PLAST_E_STATE);
                assert_null(net_find_group(&net, l, groups[k]));
            }
        learn(&net, 0, SAMPLES);
        net_free(&net);
    }
}

/* Freezing a layer after the change is about the groups that it has now. */
static void freezing_after_a_change(void **state)
{
    const net_plan plan = plan_of("sgd");
    net net = net_make(&plan);
    double before[9 * 7], after[9 * 7];
    (void)state;
    net_scheme(&net, &all_schemes[1]);
    net_scheme(&net, &all_schemes[0]);
    net_freeze(&net, 1, 1);
    net_get_weights(&net, 1, before);
    learn(&net, 0, SAMPLES);
    net_get_weights(&net, 1, after);
    assert_same_bits((int64_t)9 * 7, after, before);
    net_free(&net);
}

/* ---- one layer's own values ---- */

static void layers_have_values_of_their_own(void **state)
{
    const net_plan plan = plan_of("sgd");
    net all = net_make(&plan), one = net_make(&plan);
    plast_feedback *fa = NULL;
    double value = 0.0, b[2][9 * 7];
    (void)state;
    net_ok(&one, plast_feedback_create(one.context, "fa", &fa));
    assert_int_equal(plast_network_set_feedback(one.network, 1, fa), PLAST_E_STATE); /* not in force yet */
    assert_string_equal(plast_network_feedback(one.network), "backprop");
    net_scheme(&all, &(const scheme_plan){ "fa", { { "gain", 1.0 } } });
    net_scheme(&one, &(const scheme_plan){ "fa", { { "gain", 1.0 } } });
    net_ok(&one, plast_feedback_set(fa, "gain", 3.0));
    net_ok(&one, plast_network_set_feedback(one.network, 0, fa));
    net_ok(&one, plast_network_get_feedback_parameter(one.network, 0, "gain", &value));
    assert_near(value, 3.0, 0.0);
    net_ok(&one, plast_network_get_feedback_parameter(one.network, 1, "gain", &value));
    assert_near(value, 1.0, 0.0);
    group_get(net_group(&all, 0, "feedback"), b[0]);
    group_get(net_group(&one, 0, "feedback"), b[1]);
    for (int i = 0; i < 9 * 7; i++)
        assert_near(b[1][i], 3.0 * b[0][i], 1e-15);
    group_get(net_group(&all, 1, "feedback"), b[0]);
    group_get(net_group(&one, 1, "feedback"), b[1]);
    assert_same_bits((int64_t)9 * OUTPUTS, b[1], b[0]);
    plast_feedback_destroy(fa);
    net_free(&all);
    net_free(&one);
}

/* A rate that is changed between calls is in force from then on, in that layer alone. */
static void parameters_change_between_calls(void **state)
{
    const net_plan plan = plan_of("sgd");
    net net = net_make(&plan);
    double value = 0.0, b[2][9 * 9];
    (void)state;
    net_scheme(&net, &(const scheme_plan){ "usf", { { "scale", 0.5 } } });
    learn(&net, 0, 5);
    net_ok(&net, plast_network_set_feedback_parameter(net.network, 1, "scale", 0.25));
    learn(&net, 5, 10);
    group_get(net_group(&net, 0, "feedback"), b[0]);
    group_get(net_group(&net, 1, "feedback"), b[1]);
    assert_near(fabs(b[0][0]), 0.5, 0.0);
    assert_near(fabs(b[1][0]), 0.25, 0.0);
    net_scheme_parameter(&net, "scale", 0.75);
    for (int32_t l = 0; l < 2; l++) {
        net_ok(&net, plast_network_get_feedback_parameter(net.network, l, "scale", &value));
        assert_near(value, 0.75, 0.0);
    }
    /* The decay of Kolen-Pollack: none, then one that empties nearly everything, then none. */
    net_scheme(&net, &(const scheme_plan){ "kolen_pollack", { { "decay", 0.0 } } });
    net_ok(&net, plast_network_set_feedback_parameter(net.network, 0, "decay", 0.5));
    group_get(net_group(&net, 0, "feedback"), b[0]);
    group_get(net_group(&net, 1, "feedback"), b[1]);
    const double then[2] = { length((int64_t)7 * 9, b[0]), length((int64_t)9 * OUTPUTS, b[1]) };
    learn(&net, 0, 15);
    group_get(net_group(&net, 0, "feedback"), b[0]);
    group_get(net_group(&net, 1, "feedback"), b[1]);
    assert_true(length((int64_t)7 * 9, b[0]) < 0.5 * then[0]);
    assert_true(length((int64_t)9 * OUTPUTS, b[1]) > 0.5 * then[1]);
    net_free(&net);
}

/* ---- states ---- */

static plast_state *new_state(const net *net)
{
    plast_state *state = NULL;
    net_ok(net, plast_state_create(net->context, net->network, NULL, &state));
    return state;
}

/* States made before stay good where the scheme adds no population; where it does, or takes some away or makes them of
 * another size, they are refused, and the network's own is made anew. */
static void states_and_populations(void **state)
{
    static const struct {
        scheme_plan from, to;
        int stays;
    } cases[] = {
        { { "backprop", { { NULL, 0.0 } } }, { "fa", { { NULL, 0.0 } } }, 1 },
        { { "fa", { { NULL, 0.0 } } }, { "kolen_pollack", { { "decay", 0.1 } } }, 1 },
        { { "frsf", { { NULL, 0.0 } } }, { "dfa", { { NULL, 0.0 } } }, 1 },
        { { "fa", { { NULL, 0.0 } } }, { "circuit", { { "decay", 0.1 } } }, 0 },
        { { "circuit", { { "decay", 0.1 } } }, { "fa", { { NULL, 0.0 } } }, 0 },
        { { "circuit", { { "decay", 0.1 }, { "units", 4 } } },
          { "circuit", { { "decay", 0.1 }, { "units", 40 } } },
          0 },
        { { "circuit", { { "decay", 0.1 }, { "units", 7 } } }, { "circuit", { { "decay", 0.1 }, { "units", 5 } } }, 0 },
        { { "circuit", { { "decay", 0.1 }, { "units", 6 } } }, { "circuit", { { "decay", 0.2 }, { "units", 6 } } }, 1 },
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const net_plan plan = plan_of("sgd");
        net net = net_make(&plan), fresh = net_make(&plan);
        net_scheme(&net, &cases[k].from);
        plast_state *old = new_state(&net);
        net_ok(&net, learn_with(&net, old));
        net_ok(&net, learn_with(&net, NULL));
        net_scheme(&net, &cases[k].to);
        net_ok(&net, plast_network_reset(net.network, plan.seed));
        net_scheme(&fresh, &cases[k].to);
        net_ok(&fresh, plast_network_reset(fresh.network, plan.seed));
        const plast_status status = learn_with(&net, old);
        assert_int_equal(status, cases[k].stays ? PLAST_OK : PLAST_E_STATE);
        if (!cases[k].stays) {
            const plast_mirror_options mirror = { PLAST_MIRROR_OPTIONS };
            assert_non_null(strstr(plast_context_error(net.context), "feedback scheme"));
            assert_int_not_equal(plast_network_mirror(net.network, old, &mirror), PLAST_OK);
            net_ok(&net, learn_with(&net, NULL));
        }
        net_ok(&fresh, learn_with(&fresh, NULL));
        assert_same_schemes(&net, &fresh);
        plast_state *made = new_state(&net);
        net_ok(&net, learn_with(&net, made));
        net_ok(&fresh, learn_with(&fresh, NULL));
        assert_same_schemes(&net, &fresh);
        plast_state_destroy(made);
        plast_state_destroy(old);
        net_free(&net);
        net_free(&fresh);
    }
}

/* ---- changes that fail ---- */

/* The network learned and prepared; everything that can be seen of it is as it was, and it goes on with the bits of one
 * that was never asked. */
static void check_untouched(net *asked, net *never)
{
    assert_string_equal(plast_network_feedback(asked->network), plast_network_feedback(never->network));
    assert_same_schemes(asked, never);
    learn(asked, 10, SAMPLES);
    learn(never, 10, SAMPLES);
    assert_same_schemes(asked, never);
}

/* From backprop, frsf, Kolen-Pollack and the circuit to every scheme. */
static void a_change_without_memory_changes_nothing(void **state)
{
    const scheme_plan *const old[] = { &all_schemes[0], &all_schemes[8], &all_schemes[10], &all_schemes[15] };
    (void)state;
    for (int from = 0; from < 4; from++)
        for (const scheme_plan *to = all_schemes; to->name != NULL; to++) {
            plast_status status = PLAST_E_NOMEM;
            for (int64_t i = 1; status == PLAST_E_NOMEM; i++) {
                fail_allocator memory;
                net_plan plan = plan_of("adam");
                net never = net_make(&plan);
                fail_allocator_init(&memory, 0);
                plan.allocator = &memory.table;
                net asked = net_make(&plan);
                plast_feedback *scheme = NULL;
                net_scheme(&asked, old[from]);
                net_scheme(&never, old[from]);
                learn(&asked, 0, 10);
                learn(&never, 0, 10);
                plast_synapses *held = net_find_group(&asked, 1, "feedback");
                net_ok(&asked, plast_feedback_create(asked.context, to->name, &scheme));
                for (const scheme_value *v = to->values; v->name != NULL; v++)
                    net_ok(&asked, plast_feedback_set(scheme, v->name, v->value));
                memory.fail_at = memory.calls + i;
                status = plast_network_set_feedback(asked.network, PLAST_HIDDEN_LAYERS, scheme);
                if (status == PLAST_E_NOMEM) {
                    plast_matrix view;
                    const int64_t calls = memory.calls;
                    if (held != NULL)
                        net_ok(&asked, plast_synapses_view(held, &view));
                    check_untouched(&asked, &never);
                    assert_int_equal(memory.calls, calls); /* still prepared */
                } else {
                    assert_int_equal(status, PLAST_OK);
                    assert_true(i > 3);
                }
                plast_feedback_destroy(scheme);
                net_free(&asked);
                net_free(&never);
                assert_int_equal(memory.live_blocks, 0);
                assert_null(memory.complaint);
            }
        }
}

/* Whatever else is refused, with what is said about it. */
static void a_refused_change_changes_nothing(void **state)
{
    static const struct {
        scheme_plan to;
        plast_status status;
        const char *word;
    } cases[] = {
        { { "circuit", { { "decay", 0.1 }, { "gate", 1.0 }, { "units", 9.0 } } }, PLAST_E_UNSUPPORTED, "units" },
        { { "circuit", { { "decay", 0.1 }, { "gate", 2.0 }, { "units", 3.0 } } }, PLAST_E_UNSUPPORTED, "gate 2" },
        { { "circuit", { { NULL, 0.0 } } }, PLAST_E_STATE, "decay" },
        { { "circuit", { { "decay", 0.1 }, { "gain_c", 1e308 } } }, PLAST_E_RANGE, "gain" },
        { { "kolen_pollack", { { "gain", 1.0 } } }, PLAST_E_STATE, "decay" },
        { { "weight_mirror", { { "rate", 1.0 }, { "decay", 0.1 } } }, PLAST_E_STATE, "noise" },
        { { "fa", { { "gain", -1.79e308 } } }, PLAST_E_RANGE, "gain" },
        { { "dfa", { { "gain", 1.7e308 } } }, PLAST_E_RANGE, "gain" },
    };
    (void)state;
    for (const scheme_plan *from = all_schemes; from->name != NULL; from++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            net_plan plan = plan_of("adam");
            plan.dtype = k == 7 || k == 3 ? PLAST_F32 : PLAST_F64;
            plan.gain = k == 6 ? 10.0 : 1.0;
            net asked = net_make(&plan), never = net_make(&plan);
            net_scheme(&asked, from);
            net_scheme(&never, from);
            learn(&asked, 0, 10);
            learn(&never, 0, 10);
            assert_int_equal(net_try_scheme(&asked, &cases[k].to), cases[k].status);
            assert_non_null(strstr(plast_context_error(asked.context), cases[k].word));
            check_untouched(&asked, &never);
            net_free(&asked);
            net_free(&never);
        }
}

/* The hop that brings signals to the inputs comes when memory for learning is there already. */
static void signals_of_the_inputs_come_later(void **state)
{
    (void)state;
    for (const scheme_plan *scheme = all_schemes; scheme->name != NULL; scheme++) {
        const net_plan plan = plan_of("adam");
        net late = net_make(&plan), early = net_make(&plan);
        net_scheme(&late, scheme);
        net_scheme(&early, scheme);
        net_ok(&late, plast_network_prepare(late.network, 4));
        const plast_status added = net_try_rule(&late, 0, "ehebb", RATE(0.01));
        assert_int_equal(added, strcmp(scheme->name, "circuit") == 0 ? PLAST_E_UNSUPPORTED : PLAST_OK);
        assert_int_equal(net_try_rule(&early, 0, "ehebb", RATE(0.01)), added);
        learn(&late, 0, SAMPLES);
        learn(&early, 0, SAMPLES);
        assert_same_nets(&late, &early);
        net_free(&late);
        net_free(&early);
    }
}

/* "backprop" is in force before anything was set. */
static void one_layer_may_keep_the_default(void **state)
{
    (void)state;
    const scheme_plan *backprop = &all_schemes[0];
    const net_plan plan = plan_of("sgd");
    net net = net_make(&plan);
    plast_feedback *feedback = NULL;
    net_ok(&net, plast_feedback_create(net.context, backprop->name, &feedback));
    net_ok(&net, plast_network_set_feedback(net.network, 0, feedback));
    plast_feedback_destroy(feedback);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(every_scheme_may_follow_every_other),
        quiet_test(moments_stay),
        quiet_test(handles_die_with_their_scheme),
        quiet_test(freezing_after_a_change),
        quiet_test(layers_have_values_of_their_own),
        quiet_test(one_layer_may_keep_the_default),
        quiet_test(parameters_change_between_calls),
        quiet_test(signals_of_the_inputs_come_later),
        quiet_test(states_and_populations),
        quiet_test(a_change_without_memory_changes_nothing),
        quiet_test(a_refused_change_changes_nothing),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
