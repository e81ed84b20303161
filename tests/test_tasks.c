/* SPDX-License-Identifier: MIT
 *
 * The tasks in time of the examples: timing, noise, chances of what is drawn, and what an ideal observer can reach.
 * Bounds of random counts are five standard deviations; seeds are fixed. */
#include "../examples/common/bit_task.h"
#include "../examples/common/choice_task.h"
#include "../examples/common/delayed_xor.h"
#include "../examples/common/draws.h"
#include "../examples/common/image_rows.h"
#include "../examples/common/periodic_pattern.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 100000, BATCH = 1000, CHOICES = 3 };

static struct message message;

static void make(struct sequence_shape shape, int64_t batch, struct sequences *sequences)
{
    if (sequences_make(&shape, batch, sequences, &message) != 0)
        fail_msg("%s", message.text);
}

static void make_choice(const struct choice_task *task, int64_t batch, struct sequences *sequences)
{
    struct sequence_shape shape;
    if (choice_shape(task, &shape, &message) != 0)
        fail_msg("%s", message.text);
    make(shape, batch, sequences);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g, expected %.17g within %g", value, expected, tolerance);
}

/* `count` of n draws, each with this chance. */
static void assert_chance(int64_t count, int64_t n, double chance)
{
    assert_near((double)count / (double)n, chance, 5.0 * sqrt(chance * (1.0 - chance) / (double)n));
}

/* Worked out by an independent program. */
static void draws_are_those_of_the_formula(void **state)
{
    (void)state;
    struct draws draws = draws_begin(1, 0);
    const struct draws fresh = draws;
    assert_true(draws_word(&draws) == 0x6ec85f1f8547bc0cU && draws_word(&draws) == 0x6cf63afcc21a470aU);
    draws = fresh;
    assert_true(draws_uniform(&draws) == 0.4327449275927212);
    draws = fresh;
    assert_near(draws_normal(&draws), -1.1555550284866272, 1e-14);
    draws = fresh;
    const int below_five[] = { 2, 2, 2, 4, 0, 0 };
    for (int i = 0; i < 6; i++)
        assert_int_equal(draws_below(&draws, 5), below_five[i]);
    draws = draws_begin(7, 3);
    assert_true(draws_word(&draws) == 0x014ccac5e052070cU && draws_word(&draws) == 0xe8bf0259b17aad85U);
}

static void draws_have_their_laws(void **state)
{
    enum { N = 400000, SIDES = 7 };
    int64_t counts[SIDES] = { 0 };
    double moments[5] = { 0.0 }, uniform = 0.0, square = 0.0, neighbours = 0.0, last = 0.0;
    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        struct draws draws = draws_begin(3, i);
        const int side = draws_below(&draws, SIDES);
        const double u = draws_uniform(&draws), z = draws_normal(&draws);
        assert_in_range(side, 0, SIDES - 1);
        assert_true(u > 0.0 && u < 1.0);
        counts[side]++;
        uniform += u / N;
        square += u * u / N;
        for (int k = 1; k <= 4; k++)
            moments[k] += pow(z, k) / N;
        neighbours += z * last / N;
        last = z;
    }
    for (int i = 0; i < SIDES; i++)
        assert_chance(counts[i], N, 1.0 / SIDES);
    /* Variances of the means: 1/12, 4/45; 1, 2, 15, 96, 1. */
    assert_near(uniform, 0.5, 5.0 * sqrt(1.0 / 12.0 / N));
    assert_near(square, 1.0 / 3.0, 5.0 * sqrt(4.0 / 45.0 / N));
    assert_near(moments[1], 0.0, 5.0 * sqrt(1.0 / N));
    assert_near(moments[2], 1.0, 5.0 * sqrt(2.0 / N));
    assert_near(moments[3], 0.0, 5.0 * sqrt(15.0 / N));
    assert_near(moments[4], 3.0, 5.0 * sqrt(96.0 / N));
    assert_near(neighbours, 0.0, 5.0 * sqrt(1.0 / N));
}

