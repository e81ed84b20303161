/* SPDX-License-Identifier: MIT
 *
 * Oja's subspace rule on its own: its formula, what follows from it exactly, and where it settles. Numbers in brackets
 * are those of the list of identities in section 4.1 of the project's sheet on Oja's rule. */
#include "support/algebra.h"
#include "support/naive.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One step of sums of at most 20 products in double: some 1e-16 each. */
static const double ROUNDING = 1e-14;

/* One layer without bias, rules only. */
static net_plan plan_of(int32_t activation, int64_t inputs, int64_t units, double rate)
{
    return (net_plan){ .dtype = PLAST_F64,
                       .inputs = inputs,
                       .layers = 1,
                       .units = { units },
                       .output = activation,
                       .no_bias = 1,
                       .seed = 5,
                       .oja = rate,
                       .ruled = PLAST_ALL_LAYERS };
}

static net one_layer(int32_t activation, int64_t inputs, int64_t units, double rate)
{
    const net_plan plan = plan_of(activation, inputs, units, rate);
    return net_make(&plan);
}

static void see(net *net, int64_t n, const double *x, int64_t batch)
{
    const net_data data = { .n = n, .x = x, .batch = batch };
    net_learn(net, &data);
}

/* ---- the formula ---- */

/* mean over samples of y x^T - (y y^T) W */
static void formula(int32_t activation, double rate, int64_t batch)
{
    enum { IN = 19, OUT = 13, MOST = 7 };
    double x[MOST * IN], w[OUT * IN];
    net net = one_layer(activation, IN, OUT, rate);
    naive reference = naive_copy(&net);
    fill_uniform(6, batch * IN, x);
    see(&net, batch, x, batch);
    naive_update(&reference, batch, x, NULL, NULL);
    assert_net_is(&net, &reference, ROUNDING);
    net_get_weights(&net, 0, w);
    naive_free(&reference);
    net_free(&net);
}

static void is_its_formula(void **state)
{
    (void)state;
    for (int32_t activation = PLAST_LINEAR; activation <= PLAST_SOFTMAX; activation++)
        for (int64_t batch = 1; batch <= 7; batch += 3)
            formula(activation, 0.4, batch);
}

enum { IN = 9, OUT = 5 };

/* One step of a linear layer on one sample: old and new W, x, y = W x, D = (W' - W) / rate. */
typedef struct one_step {
    double before[OUT * IN], after[OUT * IN], x[IN], y[OUT], d[OUT * IN];
} one_step;

static one_step step_from(net *net, double rate, uint64_t seed)
{
    one_step s;
    fill_normal(seed, IN, s.x);
    net_get_weights(net, 0, s.before);
    times(s.before, OUT, IN, s.x, s.y);
    see(net, 1, s.x, 1);
    net_get_weights(net, 0, s.after);
    for (int i = 0; i < OUT * IN; i++)
        s.d[i] = (s.after[i] - s.before[i]) / rate;
    return s;
}

static one_step linear_step(double rate, uint64_t seed)
{
    net net = one_layer(PLAST_LINEAR, IN, OUT, rate);
    const one_step s = step_from(&net, rate, seed);
    net_free(&net);
    return s;
}

/* (1) y (x - W^T y)^T is the same thing. */
static void is_outer_product_with_residual(void **state)
{
    (void)state;
    const one_step s = linear_step(0.5, 1);
    double r[IN], d[OUT * IN];
    residual(s.before, OUT, IN, s.x, s.y, r);
    for (int i = 0; i < OUT * IN; i++)
        d[i] = s.y[i / IN] * r[i % IN];
    assert_close(OUT * IN, s.d, d, ROUNDING);
}

/* (2) The step descends 1/2 |x - W^T y|^2 while y is held. That is a parabola in each weight, for which central
 * differences are exact but for rounding: 1e-16 of a loss of some 10, over 1e-2, is 1e-13. */
