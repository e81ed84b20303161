/* SPDX-License-Identifier: MIT
 *
 * The rule "grapes": worked values of a small network, identities of the factor, and what it is on fresh weights. */
#include "support/grapes.h"
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

static const grapes_plan PROPAGATING = { 0 }, LOCAL = { .local = 1 };

/* ---- worked values: 3-4-3-2, ReLU, softmax with cross-entropy, x and its class below ---- */

static const double W1[12] = { 0.5, -1, 0.25, 0.1, 0.2, -0.3, -0.4, 0.3, 0.9, 0.7, 0.1, -0.2 };
static const double W2[12] = { 0.6, -0.2, 0.4, 0.1, -0.5, 0.3, 0.8, 0.4, 0.2, 0.2, -0.1, 0.3 };
static const double W3[6] = { 0.3, -0.6, 0.5, -0.4, 0.7, 0.2 };
static const double X[3] = { 1, 0.5, 2 }, H1[4] = { 0.5, 0, 1.55, 0.35 }, H2[3] = { 0.955, 1.13, 0.05 };
static const double OUTPUT[2] = { -0.686864278, 0.686864278 };
static const double B1[8] = { 0.2, -0.5, 0.4, 0.1, -0.3, 0.6, 0.5, -0.2 };
static const double B2[6] = { 0.1, -0.4, -0.2, 0.3, 0.6, 0.2 };

typedef struct worked {
    const char *name;
    int ruled;
    grapes_plan plan;
    const double *first, *second; /* update signals */
    const double *seen;           /* signal of the first layer as a state shows it */
    const double *factor1, *factor2;
    const double *below; /* presynaptic factors of the second layer */
} worked;

static const double bp1[4] = { -0.776156634, 0, 0.542622779, 0.247271140 };
static const double bp2[3] = { -0.480804994, 0.892923561, -0.206059283 };
static const double m1[4] = { 2, 1, 1.828571429, 1.142857143 }, m2[3] = { 1.3, 2, 1 };
static const double r1[4] = { 2, 0.685714286, 1.828571429, 1.142857143 }, r2[3] = { 1.3, 2, 0.8 };
static const double local1[4] = { -1.552313267, 0, 0.992224511, 0.282595588 };
static const double clipped2[3] = { -0.625046493, 1.785847122, -0.206059283 };
static const double raw2[3] = { -0.625046493, 1.785847122, -0.164847427 };
static const double clipped1[4] = { -2.618326626, 0, 2.192941767, 0.674304474 };
static const double raw1[4] = { -2.601841883, 0, 2.185405884, 0.688434253 };
static const double direct1[4] = { -0.480804995, 0, 0.618177850, -0.480804995 };
static const double direct2[3] = { -0.343432139, 0.343432139, -0.274745711 };
static const double outgoing1[4] = { 2, 1.076923077, 2, 1.230769231 }, outgoing2[3] = { 1.076923077, 2, 1.076923077 };
static const double ones[4] = { 1, 1, 1, 1 };

static const worked table[] = {
    { "backprop", 0, { 0 }, bp1, bp2, bp1, ones, ones, ones },
    { "local, clipped", 1, { .local = 1 }, local1, clipped2, bp1, m1, m2, ones },
    { "propagating, clipped", 1, { 0 }, clipped1, clipped2, clipped1, m1, m2, ones },
    { "local, unclipped", 1, { .local = 1, .unclipped = 1 }, local1, raw2, bp1, r1, r2, ones },
    { "propagating, unclipped", 1, { .unclipped = 1 }, raw1, raw2, raw1, r1, r2, ones },
};

static const worked direct = { "direct feedback",
                               1,
                               { .local = 1, .unclipped = 1, .outgoing = 1, .per_synapse = 1 },
                               direct1,
                               direct2,
                               direct1,
                               ones,
                               ones,
                               outgoing1 };

