/* SPDX-License-Identifier: MIT
 *
 * Real-time recurrent learning has the gradient of backpropagation through time, by another way: forward in time. */
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

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 7, SEQUENCES = 3, ROWS = STEPS * SEQUENCES, N = 5, MOST = 1000 };
enum { ALL_STEPS, LAST_STEP, SOME_STEPS, LOSSES };

static double x[ROWS * INPUTS], targets[ROWS * OUTPUTS], masks[LOSSES][ROWS];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    for (int i = 0; i < ROWS; i++) {
        masks[ALL_STEPS][i] = 1.0;
        masks[LAST_STEP][i] = i / SEQUENCES == STEPS - 1;
        masks[SOME_STEPS][i] = i % 4 != 1;
    }
    return 0;
}

static const stack_data sequences = { STEPS, SEQUENCES, x, targets, NULL, 0, 0 };

#define READOUT                                                                                                        \
    {                                                                                                                  \
        "dense",                                                                                                       \
        {                                                                                                              \
            .units = OUTPUTS, .activation = PLAST_TANH                                                                 \
        }                                                                                                              \
    }
#define FORM(f, a)                                                                                                     \
    {                                                                                                                  \
        "recurrent",                                                                                                   \
        {                                                                                                              \
            .units = N, .activation = PLAST_TANH, .form = (f), .alpha = (a), .learn_initial = 1                        \
        }                                                                                                              \
    }

static const stack_plan tall = {
    .dtype = PLAST_F64,
    .inputs = INPUTS,
    .layers = 6,
    .layer = { { "dense", { .units = 4, .activation = PLAST_SOFTPLUS, .activation_param = 1.0 } },
               FORM(PLAST_FORM_CURRENT, 0.7),
               { "gru", { .units = 3, .no_self = 1, .learn_initial = 1 } },
               { "recurrent", { .units = 4, .activation = PLAST_TANH, .form = PLAST_FORM_INSIDE, .alpha = 0.4 } },
               { "dense", { .units = 6, .activation = PLAST_TANH, .no_bias = 1 } },
               READOUT },
};

/* One hidden layer. */
static stack_plan with(stack_layer layer)
{
    const stack_layer readout = READOUT;
    stack_plan plan = { .dtype = PLAST_F64, .inputs = INPUTS, .layers = 2 };
    plan.layer[0] = layer;
    plan.layer[1] = readout;
    return plan;
}

static void compare(stack *s, const stack_data *data)
{
    double exact[MOST], forward[MOST];
    const int64_t n = stack_size(s);
    assert_true(n <= MOST);
    stack_temporal(s, "bptt", NULL, 0.0);
    stack_gradient(s, NULL, data, exact);
    stack_temporal(s, "rtrl", NULL, 0.0);
    assert_string_equal(plast_network_temporal(s->network), "rtrl");
    stack_gradient(s, NULL, data, forward);
    assert_close(n, forward, exact, 1e-10);
    stack_temporal(s, "eprop", NULL, 0.0); /* and it is not what others give */
    stack_gradient(s, NULL, data, forward);
    assert_true(difference(n, forward, exact) > 1e-4);
}

