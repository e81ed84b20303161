/* SPDX-License-Identifier: MIT
 *
 * Memory capacity: exact for a delay line, known for a noisy one, and as LAPACK's least squares finds it. */
#include "../examples/common/cholesky.h"
#include "../examples/common/draws.h"
#include "../examples/common/memory_capacity.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

enum { STEPS = 4000, UNITS = 8, DELAYS = 12, SKIP = 40, HELD_OUT = 1500 };

static struct message message;

static const struct capacity_options usual = { .delays = DELAYS, .skip = SKIP, .held_out = HELD_OUT, .ridge = 0.0 };

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g, expected %.17g within %g", value, expected, tolerance);
}

static void make(int64_t steps, int64_t batch, struct sequences *sequences)
{
    const struct sequence_shape shape = memory_shape(steps, DELAYS);
    if (sequences_make(&shape, batch, sequences, &message) != 0)
        fail_msg("%s", message.text);
}

static double capacity_of(const double *states, int64_t units, const double *series,
                          const struct capacity_options *options, double *by_delay)
{
    double capacity = NAN;
    if (memory_capacity(states, STEPS, units, series, options, by_delay, &capacity, &message) != 0)
        fail_msg("%s", message.text);
    return capacity;
}

/* Unit i holds the input of i + 1 steps ago. */
static void delay_line(const double *series, double *states)
{
    for (int64_t t = 0; t < STEPS; t++)
        for (int64_t i = 0; i < UNITS; i++)
            states[t * UNITS + i] = t > i ? series[t - 1 - i] : 0.0;
}

static void inputs_are_uniform_and_targets_late(void **state)
{
    struct sequences s;
    double sum = 0.0, squares = 0.0, neighbours = 0.0;
    (void)state;
    make(STEPS, 3, &s);
    assert_true(s.shape.inputs == 1 && s.shape.outputs == DELAYS && s.shape.classes == 0 && s.labels == NULL);
    memory_draw(6, 0, &s);
    for (int64_t row = 0; row < 3 * STEPS; row++) {
        assert_true(s.inputs[row] > -1.0 && s.inputs[row] < 1.0);
        assert_true(s.mask[row] == (row / 3 >= DELAYS ? 1.0 : 0.0));
        for (int64_t k = 1; k <= DELAYS; k++)
            assert_true(s.targets[row * DELAYS + k - 1] == (row / 3 >= DELAYS ? s.inputs[row - 3 * k] : 0.0));
        sum += s.inputs[row];
        squares += s.inputs[row] * s.inputs[row];
        neighbours += row < 3 ? 0.0 : s.inputs[row] * s.inputs[row - 3];
    }
    /* Variances 1/3, 4/45 and 1/9; five standard deviations. */
    const double n = 3.0 * STEPS;
    assert_near(sum / n, 0.0, 5.0 * sqrt(1.0 / 3.0 / n));
    assert_near(squares / n, 1.0 / 3.0, 5.0 * sqrt(4.0 / 45.0 / n));
    assert_near(neighbours / n, 0.0, 5.0 * sqrt(1.0 / 9.0 / n));
    sequences_free(&s);
}

/* r^2 = 1 as far back as the line goes; behind it the square of a correlation by chance, 1 / HELD_OUT on average.
 * Mixing units by an invertible matrix, scaling and shifting them changes nothing. */
static void delay_lines_remember_their_length(void **state)
{
    static double states[STEPS * UNITS], mixed[STEPS * UNITS];
    double by_delay[DELAYS], again[DELAYS];
    struct sequences s;
    (void)state;
    make(STEPS, 1, &s);
    memory_draw(1, 0, &s);
    delay_line(s.inputs, states);
    struct draws draws = draws_begin(2, 0);
    double mix[UNITS][UNITS];
    for (int i = 0; i < UNITS * UNITS; i++)
        mix[i / UNITS][i % UNITS] = draws_normal(&draws);
    for (int64_t t = 0; t < STEPS; t++)
        for (int i = 0; i < UNITS; i++) {
            mixed[t * UNITS + i] = 3.0 * i;
            for (int j = 0; j < UNITS; j++)
                mixed[t * UNITS + i] += mix[i][j] * states[t * UNITS + j];
        }
    const double capacity = capacity_of(states, UNITS, s.inputs, &usual, by_delay);
    assert_near(capacity_of(mixed, UNITS, s.inputs, &usual, again), capacity, 1e-8);
    double sum = 0.0;
    for (int k = 0; k < DELAYS; k++) {
        assert_near(by_delay[k], k < UNITS ? 1.0 : 0.0, k < UNITS ? 1e-12 : 16.0 / HELD_OUT);
        assert_near(again[k], by_delay[k], 1e-9);
        sum += by_delay[k];
    }
    assert_near(capacity, sum, 1e-12);
    assert_near(capacity, UNITS, 0.05);
    sequences_free(&s);
}