static void descends_reconstruction_error(void **state)
{
    (void)state;
    const double h = 1e-2;
    one_step s = linear_step(0.5, 2);
    double expected[OUT * IN], r[IN];
    for (int i = 0; i < OUT * IN; i++) {
        const double here = s.before[i];
        s.before[i] = here + h;
        residual(s.before, OUT, IN, s.x, s.y, r);
        const double more = 0.5 * energy(IN, r);
        s.before[i] = here - h;
        residual(s.before, OUT, IN, s.x, s.y, r);
        expected[i] = -(more - 0.5 * energy(IN, r)) / (2.0 * h);
        s.before[i] = here;
    }
    assert_close(OUT * IN, s.d, expected, 1e-12);
}

/* (3) One step shrinks the residual by 1 - rate |y|^2, y held: monotone below rate |y|^2 = 1, growing above 2. */
static void contracts_residual(void **state)
{
    (void)state;
    const double y_energy = energy(OUT, linear_step(1.0, 3).y), strength[3] = { 0.5, 1.5, 2.5 };
    for (int k = 0; k < 3; k++) {
        const one_step s = linear_step(strength[k] / y_energy, 3);
        double before[IN], after[IN];
        residual(s.before, OUT, IN, s.x, s.y, before);
        residual(s.after, OUT, IN, s.x, s.y, after);
        for (int j = 0; j < IN; j++)
            before[j] *= 1.0 - strength[k];
        assert_close(IN, after, before, ROUNDING);
    }
}

/* (4) G = W W^T: G' - G = rate [(I - G) y y^T + y y^T (I - G)] + rate^2 D D^T. */
static void moves_gram_matrix(void **state)
{
    (void)state;
    const double rate = 0.3;
    const one_step s = linear_step(rate, 4);
    double g[OUT * OUT], after[OUT * OUT], dd[OUT * OUT], expected[OUT * OUT], gy[OUT];
    gram(s.before, OUT, IN, g);
    gram(s.after, OUT, IN, after);
    gram(s.d, OUT, IN, dd);
    times(g, OUT, OUT, s.y, gy);
    for (int i = 0; i < OUT; i++)
        for (int j = 0; j < OUT; j++) {
            const double first = (s.y[i] - gy[i]) * s.y[j] + s.y[i] * (s.y[j] - gy[j]);
            expected[i * OUT + j] = rate * first + rate * rate * dd[i * OUT + j];
            after[i * OUT + j] -= g[i * OUT + j];
        }
    assert_close(OUT * OUT, after, expected, ROUNDING);
}

/* (4) Rows that are orthonormal stay so to first order: a step of rate moves G by no more than rate^2 |D|^2. */
static void leaves_orthonormal_rows(void **state)
{
    (void)state;
    double q[IN * IN], g[OUT * OUT];
    for (double rate = 1e-2; rate > 1e-5; rate /= 10.0) {
        net net = one_layer(PLAST_LINEAR, IN, OUT, rate);
        fill_orthogonal(7, IN, q);
        net_set_weights(&net, 0, q);
        const one_step s = step_from(&net, rate, 8);
        gram(s.after, OUT, IN, g);
        assert_true(from_identity(g, OUT) <= rate * rate * energy(OUT * IN, s.d) * 1.0001 + 1e-14);
        net_free(&net);
    }
}

/* (5) W -> Q W gives D -> Q D: only the subspace is defined. */
static void turns_with_outputs(void **state)
{
    (void)state;
    const double rate = 0.3;
    net net = one_layer(PLAST_LINEAR, IN, OUT, rate);
    double q[OUT * OUT], w[OUT * IN], turned[OUT * IN], expected[OUT * IN];
    const one_step plain = linear_step(rate, 9);
    fill_orthogonal(10, OUT, q);
    for (int i = 0; i < OUT * IN; i++) {
        turned[i] = expected[i] = 0.0;
        for (int k = 0; k < OUT; k++) {
            turned[i] += q[i / IN * OUT + k] * plain.before[k * IN + i % IN];
            expected[i] += q[i / IN * OUT + k] * plain.after[k * IN + i % IN];
        }
    }
    net_set_weights(&net, 0, turned);
    (void)step_from(&net, rate, 9);
    net_get_weights(&net, 0, w);
    assert_close(OUT * IN, w, expected, ROUNDING);
    net_free(&net);
}

