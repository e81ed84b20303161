/* SPDX-License-Identifier: MIT
 *
 * What feedback schemes keep exactly: Kolen-Pollack's difference, the circuit's reciprocity and its consistency of four
 * matrices, its recursion, and the conservation laws of feedback alignment. All in float64, to rounding: some 1e-16 of
 * the weights per update. */
#include "support/algebra.h"
#include "support/quiet.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 6, OUTPUTS = 3, STEPS = 500, MOST = 16 * 16 };

static double x[STEPS * INPUTS], targets[STEPS * OUTPUTS];

static int fill_data(void **state)
{
    (void)state;
    fill_normal(21, STEPS * INPUTS, x);
    fill_uniform(22, STEPS * OUTPUTS, targets);
    return 0;
}

static net_plan plan_of(int32_t hidden, const char *optimizer, double rate)
{
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = INPUTS,
                            .layers = 4,
                            .units = { 8, 7, 5, OUTPUTS },
                            .hidden = hidden,
                            .output = PLAST_LINEAR,
                            .seed = 9,
                            .optimizer = optimizer,
                            .rate = rate };
    return plan;
}

/* Updates `from` to `to` of minibatches of `batch`, at a rate that changes. */
static void learn(net *net, int64_t from, int64_t to, int64_t batch)
{
    for (int64_t b = from; b < to; b++) {
        const int64_t at = b * batch % (STEPS - batch + 1);
        const net_data data = { .n = batch, .x = x + at * INPUTS, .targets = targets + at * OUTPUTS, .batch = batch };
        net_ok(net, plast_network_set_optimizer_parameter(net->network, "rate",
                                                          net->plan.rate * (1.0 + 0.5 * sin((double)b))));
        net_learn(net, &data);
    }
}

/* ---- Kolen and Pollack ---- */

/* W_(l+1) - B_l^T */
static double *difference_of(const net *net, int32_t layer, int64_t *size)
{
    const plast_synapses *forward = net_group(net, layer + 1, "input"), *back = net_group(net, layer, "feedback");
    double *w = group_new(forward), *b = group_new(back), *turned = group_new(forward);
    *size = group_size(forward);
    transpose(group_rows(back), group_cols(back), b, turned);
    for (int64_t i = 0; i < *size; i++)
        w[i] -= turned[i];
    free(b);
    free(turned);
    return w;
}

/* |W - B^T| after `updates` over what it was. */
static void check_shrinkage(const net_plan *plan, const scheme_plan *scheme, int64_t updates, int64_t batch,
                            double expected, double tolerance)
{
    net net = net_make(plan);
    net_scheme(&net, scheme);
    for (int32_t l = 0; l < plan->layers - 1; l++) {
        int64_t n = 0;
        double *before = difference_of(&net, l, &n);
        assert_true(length(n, before) > 0.5);
        free(before);
    }
    int64_t n[3];
    double *start[3];
    for (int32_t l = 0; l < 3; l++)
        start[l] = difference_of(&net, l, &n[l]);
    double *w_start = net_all(&net);
    learn(&net, 0, updates, batch);
    double *w_end = net_all(&net);
    assert_true(difference(net_size(&net), w_end, w_start) > 0.05); /* they learned */
    for (int32_t l = 0; l < 3; l++) {
        double *end = difference_of(&net, l, &n[l]);
        assert_near(length(n[l], end) / length(n[l], start[l]), expected, tolerance);
        for (int64_t i = 0; i < n[l]; i++)
            assert_near(end[i], expected * start[l][i], tolerance);
        free(end);
        free(start[l]);
    }
    free(w_start);
    free(w_end);
    net_free(&net);
}

