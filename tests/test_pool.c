/* SPDX-License-Identifier: MIT
 *
 * The pool of ten candidate terms: every one of them against its equation written out in matrices, their sum, the
 * coefficients that make it other rules, and every way in which an error can come down. */
#include "support/algebra.h"
#include "support/quiet.h"
#include "support/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN = 7, MIDDLE = 9, TOP = 6, OUT = 4, LAYERS = 3, MOST = 4, WIDEST = 9, TERMS = 10 };
static const int64_t units[LAYERS + 1] = { IN, MIDDLE, TOP, OUT };
static const double beta = 2.0;

static net_plan plan_of(int32_t dtype, int32_t hidden)
{
    return (net_plan){ .dtype = dtype,
                       .inputs = IN,
                       .layers = LAYERS,
                       .units = { MIDDLE, TOP, OUT },
                       .hidden = hidden,
                       .output = PLAST_LINEAR,
                       .beta = beta,
                       .seed = 21,
                       .optimizer = "sgd" }; /* of rate 0 unless said: nothing but rules moves weights */
}

static void add_pool(net *net, int32_t layers, const double *theta)
{
    setting settings[TERMS + 1] = { { NULL, 0.0 } };
    char names[TERMS][16];
    for (int r = 0; r < TERMS; r++) {
        (void)snprintf(names[r], sizeof names[r], "theta_%d", r);
        settings[r] = (setting){ names[r], theta[r] };
    }
    net_add_rule(net, layers, "pool", settings);
}

/* ---- the equations, each formed from matrices as it is printed ---- */

/* One synapse group and one sample: column vectors, W of post x pre. */
typedef struct site {
    int64_t post, pre;
    const double *w, *y, *e, *x, *e_pre;
} site;

/* C = A B, A of n x k, B of k x m */
static void product(int64_t n, int64_t k, int64_t m, const double *a, const double *b, double *c)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++) {
            double sum = 0.0;
            for (int64_t l = 0; l < k; l++)
                sum += a[i * k + l] * b[l * m + j];
            c[i * m + j] = sum;
        }
}

/* The chain of five factors of eqs. 20-22, from the left: a b^T M c d^T with M of rows x cols. */
static void chain(const double *a, int64_t n, const double *b, int64_t rows, const double *m, int64_t cols,
                  const double *c, const double *d, int64_t n_d, double *out)
{
    double outer[WIDEST * WIDEST], through[WIDEST * WIDEST], column[WIDEST];
    product(n, 1, rows, a, b, outer);
    product(n, rows, cols, outer, m, through);
    product(n, cols, 1, through, c, column);
    product(n, 1, n_d, column, d, out);
}

/* F^r, without its sign, of eqs. 14-22. */
static void plain_term(int r, const site *s, double *f)
{
    const int64_t n = s->post, m = s->pre;
    double ones[WIDEST], transposed[WIDEST * WIDEST], sum;
    for (int i = 0; i < WIDEST; i++)
        ones[i] = 1.0;
    for (int64_t i = 0; i < n * m; i++)
        transposed[i % m * n + i / m] = s->w[i];
    product(1, n, 1, ones, s->y, &sum);
    const double *const left[TERMS] = { s->e, s->y, s->e, NULL, ones, s->e };
    const double *const right[TERMS] = { s->x, s->e_pre, s->e_pre, NULL, s->e_pre, s->x };
    if (r == 3)
        memcpy(f, s->w, (size_t)(n * m) * sizeof *f);
    else if (r < 6)
        product(n, 1, m, left[r], right[r], f);
    else if (r == 6)
        chain(s->y, n, s->y, n, s->w, m, s->e_pre, s->e_pre, m, f);
    else if (r == 7)
        chain(s->e, n, s->y, n, s->w, m, s->e_pre, s->x, m, f);
    else
        chain(s->y, n, s->x, m, transposed, n, s->e, s->e_pre, m, f);
    for (int64_t i = 0; r == 5 && i < n * m; i++)
        f[i] *= sum;
}

/* F^9 = y x^T - (y y^T) W */
static void oja_term(const site *s, double *f)
{
    double gram[WIDEST * WIDEST], lost[WIDEST * WIDEST];
    product(s->post, 1, s->pre, s->y, s->x, f);
    product(s->post, 1, s->post, s->y, s->y, gram);
    product(s->post, s->post, s->pre, gram, s->w, lost);
    for (int64_t i = 0; i < s->post * s->pre; i++)
        f[i] -= lost[i];
}

