/* SPDX-License-Identifier: MIT
 *
 * What initial recurrent weights decide, with the parts of the example: across a delay e-prop learns from weights of
 * gain 1.5, and from those of .5 only with help: Oja's rule, or flossing before; without a delay it learns from all;
 * exact gradients need less. The bars are those of section 6 of the project's sheet on recurrent learning; an accuracy
 * over 6400 decisions has a standard error below .007. */
#include "../examples/initial_connectivity/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static const double oja_rate = 0.15;

static int arm_called(const char *name)
{
    for (int i = 0; i < arms_count(); i++)
        if (strcmp(arms[i].name, name) == 0)
            return i;
    fail_msg("no arm '%s'", name);
    return -1;
}

static struct trial run(enum choice_kind task, const char *arm, double gain, int64_t iterations)
{
    const struct plan plan = { .iterations = iterations };
    struct trial trial = { .task = task, .arm = arm_called(arm), .gain = gain, .seed = 1 };
    plast_context *context = NULL;
    trial.oja_rate = arms[trial.arm].oja ? oja_rate : 0.0;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    const plast_status status = trial_run(context, &plan, &trial);
    if (status != PLAST_OK)
        fail_msg("%s: %s", plast_status_string(status), plast_context_error(context));
    plast_context_destroy(context);
    print_message("  %s %-24s g = %-4g  %.4f  %.4f  %.3f  radius %.2f -> %.2f  lambda %.2f -> %.2f\n", plan_tasks[task],
                  arm, gain, trial.early, trial.late, trial.accuracy, trial.connectivity[0].radius,
                  trial.connectivity[POINTS - 1].radius, trial.connectivity[0].lambda,
                  trial.connectivity[POINTS - 1].lambda);
    return trial;
}

static void delays_need_gain(void **state)
{
    (void)state;
    assert_true(run(CHOICE_DMS, "e-prop", 0.5, 4000).accuracy <= 0.58);
    assert_true(run(CHOICE_DMS, "e-prop", 1.5, 4000).accuracy >= 0.95);
    assert_true(run(CHOICE_CXT, "e-prop", 0.5, 4000).accuracy <= 0.58);
    assert_true(run(CHOICE_CXT, "e-prop", 1.5, 4000).accuracy >= 0.77);
}

static void no_delay_needs_none(void **state)
{
    (void)state;
    const struct trial small = run(CHOICE_2AF, "e-prop", 0.1, 4000), large = run(CHOICE_2AF, "e-prop", 1.5, 4000);
    assert_true(small.accuracy >= 0.84 && large.accuracy >= 0.84);
    assert_true(small.early > 1.5 * large.early);
}

/* The way back through the recurrent weights makes a difference, and only to those that take it. */
static void exact_gradients_are_faster(void **state)
{
    (void)state;
    const struct trial exact = run(CHOICE_DMS, "bptt", 1.0, 1500), eprop = run(CHOICE_DMS, "e-prop", 1.0, 1500);
    assert_true(exact.accuracy >= 0.90 && eprop.accuracy <= 0.60);
    assert_true(exact.late < 0.90 * eprop.late);
}

/* Oja's rule lets e-prop learn across the delay from weights too small for it alone. */
static void oja_helps_from_small_weights(void **state)
{
    (void)state;
    assert_true(run(CHOICE_DMS, "e-prop + Oja", 0.5, 4000).accuracy >= 0.90);
}

/* And so does flossing first, by the local rule, which brings the largest exponent near 0. */
static void flossing_helps_from_small_weights(void **state)
{
    (void)state;
    const struct trial trial = run(CHOICE_DMS, "e-prop, flossed first, local", 0.5, 4000);
    assert_true(fabs(trial.connectivity[0].lambda) < 0.1 && trial.accuracy >= 0.90);
}

/* relu(c W h + ...) with inputs that no longer matter: c times the weights add ln c to the exponent. Without growth
 * they do matter, and a small W is below ln g + ln(1/2) / 2, half of the units being silent. */
static void exponents_belong_to_weights(void **state)
{
    (void)state;
    const double low = run(CHOICE_DMS, "e-prop", 2.0, 20).connectivity[0].lambda;
    const double high = run(CHOICE_DMS, "e-prop", 2.2, 20).connectivity[0].lambda;
    assert_true(fabs(high - low - log(1.1)) < 0.01);
    assert_true(run(CHOICE_DMS, "e-prop", 0.5, 20).connectivity[0].lambda < log(0.5) - 0.2);
    assert_true(isinf(run(CHOICE_DMS, "e-prop", 8.0, 20).connectivity[0].lambda));
}

/* Spectral radii of 100 units are within some percent of the gain. */
static void weights_have_their_gain(void **state)
{
    (void)state;
    for (int arm = 0; arm < arms_count(); arm++) {
        const struct trial trial = run(CHOICE_2AF, arms[arm].name, 0.1, 20);
        assert_true(arms[arm].flossing != FLOSSING_NONE ? trial.connectivity[0].radius > 0.2
                                                        : fabs(trial.connectivity[0].radius - 0.1) < 0.02);
        assert_true(trial.diverged == -1 && isfinite(trial.early) && isfinite(trial.late));
    }
}

static void divergence_is_told(void **state)
{
    (void)state;
    const struct trial trial = run(CHOICE_DMS, "bptt", 1e12, 20);
    assert_true(trial.diverged >= 0 && trial.diverged < 20);
    assert_true(isnan(trial.early) && isnan(trial.late) && trial.accuracy == 0.5);
    assert_true(trial.connectivity[0].radius > 1e11 && isnan(trial.connectivity[POINTS - 1].radius));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_need_gain),
        cmocka_unit_test(no_delay_needs_none),
        cmocka_unit_test(exact_gradients_are_faster),
        cmocka_unit_test(oja_helps_from_small_weights),
        cmocka_unit_test(flossing_helps_from_small_weights),
        cmocka_unit_test(exponents_belong_to_weights),
        cmocka_unit_test(weights_have_their_gain),
        cmocka_unit_test(divergence_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
