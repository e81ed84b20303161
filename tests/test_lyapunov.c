/* SPDX-License-Identifier: MIT
 *
 * Lyapunov exponents of systems for which they are known: exactly, from the literature, or from long runs of
 * independent programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/estimates.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/systems.h"

static const double LN2 = 0.69314718055994530942;

/* ---- linear maps ---- */

static void rotations_neither_grow_nor_shrink(void **state)
{
    enum { N = 12 };
    static double q[N * N];
    linear_system linear = { .n = N, .count = 1, .matrices = q };
    const plast_lyapunov_options plans[] = { { PLAST_LYAPUNOV_OPTIONS, .interval = 1 }, { PLAST_LYAPUNOV_OPTIONS } };
    (void)state;
    fill_orthogonal(4, N, q);
    for (int p = 0; p < 2; p++) {
        const plast_system system = linear_map(&linear);
        double x[N] = { 0 };
        estimate e = estimate_make(&system, &plans[p]);
        estimate_run(&e, x, 1000);
        for (int i = 0; i < N; i++)
            assert_near(e.exponents[i], 0.0, 1e-12); /* 1000 steps of rounding */
        if (p == 1)
            assert_true(e.summary.interval == 64 && e.summary.factorisations < 40);
        estimate_free(&e);
    }
}

static void permutations_too(void **state)
{
    static const double swap[9] = { 0, 1, 0, 0, 0, 1, 1, 0, 0 };
    linear_system linear = { .n = 3, .count = 1, .matrices = swap };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .interval = 1 };
    const plast_system system = linear_map(&linear);
    double x[3] = { 0 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 100);
    for (int i = 0; i < 3; i++)
        assert_near(e.exponents[i], 0.0, 1e-13);
    estimate_free(&e);
}

/* Rotation and scaling: all directions grow alike. */
static void a_similarity_grows_by_its_factor(void **state)
{
    enum { N = 5 };
    static double q[N * N];
    linear_system linear = { .n = N, .count = 1, .matrices = q };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS };
    const plast_system system = linear_map(&linear);
    double x[N] = { 0 };
    (void)state;
    fill_orthogonal(5, N, q);
    for (int i = 0; i < N * N; i++)
        q[i] *= 2.5;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 2000);
    for (int i = 0; i < N; i++)
        assert_near(e.exponents[i], log(2.5), 1e-12);
    estimate_free(&e);
}

/* Once the frame is aligned, the first half being dropped, exponents are the logarithms themselves. */
static void a_diagonal_map_gives_its_logarithms(void **state)
{
    static const double d[9] = { 0.8, 0, 0, 0, 1.1, 0, 0, 0, 0.3 };
    linear_system linear = { .n = 3, .count = 1, .matrices = d };
    (void)state;
    for (int64_t interval = 0; interval <= 5; interval++) {
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 500, .interval = interval };
        const plast_system system = linear_map(&linear);
        double x[3] = { 0 };
        estimate e = estimate_make(&system, &options);
        estimate_run(&e, x, 1000);
        assert_near(e.exponents[0], log(1.1), 1e-12);
        assert_near(e.exponents[1], log(0.8), 1e-12);
        assert_near(e.exponents[2], log(0.3), 1e-12);
        estimate_free(&e);
    }
}

/* Without any transient the bias of the first frame, the logarithm of its share in the leading direction, falls as 1
 * / T. */
static void a_short_run_has_the_bias_of_its_first_frame(void **state)
{
    static const double d[4] = { 1.1, 0, 0, 0.8 };
    linear_system linear = { .n = 2, .count = 1, .matrices = d };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .interval = 1 };
    const plast_system system = linear_map(&linear);
    double x[2] = { 0 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 1000);
    const double before = e.exponents[0] - log(1.1);
    estimate_run(&e, x, 3000);
    assert_true(before < 0.0);
    assert_near(4.0 * (e.exponents[0] - log(1.1)), before, -0.01 * before);
    assert_near(e.exponents[1], log(0.8), 1e-3);
    assert_near(e.summary.sum, log(0.88), 1e-12);
    estimate_free(&e);
}

static void a_linear_map_gives_its_eigenvalues(void **state)
{
    enum { N = 20 };
    static double m[N * N], q[N * N], d[N * N];
    linear_system linear = { .n = N, .count = 1, .matrices = m };
    (void)state;
    /* Triangular, so its eigenvalues stand on the diagonal; then turned. Non-normal. */
    fill_orthogonal(6, N, q);
    fill_normal(7, N * N, d);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            d[i * N + j] = i == j ? pow(0.85, i) : i < j ? 0.2 * d[i * N + j] : 0.0;
    turn(N, q, d, m);
    for (int64_t interval = 0; interval <= 1; interval++) {
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 500, .interval = interval };
        const plast_system system = linear_map(&linear);
        double x[N] = { 0 };
        estimate e = estimate_make(&system, &options);
        estimate_run(&e, x, 1000);
        for (int i = 0; i < N; i++)
            assert_near(e.exponents[i], i * log(0.85), 1e-8);
        estimate_free(&e);
    }
}

