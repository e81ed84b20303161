/* SPDX-License-Identifier: MIT
 *
 * Backpropagation through time is the gradient of the loss that evaluate reports: against central differences of
 * networks in plain loops, for all forms, losses and masks; truncated, in windows, clipped, in minibatches, with
 * optimizers that keep moments. */
#include "support/quiet.h"
#include "support/recurrent.h"
#include "support/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 7, SEQUENCES = 4, ROWS = STEPS * SEQUENCES, MOST = 400 };

/* As in test_gradient.c: four points err by H^4 and by 1e-16 / H; softplus is made with beta 3. */
static const double TOLERANCE = 1e-8;
static const double KINK = 2e-3; /* steps of 2e-4 in one weight move no argument further */

static const int32_t activations[] = { PLAST_TANH, PLAST_RELU, PLAST_RECTIFIED_TANH, PLAST_SOFTPLUS, PLAST_SIGMOID };

static double x[ROWS * INPUTS], targets[ROWS * OUTPUTS], mask[ROWS];
static int32_t labels[ROWS];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    for (int i = 0; i < ROWS; i++) {
        labels[i] = i % 5 == 3 ? -1 : (i * 7) % OUTPUTS;
        mask[i] = i % 3 == 0 ? 0.0 : 0.25 * (double)(i % 4);
    }
    return 0;
}

static rnn_data all_data(void)
{
    return (rnn_data){ .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
}

static rnn_plan plan_of(int32_t form, int32_t activation, double alpha, int32_t layers)
{
    return (rnn_plan){ .inputs = INPUTS,
                       .outputs = OUTPUTS,
                       .layers = layers,
                       .units = { 5, 4 },
                       .form = form,
                       .activation = activation,
                       .param = activation == PLAST_SOFTPLUS ? 3.0 : 0.0,
                       .alpha = alpha,
                       .learn_initial = 1,
                       .seed = 11 };
}

/* The least distance of an argument from a kink at 0. */
static double least_argument(const rnn_plan *plan, const double *p, const rnn_data *d)
{
    double least = 1.0;
    for (int64_t b = 0; b < d->sequences; b++) {
        naive_state state;
        naive_step step;
        naive_begin(plan, p, &state);
        for (int32_t l = 0; l < plan->layers; l++)
            for (int64_t i = 0; i < plan->units[l]; i++)
                least = fmin(least, fabs(state.s[l][i]));
        for (int64_t t = 0; t < d->steps; t++) {
            naive_advance(plan, p, d->x + (t * d->sequences + b) * plan->inputs, &state, &step);
            for (int32_t l = 0; l < plan->layers; l++)
                for (int64_t i = 0; i < plan->units[l]; i++)
                    least = fmin(least, fabs(step.argument[l][i]));
        }
    }
    return least;
}

/* A network that is smooth around its parameters, which are put into `p`. */
static rnn make_smooth(rnn_plan plan, const rnn_data *d, double *p)
{
    for (;; plan.seed += 13) {
        rnn r = rnn_make(&plan);
        rnn_get(&r, p);
        const int kinks = plan.activation == PLAST_RELU || plan.activation == PLAST_RECTIFIED_TANH;
        if (!kinks || least_argument(&plan, p, d) > KINK)
            return r;
        rnn_free(&r);
        assert_true(plan.seed < 100000);
    }
}

/* What an update of rate 1 takes away. */
static void taken(const rnn *r, const double *before, double rate, double *gradient)
{
    rnn_get(r, gradient);
    for (int64_t i = 0; i < rnn_size(r); i++)
        gradient[i] = (before[i] - gradient[i]) / rate;
}

/* Initial states that do not learn have no gradient. */
static void drop_initial(const rnn_plan *plan, double *gradient)
{
    for (int32_t l = 0; !plan->learn_initial && l < plan->layers; l++) {
        const rnn_places p = rnn_places_of(plan, l);
        memset(gradient + p.initial, 0, (size_t)p.units * sizeof *gradient);
    }
}

/* Masked synapses have none either. */
static void drop_self(const rnn_plan *plan, double *gradient)
{
    for (int32_t l = 0; plan->no_self && l < plan->layers; l++) {
        const rnn_places p = rnn_places_of(plan, l);
        for (int64_t i = 0; i < p.units; i++)
            gradient[p.w + i * p.units + i] = 0.0;
    }
}

static void check_gradient(const rnn_plan *plan, const rnn_data *d)
{
    double p[MOST], expected[MOST], found[MOST];
    rnn r = make_smooth(*plan, d, p);
    assert_true(rnn_size(&r) <= MOST);
    naive_differences(&r.plan, p, d, 0, d->steps, NULL, expected);
    drop_initial(plan, expected);
    drop_self(plan, expected);
    rnn_learn(&r, NULL, d);
    taken(&r, p, 1.0, found);
    assert_close(rnn_size(&r), found, expected, TOLERANCE);
    rnn_free(&r);
}

static void central_differences(void **state)
{
    static const double alphas[] = { 0.0, 0.3 };
    (void)state;
    const rnn_data d = all_data();
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (size_t k = 0; k < sizeof activations / sizeof activations[0]; k++)
            for (int a = 0; a < 2; a++)
                for (int32_t layers = 1; layers <= 2; layers++) {
                    const rnn_plan plan = plan_of(form, activations[k], alphas[a], layers);
                    check_gradient(&plan, &d);
                }
}

static void one_sequence_and_three_layers(void **state)
{
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int leaks = 0; leaks < 2; leaks++) {
            rnn_data d = all_data();
            rnn_plan plan = plan_of(form, PLAST_TANH, leaks ? 0.6 : 1.0, 3);
            plan.units[2] = 3;
            d.sequences = 1; /* the path without matrix products */
            check_gradient(&plan, &d);
            d.steps = 1;
            check_gradient(&plan, &d);
        }
}