/* 0.99^500 = 0.0065704830424, whatever the optimizer, the rate and the minibatch. */
static void the_difference_shrinks_by_the_decay(void **state)
{
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.01 } } };
    (void)state;
    for (int k = 0; k < 8; k++) {
        net_plan plan = plan_of(PLAST_TANH, k & 1 ? "adam" : "sgd", k & 1 ? 0.003 : 0.05);
        const int64_t batch = k & 2 ? 5 : 1;
        plan.dtype = k & 4 ? PLAST_F32 : PLAST_F64;
        check_shrinkage(&plan, &scheme, 500, batch, 0.0065704830424, k & 4 ? 2e-5 : 1e-12);
    }
}

/* Shaped gradients are shaped alike on both sides. */
static void shaped_gradients_keep_the_difference(void **state)
{
    static const char *const shapes[] = { "clip_norm", "clip_value", "manhattan" };
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.01 } } };
    (void)state;
    for (int k = 0; k < 6; k++) {
        const net_plan plan = plan_of(PLAST_TANH, k % 2 ? "adam" : "sgd", 0.003);
        net net = net_make(&plan);
        int64_t n = 0;
        net_scheme(&net, &scheme);
        net_ok(&net, plast_network_set_optimizer_parameter(net.network, shapes[k / 2], k / 2 == 2 ? 1.0 : 0.1));
        double *start = difference_of(&net, 1, &n);
        learn(&net, 0, 100, 1);
        learn(&net, 100, 200, 3);
        double *end = difference_of(&net, 1, &n);
        for (int64_t i = 0; i < n; i++)
            assert_near(end[i], pow(0.99, 200.0) * start[i], 1e-13);
        free(start);
        free(end);
        net_free(&net);
    }
}

/* Without decay the difference stays; angle = 2 asin(|D| / 2 |W|) where norms are alike is geometry, not learning. */
static void without_decay_the_difference_stays(void **state)
{
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.0 } } };
    const net_plan plan = plan_of(PLAST_SOFTPLUS, "sgd", 0.02);
    (void)state;
    check_shrinkage(&plan, &scheme, 500, 1, 1.0, 1e-13);
}

/* Rules that act on W act on B too; what they take of W by decay adds to the scheme's: within an update all comes from
 * the old weights, 1 - 0.01 - 0.004. */
static void mirrored_rules_keep_the_difference(void **state)
{
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.01 } } };
    (void)state;
    for (int k = 0; k < 4; k++) {
        net_plan plan = plan_of(PLAST_TANH, k & 1 ? "adam" : "sgd", k & 1 ? 0.002 : 0.02);
        plan.oja = 0.01;
        plan.gha = 0.005;
        plan.ruled = PLAST_ALL_LAYERS;
        check_shrinkage(&plan, &scheme, 200, k & 2 ? 4 : 1, pow(0.99, 200.0), 1e-12);
        plan.decay = 0.004;
        check_shrinkage(&plan, &scheme, 200, k & 2 ? 4 : 1, pow(0.986, 200.0), 1e-12);
    }
}

/* Activities of the last sample that the network's own state saw. */
static void activity(const net *net, int32_t layer, int32_t quantity, double *out)
{
    plast_state *state = NULL;
    plast_matrix view;
    net_ok(net, plast_network_state(net->network, &state));
    net_ok(net, plast_state_view(state, layer, quantity, &view));
    assert_int_equal(view.rows, 1);
    memcpy(out, view.data, (size_t)view.cols * sizeof *out);
}

