/* SPDX-License-Identifier: MIT
 *
 * Lyapunov exponents over long runs: figures of independent programs to their digits, and that adapted intervals save
 * factorisations and change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "support/estimates.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/systems.h"

/* After transient and alignment. */
static estimate run(const plast_system *system, const plast_lyapunov_options *options, double *x, int64_t steps)
{
    estimate e = estimate_make(system, options);
    estimate_run(&e, x, options->transient + options->alignment + steps);
    return e;
}

/* ---- known figures ---- */

/* se of 1e4 time units: 0.0019. The sum is that of the integrator's step, known to all digits shown. */
static void lorenz_over_a_long_time(void **state)
{
    lorenz_system lorenz = { .h = 0.01 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 10000, .alignment = 2000,
                                             .time_step = 0.01 };
    const plast_system system = lorenz_flow(&lorenz);
    double x[3] = { 1.0, 1.0, 1.0 };
    (void)state;
    estimate e = run(&system, &options, x, 1000000);
    assert_near(e.exponents[0], 0.90588, 4 * 0.0019);
    assert_near(e.exponents[1], 0.00001, 4 * 0.0019);
    assert_near(e.exponents[2], -14.57255, 4 * 0.0019);
    for (int i = 0; i < 3; i++)
        assert_true(e.errors[i] > 0.0001 && e.errors[i] < 0.004);
    assert_near(e.summary.sum, -13.66656, 1e-5);
    assert_near(e.summary.dimension, 2.062, 0.001);
    estimate_free(&e);
}

/* -(10 + 1 + 8/3), but for what Runge and Kutta's steps leave out: h^4. */
static void lorenz_by_short_steps_has_an_exact_sum(void **state)
{
    lorenz_system lorenz = { .h = 0.001 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 2000, .time_step = 0.001 };
    const plast_system system = lorenz_flow(&lorenz);
    double x[3] = { 1.0, 1.0, 1.0 };
    (void)state;
    estimate e = run(&system, &options, x, 100000);
    assert_near(e.summary.sum, -41.0 / 3.0, 1e-6);
    estimate_free(&e);
}

/* By an independent program, 40 trajectories of 13000 steps with a QR in each. The figure of ChaosTools.jl, 0.434 to
 * 0.436, is that of a single run of 2e4 steps, whose standard error is 0.002. */
static void the_towel_over_a_long_time(void **state)
{
    static const double known[3] = { 0.4310, 0.3775, -3.3016 }, known_error[3] = { 0.0004, 0.0006, 0.0010 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 1000, .alignment = 1000 };
    const plast_system system = towel_map();
    (void)state;
    for (int64_t steps = 20000; steps <= 500000; steps *= 25) {
        double x[3] = { 0.085, -0.121, 0.075 };
        estimate e = run(&system, &options, x, steps);
        for (int i = 0; i < 3; i++) {
            assert_near(e.exponents[i], known[i], 4.0 * hypot(e.errors[i], known_error[i]));
            assert_true(e.errors[i] < (steps == 20000 ? 0.008 : 0.002));
        }
        if (steps == 20000)
            assert_near(e.exponents[0], 0.435, 4 * 0.002);
        estimate_free(&e);
    }
}

static void henon_over_a_long_time(void **state)
{
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 100, .alignment = 100 };
    const plast_system system = henon_map();
    double x[2] = { 0.1, 0.1 };
    (void)state;
    estimate e = run(&system, &options, x, 1000000);
    assert_near(e.exponents[0], 0.41922, 4 * 0.0003);
    assert_near(e.exponents[1], -1.62319, 4 * 0.0003);
    assert_near(e.summary.dimension, 1.2583, 0.001);
    estimate_free(&e);
}