/* Without noise every input of every step is known; time in units of 100 ms. */
static double quiet_input(const struct choice_task *task, const struct choice_trial *trial, int time, int input)
{
    const int pair = input >= 3 && input < 5, line = (input - 1) % 2;
    if (input == 0)
        return time < 7 ? 1.0 : 0.0;
    if (input >= 5)
        return trial->cued == input - 5 && (time < 7 || !task->cue_ends_at_decision) ? 1.0 : 0.0;
    switch (task->kind) {
    case CHOICE_2AF:
        return time >= 7 ? 0.0 : 0.5 + (line == trial->side[0] ? 1.0 : -1.0) * trial->coherence[0] / 200.0;
    case CHOICE_DMS:
        return time == 0 ? line == trial->side[0] : time == 6 ? line == trial->side[1] : 0.0;
    default:
        if (time >= 2)
            return 0.0;
        return (1.0 + (line == trial->side[pair] ? 1.0 : -1.0) * trial->coherence[pair] / 100.0) / 2.0;
    }
}

static void check_timing(struct choice_task task, int64_t fine)
{
    struct sequences s;
    struct choice_trial trials[64];
    make_choice(&task, 64, &s);
    assert_int_equal(s.shape.steps, 8 * fine);
    assert_int_equal(s.shape.inputs, task.kind == CHOICE_CXT ? 7 : 3);
    assert_int_equal(s.shape.classes, CHOICES);
    assert_int_equal(choice_decision(&task), 7 * fine);
    choice_draw(&task, 5, 0, &s, trials);
    for (int64_t t = 0; t < s.shape.steps; t++)
        for (int64_t b = 0; b < s.batch; b++) {
            const int time = (int)(t / fine);
            for (int i = 0; i < (int)s.shape.inputs; i++)
                assert_near(sequences_input(&s, t, b)[i], quiet_input(&task, &trials[b], time, i), 1e-15);
            assert_int_equal(s.labels[t * s.batch + b], time < 7 ? 0 : trials[b].label);
            assert_true(s.mask[t * s.batch + b] == 1.0);
        }
    sequences_free(&s);
}

static void trials_have_their_periods(void **state)
{
    (void)state;
    for (int kind = CHOICE_2AF; kind <= CHOICE_CXT; kind++) {
        check_timing((struct choice_task){ .kind = (enum choice_kind)kind }, 1);
        check_timing((struct choice_task){ .kind = (enum choice_kind)kind, .dt = 50.0 }, 2);
        check_timing((struct choice_task){ .kind = (enum choice_kind)kind, .dt = 100.0 / 3.0 }, 3);
    }
    check_timing((struct choice_task){ .kind = CHOICE_CXT, .cue_ends_at_decision = true }, 1);
}

/* What is on top of the quiet trial: independent, of the right size, and only where it belongs. */
static void check_noise(enum choice_kind kind, double dt, double sd)
{
    const struct choice_task task = { .kind = kind, .dt = dt, .sigma = choice_sigma };
    static struct choice_trial trials[BATCH];
    struct sequences s;
    double sum = 0.0, squares = 0.0, lines = 0.0, steps = 0.0;
    int64_t n = 0;
    make_choice(&task, BATCH, &s);
    choice_draw(&task, 8, 0, &s, trials);
    const int fine = (int)(s.shape.steps / 8);
    for (int64_t b = 0; b < BATCH; b++) {
        double before[7] = { 0.0 };
        for (int64_t t = 0; t < s.shape.steps; t++) {
            const int time = (int)(t / fine);
            const bool stimulus = kind == CHOICE_2AF   ? time < 7
                                  : kind == CHOICE_DMS ? time == 0 || time == 6
                                                       : time < 2;
            double noise[7] = { 0.0 };
            for (int i = 0; i < (int)s.shape.inputs; i++) {
                noise[i] = sequences_input(&s, t, b)[i] - quiet_input(&task, &trials[b], time, i);
                if (!stimulus || (i == 0 && kind != CHOICE_CXT)) {
                    assert_true(noise[i] == 0.0);
                    continue;
                }
                n++;
                sum += noise[i];
                squares += noise[i] * noise[i];
                steps += noise[i] * before[i];
            }
            lines += noise[1] * noise[2];
            memcpy(before, noise, sizeof before);
        }
    }
    const double root = sqrt((double)n), variance = sd * sd;
    assert_near(sum / (double)n, 0.0, 5.0 * sd / root);
    assert_near(squares / (double)n, variance, 5.0 * sqrt(2.0) * variance / root);
    assert_near(steps / (double)n, 0.0, 5.0 * variance / root);
    assert_near(lines / (double)n, 0.0, 5.0 * variance / root);
    sequences_free(&s);
}