/* (12) A single linear unit: w . dw = rate y^2 (1 - |w|^2). */
static void pulls_norm_to_one(void **state)
{
    (void)state;
    for (uint64_t seed = 20; seed < 25; seed++) {
        double x[IN], before[IN], after[IN], y, along = 0.0;
        net net = one_layer(PLAST_LINEAR, IN, 1, 0.1);
        fill_normal(seed, IN, x);
        net_get_weights(&net, 0, before);
        times(before, 1, IN, x, &y);
        see(&net, 1, x, 1);
        net_get_weights(&net, 0, after);
        for (int j = 0; j < IN; j++)
            along += before[j] * (after[j] - before[j]);
        /* differences of numbers near 1 */
        assert_near(along, 0.1 * y * y * (1.0 - energy(IN, before)), 1e-14);
        net_free(&net);
    }
}

/* ---- where it settles ---- */

/* Minibatches of all samples. */
static void settle(net *net, int64_t n, const double *x, int epochs)
{
    for (int i = 0; i < epochs; i++)
        see(net, n, x, n);
}

/* Mean |x - W^T W x|^2. */
static double reconstruction_error(const double *w, int64_t rows, int64_t cols, int64_t n, const double *x)
{
    double *y = new_array(rows), *r = new_array(cols), sum = 0.0;
    for (int64_t b = 0; b < n; b++) {
        times(w, rows, cols, x + b * cols, y);
        residual(w, rows, cols, x + b * cols, y, r);
        sum += energy(cols, r) / (double)n;
    }
    free(y);
    free(r);
    return sum;
}

/* (6) W W^T -> I, rows span the first k principal directions, the error is the sum of the discarded eigenvalues; but
 * no row is a principal direction itself. The gap of the spectrum is 1.5, so the subspace is reached as
 * (1 - 0.05 * 1.5)^t: 1e-30 after 1000 steps, what is left is rounding. */
static void finds_principal_subspace(void **state)
{
    (void)state;
    enum { N = 20, K = 4 };
    double lambda[N] = { 5.0, 4.0, 3.0, 2.0 }, q[N * N], x[N * N], w[K * N], g[K * K], overlap[K * N];
    double discarded = 0.0, outside = 0.0;
    net net = one_layer(PLAST_LINEAR, N, K, 0.05);
    for (int i = K; i < N; i++)
        discarded += lambda[i] = 0.5 * pow(0.8, i - K);
    make_spectrum(30, N, lambda, q, x);
    settle(&net, N, x, 1000);
    net_get_weights(&net, 0, w);
    gram(w, K, N, g);
    assert_true(from_identity(g, K) < 1e-13);
    assert_near(reconstruction_error(w, K, N, N, x), discarded, 1e-12);
    for (int i = 0; i < K; i++)
        times(q, N, N, w + i * N, overlap + i * N);
    for (int i = 0; i < K * N; i++) {
        outside += i % N < K ? 0.0 : overlap[i] * overlap[i];
        assert_true(fabs(overlap[i]) < 0.95);
    }
    assert_true(sqrt(outside) < 1e-13);
    net_free(&net);
}

/* (7) More outputs than inputs, all directions present: W^T W -> I, and W W^T must stay away from I. */
static void expands(void **state)
{
    (void)state;
    enum { N = 7, K = 12 };
    double lambda[N], q[N * N], x[N * N], w[K * N], outer[K * K], inner[N * N];
    net net = one_layer(PLAST_LINEAR, N, K, 0.2);
    for (int i = 0; i < N; i++)
        lambda[i] = 1.0 + 0.1 * i;
    make_spectrum(31, N, lambda, q, x);
    settle(&net, N, x, 500);
    net_get_weights(&net, 0, w);
    gram(w, K, N, outer);
    inner_gram(w, K, N, inner);
    assert_true(from_identity(inner, N) < 1e-13);
    assert_near(from_identity(outer, K), sqrt(K - N), 1e-13);
    net_free(&net);
}