/* The pair's weight swaps in each step, so the error falls as 1 / T only. */
static void a_complex_pair_shares_its_modulus(void **state)
{
    static const double m[9] = { 0.9, -0.7, 0.3, 0.2, 0.9, 0.1, 0, 0, 0.4 };
    linear_system linear = { .n = 3, .count = 1, .matrices = m };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 1000 };
    const plast_system system = linear_map(&linear);
    const double modulus = 0.5 * log(0.81 + 0.14);
    double x[3] = { 0 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 11000);
    assert_near(e.exponents[0], modulus, 1e-3);
    assert_near(e.exponents[1], modulus, 1e-3);
    assert_near(e.exponents[2], log(0.4), 1e-8);
    assert_near(e.exponents[0] + e.exponents[1], 2.0 * modulus, 1e-8);
    estimate_free(&e);
}

/* Newest Jacobian leftmost: C B A and A B C have different exponents, those of the product's eigenvalues. */
static void the_newest_derivative_stands_leftmost(void **state)
{
    enum { N = 3 };
    static double forward[3 * N * N], backward[3 * N * N];
    (void)state;
    fill_normal(21, 3 * N * N, forward);
    for (int i = 0; i < 3; i++)
        memcpy(backward + i * N * N, forward + (2 - i) * N * N, sizeof(double) * N * N);
    double known[2][N], found[2][N];
    const double *lists[2] = { forward, backward };
    for (int l = 0; l < 2; l++) {
        linear_system linear = { .n = N, .count = 3, .matrices = lists[l] };
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 300 };
        const plast_system system = linear_map(&linear);
        double x[N] = { 0 };
        estimate e = estimate_make(&system, &options);
        estimate_run(&e, x, 3300);
        memcpy(found[l], e.exponents, sizeof found[l]);
        estimate_free(&e);
        cycle_exponents(N, 3, lists[l], known[l]);
        for (int i = 0; i < N; i++)
            assert_near(found[l][i], known[l][i], 2e-3); /* there may be a complex pair */
    }
    assert_true(fabs(known[0][0] - known[1][0]) > 0.01); /* else the test shows nothing */
}

/* ---- maps ---- */

static void the_logistic_map_doubles(void **state)
{
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 1000 };
    const plast_lyapunov_options bits = { PLAST_LYAPUNOV_OPTIONS, .transient = 1000, .log_base = 2 };
    const plast_system system = logistic_map();
    double x = 0.1234, y = 0.1234;
    (void)state;
    estimate e = estimate_make(&system, &options), b = estimate_make(&system, &bits);
    estimate_run(&e, &x, 11000);
    estimate_run(&b, &y, 11000);
    assert_near(e.exponents[0], LN2, 6e-4); /* four times the rms error of a run of 1e4 steps */
    assert_near(e.exponents[0], b.exponents[0] * LN2, 1e-15);
    assert_near(e.summary.entropy, e.exponents[0], 0.0);
    assert_near(e.summary.dimension, 1.0, 0.0);
    estimate_free(&e);
    estimate_free(&b);
}

/* 1/2 goes to 1 and 0: the slope there is 0, the direction dies, and then the state sits at a fixed point. 1/4 sits on
 * the fixed point 3/4, whose exponent happens to be ln 2 too. */
static void the_logistic_map_has_special_points(void **state)
{
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS };
    const plast_system system = logistic_map();
    double x = 0.5, y = 0.25;
    (void)state;
    estimate e = estimate_make(&system, &options), f = estimate_make(&system, &options);
    estimate_run(&e, &x, 100);
    assert_true(e.exponents[0] == -INFINITY && e.summary.dead == 1 && e.errors[0] == 0.0);
    assert_true(e.summary.entropy == 0.0 && e.summary.dimension == 0.0 && e.summary.sum == -INFINITY);
    assert_true(x == 0.0);
    estimate_run(&f, &y, 100);
    assert_near(f.exponents[0], LN2, 1e-15 + 0.02); /* the first step has slope 2, as all others */
    assert_true(y == 0.75);
    estimate_free(&e);
    estimate_free(&f);
}

