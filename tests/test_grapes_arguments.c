/* SPDX-License-Identifier: MIT
 *
 * The rule "grapes" where it cannot be: places, values, schemes, sums beyond the type, no memory. */
#include "support/fail_allocator.h"
#include "support/grapes_world.h"
#include "support/quiet.h"
#include "support/rules.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void refused(net *net, plast_status status, plast_status expected, const char *word)
{
    assert_int_equal(status, expected);
    if (strstr(plast_context_error(net->context), word) == NULL)
        fail_msg("'%s' is not in '%s'", word, plast_context_error(net->context));
}

static void places_and_values_are_checked(void **state)
{
    (void)state;
    net net = made(PLAST_F64, "sgd", NULL), plain = made(PLAST_F64, "sgd", NULL);
    refused(&net, net_try_grapes(&net, PLAST_ALL_LAYERS, &LOCAL), PLAST_E_INVALID, "output");
    refused(&net, net_try_grapes(&net, LAYERS - 1, &LOCAL), PLAST_E_INVALID, "output");
    refused(&net, net_try_grapes(&net, 0, &(grapes_plan){ .local = 1, .per_synapse = 1 }), PLAST_E_UNSUPPORTED,
            "per_synapse");
    refused(&net, net_try_grapes(&net, 0, &(grapes_plan){ .outgoing = 1, .per_synapse = 1 }), PLAST_E_UNSUPPORTED,
            "per_synapse");
    refused(&net,
            net_try_grapes(&net, 0, &(grapes_plan){ .local = 1, .outgoing = 1, .per_synapse = 1, .refresh = 2.0 }),
            PLAST_E_UNSUPPORTED, "refresh");
    learn(&net, 0, SAMPLES, 1);
    learn(&plain, 0, SAMPLES, 1);
    assert_same_nets(&net, &plain);
    net_grapes(&net, PLAST_HIDDEN_LAYERS, &LOCAL);
    refused(&net, net_try_grapes(&net, 1, &LOCAL), PLAST_E_STATE, "already");
    refused(&net, plast_network_set_rule(net.network, PLAST_HIDDEN_LAYERS, "grapes", "per_synapse", 1.0),
            PLAST_E_UNSUPPORTED, "per_synapse");
    refused(&net, plast_network_set_rule(net.network, 0, "grapes", "control", 3.0), PLAST_E_RANGE, "control");
    refused(&net, plast_network_set_rule(net.network, 0, "grapes", "refresh", 0.0), PLAST_E_RANGE, "refresh");
    refused(&net, plast_network_set_rule(net.network, 0, "grapes", "local", 0.5), PLAST_E_RANGE, "whole");
    net_free(&net);
    net_free(&plain);
}

/* Where no signal comes down from the next layer's, nothing can propagate, whichever comes first. */
static void schemes_are_checked(void **state)
{
    static const char *const apart[] = { "dfa", "dfa_sign", "drtp", "circuit" };
    (void)state;
    for (int k = 0; k < 4; k++) {
        const scheme_plan scheme = { apart[k], { { k == 3 ? "decay" : "gain", 0.5 } } };
        double local = 0.0;
        net net = made(PLAST_F64, "sgd", &PROPAGATING), same = made(PLAST_F64, "sgd", &PROPAGATING);
        refused(&net, net_try_scheme(&net, &scheme), PLAST_E_UNSUPPORTED, apart[k]);
        assert_string_equal(plast_network_feedback(net.network), "backprop");
        learn(&net, 0, SAMPLES, 1);
        learn(&same, 0, SAMPLES, 1);
        assert_same_nets(&net, &same);
        net_ok(&net, plast_network_set_rule(net.network, PLAST_HIDDEN_LAYERS, "grapes", "local", 1.0));
        net_scheme(&net, &scheme);
        refused(&net, plast_network_set_rule(net.network, PLAST_HIDDEN_LAYERS, "grapes", "local", 0.0),
                PLAST_E_UNSUPPORTED, "local = 1");
        net_ok(&net, plast_network_get_rule(net.network, 0, "grapes", "local", &local));
        assert_true(local == 1.0);
        learn(&net, 0, SAMPLES, 1);
        net_free(&net);
        net_free(&same);
        struct net late = made(PLAST_F64, "sgd", NULL);
        net_scheme(&late, &scheme);
        refused(&late, net_try_grapes(&late, PLAST_HIDDEN_LAYERS, &PROPAGATING), PLAST_E_UNSUPPORTED, apart[k]);
        net_grapes(&late, PLAST_HIDDEN_LAYERS, &LOCAL);
        net_free(&late);
    }
}

