/* SPDX-License-Identifier: MIT
 *
 * What holds for every rule: stacked rules add their terms, a minibatch averages, arrays are loops, masks and freezing
 * hold, a rate of 0 is no rule, and feedback that takes the same changes keeps its distance. */
#include "support/quiet.h"
#include "support/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IN = 9, H = 7, OUT = 4, LAYERS = 2, SAMPLES = 6, WEIGHTS = H * IN + OUT * H };
static const int64_t rows[LAYERS] = { H, OUT }, cols[LAYERS] = { IN, H };

static const struct {
    const char *name;
    setting settings[12];
    double shrink; /* what W loses of itself at an update, by `decay`, `pool` and `decorrelation` */
} rules[] = {
    { "bcm", { { "rate", 0.15 }, { "tau", 3.0 }, { "start", 0.2 } }, 0.0 },
    { "decay", { { "rate", 0.1 } }, 0.1 },
    { "decorrelation", { { "rate", 0.07 } }, -0.07 },
    { "ehebb", { { "rate", 0.12 } }, 0.0 },
    { "gha", { { "rate", 0.09 } }, 0.0 },
    { "hebb", { { "rate", 0.11 } }, 0.0 },
    { "normalisation", { { "norm", 1.5 } }, 0.0 },
    { "oja", { { "rate", 0.3 }, { "guard", 0.1 } }, 0.0 },
    { "oja_neuron", { { "rate", 0.13 } }, 0.0 },
    { "pool",
      { { "theta_0", 0.03 },
        { "theta_1", 0.05 },
        { "theta_2", -0.07 },
        { "theta_3", 0.04 },
        { "theta_4", 0.02 },
        { "theta_5", 0.06 },
        { "theta_6", -0.05 },
        { "theta_7", 0.03 },
        { "theta_8", 0.08 },
        { "theta_9", 0.1 } },
      0.04 },
    { "soft_bounds", { { "rate", 0.14 }, { "w_min", -1.0 }, { "w_max", 0.5 } }, 0.0 },
};
enum { RULES = sizeof rules / sizeof rules[0] };

static int is(int rule, const char *name)
{
    return strcmp(rules[rule].name, name) == 0;
}

/* How a network learns. */
typedef struct manner {
    int32_t dtype;
    const char *optimizer;
    int64_t batch;
} manner;

static const manner manners[] = { { PLAST_F64, "sgd", 1 },  { PLAST_F64, "sgd", 3 },  { PLAST_F32, "sgd", 1 },
                                  { PLAST_F64, "adam", 1 }, { PLAST_F32, "adam", 3 }, { PLAST_F32, "sgd", 6 } };
enum { MANNERS = sizeof manners / sizeof manners[0] };

static double tolerance_of(const manner *m)
{
    return m->dtype == PLAST_F64 ? 1e-14 : 2e-6; /* of sums of some 100 products */
}

static double inputs[SAMPLES * IN], targets[SAMPLES * OUT];

static int make_data(void **state)
{
    (void)state;
    fill_uniform(1, SAMPLES * IN, inputs);
    fill_uniform(2, SAMPLES * OUT, targets);
    return 0;
}

static net make(const manner *m)
{
    const net_plan plan = { .dtype = m->dtype,
                            .inputs = IN,
                            .layers = LAYERS,
                            .units = { H, OUT },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .seed = 17,
                            .optimizer = m->optimizer,
                            .rate = 0.05 };
    return net_make(&plan);
}

static void attach(net *net, int rule)
{
    net_add_rule(net, PLAST_ALL_LAYERS, rules[rule].name, rules[rule].settings);
}

static void learn(net *net, int64_t first, int64_t n, int64_t batch)
{
    net_learn(net, &(net_data){ .n = n, .x = inputs + first * IN, .targets = targets + first * OUT, .batch = batch });
}