static void term(int r, const site *s, double *f)
{
    if (r == 9) {
        oja_term(s, f);
        return;
    }
    plain_term(r, s, f);
    for (int64_t i = 0; i < s->post * s->pre; i++)
        f[i] = -f[i];
}

/* ---- the library beside them ---- */

static double slope(int32_t activation, double y)
{
    return activation == PLAST_SOFTPLUS ? 1.0 - exp(-beta * y) : activation == PLAST_TANH ? 1.0 - y * y : 1.0;
}

/* Activities, signals (those of the inputs by their equation) and weights of one update. */
typedef struct record {
    int64_t n;
    double y[LAYERS + 1][MOST * WIDEST], e[LAYERS + 1][MOST * WIDEST], old[LAYERS][WIDEST * WIDEST],
        now[LAYERS][WIDEST * WIDEST];
} record;

/* B of the inputs' hop: units x those of `from` (1 = the first layer, LAYERS = direct). */
static void input_signal(record *r, const net *net, const double *b, int32_t from)
{
    for (int64_t s = 0; s < r->n; s++)
        for (int64_t j = 0; j < IN; j++) {
            double sum = 0.0;
            for (int64_t i = 0; i < units[from]; i++)
                sum += b[j * units[from] + i] * r->e[from][s * units[from] + i];
            r->e[0][s * IN + j] = sum * slope(net->plan.hidden, r->y[0][s * IN + j]);
        }
}

/* Learns n samples at once. `from` tells whose signal the inputs get: 1 or LAYERS; 0 = backpropagation. */
static record learn(net *net, int64_t n, int32_t from, uint64_t seed)
{
    record r = { .n = n };
    double targets[MOST * OUT], b[IN * WIDEST];
    fill_uniform(seed, n * IN, r.y[0]);
    fill_uniform(seed + 1, n * OUT, targets);
    for (int32_t l = 0; l < LAYERS; l++)
        net_get_weights(net, l, r.old[l]);
    for (int64_t i = 0; i < MIDDLE * IN; i++)
        b[i % IN * MIDDLE + i / IN] = r.old[0][i];
    if (from > 0)
        net_group_weights(net, 0, "input_feedback", IN, units[from], b);
    net_learn(net, &(net_data){ .n = n, .x = r.y[0], .targets = targets, .batch = n });
    for (int32_t l = 0; l < LAYERS; l++) {
        net_seen(net, l, PLAST_ACTIVITY, r.y[l + 1]);
        net_seen(net, l, PLAST_SIGNAL, r.e[l + 1]);
        net_get_weights(net, l, r.now[l]);
    }
    input_signal(&r, net, b, from > 0 ? from : 1);
    return r;
}

/* old W + sum_r theta_r (mean over samples of F^r) */
static void expect(const record *r, const double *theta, int32_t layer, double *expected)
{
    const int64_t post = units[layer + 1], pre = units[layer];
    double f[WIDEST * WIDEST];
    memcpy(expected, r->old[layer], (size_t)(post * pre) * sizeof *expected);
    for (int64_t s = 0; s < r->n; s++) {
        const site site = { post,
                            pre,
                            r->old[layer],
                            &r->y[layer + 1][s * post],
                            &r->e[layer + 1][s * post],
                            &r->y[layer][s * pre],
                            &r->e[layer][s * pre] };
        for (int k = 0; k < TERMS; k++) {
            term(k, &site, f);
            for (int64_t i = 0; i < post * pre; i++)
                expected[i] += theta[k] * f[i] / (double)r->n;
        }
    }
}

/* Layers from `first` on. */
static void check(const record *r, const double *theta, int32_t first, double tolerance)
{
    double expected[WIDEST * WIDEST];
    for (int32_t l = first; l < LAYERS; l++) {
        expect(r, theta, l, expected);
        assert_close(units[l + 1] * units[l], r->now[l], expected, tolerance);
        assert_true(difference(units[l + 1] * units[l], r->now[l], r->old[l]) > 10.0 * tolerance);
    }
}

static void learn_and_check(int32_t dtype, int32_t hidden, int64_t n, const double *theta)
{
    const net_plan plan = plan_of(dtype, hidden);
    net net = net_make(&plan);
    add_pool(&net, PLAST_ALL_LAYERS, theta);
    const record r = learn(&net, n, 0, 31);
    check(&r, theta, 0, dtype == PLAST_F64 ? 1e-14 : 3e-6); /* sums of some 100 products, or of floats of 6e-8 each */
    net_free(&net);
}