/* sigma / sqrt(dt): .1 at 100 ms, .1414 at 50 ms. */
static void noise_scales_with_the_step(void **state)
{
    (void)state;
    for (int kind = CHOICE_2AF; kind <= CHOICE_CXT; kind++) {
        check_noise((enum choice_kind)kind, 0.0, 0.1);
        check_noise((enum choice_kind)kind, 50.0, 0.1 * sqrt(2.0));
    }
}

/* Which of the values it is. */
static int index_of(double value, const double *values, int n)
{
    for (int i = 0; i < n; i++)
        if (value == values[i])
            return i;
    fail_msg("%g was drawn", value);
    return -1;
}

/* Every combination of what is drawn is as likely as every other. */
static void draws_are_balanced(void **state)
{
    static const double two[] = { 0.0, 6.4, 12.8, 25.6, 51.2 }, context[] = { 5.0, 15.0, 50.0 };
    static struct choice_trial trials[BATCH];
    static int64_t counts[3][72];
    static const int cells[3] = { 10, 4, 72 };
    (void)state;
    for (int kind = CHOICE_2AF; kind <= CHOICE_CXT; kind++) {
        const struct choice_task task = { .kind = (enum choice_kind)kind };
        struct sequences s;
        make_choice(&task, BATCH, &s);
        for (int first = 0; first < TRIALS; first += BATCH) {
            choice_draw(&task, 11, (uint64_t)first, &s, trials);
            for (int b = 0; b < BATCH; b++) {
                const struct choice_trial *trial = &trials[b];
                int cell = trial->side[0];
                if (kind == CHOICE_2AF) {
                    cell = cell * 5 + index_of(trial->coherence[0], two, 5);
                    assert_int_equal(trial->label, 1 + trial->side[0]);
                } else if (kind == CHOICE_DMS) {
                    cell = cell * 2 + trial->side[1];
                    assert_int_equal(trial->label, trial->side[0] == trial->side[1] ? 1 : 2);
                } else {
                    cell = cell * 2 + trial->side[1];
                    cell = cell * 2 + trial->cued;
                    cell = cell * 3 + index_of(trial->coherence[0], context, 3);
                    cell = cell * 3 + index_of(trial->coherence[1], context, 3);
                    assert_int_equal(trial->label, 1 + trial->side[trial->cued]);
                }
                counts[kind][cell]++;
            }
        }
        for (int cell = 0; cell < cells[kind]; cell++)
            assert_chance(counts[kind][cell], TRIALS, 1.0 / cells[kind]);
        sequences_free(&s);
    }
}

/* The difference of a pair from step `first` to before `end`. */
static double difference(const struct sequences *s, int64_t b, int line, int64_t first, int64_t end)
{
    double sum = 0.0;
    for (int64_t t = first; t < end; t++)
        sum += sequences_input(s, t, b)[line] - sequences_input(s, t, b)[line + 1];
    return sum;
}

/* The best choice from the inputs alone; the cue is read where no noise lies on it. */
static int ideal_choice(enum choice_kind kind, const struct sequences *s, int64_t b)
{
    const int64_t fine = s->shape.steps / 8;
    if (kind == CHOICE_2AF)
        return difference(s, b, 1, 0, 7 * fine) > 0.0 ? 1 : 2;
    if (kind == CHOICE_DMS)
        return difference(s, b, 1, 0, fine) * difference(s, b, 1, 6 * fine, 7 * fine) > 0.0 ? 1 : 2;
    const int line = sequences_input(s, 4 * fine, b)[5] == 1.0 ? 1 : 3;
    return difference(s, b, line, 0, 2 * fine) > 0.0 ? 1 : 2;
}

static double ideal_accuracy(enum choice_kind kind, double dt)
{
    const struct choice_task task = { .kind = kind, .dt = dt, .sigma = choice_sigma };
    struct sequences s;
    double accuracy = 0.0;
    make_choice(&task, BATCH, &s);
    double *scores = calloc((size_t)(sequences_rows(&s) * CHOICES), sizeof *scores);
    assert_non_null(scores);
    for (int first = 0; first < TRIALS; first += BATCH) {
        choice_draw(&task, 21, (uint64_t)first, &s, NULL);
        memset(scores, 0, (size_t)(sequences_rows(&s) * CHOICES) * sizeof *scores);
        for (int64_t b = 0; b < BATCH; b++)
            for (int64_t t = choice_decision(&task); t < s.shape.steps; t++)
                scores[(t * BATCH + b) * CHOICES + ideal_choice(kind, &s, b)] = 1.0;
        accuracy += sequences_accuracy(&s, scores, CHOICES, choice_decision(&task), s.shape.steps) * BATCH / TRIALS;
    }
    free(scores);
    sequences_free(&s);
    return accuracy;
}

