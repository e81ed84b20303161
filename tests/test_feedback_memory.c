/* SPDX-License-Identifier: MIT
 *
 * Memory of feedback schemes: prepared networks learn and mirror without allocating, by the host's allocator or by
 * malloc behind it; every allocation may fail and nothing but that call is lost; nothing leaks. */
#include "support/fail_allocator.h"
#include "support/malloc_count.h"
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

enum { SAMPLES = 100, INPUTS = 5, OUTPUTS = 3, LAYERS = 3 };

static double x[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];

static int fill_data(void **state)
{
    (void)state;
    fill_normal(61, SAMPLES * INPUTS, x);
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i % 7 == 3 ? -1 : i * 2 % OUTPUTS;
    return 0;
}

/* A network with memory of its own. */
typedef struct subject {
    fail_allocator memory;
    net net;
    const scheme_plan *scheme;
} subject;

static void make(subject *s, const scheme_plan *scheme, const char *optimizer, int32_t dtype)
{
    fail_allocator_init(&s->memory, 0);
    s->scheme = scheme;
    const net_plan plan = { .dtype = dtype,
                            .inputs = INPUTS,
                            .layers = LAYERS,
                            .units = { 7, 9, OUTPUTS },
                            .hidden = PLAST_TANH,
                            .output = PLAST_SOFTMAX,
                            .seed = 8,
                            .optimizer = optimizer,
                            .rate = 0.05,
                            .oja = 0.01,
                            .gha = 0.01,
                            .decay = 0.001,
                            .ruled = PLAST_HIDDEN_LAYERS,
                            .allocator = &s->memory.table };
    s->net = net_make(&plan);
    net_scheme(&s->net, scheme);
}

static void unmake(subject *s)
{
    net_free(&s->net);
    assert_int_equal(s->memory.live_blocks, 0);
    assert_int_equal(s->memory.live_bytes, 0);
    assert_null(s->memory.complaint);
}

static plast_status learn(subject *s, int64_t n, int64_t batch)
{
    const plast_matrix in = plast_matrix_f64(x, n, INPUTS), out = plast_labels_i32(labels, n);
    const plast_data data = { PLAST_DATA, .inputs = &in, .targets = &out, .batch = batch };
    return plast_network_learn(s->net.network, NULL, &data, NULL, NULL);
}

static plast_status learn_online(subject *s)
{
    return learn(s, 20, 1);
}

static plast_status learn_minibatches(subject *s)
{
    return learn(s, 20, 6);
}

/* More than a state has room for that nobody asked for. */
static plast_status learn_a_large_minibatch(subject *s)
{
    return learn(s, SAMPLES, SAMPLES);
}

static plast_status prepare(subject *s)
{
    return plast_network_prepare(s->net.network, 6);
}

static plast_status mirror(subject *s, int64_t batch)
{
    const plast_mirror_options options = { PLAST_MIRROR_OPTIONS, .updates = 3, .batch = batch };
    return strcmp(s->scheme->name, "weight_mirror") == 0 ? plast_network_mirror(s->net.network, NULL, &options)
                                                         : PLAST_OK;
}

static plast_status mirror_small(subject *s)
{
    return mirror(s, 6);
}

static plast_status mirror_large(subject *s)
{
    return mirror(s, 80);
}

static plast_status reset(subject *s)
{
    return plast_network_reset(s->net.network, 8);
}

static const char *const groups[] = { "input", "feedback", "magnitude", "descending", "teaching", "crossing" };
enum { GROUPS = sizeof groups / sizeof groups[0] };

/* Signs that differ from unit to unit, and bounds. */
static plast_status limit(plast_synapses *group)
{
    int32_t signs[16];
    for (int i = 0; i < 16; i++)
        signs[i] = i % 3 - 1;
    plast_matrix m = plast_labels_i32(signs, group_cols(group));
    const plast_status status = plast_synapses_set_bounds(group, -0.5, 0.75);
    return status == PLAST_OK ? plast_synapses_set_sign(group, &m) : status;
}

