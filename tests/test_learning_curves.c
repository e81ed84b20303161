/* SPDX-License-Identifier: MIT
 *
 * What the examples read from learning curves, and the permuted tasks that they learn one after another. */
#include "../examples/common/forgetting.h"
#include "../examples/common/permuted_task.h"
#include "../examples/common/rate_scan.h"
#include "../examples/common/slowness.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static struct message message;

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g, expected %.17g within %g", value, expected, tolerance);
}

static struct slowness fit(const double *accuracy, int epochs)
{
    struct slowness slowness = { NAN, NAN, NAN };
    if (slowness_fit(accuracy, epochs, &slowness, &message) != 0)
        fail_msg("%s", message.text);
    return slowness;
}

static double cost(const double *accuracy, int epochs, double plateau, double s)
{
    double sum = 0.0;
    for (int n = 1; n <= epochs; n++)
        sum += pow(plateau * n / (s + n) - accuracy[n - 1], 2.0);
    return sum;
}

/* Halving an interval where the slope of the cost, by its formula, changes sign. */
static double naive_slowness(const double *accuracy, int epochs, double plateau)
{
    double low = 0.0, high = 1000.0;
    for (int step = 0; step < 200; step++) {
        const double s = (low + high) / 2.0;
        double slope = 0.0;
        for (int n = 1; n <= epochs; n++)
            slope -= 2.0 * (plateau * n / (s + n) - accuracy[n - 1]) * plateau * n / ((s + n) * (s + n));
        if (slope < 0.0)
            low = s;
        else
            high = s;
    }
    return low;
}

/* The window's maximum is below the plateau, so s comes out below what made the curve: .0473 for .05. */
static void exact_curves(void **state)
{
    static const double s[] = { 0.05, 0.001, 0.5, 3.0, 20.0 };
    double accuracy[59];
    (void)state;
    for (int i = 0; i < 5; i++) {
        for (int n = 1; n <= 59; n++)
            accuracy[n - 1] = 0.98 * n / (s[i] + n);
        const struct slowness found = fit(accuracy, 59);
        assert_true(found.plateau == accuracy[58]);
        assert_true(found.s < s[i]);
        assert_near(found.s, naive_slowness(accuracy, 59, accuracy[58]), 1e-9);
        assert_near(found.error, sqrt(cost(accuracy, 59, accuracy[58], found.s) / 59.0), 1e-12);
        if (i == 0)
            assert_near(found.s, 0.0473, 5e-5);
    }
}

/* Curves whose maximum is their true plateau: s is recovered but for the last point, which is weighed with the others.
 * With a single epoch, or a flat curve, A is reached at once: s = 0. Two epochs by hand: A/2 and A; the derivative of
 * (1/(s + 1) - 1/2)^2 + (2/(s + 2) - 1)^2 vanishes at .5305044 (by a program of its own). */
static void known_curves(void **state)
{
    static const double one[] = { 0.7 }, flat[] = { 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6 }, two[] = { 0.4, 0.8 };
    static const double noisy[] = { 0.1, 0.5, 0.45, 0.7, 0.66, 0.72, 0.71, 0.69 };
    (void)state;
    assert_near(fit(one, 1).s, 0.0, 1e-9);
    for (int epochs = 1; epochs <= 7; epochs++) {
        const double s = fit(flat, epochs).s;
        assert_true(s >= 0.0 && s < 1e-9);
    }
    assert_near(fit(two, 2).s, 0.5305044, 1e-6);
    assert_near(fit(noisy, 8).s, naive_slowness(noisy, 8, 0.72), 1e-9);
    assert_true(fit(noisy, 8).plateau == 0.72);
}

static void the_longer_the_slower(void **state)
{
    double accuracy[40], last = 0.0;
    (void)state;
    for (double s = 0.01; s < 30.0; s *= 1.5) {
        for (int n = 1; n <= 40; n++)
            accuracy[n - 1] = 90.0 * n / (s + n);
        const double found = fit(accuracy, 40).s;
        assert_true(found > last);
        last = found;
    }
}

static void bad_curves_are_refused(void **state)
{
    static const double bad[][2] = { { 0.5, NAN }, { 0.5, INFINITY }, { -0.1, 0.5 }, { 0.0, 0.0 } };
    struct slowness slowness = { 77.0, 0.0, 0.0 };
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(slowness_fit(bad[i], 2, &slowness, &message), -1);
    assert_int_equal(slowness_fit(bad[0], 0, &slowness, &message), -1);
    assert_true(slowness.plateau == 77.0);
}