static void weights_of(const net *net, double *w)
{
    net_get_weights(net, 0, w);
    net_get_weights(net, 1, w + H * IN);
}

static void rescale(double *w, double norm)
{
    for (int l = 0; l < LAYERS; l++)
        for (int64_t i = 0; i < rows[l]; i++) {
            double *row = w + (l == 0 ? 0 : H * IN) + i * cols[l], sum = 0.0;
            for (int64_t j = 0; j < cols[l]; j++)
                sum += row[j] * row[j];
            for (int64_t j = 0; j < cols[l]; j++)
                row[j] *= norm / sqrt(sum);
        }
}

/* Weights after one update without rules, and by how much each rule alone changes that. */
typedef struct single {
    double plain[WEIGHTS], gain[RULES][WEIGHTS];
} single;

static single learn_singly(const manner *m)
{
    single s;
    net plain = make(m);
    learn(&plain, 0, m->batch, m->batch);
    weights_of(&plain, s.plain);
    net_free(&plain);
    for (int r = 0; r < RULES; r++) {
        net net = make(m);
        attach(&net, r);
        learn(&net, 0, m->batch, m->batch);
        weights_of(&net, s.gain[r]);
        assert_true(difference(WEIGHTS, s.gain[r], s.plain) > 1e-3); /* it does something */
        for (int i = 0; i < WEIGHTS; i++)
            s.gain[r][i] -= s.plain[i];
        net_free(&net);
    }
    return s;
}

/* A network with these rules on it moves by the sum of their terms; rows are rescaled last. */
static void check_stack(const manner *m, const single *s, int count, const int *stack)
{
    double expected[WEIGHTS], found[WEIGHTS];
    int normalised = 0;
    net net = make(m);
    memcpy(expected, s->plain, sizeof expected);
    for (int k = 0; k < count; k++) {
        attach(&net, stack[k]);
        normalised += is(stack[k], "normalisation");
        for (int i = 0; i < WEIGHTS && !is(stack[k], "normalisation"); i++)
            expected[i] += s->gain[stack[k]][i];
    }
    if (normalised)
        rescale(expected, 1.5);
    learn(&net, 0, m->batch, m->batch);
    weights_of(&net, found);
    assert_close(WEIGHTS, found, expected, 3.0 * tolerance_of(m));
    net_free(&net);
}

static void every_rule_is_in_the_table(void **state)
{
    (void)state;
    int32_t next = 0;
    for (int r = 0; r < RULES; r++) {
        assert_non_null(plast_rule_name(next));
        next += strcmp(plast_rule_name(next), "grapes") == 0; /* it has no terms: test_grapes_learning.c */
        assert_string_equal(plast_rule_name(next++), rules[r].name);
    }
    assert_null(plast_rule_name(next));
}

static void pairs_add_up(void **state)
{
    (void)state;
    for (int k = 0; k < MANNERS; k++) {
        const single s = learn_singly(&manners[k]);
        for (int a = 0; a < RULES; a++)
            for (int b = 0; b < RULES; b++)
                if (a != b)
                    check_stack(&manners[k], &s, 2, (const int[]){ a, b });
    }
}

/* All that have room beside each other, in either order; the pool has none then. */
static void as_many_as_fit_add_up(void **state)
{
    (void)state;
    for (int k = 0; k < MANNERS; k++) {
        const single s = learn_singly(&manners[k]);
        int stack[RULES], reversed[RULES], count = 0;
        for (int r = 0; r < RULES; r++)
            if (!is(r, "pool"))
                stack[count++] = r;
        for (int i = 0; i < count; i++)
            reversed[i] = stack[count - 1 - i];
        check_stack(&manners[k], &s, count, stack);
        check_stack(&manners[k], &s, count, reversed);
    }
}

