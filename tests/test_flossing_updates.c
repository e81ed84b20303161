/* SPDX-License-Identifier: MIT
 *
 * Updates of flossing: the optimizer's steps, what is respected, what is refused, memory, and the same bits again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "network/network.h"
#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { INPUTS = 2, N = 6, STEPS = 12, MOST = 400 };

static fail_allocator memory;
static double inputs[STEPS * INPUTS];

static stack_plan plan_of(int32_t dtype)
{
    return (stack_plan){ .dtype = dtype,
                         .inputs = INPUTS,
                         .layers = 3,
                         .layer = { { "recurrent", { .units = N, .activation = PLAST_TANH, .alpha = 0.6 } },
                                    { "gru", { .units = 3 } },
                                    { "dense", { .units = 2 } } },
                         .allocator = &memory.table };
}

static stack begin(int32_t dtype)
{
    const stack_plan plan = plan_of(dtype);
    fail_allocator_init(&memory, 0);
    fill_uniform(7, STEPS * INPUTS, inputs);
    return stack_make(&plan);
}

static void end(stack *s)
{
    stack_free(s);
    assert_int_equal(memory.live_blocks, 0);
    assert_null(memory.complaint);
}

static const plast_flossing_options usual = { PLAST_FLOSSING_OPTIONS, .exponents = 2, .steps = STEPS, .skip = 3,
                                              .seed = 4 };

static plast_optimizer *optimizer(const stack *s, const char *name, double rate)
{
    plast_optimizer *made = NULL;
    stack_ok(s, plast_optimizer_create(s->context, name, &made));
    stack_ok(s, plast_optimizer_set(made, "rate", rate));
    return made;
}

static plast_flossing *make(const stack *s, const plast_flossing_options *options, const char *name, double rate)
{
    plast_optimizer *by = optimizer(s, name, rate);
    plast_flossing *made = NULL;
    stack_ok(s, plast_flossing_create(s->network, options, by, &made));
    plast_optimizer_destroy(by);
    return made;
}

static plast_matrix sequence(void)
{
    return stack_matrix(inputs, STEPS, INPUTS);
}

static plast_flossing_report update(const stack *s, plast_flossing *flossing)
{
    const plast_matrix x = sequence();
    plast_flossing_report report = { PLAST_FLOSSING_REPORT };
    stack_ok(s, plast_flossing_update(flossing, NULL, &x, &report));
    return report;
}

static void says(const stack *s, const char *word)
{
    if (strstr(plast_context_error(s->context), word) == NULL)
        fail_msg("'%s' does not say '%s'", plast_context_error(s->context), word);
}

/* Adam's second step, from the gradients of plain descent at the same weights and frames. */
static void moments_are_its_own(void **state)
{
    double all[MOST], first[MOST], second[MOST], g1[MOST], g2[MOST];
    (void)state;
    stack s = begin(PLAST_F64);
    const int64_t n = stack_size(&s);
    assert_true(n <= MOST);
    const plast__model *model = &s.network->model;
    plast_flossing *adam = make(&s, &usual, "adam", 1e-3), *sgd = make(&s, &usual, "sgd", 1.0);
    stack_get(&s, all);
    (void)update(&s, sgd);
    stack_get(&s, g1);
    stack_set(&s, all);
    (void)update(&s, adam);
    stack_get(&s, first);
    (void)update(&s, sgd); /* with the second frame, as Adam's next one */
    stack_get(&s, g2);
    stack_set(&s, first);
    assert_int_equal(update(&s, adam).updates, 2);
    stack_get(&s, second);
    for (int64_t i = 0; i < n; i++) {
        const double a = all[i] - g1[i], b = first[i] - g2[i];
        const double m1 = 0.1 * a / (1 - 0.9), v1 = 0.001 * a * a / (1 - 0.999);
        const double m2 = (0.09 * a + 0.1 * b) / (1 - 0.81), v2 = (0.000999 * a * a + 0.001 * b * b) / (1 - 0.998001);
        assert_near(all[i] - first[i], 1e-3 * m1 / (sqrt(v1) + 1e-8), 1e-9); /* where g is near epsilon: its rounding */
        assert_near(first[i] - second[i], 1e-3 * m2 / (sqrt(v2) + 1e-8), 1e-9);
    }
    for (int32_t i = 0; i < model->group_count; i++) /* of which learning knows how large weights may be */
        assert_true(model->groups[i].bound >=
                    model->kernels->max_abs(model->groups[i].rows * model->groups[i].ld, model->groups[i].weights));
    for (int32_t i = 0; i < model->population_count; i++)
        assert_true(model->populations[i].bias == NULL ||
                    model->populations[i].bound >=
                        model->kernels->max_abs(model->populations[i].ld, model->populations[i].bias));
    plast_flossing_destroy(adam);
    plast_flossing_destroy(sgd);
    end(&s);
}

