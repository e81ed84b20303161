/* SPDX-License-Identifier: MIT
 *
 * E-prop: traces by hand, in plain loops, against the backward form and against backpropagation where both must agree;
 * learning at every step; with random feedback. */
#include "support/fail_allocator.h"
#include "support/quiet.h"
#include "support/recurrent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 19, SEQUENCES = 4, ROWS = STEPS * SEQUENCES, MOST = 400, FORMS = 4 };

static const double EXACT = 1e-12; /* the same sums in another order */

static double x[ROWS * INPUTS], targets[ROWS * OUTPUTS];

static int fill_data(void **state)
{
    (void)state;
    fill_uniform(1, ROWS * INPUTS, x);
    fill_uniform(2, ROWS * OUTPUTS, targets);
    return 0;
}

static rnn_data all_data(void)
{
    return (rnn_data){ .sequences = SEQUENCES, .steps = STEPS, .x = x, .targets = targets };
}

static rnn_plan plan_of(int32_t form, double alpha, int32_t layers)
{
    return (rnn_plan){ .inputs = INPUTS,
                       .outputs = OUTPUTS,
                       .layers = layers,
                       .units = { 5, 4, 6 },
                       .form = form,
                       .activation = PLAST_TANH,
                       .alpha = alpha,
                       .learn_initial = 1,
                       .seed = 11,
                       .temporal = "eprop" };
}

static void set_parameter(const rnn *r, const char *name, double value)
{
    net_ok(&r->net, plast_network_set_temporal_parameter(r->net.network, name, value));
}

static void taken(const rnn *r, const double *before, double rate, double *gradient)
{
    rnn_get(r, gradient);
    for (int64_t i = 0; i < rnn_size(r); i++)
        gradient[i] = (before[i] - gradient[i]) / rate;
}

/* ---- by hand ---- */

/* Two linear units, alpha 1/2, one input that is 1 at the first step and 0 then, and an initial state (1, 0). W has one
 * synapse, 2 from unit 0 to unit 1; U = (1, 0); no bias. The loss is on the last of three steps, 1/2 (y - 3)^2 of a
 * readout y = h_0 + h_1, so that G_3 = y - 3 for both units.
 *
 * Linear, all forms are one: h_t = h_(t-1) / 2 + n_t / 2.
 *     unit 0:  h = 1 -> 1/2 + 1/2 = 1 -> 1/2 -> 1/4                      (n = 1, 0, 0)
 *     unit 1:  h = 0 -> 1 -> 1/2 + 1 = 3/2 -> 3/4 + 1/2 = 5/4            (n = 2, 2, 1)
 *     y = 3/2, G = -3/2
 *     traces of W, pre unit 0 (h before: 1, 1, 1/2):  1/2, 3/4, 3/8 + 1/4 = 5/8
 *     traces of W, pre unit 1 (h before: 0, 1, 3/2):  0, 1/2, 1/4 + 3/4 = 1
 *     traces of U (x: 1, 0, 0):  1/2, 1/4, 1/8;  of the initial state:  1/2, 1/4, 1/8
 * Every gradient is G times the trace at step 3. */
static void golden(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int traces = 0; traces < 2; traces++) {
            /* U (2 x 1), W (2 x 2), initial (2), V (1 x 2) */
            const double before[] = { 1, 0, 0, 0, 2, 0, 1, 0, 1, 1 };
            const double gradient[] = { -3.0 / 16, -3.0 / 16, -15.0 / 16, -1.5,     -15.0 / 16,
                                        -1.5,      -3.0 / 16, -3.0 / 16,  -3.0 / 8, -15.0 / 8 };
            const double in[] = { 1, 0, 0 }, target[] = { 0, 0, 3 }, mask[] = { 0, 0, 1 };
            double found[10];
            rnn_plan plan = plan_of(form, 0.5, 1);
            plan.inputs = plan.outputs = plan.no_bias = 1;
            plan.units[0] = 2;
            plan.activation = PLAST_LINEAR;
            rnn r = rnn_make(&plan);
            set_parameter(&r, "traces", traces);
            rnn_set(&r, before);
            rnn_learn(&r, NULL, &(rnn_data){ .sequences = 1, .steps = 3, .x = in, .targets = target, .mask = mask });
            taken(&r, before, 1.0, found);
            for (int i = 0; i < 10; i++)
                assert_near(found[i], gradient[i], 1e-15);
            rnn_free(&r);
        }
}