static void more_than_fit_are_refused(void **state)
{
    (void)state;
    net net = make(&manners[0]), same = make(&manners[0]);
    for (int r = 0; r < RULES; r++)
        if (!is(r, "pool")) {
            attach(&net, r);
            attach(&same, r);
        }
    for (int r = 0; r < RULES; r++)
        if (is(r, "pool"))
            assert_int_equal(net_try_rule(&net, PLAST_ALL_LAYERS, "pool", rules[r].settings), PLAST_E_UNSUPPORTED);
    assert_non_null(strstr(plast_context_error(net.context), "10 rank-one terms"));
    learn(&net, 0, SAMPLES, 1);
    learn(&same, 0, SAMPLES, 1);
    assert_same_nets(&net, &same);
    net_free(&net);
    net_free(&same);
}

/* A minibatch of copies of one sample is that sample. */
static void minibatches_average(void **state)
{
    enum { COPIES = 4 };
    double x[COPIES * IN], t[COPIES * OUT], a[WEIGHTS], b[WEIGHTS];
    (void)state;
    for (int i = 0; i < COPIES; i++) {
        memcpy(x + i * IN, inputs, sizeof(double) * IN);
        memcpy(t + i * OUT, targets, sizeof(double) * OUT);
    }
    for (int k = 0; k < MANNERS; k++)
        for (int r = 0; r < RULES; r++) {
            net one = make(&manners[k]), many = make(&manners[k]);
            attach(&one, r);
            attach(&many, r);
            for (int i = 0; i < 2; i++) { /* what a rule keeps shows in the second update */
                net_learn(&one, &(net_data){ .n = 1, .x = x, .targets = t, .batch = 1 });
                net_learn(&many, &(net_data){ .n = COPIES, .x = x, .targets = t, .batch = COPIES });
            }
            weights_of(&one, a);
            weights_of(&many, b);
            assert_close(WEIGHTS, b, a, 10.0 * tolerance_of(&manners[k])); /* two updates, Adam's among them */
            net_free(&one);
            net_free(&many);
        }
}

/* Samples one call each, all in one call, and in two: the same bits, online and in minibatches. */
static void arrays_are_loops(void **state)
{
    (void)state;
    for (int k = 0; k < MANNERS; k++)
        for (int r = 0; r < RULES; r++) {
            net loop = make(&manners[k]), array = make(&manners[k]);
            const int64_t batch = manners[k].batch;
            attach(&loop, r);
            attach(&array, r);
            for (int round = 0; round < 2; round++) {
                for (int64_t i = 0; i < SAMPLES; i += batch)
                    learn(&loop, i, batch, batch);
                learn(&array, 0, SAMPLES, batch);
            }
            assert_same_nets(&loop, &array);
            net_free(&loop);
            net_free(&array);
        }
}

static void set_masks(net *net)
{
    double mask[H * IN];
    for (int i = 0; i < H * IN; i++)
        mask[i] = i % 3 == 1 ? 0.0 : 1.0;
    for (int32_t l = 0; l < LAYERS; l++) {
        const plast_matrix m = plast_matrix_f64(mask, rows[l], cols[l]);
        plast_layer *layer = NULL;
        plast_synapses *synapses = NULL;
        net_ok(net, plast_network_layer(net->network, l, &layer));
        net_ok(net, plast_layer_synapses(layer, NULL, &synapses));
        net_ok(net, plast_synapses_set_mask(synapses, &m));
    }
}

/* A masked network moves as one that was not masked but starts from the same weights, where there are synapses; rows
 * are rescaled after that. */