static void it_is_bptt_for_every_kind(void **state)
{
    const stack_layer layers[] = {
        FORM(PLAST_FORM_VOLTAGE, 0.3),
        FORM(PLAST_FORM_INSIDE, 0.3),
        FORM(PLAST_FORM_RATE, 0.3),
        FORM(PLAST_FORM_CURRENT, 0.3),
        FORM(PLAST_FORM_VOLTAGE, 1.0),
        FORM(PLAST_FORM_CURRENT, 1.0),
        { "gru", { .units = N, .learn_initial = 1 } },
        { "gru", { .units = N, .no_bias = 1, .no_self = 1 } },
        { "recurrent",
          { .units = N, .activation = PLAST_SIGMOID, .form = PLAST_FORM_RATE, .no_bias = 1, .no_self = 1 } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        const stack_plan plan = with(layers[i]);
        stack s = stack_make(&plan);
        compare(&s, &sequences);
        stack_free(&s);
    }
}

static void it_is_bptt_through_a_stack(void **state)
{
    (void)state;
    for (int loss = 0; loss < LOSSES; loss++) {
        stack_data data = sequences;
        stack s = stack_make(&tall);
        data.mask = masks[loss];
        compare(&s, &data);
        data.sequences = 1; /* the same rows as one long sequence: other ways through the products */
        data.steps = ROWS;
        compare(&s, &data);
        stack_free(&s);
    }
}

static void masked_synapses_stay_so(void **state)
{
    double entries[N * N], exact[MOST], forward[MOST];
    const stack_plan plan = with((stack_layer)FORM(PLAST_FORM_RATE, 0.5));
    const plast_matrix mask = stack_matrix(entries, N, N);
    (void)state;
    for (int i = 0; i < N * N; i++)
        entries[i] = i % 3 != 0;
    stack s = stack_make(&plan);
    stack_ok(&s, plast_synapses_set_mask(stack_group(&s, 0, "recurrent"), &mask));
    compare(&s, &sequences);
    stack_temporal(&s, "bptt", NULL, 0.0);
    stack_ok(&s, plast_network_set_optimizer_parameter(s.network, "clip_norm", 1e-3));
    stack_gradient(&s, NULL, &sequences, exact);
    stack_temporal(&s, "rtrl", NULL, 0.0);
    stack_gradient(&s, NULL, &sequences, forward);
    assert_close(stack_size(&s), forward, exact, 1e-10); /* masked weights are not in the norm */
    stack_free(&s);
}

/* Moments, and the length by which a gradient is cut, are those of the same gradient. */
static void it_goes_through_every_optimizer(void **state)
{
    static const char *const optimizers[] = { "sgd", "momentum", "adam" };
    (void)state;
    for (int k = 0; k < 3; k++) {
        double all[2][MOST];
        for (int rtrl = 0; rtrl < 2; rtrl++) {
            stack s = stack_make(&tall);
            plast_optimizer *optimizer = NULL;
            stack_temporal(&s, rtrl ? "rtrl" : "bptt", NULL, 0.0);
            stack_ok(&s, plast_optimizer_create(s.context, optimizers[k], &optimizer));
            stack_ok(&s, plast_optimizer_set(optimizer, "rate", 0.02));
            stack_ok(&s, plast_optimizer_set(optimizer, "clip_norm", 0.1));
            stack_ok(&s, plast_network_set_optimizer(s.network, optimizer));
            plast_optimizer_destroy(optimizer);
            const plast_matrix inputs = stack_matrix(x, ROWS, INPUTS), wanted = stack_matrix(targets, ROWS, OUTPUTS);
            const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &wanted, .steps = STEPS };
            for (int epoch = 0; epoch < 3; epoch++)
                stack_ok(&s, plast_network_learn(s.network, NULL, &data, NULL, NULL));
            stack_get(&s, all[rtrl]);
            if (rtrl)
                assert_close(stack_size(&s), all[1], all[0], 1e-8); /* Adam divides by small gradients */
            stack_free(&s);
        }
    }
}

/* Windows of a stream, weights held: their gradients sum to that of the whole sequence. */
static void online_it_sums_to_the_whole(void **state)
{
    double whole[MOST], window[MOST];
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES, .steps = STEPS };
    (void)state;
    for (int every = 1; every < STEPS; every++) {
        double sum[MOST] = { 0 };
        plast_state *stream = NULL, *fork = NULL;
        stack s = stack_make(&tall);
        stack_gradient(&s, NULL, &sequences, whole);
        stack_temporal(&s, "rtrl", NULL, 0.0);
        stack_ok(&s, plast_state_create(s.context, s.network, &options, &stream));
        stack_ok(&s, plast_state_create(s.context, s.network, &options, &fork));
        for (int t = 0; t < STEPS; t += every) {
            const int steps = STEPS - t < every ? STEPS - t : every;
            const stack_data part = {
                steps, SEQUENCES, &x[t * SEQUENCES * INPUTS], &targets[t * SEQUENCES * OUTPUTS], NULL, 1, 0
            };
            plast_state *const other = fork;
            stack_gradient(&s, stream, &part, window);
            for (int64_t i = 0; i < stack_size(&s); i++)
                sum[i] += window[i] * steps / STEPS;
            stack_ok(&s, plast_state_copy(fork, stream)); /* the fork goes on in its place */
            fork = stream;
            stream = other;
        }
        assert_close(stack_size(&s), sum, whole, 1e-10);
        plast_state_destroy(stream);
        plast_state_destroy(fork);
        stack_free(&s);
    }
}

