/* SPDX-License-Identifier: MIT
 *
 * What the examples compute beside learning: orders of images, places of names in figures, means and deviations. */
#include "../examples/common/arguments.h"
#include "../examples/common/dataset.h"
#include "../examples/common/marks.h"
#include "../examples/common/statistics.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 7, SAMPLES = 24 };

/* Every round of seven holds each image once, the last one none twice; seeds and rounds differ. */
static void each_image_comes_once_a_round(void **state)
{
    int32_t deck[IMAGES];
    int32_t order[SAMPLES];
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        dataset_shuffle(seed, IMAGES, deck, SAMPLES, order);
        for (int from = 0; from < SAMPLES; from += IMAGES) {
            int seen[IMAGES] = { 0 };
            for (int i = from; i < from + IMAGES && i < SAMPLES; i++) {
                assert_in_range(order[i], 0, IMAGES - 1);
                assert_int_equal(seen[order[i]]++, 0);
            }
        }
    }
}

/* Each image comes first in a seventh of 7000 shuffles: 1000, standard deviation 29, so 5 of them either way. */
static void every_order_is_as_likely(void **state)
{
    int32_t deck[IMAGES];
    int32_t order[IMAGES];
    int first[IMAGES] = { 0 };
    int last[IMAGES] = { 0 };
    (void)state;
    for (uint64_t seed = 1; seed <= 7000; seed++) {
        dataset_shuffle(seed, IMAGES, deck, IMAGES, order);
        first[order[0]]++;
        last[order[IMAGES - 1]]++;
    }
    for (int i = 0; i < IMAGES; i++) {
        assert_in_range(first[i], 855, 1145);
        assert_in_range(last[i], 855, 1145);
    }
}

static void orders_follow_the_seeds(void **state)
{
    struct message message = { "" };
    int32_t deck[IMAGES];
    int32_t alone[SAMPLES];
    (void)state;
    int32_t *orders = dataset_orders(3, IMAGES, SAMPLES, &message);
    assert_non_null(orders);
    for (int seed = 0; seed < 3; seed++) {
        dataset_shuffle((uint64_t)seed + 1, IMAGES, deck, SAMPLES, alone);
        assert_memory_equal(orders + (ptrdiff_t)seed * SAMPLES, alone, sizeof alone);
    }
    assert_memory_not_equal(orders, orders + SAMPLES, sizeof alone);
    assert_memory_not_equal(orders, orders + IMAGES, IMAGES * sizeof *orders);
    free(orders);
}

/* Worked out by hand: 1 and 1.2 go apart by as much; 5 has room and stays. */
static void crowded_marks_move_apart(void **state)
{
    struct mark marks[] = { { .line = 0, .wanted = 5.0 }, { .line = 1, .wanted = 1.2 }, { .line = 2, .wanted = 1.0 } };
    const int lines[] = { 2, 1, 0 };
    const double places[] = { 0.6, 1.6, 5.0 };
    (void)state;
    marks_spread(marks, 3, 1.0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(marks[i].line, lines[i]);
        assert_true(fabs(marks[i].place - places[i]) < 1e-12);
    }
}

/* By hand: 9 and 10 go down to 7 and 8, 6.5 gives way to them, 2 has room. */
static void marks_stay_below(void **state)
{
    struct mark marks[] = { { .place = 2.0 }, { .place = 6.5 }, { .place = 9.0 }, { .place = 10.0 } };
    const double places[] = { 2.0, 6.0, 7.0, 8.0 };
    (void)state;
    marks_lower(marks, 4, 1.0, 8.0);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(marks[i].place - places[i]) < 1e-12);
}

/* As many names as the largest figure has, all at one place: they keep their order, their middle, and the gap but for a
 * tenth, which is what the fixed number of rounds leaves. */
static void many_marks_at_one_place(void **state)
{
    enum { N = 13 };
    struct mark marks[N];
    double middle = 0.0;
    (void)state;
    for (int i = 0; i < N; i++)
        marks[i] = (struct mark){ .line = i, .wanted = 3.0 };
    marks_spread(marks, N, 0.5);
    for (int i = 0; i < N; i++) {
        middle += marks[i].place / N;
        assert_true(i == 0 || marks[i].place - marks[i - 1].place > 0.45);
    }
    assert_true(fabs(middle - 3.0) < 1e-12);
}

