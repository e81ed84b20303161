/* SPDX-License-Identifier: MIT
 *
 * What feedback schemes do on average: laws of the initial matrices, angles at the start, the mirror's estimates, and
 * feedback alignment of a linear network. Bars are standard errors of the mean over seeds, several of them. */
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

#define DEGREES 57.295779513082320877

static net make(const net_plan *plan, const scheme_plan *scheme)
{
    net net = net_make(plan);
    net_scheme(&net, scheme);
    return net;
}

static double *turned(const plast_synapses *group)
{
    double *w = group_new(group), *out = new_array(group_size(group));
    transpose(group_rows(group), group_cols(group), w, out);
    free(w);
    return out;
}

/* The feedback of layer 0 and what it stands for, W_2^T. */
static double angle_to_forward(const net *net)
{
    const plast_synapses *feedback = net_group(net, 0, "feedback");
    double *b = group_new(feedback), *w = turned(net_group(net, 1, "input"));
    const double found = angle(group_size(feedback), b, w);
    free(b);
    free(w);
    return found;
}

/* ---- laws ---- */

static double second_moment(const net *net, int32_t layer, const char *name, double *largest)
{
    const plast_synapses *group = net_group(net, layer, name);
    double *w = group_new(group);
    const int64_t n = group_size(group);
    const double mean = energy(n, w) / (double)n;
    *largest = 0.0;
    for (int64_t i = 0; i < n; i++)
        *largest = fmax(*largest, fabs(w[i]));
    free(w);
    return mean;
}

/* Matrices of 10^4 entries and more: the second moment is within 6 % (normal: sqrt(2 / 10^4) = 1.4 %). */
static void check_law(const net *net, int32_t layer, const char *name, double expected, double most)
{
    double largest = 0.0;
    const double found = second_moment(net, layer, name, &largest);
    assert_near(found / expected, 1.0, 0.06);
    assert_true(largest <= most);
    assert_true(largest > 0.0);
}

enum { ONE = 150, TWO = 120, OUT = 100 };

static net_plan wide(int32_t init, double gain)
{
    const net_plan plan = { .dtype = PLAST_F32,
                            .inputs = 80,
                            .layers = 3,
                            .units = { ONE, TWO, OUT },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .init = init,
                            .gain = gain,
                            .seed = 4,
                            .optimizer = "sgd" };
    return plan;
}

static void initial_laws(void **state)
{
    static const scheme_plan fa = { "fa", { { "gain", -2.0 } } };
    static const scheme_plan dfa = { "dfa", { { "gain", 3.0 } } };
    static const scheme_plan frsf = { "frsf", { { "scale", 1.0 } } };
    static const scheme_plan circuit = {
        "circuit", { { "units", 130 }, { "gain", 1.5 }, { "gain_v", 0.5 }, { "gain_c", 0.7 }, { "decay", 0.1 } }
    };
    (void)state;
    const net_plan plan = wide(PLAST_INIT_XAVIER_UNIFORM, 0.5);
    net net = make(&plan, &fa);
    check_law(&net, 0, "feedback", 4.0 * 0.25 * 2.0 / (ONE + TWO), sqrt(6.0 / (ONE + TWO)));
    check_law(&net, 1, "feedback", 4.0 * 0.25 * 2.0 / (TWO + OUT), sqrt(6.0 / (TWO + OUT)));
    net_scheme(&net, &dfa);
    assert_int_equal(group_cols(net_group(&net, 0, "feedback")), OUT);
    check_law(&net, 0, "feedback", 9.0 / ONE / 3.0, 3.0 / sqrt(ONE));
    check_law(&net, 1, "feedback", 9.0 / TWO / 3.0, 3.0 / sqrt(TWO));
    net_scheme(&net, &frsf);
    check_law(&net, 0, "magnitude", 0.25 * 2.0 / (ONE + TWO), 0.5 * sqrt(6.0 / (ONE + TWO)));
    net_scheme(&net, &circuit);
    check_law(&net, 0, "descending", 2.25 / 130.0, 1.0);
    check_law(&net, 1, "descending", 2.25 / OUT, 1.0);
    check_law(&net, 0, "teaching", 0.25 / 130.0, 1.0);
    check_law(&net, 1, "crossing", 0.49 / TWO, 1.0);
    net_free(&net);
}