static void masks_hold(void **state)
{
    (void)state;
    for (int k = 0; k < MANNERS; k++)
        for (int r = 0; r < RULES; r++) {
            double start[WEIGHTS], w[WEIGHTS], expected[WEIGHTS];
            net masked = make(&manners[k]), open = make(&manners[k]);
            set_masks(&masked);
            weights_of(&masked, start);
            net_set_weights(&open, 0, start);
            net_set_weights(&open, 1, start + H * IN);
            attach(&masked, r);
            if (!is(r, "normalisation"))
                attach(&open, r);
            learn(&masked, 0, manners[k].batch, manners[k].batch);
            learn(&open, 0, manners[k].batch, manners[k].batch);
            weights_of(&masked, w);
            weights_of(&open, expected);
            for (int i = 0; i < WEIGHTS; i++)
                expected[i] *= (i < H * IN ? i : i - H * IN) % 3 == 1 ? 0.0 : 1.0;
            if (is(r, "normalisation"))
                rescale(expected, 1.5);
            assert_close(WEIGHTS, w, expected, tolerance_of(&manners[k]));
            for (int i = 0; i < WEIGHTS; i++)
                assert_true(expected[i] != 0.0 || w[i] == 0.0);
            net_free(&masked);
            net_free(&open);
        }
}

static void frozen_layers_stand_still(void **state)
{
    (void)state;
    for (int r = 0; r < RULES; r++) {
        double before[WEIGHTS], after[WEIGHTS];
        net net = make(&manners[0]);
        attach(&net, r);
        learn(&net, 0, 1, 1);
        weights_of(&net, before);
        net_freeze(&net, 0, 1);
        learn(&net, 0, SAMPLES, 1);
        learn(&net, 0, SAMPLES, 3);
        weights_of(&net, after);
        assert_same_bits(H * IN, before, after);
        assert_true(difference(OUT * H, before + H * IN, after + H * IN) > 1e-3);
        net_free(&net);
    }
}

static void rate_zero_is_no_rule(void **state)
{
    (void)state;
    for (int k = 0; k < MANNERS; k++)
        for (int r = 0; r < RULES; r++) {
            if (is(r, "pool") || is(r, "normalisation")) /* have no rate */
                continue;
            net with = make(&manners[k]), without = make(&manners[k]);
            attach(&with, r);
            net_ok(&with, plast_network_set_rule(with.network, PLAST_ALL_LAYERS, rules[r].name, "rate", 0.0));
            learn(&with, 0, SAMPLES, manners[k].batch);
            learn(&without, 0, SAMPLES, manners[k].batch);
            assert_same_nets(&with, &without);
            net_free(&with);
            net_free(&without);
        }
}

/* Without an error, a sample moves weights by the rules alone, and by what ehebb and the pool make of signals of 0. */
static void no_optimizer_is_needed(void **state)
{
    (void)state;
    for (int r = 0; r < RULES; r++) {
        const manner none = { PLAST_F64, NULL, 1 };
        double before[WEIGHTS], after[WEIGHTS];
        net net = make(&none);
        attach(&net, r);
        weights_of(&net, before);
        net_see(&net, SAMPLES, inputs, 2);
        weights_of(&net, after);
        if (is(r, "ehebb"))
            assert_same_bits(WEIGHTS, before, after);
        else
            assert_true(difference(WEIGHTS, before, after) > 1e-3);
        net_free(&net);
    }
}

/* Kolen and Pollack's feedback takes what rules do: W - B^T of the second layer shrinks by 1 - decay, less what a rule
 * takes of W itself, which it takes of B too; y_i^2 of that in row i for Oja's neurons. Rescaled rows are in
 * test_normalisation.c. */