/* The same bits again, after a reset too, whatever learning does in between; another seed has another frame. */
static void updates_are_reproducible(void **state)
{
    double lambda[3][2], all[MOST], weights[3][MOST];
    (void)state;
    stack s = begin(PLAST_F32);
    const int64_t n = stack_size(&s);
    plast_flossing *flossing = make(&s, &usual, "adam", 1e-3);
    stack_get(&s, all);
    for (int i = 0; i < 3; i++) {
        const plast_matrix out = stack_matrix(lambda[i], 1, 2);
        stack_set(&s, all);
        stack_ok(&s, plast_flossing_reset(flossing, i < 2 ? 4 : 5));
        assert_int_equal(update(&s, flossing).updates, 1);
        assert_int_equal(update(&s, flossing).updates, 2);
        stack_ok(&s, plast_flossing_exponents(flossing, &out));
        stack_get(&s, weights[i]);
    }
    assert_same_bits(2, lambda[0], lambda[1]);
    assert_same_bits(n, weights[0], weights[1]);
    assert_true(lambda[0][0] != lambda[2][0]);
    plast_flossing_destroy(flossing);
    end(&s);
}

/* Each update has a frame of its own. */
static void frames_are_new(void **state)
{
    (void)state;
    stack s = begin(PLAST_F64);
    plast_flossing *flossing = make(&s, &usual, "sgd", 0.0);
    const double first = update(&s, flossing).loss, second = update(&s, flossing).loss;
    assert_true(first != second && second != update(&s, flossing).loss);
    plast_flossing_destroy(flossing);
    end(&s);
}

/* A float32 network: the gradient of float64 to its rounding. */
static void both_number_types_agree(void **state)
{
    double all[MOST], moved[2][MOST];
    (void)state;
    for (int type = 0; type < 2; type++) {
        stack s = begin(type == 0 ? PLAST_F64 : PLAST_F32);
        const int64_t n = stack_size(&s);
        if (type == 0)
            stack_get(&s, all);
        stack_set(&s, all);
        plast_flossing *flossing = make(&s, &usual, "sgd", 1.0);
        (void)update(&s, flossing);
        stack_get(&s, moved[type]);
        for (int64_t i = 0; i < n; i++)
            moved[type][i] -= all[i];
        if (type == 1)
            assert_close(n, moved[1], moved[0], 1e-4);
        plast_flossing_destroy(flossing);
        end(&s);
    }
}