/* D(t + 1) = (1 - decay) D(t) + what the rules do to W, and nothing else, where they are not mirrored. */
static void unmirrored_rules_are_all_of_the_difference(void **state)
{
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.01 }, { "mirror_rules", 0.0 } } };
    const double oja = 0.02, decay = 0.003;
    (void)state;
    for (int k = 0; k < 2; k++) {
        net_plan plan = plan_of(PLAST_TANH, k ? "adam" : "sgd", 0.01);
        plan.oja = oja;
        plan.decay = decay;
        plan.ruled = PLAST_ALL_LAYERS;
        net net = net_make(&plan);
        net_scheme(&net, &scheme);
        for (int64_t b = 0; b < 50; b++) {
            int64_t n = 0;
            double *old = difference_of(&net, 1, &n), *w = group_new(net_group(&net, 2, "input"));
            learn(&net, b, b + 1, 1);
            double *now = difference_of(&net, 1, &n), y[5], h[7], rest[7];
            activity(&net, 2, PLAST_ACTIVITY, y);
            activity(&net, 1, PLAST_ACTIVITY, h);
            residual(w, 5, 7, h, y, rest); /* h - W^T y */
            for (int i = 0; i < 5; i++)
                for (int j = 0; j < 7; j++) {
                    const double rule = oja * y[i] * rest[j] - decay * w[i * 7 + j];
                    assert_near(now[i * 7 + j], 0.99 * old[i * 7 + j] + rule, 1e-14);
                }
            free(old);
            free(now);
            free(w);
        }
        net_free(&net);
    }
}

/* Samples without a loss: the scheme rests, mirrored rules act on both. */
static void without_an_error_only_rules_act(void **state)
{
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.01 } } };
    (void)state;
    for (int64_t batch = 1; batch <= 4; batch += 3)
        for (int ruled = 0; ruled < 2; ruled++) {
            net_plan plan = plan_of(PLAST_TANH, "sgd", 0.01);
            plan.decay = ruled ? 0.02 : 0.0;
            plan.oja = ruled ? 0.01 : 0.0;
            plan.ruled = PLAST_ALL_LAYERS;
            net net = net_make(&plan);
            const net_data data = { .n = 40, .x = x, .batch = batch };
            int64_t n = 0;
            net_scheme(&net, &scheme);
            double *start = difference_of(&net, 1, &n);
            net_learn(&net, &data);
            double *end = difference_of(&net, 1, &n);
            for (int64_t i = 0; i < n; i++)
                assert_near(end[i], (ruled ? pow(0.98, 40.0 / (double)batch) : 1.0) * start[i], 1e-14);
            free(start);
            free(end);
            net_free(&net);
        }
}

/* ---- the circuit ---- */

/* |V - C^T| */
static double from_reciprocity(const net *net, int32_t layer)
{
    const plast_synapses *teaching = net_group(net, layer, "teaching"), *crossing = net_group(net, layer, "crossing");
    double *v = group_new(teaching), *c = group_new(crossing), turned[MOST];
    transpose(group_rows(crossing), group_cols(crossing), c, turned);
    const double far = distance(group_size(teaching), v, turned);
    free(v);
    free(c);
    return far;
}

/* V - C^T shrinks by the decay that both have, where their rates are equal: 0.99^400 = 0.0179505532750. */
static void crossing_and_teaching_become_reciprocal(void **state)
{
    static const double sizes[] = { 0.0, 5.0, 11.0 };
    (void)state;
    for (int k = 0; k < 12; k++) {
        const scheme_plan scheme = { "circuit",
                                     { { "decay", 0.0005 },
                                       { "units", sizes[k % 3] },
                                       { "gate", k % 3 == 0 ? 2.0 : 3.0 * (k % 2) },
                                       { "gain_v", 1.0 },
                                       { "rate_v", 0.2 },
                                       { "rate_c", 0.2 },
                                       { "decay_v", 0.01 },
                                       { "decay_c", 0.01 } } };
        const net_plan plan = plan_of(PLAST_TANH, k & 4 ? "adam" : "sgd", k & 4 ? 0.002 : 0.02);
        net net = net_make(&plan);
        net_scheme(&net, &scheme);
        double start[3];
        for (int part = 0; part < 2; part++) {
            if (part == 1)
                learn(&net, 0, 400, k & 8 ? 3 : 1);
            for (int32_t l = 0; l < 3; l++) {
                const double far = from_reciprocity(&net, l);
                start[l] = part == 0 ? far : start[l];
                assert_true(start[l] > 1.0);
                assert_near(far / start[l], part == 0 ? 1.0 : 0.0179505532750, 1e-12);
            }
        }
        net_free(&net);
    }
}