/* The run that the notebook of GRAPES' authors has stored, to the two places that they print. */
static void forgetting_of_a_published_run(void **state)
{
    static const double accuracy[] = {
        95.20, 10.33, 12.05, 7.03,  7.51,  92.36, 95.27, 15.91, 5.00,  8.79,  90.44, 94.65, 95.25,
        3.57,  6.87,  73.93, 88.67, 94.24, 95.45, 9.10,  77.00, 86.11, 93.17, 94.09, 95.36,
    };
    static const double forgotten[] = { 0.0, 2.84, 2.69, 9.63, 7.70 };
    (void)state;
    for (int learned = 1; learned <= 5; learned++)
        assert_near(forgetting_mean(accuracy, 5, learned), forgotten[learned - 1], 0.005);
    assert_near(forgetting_accuracy(accuracy, 5, 5), 89.15, 0.005);
    assert_near(forgetting_accuracy(accuracy, 5, 1), 95.20, 1e-12);
    assert_near(forgetting_accuracy(accuracy, 5, 2), (92.36 + 95.27) / 2.0, 1e-12);
}

static void permutations_are_fixed_and_fair(void **state)
{
    enum { N = 5, SEEDS = 12000 };
    int32_t places[N], again[N];
    int at[N][N] = { { 0 } };
    (void)state;
    permuted_task_places(9, 0, N, places);
    for (int i = 0; i < N; i++)
        assert_int_equal(places[i], i);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        int seen[N] = { 0 };
        permuted_task_places(seed, 1 + (int)(seed % 4), N, places);
        permuted_task_places(seed, 1 + (int)(seed % 4), N, again);
        assert_memory_equal(places, again, sizeof places);
        for (int i = 0; i < N; i++) {
            assert_in_range(places[i], 0, N - 1);
            assert_int_equal(seen[places[i]]++, 0);
            at[i][places[i]]++;
        }
    }
    /* 2400 of each, standard deviation 44. */
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            assert_in_range(at[i][j], 2400 - 220, 2400 + 220);
}

static void tasks_and_seeds_differ(void **state)
{
    enum { N = 784 };
    static int32_t a[N], b[N];
    (void)state;
    permuted_task_places(1, 1, N, a);
    permuted_task_places(1, 2, N, b);
    assert_memory_not_equal(a, b, sizeof a);
    permuted_task_places(2, 1, N, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void pixels_change_places_alike(void **state)
{
    static const int32_t places[] = { 2, 0, 1 };
    static const float from[] = { 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f };
    static const float expected[] = { 3.0f, 1.0f, 2.0f, 6.0f, 4.0f, 5.0f };
    float to[6];
    (void)state;
    permuted_task_apply(places, 3, from, 2, to);
    assert_memory_equal(to, expected, sizeof to);
}

/* A learner that is best at 2^peak of the first guess; at two steps it does badly for no reason. */
static struct rate_scan search(int peak, int dip, int other)
{
    struct rate_scan scan = rate_scan_begin(0.3);
    double rate;
    while ((rate = rate_scan_next(&scan)) > 0.0) {
        const double step = log2(rate / 0.3);
        assert_near(step, round(step), 1e-12);
        for (int i = 0; i < scan.count; i++)
            assert_true(scan.scanned[i].rate != rate);
        rate_scan_add(&scan, fabs(step - dip) < 0.5 || fabs(step - other) < 0.5 ? -100.0 : -fabs(step - peak));
    }
    return scan;
}

static void searches_find_the_best_rate(void **state)
{
    (void)state;
    for (int peak = -8; peak <= 8; peak++) {
        const struct rate_scan scan = search(peak, 99, 99);
        assert_true(rate_scan_best(&scan) == ldexp(0.3, peak));
        /* Two worse ones on either side, and those on the way; going down begins with two useless ones above. */
        assert_int_equal(scan.count, peak >= 2 ? peak + 3 : peak >= 0 ? 5 : 5 - peak);
    }
    for (int peak = 2; peak <= 8; peak++)
        for (int dip = 1; dip + 2 < peak; dip++) {
            const struct rate_scan scan = search(peak, dip, dip + 2), mirrored = search(-peak, -dip, -dip - 2);
            assert_true(rate_scan_best(&scan) == ldexp(0.3, peak));
            assert_true(rate_scan_best(&mirrored) == ldexp(0.3, -peak));
        }
    assert_int_equal(search(99, -99, -99).count, MOST_SCANNED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(exact_curves),
        quiet_test(known_curves),
        quiet_test(the_longer_the_slower),
        quiet_test(bad_curves_are_refused),
        quiet_test(forgetting_of_a_published_run),
        quiet_test(permutations_are_fixed_and_fair),
        quiet_test(tasks_and_seeds_differ),
        quiet_test(pixels_change_places_alike),
        quiet_test(searches_find_the_best_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