/* Into every group, the second layer's. Setting the same again changes nothing, so the step may be taken twice. */
static plast_status constrain(subject *s)
{
    plast_status status = PLAST_OK;
    for (int k = 0; status == PLAST_OK && k < GROUPS; k++) {
        plast_synapses *group = net_find_group(&s->net, 1, groups[k]);
        double entries[16 * 16];
        if (group == NULL || (strcmp(s->scheme->name, "kolen_pollack") == 0 && k > 0))
            continue;
        for (int i = 0; i < 16 * 16; i++)
            entries[i] = i % 4 != 0;
        const plast_matrix m = plast_matrix_f64(entries, group_rows(group), group_cols(group));
        status = plast_synapses_set_mask(group, &m);
        if (status == PLAST_OK)
            status = limit(group);
    }
    return status;
}

static plast_status set_again(subject *s)
{
    plast_feedback *feedback = NULL;
    plast_status status = plast_feedback_create(s->net.context, s->scheme->name, &feedback);
    if (status != PLAST_OK)
        return status;
    for (const scheme_value *v = s->scheme->values; v->name != NULL; v++)
        net_ok(&s->net, plast_feedback_set(feedback, v->name, v->value));
    status = plast_network_set_feedback(s->net.network, PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

/* ---- nothing is allocated ---- */

static int64_t allocations_of(subject *s, plast_status (*take)(subject *s))
{
    const int64_t ours = s->memory.calls, all = malloc_count();
    const plast_status status = take(s);
    const int64_t made = malloc_count() - all + s->memory.calls - ours;
    net_ok(&s->net, status);
    return made;
}

static void prepared_schemes_allocate_nothing(void **state)
{
    (void)state;
    for (const scheme_plan *plan = all_schemes; plan->name != NULL; plan++)
        for (int k = 0; k < 4; k++) {
            subject s;
            make(&s, plan, k & 1 ? "adam" : "sgd", k & 2 ? PLAST_F64 : PLAST_F32);
            for (int constrained = 0; constrained < 2; constrained++) {
                net_ok(&s.net, prepare(&s));
                assert_int_equal(allocations_of(&s, learn_online), 0);
                assert_int_equal(allocations_of(&s, learn_minibatches), 0);
                assert_int_equal(allocations_of(&s, mirror_small), 0);
                assert_int_equal(allocations_of(&s, learn_online), 0);
                net_ok(&s.net, constrain(&s));
            }
            assert_true(allocations_of(&s, set_again) > 0); /* the counters do count */
            unmake(&s);
        }
}

/* Products so large that OpenBLAS takes another way than for small ones. */
static void large_products_allocate_nothing(void **state)
{
    enum { WIDE = 300, BATCH = 64 };
    static double wide[BATCH * WIDE];
    (void)state;
    fill_normal(1, BATCH * WIDE, wide);
    for (const scheme_plan *plan = all_schemes; plan->name != NULL; plan++) {
        fail_allocator memory;
        fail_allocator_init(&memory, 0);
        const net_plan big = { .inputs = WIDE,
                               .layers = 3,
                               .units = { WIDE, WIDE, WIDE },
                               .hidden = PLAST_TANH,
                               .output = PLAST_LINEAR,
                               .seed = 1,
                               .optimizer = "adam",
                               .rate = 1e-4,
                               .allocator = &memory.table };
        const plast_mirror_options options = { PLAST_MIRROR_OPTIONS, .batch = BATCH };
        const plast_matrix in = plast_matrix_f64(wide, BATCH, WIDE);
        const plast_data data = { PLAST_DATA, .inputs = &in, .targets = &in, .batch = BATCH };
        net net = net_make(&big);
        net_scheme(&net, plan);
        net_ok(&net, plast_network_prepare(net.network, BATCH));
        const int64_t ours = memory.calls, all = malloc_count();
        const plast_status learned = plast_network_learn(net.network, NULL, &data, NULL, NULL);
        const plast_status mirrored =
            strcmp(plan->name, "weight_mirror") == 0 ? plast_network_mirror(net.network, NULL, &options) : PLAST_OK;
        assert_int_equal(malloc_count(), all);
        assert_int_equal(memory.calls, ours);
        net_ok(&net, learned);
        net_ok(&net, mirrored);
        net_free(&net);
        assert_int_equal(memory.live_blocks, 0);
    }
}

/* ---- every allocation may fail ---- */

static const struct {
    const char *name;
    plast_status (*take)(subject *s);
} life[] = {
    { "learn", learn_online },
    { "learn minibatches", learn_minibatches },
    { "constrain", constrain },
    { "mirror", mirror_large },
    { "set again", set_again },
    { "prepare", prepare },
    { "learn again", learn_minibatches },
    { "large minibatch", learn_a_large_minibatch },
    { "reset", reset },
    { "constrain again", constrain },
    { "learn at last", learn_online },
};
enum { STEPS = sizeof life / sizeof life[0] };

static double *everything(const net *net, int64_t *size)
{
    int64_t n = 0;
    double *weights = net_all(net), *feedbacks = net_feedbacks(net, &n), *all = new_array(net_size(net) + n);
    *size = net_size(net) + n;
    memcpy(all, weights, (size_t)net_size(net) * sizeof *all);
    memcpy(all + net_size(net), feedbacks, (size_t)n * sizeof *all);
    free(weights);
    free(feedbacks);
    return all;
}

/* Allocation `fail_at`, counted from when the scheme is there, fails; the step is then taken again. The steps of which
 * only a part may have been done, constraints of several groups, are let off the comparison in between. */
static int live(const scheme_plan *plan, int64_t fail_at, const subject *expected)
{
    subject s;
    int failures = 0;
    make(&s, plan, "adam", PLAST_F64);
    s.memory.fail_at = fail_at == 0 ? 0 : s.memory.calls + fail_at;
    for (int k = 0; k < STEPS; k++) {
        int64_t n = 0;
        double *before = everything(&s.net, &n);
        plast_status status = life[k].take(&s);
        if (status == PLAST_E_NOMEM) {
            assert_non_null(strstr(plast_context_error(s.net.context), "no memory for "));
            double *after = everything(&s.net, &n);
            if (life[k].take != constrain)
                assert_same_bits(n, after, before);
            free(after);
            failures++;
            status = life[k].take(&s);
        }
        if (status != PLAST_OK)
            fail_msg("%s: '%s' gives %d (allocation %d fails)", plan->name, life[k].name, status, (int)fail_at);
        free(before);
    }
    if (expected != NULL)
        assert_same_schemes(&s.net, &expected->net);
    unmake(&s);
    return failures;
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for (const scheme_plan *plan = all_schemes; plan->name != NULL; plan++) {
        subject expected;
        int64_t i = 1;
        make(&expected, plan, "adam", PLAST_F64);
        for (int k = 0; k < STEPS; k++)
            net_ok(&expected.net, life[k].take(&expected));
        while (live(plan, i, &expected))
            i++;
        assert_true(i > 2 * STEPS);
        unmake(&expected);
    }
}

/* A life that ends at the failure leaks nothing either. */
static void giving_up_leaks_nothing(void **state)
{
    (void)state;
    for (const scheme_plan *plan = all_schemes; plan->name != NULL; plan++) {
        int failed = 1;
        for (int64_t i = 1; failed; i++) {
            subject s;
            make(&s, plan, "adam", PLAST_F32);
            s.memory.fail_at = s.memory.calls + i;
            failed = 0;
            for (int k = 0; k < STEPS && !failed; k++)
                failed = life[k].take(&s) == PLAST_E_NOMEM;
            unmake(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(large_products_allocate_nothing), /* first: OpenBLAS has not been warmed up yet */
        quiet_test(prepared_schemes_allocate_nothing),
        quiet_test(any_allocation_may_fail),
        quiet_test(giving_up_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