enum { SOFT_IN = 20, SOFT_OUT = 8, SOFT_SAMPLES = 30 };

/* A softplus layer (beta 10) at its fixed point, on samples that are not centred and fill 8 directions and, much
 * weaker, the other 12. */
static net settled_softplus(double *x)
{
    enum { N = SOFT_IN };
    double q[N * N], a[SOFT_SAMPLES * N];
    net net = one_layer(PLAST_SOFTPLUS, SOFT_IN, SOFT_OUT, 0.1);
    fill_uniform(36, SOFT_SAMPLES * N, a);
    fill_orthogonal(33, N, q);
    for (int b = 0; b < SOFT_SAMPLES; b++)
        for (int j = 0; j < N; j++) {
            x[b * N + j] = 0.5;
            for (int i = 0; i < N; i++)
                x[b * N + j] += a[b * N + i] * q[i * N + j] * (i < SOFT_OUT ? 2.0 : 0.2);
        }
    settle(&net, SOFT_SAMPLES, x, 8000);
    return net;
}

/* (8) The nonlinear fixed point is W = least-squares decoder of x from y, E[y (x - W^T y)^T] = 0, not W W^T = I.
 * (9) There E[y . z] = E|W^T y|^2 = E|x|^2 - E|x - W^T y|^2. */
static void settles_at_normal_equations(void **state)
{
    (void)state;
    enum { N = SOFT_IN, K = SOFT_OUT };
    double x[SOFT_SAMPLES * N], w[K * N], normal[K * N] = { 0.0 }, g[K * K], y[SOFT_SAMPLES * K], z[K], r[N];
    double largest = 0.0, drive = 0.0, decoded = 0.0, given = 0.0, lost = 0.0;
    net net = settled_softplus(x);
    net_get_weights(&net, 0, w);
    net_run(&net, SOFT_SAMPLES, x, y);
    for (int b = 0; b < SOFT_SAMPLES; b++) {
        residual(w, K, N, x + b * N, y + b * K, r);
        times(w, K, N, x + b * N, z);
        for (int i = 0; i < K * N; i++)
            normal[i] += y[b * K + i / N] * r[i % N] / SOFT_SAMPLES;
        for (int i = 0; i < K; i++)
            drive += y[b * K + i] * z[i];
        for (int j = 0; j < N; j++)
            decoded += (x[b * N + j] - r[j]) * (x[b * N + j] - r[j]);
        given += energy(N, x + b * N);
        lost += energy(N, r);
    }
    for (int i = 0; i < K * N; i++)
        largest = fmax(largest, fabs(normal[i]));
    gram(w, K, N, g);
    assert_true(largest < 1e-13); /* each a mean of 30 products of about 1 */
    assert_true(from_identity(g, K) > 0.5);
    assert_near(drive / decoded, 1.0, 1e-12);
    assert_near((given - lost) / decoded, 1.0, 1e-12);
    net_free(&net);
}

static net scalar(int32_t activation, double beta, double rate, double start)
{
    net_plan plan = plan_of(activation, 1, 1, rate);
    plan.beta = beta;
    net net = net_make(&plan);
    net_set_weights(&net, 0, &start);
    return net;
}

/* `n` steps with x = 1; the weight afterwards. */
static double iterate(net *net, int n)
{
    double *x = new_array(n), w;
    for (int i = 0; i < n; i++)
        x[i] = 1.0;
    see(net, n, x, 1);
    net_get_weights(net, 0, &w);
    free(x);
    return w;
}

/* (10) w log(1 + exp(w c)) = c with c = beta x, from the equation by bisection to six digits. */
static void settles_as_scalar_softplus(void **state)
{
    (void)state;
    static const double table[5][2] = {
        { 0.5, 0.587670 }, { 1.0, 0.836044 }, { 2.0, 0.966800 }, { 5.0, 0.999326 }, { 10.0, 0.999998 }
    };
    for (int k = 0; k < 5; k++) {
        const double c = table[k][0];
        net net = scalar(PLAST_SOFTPLUS, c, 0.1, 0.3);
        const double w = iterate(&net, 2000);
        assert_near(w, table[k][1], 1e-6); /* the digits given; 0.966800 is 0.9667996 */
        assert_near(w * log1p(exp(w * c)), c, 1e-13);
        net_free(&net);
    }
}

