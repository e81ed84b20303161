/* SPDX-License-Identifier: MIT
 *
 * Lyapunov exponents of random networks and of products of random matrices, as a host's own systems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/estimates.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/systems.h"

enum { MOST = 200 };
static double states[SYSTEMS_TRAJECTORIES * MOST];

static estimate of_network(network_system *net, double scale, const plast_lyapunov_options *options, int64_t steps)
{
    const plast_system system = network_map(net);
    const int64_t trajectories = options->trajectories > 0 ? options->trajectories : 1;
    for (int64_t i = 0; i < trajectories; i++)
        network_start(net, scale, 40 + (uint64_t)i, states + i * net->n);
    estimate e = estimate_make(&system, options);
    estimate_run(&e, states, options->transient + options->alignment + steps);
    return e;
}

/* All of them, by a formula. A z-score beyond 4 has a probability of 6e-5. */
static void products_of_random_matrices_follow_the_formula(void **state)
{
    enum { N = 24, STEPS = 1500 };
    product_system product = { .n = N, .g = 1.3, .seed = 3 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 100 };
    const plast_system system = gaussian_product(&product);
    double x[N] = { 0 }, worst = 0.0;
    (void)state;
    assert_near(digamma(1.0), -0.577215664901532861, 1e-13); /* Euler's constant, and psi(1/2) = psi(1) - 2 ln 2 */
    assert_near(digamma(0.5), -1.96351002602142348, 1e-13);
    estimate e = estimate_make(&system, &options);
    estimate_run(&e, x, 100 + STEPS);
    for (int i = 0; i < N; i++) {
        assert_near(e.exponents[i], product_exponent(&product, i), 4.0 * e.errors[i]);
        worst = fmax(worst, e.errors[i]);
    }
    assert_true(worst < 0.06); /* the last one's variance is psi'(1/2) / 4 = 1.23 a step: 0.029 */
    assert_true(e.errors[0] < 0.01 && e.errors[N - 1] > 0.01);
    estimate_free(&e);
    product.n = 64; /* printed values of an independent program */
    assert_near(product_exponent(&product, 0), 0.25451, 1e-5);
    assert_near(product_exponent(&product, 31), -0.08413, 1e-5);
    assert_near(product_exponent(&product, 63), -2.45226, 1e-5);
}

/* g < 1: the origin attracts, and the exponents there are those of J itself. */
static void a_quiet_network_has_the_logarithms_of_its_eigenvalues(void **state)
{
    enum { N = 60, K = 10 };
    double logs[N];
    (void)state;
    for (int i = 0; i < 2; i++) {
        network_system net = network_make(N, i == 0 ? 0.5 : 0.9, 0.0, 0, 9);
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = K, .transient = 400,
                                                 .alignment = 400 };
        estimate e = of_network(&net, 1e-3, &options, 2500);
        log_eigenvalues(N, net.j, logs);
        for (int j = 0; j < K; j++)
            assert_near(e.exponents[j], logs[j], 8e-3); /* complex pairs share their modulus up to O(1 / T) */
        assert_true(e.exponents[0] < 0.0);
        estimate_free(&e);
        network_free(&net);
    }
}

/* D of x' = J relu(x) is J times a mask, so about half of the directions die at once, and those that live scale with
 * J. */
static void dead_directions_are_counted(void **state)
{
    enum { N = 24 };
    double first[N];
    int64_t dead = 0;
    (void)state;
    for (int scaled = 0; scaled < 3; scaled++) {
        const double c = scaled == 0 ? 1.0 : scaled == 1 ? 0.5 : 0.7;
        network_system net = network_make(N, 1.3 * c, 0.0, 1, 12);
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 50 };
        estimate e = of_network(&net, 1.0, &options, 300);
        if (scaled == 0) {
            memcpy(first, e.exponents, sizeof first);
            dead = e.summary.dead;
        }
        assert_true(e.summary.dead == dead && dead > N / 4 && dead < N);
        assert_true(e.summary.sum == -INFINITY && e.summary.collapsed == 0);
        for (int j = 0; j < N; j++) {
            assert_false(isnan(e.exponents[j]) || isnan(e.errors[j]));
            assert_true((e.exponents[j] == -INFINITY) == (j >= N - dead));
            if (j < N - dead)
                assert_near(e.exponents[j], first[j] + log(c), 1e-10);
        }
        estimate_free(&e);
        network_free(&net);
    }
}

/* Onset of growth at g = sqrt 2: half of the units are silent. sd 0.06 over networks at N = 200. */
static void relu_networks_grow_by_half_of_their_units(void **state)
{
    double sum = 0.0;
    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        network_system net = network_make(100, 1.0, 0.0, 1, 100 + seed);
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = 1, .transient = 20,
                                                 .alignment = 50 };
        estimate e = of_network(&net, 1.0, &options, 200);
        sum += e.exponents[0] / 8;
        estimate_free(&e);
        network_free(&net);
    }
    assert_near(sum, log(1.0 / sqrt(2.0)), 0.1);
}

/* The largest exponent of tanh networks in discrete time, over networks: means and spreads of an independent
 * program. Those that are driven by noise differ little from network to network. */