static net example(int32_t dtype)
{
    static const double zeros[4] = { 0 };
    const net_plan plan = { .dtype = dtype,
                            .inputs = 3,
                            .layers = 3,
                            .units = { 4, 3, 2 },
                            .hidden = PLAST_RELU,
                            .output = PLAST_SOFTMAX,
                            .seed = 1,
                            .optimizer = "sgd",
                            .rate = 1.0 };
    net made = net_make(&plan);
    const double *const weights[] = { W1, W2, W3 };
    for (int32_t l = 0; l < 3; l++) {
        net_set_weights(&made, l, weights[l]);
        net_set_bias(&made, l, zeros);
    }
    return made;
}

static void learn_example(net *net, int64_t batch)
{
    double x[9];
    const int32_t labels[3] = { 0, 0, 0 };
    for (int i = 0; i < 9; i++)
        x[i] = X[i % 3];
    net_learn(net, &(net_data){ .n = batch, .x = x, .labels = labels, .batch = batch });
}

/* With rate 1 a bias that was 0 holds minus the update signal, and a matrix loses the outer product. */
static void check_layer(const net *net, int32_t layer, int64_t rows, int64_t cols, const double *before,
                        const double *signal, const double *below, double tolerance)
{
    double w[12], b[4];
    net_get_weights(net, layer, w);
    net_get_bias(net, layer, b);
    for (int64_t i = 0; i < rows; i++) {
        assert_near(-b[i], signal[i], tolerance);
        for (int64_t j = 0; j < cols; j++)
            assert_near(before[i * cols + j] - w[i * cols + j], signal[i] * below[j], 3.1 * tolerance); /* |h| <= 3.1 */
    }
}

static void check_worked(const worked *row, int32_t dtype, int64_t batch, const char *feedback)
{
    const double tolerance = dtype == PLAST_F64 ? 1e-9 : 2e-6;
    double seen[12], factor[4], below[4];
    net net = example(dtype);
    if (feedback != NULL) {
        net_feedback(&net, feedback, (const setting[]){ { NULL, 0.0 } });
        group_set(net_group(&net, 0, "feedback"), B1);
        group_set(net_group(&net, 1, "feedback"), B2);
    }
    if (row->ruled)
        net_grapes(&net, PLAST_HIDDEN_LAYERS, &row->plan);
    learn_example(&net, batch);
    for (int i = 0; i < 4; i++)
        below[i] = row->below[i] * H1[i];
    check_layer(&net, 0, 4, 3, W1, row->first, X, tolerance);
    check_layer(&net, 1, 3, 4, W2, row->second, below, tolerance);
    check_layer(&net, 2, 2, 3, W3, OUTPUT, H2, tolerance);
    net_seen(&net, 0, PLAST_SIGNAL, seen);
    for (int i = 0; i < 4; i++)
        assert_near(seen[i], row->seen[i], tolerance);
    for (int32_t l = 0; row->ruled && l < 2; l++) {
        net_factor(&net, l, factor);
        for (int i = 0; i < 4 - l; i++)
            assert_near(factor[i], (l == 0 ? row->factor1 : row->factor2)[i], tolerance);
    }
    net_free(&net);
}

static void worked_values(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch <= 3; batch++)
        for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
            for (size_t k = 0; k < sizeof table / sizeof table[0]; k++)
                check_worked(&table[k], dtype, batch, NULL);
            check_worked(&direct, dtype, batch, "dfa");
        }
}

/* Outgoing factors without the presynaptic ones: those of the last hidden layer come from the output's weights. */
static void worked_outgoing_factors(void **state)
{
    const grapes_plan plan = { .outgoing = 1, .unclipped = 1 };
    double factor[4];
    (void)state;
    for (int64_t batch = 1; batch <= 2; batch++) {
        net net = example(PLAST_F64);
        net_grapes(&net, PLAST_HIDDEN_LAYERS, &plan);
        learn_example(&net, batch);
        net_factor(&net, 0, factor);
        for (int i = 0; i < 4; i++)
            assert_near(factor[i], outgoing1[i], 1e-9);
        net_factor(&net, 1, factor);
        for (int i = 0; i < 3; i++)
            assert_near(factor[i], outgoing2[i], 1e-9);
        net_free(&net);
    }
}

