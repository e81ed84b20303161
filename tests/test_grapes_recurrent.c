/* SPDX-License-Identifier: MIT
 *
 * The rule "grapes" on layers with a state: importance over all weights that end in a unit, input and recurrent alike;
 * its factor acts once at each step and never on what goes back in time. */
#include "support/quiet.h"
#include "support/recurrent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

enum { IN = 3, N = 5, OUT = 2, STEPS = 6, SEQUENCES = 3, ROWS = STEPS * SEQUENCES, MOST = 400 };

static const double TOLERANCE = 1e-13; /* sums of some hundred products of order one */
static const setting PROPAGATING[] = { { NULL, 0.0 } }, LOCAL[] = { { "local", 1.0 }, { NULL, 0.0 } },
                     RATE[] = { { "control", 2.0 }, { NULL, 0.0 } },
                     OUTGOING[] = { { "local", 1.0 }, { "outgoing", 1.0 }, { NULL, 0.0 } };

static double x[ROWS * IN], targets[ROWS * OUT];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * IN, x);
    fill_uniform(2, ROWS * OUT, targets);
    return 0;
}

static rnn_data all_data(void)
{
    return (rnn_data){ .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
}

static rnn_plan plan_of(int32_t form, double alpha)
{
    return (rnn_plan){ .inputs = IN,
                       .outputs = OUT,
                       .layers = 1,
                       .units = { N },
                       .form = form,
                       .activation = PLAST_TANH,
                       .alpha = alpha,
                       .learn_initial = 1,
                       .seed = 5 };
}

/* 0 in a build that left the rule out. */
static int grapes_built(void)
{
    for (int32_t i = 0; plast_rule_name(i) != NULL; i++)
        if (strcmp(plast_rule_name(i), "grapes") == 0)
            return 1;
    return 0;
}

static plast_rule *made_rule(const rnn *r, const setting *settings)
{
    plast_rule *rule = NULL;
    assert_int_equal(plast_rule_create(r->net.context, "grapes", &rule), PLAST_OK);
    for (; settings->name != NULL; settings++)
        assert_int_equal(plast_rule_set(rule, settings->name, settings->value), PLAST_OK);
    return rule;
}

static plast_status try_grapes(rnn *r, const setting *settings)
{
    plast_rule *rule = made_rule(r, settings);
    const plast_status status = plast_network_add_rule(r->net.network, 0, rule);
    plast_rule_destroy(rule);
    return status;
}

/* What one update of all sequences takes away from each parameter. */
static void step_of(rnn *r, double *step)
{
    double before[MOST], after[MOST];
    const rnn_data data = all_data();
    const int64_t n = rnn_size(r);
    assert_true(n <= MOST);
    rnn_get(r, before);
    rnn_learn(r, NULL, &data);
    rnn_get(r, after);
    rnn_set(r, before);
    for (int64_t i = 0; i < n; i++)
        step[i] = before[i] - after[i];
}

/* From the sums of |U| and |W| by unit. */
static void factors(const rnn *r, double *factor)
{
    double p[MOST];
    const rnn_places at = rnn_places_of(&r->plan, 0);
    rnn_get(r, p);
    for (int64_t i = 0; i < N; i++) {
        factor[i] = 0.0;
        for (int64_t j = 0; j < IN; j++)
            factor[i] += fabs(p[at.u + i * IN + j]);
        for (int64_t j = 0; j < N; j++)
            factor[i] += fabs(p[at.w + i * N + j]);
    }
    double largest = 0.0;
    for (int64_t i = 0; i < N; i++)
        largest = fmax(largest, factor[i]);
    for (int64_t i = 0; i < N; i++)
        factor[i] = fmax(1.0, 2.0 * (factor[i] / largest));
}

/* Parameters of unit i, of the initial state too where it counts. */
static void scale_unit(const rnn *r, int64_t i, double factor, double *step)
{
    const rnn_places at = rnn_places_of(&r->plan, 0);
    for (int64_t j = 0; j < IN; j++)
        step[at.u + i * IN + j] *= factor;
    for (int64_t j = 0; j < N; j++)
        step[at.w + i * N + j] *= factor;
    step[at.b + i] *= factor;
}

static void assert_steps(const rnn *r, const double *a, const double *b)
{
    for (int64_t i = 0; i < rnn_size(r); i++)
        assert_true(fabs(a[i] - b[i]) <= TOLERANCE);
}

/* Schemes to go back in time by; traces too. */
static const struct {
    const char *name;
    setting settings[3];
} schemes[] = {
    { "bptt", { { NULL, 0.0 } } },
    { "eprop", { { NULL, 0.0 } } },
    { "eprop", { { "traces", 1.0 }, { NULL, 0.0 } } },
    { "eprop", { { "self", 1.0 }, { "traces", 1.0 }, { NULL, 0.0 } } },
};

typedef void check(const rnn_plan *plan, const char *temporal, const setting *settings);

static void everywhere(check *one)
{
    if (!grapes_built())
        skip();
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int leak = 0; leak < 2; leak++)
            for (size_t k = 0; k < sizeof schemes / sizeof schemes[0]; k++) {
                const rnn_plan plan = plan_of(form, leak ? 0.4 : 1.0);
                one(&plan, schemes[k].name, schemes[k].settings);
            }
}

