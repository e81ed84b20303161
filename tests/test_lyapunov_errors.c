/* SPDX-License-Identifier: MIT
 *
 * Standard errors are honest: in 300 runs the true value lies within two of them as often as it should. With 20 to 40
 * blocks that is 94 to 95 % (Student's distribution), and in 300 runs 89 to 98.5 % leaves three and more deviations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "support/estimates.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/systems.h"

enum { RUNS = 300, MOST = 4 };

typedef struct tally {
    int within[MOST];
    double error[MOST], square[MOST]; /* mean standard error, mean square of the true error */
} tally;

static void count(const estimate *e, const double *truth, tally *t)
{
    for (int64_t j = 0; j < e->k; j++) {
        const double apart = e->exponents[j] - truth[j];
        t->within[j] += fabs(apart) <= 2.0 * e->errors[j];
        t->error[j] += e->errors[j] / RUNS;
        t->square[j] += apart * apart / RUNS;
    }
}

static void check(int64_t k, const tally *t)
{
    for (int64_t j = 0; j < k; j++) {
        assert_true(t->within[j] >= 0.89 * RUNS && t->within[j] <= 0.985 * RUNS);
        assert_near(t->error[j] / sqrt(t->square[j]), 1.0, 0.2); /* four deviations of the root of a mean of 300 */
    }
}

static void of_random_products(void **state)
{
    enum { N = 4 };
    double truth[N], x[N] = { 0 };
    tally t = { { 0 }, { 0 }, { 0 } };
    (void)state;
    product_system product = { .n = N, .g = 1.0 };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 20, .blocks = 20 };
    const plast_system system = gaussian_product(&product);
    for (int i = 0; i < N; i++)
        truth[i] = product_exponent(&product, i);
    estimate e = estimate_make(&system, &options);
    for (uint64_t run = 0; run < RUNS; run++) {
        product.seed = 5000 + run;
        product.now = 0;
        assert_int_equal(plast_lyapunov_reset(e.lyapunov, run), PLAST_OK);
        estimate_run(&e, x, 420);
        assert_true(e.summary.blocks >= 20 && e.summary.blocks < 40);
        count(&e, truth, &t);
    }
    check(N, &t);
    estimate_free(&e);
}

static void of_the_henon_map(void **state)
{
    static const double truth[2] = { 0.41922, -1.62319 };
    tally t = { { 0 }, { 0 }, { 0 } };
    (void)state;
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 100, .alignment = 50, .blocks = 20 };
    const plast_system system = henon_map();
    estimate e = estimate_make(&system, &options);
    for (uint64_t run = 0; run < RUNS; run++) {
        double x[2] = { 0.1 + 1e-3 * (double)run, 0.1 };
        assert_int_equal(plast_lyapunov_reset(e.lyapunov, run), PLAST_OK);
        estimate_run(&e, x, 3150);
        count(&e, truth, &t);
    }
    check(2, &t);
    estimate_free(&e);
}

/* The logistic map's exponents of consecutive blocks undo each other: its estimate is much better than it says. */
static void of_the_logistic_map_are_conservative(void **state)
{
    static const double truth[1] = { 0.69314718055994530942 };
    tally t = { { 0 }, { 0 }, { 0 } };
    (void)state;
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 100, .blocks = 20 };
    const plast_system system = logistic_map();
    estimate e = estimate_make(&system, &options);
    for (uint64_t run = 0; run < RUNS; run++) {
        double x = 0.1234 + 1e-3 * (double)run;
        assert_int_equal(plast_lyapunov_reset(e.lyapunov, run), PLAST_OK);
        estimate_run(&e, &x, 2100);
        count(&e, truth, &t);
    }
    assert_true(t.within[0] >= 0.99 * RUNS && t.error[0] > 2.0 * sqrt(t.square[0]));
    estimate_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(of_random_products),
        quiet_test(of_the_henon_map),
        quiet_test(of_the_logistic_map_are_conservative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
