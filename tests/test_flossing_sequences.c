/* SPDX-License-Identifier: MIT
 *
 * Flossing over several sequences in an update: loss and gradient are the means of what each alone has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { INPUTS = 2, N = 5, GATED = 3, STEPS = 9, SKIP = 2, B = 3, K = 2, ROWS = STEPS * B, MOST = 400 };

static fail_allocator memory;
static double x[ROWS * INPUTS]; /* time-major */

static stack begin(int32_t dtype)
{
    const stack_plan plan = { .dtype = dtype,
                              .inputs = INPUTS,
                              .layers = 3,
                              .layer = { { "recurrent", { .units = N, .activation = PLAST_TANH, .alpha = 0.6 } },
                                         { "gru", { .units = GATED } },
                                         { "dense", { .units = 2 } } },
                              .allocator = &memory.table };
    fail_allocator_init(&memory, 0);
    fill_uniform(7, ROWS * INPUTS, x);
    return stack_make(&plan);
}

static void end(stack *s)
{
    stack_free(s);
    assert_int_equal(memory.live_blocks, 0);
    assert_null(memory.complaint);
}

static plast_flossing_options options_of(int32_t gradient, int64_t sequences)
{
    return (
        plast_flossing_options){ PLAST_FLOSSING_OPTIONS, .gradient = gradient, .exponents = K, .steps = STEPS,
                                 .skip = SKIP,           .target = 0.05,       .seed = 4,      .sequences = sequences };
}

static plast_optimizer *optimizer(const stack *s, double rate)
{
    plast_optimizer *sgd = NULL;
    stack_ok(s, plast_optimizer_create(s->context, "sgd", &sgd));
    stack_ok(s, plast_optimizer_set(sgd, "rate", rate));
    return sgd;
}

static plast_flossing *make(const stack *s, int32_t gradient, int64_t sequences, double rate)
{
    const plast_flossing_options options = options_of(gradient, sequences);
    plast_optimizer *sgd = optimizer(s, rate);
    plast_flossing *made = NULL;
    stack_ok(s, plast_flossing_create(s->network, &options, sgd, &made));
    plast_optimizer_destroy(sgd);
    return made;
}

/* What an update finds: the gradient as the step of rate 1 that it was, which is taken back. */
typedef struct found {
    double gradient[MOST], exponents[K];
    plast_flossing_report report;
} found;

static found update(stack *s, plast_flossing *flossing, const plast_state *state, const double *inputs, int64_t rows)
{
    found f = { .report = { PLAST_FLOSSING_REPORT } };
    double all[MOST];
    const plast_matrix in = stack_matrix(inputs, rows, INPUTS), out = stack_matrix(f.exponents, 1, K);
    const int64_t n = stack_size(s);
    assert_true(n <= MOST);
    stack_get(s, all);
    stack_ok(s, plast_flossing_update(flossing, state, &in, &f.report));
    stack_ok(s, plast_flossing_exponents(flossing, &out));
    stack_get(s, f.gradient);
    for (int64_t i = 0; i < n; i++)
        f.gradient[i] = all[i] - f.gradient[i];
    stack_set(s, all);
    return f;
}

/* A state that carries `sequences` rows of numbers of its own, from row `first` on. */
static plast_state *carrying(const stack *s, int64_t first, int64_t sequences)
{
    const plast_state_options room = { PLAST_STATE_OPTIONS, .batch = sequences };
    double rows[2][B * N];
    plast_state *made = NULL;
    stack_ok(s, plast_state_create(s->context, s->network, &room, &made));
    for (int i = 0; i < 2; i++) {
        const int64_t n = i == 0 ? N : GATED;
        const plast_matrix m = stack_matrix(rows[i] + first * n, sequences, n);
        fill_uniform(20 + (uint64_t)i, B * n, rows[i]);
        stack_ok(s, plast_state_set(made, i, &m));
    }
    return made;
}

static void pick(int64_t b, double *sequence)
{
    for (int64_t t = 0; t < STEPS; t++)
        memcpy(sequence + t * INPUTS, x + (t * B + b) * INPUTS, sizeof(double) * INPUTS);
}