static double normal_distribution(double z)
{
    return 0.5 * erfc(-z / sqrt(2.0));
}

/* Of the summed difference mean and sd are known: 7 c / 100 and .1 sqrt(14) (2AF), 2 c / 100 and .1 sqrt(4) (CXT), and
 * their ratio does not depend on dt. */
static void ideal_observer_reaches_the_ceiling(void **state)
{
    static const double two[] = { 0.0, 6.4, 12.8, 25.6, 51.2 }, context[] = { 5.0, 15.0, 50.0 };
    double ceiling_2af = 0.0, ceiling_cxt = 0.0;
    (void)state;
    for (int i = 0; i < 5; i++)
        ceiling_2af += normal_distribution(0.07 * two[i] / (0.1 * sqrt(14.0))) / 5.0;
    for (int i = 0; i < 3; i++)
        ceiling_cxt += normal_distribution(0.02 * context[i] / (0.1 * sqrt(4.0))) / 3.0;
    assert_true(ceiling_2af > 0.87 && ceiling_2af < 0.90);
    assert_near(ceiling_cxt, 0.87, 0.01);
    for (double dt = 100.0; dt >= 50.0; dt /= 2.0) {
        const double five_sd = 5.0 * sqrt(0.87 * 0.13 / TRIALS);
        assert_near(ideal_accuracy(CHOICE_2AF, dt), ceiling_2af, five_sd);
        assert_near(ideal_accuracy(CHOICE_CXT, dt), ceiling_cxt, five_sd);
        assert_near(ideal_accuracy(CHOICE_DMS, dt), 1.0, 1e-12); /* summed over batches */
    }
}

static void assert_same_trial(const struct sequences *a, int64_t i, const struct sequences *b, int64_t j, bool same)
{
    int64_t differing = 0;
    for (int64_t t = 0; t < a->shape.steps; t++)
        differing +=
            memcmp(sequences_input(a, t, i), sequences_input(b, t, j), (size_t)a->shape.inputs * sizeof(double)) != 0;
    assert_true(same ? differing == 0 : differing > 0);
}

/* A trial follows from seed and number, whatever batch it is in and whatever lay there before. */
static void trials_follow_their_seeds(void **state)
{
    const struct choice_task task = { .kind = CHOICE_CXT, .sigma = choice_sigma };
    const struct delayed_xor xor_task = { .cue = 4, .delay = 3, .noise = 0.01 };
    const struct bit_task bits = { .order = BITS_XOR, .delay = 2, .steps = 200 };
    struct sequence_shape shape;
    struct sequences a, b;
    (void)state;
    make_choice(&task, 9, &a);
    make_choice(&task, 3, &b);
    choice_draw(&task, 2, 100, &a, NULL);
    choice_draw(&task, 1, 0, &b, NULL);
    assert_same_trial(&a, 0, &b, 0, false);
    choice_draw(&task, 2, 104, &b, NULL);
    for (int i = 0; i < 3; i++) {
        assert_same_trial(&a, 4 + i, &b, i, true);
        assert_same_trial(&a, 3 + i, &b, i, false);
    }
    sequences_free(&a);
    sequences_free(&b);
    assert_int_equal(delayed_xor_shape(&xor_task, &shape, &message), 0);
    make(shape, 9, &a);
    make(shape, 3, &b);
    delayed_xor_draw(&xor_task, 2, 100, &a, NULL);
    delayed_xor_draw(&xor_task, 2, 104, &b, NULL);
    assert_same_trial(&a, 4, &b, 0, true);
    assert_same_trial(&a, 3, &b, 0, false);
    sequences_free(&a);
    sequences_free(&b);
    assert_int_equal(bit_shape(&bits, &shape, &message), 0);
    make(shape, 9, &a);
    make(shape, 3, &b);
    bit_draw(&bits, 2, 100, &a);
    bit_draw(&bits, 2, 104, &b);
    assert_same_trial(&a, 4, &b, 0, true);
    assert_same_trial(&a, 3, &b, 0, false);
    sequences_free(&a);
    sequences_free(&b);
}