static void partners_keep_their_distance(void **state)
{
    const setting settings[] = { { "decay", 0.2 }, { NULL, 0.0 } };
    (void)state;
    for (int k = 0; k < MANNERS; k++)
        for (int r = 0; r < RULES; r++) {
            const int64_t n = manners[k].batch;
            double w[OUT * H], b[H * OUT], gap[OUT * H], y[SAMPLES * OUT], now[OUT * H];
            if (is(r, "normalisation"))
                continue;
            net net = make(&manners[k]);
            net_feedback(&net, "kolen_pollack", settings);
            attach(&net, r);
            net_get_weights(&net, 1, w);
            net_group_weights(&net, 0, "feedback", H, OUT, b);
            learn(&net, 0, n, n);
            net_seen(&net, 1, PLAST_ACTIVITY, y);
            for (int i = 0; i < OUT * H; i++) {
                double factor = 1.0 - 0.2 - rules[r].shrink;
                for (int64_t s = 0; s < n && is(r, "oja_neuron"); s++)
                    factor -= 0.13 * y[s * OUT + i / H] * y[s * OUT + i / H] / (double)n;
                gap[i] = factor * (w[i] - b[i % H * OUT + i / H]);
            }
            net_get_weights(&net, 1, w);
            net_group_weights(&net, 0, "feedback", H, OUT, b);
            for (int i = 0; i < OUT * H; i++)
                now[i] = w[i] - b[i % H * OUT + i / H];
            assert_close(OUT * H, now, gap, tolerance_of(&manners[k]));
            net_free(&net);
        }
}

/* Where rules are not mirrored, feedback moves as though there were none. */
static void partners_may_ignore_rules(void **state)
{
    const setting settings[] = { { "decay", 0.2 }, { "mirror_rules", 0.0 }, { NULL, 0.0 } };
    (void)state;
    for (int k = 0; k < MANNERS; k++)
        for (int r = 0; r < RULES; r++) {
            double b[2][H * OUT];
            for (int ruled = 0; ruled < 2; ruled++) {
                net net = make(&manners[k]);
                net_feedback(&net, "kolen_pollack", settings);
                if (ruled)
                    attach(&net, r);
                learn(&net, 0, manners[k].batch, manners[k].batch);
                net_group_weights(&net, 0, "feedback", H, OUT, b[ruled]);
                net_free(&net);
            }
            assert_close(H * OUT, b[1], b[0], tolerance_of(&manners[k]));
        }
}

/* Factors that are the same for all rows are kept from update to update; those by row come in between. `fresh` forgets
 * everything before each update. */
static void factors_follow_the_rates(void **state)
{
    const double rates[] = { 0.0, 0.2, 0.0, 0.3, 0.0 };
    (void)state;
    for (int k = 0; k < MANNERS; k++) {
        const manner m = { manners[k].dtype, "sgd", manners[k].batch };
        net net = make(&m), fresh = make(&m);
        net_add_rule(&net, PLAST_ALL_LAYERS, "decay", RATE(0.1));
        net_add_rule(&fresh, PLAST_ALL_LAYERS, "decay", RATE(0.1));
        net_add_rule(&net, PLAST_ALL_LAYERS, "oja_neuron", RATE(0.0));
        net_add_rule(&fresh, PLAST_ALL_LAYERS, "oja_neuron", RATE(0.0));
        for (size_t t = 0; t < sizeof rates / sizeof rates[0]; t++) {
            net_ok(&net, plast_network_set_rule(net.network, PLAST_ALL_LAYERS, "oja_neuron", "rate", rates[t]));
            net_ok(&fresh, plast_network_set_rule(fresh.network, PLAST_ALL_LAYERS, "oja_neuron", "rate", rates[t]));
            net_optimizer(&fresh, "sgd", 0.05);
            learn(&net, 0, m.batch, m.batch);
            learn(&fresh, 0, m.batch, m.batch);
            assert_same_nets(&net, &fresh);
        }
        net_free(&net);
        net_free(&fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(every_rule_is_in_the_table),
        quiet_test(pairs_add_up),
        quiet_test(as_many_as_fit_add_up),
        quiet_test(more_than_fit_are_refused),
        quiet_test(minibatches_average),
        quiet_test(arrays_are_loops),
        quiet_test(masks_hold),
        quiet_test(frozen_layers_stand_still),
        quiet_test(rate_zero_is_no_rule),
        quiet_test(no_optimizer_is_needed),
        quiet_test(partners_keep_their_distance),
        quiet_test(partners_may_ignore_rules),
        quiet_test(factors_follow_the_rates),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
