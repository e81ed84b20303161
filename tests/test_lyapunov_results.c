/* SPDX-License-Identifier: MIT
 *
 * What an estimate tells: units, blocks, halves, dimension, entropy, sum rule; and that it can be continued. */
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

static const double LN2 = 0.69314718055994530942;

/* ---- dimension and entropy ---- */

/* Exponents of a diagonal map, aligned: every number is known. */
static plast_lyapunov_summary of_diagonal(int64_t n, const double *exponents, int64_t k)
{
    double d[36] = { 0 }, x[6] = { 0 };
    linear_system linear = { .n = n, .count = 1, .matrices = d };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = k, .alignment = 2000 };
    const plast_system system = linear_map(&linear);
    for (int64_t i = 0; i < n; i++)
        d[i * n + i] = exp(exponents[i]);
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 3000);
    const plast_lyapunov_summary s = e.summary;
    for (int64_t j = 0; j < k; j++)
        assert_near(e.exponents[j], exponents[j], 1e-12);
    estimate_free(&e);
    return s;
}

static void dimension_and_entropy_have_their_cases(void **state)
{
    static const struct {
        double exponents[4];
        int64_t n, k;
        double dimension, entropy;
        int32_t flags;
    } cases[] = {
        { { 0.5, 0.1, -0.2, -1.0 }, 4, 4, 3.4, 0.6, 0 },
        { { -0.1, -0.2, -0.3 }, 3, 3, 0.0, 0.0, 0 },
        { { -0.1, -0.2, -0.3 }, 3, 1, 0.0, 0.0, 0 },
        { { 0.3, 0.2, -0.1 }, 3, 3, 3.0, 0.5, 0 },
        { { 0.5, 0.1, -0.2, -1.0 }, 4, 1, 1.0, 0.5, PLAST_LYAPUNOV_DIMENSION_OPEN | PLAST_LYAPUNOV_ENTROPY_OPEN },
        { { 0.5, 0.1, -0.2, -1.0 }, 4, 3, 3.0, 0.6, PLAST_LYAPUNOV_DIMENSION_OPEN },
        { { 0.5, -1.0, -2.0 }, 3, 2, 1.5, 0.5, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const plast_lyapunov_summary s = of_diagonal(cases[i].n, cases[i].exponents, cases[i].k);
        assert_near(s.dimension, cases[i].dimension, 1e-10);
        assert_near(s.entropy, cases[i].entropy, 1e-10);
        assert_int_equal(s.flags, cases[i].flags);
    }
}

/* A direction that dies ends the dimension where it is. */
static void a_dead_direction_counts_as_minus_infinity(void **state)
{
    static const double d[9] = { 2.0, 1.0, 0.5, 0.0, 0.5, 0.25, 0.0, 0.0, 0.0 };
    linear_system linear = { .n = 3, .count = 1, .matrices = d };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 100, .sum_rule = 1 };
    const plast_system system = linear_map(&linear);
    double x[3] = { 0 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 500);
    assert_near(e.exponents[0], LN2, 1e-12);
    assert_near(e.exponents[1], -LN2, 1e-12);
    assert_true(e.exponents[2] == -INFINITY && e.errors[2] == 0.0 && e.summary.dead == 1);
    assert_true(e.summary.sum == -INFINITY && e.summary.log_determinant == -INFINITY);
    assert_near(e.summary.dimension, 2.0, 1e-10);
    estimate_free(&e);
}

/* ---- units ---- */

