/* SPDX-License-Identifier: MIT
 *
 * Learning with the rule "grapes": against plain loops under every manner of learning, identities, beside other rules,
 * schemes, masks and frozen layers. */
#include "support/grapes_world.h"
#include "support/quiet.h"
#include "support/rules.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = A * IN };
static const int64_t units[LAYERS] = { A, B, C, OUT }, inputs_of[LAYERS] = { IN, A, B, C };

static void set(const net *net, const char *parameter, double value)
{
    net_ok(net, plast_network_set_optimizer_parameter(net->network, parameter, value));
}

/* ---- against plain loops ---- */

typedef struct course {
    net_plan net;
    grapes_plan grapes;
    const char *feedback;
    int first, last; /* layers with the rule */
    int frozen;      /* layer; -1 = none */
    double clip_norm;
    int64_t batch;
    double tolerance;
} course;

static void check_course(const course *c)
{
    double *b[LAYERS] = { NULL };
    grapes_naive g = { .plan = c->grapes, .first = c->first, .last = c->last };
    net net = net_make(&c->net);
    if (c->feedback != NULL) {
        net_feedback(&net, c->feedback, (const setting[]){ { NULL, 0.0 } });
        g.direct = strcmp(c->feedback, "dfa") == 0;
        for (int32_t l = 0; l < LAYERS - 1; l++)
            g.b[l] = b[l] = group_new(net_group(&net, l, "feedback"));
    }
    for (int32_t l = c->first; l <= c->last; l++)
        net_grapes(&net, l, &c->grapes);
    naive reference = naive_copy(&net);
    reference.clip_norm = c->clip_norm;
    reference.mu = strcmp(c->net.optimizer, "momentum") == 0 ? 0.9 : 0.0;
    set(&net, "clip_norm", c->clip_norm);
    if (c->frozen >= 0) {
        net_freeze(&net, c->frozen, 1);
        reference.layer[c->frozen].frozen = 1;
    }
    grapes_attach(&reference, &g);
    learn(&net, 0, SAMPLES, c->batch);
    naive_learn(&reference, SAMPLES, x, targets, NULL, c->batch);
    assert_net_is(&net, &reference, c->tolerance);
    assert_true(c->clip_norm == 0.0 || reference.clipped > 0);
    for (int32_t l = 0; l < LAYERS; l++)
        free(b[l]);
    grapes_naive_free(&g);
    naive_free(&reference);
    net_free(&net);
}

/* 12 steps of sums of some 10 products each; float32 steps of Adam divide by small numbers. */
static course plain_course(int32_t dtype, const char *optimizer, double rate, int64_t batch)
{
    return (course){ .net = plan_of(dtype, optimizer, rate),
                     .last = LAYERS - 2,
                     .frozen = -1,
                     .batch = batch,
                     .tolerance = dtype == PLAST_F64               ? 1e-12
                                  : strcmp(optimizer, "adam") == 0 ? 1e-2
                                                                   : 1e-4 };
}

static const struct {
    const char *name;
    double rate;
} optimizers[] = { { "sgd", 0.05 }, { "momentum", 0.01 }, { "adam", 0.01 } };

static void follows_plain_loops(void **state)
{
    static const char *const schemes[] = { NULL, "fa", "dfa" };
    grapes_plan plans[GRAPES_PLANS];
    const int count = grapes_plans(plans);
    (void)state;
    assert_int_equal(count, GRAPES_PLANS);
    for (int p = 0; p < count; p++)
        for (int s = 0; s < 3; s++)
            for (int o = 0; o < 3; o++)
                for (int k = 0; k < 4; k++) {
                    course c = plain_course(k & 1 ? PLAST_F64 : PLAST_F32, optimizers[o].name, optimizers[o].rate,
                                            1 + 4 * (k >> 1));
                    c.grapes = plans[p];
                    c.feedback = schemes[s];
                    if ((s == 2 && !c.grapes.local) || (o > 0 && c.grapes.per_synapse))
                        continue;
                    check_course(&c);
                }
}