static void henon_has_its_exponents_and_an_exact_sum(void **state)
{
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 100, .alignment = 100,
                                             .sum_rule = 1 };
    const plast_system system = henon_map();
    double x[2] = { 0.1, 0.1 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 100200);
    assert_near(e.exponents[0], 0.41922, 4 * 0.0009); /* sd of a run of 1e5 steps */
    assert_near(e.exponents[1], -1.62319, 4 * 0.0009);
    assert_near(e.exponents[0], 0.41922, 4 * e.errors[0]);
    assert_near(e.summary.sum, log(0.3), 1e-10);
    assert_near(e.summary.log_determinant, log(0.3), 1e-10);
    assert_near(e.summary.dimension, 1.2583, 4 * 0.001);
    assert_near(e.summary.dimension, 1.0 + e.exponents[0] / -e.exponents[1], 1e-15);
    assert_true(e.summary.factorisations * 3 < e.summary.steps && e.summary.collapsed == 0);
    estimate_free(&e);
}

static void the_folded_towel_is_hyperchaotic(void **state)
{
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 1000, .alignment = 1000 };
    const plast_system system = towel_map();
    double x[3] = { 0.085, -0.121, 0.075 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 42000);
    assert_true(e.exponents[0] > 0.43 && e.exponents[0] < 0.44); /* 0.434 to 0.436 after 2e4 steps in ChaosTools.jl */
    assert_true(e.exponents[1] > 0.36 && e.exponents[1] < 0.38 && e.exponents[2] < -3.0);
    estimate_free(&e);
}

/* ---- Lorenz ---- */

static void lorenz_has_its_exponents(void **state)
{
    lorenz_system lorenz = { .h = 0.01 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 2000, .alignment = 2000,
                                             .time_step = 0.01 };
    const plast_system system = lorenz_flow(&lorenz);
    double x[3] = { 1.0, 1.0, 1.0 };
    (void)state;
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 104000);
    /* se of a run of 1000 time units: 0.0135, and little less for the last; 0 is known better */
    assert_near(e.exponents[0], 0.9057, 4 * 0.0135);
    assert_near(e.exponents[1], 0.0, 0.005);
    assert_near(e.exponents[2], -14.5723, 4 * 0.0135);
    for (int i = 0; i < 3; i++)
        assert_true(e.errors[i] > 0.0 && e.errors[i] < 0.03);
    assert_near(e.exponents[0], 0.9057, 4 * e.errors[0]);
    assert_near(e.exponents[2], -14.5723, 4 * e.errors[2]);
    assert_near(e.summary.sum, -13.66667, 5e-4);
    assert_near(e.summary.dimension, 2.062, 0.004);
    assert_near(e.summary.time, 1000.0, 0.65);
    assert_true(e.summary.factorisations * 20 < e.summary.steps);
    estimate_free(&e);
}

/* 4 time units: the directions grow apart by 62 in logarithms, and beyond 36 all is rounding. */
static void an_interval_too_long_is_told(void **state)
{
    lorenz_system lorenz = { .h = 0.01 };
    const plast_system system = lorenz_flow(&lorenz);
    (void)state;
    for (int64_t interval = 100; interval <= 400; interval += 300) {
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 1000, .alignment = 1000,
                                                 .time_step = 0.01, .interval = interval };
        double x[3] = { 1.0, 1.0, 1.0 };
        estimate e = estimate_make(&system, &options);
        const plast_status status = plast_lyapunov_run(e.lyapunov, x, 12000);
        if (interval == 100) {
            assert_int_equal(status, PLAST_OK);
            estimate_read(&e);
            assert_near(e.summary.sum, -13.66667, 5e-4);
        } else {
            assert_int_equal(status, PLAST_E_RANGE);
            assert_non_null(strstr(plast_context_error(e.context), "interval 400 is too long"));
            assert_int_equal(plast_lyapunov_run(e.lyapunov, x, 1), PLAST_E_STATE);
        }
        estimate_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(rotations_neither_grow_nor_shrink),
        quiet_test(permutations_too),
        quiet_test(a_similarity_grows_by_its_factor),
        quiet_test(a_diagonal_map_gives_its_logarithms),
        quiet_test(a_short_run_has_the_bias_of_its_first_frame),
        quiet_test(a_linear_map_gives_its_eigenvalues),
        quiet_test(a_complex_pair_shares_its_modulus),
        quiet_test(the_newest_derivative_stands_leftmost),
        quiet_test(the_logistic_map_doubles),
        quiet_test(the_logistic_map_has_special_points),
        quiet_test(henon_has_its_exponents_and_an_exact_sum),
        quiet_test(the_folded_towel_is_hyperchaotic),
        quiet_test(lorenz_has_its_exponents),
        quiet_test(an_interval_too_long_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
