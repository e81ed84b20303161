/* SPDX-License-Identifier: MIT
 *
 * Exponents of networks and their arguments: bad ones are refused with a reason, states may diverge, memory may run
 * out, and nothing is allocated while an estimate runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/quiet.h"
#include "support/stack.h"
#include "support/systems.h"

enum { INPUTS = 2 };

static fail_allocator memory;

/* A recurrent layer of `n` linear units, a gru if asked for, and a readout. */
static stack make(int64_t n, int32_t dtype, int gru)
{
    stack_plan plan = { .dtype = dtype, .inputs = INPUTS, .layers = 2 + gru, .allocator = &memory.table };
    plan.layer[0] = (stack_layer){ "recurrent", { .units = n, .form = PLAST_FORM_CURRENT } };
    plan.layer[1] = (stack_layer){ "gru", { .units = 3 } };
    plan.layer[1 + gru] = (stack_layer){ "dense", { .units = 2 } };
    fail_allocator_init(&memory, 0);
    return stack_make(&plan);
}

static void end(stack *s)
{
    stack_free(s);
    assert_int_equal(memory.live_blocks, 0);
    assert_null(memory.complaint);
}

static plast_lyapunov *estimator(const stack *s, const plast_lyapunov_options *options)
{
    plast_lyapunov *l = NULL;
    stack_ok(s, plast_lyapunov_create_network(s->context, s->network, options, &l));
    return l;
}

static void says(const stack *s, const char *word)
{
    if (strstr(plast_context_error(s->context), word) == NULL)
        fail_msg("'%s' does not say '%s'", plast_context_error(s->context), word);
}

static void refuse(const stack *s, plast_network *network, const plast_lyapunov_options *options, plast_status expected,
                   const char *word)
{
    plast_lyapunov *made = NULL;
    const int64_t blocks = memory.live_blocks;
    assert_int_equal(plast_lyapunov_create_network(s->context, network, options, &made), expected);
    assert_null(made);
    assert_int_equal(memory.live_blocks, blocks);
    says(s, word);
}

static void refuse_run(const stack *s, plast_lyapunov *l, plast_state *state, const plast_matrix *inputs, int64_t steps,
                       plast_status expected, const char *word)
{
    assert_int_equal(plast_lyapunov_run_network(l, state, inputs, steps), expected);
    says(s, word);
}

static void bad_networks_and_options_are_refused(void **state)
{
    const plast_network_options dense = { PLAST_NETWORK_OPTIONS, .inputs = 2 };
    const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 2 };
    const plast_lyapunov_options many = { PLAST_LYAPUNOV_OPTIONS, .exponents = 8 },
                                 negative = { PLAST_LYAPUNOV_OPTIONS, .exponents = -1 },
                                 fewer = { PLAST_LYAPUNOV_OPTIONS, .trajectories = -1 },
                                 huge = { PLAST_LYAPUNOV_OPTIONS, .trajectories = INT32_MAX },
                                 sum = { PLAST_LYAPUNOV_OPTIONS, .exponents = 1, .sum_rule = 1 };
    plast_network *other = NULL;
    (void)state;
    stack s = make(4, PLAST_F64, 1);
    stack_ok(&s, plast_network_create(s.context, &dense, &other));
    refuse(&s, other, NULL, PLAST_E_STATE, "no layer of the network has a state");
    stack_ok(&s, plast_network_add(other, "dense", &layer, NULL));
    refuse(&s, other, NULL, PLAST_E_STATE, "no layer of the network has a state");
    stack_ok(&s, plast_network_add(other, "gru", &layer, NULL));
    refuse(&s, other, NULL, PLAST_E_UNSUPPORTED, "layer 1 has a state and is the output");
    refuse(&s, NULL, NULL, PLAST_E_INVALID, "network is NULL");
    refuse(&s, s.network, &many, PLAST_E_RANGE, "exponents is 8, but the state has only 7 numbers");
    refuse(&s, s.network, &negative, PLAST_E_RANGE, "exponents is -1");
    refuse(&s, s.network, &fewer, PLAST_E_RANGE, "trajectories is -1");
    refuse(&s, s.network, &sum, PLAST_E_UNSUPPORTED, "sum_rule needs all 7 exponents");
    plast_lyapunov *made = NULL;
    assert_true(plast_lyapunov_create_network(s.context, s.network, &huge, &made) < 0 && made == NULL);
    assert_int_equal(plast_lyapunov_create_network(s.context, s.network, NULL, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_create_network(NULL, s.network, NULL, &made), PLAST_E_INVALID);
    plast_network_destroy(other);
    end(&s);
}