/* The first and last step of a cue are two sd from its top: 2 exp(-2) + .02; with 100 steps the middle two are 2/99 sd
 * away, 2 exp(-(2/99)^2 / 2) + .02. */
static void cues_are_bumps(void **state)
{
    const struct delayed_xor task = { .noise = 0.0 };
    struct sequence_shape shape;
    struct sequences s;
    struct delayed_xor_trial trials[32];
    (void)state;
    assert_int_equal(delayed_xor_shape(&task, &shape, &message), 0);
    assert_true(shape.steps == 900 && shape.inputs == 2 && shape.classes == 2 && shape.outputs == 0);
    make(shape, 32, &s);
    delayed_xor_draw(&task, 4, 0, &s, trials);
    for (int64_t b = 0; b < 32; b++) {
        assert_int_equal(trials[b].label, trials[b].cues[0] == trials[b].cues[1]);
        for (int64_t t = 0; t < 900; t++) {
            const bool carries = t == 899;
            const double *input = sequences_input(&s, t, b);
            const int64_t steps[2] = { t, t - 800 };
            assert_int_equal(s.labels[t * 32 + b], carries ? trials[b].label : -1);
            assert_true(s.mask[t * 32 + b] == (carries ? 1.0 : 0.0));
            for (int i = 0; i < 2; i++) {
                const bool on = trials[b].cues[i] == 1 && steps[i] >= 0 && steps[i] < 100;
                const double ms = -50.0 + 100.0 * (double)steps[i] / 99.0;
                assert_near(input[i], 0.02 + (on ? 2.0 * exp(-ms * ms / (2.0 * 25.0 * 25.0)) : 0.0), 1e-14);
            }
        }
        if (trials[b].cues[1] == 1) {
            assert_near(sequences_input(&s, 800, b)[1], 0.2906705664732254, 1e-14);
            assert_near(sequences_input(&s, 849, b)[1], 2.019591920017739, 1e-14);
        }
    }
    sequences_free(&s);
}

static void delayed_xor_is_balanced_and_noisy(void **state)
{
    const struct delayed_xor task = { .cue = 4, .delay = 2, .noise = 0.01 };
    static struct delayed_xor_trial trials[BATCH];
    int64_t counts[4] = { 0 };
    struct sequence_shape shape;
    struct sequences s;
    double squares = 0.0, sum = 0.0;
    (void)state;
    assert_int_equal(delayed_xor_shape(&task, &shape, &message), 0);
    assert_int_equal(shape.steps, 10);
    make(shape, BATCH, &s);
    for (int first = 0; first < TRIALS; first += BATCH) {
        delayed_xor_draw(&task, 9, (uint64_t)first, &s, trials);
        for (int64_t b = 0; b < BATCH; b++) {
            counts[trials[b].cues[0] * 2 + trials[b].cues[1]]++;
            for (int64_t t = 4; t < 6; t++)
                for (int i = 0; i < 2; i++) {
                    const double noise = sequences_input(&s, t, b)[i] - 0.02;
                    sum += noise;
                    squares += noise * noise;
                }
        }
    }
    for (int i = 0; i < 4; i++)
        assert_chance(counts[i], TRIALS, 0.25);
    assert_near(sum / (4.0 * TRIALS), 0.0, 5.0 * 0.01 / sqrt(4.0 * TRIALS));
    assert_near(squares / (4.0 * TRIALS), 1e-4, 5.0 * 1e-4 * sqrt(2.0 / (4.0 * TRIALS)));
    sequences_free(&s);
}

/* sin 22.5 = .3826834323650898, sin 45 = .7071067811865476 degrees. */
static void pattern_has_its_values(void **state)
{
    struct sequences s;
    (void)state;
    make(pattern_shape(PATTERN_STEPS), 2, &s);
    assert_int_equal(s.shape.steps, 100);
    pattern_fill(&s);
    double mean = 0.0;
    for (int row = 0; row < 200; row++) {
        assert_true(s.inputs[row] == 0.0 && s.mask[row] == 1.0);
        assert_true(s.targets[row] == s.targets[row / 2 * 2]);
        mean += s.targets[row] / 200.0;
    }
    assert_near(mean, 0.0, 1e-15);
    assert_near(s.targets[0], 0.0, 1e-15);
    assert_near(s.targets[2 * 25], 1.0, 1e-14);
    assert_near(s.targets[2 * 75], -1.0, 1e-14);
    sequences_free(&s);
    make(pattern_shape(16), 1, &s);
    pattern_fill(&s);
    assert_near(s.targets[1], 0.3826834323650898 + 0.5 * 0.7071067811865476 + 0.25, 1e-14);
    assert_near(s.targets[2], 0.7071067811865476 + 0.5, 1e-14);
    assert_near(s.targets[3], 0.9238795325112867 + 0.5 * 0.7071067811865476 - 0.25, 1e-14);
    sequences_free(&s);
}