static void units_are_those_of_the_options(void **state)
{
    static const struct {
        int32_t base;
        double time_step, factor;
    } units[] = {
        { 0, 0.0, 1.0 }, { 0, 0.1, 10.0 }, { 2, 0.0, 1.442695040888963407 }, { 10, 2.0, 0.217147240951625914 }
    };
    double exponents[2] = { 0 }, error = 0.0, time = 0.0;
    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .log_base = units[i].base, .transient = 10,
                                                 .sum_rule = 1, .time_step = units[i].time_step };
        const plast_system system = henon_map();
        double x[2] = { 0.1, 0.1 };
        estimate e = estimate_make(&system, &options);
        estimate_run(&e, x, 2000);
        if (i == 0) {
            memcpy(exponents, e.exponents, sizeof exponents);
            error = e.errors[0];
            time = e.summary.time;
            assert_near(time, (double)e.summary.measured, 0.0);
        }
        assert_near(e.exponents[0], exponents[0] * units[i].factor, 1e-13);
        assert_near(e.exponents[1], exponents[1] * units[i].factor, 1e-13);
        assert_near(e.errors[0], error * units[i].factor, 1e-13);
        assert_near(e.summary.sum, log(0.3) * units[i].factor, 1e-10);
        assert_near(e.summary.log_determinant, log(0.3) * units[i].factor, 1e-10);
        assert_near(e.summary.entropy, exponents[0] * units[i].factor, 1e-13);
        assert_near(e.summary.time, time * (units[i].time_step > 0.0 ? units[i].time_step : 1.0), 1e-9);
        estimate_free(&e);
    }
}

/* ---- the sum rule ---- */

/* By D itself, through either callback, and not through the frame: here the determinant changes from step to step. */
static void the_sum_is_the_mean_log_determinant(void **state)
{
    enum { N = 8 };
    (void)state;
    for (int relu = 0; relu < 2; relu++) {
        network_system net = network_make(N, 1.5, 0.5, 0, 2);
        product_system product = { .n = N, .g = 1.1, .seed = 4 };
        const plast_system system = relu ? gaussian_product(&product) : network_map(&net);
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 20, .alignment = 20,
                                                 .sum_rule = 1, .trajectories = relu ? 1 : 2 };
        double x[2 * N] = { 0 };
        estimate e = estimate_make(&system, &options);
        estimate_run(&e, x, 1000);
        assert_int_equal(e.summary.flags, PLAST_LYAPUNOV_SUM_RULE);
        assert_true(fabs(e.summary.sum) > 0.1);
        assert_near(e.summary.sum, e.summary.log_determinant, 1e-10);
        estimate_free(&e);
        network_free(&net);
    }
}

/* ---- blocks ---- */

static void blocks_add_up(void **state)
{
    enum { BLOCKS = 5, MOST = 2 * BLOCKS };
    double times[MOST], finite[MOST * 2], running[MOST * 2], first[2], second[2];
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 100, .alignment = 10, .interval = 1,
                                             .blocks = BLOCKS };
    const plast_system system = henon_map();
    double x[2] = { 0.1, 0.1 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 110 + 75); /* blocks of 8: nine of them, and 3 steps of the tenth */
    const int64_t n = e.summary.blocks;
    assert_true(n == 9 && e.summary.measured == 75 && e.summary.steps == 185);
    const plast_matrix t = plast_output_f64(times, n, 1), f = plast_output_f64(finite, n, 2);
    const plast_matrix r = plast_output_f64(running, n, 2);
    assert_int_equal(plast_lyapunov_history(e.lyapunov, &t, &f, &r), PLAST_OK);
    double sum = 0.0, scatter = 0.0, mean = 0.0;
    for (int64_t b = 0; b < n; b++) {
        assert_near(times[b], 8.0 * (double)(b + 1), 0.0);
        sum += finite[2 * b];
        assert_near(running[2 * b], sum / (double)(b + 1), 1e-14);
        assert_near(finite[2 * b] + finite[2 * b + 1], log(0.3), 1e-12);
        mean += finite[2 * b] / (double)n;
    }
    for (int64_t b = 0; b < n; b++)
        scatter += (finite[2 * b] - mean) * (finite[2 * b] - mean);
    assert_near(e.errors[0], sqrt(scatter / (double)(n * (n - 1))), 1e-14);
    const plast_matrix one = plast_output_f64(first, 1, 2), two = plast_output_f64(second, 1, 2);
    assert_int_equal(plast_lyapunov_get(e.lyapunov, PLAST_LYAPUNOV_FIRST_HALF, &one), PLAST_OK);
    assert_int_equal(plast_lyapunov_get(e.lyapunov, PLAST_LYAPUNOV_SECOND_HALF, &two), PLAST_OK);
    assert_near(first[0], running[2 * 3], 1e-14); /* four blocks */
    assert_near((32.0 * first[0] + 43.0 * second[0]) / 75.0, e.exponents[0], 1e-14);
    estimate_free(&e);
}