/* ---- the factor alone ---- */

enum { ROWS = 37, COLS = 29 };

/* A hidden layer with these weights shows its factor. */
static void factor_of(int32_t dtype, int64_t rows, int64_t cols, const double *w, int unclipped, int64_t batch,
                      double *factor)
{
    const net_plan plan = { .dtype = dtype,
                            .inputs = cols,
                            .layers = 2,
                            .units = { rows, 2 },
                            .hidden = PLAST_TANH,
                            .seed = 3,
                            .optimizer = "sgd",
                            .rate = 0.1 };
    double x[2 * COLS], t[4] = { 0.5, -0.5, 1.0, 0.0 };
    net net = net_make(&plan);
    fill_uniform(5, 2 * COLS, x);
    net_grapes(&net, 0, &(grapes_plan){ .unclipped = unclipped });
    net_set_weights(&net, 0, w);
    net_learn(&net, &(net_data){ .n = batch, .x = x, .targets = t, .batch = batch });
    net_factor(&net, 0, factor);
    net_free(&net);
}

/* For both types, clipped and not, online and in minibatches. */
typedef struct manner {
    int32_t dtype;
    int unclipped;
    int64_t batch;
    double tolerance;
} manner;

static manner manner_of(int k)
{
    return (manner){ k & 1 ? PLAST_F64 : PLAST_F32, k >> 1 & 1, 1 + (k >> 2), k & 1 ? 1e-14 : 1e-5 };
}

static void fresh(uint64_t seed, double *w)
{
    fill_uniform(seed, ROWS * COLS, w);
    for (int i = 0; i < ROWS * COLS; i++) /* rows of very different importance */
        w[i] /= 1.0 + 0.5 * (i / COLS % 5);
}

static void of(const manner *m, const double *w, double *factor)
{
    factor_of(m->dtype, ROWS, COLS, w, m->unclipped, m->batch, factor);
}

static void range_and_formula(void **state)
{
    double w[ROWS * COLS], found[ROWS], expected[ROWS], most = 0.0;
    (void)state;
    for (int k = 0; k < 8; k++) {
        const manner m = manner_of(k);
        fresh(11, w);
        of(&m, w, found);
        grapes_of_rows(ROWS, COLS, w, m.unclipped ? 0.0 : 1.0, expected);
        assert_close(ROWS, found, expected, m.tolerance);
        most = 0.0;
        for (int i = 0; i < ROWS; i++) {
            most = fmax(most, found[i]);
            assert_true(found[i] > 0.0 && found[i] <= 2.0 && (m.unclipped || found[i] >= 1.0));
        }
        assert_true(most == 2.0);
    }
}

/* A power of 2 and signs change no bit; another factor and the order of columns change roundings. */
static void scale_sign_and_order(void **state)
{
    double w[ROWS * COLS], other[ROWS * COLS], a[ROWS], b[ROWS];
    (void)state;
    for (int k = 0; k < 8; k++) {
        const manner m = manner_of(k);
        fresh(12, w);
        of(&m, w, a);
        for (int i = 0; i < ROWS * COLS; i++)
            other[i] = (i % 3 == 0 ? -4.0 : 4.0) * w[i];
        of(&m, other, b);
        assert_same_bits(ROWS, a, b);
        for (int i = 0; i < ROWS * COLS; i++)
            other[i] = -0.3 * w[i];
        of(&m, other, b);
        assert_close(ROWS, b, a, m.tolerance);
        for (int i = 0; i < ROWS * COLS; i++)
            other[i] = w[i / COLS * COLS + (i % COLS * 7 + 3) % COLS];
        of(&m, other, b);
        assert_close(ROWS, b, a, m.tolerance);
        for (int i = 0; i < ROWS * COLS; i++) /* rows turned round: the same bits in their new places */
            other[i] = w[(ROWS - 1 - i / COLS) * COLS + i % COLS];
        of(&m, other, b);
        for (int i = 0; i < ROWS; i++)
            assert_true(b[i] == a[ROWS - 1 - i]);
    }
}