static void bad_runs_are_refused(void **state)
{
    static double x[6 * (INPUTS + 1)];
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .trajectories = 2 };
    const plast_state_options three = { PLAST_STATE_OPTIONS, .batch = 3 }, one = { PLAST_STATE_OPTIONS, .batch = 1 };
    const plast_matrix good = stack_matrix(x, 6, INPUTS), wide = stack_matrix(x, 6, INPUTS + 1),
                       row = stack_matrix(x, 1, INPUTS);
    const plast_system henon = henon_map();
    double answers[3 * 2], point[2] = { 0.1, 0.1 };
    const plast_matrix out = stack_matrix(answers, 1, 2);
    plast_state *big = NULL, *small = NULL, *foreign = NULL;
    plast_lyapunov *host = NULL;
    (void)state;
    stack s = make(4, PLAST_F64, 1);
    stack_plan plan = s.plan;
    stack t = stack_make(&plan);
    plast_lyapunov *l = estimator(&s, &options);
    stack_ok(&s, plast_state_create(s.context, s.network, &three, &big));
    stack_ok(&s, plast_state_create(s.context, s.network, &one, &small));
    stack_ok(&t, plast_state_create(t.context, t.network, &three, &foreign));
    refuse_run(&s, l, NULL, &good, 2, PLAST_E_INVALID, "inputs has 6 rows, expected 4: 2 steps of 2 trajectories");
    refuse_run(&s, l, NULL, &good, 4, PLAST_E_INVALID, "inputs has 6 rows, expected 8: 4 steps of 2 trajectories");
    refuse_run(&s, l, NULL, &wide, 3, PLAST_E_INVALID, "inputs");
    refuse_run(&s, l, NULL, &good, -1, PLAST_E_RANGE, "steps is -1");
    refuse_run(&s, l, NULL, &good, INT64_MAX, PLAST_E_RANGE, "steps is");
    x[4 * INPUTS] = NAN;
    refuse_run(&s, l, NULL, &good, 3, PLAST_E_NOT_FINITE, "row 4 of inputs is not finite");
    x[4 * INPUTS] = 0.0;
    refuse_run(&s, l, foreign, &good, 3, PLAST_E_INVALID, "the state belongs to another network");
    refuse_run(&s, l, small, &good, 3, PLAST_E_INVALID, "the state has room for 1 sequences, trajectories is 2");
    stack_ok(&s, plast_network_step(s.network, big, &row, &out));
    refuse_run(&s, l, big, &good, 3, PLAST_E_INVALID, "the state carries 1 sequences, trajectories is 2");
    assert_int_equal(plast_state_sequences(big), 1);
    stack_ok(&s, plast_state_reset(big));
    stack_ok(&s, plast_lyapunov_run_network(l, big, &good, 3));
    assert_int_equal(plast_state_sequences(big), 2);
    assert_int_equal(plast_lyapunov_run_network(NULL, big, &good, 3), PLAST_E_INVALID);
    /* each kind of estimate has its run */
    assert_int_equal(plast_lyapunov_run(l, point, 1), PLAST_E_INVALID);
    says(&s, "plast_lyapunov_run_network");
    stack_ok(&s, plast_lyapunov_create(s.context, &henon, NULL, &host));
    refuse_run(&s, host, NULL, NULL, 3, PLAST_E_INVALID, "plast_lyapunov_run continues it");
    plast_lyapunov_destroy(host);
    plast_lyapunov_destroy(l);
    plast_state_destroy(foreign);
    plast_state_destroy(small);
    plast_state_destroy(big);
    stack_free(&t);
    end(&s);
}

/* x' = 1e10 x from 1, in float32: the fourth step leaves the type. */
static void a_state_that_diverges_names_the_step(void **state)
{
    const double w = 1e10, one = 1.0;
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .interval = 1 };
    const plast_matrix weight = stack_matrix(&w, 1, 1), start = stack_matrix(&one, 1, 1);
    plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY };
    plast_state *stream = NULL;
    double now = 0.0, zero = 0.0;
    const plast_matrix carried = stack_matrix(&now, 1, 1), none = stack_matrix(&zero, 1, 1);
    plast_layer *layer = NULL;
    (void)state;
    stack s = make(1, PLAST_F32, 0);
    plast_lyapunov *l = estimator(&s, &options);
    stack_ok(&s, plast_network_layer(s.network, 0, &layer));
    stack_ok(&s, plast_layer_set_vector(layer, "bias", &none));
    stack_ok(&s, plast_synapses_set_weights(stack_group(&s, 0, "recurrent"), &weight));
    stack_ok(&s, plast_state_create(s.context, s.network, NULL, &stream));
    stack_ok(&s, plast_state_set(stream, 0, &start));
    for (int i = 0; i < 2; i++) { /* it is tried again */
        refuse_run(&s, l, stream, NULL, 10, PLAST_E_NOT_FINITE, "step 4: the state diverges, an activity of layer 0");
        stack_ok(&s, plast_lyapunov_read(l, &summary));
        assert_true(summary.steps == 3 && fabs(summary.sum - log(1e10)) < 1e-7);
        stack_ok(&s, plast_state_get(stream, 0, &carried));
        assert_true(fabs(now / 1e30 - 1.0) < 1e-6);
    }
    stack_ok(&s, plast_state_set(stream, 0, &start));
    stack_ok(&s, plast_lyapunov_run_network(l, stream, NULL, 3));
    plast_state_destroy(stream);
    plast_lyapunov_destroy(l);
    end(&s);
}