/* The same by one call that learns very slowly, the loss being in its last window; a second one starts anew. */
static void updates_within_a_sequence_sum_to_the_whole(void **state)
{
    double whole[MOST], learned[MOST], before[MOST];
    const double rate = 1e-6;
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .update_every = 2 };
    (void)state;
    stack s = stack_make(&tall);
    stack_get(&s, before);
    const plast_matrix inputs = stack_matrix(x, ROWS, INPUTS), wanted = stack_matrix(targets, ROWS, OUTPUTS);
    const plast_matrix last_step = stack_matrix(masks[LAST_STEP], ROWS, 1);
    const plast_data data = { PLAST_DATA,         .inputs = &inputs, .targets = &wanted, .loss_mask = &last_step,
                              .batch = SEQUENCES, .steps = STEPS };
    const stack_data same = { STEPS, SEQUENCES, x, targets, masks[LAST_STEP], 0, 0 };
    stack_gradient(&s, NULL, &same, whole);
    stack_temporal(&s, "rtrl", NULL, 0.0);
    stack_ok(&s, plast_network_set_optimizer_parameter(s.network, "rate", rate));
    for (int twice = 0; twice < 2; twice++) {
        stack_set(&s, before);
        stack_ok(&s, plast_network_learn(s.network, NULL, &data, &options, NULL));
        stack_get(&s, learned);
        for (int64_t i = 0; i < stack_size(&s); i++)
            learned[i] = (before[i] - learned[i]) / rate;
        assert_close(stack_size(&s), learned, whole, 1e-8); /* rounding of 1e-16 / 1e-6 */
    }
    stack_free(&s);
}

static void single_precision_agrees(void **state)
{
    double wide[MOST], narrow[MOST], all[MOST];
    stack_plan plan = tall;
    (void)state;
    plan.dtype = PLAST_F32;
    stack s = stack_make(&tall), f = stack_make(&plan);
    stack_get(&f, all);
    stack_set(&s, all);
    stack_temporal(&s, "rtrl", NULL, 0.0);
    stack_temporal(&f, "rtrl", NULL, 0.0);
    stack_gradient(&s, NULL, &sequences, wide);
    stack_gradient(&f, NULL, &sequences, narrow);
    assert_close(stack_size(&s), narrow, wide, 2e-6); /* weights of order 1 differ by their gradient: 1e-7 / 0.1 */
    stack_free(&s);
    stack_free(&f);
}

/* Schemes that take turns leave nothing behind. */
static void schemes_take_turns(void **state)
{
    static const char *const order[] = { "bptt", "rtrl", "bptt", "eprop", "rtrl", "eprop", "rtrl" };
    double first[3][MOST], again[MOST];
    int seen[3] = { 0 };
    (void)state;
    stack s = stack_make(&tall);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const int which = order[i][0] == 'b' ? 0 : order[i][0] == 'r' ? 1 : 2;
        stack_temporal(&s, order[i], NULL, 0.0);
        stack_gradient(&s, NULL, &sequences, seen[which] ? again : first[which]);
        if (seen[which]++)
            assert_same_bits(stack_size(&s), again, first[which]);
    }
    stack_free(&s);
}

/* A state that the caller sets has no sensitivities: the first step is like one from an initial state that is no
 * parameter. */
static void a_state_that_is_set_depends_on_nothing(void **state)
{
    double window[MOST], exact[MOST], carried[SEQUENCES * N];
    const stack_plan plan = with((stack_layer)FORM(PLAST_FORM_RATE, 0.5));
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES, .steps = STEPS };
    const plast_matrix start = stack_matrix(carried, SEQUENCES, N);
    stack_data data = sequences;
    plast_state *stream = NULL;
    (void)state;
    fill_uniform(9, SEQUENCES * N, carried);
    data.carry = 1;
    stack s = stack_make(&plan);
    stack_ok(&s, plast_state_create(s.context, s.network, &options, &stream));
    for (int rtrl = 0; rtrl < 2; rtrl++) {
        stack_temporal(&s, rtrl ? "rtrl" : "bptt", NULL, 0.0);
        stack_gradient(&s, stream, &data, window); /* sensitivities of an earlier stream */
        stack_ok(&s, plast_state_set(stream, 0, &start));
        stack_gradient(&s, stream, &data, rtrl ? window : exact);
    }
    assert_close(stack_size(&s), window, exact, 1e-10);
    plast_state_destroy(stream);
    stack_free(&s);
}