/* As above with a ReLU and signs such that unit 0 falls silent at step 2: in form "inside" its trace is lost there, in
 * "voltage" and "rate" it fades. One unit, alpha 1/2, W = -4, U = 1, x = (2, 0, 9), initial 1, b = 0, loss on step 3,
 * 1/2 (h - 1)^2.
 *     voltage: v = 1 -> 1/2 + (2 - 4)/2 = -1/2 -> -1/4 -> -1/8 + 9/2 = 35/8; h = 1, 0, 0, 35/8; G = 27/8, slope 1
 *              trace of W (h before 1, 0, 0): 1/2, 1/4, 1/8;  of U (2, 0, 9): 1, 1/2, 1/4 + 9/2 = 19/4
 *     inside:  h = 1 -> relu(-1/2) = 0 -> 0 -> 9/2; G = 7/2; slopes 0, 0, 1
 *              W: 0, 0, 0;  U: 0, 0, 9/2
 *     rate:    h = 1 -> 1/2 + relu(-2)/2 = 1/2 -> 1/4 + relu(-2)/2 = 1/4 -> 1/8 + relu(8)/2 = 33/8; G = 25/8;
 *              slopes 0, 0, 1;  W (h before 1, 1/2, 1/4): 0, 0, 1/8;  U: 0, 0, 9/2
 * Traces of the initial state: voltage 1/8; inside 0; rate 1/8. (At 0 a ReLU has slope 0.) */
static void golden_relu(void **state)
{
    static const int32_t forms[] = { PLAST_FORM_VOLTAGE, PLAST_FORM_INSIDE, PLAST_FORM_RATE };
    static const double h[] = { 35.0 / 8, 9.0 / 2, 33.0 / 8 };
    static const double u[] = { 19.0 / 4, 9.0 / 2, 9.0 / 2 }, w[] = { 1.0 / 8, 0, 1.0 / 8 };
    static const double first[] = { 1.0 / 8, 0, 1.0 / 8 };
    const double before[] = { 1, -4, 1, 1 }, in[] = { 2, 0, 9 }, target[] = { 0, 0, 1 }, mask[] = { 0, 0, 1 };
    (void)state;
    for (int k = 0; k < 3; k++)
        for (int traces = 0; traces < 2; traces++) {
            const double g = h[k] - 1.0, gradient[] = { g * u[k], g * w[k], g * first[k], g * h[k] };
            double found[4];
            rnn_plan plan = plan_of(forms[k], 0.5, 1);
            plan.inputs = plan.outputs = plan.units[0] = plan.no_bias = 1;
            plan.activation = PLAST_RELU;
            rnn r = rnn_make(&plan);
            set_parameter(&r, "traces", traces);
            rnn_set(&r, before);
            rnn_learn(&r, NULL, &(rnn_data){ .sequences = 1, .steps = 3, .x = in, .targets = target, .mask = mask });
            taken(&r, before, 1.0, found);
            for (int i = 0; i < 4; i++)
                assert_near(found[i], gradient[i], 1e-14);
            rnn_free(&r);
        }
}

/* ---- against plain loops ---- */

static void naive_gradient(const rnn *r, const double *p, const rnn_data *d, int self, const double *const *feedback,
                           double *gradient)
{
    memset(gradient, 0, (size_t)rnn_size(r) * sizeof *gradient);
    for (int64_t b = 0; b < d->sequences; b++) {
        double signal[OUTPUTS];
        naive_state state;
        naive_step step;
        naive_traces traces;
        naive_begin(&r->plan, p, &state);
        naive_traces_begin(&traces);
        for (int64_t t = 0; t < d->steps; t++) {
            const int64_t row = t * d->sequences + b;
            naive_advance(&r->plan, p, d->x + row * INPUTS, &state, &step);
            (void)naive_loss(&r->plan, d, &step, row, signal);
            naive_eprop(&r->plan, p, &step, signal, 1.0 / (double)(d->sequences * d->steps), self, feedback, &traces,
                        gradient);
        }
    }
}

static void check_against_loops(int32_t form, double alpha, int32_t layers, int64_t sequences, int self)
{
    double p[MOST], expected[MOST], found[2][MOST];
    rnn_data d = all_data();
    const rnn_plan plan = plan_of(form, alpha, layers);
    d.sequences = sequences;
    for (int traces = 0; traces < 2; traces++) {
        rnn r = rnn_make(&plan);
        assert_true(rnn_size(&r) <= MOST);
        set_parameter(&r, "self", self);
        set_parameter(&r, "traces", traces);
        rnn_get(&r, p);
        naive_gradient(&r, p, &d, self, NULL, expected);
        rnn_learn(&r, NULL, &d);
        taken(&r, p, 1.0, found[traces]);
        assert_close(rnn_size(&r), found[traces], expected, EXACT);
        rnn_free(&r);
    }
}