/* One unit: u(t - 3) with noise of variance v: r^2 = (1/3) / (1/3 + v), here 1/4; the spread of a squared correlation
 * r^2 is 2 r (1 - r^2) / sqrt(n). */
static void noise_lowers_it(void **state)
{
    static double states[STEPS];
    double by_delay[DELAYS];
    struct sequences s;
    (void)state;
    make(STEPS, 1, &s);
    memory_draw(4, 0, &s);
    struct draws draws = draws_begin(5, 0);
    for (int64_t t = 0; t < STEPS; t++)
        states[t] = 7.0 - (t < 3 ? 0.0 : s.inputs[t - 3]) + draws_normal(&draws);
    capacity_of(states, 1, s.inputs, &usual, by_delay);
    for (int k = 1; k <= DELAYS; k++)
        assert_near(by_delay[k - 1], k == 3 ? 0.25 : 0.0, k == 3 ? 5.0 * 0.75 / sqrt(HELD_OUT) : 16.0 / HELD_OUT);
    sequences_free(&s);
}

/* A random network of tanh units, which forgets. */
static void tanh_states(const double *series, double *states)
{
    struct draws draws = draws_begin(12, 0);
    double w[UNITS][UNITS], in[UNITS];
    for (int i = 0; i < UNITS; i++) {
        in[i] = draws_normal(&draws);
        for (int j = 0; j < UNITS; j++)
            w[i][j] = 0.8 / sqrt(UNITS) * draws_normal(&draws);
    }
    for (int64_t t = 0; t < STEPS; t++)
        for (int i = 0; i < UNITS; i++) {
            double z = in[i] * series[t] + 0.3;
            for (int j = 0; j < UNITS && t > 0; j++)
                z += w[i][j] * states[(t - 1) * UNITS + j];
            states[t * UNITS + i] = tanh(z);
        }
}

/* Least squares with a column of ones for the intercept and, for the ridge, a row sqrt(fitted * ridge * mean variance)
 * for each unit: dgels solves it by QR. */
static double naive_share(const double *states, const double *series, int64_t delay, double ridge)
{
    enum { COLUMNS = UNITS + 1, FITTED = STEPS - HELD_OUT - SKIP, ROWS = FITTED + UNITS };
    static double a[ROWS * COLUMNS], b[ROWS];
    double variance = 0.0;
    for (int i = 0; i < UNITS; i++) {
        double mean = 0.0, square = 0.0;
        for (int64_t t = SKIP; t < SKIP + FITTED; t++) {
            mean += states[t * UNITS + i] / FITTED;
            square += states[t * UNITS + i] * states[t * UNITS + i] / FITTED;
        }
        variance += (square - mean * mean) / UNITS;
    }
    for (int64_t row = 0; row < ROWS; row++) {
        for (int i = 0; i < COLUMNS; i++)
            a[row * COLUMNS + i] = row < FITTED        ? (i < UNITS ? states[(SKIP + row) * UNITS + i] : 1.0)
                                   : i == row - FITTED ? sqrt(FITTED * ridge * variance)
                                                       : 0.0;
        b[row] = row < FITTED ? series[SKIP + row - delay] : 0.0;
    }
    assert_int_equal(LAPACKE_dgels(LAPACK_ROW_MAJOR, 'N', ROWS, COLUMNS, 1, a, COLUMNS, b, 1), 0);
    double x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
    for (int64_t t = STEPS - HELD_OUT; t < STEPS; t++) {
        double guess = b[UNITS];
        for (int i = 0; i < UNITS; i++)
            guess += b[i] * states[t * UNITS + i];
        const double u = series[t - delay];
        x += guess / HELD_OUT;
        y += u / HELD_OUT;
        xx += guess * guess / HELD_OUT;
        yy += u * u / HELD_OUT;
        xy += guess * u / HELD_OUT;
    }
    return (xy - x * y) * (xy - x * y) / ((xx - x * x) * (yy - y * y));
}