/* Laws whose entries are no independent draws, or all the same. */
static void laws_that_cannot_be_shared(void **state)
{
    static const int32_t inits[] = { PLAST_INIT_ORTHOGONAL, PLAST_INIT_SPARSE, PLAST_INIT_CONSTANT, PLAST_INIT_ZERO };
    static const scheme_plan frsf = { "frsf", { { "scale", 1.0 } } };
    static const scheme_plan fa = { "fa", { { "gain", 1.0 } } };
    (void)state;
    for (int k = 0; k < 4; k++) {
        const net_plan plan = wide(inits[k], 0.3);
        net net = make(&plan, &frsf);
        check_law(&net, 0, "magnitude", 2.0 / (ONE + TWO), 1.0);
        net_scheme(&net, &fa);
        if (k >= 2)
            check_law(&net, 0, "feedback", 2.0 / (ONE + TWO), sqrt(6.0 / (ONE + TWO)));
        net_free(&net);
    }
}

/* ---- angles ---- */

/* A descent that moves nothing, so that sign-symmetry makes its matrices. */
static void look_once(net *net)
{
    double *x = new_array(net->plan.inputs), *t = new_array(net->plan.units[net->plan.layers - 1]);
    const net_data data = { .n = 1, .x = x, .targets = t, .batch = 1 };
    fill_uniform(3, net->plan.inputs, x);
    net_learn(net, &data);
    free(x);
    free(t);
}

/* arccos(sqrt(2 / pi)) = 37.1 and 30 degrees with equal magnitudes; arccos(2 / pi) = 50.5 and arccos(3 / 4) = 41.4 with
 * independent ones of the same law. 300 x 300 entries: a standard deviation of 0.15 degrees. */
static void sign_symmetry_starts_at_known_angles(void **state)
{
    static const char *const names[] = { "usf", "frsf", "brsf" };
    static const double expected[2][3] = { { 37.07, 50.46, 50.46 }, { 30.0, 41.41, 41.41 } };
    (void)state;
    for (int law = 0; law < 2; law++)
        for (int k = 0; k < 3; k++)
            for (uint64_t seed = 1; seed <= 3; seed++) {
                const scheme_plan scheme = { names[k], { { NULL, 0.0 } } };
                const net_plan plan = { .dtype = PLAST_F32,
                                        .inputs = 5,
                                        .layers = 2,
                                        .units = { 300, 300 },
                                        .hidden = PLAST_TANH,
                                        .output = PLAST_LINEAR,
                                        .init = law ? PLAST_INIT_UNIFORM : PLAST_INIT_GAUSSIAN,
                                        .gain = 0.1,
                                        .seed = seed,
                                        .optimizer = "sgd" };
                net net = make(&plan, &scheme);
                look_once(&net);
                assert_near(angle_to_forward(&net), expected[law][k], 0.7);
                net_free(&net);
            }
}

/* Magnitudes of "brsf" are drawn anew at every update: 90 degrees apart, with signs and all; those of "frsf" never
 * are. */
static void magnitudes_are_drawn_anew(void **state)
{
    (void)state;
    for (int fixed = 0; fixed < 2; fixed++) {
        const scheme_plan scheme = { fixed ? "frsf" : "brsf", { { NULL, 0.0 } } };
        const net_plan plan = wide(PLAST_INIT_XAVIER_NORMAL, 1.0);
        net net = make(&plan, &scheme);
        const plast_synapses *magnitude = net_group(&net, 0, "magnitude");
        look_once(&net);
        double *first = group_new(magnitude);
        for (int i = 0; i < 5; i++) {
            look_once(&net);
            double *next = group_new(magnitude);
            assert_near(angle(group_size(magnitude), first, next), fixed ? 0.0 : 90.0, fixed ? 1e-4 : 2.5);
            free(first);
            first = next;
        }
        free(first);
        net_free(&net);
    }
}