static void every_term_is_its_equation(void **state)
{
    const int32_t activations[] = { PLAST_LINEAR, PLAST_SOFTPLUS, PLAST_TANH };
    (void)state;
    for (int r = 0; r < TERMS; r++)
        for (int k = 0; k < 6; k++) {
            double theta[TERMS] = { 0.0 };
            theta[r] = k & 1 ? -0.2 : 0.3;
            for (int64_t n = 1; n <= MOST; n += MOST - 1) {
                learn_and_check(PLAST_F64, activations[k / 2], n, theta);
                learn_and_check(PLAST_F32, activations[k / 2], n, theta);
            }
        }
}

/* All of them at once, and all but one, so that no short cut hides behind a coefficient of 0. */
static void terms_add_up(void **state)
{
    (void)state;
    for (int out = -1; out < TERMS; out++)
        for (int64_t n = 1; n <= MOST; n++) {
            double theta[TERMS] = { 0.11, -0.07, -0.13, 0.05, 0.02, -0.09, 0.08, 0.12, -0.06, 0.1 };
            if (out >= 0)
                theta[out] = 0.0;
            learn_and_check(PLAST_F64, PLAST_SOFTPLUS, n, theta);
            learn_and_check(PLAST_F32, PLAST_TANH, n, theta);
        }
}

/* Steps one after another, online, each from what the one before left. */
static void steps_follow_each_other(void **state)
{
    (void)state;
    const double theta[TERMS] = { 0.11, -0.07, -0.13, 0.05, 0.02, -0.09, 0.08, 0.12, -0.06, 0.1 };
    const net_plan plan = plan_of(PLAST_F64, PLAST_TANH);
    double x[5 * IN], targets[5 * OUT];
    net one_by_one = net_make(&plan), together = net_make(&plan);
    add_pool(&one_by_one, PLAST_ALL_LAYERS, theta);
    add_pool(&together, PLAST_ALL_LAYERS, theta);
    fill_uniform(41, 5 * IN, x);
    fill_uniform(42, 5 * OUT, targets);
    for (int i = 0; i < 5; i++)
        net_learn(&one_by_one, &(net_data){ .n = 1, .x = x + i * IN, .targets = targets + i * OUT, .batch = 1 });
    net_learn(&together, &(net_data){ .n = 5, .x = x, .targets = targets, .batch = 1 });
    assert_same_nets(&one_by_one, &together);
    net_free(&one_by_one);
    net_free(&together);
}

/* ---- coefficients that are other rules ---- */

/* F^bio: gradient descent, eHebb and Oja, to the last bit, samples without a loss aside (the error averages over those
 * with one). */
static void three_coefficients_are_f_bio(void **state)
{
    (void)state;
    const double theta[TERMS] = { [0] = 0.05, [2] = -0.15, [9] = 0.02 };
    double x[6 * IN], targets[6 * OUT];
    fill_uniform(51, 6 * IN, x);
    fill_uniform(52, 6 * OUT, targets);
    for (int k = 0; k < 8; k++) {
        net_plan plan = plan_of(k & 1 ? PLAST_F32 : PLAST_F64, PLAST_SOFTPLUS);
        plan.no_bias = 1; /* rules never move biases, gradient descent does */
        const net_data data = { .n = 6, .x = x, .targets = targets, .batch = k & 2 ? 3 : 1 };
        net pool = net_make(&plan);
        plan.rate = 0.05;
        net three = net_make(&plan);
        if (k & 4) {
            net_feedback(&pool, "fa", &(setting){ NULL, 0.0 });
            net_feedback(&three, "fa", &(setting){ NULL, 0.0 });
        }
        add_pool(&pool, PLAST_ALL_LAYERS, theta);
        net_add_rule(&three, PLAST_ALL_LAYERS, "ehebb", RATE(0.15));
        net_add_rule(&three, PLAST_ALL_LAYERS, "oja", RATE(0.02));
        net_learn(&pool, &data);
        net_learn(&three, &data);
        assert_same_nets(&pool, &three);
        net_free(&pool);
        net_free(&three);
    }
}

static void zeros_are_no_rule(void **state)
{
    (void)state;
    const double theta[TERMS] = { 0.0 };
    double x[6 * IN], targets[6 * OUT];
    fill_uniform(61, 6 * IN, x);
    fill_uniform(62, 6 * OUT, targets);
    for (int64_t batch = 1; batch <= 3; batch += 2) {
        net_plan plan = plan_of(PLAST_F32, PLAST_TANH);
        plan.rate = 0.1;
        const net_data data = { .n = 6, .x = x, .targets = targets, .batch = batch };
        net pool = net_make(&plan), none = net_make(&plan);
        add_pool(&pool, PLAST_ALL_LAYERS, theta);
        net_learn(&pool, &data);
        net_learn(&none, &data);
        assert_same_nets(&pool, &none);
        net_free(&pool);
        net_free(&none);
    }
}