static void without_bias_self_or_initial(void **state)
{
    (void)state;
    const rnn_data d = all_data();
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++) {
        rnn_plan plan = plan_of(form, PLAST_TANH, 0.4, 2);
        plan.no_bias = 1;
        check_gradient(&plan, &d);
        plan.no_bias = 0;
        plan.no_self = 1;
        check_gradient(&plan, &d);
        plan.no_self = plan.learn_initial = 0;
        check_gradient(&plan, &d);
    }
}

static void losses_on_some_steps(void **state)
{
    double last[ROWS] = { 0.0 };
    (void)state;
    for (int i = ROWS - SEQUENCES; i < ROWS; i++)
        last[i] = 1.0;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++) {
        rnn_data d = all_data();
        rnn_plan plan = plan_of(form, PLAST_TANH, 0.4, 2);
        d.mask = last;
        check_gradient(&plan, &d);
        d.mask = mask;
        check_gradient(&plan, &d);
        plan.output = PLAST_SOFTMAX;
        d.targets = NULL;
        d.labels = labels;
        check_gradient(&plan, &d);
        d.mask = NULL;
        check_gradient(&plan, &d);
        plan.output = PLAST_TANH;
        d = all_data();
        check_gradient(&plan, &d);
    }
}

/* Evaluate weights its mean by the mask's sum; naive_mean_loss by the number of losses, which learning does. */
static void evaluate_is_the_naive_loss(void **state)
{
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++) {
        double p[MOST];
        const rnn_data d = all_data();
        const rnn_plan plan = plan_of(form, PLAST_SIGMOID, 0.4, 2);
        rnn r = rnn_make(&plan);
        rnn_get(&r, p);
        const plast_report report = rnn_evaluate(&r, NULL, &d);
        assert_near(report.loss, naive_mean_loss(&r.plan, p, &d, 0, STEPS, NULL), 1e-14);
        assert_int_equal(report.samples, ROWS);
        assert_int_equal(report.losses, ROWS);
        rnn_free(&r);
    }
}