/* 90 degrees, with a standard deviation of 57.3 / sqrt(n_in n_out). */
static void alignment_starts_at_a_right_angle(void **state)
{
    static const scheme_plan fa = { "fa", { { NULL, 0.0 } } };
    enum { SEEDS = 100, N = 20, M = 30 };
    const double expected = DEGREES / sqrt((double)N * M);
    double sum = 0.0, squares = 0.0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const net_plan plan = { .dtype = PLAST_F64, .inputs = 3, .layers = 2, .units = { N, M }, .seed = seed };
        net net = make(&plan, &fa);
        const double from = angle_to_forward(&net) - 90.0;
        sum += from;
        squares += from * from;
        net_free(&net);
    }
    assert_near(sum / SEEDS, 0.0, 4.0 * expected / sqrt(SEEDS));
    assert_near(sqrt(squares / SEEDS) / expected, 1.0, 4.0 / sqrt(2.0 * SEEDS));
}

/* W and B from N(0, 1 / (n_in + n_out)): |W - B^T|^2 ~ 2 n_in n_out / (n_in + n_out), which Kolen-Pollack without decay
 * keeps for ever; with 784 and 500 units |D| ~ 24.7 (Akrout et al. 2019). */
static void the_difference_starts_at_a_known_length(void **state)
{
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.0 } } };
    const net_plan plan = { .dtype = PLAST_F32,
                            .inputs = 3,
                            .layers = 2,
                            .units = { 784, 500 },
                            .init = PLAST_INIT_GAUSSIAN,
                            .gain = 1.0 / sqrt(1284.0),
                            .seed = 2 };
    net net = make(&plan, &scheme);
    const plast_synapses *feedback = net_group(&net, 0, "feedback");
    double *b = group_new(feedback), *w = turned(net_group(&net, 1, "input"));
    (void)state;
    assert_near(distance(group_size(feedback), b, w), 24.7, 0.1);
    free(b);
    free(w);
    net_free(&net);
}

/* The circuit's signal C^T C d against d: arctan(sqrt((n + 1) / m)) for Gaussian C (m x n). */
static void preconditioned_signal_has_the_expected_angle(void **state)
{
    static const struct {
        double units, expected;
    } cases[] = { { 100.0, 45.1 }, { 400.0, 26.7 }, { 50.0, 54.9 } };
    enum { N = 100, TOP = 20, SEEDS = 60 };
    (void)state;
    for (int k = 0; k < 3; k++) {
        double sum = 0.0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            const scheme_plan scheme = { "circuit", { { "decay", 0.0 }, { "units", cases[k].units } } };
            const net_plan plan = { .dtype = PLAST_F64,
                                    .inputs = 5,
                                    .layers = 2,
                                    .units = { N, TOP },
                                    .output = PLAST_LINEAR,
                                    .init = PLAST_INIT_GAUSSIAN,
                                    .seed = seed,
                                    .optimizer = "sgd" };
            net net = make(&plan, &scheme);
            const plast_synapses *crossing = net_group(&net, 0, "crossing");
            const int64_t m = group_rows(crossing);
            double *c = group_new(crossing), *v = turned(crossing), *w = turned(net_group(&net, 1, "input"));
            double *b = new_array(m * TOP), d[N];
            plast_state *own = NULL;
            plast_matrix s, e;
            group_set(net_group(&net, 0, "teaching"), v);
            matrix_product(m, N, TOP, c, w, b);
            group_set(net_group(&net, 0, "descending"), b);
            look_once(&net);
            net_ok(&net, plast_network_state(net.network, &own));
            net_ok(&net, plast_state_view(own, 0, PLAST_SIGNAL, &s));
            net_ok(&net, plast_state_view(own, 1, PLAST_SIGNAL, &e));
            times(w, N, TOP, e.data, d);
            sum += angle(N, s.data, d);
            free(c);
            free(v);
            free(w);
            free(b);
            net_free(&net);
        }
        assert_near(sum / SEEDS, cases[k].expected, 1.5);
    }
}