/* Oja's rule and decay see and get what they do without it; clipping by norm goes by the modulated gradient. */
static void beside_rules_and_clipping(void **state)
{
    (void)state;
    for (int k = 0; k < 16; k++) {
        course c = plain_course(k & 1 ? PLAST_F64 : PLAST_F32, k >> 2 & 1 ? "momentum" : "sgd", 0.02, 1 + 4 * (k >> 3));
        c.grapes = k >> 1 & 1 ? LOCAL : PROPAGATING;
        c.net.oja = 0.03;
        c.net.decay = 0.01;
        check_course(&c);
        c.clip_norm = 0.2;
        check_course(&c);
    }
}

/* The norm is that of what is learned: a clipped step of rate 1 is as long as the limit, with masks too, for which the
 * gradient is formed. */
static void clipped_steps_are_as_long_as_the_limit(void **state)
{
    const net_plan plan = plan_of(PLAST_F64, "sgd", 1.0);
    double mask[MOST];
    (void)state;
    for (int i = 0; i < MOST; i++)
        mask[i] = i % 4 == 1 ? 0.0 : 1.0;
    for (int k = 0; k < 16; k++) {
        net net = net_make(&plan);
        for (int32_t l = 0; k & 1 && l < LAYERS; l++)
            group_mask(net_group(&net, l, NULL), mask);
        net_grapes(&net, PLAST_HIDDEN_LAYERS,
                   &(grapes_plan){ .local = k >> 1 & 1, .outgoing = k >> 2 & 1, .per_synapse = (k & 6) == 6 });
        set(&net, "clip_norm", 0.01);
        double *before = net_all(&net);
        learn(&net, 0, 1 + (k >> 3) * 4, 5);
        double *after = net_all(&net);
        assert_near(distance(net_size(&net), after, before), 0.01, 1e-14);
        free(before), free(after);
        net_free(&net);
    }
}

/* A frozen layer stands still, and its factor acts on what comes down; layers without the rule get it too. */
static void some_layers_and_frozen_ones(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++)
        for (int control = 0; control < 3; control++)
            for (int first = 0; first < LAYERS - 1; first++)
                for (int last = first; last < LAYERS - 1; last++)
                    for (int frozen = -1; frozen < LAYERS; frozen++) {
                        course c = plain_course(PLAST_F64, "sgd", 0.05, 1 + 4 * (k >> 1));
                        c.grapes = (grapes_plan){ .local = k & 1, .control = control };
                        c.first = first;
                        c.last = last;
                        c.frozen = frozen;
                        check_course(&c);
                    }
}

/* ---- the same bits, the same factor ---- */

/* Rows that go one by one: masks, normalisation, Adam; and Oja's projection beside the sweep. */
static void burden(net *net, int kind)
{
    double mask[MOST];
    for (int i = 0; i < MOST; i++)
        mask[i] = i % 4 == 1 ? 0.0 : 1.0;
    if (kind & 1)
        net_add_rule(net, PLAST_HIDDEN_LAYERS, "oja", RATE(0.05));
    if (kind & 2)
        net_add_rule(net, PLAST_HIDDEN_LAYERS, "normalisation",
                     (const setting[]){ { "norm", 1.5 }, { "order", 2.0 }, { NULL, 0.0 } });
    for (int32_t l = 0; kind & 4 && l < LAYERS; l++)
        group_mask(net_group(net, l, NULL), mask);
}

/* One sample a call and all in one call: the same bits, and again the same. After each sample the factor is that of the
 * weights before it, and in one call no other. */