/* (11) a -> a (1 + k (1 - a^2)). */
static double map(double a, double k)
{
    return a * (1.0 + k * (1.0 - a * a));
}

static void follows_scalar_map(void **state)
{
    (void)state;
    static const double strength[] = { 0.3, 0.5, 0.9, 1.2, 1.9 };
    for (size_t s = 0; s < sizeof strength / sizeof strength[0]; s++) {
        const double k = strength[s];
        net net = scalar(PLAST_LINEAR, 0.0, k, 0.5);
        double a = 0.5, before = 0.5;
        for (int i = 0; i < 200; i++) {
            a = iterate(&net, 1);
            assert_near(a, map(before, k), 1e-15); /* a few roundings of numbers below 2 */
            assert_true(fabs(a) < 1.6);
            if (k <= 0.5)
                assert_true(a >= before && a <= 1.0 + 1e-15); /* monotone */
            before = a;
        }
        if (k < 1.0)
            assert_near(a, 1.0, 1e-14); /* stable */
        else
            assert_true(fabs(iterate(&net, 1) - a) > 0.1); /* goes on oscillating, bounded */
        net_free(&net);
    }
}

/* (11) It diverges at k = 2.1, and at any k from a^2 > 1 + 2 / k. The call ends there, with a weight that is finite. */
static void ends_when_it_diverges(void **state)
{
    (void)state;
    static const double from[2][2] = { { 2.1, 0.5 }, { 0.5, 2.3 } };
    enum { N = 10000 };
    double *x = new_array(N), w;
    for (int i = 0; i < N; i++)
        x[i] = 1.0;
    for (int k = 0; k < 2; k++) {
        net net = scalar(PLAST_LINEAR, 0.0, from[k][0], from[k][1]);
        const net_data data = { .n = N, .x = x, .batch = 1 };
        plast_report report = { PLAST_REPORT };
        assert_int_equal(net_try_learn(&net, &data, &report), PLAST_E_NOT_FINITE);
        assert_true(report.samples > 5 && report.samples < N);
        assert_int_equal(report.updates, report.samples);
        net_get_weights(&net, 0, &w);
        assert_true(isfinite(w) && fabs(w) > 10.0);
        net_free(&net);
    }
    free(x);
}

/* ---- beside other terms ---- */

enum { SAMPLES = 30, INPUTS = 11, OUTPUTS = 4 };

typedef struct task {
    double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS], mask[SAMPLES];
    int32_t labels[SAMPLES];
} task;

/* Some samples carry no loss: label -1, in target rows mask 0. */
static void make_task(task *t)
{
    memset(t, 0, sizeof *t);
    fill_uniform(40, SAMPLES * INPUTS, t->x);
    for (int b = 0; b < SAMPLES; b++) {
        t->labels[b] = b % 6 == 4 ? -1 : b % OUTPUTS;
        t->mask[b] = t->labels[b] >= 0;
        t->targets[b * OUTPUTS + b % OUTPUTS] = 1.0;
    }
}

static net_plan stacked(int32_t ruled)
{
    return (net_plan){ .dtype = PLAST_F64,
                       .inputs = INPUTS,
                       .layers = 3,
                       .units = { 17, 9, OUTPUTS },
                       .hidden = PLAST_SOFTPLUS,
                       .output = PLAST_SOFTMAX,
                       .seed = 41,
                       .optimizer = "sgd",
                       .rate = 0.3,
                       .oja = 0.2,
                       .decay = 0.05,
                       .ruled = ruled };
}

static void learn_task(net *net, const task *t, int64_t n, int64_t batch)
{
    const net_data data = { .n = n, .x = t->x, .labels = t->labels, .batch = batch };
    net_learn(net, &data);
}