/* ---- the weight mirror ---- */

/* One update from B = 0 of `batch` noise vectors: B = rate X (Y - mean Y)^T / batch. */
static scheme_plan mirror_of(double noise, double centred, double block_bias)
{
    const scheme_plan plan = { "weight_mirror",
                               { { "gain", 0.0 },
                                 { "noise", noise },
                                 { "rate", 1.0 },
                                 { "decay", 0.0 },
                                 { "centred", centred },
                                 { "block_bias", block_bias } } };
    return plan;
}

static void mirror(const net *net, int64_t updates, int64_t batch)
{
    const plast_mirror_options options = { PLAST_MIRROR_OPTIONS, .updates = updates, .batch = batch };
    net_ok(net, plast_network_mirror(net->network, NULL, &options));
}

static net_plan linear_plan(int64_t n_in, int64_t n_out, uint64_t seed)
{
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = 2,
                            .layers = 2,
                            .units = { n_in, n_out },
                            .output = PLAST_LINEAR,
                            .init = PLAST_INIT_GAUSSIAN,
                            .seed = seed };
    return plan;
}

/* <B, W^T> / |W|^2 */
static double scale_of(const net *net)
{
    const plast_synapses *feedback = net_group(net, 0, "feedback");
    const int64_t n = group_size(feedback);
    double *b = group_new(feedback), *w = turned(net_group(net, 1, "input")), dot = 0.0;
    for (int64_t i = 0; i < n; i++)
        dot += b[i] * w[i];
    dot /= energy(n, w);
    free(b);
    free(w);
    return dot;
}

/* arctan(sqrt((n_in + 1) / N)), and the scale is the noise's variance: 5.71 degrees for 30 and 3100, 17.5 for 784 and
 * 7850. */
static void the_mirror_finds_forward_weights(void **state)
{
    const scheme_plan scheme = mirror_of(0.5, 0.0, 1.0);
    double sum = 0.0, scale = 0.0;
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const net_plan plan = linear_plan(30, 20, seed);
        net net = make(&plan, &scheme);
        mirror(&net, 1, 3100);
        sum += angle_to_forward(&net);
        scale += scale_of(&net);
        net_free(&net);
    }
    assert_near(sum / 20.0, 5.71, 0.25);
    assert_near(scale / 20.0, 0.25, 0.005);
    const net_plan plan = linear_plan(784, 50, 1);
    net net = make(&plan, &scheme);
    mirror(&net, 1, 7850);
    assert_near(angle_to_forward(&net), 17.55, 0.3);
    net_free(&net);
}

/* With W = I what the mirror learns is the noise's second moments: variance noise^2, no correlation, and other
 * numbers at every layer and update. Of 50 x 50 moments over 4000 samples. */