/* The frame of sequence b of the first update is that of update b of a flossing of single ones. */
static void check_mean(int32_t dtype, int32_t gradient, int carried, double tolerance)
{
    stack s = begin(dtype);
    const int64_t n = stack_size(&s);
    plast_flossing *all = make(&s, gradient, B, 1.0), *single = make(&s, gradient, 1, 1.0);
    plast_state *from = carried ? carrying(&s, 0, B) : NULL;
    found mean = { .report = { .loss = 0.0 } };
    double square = 0.0, losses[B];
    const found together = update(&s, all, from, x, ROWS);
    for (int64_t b = 0; b < B; b++) {
        double sequence[STEPS * INPUTS];
        plast_state *own = carried ? carrying(&s, b, 1) : NULL;
        pick(b, sequence);
        const found one = update(&s, single, own, sequence, STEPS);
        for (int64_t i = 0; i < n; i++)
            mean.gradient[i] += one.gradient[i] / B;
        for (int j = 0; j < K; j++)
            mean.exponents[j] += one.exponents[j] / B;
        mean.report.loss += one.report.loss / B;
        losses[b] = one.report.loss;
        plast_state_destroy(own);
    }
    assert_true(losses[0] != losses[1] && losses[1] != losses[2]);
    assert_close(n, together.gradient, mean.gradient, tolerance);
    assert_close(K, together.exponents, mean.exponents, 1e-14);
    assert_near(together.report.loss / mean.report.loss, 1.0, 1e-14);
    for (int64_t i = 0; i < n; i++)
        square += mean.gradient[i] * mean.gradient[i];
    assert_near(together.report.norm / sqrt(square), 1.0, tolerance);
    assert_int_equal(together.report.updates, 1);
    plast_state_destroy(from);
    plast_flossing_destroy(all);
    plast_flossing_destroy(single);
    end(&s);
}

static void the_gradient_is_the_mean_of_single_ones(void **state)
{
    (void)state;
    for (int carried = 0; carried < 2; carried++) {
        check_mean(PLAST_F64, PLAST_FLOSSING_EXACT, carried, 1e-12);
        check_mean(PLAST_F64, PLAST_FLOSSING_TRUNCATED, carried, 1e-12);
        check_mean(PLAST_F64, PLAST_FLOSSING_LOCAL, carried, 1e-12);
        check_mean(PLAST_F32, PLAST_FLOSSING_EXACT, carried, 1e-5); /* float32 weights lose 1e-7 of themselves */
    }
}

static void it_is_that_of_the_reported_loss(void **state)
{
    static const double at[] = { 1.0, -1.0, 2.0, -2.0 }, weight[] = { 8.0, -8.0, -1.0, 1.0 }, h = 1e-4;
    double all[MOST], expected[MOST] = { 0.0 };
    int moved = 0;
    (void)state;
    stack s = begin(PLAST_F64);
    plast_flossing *one = make(&s, PLAST_FLOSSING_EXACT, B, 1.0), *none = make(&s, PLAST_FLOSSING_EXACT, B, 0.0);
    const found got = update(&s, one, NULL, x, ROWS);
    stack_get(&s, all);
    for (int64_t i = 0; i < stack_size(&s); i++) {
        const double old = all[i];
        for (int k = 0; k < 4 && got.gradient[i] != 0.0; k++) {
            all[i] = old + at[k] * h;
            stack_set(&s, all);
            stack_ok(&s, plast_flossing_reset(none, 4));
            expected[i] += weight[k] * update(&s, none, NULL, x, ROWS).report.loss / (12.0 * h);
        }
        all[i] = old;
        moved += got.gradient[i] != 0.0;
    }
    assert_int_equal(moved, N * (INPUTS + N + 1) + 3 * GATED * (N + GATED + 2));
    assert_close(stack_size(&s), got.gradient, expected, 1e-7); /* h^4 times fifth derivatives, 1e-16 / h */
    plast_flossing_destroy(one);
    plast_flossing_destroy(none);
    end(&s);
}

