/* SPDX-License-Identifier: MIT
 *
 * Oja's rule on recurrent weights and memory, with the parts of the example: from weak and from strong weights memory
 * rises above 20, and above that of random weights of the same spectral radius; with input weights that saturate tanh
 * it does not. The figures are those of section 2.3(e) of the project's sheet on Oja's rule; seeds differ by about
 * 1. */
#include "../examples/recurrent_memory/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static struct trial run(double gain, double scale)
{
    const struct course course = { 60000, 4000, 4000 };
    struct trial trial = { .gain = gain, .scale = scale, .seed = 1 };
    plast_context *context = NULL;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    const plast_status status = trial_run(context, &course, &trial);
    if (status != PLAST_OK)
        fail_msg("%s: %s", plast_status_string(status), plast_context_error(context));
    plast_context_destroy(context);
    for (enum weights w = BEFORE; w < WEIGHTS; w++)
        print_message("  g = %g, input +-%g, %-10s  capacity %5.2f  radius %.2f  dimension %5.2f\n", gain, scale,
                      plan_weights[w], trial.measured[w].capacity, trial.measured[w].radius,
                      trial.measured[w].dimension);
    return trial;
}

static void memory_rises(void **state)
{
    static const double before[GAINS] = { 6.6, 10.7, 13.4, 12.6 };
    (void)state;
    for (int gain = 0; gain < GAINS; gain += GAINS - 1) {
        const struct trial trial = run(plan_gains[gain], 0.5);
        const struct measured *m = trial.measured;
        assert_true(fabs(m[BEFORE].capacity - before[gain]) < 3.0);
        assert_true(m[AFTER].capacity > 20.0 && m[AFTER].dimension > 11.0);
        assert_true(m[AFTER].capacity > m[ORTHOGONAL].capacity + 1.0);
        assert_true(m[ORTHOGONAL].capacity > m[GAUSSIAN].capacity + 1.0);
        for (enum weights w = AFTER; w < WEIGHTS; w++)
            assert_true(fabs(m[w].radius - 0.92) < 0.03 && fabs(m[w].radius - m[AFTER].radius) < 1e-6);
    }
}

static void saturation_spoils_it(void **state)
{
    (void)state;
    const struct trial trial = run(0.3, 2.0);
    assert_true(trial.measured[AFTER].capacity < 12.0);
    assert_true(trial.measured[AFTER].capacity > trial.measured[BEFORE].capacity);
}

static void capacity_is_a_sum(void **state)
{
    (void)state;
    const struct trial trial = run(0.9, 0.5);
    for (enum weights w = BEFORE; w < WEIGHTS; w++) {
        double sum = 0.0;
        for (int k = 0; k < DELAYS; k++)
            sum += trial.measured[w].by_delay[k];
        assert_true(fabs(sum - trial.measured[w].capacity) < 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_rises),
        cmocka_unit_test(saturation_spoils_it),
        cmocka_unit_test(capacity_is_a_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