/* Rows whose sum is beyond float32, while all that the sample needs of them is small. */
static void sums_beyond_the_type(void **state)
{
    enum { WIDE = 80 };
    double w[2 * WIDE], wide[2 * WIDE] = { 0.0 }, t[4] = { 0.5, 1.0, -0.5, 0.25 }, factor[2];
    const net_plan plan = { .dtype = PLAST_F32,
                            .inputs = WIDE,
                            .layers = 2,
                            .units = { 2, 2 },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .seed = 2,
                            .optimizer = "sgd",
                            .rate = 0.1 };
    (void)state;
    for (int i = 0; i < 2 * WIDE; i++)
        w[i] = i < WIDE ? 1e37 : 0.01;
    wide[0] = wide[WIDE] = 1e-38;
    for (int k = 0; k < 24; k++) {
        const int64_t batch = 1 + (k & 1);
        const grapes_plan grapes = { .local = k >> 1 & 1, .unclipped = k >> 2 & 1, .control = k >> 3 };
        const net_data data = { .n = batch, .x = wide, .targets = t, .batch = batch };
        net net = net_make(&plan), same = net_make(&plan);
        net_set_weights(&net, 0, w);
        net_set_weights(&same, 0, w);
        net_grapes(&net, 0, &grapes);
        assert_int_equal(net_try_learn(&net, &data, NULL), PLAST_E_NOT_FINITE);
        assert_same_nets(&net, &same);
        net_factor(&net, 0, factor);
        assert_true(factor[0] == 0.0 && factor[1] == 0.0);
        net_learn(&same, &data);
        net_free(&net);
        net_free(&same);
    }
}

/* ---- memory ---- */

/* Attached and prepared, or as before; then not one allocation. */
static void memory_may_run_out(void **state)
{
    int64_t fail = 0;
    int done = 0;
    (void)state;
    while (!done) {
        fail_allocator allocator;
        fail_allocator_init(&allocator, 0);
        net_plan plan = plan_of(PLAST_F32, "sgd", 0.05);
        plan.allocator = &allocator.table;
        net net = net_make(&plan);
        plast_rule *rule = NULL;
        allocator.fail_at = allocator.calls + ++fail;
        plast_status status = plast_rule_create(net.context, "grapes", &rule);
        if (status == PLAST_OK)
            status = plast_network_add_rule(net.network, PLAST_HIDDEN_LAYERS, rule);
        if (status == PLAST_OK)
            status = plast_network_prepare(net.network, 3);
        done = status == PLAST_OK;
        if (!done)
            assert_int_equal(status, PLAST_E_NOMEM);
        allocator.fail_at = 0;
        plast_rule_destroy(rule);
        if (!done)
            learn(&net, 0, 3, 3);
        const int64_t calls = allocator.calls;
        learn(&net, 0, SAMPLES, 1);
        learn(&net, 0, SAMPLES, 3);
        assert_true(allocator.calls == calls);
        net_free(&net);
        assert_int_equal(allocator.live_blocks, 0);
        assert_null(allocator.complaint);
    }
    assert_true(fail > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(places_and_values_are_checked),
        quiet_test(schemes_are_checked),
        quiet_test(sums_beyond_the_type),
        quiet_test(memory_may_run_out),
    };
    return grapes_built() ? cmocka_run_group_tests(tests, make_data, NULL) : 77; /* skipped */
}