/* What is masked, signed, bounded or frozen; and of the norm only what can move counts. */
static void constraints_hold(void **state)
{
    double w[N * N], before[N * N], mask[N * N], signs[N], u[N * INPUTS], u_before[N * INPUTS], all[MOST], same[MOST];
    plast_layer *layer = NULL;
    (void)state;
    stack s = begin(PLAST_F64);
    plast_synapses *rec = stack_group(&s, 0, "recurrent"), *in = stack_group(&s, 0, "input");
    for (int i = 0; i < N * N; i++)
        mask[i] = i % 3 != 0;
    for (int i = 0; i < N; i++)
        signs[i] = i < 4 ? 1.0 : -1.0;
    const plast_matrix m = stack_matrix(mask, N, N), sign = stack_matrix(signs, 1, N), out = stack_matrix(w, N, N),
                       was = stack_matrix(before, N, N), of_u = stack_matrix(u, N, INPUTS),
                       was_u = stack_matrix(u_before, N, INPUTS);
    stack_ok(&s, plast_synapses_set_mask(rec, &m));
    stack_ok(&s, plast_synapses_set_sign(rec, &sign));
    stack_ok(&s, plast_synapses_set_bounds(rec, -0.5, 0.5));
    stack_ok(&s, plast_synapses_set_frozen(in, 1));
    stack_ok(&s, plast_synapses_get_weights(rec, &was));
    stack_ok(&s, plast_synapses_get_weights(in, &was_u));
    plast_flossing *flossing = make(&s, &usual, "adam", 0.2);
    for (int k = 0; k < 5; k++)
        (void)update(&s, flossing);
    stack_ok(&s, plast_synapses_get_weights(rec, &out));
    stack_ok(&s, plast_synapses_get_weights(in, &of_u));
    int moved = 0;
    for (int i = 0; i < N * N; i++) {
        assert_true(i % 3 != 0 || w[i] == 0.0);
        assert_true(signs[i % N] > 0.0 ? w[i] >= 0.0 && w[i] <= 0.5 : w[i] <= 0.0 && w[i] >= -0.5);
        moved += w[i] != before[i];
    }
    assert_true(moved > N);
    assert_same_bits(N * INPUTS, u, u_before);
    for (int64_t i = 0; i < 2; i++) {
        stack_ok(&s, plast_network_layer(s.network, i, &layer));
        stack_ok(&s, plast_layer_set_frozen(layer, 1));
    }
    stack_get(&s, all);
    assert_true(update(&s, flossing).norm == 0.0);
    stack_get(&s, same);
    assert_same_bits(stack_size(&s), all, same);
    plast_flossing_destroy(flossing);
    end(&s);
}

/* Clipped by norm, of what is not masked; and the norm that is reported is the one before. */
static void long_gradients_are_clipped(void **state)
{
    double all[MOST], after[MOST], mask[N * N], square = 0.0;
    plast_flossing *flossing = NULL;
    const plast_matrix m = stack_matrix(mask, N, N);
    (void)state;
    stack s = begin(PLAST_F64);
    plast_optimizer *sgd = optimizer(&s, "sgd", 1.0);
    for (int i = 0; i < N * N; i++)
        mask[i] = i % 2;
    stack_ok(&s, plast_optimizer_set(sgd, "clip_norm", 1e-3));
    stack_ok(&s, plast_synapses_set_mask(stack_group(&s, 0, "recurrent"), &m));
    stack_ok(&s, plast_flossing_create(s.network, &usual, sgd, &flossing));
    plast_optimizer_destroy(sgd);
    stack_get(&s, all);
    assert_true(update(&s, flossing).norm > 0.01);
    stack_get(&s, after);
    for (int64_t i = 0; i < stack_size(&s); i++)
        square += (all[i] - after[i]) * (all[i] - after[i]);
    assert_near(sqrt(square), 1e-3, 1e-12);
    plast_flossing_destroy(flossing);
    end(&s);
}

/* W - B^T stays what it was: the partner takes each change. */
static void partners_follow(void **state)
{
    double w[9 * N], b[9 * N], w_after[9 * N], b_after[9 * N];
    plast_feedback *kp = NULL;
    (void)state;
    stack s = begin(PLAST_F64);
    stack_ok(&s, plast_feedback_create(s.context, "kolen_pollack", &kp));
    stack_ok(&s, plast_feedback_set(kp, "decay", 0.0));
    stack_ok(&s, plast_network_set_feedback(s.network, PLAST_HIDDEN_LAYERS, kp));
    plast_feedback_destroy(kp);
    plast_flossing *flossing = make(&s, &usual, "adam", 1e-2);
    plast_synapses *in = stack_group(&s, 1, "input"), *back = stack_group(&s, 0, "feedback");
    const plast_matrix mw = stack_matrix(w, 9, N), mb = stack_matrix(b, N, 9), nw = stack_matrix(w_after, 9, N),
                       nb = stack_matrix(b_after, N, 9);
    stack_ok(&s, plast_synapses_get_weights(in, &mw));
    stack_ok(&s, plast_synapses_get_weights(back, &mb));
    for (int k = 0; k < 3; k++)
        (void)update(&s, flossing);
    stack_ok(&s, plast_synapses_get_weights(in, &nw));
    stack_ok(&s, plast_synapses_get_weights(back, &nb));
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < N; j++) {
            assert_true(w_after[i * N + j] != w[i * N + j]);
            assert_near(w_after[i * N + j] - w[i * N + j], b_after[j * 9 + i] - b[j * 9 + i], 1e-15);
        }
    plast_flossing_destroy(flossing);
    end(&s);
}