/* B_l V_(l+1)^T - C_l W_(l+1)^T; V of the output is the identity. Returns its size. */
static int64_t inconsistency(const net *net, int32_t layer, double *out)
{
    const plast_synapses *descending = net_group(net, layer, "descending"),
                         *forward = net_group(net, layer + 1, "input");
    const int64_t m = group_rows(descending), n = group_cols(forward), above = group_rows(forward);
    double *b = group_new(descending), *w = group_new(forward), *c = group_new(net_group(net, layer, "crossing"));
    double turned[MOST], other[MOST];
    if (layer == net->plan.layers - 2) {
        memcpy(out, b, (size_t)(m * above) * sizeof *out);
    } else {
        const plast_synapses *teaching = net_group(net, layer + 1, "teaching");
        double *v = group_new(teaching);
        transpose(above, group_cols(teaching), v, turned);
        matrix_product(m, group_cols(teaching), above, b, turned, out);
        free(v);
    }
    transpose(above, n, w, turned);
    matrix_product(m, n, above, c, turned, other);
    for (int64_t i = 0; i < m * above; i++)
        out[i] -= other[i];
    free(b);
    free(w);
    free(c);
    return m * above;
}

/* With C and V still, and no gate at the teaching potential. */
static void check_consistency(int32_t hidden, double gate, double units, int64_t batch)
{
    const scheme_plan scheme = { "circuit",
                                 { { "decay", 0.01 }, { "units", units }, { "gate", gate }, { "gain_v", 0.6 } } };
    const net_plan plan = plan_of(hidden, "sgd", 0.02);
    net net = net_make(&plan);
    double start[3][MOST], end[MOST];
    net_scheme(&net, &scheme);
    for (int32_t l = 0; l < 3; l++) {
        assert_int_equal(plast_synapses_set_frozen(net_group(&net, l, "crossing"), 1), PLAST_OK);
        assert_int_equal(plast_synapses_set_frozen(net_group(&net, l, "teaching"), 1), PLAST_OK);
        assert_true(length(inconsistency(&net, l, start[l]), start[l]) > 1.0);
    }
    learn(&net, 0, 400, batch);
    for (int32_t l = 0; l < 3; l++) {
        const int64_t n = inconsistency(&net, l, end);
        assert_near(length(n, end) / length(n, start[l]), 0.0179505532750, 1e-12);
        for (int64_t i = 0; i < n; i++)
            assert_near(end[i], 0.0179505532750 * start[l][i], 1e-11);
    }
    net_free(&net);
}

static void four_matrices_become_consistent(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch <= 4; batch += 3) {
        check_consistency(PLAST_LINEAR, 0.0, 0.0, batch);
        check_consistency(PLAST_LINEAR, 0.0, 9.0, batch);
        check_consistency(PLAST_LINEAR, 0.0, 4.0, batch);
        check_consistency(PLAST_TANH, 1.0, 0.0, batch);
        check_consistency(PLAST_SOFTPLUS, 1.0, 0.0, batch);
        check_consistency(PLAST_TANH, 3.0, 10.0, batch);
    }
}

/* Gauss and Jordan, pivots from the diagonal: for a positive definite matrix. */
static void invert(int64_t n, double *a, double *out)
{
    for (int64_t i = 0; i < n * n; i++)
        out[i] = i % (n + 1) == 0;
    for (int64_t k = 0; k < n; k++) {
        const double pivot = a[k * n + k];
        for (int64_t j = 0; j < n; j++) {
            a[k * n + j] /= pivot;
            out[k * n + j] /= pivot;
        }
        for (int64_t i = 0; i < n; i++) {
            const double by = a[i * n + k];
            for (int64_t j = 0; j < n && i != k; j++) {
                a[i * n + j] -= by * a[k * n + j];
                out[i * n + j] -= by * out[k * n + j];
            }
        }
    }
}

