/* SPDX-License-Identifier: MIT
 *
 * Second derivatives of the activations against central differences of their slopes, and at kinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <plasticity/plasticity.h>

#include "core/curvature.h"
#include "support/nets.h"
#include "support/quiet.h"

enum { COUNT = 41 };

static const struct {
    int32_t activation;
    double param;
} kinds[] = {
    { PLAST_LINEAR, 0.0 }, { PLAST_SOFTPLUS, 10.0 },   { PLAST_SOFTPLUS, 0.7 },       { PLAST_RELU, 0.0 },
    { PLAST_TANH, 0.0 },   { PLAST_SIGMOID, 0.0 },     { PLAST_LEAKY_RELU, 0.1 },     { PLAST_ELU, 1.0 },
    { PLAST_ELU, 2.5 },    { PLAST_SCALED_TANH, 0.0 }, { PLAST_RECTIFIED_TANH, 0.0 }, { PLAST_HARD_SIGMOID, 0.0 }
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void it_is_the_slope_of_the_slope(void **state)
{
    const plast__kernels *f64 = plast__kernels_get(PLAST_CPU_BASELINE, PLAST_F64);
    const double h = 1e-5;
    double z[COUNT], moved[COUNT], y[COUNT], above[COUNT], below[COUNT], work[2 * COUNT], second[COUNT];
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < COUNT; i++)
            z[i] = 0.2 * (i - COUNT / 2) + 0.013; /* on no kink */
        plast__curvature(f64, kinds[k].activation, kinds[k].param, COUNT, z, work, second);
        for (int i = 0; i < COUNT; i++)
            moved[i] = z[i] + h;
        f64->activate(kinds[k].activation, kinds[k].param, COUNT, moved, y, above);
        for (int i = 0; i < COUNT; i++)
            moved[i] = z[i] - h;
        f64->activate(kinds[k].activation, kinds[k].param, COUNT, moved, y, below);
        for (int i = 0; i < COUNT; i++) /* h^2 f'''' / 6 with f'''' up to beta^3 / 8, and 1e-16 / h */
            assert_near(second[i], (above[i] - below[i]) / (2.0 * h), 1e-8);
    }
}

static void kinks_and_far_away_are_zero(void **state)
{
    const plast__kernels *f64 = plast__kernels_get(PLAST_CPU_BASELINE, PLAST_F64);
    static const int32_t kinked[] = { PLAST_RELU, PLAST_LEAKY_RELU, PLAST_HARD_SIGMOID, PLAST_RECTIFIED_TANH,
                                      PLAST_ELU };
    double z[4] = { 0.0, 3.0, -3.0, -0.0 }, work[8], out[4];
    (void)state;
    for (int k = 0; k < 5; k++) {
        plast__curvature(f64, kinked[k], 0.1, 4, z, work, out);
        assert_true(out[0] == 0.0 && out[3] == 0.0);
        assert_true(k > 2 || (out[1] == 0.0 && out[2] == 0.0));
    }
    z[1] = 800.0;
    z[2] = -800.0;
    for (int k = 0; k < KINDS; k++) {
        plast__curvature(f64, kinds[k].activation, kinds[k].param == 0.0 ? 1.0 : kinds[k].param, 4, z, work, out);
        assert_true(fabs(out[1]) < 1e-200 && fabs(out[2]) < 1e-200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(it_is_the_slope_of_the_slope),
        quiet_test(kinks_and_far_away_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