/* In float, W - W' has the rounding of W: under a large rate that is nothing. 7 steps through two layers are left. */
static void single_precision(void **state)
{
    static const double rate = 4096.0, tolerance = 1e-5;
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int32_t sequences = 1; sequences <= SEQUENCES; sequences += SEQUENCES - 1) {
            double p[MOST], expected[MOST], found[MOST];
            rnn_data d = all_data();
            rnn_plan plan = plan_of(form, PLAST_TANH, 0.3, 2);
            plan.dtype = PLAST_F32;
            plan.rate = rate;
            d.sequences = sequences;
            rnn r = rnn_make(&plan);
            rnn_get(&r, p);
            naive_differences(&r.plan, p, &d, 0, STEPS, NULL, expected);
            rnn_learn(&r, NULL, &d);
            taken(&r, p, rate, found);
            assert_close(rnn_size(&r), found, expected, tolerance);
            rnn_free(&r);
        }
}

/* ---- dense layers between ---- */

static const struct {
    const char *kind;
    int64_t units, in;
} mixed[] = {
    { "dense", 4, INPUTS }, { "recurrent", 5, 4 }, { "dense", 3, 5 }, { "recurrent", 4, 3 }, { "dense", 2, 4 }
};

enum { MIXED = sizeof mixed / sizeof mixed[0] };

static rnn make_mixed(int32_t form)
{
    const rnn_plan plan = { .inputs = INPUTS, .outputs = OUTPUTS };
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = INPUTS, .seed = 3 };
    rnn r = { .plan = plan };
    assert_int_equal(plast_context_create(NULL, &r.net.context), PLAST_OK);
    net_ok(&r.net, plast_network_create(r.net.context, &options, &r.net.network));
    for (int l = 0; l < MIXED; l++) {
        plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = mixed[l].units, .activation = PLAST_TANH };
        if (mixed[l].kind[0] == 'r') {
            layer.form = form;
            layer.alpha = 0.4;
        }
        net_ok(&r.net, plast_network_add(r.net.network, mixed[l].kind, &layer, NULL));
    }
    net_optimizer(&r.net, "sgd", 1.0);
    return r;
}

static void get_mixed(const rnn *r, int l, double *w)
{
    const plast_matrix m = plast_output_f64(w, mixed[l].units, mixed[l].in);
    net_ok(&r->net, plast_synapses_get_weights(rnn_synapses(r, l, "input"), &m));
}

static void set_mixed(const rnn *r, int l, const double *w)
{
    const plast_matrix m = plast_matrix_f64(w, mixed[l].units, mixed[l].in);
    net_ok(&r->net, plast_synapses_set_weights(rnn_synapses(r, l, "input"), &m));
}

/* Credit goes through layers without a state on its way down, at every step: input weights of all five layers. */
static void dense_layers_between(void **state)
{
    static const double h = 1e-4, steps[4] = { 1.0, -1.0, 2.0, -2.0 };
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++) {
        double before[MIXED][20], after[20], expected[MIXED][20];
        const rnn_data d = all_data();
        rnn r = make_mixed(form);
        for (int l = 0; l < MIXED; l++) {
            get_mixed(&r, l, before[l]);
            for (int64_t i = 0; i < mixed[l].units * mixed[l].in; i++) {
                const double here = before[l][i];
                double loss[4];
                for (int k = 0; k < 4; k++) {
                    before[l][i] = here + steps[k] * h;
                    set_mixed(&r, l, before[l]);
                    loss[k] = rnn_evaluate(&r, NULL, &d).loss;
                }
                before[l][i] = here;
                set_mixed(&r, l, before[l]);
                expected[l][i] = (8.0 * (loss[0] - loss[1]) - (loss[2] - loss[3])) / (12.0 * h);
            }
        }
        rnn_learn(&r, NULL, &d);
        for (int l = 0; l < MIXED; l++) {
            const int64_t n = mixed[l].units * mixed[l].in;
            get_mixed(&r, l, after);
            for (int64_t i = 0; i < n; i++)
                after[i] = before[l][i] - after[i];
            assert_close(n, after, expected[l], TOLERANCE);
        }
        rnn_free(&r);
    }
}