static void one_row_changes_its_own(void **state)
{
    double w[ROWS * COLS], a[ROWS], b[ROWS];
    (void)state;
    for (int k = 0; k < 8; k++) {
        const manner m = manner_of(k);
        int row = 0;
        fresh(13, w);
        of(&m, w, a);
        while (a[row] > 1.5 || a[row] < (m.unclipped ? 0.0 : 1.01))
            row++;
        for (int j = 0; j < COLS; j++)
            w[row * COLS + j] *= 1.25;
        of(&m, w, b);
        for (int i = 0; i < ROWS; i++)
            assert_near(b[i], i == row ? 1.25 * a[i] : a[i], i == row ? m.tolerance : 0.0);
    }
}

static void all_zero_and_alone(void **state)
{
    double w[ROWS * COLS] = { 0.0 }, factor[ROWS];
    (void)state;
    for (int k = 0; k < 8; k++) {
        const manner m = manner_of(k);
        memset(w, 0, sizeof w);
        of(&m, w, factor);
        for (int i = 0; i < ROWS; i++)
            assert_true(factor[i] == 1.0);
        w[COLS] = -1e-30; /* one row that is not 0 */
        of(&m, w, factor);
        for (int i = 0; i < ROWS; i++)
            assert_true(factor[i] == (i == 1 ? 2.0 : m.unclipped ? 0.0 : 1.0));
        factor_of(m.dtype, 1, COLS, w + 2 * COLS, m.unclipped, m.batch, factor);
        assert_true(factor[0] == 1.0);
        factor_of(m.dtype, 1, COLS, w + COLS, m.unclipped, m.batch, factor);
        assert_true(factor[0] == 2.0);
    }
}

/* ---- equal importances: a learning rate ---- */

enum { WIDTH = 9, HIDDEN = 3, OUTPUTS = 4 };

static net equal_net(int32_t dtype, double rate)
{
    const net_plan plan = { .dtype = dtype,
                            .inputs = WIDTH,
                            .layers = HIDDEN + 1,
                            .units = { WIDTH, WIDTH, WIDTH, OUTPUTS },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .seed = 8,
                            .optimizer = "sgd",
                            .rate = rate };
    double w[WIDTH * WIDTH];
    net made = net_make(&plan);
    for (int32_t l = 0; l < HIDDEN; l++) {
        fill_uniform(20 + (uint64_t)l, WIDTH * WIDTH, w);
        for (int i = 0; i < WIDTH * WIDTH; i++) /* the same absolute values in every row */
            w[i] = (w[i] > 0.0 ? 1.0 : -1.0) * (0.1 + 0.3 * (double)(i % WIDTH) / WIDTH);
        net_set_weights(&made, l, w);
    }
    return made;
}