/* From what a state carries, which stays; not from the initial states. */
static void a_stream_is_gone_on_from(void **state)
{
    plast_state *stream = NULL;
    double carried[N], after[N], y[2], lambda[2][2];
    (void)state;
    stack s = begin(PLAST_F64);
    const plast_state_options of_stream = { PLAST_STATE_OPTIONS, .batch = 1 };
    stack_ok(&s, plast_state_create(s.context, s.network, &of_stream, &stream));
    plast_flossing *flossing = make(&s, &usual, "sgd", 0.0);
    const plast_matrix x = sequence(), one = stack_matrix(inputs, 1, INPUTS), out = stack_matrix(y, 1, 2),
                       before = stack_matrix(carried, 1, N), now = stack_matrix(after, 1, N);
    for (int k = 0; k < 2; k++) { /* a state that carries nothing is a first step */
        const plast_matrix to = stack_matrix(lambda[k], 1, 2);
        stack_ok(&s, plast_flossing_reset(flossing, 4));
        stack_ok(&s, plast_flossing_update(flossing, k == 0 ? NULL : stream, &x, NULL));
        stack_ok(&s, plast_flossing_exponents(flossing, &to));
    }
    assert_same_bits(2, lambda[0], lambda[1]);
    for (int k = 0; k < 3; k++)
        stack_ok(&s, plast_network_step(s.network, stream, &one, &out));
    stack_ok(&s, plast_state_get(stream, 0, &before));
    stack_ok(&s, plast_flossing_reset(flossing, 4));
    stack_ok(&s, plast_flossing_update(flossing, stream, &x, NULL));
    stack_ok(&s, plast_state_get(stream, 0, &now));
    assert_same_bits(N, carried, after);
    const plast_matrix to = stack_matrix(lambda[1], 1, 2);
    stack_ok(&s, plast_flossing_exponents(flossing, &to));
    assert_true(lambda[0][0] != lambda[1][0]);
    /* the same as from initial states that are what is carried */
    for (int64_t i = 0; i < 2; i++) {
        plast_layer *layer = NULL;
        const plast_matrix at = stack_matrix(carried, 1, i == 0 ? N : 3), to_first = stack_matrix(lambda[0], 1, 2);
        stack_ok(&s, plast_state_get(stream, i, &at));
        stack_ok(&s, plast_network_layer(s.network, i, &layer));
        stack_ok(&s, plast_layer_set_vector(layer, "initial", &at));
        stack_ok(&s, plast_flossing_reset(flossing, 4));
        stack_ok(&s, plast_flossing_update(flossing, NULL, &x, NULL));
        stack_ok(&s, plast_flossing_exponents(flossing, &to_first));
    }
    assert_same_bits(2, lambda[0], lambda[1]);
    plast_flossing_destroy(flossing);
    plast_state_destroy(stream);
    end(&s);
}