static void plain_loops(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int32_t layers = 1; layers <= 3; layers++)
            for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3)
                for (int self = 0; self < 2; self++) {
                    check_against_loops(form, 0.0, layers, sequences, self);
                    check_against_loops(form, 0.3, layers, sequences, self);
                }
}

static void single_precision(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int traces = 0; traces < 2; traces++) {
            double p[MOST], expected[MOST], found[MOST];
            const rnn_data d = all_data();
            rnn_plan plan = plan_of(form, 0.3, 2);
            plan.dtype = PLAST_F32;
            plan.rate = 4096.0; /* rounding of W' is nothing to such a step */
            rnn r = rnn_make(&plan);
            set_parameter(&r, "traces", traces);
            rnn_get(&r, p);
            naive_gradient(&r, p, &d, 0, NULL, expected);
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 4096.0, found);
            assert_close(rnn_size(&r), found, expected, 1e-5);
            rnn_free(&r);
        }
}

/* Without recurrent weights nothing is dropped in a single layer: all but W's own gradient. In that W enters as h, so
 * it agrees too. With only the diagonal, `self` drops nothing. */
static void is_backpropagation_where_nothing_is_dropped(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int self = 0; self < 2; self++)
            for (int traces = 0; traces < 2; traces++) {
                double p[MOST], by_time[MOST], found[MOST];
                const rnn_data d = all_data();
                const rnn_plan plan = plan_of(form, 0.3, 1);
                const rnn_places at = rnn_places_of(&plan, 0);
                rnn r = rnn_make(&plan);
                rnn_get(&r, p);
                for (int64_t i = 0; i < 5; i++)
                    for (int64_t j = 0; j < 5; j++)
                        p[at.w + i * 5 + j] *= self && i == j ? 1.0 : 0.0;
                rnn_set(&r, p);
                set_parameter(&r, "traces", traces);
                set_parameter(&r, "self", self);
                rnn_learn(&r, NULL, &d);
                taken(&r, p, 1.0, found);
                rnn_set(&r, p);
                rnn_temporal(&r, "bptt", NULL);
                rnn_learn(&r, NULL, &d);
                taken(&r, p, 1.0, by_time);
                assert_close(rnn_size(&r), found, by_time, EXACT);
                rnn_free(&r);
            }
}

/* Otherwise it is another gradient: what is compared above could differ. */
static void is_not_backpropagation_elsewhere(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++) {
        double p[MOST], by_time[MOST], found[MOST], with_self[MOST];
        const rnn_data d = all_data();
        const rnn_plan plan = plan_of(form, 0.3, 1);
        rnn r = rnn_make(&plan);
        rnn_get(&r, p);
        rnn_learn(&r, NULL, &d);
        taken(&r, p, 1.0, found);
        rnn_set(&r, p);
        set_parameter(&r, "self", 1.0);
        rnn_learn(&r, NULL, &d);
        taken(&r, p, 1.0, with_self);
        rnn_set(&r, p);
        rnn_temporal(&r, "bptt", NULL);
        rnn_learn(&r, NULL, &d);
        taken(&r, p, 1.0, by_time);
        assert_true(difference(rnn_size(&r), found, by_time) > 0.02);
        assert_true(difference(rnn_size(&r), found, with_self) > 1e-3);
        rnn_free(&r);
    }
}

/* ---- every k steps ---- */

/* A mean over a window's losses: with k steps and B sequences, what each window takes is T / k times its part of the
 * whole sequence's gradient. Under a rate of 2^-40 weights stand still to 1e-12. */
static void windows_add_up(void **state)
{
    static const double rate = 0x1p-40;
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int64_t every = 1; every <= STEPS; every += 3)
            for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3)
                for (int self = 0; self < 2; self++) {
                    double p[MOST], whole[MOST], found[MOST];
                    rnn_data d = all_data();
                    rnn_plan plan = plan_of(form, 0.3, 2);
                    d.sequences = sequences;
                    d.steps = every == 4 ? 4 : STEPS / every * every; /* whole windows */
                    d.update_every = every == 4 ? 2 : every;
                    plan.rate = rate;
                    rnn r = rnn_make(&plan);
                    set_parameter(&r, "self", self);
                    rnn_get(&r, p);
                    naive_gradient(&r, p, &d, self, NULL, whole);
                    rnn_learn(&r, NULL, &d);
                    taken(&r, p, rate, found);
                    for (int64_t i = 0; i < rnn_size(&r); i++)
                        whole[i] *= (double)d.steps / (double)d.update_every;
                    assert_close(rnn_size(&r), found, whole, 2e-3); /* W has 1e-16, a step some 1e-13 of it */
                    rnn_free(&r);
                }
}