/* m = 2 in every row: the steps are those of backpropagation with 2 times the rate (local), or 2^(L - l + 1). Bits. */
static void check_equal(int32_t dtype, int local, int64_t batch)
{
    double x[3 * WIDTH], t[3 * OUTPUTS], factor[WIDTH], a[WIDTH * WIDTH], b[WIDTH * WIDTH];
    fill_uniform(1, 3 * WIDTH, x);
    fill_uniform(2, 3 * OUTPUTS, t);
    net net = equal_net(dtype, 0.125);
    net_grapes(&net, PLAST_HIDDEN_LAYERS, local ? &LOCAL : &PROPAGATING);
    const net_data data = { .n = batch, .x = x, .targets = t, .batch = batch };
    net_learn(&net, &data);
    for (int32_t l = 0; l <= HIDDEN; l++) {
        const double times = l == HIDDEN ? 1.0 : local ? 2.0 : (double)(1 << (HIDDEN - l));
        struct net plain = equal_net(dtype, 0.125 * times);
        net_learn(&plain, &data);
        net_get_weights(&net, l, a);
        net_get_weights(&plain, l, b);
        assert_same_bits(WIDTH * (l == HIDDEN ? OUTPUTS : WIDTH), a, b);
        net_get_bias(&net, l, a);
        net_get_bias(&plain, l, b);
        assert_same_bits(l == HIDDEN ? OUTPUTS : WIDTH, a, b);
        net_free(&plain);
        if (l == HIDDEN)
            continue;
        net_factor(&net, l, factor);
        for (int i = 0; i < WIDTH; i++)
            assert_true(factor[i] == 2.0);
    }
    net_free(&net);
}

static void equal_rows_are_a_rate(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++)
        check_equal(k & 1 ? PLAST_F64 : PLAST_F32, k >> 1 & 1, 1 + 2 * (k >> 2));
}

/* m = 1: layers of zeros. Their biases learn, the weights of the layer below the output too. */
static void factor_one_is_no_rule(void **state)
{
    double x[3 * WIDTH], t[3 * OUTPUTS];
    const double zeros[WIDTH * WIDTH] = { 0.0 };
    (void)state;
    fill_uniform(1, 3 * WIDTH, x);
    fill_uniform(2, 3 * OUTPUTS, t);
    for (int k = 0; k < 16; k++) {
        const grapes_plan plan = { .local = k >> 1 & 1, .unclipped = k >> 3, .control = k % 3 };
        const net_data data = { .n = 1 + 2 * (k >> 2 & 1), .x = x, .targets = t, .batch = 3 };
        net net = equal_net(k & 1 ? PLAST_F64 : PLAST_F32, 0.1), plain = equal_net(k & 1 ? PLAST_F64 : PLAST_F32, 0.1);
        net_set_weights(&net, 1, zeros);
        net_set_weights(&plain, 1, zeros);
        net_grapes(&net, 1, &plan);
        net_learn(&net, &data);
        net_learn(&plain, &data);
        assert_same_nets(&net, &plain);
        net_free(&net);
        net_free(&plain);
    }
}

/* ---- fresh weights ---- */

enum { SEEDS = 6, WIDE = 784 };

static net fresh_net(int64_t inputs, int64_t units, int32_t hidden, uint64_t seed)
{
    net_plan plan = { .dtype = PLAST_F32,
                      .inputs = inputs,
                      .layers = hidden + 1,
                      .hidden = PLAST_RELU,
                      .output = PLAST_SOFTMAX,
                      .no_bias = 1,
                      .init = PLAST_INIT_HE_UNIFORM,
                      .seed = seed,
                      .optimizer = "sgd",
                      .rate = 1e-6 };
    for (int32_t l = 0; l < hidden; l++)
        plan.units[l] = units;
    plan.units[hidden] = 10;
    return net_make(&plan);
}

static void learn_one(net *net, uint64_t seed)
{
    double x[WIDE];
    const int32_t label = (int32_t)(seed % 10);
    fill_uniform(seed + 100, WIDE, x);
    for (int i = 0; i < WIDE; i++)
        x[i] = fabs(x[i]);
    net_learn(net, &(net_data){ .n = 1, .x = x, .labels = &label, .batch = 1 });
}

/* E[m] = 2 / (1 + z_N c / sqrt(n)) and its spread, as worked out for uniform weights: mean and least factor over seeds
 * lie within one spread of the units. */