static void check_current(int32_t dtype, const char *optimizer, int kind, const grapes_plan *plan)
{
    double w[LAYERS][MOST], factor[A], expected[A];
    net loop = made(dtype, optimizer, plan), array = made(dtype, optimizer, plan), again = made(dtype, optimizer, plan);
    burden(&loop, kind);
    burden(&array, kind);
    burden(&again, kind);
    for (int i = 0; i < SAMPLES; i++) {
        for (int32_t l = 0; l < LAYERS; l++)
            net_get_weights(&loop, l, w[l]);
        learn(&loop, i, 1, 1);
    }
    learn(&array, 0, SAMPLES, 1);
    learn(&again, 0, 5, 1);
    learn(&again, 5, SAMPLES - 5, 1);
    assert_same_nets(&loop, &array);
    assert_same_nets(&loop, &again);
    for (int32_t l = 0; l < LAYERS - 1; l++) {
        net_factor(&array, l, factor);
        if (plan->outgoing)
            grapes_of_columns(units[l + 1], units[l], w[l + 1], 1.0, expected);
        else
            grapes_of_rows(units[l], inputs_of[l], w[l], 1.0, expected);
        assert_close(units[l], factor, expected, dtype == PLAST_F64 ? 1e-14 : 1e-6);
    }
    net_free(&loop);
    net_free(&array);
    net_free(&again);
}

static void factors_are_of_current_weights(void **state)
{
    (void)state;
    for (int kind = 0; kind < 8; kind++)
        for (int o = 0; o < 3; o++)
            for (int k = 0; k < 8; k++)
                check_current(k & 1 ? PLAST_F64 : PLAST_F32, optimizers[o].name, kind,
                              &(grapes_plan){ .local = k >> 1 & 1, .outgoing = k >> 2 });
}

/* Rows of several blocks, wider than a cache holds four of them. */
static void wide_layers(void **state)
{
    enum { WIDE = 1100, MANY = 37 };
    static double wide[3 * WIDE], w[2][MANY * WIDE], expected[WIDE], found[WIDE];
    const net_plan plan = { .dtype = PLAST_F32,
                            .inputs = WIDE,
                            .layers = 3,
                            .units = { MANY, WIDE, 3 },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .seed = 2,
                            .optimizer = "sgd",
                            .rate = 0.01 };
    (void)state;
    fill_uniform(4, 3 * WIDE, wide);
    for (int k = 0; k < 4; k++) {
        net net = net_make(&plan);
        net_grapes(&net, 0, &(grapes_plan){ .outgoing = k & 1, .unclipped = 1 });
        for (int oja = 0; oja < k >> 1; oja++)
            net_add_rule(&net, 0, "oja", RATE(1e-3));
        net_learn(&net, &(net_data){ .n = 2, .x = wide, .targets = targets, .batch = 1 });
        net_get_weights(&net, 0, w[0]);
        net_get_weights(&net, 1, w[1]);
        net_learn(&net, &(net_data){ .n = 1, .x = wide + 2 * WIDE, .targets = targets, .batch = 1 });
        net_factor(&net, 0, found);
        if (k & 1)
            grapes_of_columns(WIDE, MANY, w[1], 0.0, expected);
        else
            grapes_of_rows(MANY, WIDE, w[0], 0.0, expected);
        assert_close(MANY, found, expected, 1e-5); /* sums of 1100 in float32 */
        net_free(&net);
    }
}

/* A minibatch of copies is the sample; one of several is the mean of single ones with the same factor. */
static void minibatches_average(void **state)
{
    enum { N = 3 };
    grapes_plan plans[GRAPES_PLANS];
    double copies[N * IN], same[N * OUT];
    const int count = grapes_plans(plans);
    (void)state;
    for (int i = 0; i < N; i++) {
        memcpy(copies + (ptrdiff_t)i * IN, x, sizeof(double) * IN);
        memcpy(same + (ptrdiff_t)i * OUT, targets, sizeof(double) * OUT);
    }
    for (int p = 0; p < count; p++) {
        net one = made(PLAST_F64, "sgd", &plans[p]), many = made(PLAST_F64, "sgd", &plans[p]),
            batch = made(PLAST_F64, "sgd", &plans[p]);
        const int64_t size = net_size(&one);
        double *before = net_all(&one), *mean = new_array(size);
        learn(&one, 0, 1, 1);
        net_learn(&many, &(net_data){ .n = N, .x = copies, .targets = same, .batch = N });
        double *a = net_all(&one), *b = net_all(&many);
        assert_close(size, b, a, 1e-14);
        learn(&batch, 0, N, N);
        for (int i = 0; i < N; i++) {
            net single = made(PLAST_F64, "sgd", &plans[p]);
            learn(&single, i, 1, 1);
            double *after = net_all(&single);
            for (int64_t j = 0; j < size; j++)
                mean[j] += after[j] / N;
            free(after);
            net_free(&single);
        }
        double *together = net_all(&batch);
        assert_close(size, together, mean, 1e-14);
        assert_true(difference(size, mean, before) > 1e-4);
        free(before), free(mean), free(a), free(b), free(together);
        net_free(&one);
        net_free(&many);
        net_free(&batch);
    }
}