/* Frozen layers keep what they have, and the others learn as they did. */
static void frozen_layers_stand_still(void **state)
{
    double exact[MOST], forward[MOST];
    plast_layer *layer = NULL;
    (void)state;
    for (int frozen = 0; frozen < tall.layers - 1; frozen++) {
        stack s = stack_make(&tall);
        stack_ok(&s, plast_network_layer(s.network, frozen, &layer));
        stack_ok(&s, plast_layer_set_frozen(layer, 1));
        stack_gradient(&s, NULL, &sequences, exact);
        stack_temporal(&s, "rtrl", NULL, 0.0);
        stack_gradient(&s, NULL, &sequences, forward);
        assert_close(stack_size(&s), forward, exact, 1e-10);
        stack_free(&s);
    }
}

/* There is nothing to carry, and no size to refuse. */
static void without_a_state_it_is_backpropagation(void **state)
{
    const stack_plan plan = with((stack_layer){ "dense", { .units = 200, .activation = PLAST_TANH } });
    double exact[2000], forward[2000];
    (void)state;
    stack s = stack_make(&plan);
    stack_gradient(&s, NULL, &sequences, exact);
    stack_temporal(&s, "rtrl", NULL, 0.0);
    stack_gradient(&s, NULL, &sequences, forward);
    assert_same_bits(stack_size(&s), forward, exact);
    stack_free(&s);
}

static plast_status set_rtrl(stack *s)
{
    plast_temporal *rtrl = NULL;
    stack_ok(s, plast_temporal_create(s->context, "rtrl", &rtrl));
    const plast_status status = plast_network_set_temporal(s->network, rtrl);
    plast_temporal_destroy(rtrl);
    return status;
}

