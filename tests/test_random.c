/* SPDX-License-Identifier: MIT
 *
 * Philox-4x32-10 against the known answers of its authors' library (Random123, kat_vectors), and what is drawn from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "support/quiet.h"

enum { PAIRS = 200000 };

static void block_function_gives_known_answers(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } known[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t out[4] = { 0 };
        plast__philox(known[i].counter, known[i].key, out);
        for (int k = 0; k < 4; k++)
            assert_int_equal(out[k], known[i].expected[k]);
    }
}

static void output_may_be_the_counter_itself(void **state)
{
    const uint32_t key[2] = { 0xa4093822, 0x299f31d0 };
    uint32_t block[4] = { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 };
    (void)state;
    plast__philox(block, key, block);
    assert_int_equal(block[0], 0xd16cfe09);
    assert_int_equal(block[3], 0x24126ea1);
}

typedef void pair_function(uint64_t seed, uint64_t object, uint64_t index, double out[2]);

/* Mean, variance and the two covariances (within a pair, from pair to pair), in units of their standard errors. */
static void check_moments(pair_function *draw, double mean, double variance, double kurtosis)
{
    const double n = 2.0 * PAIRS;
    double sum = 0.0, squares = 0.0, within = 0.0, between = 0.0, last = mean;
    for (uint64_t i = 0; i < PAIRS; i++) {
        double u[2];
        draw(7, 3, i, u);
        sum += u[0] + u[1];
        squares += (u[0] - mean) * (u[0] - mean) + (u[1] - mean) * (u[1] - mean);
        within += (u[0] - mean) * (u[1] - mean);
        between += (u[0] - mean) * (last - mean);
        last = u[1];
    }
    assert_true(fabs(sum / n - mean) < 5.0 * sqrt(variance / n));
    assert_true(fabs(squares / n - variance) < 5.0 * variance * sqrt((kurtosis - 1.0) / n));
    assert_true(fabs(within / PAIRS) < 5.0 * variance / sqrt((double)PAIRS));
    assert_true(fabs(between / PAIRS) < 5.0 * variance / sqrt((double)PAIRS));
}

static void uniform_numbers_have_their_moments(void **state)
{
    (void)state;
    check_moments(plast__uniform_pair, 0.5, 1.0 / 12.0, 9.0 / 5.0);
}

static void normal_numbers_have_their_moments(void **state)
{
    (void)state;
    check_moments(plast__normal_pair, 0.0, 1.0, 3.0);
}

static void uniform_numbers_fill_the_open_interval_evenly(void **state)
{
    enum { BINS = 50 };
    int64_t count[BINS] = { 0 };
    double least = 1.0, most = 0.0, chi_squared = 0.0;
    (void)state;
    for (uint64_t i = 0; i < PAIRS; i++) {
        double u[2];
        plast__uniform_pair(1, 0, i, u);
        for (int k = 0; k < 2; k++) {
            assert_true(u[k] > 0.0 && u[k] < 1.0);
            assert_true(ldexp(u[k], 52) - floor(ldexp(u[k], 52)) == 0.5); /* mid-cell: 0 and 1 cannot occur */
            count[(int)(u[k] * BINS)]++;
            least = fmin(least, u[k]);
            most = fmax(most, u[k]);
        }
    }
    for (int k = 0; k < BINS; k++)
        chi_squared += pow((double)count[k] - 2.0 * PAIRS / BINS, 2.0) / (2.0 * PAIRS / BINS);
    assert_true(fabs(chi_squared - (BINS - 1)) < 5.0 * sqrt(2.0 * (BINS - 1)));
    assert_true(least < 1e-4 && most > 1.0 - 1e-4);
}

/* Kolmogorov and Smirnov's distance on a grid; 1.95 / sqrt(n) is passed once in a thousand sets. */
static void normal_numbers_follow_the_normal_distribution(void **state)
{
    enum { POINTS = 61 };
    int64_t below[POINTS] = { 0 };
    (void)state;
    for (uint64_t i = 0; i < PAIRS; i++) {
        double u[2];
        plast__normal_pair(2, 9, i, u);
        assert_true(isfinite(u[0]) && isfinite(u[1]));
        for (int k = 0; k < POINTS; k++)
            below[k] += (u[0] < -3.0 + 0.1 * k) + (u[1] < -3.0 + 0.1 * k);
    }
    for (int k = 0; k < POINTS; k++) {
        const double expected = 0.5 * erfc(-(-3.0 + 0.1 * k) / sqrt(2.0));
        assert_true(fabs((double)below[k] / (2.0 * PAIRS) - expected) < 1.95 / sqrt(2.0 * PAIRS));
    }
}

/* Each of the 64 bits of seed, object and index matters, and nothing else does. */
static void every_bit_of_the_address_counts(void **state)
{
    double first[2], again[2], other[2];
    (void)state;
    plast__uniform_pair(5, 6, 7, first);
    plast__uniform_pair(5, 6, 7, again);
    assert_memory_equal(first, again, sizeof first);
    for (int bit = 0; bit < 64; bit++) {
        const uint64_t flip = (uint64_t)1 << bit;
        plast__uniform_pair(5 ^ flip, 6, 7, other);
        assert_true(first[0] != other[0] && first[1] != other[1]);
        plast__uniform_pair(5, 6 ^ flip, 7, other);
        assert_true(first[0] != other[0] && first[1] != other[1]);
        plast__uniform_pair(5, 6, 7 ^ flip, other);
        assert_true(first[0] != other[0] && first[1] != other[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(block_function_gives_known_answers),
        quiet_test(output_may_be_the_counter_itself),
        quiet_test(uniform_numbers_have_their_moments),
        quiet_test(normal_numbers_have_their_moments),
        quiet_test(uniform_numbers_fill_the_open_interval_evenly),
        quiet_test(normal_numbers_follow_the_normal_distribution),
        quiet_test(every_bit_of_the_address_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