/* ---- however the error comes down ---- */

static const struct {
    const char *name;
    int32_t from; /* as in `learn`; negative = the inputs' signal is not formed here, their layer not checked */
    setting settings[4];
} schemes[] = {
    { "fa", 1, { { NULL, 0.0 } } },
    { "dfa", LAYERS, { { NULL, 0.0 } } },
    { "kolen_pollack", 1, { { "decay", 0.0 }, { NULL, 0.0 } } },
    { "weight_mirror", 1, { { "noise", 0.1 }, { "rate", 0.1 }, { "decay", 0.1 }, { NULL, 0.0 } } },
    { "dfa_sign", -1, { { NULL, 0.0 } } },
    { "drtp", -1, { { NULL, 0.0 } } },
    { "usf", -1, { { NULL, 0.0 } } },
    { "frsf", -1, { { NULL, 0.0 } } },
    { "brsf", -1, { { NULL, 0.0 } } },
    { "backprop", 0, { { NULL, 0.0 } } },
};

static void goes_with_every_scheme(void **state)
{
    (void)state;
    const double theta[TERMS] = { 0.11, -0.07, -0.13, 0.05, 0.02, -0.09, 0.08, 0.12, -0.06, 0.1 };
    for (size_t k = 0; k < sizeof schemes / sizeof schemes[0]; k++)
        for (int64_t n = 1; n <= MOST; n += MOST - 1)
            for (int first = 0; first < 2; first++) { /* the rule or the scheme comes first */
                const net_plan plan = plan_of(PLAST_F64, PLAST_SOFTPLUS);
                net net = net_make(&plan);
                if (first)
                    add_pool(&net, PLAST_ALL_LAYERS, theta);
                net_feedback(&net, schemes[k].name, schemes[k].settings);
                if (!first)
                    add_pool(&net, PLAST_ALL_LAYERS, theta);
                const record r = learn(&net, n, schemes[k].from < 0 ? 0 : schemes[k].from, 71);
                check(&r, theta, schemes[k].from < 0, 1e-14);
                net_free(&net);
            }
}

static void circuit_has_no_input_signal(void **state)
{
    (void)state;
    const net_plan plan = plan_of(PLAST_F64, PLAST_TANH);
    const setting circuit[] = { { "decay", 0.01 }, { NULL, 0.0 } };
    net net = net_make(&plan);
    net_feedback(&net, "circuit", circuit);
    const plast_status status = net_try_rule(&net, PLAST_ALL_LAYERS, "pool", &(setting){ NULL, 0.0 });
    assert_int_equal(status, PLAST_E_UNSUPPORTED);
    assert_non_null(strstr(plast_context_error(net.context), "circuit"));
    for (int32_t l = 1; l < LAYERS; l++)
        net_add_rule(&net, l, "pool", &(setting){ NULL, 0.0 });
    net_free(&net);
}

/* Coefficients or layer-wide numbers beyond the type: the sample is refused and nothing changes. */
static void overflow_is_refused(void **state)
{
    (void)state;
    double x[IN], targets[OUT];
    for (int r = 0; r < TERMS; r++) {
        const net_plan plan = plan_of(PLAST_F32, PLAST_LINEAR);
        double theta[TERMS] = { 0.0 };
        net net = net_make(&plan), same = net_make(&plan);
        theta[r] = r < 5 || r == 9 ? 1e39 : 1e34;
        add_pool(&net, PLAST_ALL_LAYERS, theta);
        fill_uniform(81, IN, x);
        fill_uniform(82, OUT, targets);
        for (int i = 0; i < IN; i++)
            x[i] *= 1e3;
        const net_data data = { .n = 1, .x = x, .targets = targets, .batch = 1 };
        assert_int_equal(net_try_learn(&net, &data, NULL), PLAST_E_NOT_FINITE);
        assert_same_nets(&net, &same);
        net_free(&net);
        net_free(&same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(every_term_is_its_equation),   quiet_test(terms_add_up),        quiet_test(steps_follow_each_other),
        quiet_test(three_coefficients_are_f_bio), quiet_test(zeros_are_no_rule),   quiet_test(goes_with_every_scheme),
        quiet_test(circuit_has_no_input_signal),  quiet_test(overflow_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