static plast_status set_feedback(stack *s, const char *name)
{
    plast_feedback *feedback = NULL;
    stack_ok(s, plast_feedback_create(s->context, name, &feedback));
    const plast_status status = plast_network_set_feedback(s->network, PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

static void other_feedback_is_refused(void **state)
{
    const stack_plan plan = with((stack_layer)FORM(PLAST_FORM_RATE, 0.5));
    (void)state;
    stack s = stack_make(&plan);
    stack_ok(&s, set_feedback(&s, "fa"));
    assert_int_equal(set_rtrl(&s), PLAST_E_UNSUPPORTED);
    assert_non_null(strstr(plast_context_error(s.context), "\"fa\""));
    assert_string_equal(plast_network_temporal(s.network), "bptt");
    stack_ok(&s, set_feedback(&s, "backprop"));
    stack_ok(&s, set_rtrl(&s));
    assert_int_equal(set_feedback(&s, "dfa"), PLAST_E_UNSUPPORTED);
    assert_non_null(strstr(plast_context_error(s.context), "\"rtrl\""));
    assert_string_equal(plast_network_feedback(s.network), "backprop");
    compare(&s, &sequences);
    stack_free(&s);
}

/* 2^21 units times parameters: 126 units of one input without bias are just below (126 * 126 * 127 = 2 016 252), 128
 * above. */
static void a_large_network_is_refused(void **state)
{
    double before[128 * 132], after[128 * 132];
    (void)state;
    for (int64_t units = 126; units <= 128; units += 2) {
        const stack_plan plan = { .dtype = PLAST_F64,
                                  .inputs = 1,
                                  .layers = 2,
                                  .layer = {
                                      { "recurrent", { .units = units, .activation = PLAST_TANH, .no_bias = 1 } },
                                      { "dense", { .units = 1 } } } };
        const double wanted = 0.5;
        const plast_matrix in = stack_matrix(x, 1, 1), out = stack_matrix(&wanted, 1, 1);
        const plast_data data = { PLAST_DATA, .inputs = &in, .targets = &out };
        stack s = stack_make(&plan);
        stack_ok(&s, set_rtrl(&s));
        stack_get(&s, before);
        const plast_status status = plast_network_learn(s.network, NULL, &data, NULL, NULL);
        if (status != PLAST_OK)
            assert_non_null(strstr(plast_context_error(s.context), "128 units times 16512 parameters"));
        stack_get(&s, after);
        assert_int_equal(status, units == 126 ? PLAST_OK : PLAST_E_UNSUPPORTED);
        assert_int_equal(difference(stack_size(&s), after, before) == 0.0, units == 128);
        stack_free(&s);
    }
}

/* From the second on every piece carries on. */
static plast_status learn_twice(plast_network *network)
{
    const plast_matrix inputs = stack_matrix(x, ROWS, INPUTS), wanted = stack_matrix(targets, ROWS, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &wanted, .steps = STEPS, .carry = 1 };
    plast_status status = PLAST_OK;
    for (int i = 0; status == PLAST_OK && i < 2; i++)
        status = plast_network_learn(network, NULL, &data, NULL, NULL);
    return status;
}

static plast_status live(plast_context *context, plast_network **network)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS };
    const plast_layer_options dense = { PLAST_LAYER_OPTIONS, .units = 4 };
    const plast_layer_options gru = { PLAST_LAYER_OPTIONS, .units = N, .learn_initial = 1 };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = OUTPUTS };
    plast_temporal *rtrl = NULL;
    plast_optimizer *adam = NULL;
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "dense", &dense, NULL);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "gru", &gru, NULL);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "dense", &readout, NULL);
    if (status == PLAST_OK)
        status = plast_temporal_create(context, "rtrl", &rtrl);
    if (status == PLAST_OK)
        status = plast_network_set_temporal(*network, rtrl);
    if (status == PLAST_OK)
        status = plast_optimizer_create(context, "adam", &adam);
    if (status == PLAST_OK)
        status = plast_optimizer_set(adam, "rate", 0.01);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(*network, adam);
    if (status == PLAST_OK)
        status = learn_twice(*network);
    plast_temporal_destroy(rtrl);
    plast_optimizer_destroy(adam);
    return status;
}

static void any_allocation_may_fail(void **state)
{
    plast_status status = PLAST_E_NOMEM;
    (void)state;
    for (int64_t i = 1; status == PLAST_E_NOMEM; i++) {
        fail_allocator allocator;
        plast_context *context = NULL;
        plast_network *network = NULL;
        fail_allocator_init(&allocator, i);
        const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &allocator.table };
        status = plast_context_create(&options, &context);
        if (status == PLAST_OK)
            status = live(context, &network);
        assert_true(status == PLAST_OK || status == PLAST_E_NOMEM);
        assert_true(status == PLAST_E_NOMEM || i > 50);
        if (status == PLAST_E_NOMEM && network != NULL && plast_network_layers(network) == 3 &&
            strcmp(plast_network_temporal(network), "rtrl") == 0) { /* a failure is not for ever */
            const plast_status again = learn_twice(network);
            assert_true(again == PLAST_OK || again == PLAST_E_STATE); /* no optimizer yet */
        }
        if (status == PLAST_OK) { /* what is there suffices from now on */
            const int64_t calls = allocator.calls;
            assert_int_equal(learn_twice(network), PLAST_OK);
            assert_int_equal(allocator.calls, calls);
        }
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
        quiet_test(it_is_bptt_for_every_kind),
        quiet_test(it_is_bptt_through_a_stack),
        quiet_test(masked_synapses_stay_so),
        quiet_test(it_goes_through_every_optimizer),
        quiet_test(online_it_sums_to_the_whole),
        quiet_test(updates_within_a_sequence_sum_to_the_whole),
        quiet_test(single_precision_agrees),
        quiet_test(schemes_take_turns),
        quiet_test(a_state_that_is_set_depends_on_nothing),
        quiet_test(frozen_layers_stand_still),
        quiet_test(without_a_state_it_is_backpropagation),
        quiet_test(other_feedback_is_refused),
        quiet_test(a_large_network_is_refused),
        quiet_test(any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