/* ---- truncation ---- */

/* The gradient with every state before step `cut` held, for the cuts that are counted off from the last step; the first
 * segment includes the initial state. */
static void naive_truncated(const rnn_plan *plan, const double *p, const rnn_data *d, int64_t truncation, double *sum)
{
    double part[MOST];
    const rnn_places top = rnn_places_of(plan, plan->layers);
    const int64_t n = top.b + top.units;
    int64_t first = 0, last = (d->steps - 1) % truncation + 1;
    naive_state states[SEQUENCES];
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int64_t b = 0; b < d->sequences; b++)
        naive_begin(plan, p, &states[b]);
    for (; first < d->steps; first = last, last += truncation) {
        naive_differences(plan, p, d, first, last, first == 0 ? NULL : states, part);
        (void)naive_mean_loss(plan, p, d, first, last, states);
        for (int64_t i = 0; i < n; i++)
            sum[i] += part[i] * (double)(last - first) / (double)d->steps;
    }
}

static void truncated(void **state)
{
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int64_t truncation = 1; truncation <= STEPS + 1; truncation++) {
            double p[MOST], expected[MOST], found[MOST];
            const rnn_data d = all_data();
            const rnn_plan plan = plan_of(form, PLAST_TANH, 0.4, 2);
            rnn r = rnn_make(&plan);
            rnn_get(&r, p);
            net_ok(&r.net, plast_network_set_temporal_parameter(r.net.network, "truncation", (double)truncation));
            naive_truncated(&r.plan, p, &d, truncation, expected);
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, found);
            assert_close(rnn_size(&r), found, expected, TOLERANCE);
            rnn_free(&r);
        }
}

/* ---- windows ---- */

/* Updates of k steps each: gradients of the window's own mean loss at the weights of that moment, from the state that
 * the window before left, which is held. */
static void naive_windows(const rnn_plan *plan, const rnn_data *d, int64_t every, double rate, double *p)
{
    double gradient[MOST];
    const rnn_places top = rnn_places_of(plan, plan->layers);
    naive_state states[SEQUENCES];
    for (int64_t b = 0; b < d->sequences; b++)
        naive_begin(plan, p, &states[b]);
    for (int64_t first = 0; first < d->steps; first += every) {
        const int64_t last = first + every < d->steps ? first + every : d->steps;
        naive_differences(plan, p, d, first, last, first == 0 ? NULL : states, gradient);
        (void)naive_mean_loss(plan, p, d, first, last, states);
        for (int64_t i = 0; i < top.b + top.units; i++)
            p[i] -= rate * gradient[i];
    }
}

static void updates_every_few_steps(void **state)
{
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int64_t every = 1; every <= STEPS + 1; every += every == 4 ? 3 : 1)
            for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3) {
                double start[MOST], expected[MOST], found[MOST];
                rnn_data d = all_data();
                rnn_plan plan = plan_of(form, PLAST_TANH, 0.4, 2);
                plan.rate = 0.3;
                d.sequences = sequences;
                d.update_every = every;
                rnn r = rnn_make(&plan);
                rnn_get(&r, start);
                memcpy(expected, start, sizeof expected);
                naive_windows(&r.plan, &d, every, 0.3, expected);
                rnn_learn(&r, NULL, &d);
                rnn_get(&r, found);
                assert_true(difference(rnn_size(&r), found, start) > 1e-2);
                assert_close(rnn_size(&r), found, expected, TOLERANCE);
                rnn_free(&r);
            }
}

/* ---- clipping, moments, minibatches ---- */

static double norm_of(int64_t n, const double *v)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