static void follow(const net_plan *plan, int64_t n, int64_t batch)
{
    task t;
    net net = net_make(plan);
    naive reference = naive_copy(&net);
    make_task(&t);
    learn_task(&net, &t, n, batch);
    naive_learn(&reference, n, t.x, t.targets, t.mask, batch);
    /* the reference adds in another order: an error of 1e-16 a step, which learning may amplify a little */
    assert_net_is(&net, &reference, 1e-14 * (double)(n / batch + 1));
    naive_free(&reference);
    net_free(&net);
}

/* Error, Oja and decay: the sum of their terms, all from the old weights, in hidden layers and, where Oja takes
 * y = softmax(z), at the output; a minibatch's are averages. One step, where nothing can hide, and many. */
static void adds_to_error_and_decay(void **state)
{
    (void)state;
    static const int32_t ruled[] = { PLAST_ALL_LAYERS, PLAST_HIDDEN_LAYERS, 1 };
    for (int k = 0; k < 3; k++) {
        const net_plan plan = stacked(ruled[k]);
        follow(&plan, 1, 1);
        follow(&plan, 7, 7);
        follow(&plan, SAMPLES, 1);
        follow(&plan, SAMPLES, 7);
    }
}

/* The output layer's first step is that of a network without rules, to the bit. */
static void leaves_output_layer_alone(void **state)
{
    (void)state;
    task t;
    double ruled[OUTPUTS * 9], plain[OUTPUTS * 9], hidden[2][17 * INPUTS];
    net_plan plan = stacked(PLAST_HIDDEN_LAYERS);
    net with = net_make(&plan);
    plan.oja = plan.decay = 0.0;
    net without = net_make(&plan);
    make_task(&t);
    learn_task(&with, &t, 1, 1);
    learn_task(&without, &t, 1, 1);
    net_get_weights(&with, 2, ruled);
    net_get_weights(&without, 2, plain);
    assert_same_bits(OUTPUTS * 9, ruled, plain);
    net_get_weights(&with, 0, hidden[0]);
    net_get_weights(&without, 0, hidden[1]);
    assert_true(difference(17 * INPUTS, hidden[0], hidden[1]) > 1e-3);
    net_free(&with);
    net_free(&without);
}

/* (13) Rate 0 is the plain path, bit for bit. */
static void nothing_at_rate_0(void **state)
{
    (void)state;
    task t;
    make_task(&t);
    for (int k = 0; k < 8; k++) {
        net_plan plan = stacked(PLAST_ALL_LAYERS);
        const int64_t batch = k & 2 ? 7 : 1;
        plan.dtype = k & 1 ? PLAST_F64 : PLAST_F32;
        plan.optimizer = k & 4 ? "adam" : "sgd";
        plan.rate = k & 4 ? 0.01 : 0.3;
        plan.oja = plan.decay = 0.0;
        net plain = net_make(&plan), zero = net_make(&plan);
        net_rule(&zero, PLAST_ALL_LAYERS, "oja", 0.0);
        learn_task(&plain, &t, SAMPLES, batch);
        learn_task(&zero, &t, SAMPLES, batch);
        assert_same_nets(&zero, &plain);
        net_free(&plain);
        net_free(&zero);
    }
}

/* Adam's step, taken from a network without Oja, plus Oja's term, taken from one without Adam. */
static void does_not_go_through_adam(void **state)
{
    (void)state;
    task t;
    make_task(&t);
    for (int64_t batch = 1; batch <= 7; batch += 6) {
        net_plan plan = stacked(PLAST_ALL_LAYERS);
        const net_data unlabelled = { .n = batch, .x = t.x, .batch = batch };
        plan.optimizer = "adam";
        plan.rate = 0.01;
        plan.decay = 0.0;
        net both = net_make(&plan), oja = net_make(&plan);
        plan.oja = 0.0;
        net adam = net_make(&plan);
        double *old = net_all(&both), *a, *o, *b;
        learn_task(&both, &t, batch, batch);
        learn_task(&adam, &t, batch, batch);
        net_learn(&oja, &unlabelled);
        a = net_all(&adam);
        o = net_all(&oja);
        b = net_all(&both);
        for (int64_t i = 0; i < net_size(&both); i++)
            a[i] += o[i] - old[i];
        assert_true(difference(net_size(&both), o, old) > 1e-3);
        assert_close(net_size(&both), b, a, ROUNDING);
        free(old);
        free(a);
        free(o);
        free(b);
        net_free(&both);
        net_free(&adam);
        net_free(&oja);
    }
}