/* Frames go on from update to update, and all of them are new; 0 sequences are one. */
static void every_sequence_has_its_own_frame(void **state)
{
    double same[ROWS * INPUTS], sequence[STEPS * INPUTS];
    (void)state;
    stack s = begin(PLAST_F64);
    plast_flossing *all = make(&s, PLAST_FLOSSING_EXACT, B, 0.0), *single = make(&s, PLAST_FLOSSING_EXACT, 1, 0.0),
                   *unsaid = make(&s, PLAST_FLOSSING_EXACT, 0, 0.0);
    pick(0, sequence);
    for (int64_t t = 0; t < STEPS; t++)
        for (int64_t b = 0; b < B; b++)
            memcpy(same + (t * B + b) * INPUTS, sequence + t * INPUTS, sizeof(double) * INPUTS);
    for (int u = 0; u < 2; u++) {
        const found together = update(&s, all, NULL, same, ROWS);
        double mean = 0.0, last = 0.0;
        for (int b = 0; b < B; b++) {
            const found one = update(&s, single, NULL, sequence, STEPS),
                        other = update(&s, unsaid, NULL, sequence, STEPS);
            mean += one.report.loss / B;
            assert_true(one.report.loss != last);
            assert_same_bits(1, &one.report.loss, &other.report.loss);
            last = one.report.loss;
        }
        assert_near(together.report.loss / mean, 1.0, 1e-13);
    }
    plast_flossing_destroy(all);
    plast_flossing_destroy(single);
    plast_flossing_destroy(unsaid);
    end(&s);
}

static void says(const stack *s, const char *word)
{
    if (strstr(plast_context_error(s->context), word) == NULL)
        fail_msg("'%s' does not say '%s'", plast_context_error(s->context), word);
}

/* Nothing changes, neither weights nor what comes after. */
static void bad_sequences_are_refused(void **state)
{
    double all[MOST], after[MOST], bad[ROWS * INPUTS];
    (void)state;
    stack s = begin(PLAST_F64);
    const int64_t n = stack_size(&s);
    plast_optimizer *sgd = optimizer(&s, 1.0);
    plast_flossing *made = NULL;
    plast_flossing_options options = options_of(PLAST_FLOSSING_EXACT, -1);
    assert_int_equal(plast_flossing_create(s.network, &options, sgd, &made), PLAST_E_RANGE);
    says(&s, "sequences is -1, expected 1 to");
    options.sequences = INT64_MAX;
    assert_int_equal(plast_flossing_create(s.network, &options, sgd, &made), PLAST_E_RANGE);
    says(&s, "of 9 steps");
    assert_null(made);
    plast_optimizer_destroy(sgd);
    plast_flossing *flossing = make(&s, PLAST_FLOSSING_EXACT, B, 1.0), *twin = make(&s, PLAST_FLOSSING_EXACT, B, 1.0);
    plast_state *two = carrying(&s, 0, 2), *three = carrying(&s, 0, B);
    memcpy(bad, x, sizeof bad);
    bad[(4 * B + 2) * INPUTS] = NAN;
    const plast_matrix few = stack_matrix(x, STEPS, INPUTS), good = stack_matrix(x, ROWS, INPUTS),
                       wrong = stack_matrix(bad, ROWS, INPUTS);
    stack_get(&s, all);
    assert_int_equal(plast_flossing_update(flossing, NULL, &few, NULL), PLAST_E_INVALID);
    says(&s, "27");
    assert_int_equal(plast_flossing_update(flossing, two, &good, NULL), PLAST_E_INVALID);
    says(&s, "the state carries 2 sequences, an update takes 3");
    assert_int_equal(plast_flossing_update(flossing, three, &wrong, NULL), PLAST_E_NOT_FINITE);
    says(&s, "row 14 of inputs");
    stack_get(&s, after);
    assert_same_bits(n, all, after);
    stack_ok(&s, plast_state_reset(two)); /* carries nothing: from the initial states */
    const found a = update(&s, flossing, two, x, ROWS), b = update(&s, twin, NULL, x, ROWS);
    assert_same_bits(n, a.gradient, b.gradient);
    plast_state_destroy(two);
    plast_state_destroy(three);
    plast_flossing_destroy(flossing);
    plast_flossing_destroy(twin);
    end(&s);
}