static void bad_options_are_refused(void **state)
{
    const struct {
        plast_flossing_options options;
        plast_status status;
        const char *word;
    } bad[] = {
        { { PLAST_FLOSSING_OPTIONS, .exponents = 0 }, PLAST_E_RANGE, "exponents is 0, expected 1 to the 9 units" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = -1 }, PLAST_E_RANGE, "exponents is -1" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 10 }, PLAST_E_RANGE, "exponents is 10" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 1, .steps = -1 }, PLAST_E_RANGE, "steps is -1" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 1, .steps = INT32_MAX }, PLAST_E_RANGE, "steps is 2147483647" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 1, .steps = 11 }, PLAST_E_RANGE, "skip is 12 of 11 steps" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 1, .steps = 7, .skip = 7 }, PLAST_E_RANGE, "skip is 7 of 7 steps" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 1, .skip = -2 }, PLAST_E_RANGE, "skip is -2" },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 1, .target = NAN }, PLAST_E_RANGE, "target is " },
        { { PLAST_FLOSSING_OPTIONS, .exponents = 1, .gradient = 3 }, PLAST_E_INVALID, "gradient is 3" },
        { { .struct_size = 8 }, PLAST_E_VERSION, "plast_flossing_options has struct_size 8" },
    };
    (void)state;
    stack s = begin(PLAST_F64);
    plast_flossing *made = NULL;
    plast_optimizer *sgd = optimizer(&s, "sgd", 0.1), *unset = NULL;
    const int64_t blocks = memory.live_blocks;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(plast_flossing_create(s.network, &bad[i].options, sgd, &made), bad[i].status);
        says(&s, bad[i].word);
        assert_true(made == NULL && memory.live_blocks == blocks);
    }
    assert_int_equal(plast_flossing_create(s.network, NULL, sgd, &made), PLAST_E_INVALID);
    assert_int_equal(plast_flossing_create(s.network, &usual, NULL, &made), PLAST_E_INVALID);
    says(&s, "optimizer is NULL");
    assert_int_equal(plast_flossing_create(s.network, &usual, sgd, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_flossing_create(NULL, &usual, sgd, &made), PLAST_E_INVALID);
    stack_ok(&s, plast_optimizer_create(s.context, "adam", &unset));
    assert_int_equal(plast_flossing_create(s.network, &usual, unset, &made), PLAST_E_STATE);
    says(&s, "rate");
    plast_optimizer_destroy(unset);
    plast_optimizer_destroy(sgd);
    end(&s);
    const stack_plan plain = { .inputs = 2, .layers = 1, .layer = { { "dense", { .units = 2 } } } };
    stack without = stack_make(&plain);
    sgd = optimizer(&without, "sgd", 0.1);
    assert_int_equal(plast_flossing_create(without.network, &usual, sgd, &made), PLAST_E_STATE);
    says(&without, "no layer of the network has a state");
    plast_optimizer_destroy(sgd);
    stack_free(&without);
}

typedef struct watched {
    const stack *s;
    plast_flossing *flossing;
    int asked;
} watched;

static plast_status floss_in_between(void *user, const plast_report *so_far)
{
    watched *w = user;
    const plast_matrix x = sequence();
    (void)so_far;
    assert_int_equal(plast_flossing_update(w->flossing, NULL, &x, NULL), PLAST_E_STATE);
    w->asked++;
    return PLAST_OK;
}