static void factor_is_kept_between_refreshes(void **state)
{
    double factor[A], last[A], w[MOST], expected[A];
    (void)state;
    for (int64_t batch = 1; batch <= 2; batch++) {
        net net = made(PLAST_F64, "sgd", &(grapes_plan){ .unclipped = 1, .refresh = 3.0 });
        net_factor(&net, 0, last);
        for (int i = 0; i < A; i++)
            assert_true(last[i] == 0.0); /* none yet */
        for (int u = 0; u < 9; u++) {
            net_get_weights(&net, 0, w);
            if (u % 3 == 0)
                grapes_of_rows(A, IN, w, 0.0, expected);
            learn(&net, u % 5, batch, batch);
            net_factor(&net, 0, factor);
            assert_close(A, factor, expected, 1e-14);
            assert_true(u == 0 || (difference(A, factor, last) > 0.0) == (u % 3 == 0));
            memcpy(last, factor, sizeof last);
        }
        net_ok(&net, plast_network_reset(net.network, 5));
        net_factor(&net, 0, factor);
        assert_true(factor[0] == 0.0);
        net_get_weights(&net, 0, w);
        grapes_of_rows(A, IN, w, 0.0, expected);
        learn(&net, 0, batch, batch);
        net_factor(&net, 0, factor);
        assert_close(A, factor, expected, 1e-14);
        net_free(&net);
    }
}

/* Attached between two multiples of `refresh`: the first update takes a factor all the same. */
static void a_late_rule_has_a_factor_at_once(void **state)
{
    double factor[A], w[MOST], expected[A];
    (void)state;
    net net = made(PLAST_F64, "sgd", NULL);
    learn(&net, 0, 4, 1);
    net_grapes(&net, 0, &(grapes_plan){ .refresh = 1000.0 });
    net_get_weights(&net, 0, w);
    grapes_of_rows(A, IN, w, 1.0, expected);
    learn(&net, 4, 3, 1);
    net_factor(&net, 0, factor);
    assert_close(A, factor, expected, 1e-14);
    net_free(&net);
}

/* Samples without a loss have nothing to modulate; the rule keeps its factor. */
static void without_targets_nothing_happens(void **state)
{
    double before[A], after[A];
    (void)state;
    net net = made(PLAST_F64, "sgd", &PROPAGATING), plain = made(PLAST_F64, "sgd", NULL);
    net_learn(&net, &(net_data){ .n = 5, .x = x, .batch = 1 });
    assert_same_nets(&net, &plain);
    learn(&net, 0, 1, 1);
    net_factor(&net, 0, before);
    net_learn(&net, &(net_data){ .n = 5, .x = x, .batch = 1 });
    net_learn(&net, &(net_data){ .n = 5, .x = x, .batch = 5 });
    net_factor(&net, 0, after);
    assert_same_bits(A, before, after);
    net_free(&net);
    net_free(&plain);
}

/* ---- identities ---- */