/* ---- the guard ---- */

/* Samples whose |y|^2 lies on both sides of guard / rate: each has its own rate, in a minibatch too. */
static void guard_is_per_sample(void **state)
{
    (void)state;
    enum { N = 8 };
    double x[N * IN];
    fill_uniform(50, N * IN, x);
    for (int i = 0; i < N * IN; i++)
        x[i] *= i / IN % 2 == 0 ? 8.0 : 0.1;
    for (int64_t batch = 1; batch <= N; batch *= N) {
        net_plan plan = plan_of(PLAST_LINEAR, IN, OUT, 0.4);
        plan.guard = 0.5;
        net net = net_make(&plan);
        naive reference = naive_copy(&net);
        for (int64_t b = 0; b < N; b += batch) {
            see(&net, batch, x + b * IN, batch);
            naive_update(&reference, batch, x + b * IN, NULL, NULL);
        }
        assert_net_is(&net, &reference, 1e-13); /* 8 steps that move W by as much as W */
        naive_free(&reference);
        net_free(&net);
    }
}

/* The step is exactly guard / |y|^2 times the formula: it leaves 1 - guard of the residual. */
static void guard_limits_the_step(void **state)
{
    (void)state;
    net_plan plan = plan_of(PLAST_LINEAR, IN, OUT, 100.0);
    plan.guard = 0.75;
    net net = net_make(&plan);
    const one_step s = step_from(&net, 1.0, 3);
    double before[IN], after[IN];
    residual(s.before, OUT, IN, s.x, s.y, before);
    residual(s.after, OUT, IN, s.x, s.y, after);
    for (int j = 0; j < IN; j++)
        before[j] *= 0.25;
    assert_close(IN, after, before, ROUNDING);
    net_free(&net);
}

/* Below its bound it changes no bit, nor does it mind y = 0; and it is off unless asked for. */
static void guard_sleeps(void **state)
{
    (void)state;
    double x[6 * IN], value = 1.0;
    net_plan off = plan_of(PLAST_LINEAR, IN, OUT, 0.01);
    off.dtype = PLAST_F32;
    net_plan on = off;
    on.guard = 1e3;
    net plain = net_make(&off), guarded = net_make(&on);
    fill_uniform(52, 6 * IN, x);
    memset(x, 0, IN * sizeof *x);
    see(&plain, 6, x, 1);
    see(&guarded, 6, x, 1);
    assert_same_nets(&plain, &guarded);
    net_ok(&plain, plast_network_get_rule(plain.network, 0, "oja", "guard", &value));
    assert_true(value == 0.0);
    net_free(&plain);
    net_free(&guarded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(is_its_formula),
        quiet_test(is_outer_product_with_residual),
        quiet_test(descends_reconstruction_error),
        quiet_test(contracts_residual),
        quiet_test(moves_gram_matrix),
        quiet_test(leaves_orthonormal_rows),
        quiet_test(turns_with_outputs),
        quiet_test(pulls_norm_to_one),
        quiet_test(finds_principal_subspace),
        quiet_test(expands),
        quiet_test(settles_at_normal_equations),
        quiet_test(settles_as_scalar_softplus),
        quiet_test(follows_scalar_map),
        quiet_test(ends_when_it_diverges),
        quiet_test(adds_to_error_and_decay),
        quiet_test(leaves_output_layer_alone),
        quiet_test(nothing_at_rate_0),
        quiet_test(does_not_go_through_adam),
        quiet_test(guard_is_per_sample),
        quiet_test(guard_limits_the_step),
        quiet_test(guard_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