/* Nothing changes, neither weights nor what comes after. */
static void bad_updates_change_nothing(void **state)
{
    static const double wrong[] = { NAN, INFINITY, 1e300 };
    double x[STEPS * INPUTS], all[MOST], after[MOST], expected[MOST], lambda[2], targets[STEPS * 2] = { 0 };
    (void)state;
    stack s = begin(PLAST_F64);
    stack other = stack_make(&s.plan);
    const int64_t n = stack_size(&s);
    plast_state *foreign = NULL;
    stack_ok(&other, plast_network_prepare(other.network, 1));
    stack_ok(&other, plast_network_state(other.network, &foreign));
    plast_flossing *flossing = make(&s, &usual, "adam", 1e-2), *twin = make(&other, &usual, "adam", 1e-2);
    plast_flossing_report report = { PLAST_FLOSSING_REPORT };
    const plast_matrix good = sequence(), out = stack_matrix(lambda, 1, 2), short_out = stack_matrix(lambda, 1, 1),
                       few = stack_matrix(inputs, STEPS - 1, INPUTS), bad = stack_matrix(x, STEPS, INPUTS);
    assert_int_equal(plast_flossing_exponents(flossing, &out), PLAST_E_STATE);
    stack_get(&s, all);
    for (int i = 0; i < 3; i++) {
        memcpy(x, inputs, sizeof x);
        x[3 * INPUTS + 1] = wrong[i];
        if (i == 2) { /* finite, but the product with a weight is not */
            double u[N * INPUTS];
            const plast_matrix weights = stack_matrix(u, N, INPUTS);
            for (int j = 0; j < N * INPUTS; j++)
                u[j] = 1e30;
            stack_ok(&s, plast_synapses_set_weights(stack_group(&s, 0, "input"), &weights));
        }
        assert_int_equal(plast_flossing_update(flossing, NULL, &bad, &report), PLAST_E_NOT_FINITE);
        says(&s, i < 2 ? "row 3 of inputs" : "layer 0 is not finite at step 3");
    }
    stack_set(&s, all);
    assert_int_equal(plast_flossing_update(flossing, NULL, &few, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_flossing_update(flossing, NULL, NULL, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_flossing_update(flossing, foreign, &good, NULL), PLAST_E_INVALID);
    says(&s, "another network");
    report.struct_size = 8;
    assert_int_equal(plast_flossing_update(flossing, NULL, &good, &report), PLAST_E_VERSION);
    watched w = { &s, flossing, 0 };
    const plast_matrix y = stack_matrix(targets, STEPS, 2);
    const plast_data data = { PLAST_DATA, .inputs = &good, .targets = &y, .steps = STEPS };
    const plast_learn_options watch = { PLAST_LEARN_OPTIONS, .progress = floss_in_between, .user = &w,
                                        .progress_every = 1 };
    stack_ok(&s, plast_network_learn(s.network, NULL, &data, &watch, NULL));
    assert_int_equal(w.asked, 1);
    stack_set(&s, all);
    assert_int_equal(plast_flossing_update(NULL, NULL, &good, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_flossing_exponents(NULL, &out), PLAST_E_INVALID);
    assert_int_equal(plast_flossing_reset(NULL, 0), PLAST_E_INVALID);
    plast_flossing_destroy(NULL);
    assert_int_equal(update(&s, flossing).updates, 1);
    (void)update(&other, twin);
    assert_int_equal(plast_flossing_exponents(flossing, &short_out), PLAST_E_INVALID);
    stack_get(&s, after);
    stack_get(&other, expected);
    assert_same_bits(n, after, expected);
    plast_flossing_destroy(flossing);
    plast_flossing_destroy(twin);
    stack_free(&other);
    end(&s);
}

/* An update that would overflow leaves everything, moments too. */
static void an_overflow_changes_nothing(void **state)
{
    double all[MOST], after[MOST];
    (void)state;
    stack s = begin(PLAST_F32);
    plast_flossing *flossing = make(&s, &usual, "sgd", 1e300);
    const plast_matrix x = sequence();
    stack_get(&s, all);
    assert_int_equal(plast_flossing_update(flossing, NULL, &x, NULL), PLAST_E_NOT_FINITE);
    stack_get(&s, after);
    assert_same_bits(stack_size(&s), all, after);
    plast_flossing_destroy(flossing);
    end(&s);
}

/* Silent ReLU units: as many exponents as there are directions, and no more. */
static void dead_directions_are_refused(void **state)
{
    const stack_plan plan = { .dtype = PLAST_F64,
                              .inputs = INPUTS,
                              .layers = 2,
                              .layer = { { "recurrent", { .units = N, .activation = PLAST_RELU } },
                                         { "dense", { .units = 1 } } } };
    double w[N * N], bias[N], after[N * N];
    plast_layer *layer = NULL;
    (void)state;
    stack s = stack_make(&plan);
    fill_normal(9, N * N, w);
    for (int i = 0; i < N; i++)
        bias[i] = i < 2 ? 20.0 : -1e4; /* two units speak, whatever comes */
    for (int i = 0; i < N * N; i++)
        w[i] = fabs(w[i]) * 0.1;
    const plast_matrix weights = stack_matrix(w, N, N), b = stack_matrix(bias, 1, N), now = stack_matrix(after, N, N),
                       x = sequence();
    stack_ok(&s, plast_network_layer(s.network, 0, &layer));
    stack_ok(&s, plast_synapses_set_weights(stack_group(&s, 0, "recurrent"), &weights));
    stack_ok(&s, plast_layer_set_vector(layer, "bias", &b));
    for (int k = 2; k <= 3; k++) {
        const plast_flossing_options options = { PLAST_FLOSSING_OPTIONS, .exponents = k, .steps = STEPS, .skip = 2 };
        plast_flossing *flossing = make(&s, &options, "sgd", 1e-3);
        if (k == 2) {
            assert_true(update(&s, flossing).norm > 0.0);
            stack_ok(&s, plast_synapses_set_weights(stack_group(&s, 0, "recurrent"), &weights));
        } else {
            assert_int_equal(plast_flossing_update(flossing, NULL, &x, NULL), PLAST_E_RANGE);
            says(&s, "exponents is 3, but only 2 directions survive step 1");
        }
        plast_flossing_destroy(flossing);
    }
    stack_ok(&s, plast_synapses_get_weights(stack_group(&s, 0, "recurrent"), &now));
    assert_same_bits(N * N, after, w);
    stack_free(&s);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    stack s = begin(PLAST_F64);
    plast_flossing *made = NULL;
    plast_optimizer *adam = optimizer(&s, "adam", 1e-3);
    const int64_t blocks = memory.live_blocks, before = memory.calls;
    stack_ok(&s, plast_flossing_create(s.network, &usual, adam, &made));
    const int64_t calls = memory.calls - before;
    (void)update(&s, made); /* OpenBLAS warms up */
    const int64_t ours = memory.calls, theirs = malloc_count();
    for (int i = 0; i < 3; i++)
        (void)update(&s, made);
    assert_true(memory.calls == ours && malloc_count() == theirs);
    plast_flossing_destroy(made);
    made = NULL;
    for (int64_t i = 1; i <= calls; i++) {
        memory.fail_at = memory.calls + i;
        assert_int_equal(plast_flossing_create(s.network, &usual, adam, &made), PLAST_E_NOMEM);
        assert_true(made == NULL && memory.live_blocks == blocks);
    }
    memory.fail_at = 0;
    plast_optimizer_destroy(adam);
    end(&s);
}

/* Another feedback scheme may bring groups or populations that were not there. */
static void another_scheme_wants_another_flossing(void **state)
{
    const stack_plan plan = {
        .dtype = PLAST_F64,
        .inputs = INPUTS,
        .layers = 3,
        .layer = { { "recurrent", { .units = N } }, { "recurrent", { .units = N } }, { "dense", { .units = 2 } } }
    };
    plast_feedback *scheme = NULL;
    (void)state;
    stack s = stack_make(&plan);
    plast_flossing *flossing = make(&s, &usual, "sgd", 1e-3);
    const plast_matrix x = sequence();
    fill_uniform(7, STEPS * INPUTS, inputs);
    (void)update(&s, flossing);
    stack_ok(&s, plast_feedback_create(s.context, "fa", &scheme));
    stack_ok(&s, plast_network_set_feedback(s.network, PLAST_HIDDEN_LAYERS, scheme));
    plast_feedback_destroy(scheme);
    assert_int_equal(plast_flossing_update(flossing, NULL, &x, NULL), PLAST_E_STATE);
    says(&s, "another feedback scheme");
    plast_flossing_destroy(flossing);
    flossing = make(&s, &usual, "sgd", 1e-3);
    (void)update(&s, flossing);
    stack_ok(&s, plast_feedback_create(s.context, "backprop", &scheme));
    stack_ok(&s, plast_network_set_feedback(s.network, PLAST_HIDDEN_LAYERS, scheme));
    plast_feedback_destroy(scheme);
    (void)update(&s, flossing);
    plast_flossing_destroy(flossing);
    stack_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(moments_are_its_own),
        quiet_test(updates_are_reproducible),
        quiet_test(frames_are_new),
        quiet_test(both_number_types_agree),
        quiet_test(constraints_hold),
        quiet_test(long_gradients_are_clipped),
        quiet_test(partners_follow),
        quiet_test(a_stream_is_gone_on_from),
        quiet_test(bad_options_are_refused),
        quiet_test(bad_updates_change_nothing),
        quiet_test(an_overflow_changes_nothing),
        quiet_test(dead_directions_are_refused),
        quiet_test(any_allocation_may_fail),
        quiet_test(another_scheme_wants_another_flossing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