/* Block after block is the same as one run of any number of steps: compared with a plain loop over exact steps. */
static void every_step_is_counted_once(void **state)
{
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 7, .interval = 1, .blocks = 2 };
    const plast_system system = logistic_map();
    (void)state;
    for (int64_t steps = 1; steps < 40; steps++) {
        double x = 0.3, y = 0.3, sum = 0.0;
        estimate e = estimate_make(&system, &options);
        estimate_run(&e, &x, 7 + steps);
        for (int64_t i = 0; i < 7 + steps; i++) {
            sum += i >= 7 ? log(fabs(4.0 - 8.0 * y)) : 0.0;
            y = 4.0 * y * (1.0 - y);
        }
        assert_true(x == y);
        assert_near(e.exponents[0], sum / (double)steps, 1e-12);
        assert_true(e.summary.measured == steps);
        assert_true((e.errors[0] == INFINITY) == (steps < 2));
        estimate_free(&e);
    }
}

/* ---- continued runs ---- */

static void a_run_in_pieces_gives_the_same_bits(void **state)
{
    enum { N = 20, K = 6, STEPS = 700, MANY = 2 };
    static double x[2][MANY * N], results[2][5][MANY * K];
    (void)state;
    for (int pieces = 0; pieces < 2; pieces++) {
        network_system net = network_make(N, 2.0, 0.3, 0, 5);
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = K, .transient = 33,
                                                 .alignment = 44, .trajectories = MANY };
        const plast_system system = network_map(&net);
        for (int i = 0; i < MANY; i++)
            network_start(&net, 1.0, 3 + (uint64_t)i, x[pieces] + i * N);
        estimate e = estimate_make(&system, &options);
        for (int64_t at = 0, step = 1; pieces && at < STEPS; step = step % 17 + 1) {
            const int64_t next = at + step < STEPS ? step : STEPS - at;
            assert_int_equal(plast_lyapunov_run(e.lyapunov, x[1], next), PLAST_OK);
            at += next;
        }
        if (!pieces)
            assert_int_equal(plast_lyapunov_run(e.lyapunov, x[0], STEPS), PLAST_OK);
        for (int32_t q = 0; q < 5; q++) {
            const plast_matrix to = plast_output_f64(results[pieces][q], q == 4 ? MANY : 1, K);
            assert_int_equal(plast_lyapunov_get(e.lyapunov, q, &to), PLAST_OK);
        }
        estimate_free(&e);
        network_free(&net);
    }
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    assert_memory_equal(results[0], results[1], sizeof results[0]);
}

static void reset_starts_anew(void **state)
{
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .seed = 7 };
    const plast_system system = henon_map();
    double x[2] = { 0.1, 0.1 }, y[2] = { 0.1, 0.1 }, before[2];
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 777);
    memcpy(before, e.exponents, sizeof before);
    assert_int_equal(plast_lyapunov_reset(e.lyapunov, 7), PLAST_OK);
    assert_int_equal(plast_lyapunov_read(e.lyapunov, &e.summary), PLAST_E_STATE);
    estimate_run(&e, y, 777);
    assert_memory_equal(before, e.exponents, sizeof before);
    assert_int_equal(plast_lyapunov_reset(e.lyapunov, 8), PLAST_OK);
    y[0] = y[1] = 0.1;
    estimate_run(&e, y, 777);
    assert_true(before[0] != e.exponents[0]); /* another first frame */
    estimate_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(dimension_and_entropy_have_their_cases),
        quiet_test(a_dead_direction_counts_as_minus_infinity),
        quiet_test(units_are_those_of_the_options),
        quiet_test(the_sum_is_the_mean_log_determinant),
        quiet_test(blocks_add_up),
        quiet_test(every_step_is_counted_once),
        quiet_test(a_run_in_pieces_gives_the_same_bits),
        quiet_test(reset_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