static void mirror_noise_is_white_and_fresh(void **state)
{
    enum { N = 50, BATCH = 4000 };
    const scheme_plan scheme = mirror_of(0.3, 0.0, 1.0);
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = N,
                            .layers = 4,
                            .units = { N, N, N, N },
                            .output = PLAST_LINEAR,
                            .no_bias = 1,
                            .seed = 8 };
    double one[N * N] = { 0.0 }, moments[6][N * N], last[3][N * N];
    net net = make(&plan, &scheme);
    (void)state;
    for (int i = 0; i < N; i++)
        one[i * N + i] = 1.0;
    for (int32_t l = 1; l < 4; l++)
        net_set_weights(&net, l, one);
    for (int update = 0; update < 2; update++) {
        mirror(&net, 1, BATCH);
        for (int32_t l = 0; l < 3; l++) {
            double *at = moments[update * 3 + l];
            group_get(net_group(&net, l, "feedback"), at);
            for (int i = 0; i < N * N && update == 1; i++)
                at[i] -= last[l][i]; /* without decay they add up */
            memcpy(last[l], at, sizeof last[l]);
        }
    }
    for (int k = 0; k < 6; k++) {
        double trace = 0.0, off = 0.0;
        for (int i = 0; i < N * N; i++) {
            trace += i % (N + 1) == 0 ? moments[k][i] / N : 0.0;
            off += i % (N + 1) == 0 ? 0.0 : moments[k][i] * moments[k][i] / (N * (N - 1));
        }
        assert_near(trace / 0.09, 1.0, 0.015);              /* 5 sqrt(2 / (N BATCH)) */
        assert_near(off / (0.09 * 0.09 / BATCH), 1.0, 0.2); /* 1225 different ones */
        for (int i = 0; i < N; i++)
            moments[k][i * N + i] = 0.0;
    }
    for (int k = 0; k < 6; k++)
        for (int other = 0; other < k; other++)
            assert_near(angle((int64_t)N * N, moments[k], moments[other]), 90.0, 9.0); /* 5.5 deviations */
    net_free(&net);
}

/* 30 -> 20 sigmoid units with biases from N(0, 1), faint noise: answers have a large mean, which drowns what they say
 * unless it is taken away, and slopes that differ by the bias. */
static void centring_and_blocking_biases(void **state)
{
    enum { N = 30, M = 20 };
    double raw = 0.0, centred = 0.0, gains = 0.0, blocked = 0.0;
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++)
        for (int k = 0; k < 3; k++) {
            const scheme_plan scheme = mirror_of(0.0289, k > 0, k == 2);
            net_plan plan = linear_plan(N, M, seed);
            plan.output = PLAST_SIGMOID;
            plan.gain = 0.3;
            net net = make(&plan, &scheme);
            double bias[M], *b, *w = turned(net_group(&net, 1, "input")), *target = turned(net_group(&net, 1, "input"));
            fill_normal(seed + 100, M, bias);
            net_set_bias(&net, 1, bias);
            for (int i = 0; i < N * M; i++) {
                const double y = 1.0 / (1.0 + exp(-bias[i % M]));
                target[i] *= y * (1.0 - y);
            }
            mirror(&net, 1, 4000);
            b = group_new(net_group(&net, 0, "feedback"));
            if (k == 0)
                raw += angle((int64_t)N * M, b, target) / 5.0;
            if (k == 1)
                centred += angle((int64_t)N * M, b, target) / 5.0;
            if (k == 1)
                gains += angle((int64_t)N * M, b, w) / 5.0;
            if (k == 2)
                blocked += angle((int64_t)N * M, b, w) / 5.0;
            free(b);
            free(w);
            free(target);
            net_free(&net);
        }
    assert_true(raw > 60.0);
    assert_near(centred, 5.0, 1.0); /* arctan(sqrt(31 / 4000)) */
    assert_true(gains > 9.0);
    assert_near(blocked, 5.0, 1.0);
}

/* B tends to (rate noise^2 / decay) W^T from wherever it starts: here to 2 W^T. */
static void the_mirror_settles_at_its_scale(void **state)
{
    static const scheme_plan scheme = { "weight_mirror",
                                        { { "gain", 3.0 }, { "noise", 2.0 }, { "rate", 0.05 }, { "decay", 0.1 } } };
    const net_plan plan = linear_plan(30, 20, 3);
    net net = make(&plan, &scheme);
    (void)state;
    assert_near(angle_to_forward(&net), 90.0, 10.0);
    mirror(&net, 150, 512);
    assert_near(scale_of(&net), 2.0, 0.04);
    assert_true(angle_to_forward(&net) < 4.5); /* 3.1: 20 updates of 512 are in memory */
    net_free(&net);
}

/* ---- feedback alignment ---- */