/* Murray 2019 and the like: an update after every window of k steps from traces that go on, with the weights of that
 * moment in the forward pass, in what comes down, and in the path of a unit onto itself. */
static void naive_online(const rnn *r, const rnn_data *d, int64_t every, double rate, int self, double *p)
{
    naive_state states[SEQUENCES];
    naive_traces *traces = malloc(SEQUENCES * sizeof *traces);
    for (int64_t b = 0; b < d->sequences; b++) {
        naive_begin(&r->plan, p, &states[b]);
        naive_traces_begin(&traces[b]);
    }
    for (int64_t first = 0; first < d->steps; first += every) {
        const int64_t last = first + every < d->steps ? first + every : d->steps;
        double gradient[MOST] = { 0.0 }, signal[OUTPUTS];
        for (int64_t t = first; t < last; t++)
            for (int64_t b = 0; b < d->sequences; b++) {
                naive_step step;
                const int64_t row = t * d->sequences + b;
                naive_advance(&r->plan, p, d->x + row * INPUTS, &states[b], &step);
                (void)naive_loss(&r->plan, d, &step, row, signal);
                naive_eprop(&r->plan, p, &step, signal, 1.0 / (double)((last - first) * d->sequences), self, NULL,
                            &traces[b], gradient);
            }
        for (int64_t i = 0; i < rnn_size(r); i++)
            p[i] -= rate * gradient[i];
    }
    free(traces);
}

static void online(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int64_t every = 1; every <= 4; every++)
            for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3)
                for (int self = 0; self < 2; self++) {
                    double start[MOST], expected[MOST], found[MOST];
                    rnn_data d = all_data();
                    rnn_plan plan = plan_of(form, 0.3, 2);
                    plan.rate = 0.3;
                    d.sequences = sequences;
                    d.update_every = every;
                    rnn r = rnn_make(&plan);
                    set_parameter(&r, "self", self);
                    rnn_get(&r, start);
                    memcpy(expected, start, sizeof expected);
                    naive_online(&r, &d, every, 0.3, self, expected);
                    rnn_learn(&r, NULL, &d);
                    rnn_get(&r, found);
                    assert_true(difference(rnn_size(&r), found, start) > 1e-2);
                    assert_close(rnn_size(&r), found, expected, EXACT);
                    rnn_learn(&r, NULL, &d); /* the next sequences begin with traces of 0 */
                    naive_online(&r, &d, every, 0.3, self, expected);
                    rnn_get(&r, found);
                    assert_close(rnn_size(&r), found, expected, EXACT);
                    rnn_free(&r);
                }
}

/* Optimizers that go row by row read traces too: Adam's first step is the gradient's sign, momentum's the gradient. */
static void optimizers_with_moments(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3) {
            double p[MOST], m[MOST] = { 0.0 }, g[MOST], found[MOST];
            rnn_data d = all_data();
            rnn_plan plan = plan_of(form, 0.3, 2);
            d.sequences = sequences;
            rnn plain = rnn_make(&plan);
            plan.optimizer = "momentum";
            plan.rate = 0.1;
            rnn r = rnn_make(&plan);
            set_parameter(&r, "traces", 1.0);
            rnn_get(&r, p);
            for (int update = 0; update < 3; update++) {
                rnn_set(&plain, p);
                rnn_learn(&plain, NULL, &d);
                taken(&plain, p, 1.0, g);
                rnn_learn(&r, NULL, &d);
                rnn_get(&r, found);
                for (int64_t i = 0; i < rnn_size(&r); i++) {
                    m[i] = 0.9 * m[i] + g[i];
                    p[i] -= 0.1 * m[i];
                }
                assert_close(rnn_size(&r), found, p, EXACT);
            }
            rnn_free(&r);
            rnn_free(&plain);
        }
}