/* V = C^T and B_(l+1) = C_l W_(l+1)^T (C_(l+1)^T C_(l+1))^-1 C_(l+1)^T; at the top B_L = C_(L-1) W_L^T. */
static void put_consistent(const net *net, int32_t layer)
{
    plast_synapses *descending = net_group(net, layer, "descending"), *crossing = net_group(net, layer, "crossing");
    plast_synapses *forward = net_group(net, layer + 1, "input");
    const int64_t m = group_rows(crossing), n = group_cols(crossing), above = group_rows(forward);
    double *c = group_new(crossing), *w = group_new(forward), turned[MOST], cw[MOST], b[MOST];
    transpose(m, n, c, turned);
    group_set(net_group(net, layer, "teaching"), turned);
    transpose(above, n, w, turned);
    matrix_product(m, n, above, c, turned, cw);
    memcpy(b, cw, sizeof b);
    if (layer < net->plan.layers - 2) {
        double *next = group_new(net_group(net, layer + 1, "crossing")), square[MOST], inverse[MOST], half[MOST];
        const int64_t wide = group_cols(descending);
        inner_gram(next, wide, above, square);
        invert(above, square, inverse);
        transpose(wide, above, next, turned);
        matrix_product(above, above, wide, inverse, turned, half);
        matrix_product(m, above, wide, cw, half, b);
        free(next);
    }
    group_set(descending, b);
    free(c);
    free(w);
}

/* Columns become orthonormal. */
static void orthonormalise(plast_synapses *crossing)
{
    const int64_t m = group_rows(crossing), n = group_cols(crossing);
    double q[MOST], c[MOST];
    fill_orthogonal(77, m, q); /* rows */
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            c[i * n + j] = q[j * m + i];
    group_set(crossing, c);
}

/* Then the descending stream carries C d, d the very error of backpropagation, at every depth, and the learning
 * signal is C^T C d: d itself where C is orthonormal. */
static void check_recursion(double units, int orthonormal)
{
    const scheme_plan scheme = { "circuit", { { "decay", 0.01 }, { "units", units } } };
    const net_plan plan = plan_of(PLAST_LINEAR, "sgd", 0.02);
    net net = net_make(&plan), exact = net_make(&plan);
    double square[3][MOST];
    net_scheme(&net, &scheme);
    for (int32_t l = 0; l < 3 && orthonormal; l++)
        orthonormalise(net_group(&net, l, "crossing"));
    for (int32_t l = 0; l < 3; l++) {
        const plast_synapses *crossing = net_group(&net, l, "crossing");
        double *c = group_new(crossing);
        inner_gram(c, group_rows(crossing), group_cols(crossing), square[l]);
        put_consistent(&net, l);
        free(c);
    }
    learn(&net, 0, 1, 1);
    learn(&exact, 0, 1, 1);
    for (int32_t l = 0; l < 3; l++) {
        double s[16], d[16], expected[16];
        activity(&net, l, PLAST_SIGNAL, s);
        activity(&exact, l, PLAST_SIGNAL, d);
        times(square[l], plan.units[l], plan.units[l], d, expected);
        assert_close(plan.units[l], s, expected, orthonormal ? 1e-13 : 1e-11); /* the inverse's condition enters */
        assert_true((difference(plan.units[l], s, d) < 1e-13) == orthonormal);
    }
    net_free(&net);
    net_free(&exact);
}

static void the_recursion_is_exact(void **state)
{
    (void)state;
    for (int orthonormal = 0; orthonormal < 2; orthonormal++) {
        check_recursion(8.0, orthonormal);
        check_recursion(13.0, orthonormal);
    }
}

/* ---- feedback alignment ---- */

enum { HIDDEN = 8 };