/* 2, 4, 9: mean 5, squares of the deviations 9 + 1 + 16 = 26, over 2 = 13. */
static void mean_and_deviation(void **state)
{
    const double values[] = { 2.0, 4.0, 9.0 };
    (void)state;
    struct summary three = summarise(values, 3);
    assert_true(fabs(three.mean - 5.0) < 1e-14 && fabs(three.sd - sqrt(13.0)) < 1e-14);
    struct summary one = summarise(values, 1);
    assert_true(one.mean == 2.0 && one.sd == 0.0);
}

/* What is given arrives, what is not stays, and of two choices the last one counts. What is wrong is said aloud, so
 * that tests/packaging/demo.py has it. */
static void options_go_where_they_belong(void **state)
{
    const char *out = "here", *data = "there";
    bool quick = false, full = false;
    int size = 1, seeds = 0, threads = 5;
    double rate = 0.5;
    const struct argument arguments[] = {
        { "data", .text = &data },
        { "out", .text = &out },
        { "full", .flag = &full },
        { "quick", .flag = &quick },
        { "small", .choice = &size, .value = 2 },
        { "large", .choice = &size, .value = 3 },
        { "seeds", .count = &seeds, .least = 2, .most = 12 },
        { "threads", .count = &threads, .most = MOST_THREADS },
        { "rate", .rate = &rate, .most = 10 },
        { .name = NULL },
    };
    char *given[] = { "test", "--large", "--out", "far", "--quick", "--seeds", "12", "--rate=1e-3", "--small", NULL };
    (void)state;
    assert_int_equal(arguments_parse("test", arguments, 9, given), 0);
    assert_string_equal(out, "far");
    assert_string_equal(data, "there");
    assert_true(quick && !full);
    assert_int_equal(size, 2);
    assert_int_equal(seeds, 12);
    assert_int_equal(threads, 5);
    assert_true(rate == 1e-3);
}

static void bounds_of_counts_and_rates_belong_to_them(void **state)
{
    int count = 0;
    double rate = 0.0;
    const struct argument arguments[] = {
        { "from-one", .count = &count, .most = 12 },
        { "from-two", .count = &count, .least = 2, .most = MOST_THREADS },
        { "rate", .rate = &rate, .most = 10 },
        { .name = NULL },
    };
    char *one[] = { "test", "--from-one", "1", NULL };
    char *two[] = { "test", "--from-two=2", NULL };
    char *most[] = { "test", "--from-two", "256", NULL };
    char *highest[] = { "test", "--rate", "10", NULL };
    (void)state;
    assert_int_equal(arguments_parse("test", arguments, 3, one), 0);
    assert_int_equal(count, 1);
    assert_int_equal(arguments_parse("test", arguments, 2, two), 0);
    assert_int_equal(count, 2);
    assert_int_equal(arguments_parse("test", arguments, 3, most), 0);
    assert_int_equal(count, MOST_THREADS);
    assert_int_equal(arguments_parse("test", arguments, 3, highest), 0);
    assert_true(rate == 10.0);
    assert_in_range(arguments_threads(), 1, MOST_THREADS);
}

static void help_comes_before_the_rest(void **state)
{
    bool quick = false;
    const struct argument arguments[] = { { "quick", .flag = &quick }, { .name = NULL } };
    char *given[] = { "test", "--help", "--nonsense", NULL };
    (void)state;
    assert_int_equal(arguments_parse("test", arguments, 3, given), ARGUMENTS_HELP);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(each_image_comes_once_a_round),
        quiet_test(every_order_is_as_likely),
        quiet_test(orders_follow_the_seeds),
        quiet_test(crowded_marks_move_apart),
        quiet_test(marks_stay_below),
        quiet_test(many_marks_at_one_place),
        quiet_test(mean_and_deviation),
        quiet_test(options_go_where_they_belong),
        quiet_test(bounds_of_counts_and_rates_belong_to_them),
        quiet_test(help_comes_before_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