static void tanh_networks_have_the_known_largest_exponent(void **state)
{
    static const struct {
        double g, sigma;
        int64_t n;
        double mean, sd;
    } known[] = {
        { 3.0, 0.0, 100, 0.283, 0.007 }, { 2.0, 0.5, 100, 0.103, 0.005 }, { 2.0, 1.0, 100, 0.025, 0.004 },
        { 3.0, 1.0, 100, 0.241, 0.005 }, { 1.0, 1.0, 50, -0.490, 0.015 }, { 5.0, 0.0, 50, 0.444, 0.016 },
    };
    enum { NETS = 3 };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double mean = 0.0;
        for (uint64_t seed = 0; seed < NETS; seed++) {
            network_system net = network_make(known[i].n, known[i].g, known[i].sigma, 0, 200 + seed);
            const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = 1, .transient = 200,
                                                     .alignment = 100 };
            estimate e = of_network(&net, 1.0, &options, 500);
            assert_near(e.exponents[0], known[i].mean, 4.0 * known[i].sd + 3.0 * e.errors[0]);
            mean += e.exponents[0] / NETS;
            estimate_free(&e);
            network_free(&net);
        }
        assert_near(mean, known[i].mean, 3.5 * known[i].sd);
    }
}

/* Adapted intervals give the exponents of interval 1. It is the same orbit and the same frame, so they differ by the
 * frame's last interval alone, not statistically; the chaotic ones diverge by rounding, and differ by their errors. */
static void adapted_intervals_give_the_same_exponents(void **state)
{
    static const struct {
        double g;
        int64_t n, k;
        double saved; /* steps per factorisation, at least */
    } cases[] = {
        { 0.5, 24, 24, 1.5 }, { 1.5, 24, 24, 1.5 }, { 2.0, 24, 24, 1.0 }, { 5.0, 24, 24, 1.0 }, { 10.0, 40, 10, 1.2 }
    };
    enum { STEPS = 800 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        network_system net = network_make(cases[i].n, cases[i].g, 0.3, 0, 31);
        plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = cases[i].k, .transient = 100,
                                           .alignment = 100, .interval = 1 };
        estimate one = of_network(&net, 1.0, &options, STEPS);
        memset(net.now, 0, sizeof net.now);
        options.interval = 0;
        estimate adapted = of_network(&net, 1.0, &options, STEPS);
        for (int64_t j = 0; j < cases[i].k; j++)
            assert_near(adapted.exponents[j], one.exponents[j], 4.0 * one.errors[j] + 1e-9);
        assert_int_equal(one.summary.factorisations, STEPS + 100);
        assert_true((double)adapted.summary.factorisations * cases[i].saved <= (double)(STEPS + 100));
        assert_true(cases[i].g == 5.0 || adapted.summary.collapsed == 0);
        assert_true(adapted.summary.collapsed < one.summary.collapsed + STEPS / 50);
        assert_true(adapted.summary.dead == 0 && one.summary.dead == 0);
        estimate_free(&one);
        estimate_free(&adapted);
        network_free(&net);
    }
}

/* Several noisy trajectories at once: their mean is the estimate, each is what it is alone. */
static void trajectories_are_averaged(void **state)
{
    enum { N = 30, K = 3, MANY = 3 };
    double each[MANY * K];
    const plast_matrix values = plast_output_f64(each, MANY, K);
    network_system net = network_make(N, 2.0, 0.5, 0, 8);
    plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = K, .transient = 100, .alignment = 100,
                                       .trajectories = MANY };
    (void)state;
    estimate e = of_network(&net, 1.0, &options, 1000);
    assert_int_equal(plast_lyapunov_get(e.lyapunov, PLAST_LYAPUNOV_TRAJECTORIES, &values), PLAST_OK);
    for (int j = 0; j < K; j++) {
        assert_near((each[j] + each[K + j] + each[2 * K + j]) / 3.0, e.exponents[j], 1e-14);
        assert_true(each[j] != each[K + j] && each[j] != each[2 * K + j]);
        for (int i = 0; i < MANY; i++)
            assert_near(each[i * K + j], e.exponents[j], 6.0 * e.errors[j]);
    }
    memset(net.now, 0, sizeof net.now);
    options.trajectories = 0;
    estimate alone = of_network(&net, 1.0, &options, 1000);
    for (int j = 0; j < K; j++) {
        assert_near(alone.exponents[j], each[j], 3e-3);   /* other intervals: up to 64 steps fewer or more */
        assert_true(alone.errors[j] > 1.1 * e.errors[j]); /* sqrt 3, on average */
    }
    estimate_free(&e);
    estimate_free(&alone);
    network_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(products_of_random_matrices_follow_the_formula),
        quiet_test(a_quiet_network_has_the_logarithms_of_its_eigenvalues),
        quiet_test(dead_directions_are_counted),
        quiet_test(relu_networks_grow_by_half_of_their_units),
        quiet_test(tanh_networks_have_the_known_largest_exponent),
        quiet_test(adapted_intervals_give_the_same_exponents),
        quiet_test(trajectories_are_averaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