/* Lillicrap et al. 2016, task 1: linear 30-20-10, T from U(-1, 1), W from U(-0.01, 0.01), B from U(-0.5, 0.5), rate
 * 0.001, on line, 20 seeds: the angle between B e and W^T e falls below 45 degrees by step 200, the normalised
 * squared error below 0.01 by step 2000 (31.3 with a deviation of 3.2, flattened over the samples, and 0.0010 in
 * independent simulations). */
static void linear_task_is_learned_by_alignment(void **state)
{
    static const scheme_plan fa = { "fa", { { "gain", 50.0 } } };
    enum { IN = 30, HIDDEN = 20, OUTPUTS = 10, STEPS = 2000, HELD = 200, SEEDS = 20 };
    static double x[(STEPS + HELD) * IN], t[(STEPS + HELD) * OUTPUTS], y[HELD * OUTPUTS];
    static double down[HELD * HIDDEN], exact[HELD * HIDDEN];
    double teacher[OUTPUTS * IN], mean_angle = 0.0, mean_error = 0.0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const net_plan plan = { .dtype = PLAST_F64,
                                .inputs = IN,
                                .layers = 2,
                                .units = { HIDDEN, OUTPUTS },
                                .output = PLAST_LINEAR,
                                .no_bias = 1,
                                .init = PLAST_INIT_UNIFORM,
                                .gain = 0.01,
                                .seed = seed,
                                .optimizer = "sgd",
                                .rate = 1e-3 };
        net net = make(&plan, &fa);
        fill_uniform(seed + 1000, OUTPUTS * IN, teacher);
        fill_normal(seed + 2000, (STEPS + HELD) * IN, x);
        for (int i = 0; i < STEPS + HELD; i++)
            times(teacher, OUTPUTS, IN, x + i * IN, t + i * OUTPUTS);
        const double *held_x = x + STEPS * IN, *held_t = t + STEPS * OUTPUTS;
        net_data data = { .n = 200, .x = x, .targets = t };
        net_learn(&net, &data);
        net_run(&net, HELD, held_x, y);
        double *b = group_new(net_group(&net, 0, "feedback")), *w = turned(net_group(&net, 1, "input"));
        for (int i = 0; i < HELD; i++) {
            double e[OUTPUTS];
            for (int k = 0; k < OUTPUTS; k++)
                e[k] = y[i * OUTPUTS + k] - held_t[i * OUTPUTS + k];
            times(b, HIDDEN, OUTPUTS, e, down + i * HIDDEN);
            times(w, HIDDEN, OUTPUTS, e, exact + i * HIDDEN);
        }
        mean_angle += angle((int64_t)HELD * HIDDEN, down, exact) / SEEDS;
        data = (net_data){ .n = STEPS - 200, .x = x + 200 * IN, .targets = t + 200 * OUTPUTS };
        net_learn(&net, &data);
        net_run(&net, HELD, held_x, y);
        const double far = distance((int64_t)HELD * OUTPUTS, y, held_t), size = length((int64_t)HELD * OUTPUTS, held_t);
        mean_error += far * far / (size * size) / SEEDS;
        free(b);
        free(w);
        net_free(&net);
    }
    assert_near(mean_angle, 31.3, 2.9); /* 4 sd 3.2 / sqrt(20) */
    assert_true(mean_error < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(initial_laws),
        quiet_test(laws_that_cannot_be_shared),
        quiet_test(sign_symmetry_starts_at_known_angles),
        quiet_test(magnitudes_are_drawn_anew),
        quiet_test(alignment_starts_at_a_right_angle),
        quiet_test(the_difference_starts_at_a_known_length),
        quiet_test(preconditioned_signal_has_the_expected_angle),
        quiet_test(the_mirror_finds_forward_weights),
        quiet_test(mirror_noise_is_white_and_fresh),
        quiet_test(centring_and_blocking_biases),
        quiet_test(the_mirror_settles_at_its_scale),
        quiet_test(linear_task_is_learned_by_alignment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