/* Row i of every hidden gradient is m_i times that of backpropagation, so no sign differs; the output's is the same. */
static void local_rows_are_multiples(void **state)
{
    double before[MOST], a[MOST], b[MOST], m[A];
    (void)state;
    net net = made(PLAST_F64, "sgd", &LOCAL), plain = made(PLAST_F64, "sgd", NULL);
    learn(&net, 0, 1, 1);
    learn(&plain, 0, 1, 1);
    for (int32_t l = 0; l < LAYERS; l++) {
        struct net start = made(PLAST_F64, "sgd", NULL);
        double along = 0.0, squares = 0.0;
        net_get_weights(&start, l, before);
        net_get_weights(&net, l, a);
        net_get_weights(&plain, l, b);
        net_free(&start);
        for (int i = 0; i < A; i++)
            m[i] = 1.0;
        if (l < LAYERS - 1)
            net_factor(&net, l, m);
        for (int64_t i = 0; i < units[l] * inputs_of[l]; i++) {
            const double with = a[i] - before[i], without = b[i] - before[i];
            assert_near(with, m[i / inputs_of[l]] * without, 1e-15);
            assert_true(with * without >= 0.0);
            along += with * without;
            squares += without * without;
        }
        assert_true(along >= squares * (1.0 - 1e-12) && along <= 2.0 * squares * (1.0 + 1e-12));
    }
    net_free(&net);
    net_free(&plain);
}

/* Both versions agree in the last hidden layer and in the output layer, and only there. */
static void versions_differ_below(void **state)
{
    double a[MOST], b[MOST];
    (void)state;
    net local = made(PLAST_F64, "sgd", &LOCAL), propagating = made(PLAST_F64, "sgd", &PROPAGATING);
    learn(&local, 0, 1, 1);
    learn(&propagating, 0, 1, 1);
    for (int32_t l = 0; l < LAYERS; l++) {
        net_get_weights(&local, l, a);
        net_get_weights(&propagating, l, b);
        if (l >= LAYERS - 2)
            assert_same_bits(units[l] * inputs_of[l], a, b);
        else
            assert_true(difference(units[l] * inputs_of[l], a, b) > 1e-4);
    }
    net_free(&local);
    net_free(&propagating);
}

/* Feedback alignment with B = W^T diag(m) of the layer above, local, is the propagating version. */
static void is_feedback_by_scaled_transposes(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch <= 4; batch += 3) {
        net propagating = made(PLAST_F64, "sgd", &PROPAGATING), aligned = made(PLAST_F64, "sgd", NULL);
        net_feedback(&aligned, "fa", (const setting[]){ { NULL, 0.0 } });
        net_grapes(&aligned, PLAST_HIDDEN_LAYERS, &LOCAL);
        for (int32_t l = 0; l < LAYERS - 1; l++) {
            double w[MOST], b[MOST], m[A];
            net_get_weights(&aligned, l + 1, w);
            grapes_of_rows(units[l + 1], units[l], w, 1.0, m);
            for (int64_t i = 0; i < units[l + 1]; i++)
                for (int64_t j = 0; j < units[l]; j++)
                    b[j * units[l + 1] + i] = w[i * units[l] + j] * (l + 1 == LAYERS - 1 ? 1.0 : m[i]);
            group_set(net_group(&aligned, l, "feedback"), b);
        }
        learn(&propagating, 0, batch, batch);
        learn(&aligned, 0, batch, batch);
        double *a = net_all(&propagating), *b = net_all(&aligned);
        assert_close(net_size(&aligned), a, b, 1e-14);
        free(a), free(b);
        net_free(&propagating);
        net_free(&aligned);
    }
}

static double loss_of(net *net)
{
    const net_data data = data_of(0, 1, 1);
    return net_evaluate(net, &data).loss;
}