/* Nested absolute differences of the last 2^order bits, `delay` apart: another way to say parity. */
static double nested(const double *bits, int64_t order, int64_t delay)
{
    if (order == 0)
        return bits[-delay];
    const int64_t half = delay << (order - 1);
    return fabs(nested(bits, order - 1, delay) - nested(bits - half, order - 1, delay));
}

static void bits_are_remembered(void **state)
{
    enum { STEPS = 2000, DELAY = 7 };
    (void)state;
    for (int order = BITS_COPY; order <= 3; order++) {
        const struct bit_task task = { .order = order, .delay = DELAY, .steps = STEPS };
        struct sequence_shape shape;
        struct sequences s;
        double bits[STEPS];
        int64_t ones = 0, inputs = 0;
        assert_int_equal(bit_shape(&task, &shape, &message), 0);
        assert_true(shape.steps == STEPS && shape.inputs == 1 && shape.classes == 2 && shape.outputs == 1);
        make(shape, 4, &s);
        bit_draw(&task, 13, 0, &s);
        const int64_t first = bit_first(&task);
        assert_int_equal(first, DELAY << order);
        for (int64_t b = 0; b < 4; b++) {
            for (int64_t t = 0; t < STEPS; t++) {
                const int64_t row = t * 4 + b;
                bits[t] = s.inputs[row];
                assert_true(bits[t] == 0.0 || bits[t] == 1.0);
                const double expected = t < first ? 0.0 : nested(bits + t, order, DELAY);
                assert_true(s.targets[row] == expected);
                assert_int_equal(s.labels[row], t < first ? -1 : (int)expected);
                assert_true(s.mask[row] == (t < first ? 0.0 : 1.0));
                inputs += bits[t] == 1.0;
                ones += s.targets[row] == 1.0;
            }
        }
        assert_chance(inputs, 4 * STEPS, 0.5);
        assert_chance(ones, 4 * (STEPS - first), 0.5);
        sequences_free(&s);
    }
}

static void images_come_row_by_row(void **state)
{
    float pixels[] = { 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 1.1f, 1.2f, 1.3f, 1.4f, 1.5f, 1.6f };
    uint8_t labels[] = { 3, 8 };
    const struct idx_set set = { { pixels, 2, 3, 2 }, { labels, 2 } };
    const int32_t order[] = { 1, 0, 1 };
    struct sequences s;
    (void)state;
    make(image_rows_shape(&set.images, 10), 3, &s);
    assert_true(s.shape.steps == 3 && s.shape.inputs == 2 && s.shape.classes == 10);
    image_rows_fill(&set, order, &s);
    for (int64_t t = 0; t < 3; t++)
        for (int64_t b = 0; b < 3; b++) {
            for (int i = 0; i < 2; i++)
                assert_true(sequences_input(&s, t, b)[i] == (double)pixels[order[b] * 6 + t * 2 + i]);
            assert_int_equal(s.labels[t * 3 + b], t < 2 ? -1 : labels[order[b]]);
            assert_true(s.mask[t * 3 + b] == (t < 2 ? 0.0 : 1.0));
        }
    sequences_free(&s);
}