/* The gradient of all parameters together is no longer than clip_norm: by pairs of rows, and formed (mask, many). */
static void clipped(void **state)
{
    static double long_x[40 * ROWS * INPUTS], long_targets[40 * ROWS * OUTPUTS];
    (void)state;
    fill_uniform(3, 40 * ROWS * INPUTS, long_x);
    fill_uniform(4, 40 * ROWS * OUTPUTS, long_targets);
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int kind = 0; kind < 3; kind++) {
            double p[MOST], whole[MOST], found[MOST];
            rnn_data d = all_data();
            rnn_plan plan = plan_of(form, PLAST_TANH, 0.5, 2);
            plan.no_self = kind == 1;
            d.sequences = kind == 2 ? 40 * SEQUENCES : SEQUENCES;
            d.x = long_x;
            d.targets = long_targets;
            rnn r = rnn_make(&plan);
            const int64_t n = rnn_size(&r);
            rnn_get(&r, p);
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, whole);
            const double limit = 0.3 * norm_of(n, whole);
            rnn_set(&r, p);
            net_ok(&r.net, plast_network_set_optimizer_parameter(r.net.network, "clip_norm", limit));
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, found);
            for (int64_t i = 0; i < n; i++)
                whole[i] *= 0.3;
            assert_close(n, found, whole, 1e-12);
            rnn_free(&r);
        }
}

/* Kingma & Ba 2015 and Polyak 1964, written out, on gradients that plain descent shows. */
static void moments(void **state)
{
    (void)state;
    for (int adam = 0; adam < 2; adam++) {
        double p[MOST], found[MOST], g[MOST], m[MOST] = { 0.0 }, v[MOST] = { 0.0 };
        const rnn_data d = all_data();
        rnn_plan plan = plan_of(PLAST_FORM_RATE, PLAST_TANH, 0.5, 2);
        rnn plain = rnn_make(&plan);
        plan.optimizer = adam ? "adam" : "momentum";
        plan.rate = 0.05;
        rnn r = rnn_make(&plan);
        rnn_get(&r, p);
        for (int update = 1; update <= 3; update++) {
            rnn_set(&plain, p);
            rnn_learn(&plain, NULL, &d);
            taken(&plain, p, 1.0, g);
            rnn_learn(&r, NULL, &d);
            rnn_get(&r, found);
            for (int64_t i = 0; i < rnn_size(&r); i++) {
                m[i] = adam ? 0.9 * m[i] + 0.1 * g[i] : 0.9 * m[i] + g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                p[i] -=
                    0.05 *
                    (adam ? m[i] / (1.0 - pow(0.9, update)) / (sqrt(v[i] / (1.0 - pow(0.999, update))) + 1e-8) : m[i]);
            }
            assert_close(rnn_size(&r), found, p, 1e-10); /* Adam divides small gradients by themselves */
        }
        rnn_free(&r);
        rnn_free(&plain);
    }
}

/* One sequence out of the data. */
static rnn_data single(int64_t b, double *one_x, double *one_targets)
{
    for (int64_t t = 0; t < STEPS; t++) {
        memcpy(one_x + t * INPUTS, x + (t * SEQUENCES + b) * INPUTS, INPUTS * sizeof *x);
        memcpy(one_targets + t * OUTPUTS, targets + (t * SEQUENCES + b) * OUTPUTS, OUTPUTS * sizeof *x);
    }
    return (rnn_data){ .sequences = 1, .steps = STEPS, .x = one_x, .targets = one_targets };
}

static void minibatch_is_the_mean_of_its_sequences(void **state)
{
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)state;
    for (int s = 0; s < 2; s++)
        for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++) {
            double p[MOST], one[MOST], mean[MOST] = { 0.0 }, found[MOST];
            double one_x[STEPS * INPUTS], one_targets[STEPS * OUTPUTS];
            const rnn_data d = all_data();
            rnn_plan plan = plan_of(form, PLAST_TANH, 0.5, 2);
            plan.temporal = schemes[s];
            rnn r = rnn_make(&plan);
            const int64_t n = rnn_size(&r);
            rnn_get(&r, p);
            for (int64_t b = 0; b < SEQUENCES; b++) {
                const rnn_data alone = single(b, one_x, one_targets);
                rnn_set(&r, p);
                rnn_learn(&r, NULL, &alone);
                taken(&r, p, 1.0, one);
                for (int64_t i = 0; i < n; i++)
                    mean[i] += one[i] / SEQUENCES;
            }
            rnn_set(&r, p);
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, found);
            assert_close(n, found, mean, 1e-13); /* sums of some 50 products in another order */
            rnn_free(&r);
        }
}