static void it_is_that_of_least_squares(void **state)
{
    static const double ridges[] = { 0.0, 1e-3, 0.5 };
    static double states[STEPS * UNITS];
    struct sequences s;
    (void)state;
    make(STEPS, 1, &s);
    memory_draw(3, 0, &s);
    tanh_states(s.inputs, states);
    for (int r = 0; r < 3; r++) {
        struct capacity_options options = usual;
        double by_delay[DELAYS];
        options.ridge = ridges[r];
        const double capacity = capacity_of(states, UNITS, s.inputs, &options, by_delay);
        assert_true(capacity > 0.5 && capacity < UNITS);
        for (int k = 1; k <= DELAYS; k++)
            assert_near(by_delay[k - 1], naive_share(states, s.inputs, k, ridges[r]), 1e-8);
    }
    sequences_free(&s);
}

/* A state that does not vary tells nothing; with a ridge that is defined. */
static void units_that_say_nothing(void **state)
{
    static double states[STEPS * UNITS];
    struct capacity_options options = usual;
    struct sequences s;
    double capacity = 77.0;
    (void)state;
    make(STEPS, 1, &s);
    memory_draw(3, 0, &s);
    delay_line(s.inputs, states);
    for (int64_t t = 0; t < STEPS; t++)
        states[t * UNITS + 5] = states[t * UNITS + 2];
    assert_int_equal(memory_capacity(states, STEPS, UNITS, s.inputs, &options, NULL, &capacity, &message), -1);
    assert_true(capacity == 77.0);
    options.ridge = 1e-9;
    assert_near(capacity_of(states, UNITS, s.inputs, &options, NULL), UNITS - 1, 0.05);
    sequences_free(&s);
}

static void bad_measurements_are_refused(void **state)
{
    static const struct capacity_options bad[] = { { 0, 0, 10, 0.0 },     { 2, -1, 10, 0.0 }, { 2, 0, 1, 0.0 },
                                                   { 2, 0, 17, 0.0 },     { 2, 5, 14, 0.0 },  { 2, 0, 10, -1.0 },
                                                   { 2, 0, 10, INFINITY } };
    double states[20], series[20], capacity = 77.0;
    (void)state;
    for (int t = 0; t < 20; t++)
        states[t] = series[t] = sin(t);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(memory_capacity(states, 20, 1, series, &bad[i], NULL, &capacity, &message), -1);
    const struct capacity_options good = { 2, 0, 10, 0.0 };
    states[7] = NAN;
    assert_int_equal(memory_capacity(states, 20, 1, series, &good, NULL, &capacity, &message), -1);
    states[7] = 0.0;
    series[3] = INFINITY;
    assert_int_equal(memory_capacity(states, 20, 1, series, &good, NULL, &capacity, &message), -1);
    assert_true(capacity == 77.0);
    series[3] = 0.0;
    assert_int_equal(memory_capacity(states, 20, 1, series, &good, NULL, &capacity, &message), 0);
    assert_true(capacity >= 0.0 && capacity <= 2.0);
}

/* [4 2; 2 10] = L L^T with L = [2 0; 1 3]; L L^T x = (8, 22) has x = (1, 2). */
static void equations_by_hand(void **state)
{
    double a[] = { 4.0, 99.0, 2.0, 10.0 }, x[] = { 8.0, 22.0 };
    double singular[] = { 1.0, 2.0, 2.0, 4.0 }, indefinite[] = { 1.0, 2.0, 2.0, 1.0 }, nothing[] = { 0.0 };
    (void)state;
    assert_int_equal(cholesky_factor(a, 2), 0);
    assert_true(a[0] == 2.0 && a[2] == 1.0 && a[3] == 3.0);
    cholesky_solve(a, 2, x);
    assert_near(x[0], 1.0, 1e-15);
    assert_near(x[1], 2.0, 1e-15);
    assert_int_equal(cholesky_factor(singular, 2), -1);
    assert_int_equal(cholesky_factor(indefinite, 2), -1);
    assert_int_equal(cholesky_factor(nothing, 1), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(inputs_are_uniform_and_targets_late),
        quiet_test(delay_lines_remember_their_length),
        quiet_test(noise_lowers_it),
        quiet_test(it_is_that_of_least_squares),
        quiet_test(units_that_say_nothing),
        quiet_test(bad_measurements_are_refused),
        quiet_test(equations_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