/* Two steps of two trials and one more, counted by hand: 1 right of 2 with three columns, 2 of 3 with one. */
static void accuracy_counts_labelled_rows(void **state)
{
    const double three[] = { 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 2, 5, 0, 0, 0, 5, 0 };
    const double one[] = { 0.9, 0.9, 0.2, 0.7, 0.5, 0.1 };
    struct sequences s;
    (void)state;
    make((struct sequence_shape){ .steps = 3, .inputs = 1, .classes = 3 }, 2, &s);
    sequences_label(&s, 1, 0, 0);
    sequences_label(&s, 1, 1, 2);
    sequences_label(&s, 2, 0, 0);
    assert_true(sequences_accuracy(&s, three, 3, 1, 2) == 0.5);
    assert_near(sequences_accuracy(&s, three, 3, 0, 3), 2.0 / 3.0, 1e-15);
    assert_true(isnan(sequences_accuracy(&s, three, 3, 0, 1)));
    s.labels[3] = 1;
    assert_true(sequences_accuracy(&s, one, 1, 0, 3) == 1.0);
    s.labels[2] = 1;
    assert_near(sequences_accuracy(&s, one, 1, 0, 3), 2.0 / 3.0, 1e-15);
    sequences_free(&s);
}

/* A network takes the views as they are, and finds the rows that carry a loss. */
static void networks_take_the_views(void **state)
{
    const struct bit_task task = { .order = BITS_COPY, .delay = 3, .steps = 10 };
    struct sequence_shape shape;
    struct sequences s;
    plast_context *context = NULL;
    plast_network *network = NULL;
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 1, .seed = 1 };
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 2, .activation = PLAST_SOFTMAX };
    plast_report report = { PLAST_REPORT };
    (void)state;
    assert_int_equal(bit_shape(&task, &shape, &message), 0);
    make(shape, 5, &s);
    bit_draw(&task, 1, 0, &s);
    const struct sequence_views views = sequences_view(&s);
    assert_true(views.targets.rows == 50 && views.targets.cols == 1 && views.targets.data == s.targets);
    const plast_data data = { PLAST_DATA, .inputs = &views.inputs, .targets = &views.labels, .loss_mask = &views.mask };
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &layer, NULL), PLAST_OK);
    assert_int_equal(plast_network_evaluate(network, NULL, &data, &report), PLAST_OK);
    assert_int_equal(report.samples, 50);
    assert_int_equal(report.losses, 5 * (10 - 3));
    plast_network_destroy(network);
    plast_context_destroy(context);
    sequences_free(&s);
}

static void bad_tasks_are_refused(void **state)
{
    static const struct choice_task choices[] = { { .dt = 30.0 },    { .dt = -100.0 }, { .dt = 200.0 }, { .dt = NAN },
                                                  { .sigma = -1.0 }, { .sigma = NAN }, { .dt = 1e-9 } };
    static const struct delayed_xor delayed[] = { { .cue = 1 }, { .delay = -1 }, { .noise = -1.0 }, { .cue = -2 } };
    static const struct bit_task bits[] = { { 0, 0, 5 }, { 0, 5, 5 }, { 1, 5, 10 }, { -1, 1, 5 }, { 60, 1, 5 } };
    const struct sequence_shape shapes[] = { { 0, 1, 0, 0 }, { 1, 0, 0, 0 }, { 1, 1, -1, 0 }, { 1, 1, 0, -1 } };
    struct sequence_shape shape = { .steps = 77 };
    struct sequences sequences;
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        assert_int_equal(choice_shape(&choices[i], &shape, &message), -1);
    for (size_t i = 0; i < sizeof delayed / sizeof delayed[0]; i++)
        assert_int_equal(delayed_xor_shape(&delayed[i], &shape, &message), -1);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        assert_int_equal(bit_shape(&bits[i], &shape, &message), -1);
    assert_int_equal(shape.steps, 77);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        assert_int_equal(sequences_make(&shapes[i], 1, &sequences, &message), -1);
    assert_int_equal(bit_shape(&(struct bit_task){ 1, 5, 11 }, &shape, &message), 0);
    assert_int_equal(sequences_make(&shape, 0, &sequences, &message), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(draws_are_those_of_the_formula),
        quiet_test(draws_have_their_laws),
        quiet_test(trials_have_their_periods),
        quiet_test(noise_scales_with_the_step),
        quiet_test(draws_are_balanced),
        quiet_test(ideal_observer_reaches_the_ceiling),
        quiet_test(trials_follow_their_seeds),
        quiet_test(cues_are_bumps),
        quiet_test(delayed_xor_is_balanced_and_noisy),
        quiet_test(pattern_has_its_values),
        quiet_test(bits_are_remembered),
        quiet_test(images_come_row_by_row),
        quiet_test(accuracy_counts_labelled_rows),
        quiet_test(networks_take_the_views),
        quiet_test(bad_tasks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