/* Clipping by norm knows the gradients of traces, full and factored. */
static void clipped(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int traces = 0; traces < 2; traces++) {
            double p[MOST], g[MOST], found[MOST], norm = 0.0;
            const rnn_data d = all_data();
            const rnn_plan plan = plan_of(form, 0.3, 2);
            rnn r = rnn_make(&plan);
            set_parameter(&r, "traces", traces);
            rnn_get(&r, p);
            naive_gradient(&r, p, &d, 0, NULL, g);
            for (int64_t i = 0; i < rnn_size(&r); i++)
                norm += g[i] * g[i];
            norm = sqrt(norm);
            net_ok(&r.net, plast_network_set_optimizer_parameter(r.net.network, "clip_norm", 0.25 * norm));
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, found);
            for (int64_t i = 0; i < rnn_size(&r); i++)
                g[i] *= 0.25;
            assert_close(rnn_size(&r), found, g, EXACT);
            rnn_free(&r);
        }
}

/* A window without a loss changes nothing, but its steps are remembered: with the loss on the last step alone, windows
 * of one step give the whole sequence's gradient, for their weights stand still until then. */
static void steps_without_a_loss_are_remembered(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int self = 0; self < 2; self++) {
            double p[MOST], whole[MOST], found[MOST], last[ROWS] = { 0.0 };
            for (int i = ROWS - SEQUENCES; i < ROWS; i++)
                last[i] = 1.0;
            rnn_data d = all_data();
            const rnn_plan plan = plan_of(form, 0.3, 2);
            d.mask = last;
            rnn r = rnn_make(&plan);
            set_parameter(&r, "self", self);
            rnn_get(&r, p);
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, whole);
            rnn_set(&r, p);
            d.update_every = 1;
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, found);
            assert_close(rnn_size(&r), found, whole, EXACT);
            rnn_free(&r);
        }
}

/* ---- feedback ---- */

/* Groups of a scheme, to hidden layer l: units of the layer above x units of l, as the forward matrix. */
static void get_feedback(const rnn *r, int32_t layer, double *b)
{
    const rnn_places above = rnn_places_of(&r->plan, layer + 1);
    const plast_matrix m = { b, above.in, above.units, 1, above.in, PLAST_F64, 0 };
    net_ok(&r->net, plast_synapses_get_weights(rnn_synapses(r, layer, "feedback"), &m));
}

static void random_feedback(void **state)
{
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int traces = 0; traces < 2; traces++) {
            double p[MOST], expected[MOST], found[MOST], b0[RNN_UNITS * RNN_UNITS], b1[RNN_UNITS * RNN_UNITS];
            const double *const feedback[] = { b0, b1 };
            const rnn_data d = all_data();
            const rnn_plan plan = plan_of(form, 0.3, 2);
            rnn r = rnn_make(&plan);
            set_parameter(&r, "traces", traces);
            net_feedback(&r.net, "fa", (const setting[]){ { NULL, 0.0 } });
            get_feedback(&r, 0, b0);
            get_feedback(&r, 1, b1);
            rnn_get(&r, p);
            naive_gradient(&r, p, &d, 0, feedback, expected);
            rnn_learn(&r, NULL, &d);
            taken(&r, p, 1.0, found);
            assert_close(rnn_size(&r), found, expected, EXACT);
            rnn_free(&r);
        }
}

/* With one recurrent layer the readout's matrix is all that a scheme replaces: where it is set to V (or is a partner
 * that starts so), the update is that of backpropagation; else it is as backpropagation's with that V. */
static void schemes_bring_the_error_of_each_step(void **state)
{
    static const char *const schemes[] = { "fa", "dfa", "kolen_pollack" };
    static const char *const temporals[] = { "bptt", "eprop", "eprop" };
    (void)state;
    for (int s = 0; s < 3; s++)
        for (int t = 0; t < 3; t++)
            for (int32_t form = 0; form < FORMS; form++) {
                double p[MOST], whole[MOST], found[MOST];
                rnn_data d = all_data();
                rnn_plan plan = plan_of(form, 0.3, 1);
                const rnn_places top = rnn_places_of(&plan, 1);
                plan.temporal = temporals[t];
                plan.rate = 0.1;
                d.update_every = t == 2 ? 2 : 0;
                rnn r = rnn_make(&plan);
                rnn_get(&r, p);
                rnn_learn(&r, NULL, &d);
                rnn_get(&r, whole);
                rnn_set(&r, p);
                net_feedback(&r.net, schemes[s],
                             s == 2 ? (const setting[]){ { "decay", 0.0 }, { NULL, 0.0 } }
                                    : (const setting[]){ { NULL, 0.0 } });
                const plast_matrix v = { p + top.u, top.in, top.units, 1, top.in, PLAST_F64, PLAST_READ_ONLY };
                net_ok(&r.net, plast_synapses_set_weights(rnn_synapses(&r, 0, "feedback"), &v));
                rnn_learn(&r, NULL, &d);
                rnn_get(&r, found);
                if (s == 2 || t < 2) /* a fixed matrix stays behind V after the first update */
                    assert_close(rnn_size(&r), found, whole, EXACT);
                else
                    assert_true(difference(rnn_size(&r), found, whole) > 1e-6);
                rnn_free(&r);
            }
}