static net two_layers(int32_t hidden)
{
    static const scheme_plan fa = { "fa", { { "gain", 1.0 } } };
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = INPUTS,
                            .layers = 2,
                            .units = { HIDDEN, OUTPUTS },
                            .hidden = hidden,
                            .output = PLAST_LINEAR,
                            .no_bias = 1,
                            .seed = 12,
                            .optimizer = "sgd",
                            .rate = 0.05 };
    net net = net_make(&plan);
    net_scheme(&net, &fa);
    return net;
}

/* B W + W^T B^T - A A^T */
static void conserved(const net *net, double *q)
{
    double a[HIDDEN * INPUTS], w[OUTPUTS * HIDDEN], b[HIDDEN * OUTPUTS], bw[HIDDEN * HIDDEN];
    net_get_weights(net, 0, a);
    net_get_weights(net, 1, w);
    group_get(net_group(net, 0, "feedback"), b);
    matrix_product(HIDDEN, OUTPUTS, HIDDEN, b, w, bw);
    gram(a, HIDDEN, INPUTS, q);
    for (int i = 0; i < HIDDEN; i++)
        for (int j = 0; j < HIDDEN; j++)
            q[i * HIDDEN + j] = bw[i * HIDDEN + j] + bw[j * HIDDEN + i] - q[i * HIDDEN + j];
}

/* Linear: Q(t + 1) = Q(t) - (A(t + 1) - A(t)) (A(t + 1) - A(t))^T; ReLU: its diagonal alone. */
static void check_conservation(int32_t hidden, int64_t batch, int diagonal)
{
    net net = two_layers(hidden);
    double q[2][HIDDEN * HIDDEN], a[2][HIDDEN * INPUTS], moved[HIDDEN * HIDDEN], off = 0.0, change = 0.0;
    for (int64_t b = 0; b < 100; b++) {
        conserved(&net, q[0]);
        net_get_weights(&net, 0, a[0]);
        learn(&net, b, b + 1, batch);
        conserved(&net, q[1]);
        net_get_weights(&net, 0, a[1]);
        for (int i = 0; i < HIDDEN * INPUTS; i++)
            a[1][i] -= a[0][i];
        gram(a[1], HIDDEN, INPUTS, moved);
        for (int i = 0; i < HIDDEN * HIDDEN; i++) {
            const double wrong = fabs(q[1][i] - q[0][i] + moved[i]);
            if (!diagonal || i % (HIDDEN + 1) == 0)
                assert_near(wrong, 0.0, 1e-13);
            else
                off = fmax(off, wrong);
            change = fmax(change, moved[i]);
        }
    }
    assert_true(change > 1e-3 && (!diagonal || off > 1e-3)); /* there was something to conserve */
    net_free(&net);
}

static void alignment_conserves_in_linear_networks(void **state)
{
    (void)state;
    check_conservation(PLAST_LINEAR, 1, 0);
    check_conservation(PLAST_LINEAR, 5, 0);
}

static void alignment_conserves_rows_of_rectifiers(void **state)
{
    (void)state;
    check_conservation(PLAST_RELU, 1, 1);
    check_conservation(PLAST_RELU, 5, 1);
    check_conservation(PLAST_LEAKY_RELU, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(the_difference_shrinks_by_the_decay),
        quiet_test(shaped_gradients_keep_the_difference),
        quiet_test(without_decay_the_difference_stays),
        quiet_test(mirrored_rules_keep_the_difference),
        quiet_test(unmirrored_rules_are_all_of_the_difference),
        quiet_test(without_an_error_only_rules_act),
        quiet_test(crossing_and_teaching_become_reciprocal),
        quiet_test(four_matrices_become_consistent),
        quiet_test(the_recursion_is_exact),
        quiet_test(alignment_conserves_in_linear_networks),
        quiet_test(alignment_conserves_rows_of_rectifiers),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