static void mean_factors_of_fresh_weights(void **state)
{
    const struct {
        int64_t units, inputs;
        double mean, least, spread;
    } cases[] = { { 256, 784, 1.891, 1.780, 0.039 },
                  { 256, 256, 1.817, 1.639, 0.065 },
                  { 512, 512, 1.874, 1.732, 0.048 },
                  { 64, 64, 1.715, 1.435, 0.123 } };
    double factor[512];
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        double mean = 0.0, least = 0.0, squares = 0.0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            net net = fresh_net(cases[k].inputs, cases[k].units, 1, seed);
            const double n = (double)cases[k].units;
            double own = 0.0, low = 2.0;
            net_grapes(&net, 0, &(grapes_plan){ .unclipped = 1 });
            learn_one(&net, seed);
            net_factor(&net, 0, factor);
            for (int64_t i = 0; i < cases[k].units; i++) {
                own += factor[i] / n;
                low = fmin(low, factor[i]);
            }
            for (int64_t i = 0; i < cases[k].units; i++)
                squares += (factor[i] - own) * (factor[i] - own) / n / SEEDS;
            mean += own / SEEDS;
            least += low / SEEDS;
            net_free(&net);
        }
        assert_near(mean, cases[k].mean, cases[k].spread);
        assert_near(least, cases[k].least, cases[k].spread);
        assert_near(sqrt(squares), cases[k].spread, 0.15 * cases[k].spread);
    }
}

/* |s| of the first layer over that of backpropagation; the cosine between both. */
static double gain_of(int32_t hidden, uint64_t seed, double *cosine)
{
    double a[256], b[256], aa = 0.0, ab = 0.0, bb = 0.0;
    net net = fresh_net(WIDE, 256, hidden, seed), plain = fresh_net(WIDE, 256, hidden, seed);
    net_grapes(&net, PLAST_HIDDEN_LAYERS, &PROPAGATING);
    learn_one(&net, seed);
    learn_one(&plain, seed);
    net_seen(&net, 0, PLAST_SIGNAL, a);
    net_seen(&plain, 0, PLAST_SIGNAL, b);
    for (int i = 0; i < 256; i++) {
        aa += a[i] * a[i];
        ab += a[i] * b[i];
        bb += b[i] * b[i];
    }
    *cosine = ab / sqrt(aa * bb);
    net_free(&net);
    net_free(&plain);
    return sqrt(aa / bb);
}

static void depth_multiplies_the_rate(void **state)
{
    const struct {
        int32_t hidden;
        double gain;
    } cases[] = { { 1, 1.90 }, { 2, 3.45 }, { 3, 6.24 }, { 5, 20.5 }, { 10, 404.0 } };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        double mean = 0.0, cosine;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            mean += gain_of(cases[k].hidden, seed, &cosine) / SEEDS;
            assert_true(cosine > 0.99);
        }
        assert_near(mean, cases[k].gain, 0.1 * cases[k].gain);
    }
}

/* A build without the rule says why. */
static void left_out(void **state)
{
    plast_context *context = NULL;
    plast_rule *rule = NULL;
    (void)state;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    assert_int_equal(plast_rule_create(context, "grapes", &rule), PLAST_E_UNKNOWN);
    assert_null(rule);
    assert_non_null(strstr(plast_context_error(context), "patent 12,020,162"));
    plast_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(worked_values),
        quiet_test(worked_outgoing_factors),
        quiet_test(range_and_formula),
        quiet_test(scale_sign_and_order),
        quiet_test(one_row_changes_its_own),
        quiet_test(all_zero_and_alone),
        quiet_test(equal_rows_are_a_rate),
        quiet_test(factor_one_is_no_rule),
        quiet_test(mean_factors_of_fresh_weights),
        quiet_test(depth_multiplies_the_rate),
    };
    const struct CMUnitTest without[] = { quiet_test(left_out) };
    return grapes_built() ? cmocka_run_group_tests(tests, NULL, NULL) : cmocka_run_group_tests(without, NULL, NULL);
}