/* Every row of both matrices, and every bias, takes the factor's multiple of its step; what learns elsewhere is
 * plain. */
static void check_local(const rnn_plan *plan, const char *temporal, const setting *settings)
{
    rnn plain = rnn_make(plan), modulated = rnn_make(plan);
    double expected[MOST], step[MOST], factor[N];
    plast_matrix seen;
    rnn_temporal(&plain, temporal, settings);
    rnn_temporal(&modulated, temporal, settings);
    assert_int_equal(try_grapes(&modulated, LOCAL), PLAST_OK);
    factors(&plain, factor);
    step_of(&plain, expected);
    step_of(&modulated, step);
    for (int64_t i = 0; i < N; i++)
        scale_unit(&plain, i, factor[i], expected);
    assert_steps(&plain, step, expected);
    assert_int_equal(plast_network_view_rule(modulated.net.network, 0, "grapes", "factor", &seen), PLAST_OK);
    assert_int_equal(seen.cols, N);
    for (int i = 0; i < N; i++)
        assert_true(fabs(((const double *)seen.data)[i] - factor[i]) <= 1e-15);
    rnn_free(&plain);
    rnn_free(&modulated);
}

static void local_scales_rows_of_both_matrices(void **state)
{
    (void)state;
    everywhere(check_local);
}

/* What arrives is multiplied once: as though the readout's transpose were diag(m) V^T, which feedback alignment can
 * say. */
static void check_propagating(const rnn_plan *plan, const char *temporal, const setting *settings)
{
    rnn aligned = rnn_make(plan), modulated = rnn_make(plan);
    double expected[MOST], step[MOST], factor[N], p[MOST], b[N * OUT];
    const rnn_places readout = rnn_places_of(plan, 1);
    rnn_temporal(&aligned, temporal, settings);
    rnn_temporal(&modulated, temporal, settings);
    assert_int_equal(try_grapes(&modulated, PROPAGATING), PLAST_OK);
    plast_feedback *fa = NULL;
    assert_int_equal(plast_feedback_create(aligned.net.context, "fa", &fa), PLAST_OK);
    assert_int_equal(plast_network_set_feedback(aligned.net.network, PLAST_HIDDEN_LAYERS, fa), PLAST_OK);
    plast_feedback_destroy(fa);
    factors(&aligned, factor);
    rnn_get(&aligned, p);
    for (int i = 0; i < N; i++)
        for (int o = 0; o < OUT; o++)
            b[i * OUT + o] = factor[i] * p[readout.u + o * N + i];
    const plast_matrix matrix = plast_matrix_f64(b, N, OUT);
    assert_int_equal(plast_synapses_set_weights(rnn_synapses(&aligned, 0, "feedback"), &matrix), PLAST_OK);
    step_of(&aligned, expected);
    step_of(&modulated, step);
    assert_steps(&aligned, step, expected);
    rnn_free(&aligned);
    rnn_free(&modulated);
}

static void propagating_multiplies_what_arrives_once(void **state)
{
    (void)state;
    everywhere(check_propagating);
}

/* The rate-matched control: hidden steps are the mean factor's multiple of plain ones. */
static void check_rate(const rnn_plan *plan, const char *temporal, const setting *settings)
{
    rnn plain = rnn_make(plan), modulated = rnn_make(plan);
    double expected[MOST], step[MOST], factor[N], mean = 0.0;
    const rnn_places at = rnn_places_of(plan, 0);
    rnn_temporal(&plain, temporal, settings);
    rnn_temporal(&modulated, temporal, settings);
    assert_int_equal(try_grapes(&modulated, RATE), PLAST_OK);
    factors(&plain, factor);
    for (int i = 0; i < N; i++)
        mean += factor[i] / N;
    step_of(&plain, expected);
    step_of(&modulated, step);
    for (int64_t i = 0; i < N; i++) {
        scale_unit(&plain, i, mean, expected);
        expected[at.initial + i] *= mean;
    }
    assert_steps(&plain, step, expected);
    rnn_free(&plain);
    rnn_free(&modulated);
}

static void the_rate_matched_control_scales_the_layer(void **state)
{
    (void)state;
    everywhere(check_rate);
}

static void a_second_one_on_the_same_units_and_outgoing_weights_are_refused(void **state)
{
    (void)state;
    if (!grapes_built())
        skip();
    const rnn_plan plan = plan_of(PLAST_FORM_RATE, 0.5);
    rnn r = rnn_make(&plan);
    assert_int_equal(try_grapes(&r, OUTGOING), PLAST_E_UNSUPPORTED);
    assert_int_equal(try_grapes(&r, LOCAL), PLAST_OK);
    assert_int_equal(try_grapes(&r, PROPAGATING), PLAST_E_STATE);
    plast_rule *rule = made_rule(&r, LOCAL);
    assert_int_equal(plast_synapses_add_rule(rnn_synapses(&r, 0, "recurrent"), rule), PLAST_E_STATE);
    plast_rule_destroy(rule);
    rnn_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(local_scales_rows_of_both_matrices),
        quiet_test(propagating_multiplies_what_arrives_once),
        quiet_test(the_rate_matched_control_scales_the_layer),
        quiet_test(a_second_one_on_the_same_units_and_outgoing_weights_are_refused),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