/* As many steps as an independent program took, whose standard errors were 0.0014 and 0.018. */
static void products_of_large_matrices_follow_the_formula(void **state)
{
    enum { N = 64 };
    product_system product = { .n = N, .g = 1.3, .seed = 3 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 100 };
    const plast_system system = gaussian_product(&product);
    double x[N] = { 0 };
    (void)state;
    estimate e = run(&system, &options, x, 4000);
    for (int i = 0; i < N; i++)
        assert_near(e.exponents[i], product_exponent(&product, i), 4.0 * e.errors[i]);
    assert_near(e.errors[0] / 0.0014, 1.0, 0.5); /* of some 30 blocks: an eighth, four times */
    assert_near(e.errors[N - 1] / 0.018, 1.0, 0.5);
    estimate_free(&e);
}

/* ---- adapted intervals ---- */

/* It is the same orbit and the same frame: exponents differ by the last u of T steps alone, those behind the last
 * factorisation, whose growth scatters by se sqrt(T / u), so by u / T of that. Returns steps per factorisation. */
static double saved(const plast_system *system, plast_lyapunov_options options, const double *start, int64_t *now,
                    int64_t steps)
{
    estimate e[2];
    for (int one = 0; one < 2; one++) {
        double x[ESTIMATES_MOST];
        memcpy(x, start, (size_t)system->size * sizeof *x);
        if (now != NULL)
            *now = 0;
        options.interval = one;
        e[one] = run(system, &options, x, steps);
    }
    const double left = (double)(e[1].summary.measured - e[0].summary.measured) / (double)steps;
    for (int64_t j = 0; j < e[0].k; j++)
        assert_near(e[0].exponents[j], e[1].exponents[j], 4.0 * sqrt(left) * e[1].errors[j] + 1e-9);
    const double ratio = (double)e[1].summary.factorisations / (double)e[0].summary.factorisations;
    assert_int_equal(e[1].summary.factorisations, steps + options.alignment);
    assert_true(e[0].summary.dead == 0 && e[1].summary.dead == 0);
    assert_true(e[0].summary.collapsed <= e[1].summary.collapsed);
    estimate_free(&e[0]);
    estimate_free(&e[1]);
    return ratio;
}

/* All exponents are up to 20 apart at g = 5: then nothing can be saved, and nothing must change. */
static void intervals_of_networks(void **state)
{
    enum { N = 60 };
    static const struct {
        double g;
        int64_t k;
        double saved; /* at least */
    } cases[] = {
        { 0.5, N, 1.8 }, { 1.0, N, 1.8 },     { 1.5, N, 1.0 },     { 2.0, N, 1.0 },     { 3.0, N, 1.0 },
        { 5.0, N, 1.0 }, { 2.0, N / 4, 4.0 }, { 3.0, N / 4, 3.0 }, { 5.0, N / 4, 2.0 }, { 10.0, N / 4, 1.8 }
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int noise = 0; noise < 2; noise++) {
            network_system net = network_make(N, cases[i].g, noise ? 0.3 : 0.0, 0, 31);
            const plast_system system = network_map(&net);
            const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = cases[i].k, .transient = 300,
                                                     .alignment = 300 };
            double x[N];
            network_start(&net, 1.0, 40, x);
            assert_true(saved(&system, options, x, net.now, 700) >= cases[i].saved);
            network_free(&net);
        }
}

static void intervals_of_lorenz(void **state)
{
    lorenz_system lorenz = { .h = 0.01 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 2000, .alignment = 2000,
                                             .time_step = 0.01 };
    const plast_system system = lorenz_flow(&lorenz);
    const double x[3] = { 1.0, 1.0, 1.0 };
    (void)state;
    assert_true(saved(&system, options, x, NULL, 100000) >= 40.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(lorenz_over_a_long_time),
        quiet_test(lorenz_by_short_steps_has_an_exact_sum),
        quiet_test(the_towel_over_a_long_time),
        quiet_test(henon_over_a_long_time),
        quiet_test(products_of_large_matrices_follow_the_formula),
        quiet_test(intervals_of_networks),
        quiet_test(intervals_of_lorenz),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