/* Above 512 units several sequences go by BLAS, a single one by passes over the weights. */
static void wide_layers_take_the_mean_too(void **state)
{
    (void)state;
    for (int leaks = 0; leaks < 2; leaks++) {
        double one_x[STEPS * INPUTS], one_targets[STEPS * OUTPUTS];
        const stack_plan plan = { .dtype = PLAST_F64,
                                  .inputs = INPUTS,
                                  .layers = 2,
                                  .layer = { { "recurrent",
                                               { .units = 513, .activation = PLAST_TANH, .alpha = leaks ? 0.6 : 1.0 } },
                                             { "dense", { .units = OUTPUTS } } } };
        const stack_data all = { .steps = STEPS, .sequences = SEQUENCES, .x = x, .targets = targets };
        stack s = stack_make(&plan);
        const int64_t n = stack_size(&s);
        double *found = new_array(n), *one = new_array(n), *mean = new_array(n);
        for (int64_t b = 0; b < SEQUENCES; b++) {
            const rnn_data alone = single(b, one_x, one_targets);
            const stack_data d = { .steps = STEPS, .sequences = 1, .x = alone.x, .targets = alone.targets };
            stack_gradient(&s, NULL, &d, one);
            for (int64_t i = 0; i < n; i++)
                mean[i] += one[i] / SEQUENCES;
        }
        stack_gradient(&s, NULL, &all, found);
        assert_close(n, found, mean, 1e-13); /* steps of weights of order 1 */
        free(found);
        free(one);
        free(mean);
        stack_free(&s);
    }
}

/* Minibatches of sequences one after another, the last one shorter. */
static void minibatches_in_turn(void **state)
{
    double p[MOST], expected[MOST], found[MOST];
    (void)state;
    rnn_data d = all_data();
    rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE, PLAST_TANH, 0.5, 1);
    plan.rate = 0.2;
    rnn r = rnn_make(&plan);
    rnn_get(&r, p);
    d.batch = 3;
    rnn_learn(&r, NULL, &d);
    rnn_get(&r, found);
    rnn_set(&r, p);
    d.batch = 0;
    double few_x[STEPS * 3 * INPUTS], few_targets[STEPS * 3 * OUTPUTS];
    for (int64_t t = 0; t < STEPS; t++) {
        memcpy(few_x + t * 3 * INPUTS, x + t * SEQUENCES * INPUTS, 3 * INPUTS * sizeof *x);
        memcpy(few_targets + t * 3 * OUTPUTS, targets + t * SEQUENCES * OUTPUTS, 3 * OUTPUTS * sizeof *x);
    }
    rnn_learn(&r, NULL, &(rnn_data){ .sequences = 3, .steps = STEPS, .x = few_x, .targets = few_targets });
    const rnn_data last = single(3, few_x, few_targets);
    rnn_learn(&r, NULL, &last);
    rnn_get(&r, expected);
    assert_close(rnn_size(&r), found, expected, 1e-14);
    rnn_free(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(central_differences),
        quiet_test(one_sequence_and_three_layers),
        quiet_test(without_bias_self_or_initial),
        quiet_test(losses_on_some_steps),
        quiet_test(evaluate_is_the_naive_loss),
        quiet_test(single_precision),
        quiet_test(dense_layers_between),
        quiet_test(truncated),
        quiet_test(updates_every_few_steps),
        quiet_test(clipped),
        quiet_test(moments),
        quiet_test(minibatch_is_the_mean_of_its_sequences),
        quiet_test(wide_layers_take_the_mean_too),
        quiet_test(minibatches_in_turn),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