/* The groups that a feedback scheme adds lie behind the layers' own. */
static void another_feedback_scheme_changes_nothing(void **state)
{
    plast_feedback *dfa = NULL;
    double found[2] = { 0.0, 0.0 };
    (void)state;
    for (int i = 0; i < 2; i++) {
        const plast_lyapunov_options one = { PLAST_LYAPUNOV_OPTIONS, .exponents = 1 };
        const plast_matrix to = plast_output_f64(&found[i], 1, 1);
        stack s = make(3, PLAST_F32, 1);
        plast_lyapunov *l = estimator(&s, &one);
        stack_ok(&s, plast_lyapunov_run_network(l, NULL, NULL, 3));
        stack_ok(&s, plast_feedback_create(s.context, "dfa", &dfa));
        if (i == 1)
            stack_ok(&s, plast_network_set_feedback(s.network, PLAST_HIDDEN_LAYERS, dfa));
        stack_ok(&s, plast_lyapunov_run_network(l, NULL, NULL, 3));
        stack_ok(&s, plast_lyapunov_get(l, PLAST_LYAPUNOV_EXPONENTS, &to));
        plast_feedback_destroy(dfa);
        plast_lyapunov_destroy(l);
        end(&s);
    }
    assert_true(found[0] == found[1]);
}

static plast_status measure(void *user, const plast_report *so_far)
{
    (void)so_far;
    return plast_lyapunov_run_network(user, NULL, NULL, 2);
}

static void learning_may_be_watched(void **state)
{
    double x[5 * INPUTS] = { 0.1, 0.2, 0.3 }, y[5 * 2] = { 0.5, 0.5 };
    const plast_matrix in = stack_matrix(x, 5, INPUTS), targets = stack_matrix(y, 5, 2);
    const plast_data data = { PLAST_DATA, .inputs = &in, .targets = &targets };
    plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY };
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        stack s = make(3, dtype, 1);
        plast_lyapunov *l = estimator(&s, NULL);
        const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = measure, .user = l,
                                              .progress_every = 1 };
        stack_ok(&s, plast_network_learn(s.network, NULL, &data, &options, NULL));
        stack_ok(&s, plast_lyapunov_read(l, &summary));
        assert_true(summary.steps == 10);
        plast_lyapunov_destroy(l);
        end(&s);
    }
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
        for (int which = 0; which < 3; which++) { /* recurrent, gru; and few tangents that go with the steps */
            const int few = which == 2;
            const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = 2 * few,
                                                     .trajectories = few ? 1 : 3, .sum_rule = !few };
            stack s = make(5, dtype, which == 1);
            const int64_t before = memory.calls;
            plast_lyapunov_destroy(estimator(&s, &options));
            const int64_t calls = memory.calls - before;
            assert_true(calls > 10);
            for (int64_t i = 1; i <= calls; i++) {
                memory.fail_at = memory.calls + i;
                refuse(&s, s.network, &options, PLAST_E_NOMEM, "no memory for ");
            }
            memory.fail_at = 0;
            plast_lyapunov_destroy(estimator(&s, &options));
            end(&s);
        }
}

static void running_allocates_nothing(void **state)
{
    enum { N = 40, STEPS = 15, MANY = 2 };
    static double x[STEPS * MANY * INPUTS];
    const plast_matrix in = stack_matrix(x, STEPS * MANY, INPUTS);
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .sum_rule = 1, .trajectories = MANY };
        stack s = make(N, dtype, 1);
        plast_lyapunov *l = estimator(&s, &options);
        const int64_t ours = memory.calls, all = malloc_count();
        const plast_status statuses[] = { plast_lyapunov_run_network(l, NULL, &in, STEPS),
                                          plast_lyapunov_run_network(l, NULL, NULL, STEPS),
                                          plast_lyapunov_reset(l, 2) };
        const int64_t allocated = malloc_count() - all;
        for (int i = 0; i < 3; i++)
            assert_int_equal(statuses[i], PLAST_OK);
        assert_int_equal(memory.calls, ours);
        if (malloc_count_works()) /* sanitizers and valgrind have a malloc of their own */
            assert_int_equal(allocated, 0);
        plast_lyapunov_destroy(l);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(running_allocates_nothing), /* first: OpenBLAS has not been warmed up yet */
        quiet_test(bad_networks_and_options_are_refused),
        quiet_test(bad_runs_are_refused),
        quiet_test(a_state_that_diverges_names_the_step),
        quiet_test(another_feedback_scheme_changes_nothing),
        quiet_test(learning_may_be_watched),
        quiet_test(any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