/* A partner takes what its group takes from traces too: with decay 0 the difference of W and its feedback matrix stays,
 * in the upper recurrent layer as at the readout. */
static void partners_follow_traces(void **state)
{
    static const char *const optimizers[] = { "sgd", "momentum" };
    (void)state;
    for (int32_t form = 0; form < FORMS; form++)
        for (int kind = 0; kind < 4; kind++)
            for (int64_t sequences = 1; sequences <= SEQUENCES; sequences += 3) {
                double p[MOST], q[MOST], before[RNN_UNITS * RNN_UNITS], after[RNN_UNITS * RNN_UNITS];
                rnn_data d = all_data();
                rnn_plan plan = plan_of(form, 0.3, 2);
                plan.optimizer = optimizers[kind & 1];
                plan.rate = 0.1;
                d.sequences = sequences;
                d.update_every = kind >> 1;
                rnn r = rnn_make(&plan);
                net_feedback(&r.net, "kolen_pollack", (const setting[]){ { "decay", 0.0 }, { NULL, 0.0 } });
                set_parameter(&r, "traces", 1.0);
                rnn_get(&r, p);
                for (int32_t l = 0; l < 2; l++) {
                    const rnn_places above = rnn_places_of(&plan, l + 1);
                    get_feedback(&r, l, before);
                    rnn_get(&r, p);
                    rnn_learn(&r, NULL, &d);
                    rnn_get(&r, q);
                    get_feedback(&r, l, after);
                    for (int64_t i = 0; i < above.units * above.in; i++) {
                        assert_near(after[i] - q[above.u + i], before[i] - p[above.u + i], 1e-14);
                        assert_true(q[above.u + i] != p[above.u + i]);
                    }
                }
                rnn_free(&r);
            }
}

/* ---- memory ---- */

/* State and traces of learning at every step: the same for 50 steps and for a million. */
static void memory_does_not_grow_with_time(void **state)
{
    enum { LONG = 1000000, SHORT = 50 };
    int64_t most[2];
    double *long_x = new_array(LONG), *long_targets = new_array(LONG);
    (void)state;
    fill_uniform(5, LONG, long_x);
    fill_uniform(6, LONG, long_targets);
    for (int k = 0; k < 2; k++) {
        fail_allocator allocator;
        fail_allocator_init(&allocator, 0);
        rnn_plan plan = { .inputs = 1,
                          .outputs = 1,
                          .layers = 1,
                          .units = { 2 },
                          .form = PLAST_FORM_RATE,
                          .activation = PLAST_TANH,
                          .alpha = 0.3,
                          .temporal = "eprop",
                          .rate = 1e-3,
                          .allocator = &allocator.table };
        rnn r = rnn_make(&plan);
        rnn_learn(&r, NULL,
                  &(rnn_data){ .sequences = 1,
                               .steps = k == 0 ? SHORT : LONG,
                               .x = long_x,
                               .targets = long_targets,
                               .update_every = 1 });
        most[k] = allocator.most_bytes;
        rnn_free(&r);
        assert_int_equal(allocator.live_blocks, 0);
    }
    assert_int_equal(most[0], most[1]);
    free(long_x);
    free(long_targets);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(golden),
        quiet_test(golden_relu),
        quiet_test(plain_loops),
        quiet_test(single_precision),
        quiet_test(is_backpropagation_where_nothing_is_dropped),
        quiet_test(is_not_backpropagation_elsewhere),
        quiet_test(windows_add_up),
        quiet_test(online),
        quiet_test(optimizers_with_moments),
        quiet_test(clipped),
        quiet_test(steps_without_a_loss_are_remembered),
        quiet_test(random_feedback),
        quiet_test(schemes_bring_the_error_of_each_step),
        quiet_test(partners_follow_traces),
        quiet_test(memory_does_not_grow_with_time),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