/* The loss has no such gradient: central differences differ by m_i in hidden rows, and agree at the output. */
static void is_not_the_losses_gradient(void **state)
{
    const double h = 1e-5;
    double before[MOST], after[MOST], w[MOST], m[A];
    (void)state;
    net net = made(PLAST_F64, "sgd", &LOCAL), start = made(PLAST_F64, "sgd", NULL);
    learn(&net, 0, 1, 1);
    for (int32_t l = 0; l < LAYERS; l++) {
        int wrong = 0;
        net_get_weights(&start, l, before);
        net_get_weights(&net, l, after);
        for (int i = 0; i < A; i++)
            m[i] = 1.0;
        if (l < LAYERS - 1)
            net_factor(&net, l, m);
        for (int64_t i = 0; i < units[l] * inputs_of[l]; i++) {
            memcpy(w, before, sizeof w);
            w[i] = before[i] + h;
            net_set_weights(&start, l, w);
            double slope = loss_of(&start);
            w[i] = before[i] - h;
            net_set_weights(&start, l, w);
            slope = (slope - loss_of(&start)) / (2.0 * h);
            const double step = (before[i] - after[i]) / 0.02;
            assert_near(step, m[i / inputs_of[l]] * slope, 1e-8); /* h^2, and rounding over h */
            wrong += fabs(step - slope) > 1e-3;
        }
        net_set_weights(&start, l, before);
        assert_true(l == LAYERS - 1 ? wrong == 0 : wrong > 10);
    }
    net_free(&net);
    net_free(&start);
}

/* A factor that does not change drops out of Adam, up to its epsilon. */
static void adam_cancels_a_constant_factor(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch <= 4; batch += 3) {
        net net = made(PLAST_F64, "adam", &(grapes_plan){ .local = 1, .refresh = 1e6 }),
            moving = made(PLAST_F64, "adam", &LOCAL), plain = made(PLAST_F64, "adam", NULL);
        set(&net, "epsilon", 1e-14);
        set(&moving, "epsilon", 1e-14);
        set(&plain, "epsilon", 1e-14);
        learn(&net, 0, SAMPLES, batch);
        learn(&moving, 0, SAMPLES, batch);
        learn(&plain, 0, SAMPLES, batch);
        double *a = net_all(&net), *b = net_all(&plain), *c = net_all(&moving);
        assert_close(net_size(&net), a, b, 1e-9); /* gradients of 1e-4 and more, over epsilon */
        assert_true(difference(net_size(&net), c, b) > 1e-6);
        free(a), free(b), free(c);
        net_free(&net);
        net_free(&moving);
        net_free(&plain);
    }
}

/* Under SGD both controls are one; under Adam a mean that is nearly constant drops out, and a rate does not. */
static void controls_differ_where_the_step_is_not_linear(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const grapes_plan mean = { .local = k & 1, .control = 1 }, rate = { .local = k & 1, .control = 2 };
        const char *optimizer = k >> 1 ? "adam" : "sgd";
        net a = made(PLAST_F64, optimizer, &mean), b = made(PLAST_F64, optimizer, &rate);
        learn(&a, 0, SAMPLES, 1);
        learn(&b, 0, SAMPLES, 1);
        double *all = net_all(&a), *same = net_all(&b);
        if (k >> 1)
            assert_true(difference(net_size(&a), all, same) > 1e-2);
        else
            assert_close(net_size(&a), all, same, 1e-13);
        free(all), free(same);
        net_free(&a);
        net_free(&b);
    }
}

/* ---- schemes whose matrices learn ---- */