/* ReLU units that the last sequence silences: the whole update is refused, after gradients of the first were taken. */
static void a_sequence_that_dies_ends_the_update(void **state)
{
    const stack_plan plan = { .dtype = PLAST_F64,
                              .inputs = 1,
                              .layers = 2,
                              .layer = { { "recurrent", { .units = 3, .activation = PLAST_RELU } },
                                         { "dense", { .units = 1 } } } };
    double u[3] = { 0.0, 0.0, 1.0 }, w[9], bias[3] = { 5.0, 5.0, 5.0 }, in[STEPS * 2], all[MOST], after[MOST];
    plast_layer *layer = NULL;
    (void)state;
    stack s = stack_make(&plan);
    fill_uniform(9, 9, w);
    for (int i = 0; i < 9; i++)
        w[i] = 0.1 + 0.1 * fabs(w[i]) + (i % 4 == 0);
    for (int t = 0; t < 2 * STEPS; t++)
        in[t] = t == 2 * 5 + 1 ? -1e4 : 0.0; /* at step 5 of the second one; a slope of 0 meets the next step */
    const plast_matrix of_u = stack_matrix(u, 3, 1), of_w = stack_matrix(w, 3, 3), b = stack_matrix(bias, 1, 3),
                       inputs = stack_matrix(in, 2 * STEPS, 1);
    stack_ok(&s, plast_network_layer(s.network, 0, &layer));
    stack_ok(&s, plast_synapses_set_weights(stack_group(&s, 0, "input"), &of_u));
    stack_ok(&s, plast_synapses_set_weights(stack_group(&s, 0, "recurrent"), &of_w));
    stack_ok(&s, plast_layer_set_vector(layer, "bias", &b));
    stack_ok(&s, plast_layer_set_vector(layer, "initial", &b));
    plast_flossing_options options = options_of(PLAST_FLOSSING_EXACT, 2);
    options.exponents = 3;
    plast_optimizer *sgd = optimizer(&s, 0.1);
    plast_flossing *flossing = NULL;
    stack_ok(&s, plast_flossing_create(s.network, &options, sgd, &flossing));
    plast_optimizer_destroy(sgd);
    stack_get(&s, all);
    assert_int_equal(plast_flossing_update(flossing, NULL, &inputs, NULL), PLAST_E_RANGE);
    says(&s, "only 2 directions survive step 6 of sequence 1");
    stack_get(&s, after);
    assert_same_bits(stack_size(&s), all, after);
    plast_flossing_destroy(flossing);
    stack_free(&s);
}

static void memory_is_taken_once(void **state)
{
    (void)state;
    stack s = begin(PLAST_F64);
    const plast_flossing_options options = options_of(PLAST_FLOSSING_EXACT, B);
    plast_optimizer *sgd = optimizer(&s, 1e-3);
    plast_flossing *made = NULL;
    const int64_t blocks = memory.live_blocks, before = memory.calls;
    stack_ok(&s, plast_flossing_create(s.network, &options, sgd, &made));
    const int64_t calls = memory.calls - before;
    (void)update(&s, made, NULL, x, ROWS); /* OpenBLAS warms up */
    const plast_matrix in = stack_matrix(x, ROWS, INPUTS);
    const int64_t ours = memory.calls, theirs = malloc_count();
    for (int i = 0; i < 3; i++)
        stack_ok(&s, plast_flossing_update(made, NULL, &in, NULL));
    assert_true(memory.calls == ours && malloc_count() == theirs);
    plast_flossing_destroy(made);
    made = NULL;
    for (int64_t i = 1; i <= calls; i++) {
        memory.fail_at = memory.calls + i;
        assert_int_equal(plast_flossing_create(s.network, &options, sgd, &made), PLAST_E_NOMEM);
        assert_true(made == NULL && memory.live_blocks == blocks);
    }
    memory.fail_at = 0;
    plast_optimizer_destroy(sgd);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(the_gradient_is_the_mean_of_single_ones), quiet_test(it_is_that_of_the_reported_loss),
        quiet_test(every_sequence_has_its_own_frame),        quiet_test(bad_sequences_are_refused),
        quiet_test(a_sequence_that_dies_ends_the_update),    quiet_test(memory_is_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