/* Kolen and Pollack's matrix takes the modulated step too: W - B^T shrinks as ever. */
static void partners_keep_their_distance(void **state)
{
    const double decay = 0.1;
    (void)state;
    for (int k = 0; k < 12; k++) {
        const grapes_plan plan = { .local = k & 1, .control = k >> 2 };
        const int64_t batch = k >> 1 & 1 ? 4 : 1;
        net net = made(PLAST_F64, "momentum", &plan), plain = made(PLAST_F64, "momentum", NULL);
        double gap[LAYERS][MOST], other[MOST];
        const setting settings[] = { { "decay", decay }, { NULL, 0.0 } };
        net_feedback(&net, "kolen_pollack", settings);
        net_feedback(&plain, "kolen_pollack", settings);
        for (int32_t l = 0; l < LAYERS - 1; l++) {
            double w[MOST], b[MOST];
            net_get_weights(&net, l + 1, w);
            net_group_weights(&net, l, "feedback", units[l], units[l + 1], b);
            transpose(units[l], units[l + 1], b, gap[l]);
            for (int64_t i = 0; i < units[l] * units[l + 1]; i++)
                gap[l][i] = (w[i] - gap[l][i]) * pow(1.0 - decay, (double)(SAMPLES / batch));
        }
        learn(&net, 0, SAMPLES, batch);
        learn(&plain, 0, SAMPLES, batch);
        for (int32_t l = 0; l < LAYERS - 1; l++) {
            double w[MOST], b[MOST];
            net_get_weights(&net, l + 1, w);
            net_group_weights(&net, l, "feedback", units[l], units[l + 1], b);
            transpose(units[l], units[l + 1], b, other);
            for (int64_t i = 0; i < units[l] * units[l + 1]; i++)
                assert_near(w[i] - other[i], gap[l][i], 1e-14);
        }
        double *a = net_all(&net), *b = net_all(&plain);
        assert_true(difference(net_size(&net), a, b) > 1e-3);
        free(a), free(b);
        net_free(&net);
        net_free(&plain);
    }
}

/* The circuit: forward steps are those without the rule, row by row times the factor; its own three groups, which no
 * signal drives, change as without it. */
static void circuits_forward_step_is_modulated(void **state)
{
    static const char *const groups[] = { "descending", "teaching", "crossing" };
    const setting settings[] = { { "decay", 0.0 }, { NULL, 0.0 } };
    (void)state;
    for (int64_t batch = 1; batch <= 4; batch += 3) {
        net net = made(PLAST_F64, "sgd", NULL), plain = made(PLAST_F64, "sgd", NULL);
        net_feedback(&net, "circuit", settings);
        net_feedback(&plain, "circuit", settings);
        net_grapes(&net, PLAST_HIDDEN_LAYERS, &LOCAL);
        double *before = net_all(&plain), m[A], *at = before;
        learn(&net, 0, batch, batch);
        learn(&plain, 0, batch, batch);
        for (int32_t l = 0; l < LAYERS; l++) {
            double a[MOST], b[MOST];
            net_get_weights(&net, l, a);
            net_get_weights(&plain, l, b);
            for (int i = 0; i < A; i++)
                m[i] = 1.0;
            if (l < LAYERS - 1)
                net_factor(&net, l, m);
            for (int64_t i = 0; i < units[l] * inputs_of[l]; i++)
                assert_near(a[i] - at[i], m[i / inputs_of[l]] * (b[i] - at[i]), 1e-14);
            at += units[l] * (inputs_of[l] + 1);
            for (int g = 0; l < LAYERS - 1 && g < 3; g++) {
                double *with = group_new(net_group(&net, l, groups[g]));
                double *without = group_new(net_group(&plain, l, groups[g]));
                assert_same_bits(group_size(net_group(&net, l, groups[g])), with, without);
                free(with), free(without);
            }
        }
        free(before);
        net_free(&net);
        net_free(&plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(follows_plain_loops),
        quiet_test(beside_rules_and_clipping),
        quiet_test(clipped_steps_are_as_long_as_the_limit),
        quiet_test(some_layers_and_frozen_ones),
        quiet_test(factors_are_of_current_weights),
        quiet_test(wide_layers),
        quiet_test(minibatches_average),
        quiet_test(factor_is_kept_between_refreshes),
        quiet_test(a_late_rule_has_a_factor_at_once),
        quiet_test(without_targets_nothing_happens),
        quiet_test(local_rows_are_multiples),
        quiet_test(versions_differ_below),
        quiet_test(is_feedback_by_scaled_transposes),
        quiet_test(is_not_the_losses_gradient),
        quiet_test(adam_cancels_a_constant_factor),
        quiet_test(controls_differ_where_the_step_is_not_linear),
        quiet_test(partners_keep_their_distance),
        quiet_test(circuits_forward_step_is_modulated),
    };
    return grapes_built() ? cmocka_run_group_tests(tests, make_data, NULL) : 77; /* skipped */
}
