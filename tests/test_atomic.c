/* SPDX-License-Identifier: MIT
 *
 * A sample, or a minibatch, is learned as a whole or not at all: whatever in it is not finite or overflows, weights,
 * biases, moments and counts are those of a network that never saw it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/quiet.h"

enum { INPUTS = 5, HIDDEN = 4, OUTPUTS = 3, SAMPLES = 7, LATER = 6, ALL = SAMPLES + LATER };

static plast_context *context;

static int make_context(void **state)
{
    (void)state;
    return plast_context_create(NULL, &context) == PLAST_OK ? 0 : -1;
}

static int destroy_context(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return 0;
}

/* How a network learns. */
typedef struct manner {
    const char *optimizer; /* NULL: no targets, rules alone */
    const char *rules[3];
    int32_t dtype;
    int32_t no_bias;
    int64_t batch;
} manner;

static const char *const optimizers[] = { "sgd", "adam", "momentum", "rmsprop", NULL };
enum { OPTIMIZERS = sizeof optimizers / sizeof optimizers[0] };
static const char *const rule_sets[][3] = {
    { NULL }, { "oja", NULL }, { "gha", NULL }, { "decay", NULL }, { "decay", "oja", "gha" },
};
enum { RULE_SETS = sizeof rule_sets / sizeof rule_sets[0] };

static void attach(plast_network *network, const char *name, double rate)
{
    plast_rule *rule = NULL;
    assert_int_equal(plast_rule_create(context, name, &rule), PLAST_OK);
    assert_int_equal(plast_rule_set(rule, "rate", rate), PLAST_OK);
    assert_int_equal(plast_network_add_rule(network, PLAST_ALL_LAYERS, rule), PLAST_OK);
    plast_rule_destroy(rule);
}

static void use_optimizer(plast_network *network, const char *name, double rate)
{
    plast_optimizer *optimizer = NULL;
    assert_int_equal(plast_optimizer_create(context, name, &optimizer), PLAST_OK);
    assert_int_equal(plast_optimizer_set(optimizer, "rate", rate), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(network, optimizer), PLAST_OK);
    plast_optimizer_destroy(optimizer);
}

static plast_network *make_network(const manner *m)
{
    plast_network *network = NULL;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = m->dtype, .inputs = INPUTS, .seed = 2 };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = HIDDEN, .activation = PLAST_SOFTPLUS,
                                         .init = PLAST_INIT_UNIFORM, .no_bias = m->no_bias };
    const plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = OUTPUTS, .no_bias = m->no_bias };
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &hidden, NULL), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &output, NULL), PLAST_OK);
    for (int i = 0; i < 3 && m->rules[i] != NULL; i++)
        attach(network, m->rules[i], 0.01);
    if (m->optimizer != NULL)
        use_optimizer(network, m->optimizer, 0.05);
    return network;
}

static plast_layer *layer_of(const plast_network *network, int64_t index)
{
    plast_layer *layer = NULL;
    assert_int_equal(plast_network_layer(network, index, &layer), PLAST_OK);
    return layer;
}

static plast_synapses *synapses_of(const plast_network *network, int64_t index)
{
    plast_synapses *synapses = NULL;
    assert_int_equal(plast_layer_synapses(layer_of(network, index), NULL, &synapses), PLAST_OK);
    return synapses;
}

/* Weights and biases in double, which is exact. */
typedef struct sight {
    double weights[2][HIDDEN * INPUTS], biases[2][HIDDEN];
} sight;

static void look(const plast_network *network, int no_bias, sight *s)
{
    memset(s, 0, sizeof *s);
    for (int64_t i = 0; i < plast_network_layers(network); i++) {
        plast_matrix view;
        assert_int_equal(plast_synapses_view(synapses_of(network, i), &view), PLAST_OK);
        const plast_matrix w = plast_output_f64(s->weights[i], view.rows, view.cols);
        const plast_matrix b = plast_output_f64(s->biases[i], 1, view.rows);
        assert_int_equal(plast_synapses_get_weights(synapses_of(network, i), &w), PLAST_OK);
        if (!no_bias)
            assert_int_equal(plast_layer_get_bias(layer_of(network, i), &b), PLAST_OK);
    }
}

static void assert_same(const plast_network *a, const plast_network *b, int no_bias)
{
    sight left, right;
    look(a, no_bias, &left);
    look(b, no_bias, &right);
    assert_memory_equal(&left, &right, sizeof left);
    for (int i = 0; i < HIDDEN * INPUTS; i++)
        assert_true(isfinite(left.weights[0][i]) && isfinite(left.weights[1][i]));
}

/* Samples to learn; those from SAMPLES on are for afterwards. */
typedef struct samples {
    double x[ALL][INPUTS], t[ALL][OUTPUTS];
} samples;

static samples good_samples(void)
{
    samples s;
    for (int i = 0; i < ALL; i++) {
        for (int j = 0; j < INPUTS; j++)
            s.x[i][j] = (double)((i * 7 + j * 5) % 11 - 4) / 8.0;
        for (int j = 0; j < OUTPUTS; j++)
            s.t[i][j] = (double)((i * 3 + j) % 5) / 4.0;
    }
    return s;
}

static plast_status learn(plast_network *network, const manner *m, samples *s, int64_t first, int64_t count,
                          const plast_learn_options *options, plast_report *report)
{
    const plast_matrix x = plast_matrix_f64(s->x[first], count, INPUTS);
    const plast_matrix t = plast_matrix_f64(s->t[first], count, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = m->optimizer == NULL ? NULL : &t,
                              .batch = m->batch };
    return count == 0 ? PLAST_OK : plast_network_learn(network, NULL, &data, options, report);
}

static const double nan_value = (double)NAN, infinity = (double)INFINITY;

static double huge(const manner *m)
{
    return m->dtype == PLAST_F32 ? 1e25 : 1e200;
}

/* Each spoils one sample; returns 0 where the manner of learning does not notice. */
static int nan_in_input(const manner *m, double *x, double *t)
{
    (void)m;
    (void)t;
    x[INPUTS - 1] = nan_value;
    return 1;
}

static int infinity_in_input(const manner *m, double *x, double *t)
{
    (void)m;
    (void)t;
    x[0] = infinity;
    return 1;
}

static int minus_infinity_in_input(const manner *m, double *x, double *t)
{
    (void)m;
    (void)t;
    x[2] = -infinity;
    return 1;
}

/* Finite, but not in float32. */
static int too_large_for_the_type(const manner *m, double *x, double *t)
{
    (void)t;
    x[1] = 1e300;
    return m->dtype == PLAST_F32;
}

static int nan_in_target(const manner *m, double *x, double *t)
{
    (void)x;
    t[OUTPUTS - 1] = nan_value;
    return m->optimizer != NULL;
}

static int infinity_in_target(const manner *m, double *x, double *t)
{
    (void)x;
    t[0] = -infinity;
    return m->optimizer != NULL;
}

/* In float64; in float32 it is too large for the type. */
static int overflow_of_the_loss(const manner *m, double *x, double *t)
{
    (void)x;
    t[0] = 1e200;
    return m->optimizer != NULL;
}

/* Whether learning multiplies activities at all: decay does not. */
static int multiplies(const manner *m)
{
    return m->optimizer != NULL || m->rules[1] != NULL || (m->rules[0] != NULL && strcmp(m->rules[0], "decay") != 0);
}

static int overflow_of_an_activity(const manner *m, double *x, double *t)
{
    (void)t;
    for (int j = 0; j < INPUTS; j++)
        x[j] = copysign(m->dtype == PLAST_F32 ? (double)FLT_MAX : DBL_MAX, j % 2 ? -1.0 : 1.0);
    return multiplies(m);
}

/* Activities are finite, their products with the signal or among themselves are not. */
static int overflow_of_a_term(const manner *m, double *x, double *t)
{
    (void)t;
    for (int j = 0; j < INPUTS; j++)
        x[j] = huge(m);
    return multiplies(m);
}

/* The gradient is finite, its square is not. */
static int overflow_of_a_squared_gradient(const manner *m, double *x, double *t)
{
    (void)x;
    t[1] = m->dtype == PLAST_F32 ? 1e22 : 1e160;
    return m->optimizer != NULL && (strcmp(m->optimizer, "adam") == 0 || strcmp(m->optimizer, "rmsprop") == 0);
}

static int (*const spoilers[])(const manner *m, double *x, double *t) = {
    nan_in_input,
    infinity_in_input,
    minus_infinity_in_input,
    too_large_for_the_type,
    nan_in_target,
    infinity_in_target,
    overflow_of_an_activity,
    overflow_of_a_term,
    overflow_of_a_squared_gradient,
    overflow_of_the_loss,
};
enum { SPOILERS = sizeof spoilers / sizeof spoilers[0] };

/* One network meets a bad sample at place `bad`, the other stops before it. */
static void check_spoiled(const manner *m, int spoiler, int64_t bad)
{
    samples clean = good_samples(), spoiled = clean;
    const int64_t applied = bad / m->batch * m->batch;
    plast_report report = { PLAST_REPORT, .samples = -1, .updates = -1 };
    if (!spoilers[spoiler](m, spoiled.x[bad], spoiled.t[bad]))
        return;
    plast_network *hurt = make_network(m), *safe = make_network(m);
    const plast_status status = learn(hurt, m, &spoiled, 0, SAMPLES, NULL, &report);
    if (status != PLAST_E_NOT_FINITE)
        fail_msg("spoiler %d at %lld, %s, %s, f%d, batch %lld: status %d", spoiler, (long long)bad,
                 m->optimizer ? m->optimizer : "rules", m->rules[0] ? m->rules[0] : "alone", m->dtype * 32,
                 (long long)m->batch, status);
    assert_non_null(strstr(plast_context_error(context), "finite"));
    assert_int_equal(report.samples, applied);
    assert_int_equal(report.updates, bad / m->batch);
    assert_int_equal(report.losses, m->optimizer == NULL ? 0 : applied);
    assert_true(isfinite(report.loss));
    assert_int_equal(learn(safe, m, &clean, 0, applied, NULL, NULL), PLAST_OK);
    assert_same(hurt, safe, m->no_bias);
    assert_int_equal(learn(hurt, m, &clean, SAMPLES, LATER, NULL, NULL), PLAST_OK); /* moments and counts, too */
    assert_int_equal(learn(safe, m, &clean, SAMPLES, LATER, NULL, NULL), PLAST_OK);
    assert_same(hurt, safe, m->no_bias);
    plast_network_destroy(hurt);
    plast_network_destroy(safe);
}

static void check_manners(const char *optimizer, int64_t batch)
{
    for (int r = 0; r < RULE_SETS; r++)
        for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
            for (int32_t no_bias = 0; no_bias < 2; no_bias++) {
                const manner m = { .optimizer = optimizer,
                                   .dtype = dtype,
                                   .no_bias = no_bias,
                                   .batch = batch,
                                   .rules = { rule_sets[r][0], rule_sets[r][1], rule_sets[r][2] } };
                for (int spoiler = 0; spoiler < SPOILERS; spoiler++)
                    for (int64_t bad = 0; bad < SAMPLES; bad++)
                        check_spoiled(&m, spoiler, bad);
            }
}

static void bad_samples_leave_no_trace_online(void **state)
{
    (void)state;
    for (int i = 0; i < OPTIMIZERS; i++)
        check_manners(optimizers[i], 1);
}

static void bad_samples_leave_no_trace_in_minibatches(void **state)
{
    (void)state;
    for (int i = 0; i < OPTIMIZERS; i++)
        check_manners(optimizers[i], 3);
}

/* One linear layer 2-2 without bias, every number in it chosen. NAN = no such parameter is set. */
typedef struct extreme {
    const char *name;
    const char *optimizer, *rule;
    double optimizer_rate, epsilon, rule_rate;
    double weight, bias, x, target;
    int64_t batch;
    plast_status expected;
} extreme;

#define ADAM "adam"
#define SGD "sgd"

static const extreme extremes[] = {
    { "weights at the limit", SGD, NULL, 0.1, 0, 0, FLT_MAX, 0, 0.01, 0, 1, PLAST_E_NOT_FINITE },
    { "weights at the limit, batch", SGD, NULL, 0.1, 0, 0, FLT_MAX, 0, 0.01, 0, 2, PLAST_E_NOT_FINITE },
    { "step beyond the limit", SGD, NULL, 1e20, 0, 0, 0, 0, 1, 1e19, 1, PLAST_E_NOT_FINITE },
    { "bias beyond the limit", SGD, NULL, 10, 0, 0, 0, 3e38, 0, 0, 1, PLAST_E_NOT_FINITE },
    { "bias, adam", ADAM, NULL, 1e30, 1e-8, 0, 0, 0, 0, 1e10, 1, PLAST_E_NOT_FINITE },
    { "rate too large for the type", SGD, NULL, 1e39, 0, 0, 0, 0, 1, 0, 1, PLAST_E_NOT_FINITE },
    { "the same, batch", SGD, NULL, 1e39, 0, 0, 0, 0, 1, 0, 2, PLAST_E_NOT_FINITE },
    { "rate times signal", SGD, NULL, 1e30, 0, 0, 0, 0, 1e-30, 1e30, 1, PLAST_E_NOT_FINITE },
    { "signal times input, batch", SGD, NULL, 1e-30, 0, 0, 0, 0, 1e20, 1e20, 2, PLAST_E_NOT_FINITE },
    { "bias's rate, batch", SGD, NULL, 4e38, 0, 0, 0, 0, 0, 0, 2, PLAST_E_NOT_FINITE },
    { "adam's rate", ADAM, NULL, 1e39, 1e-8, 0, 0, 0, 0, 0, 1, PLAST_E_NOT_FINITE },
    { "adam's epsilon vanishes", ADAM, NULL, 0.1, 1e-60, 0, 0, 0, 0, 0, 1, PLAST_E_NOT_FINITE },
    { "adam's numerator", ADAM, NULL, 1e30, 1e30, 0, 0, 0, 1, 1e15, 1, PLAST_E_NOT_FINITE },
    { "adam's square", ADAM, NULL, 1e-3, 1e-8, 0, 0, 0, 1, 1e20, 1, PLAST_E_NOT_FINITE },
    { "rmsprop's epsilon vanishes", "rmsprop", NULL, 0.1, 1e-60, 0, 0, 0, 0, 0, 1, PLAST_E_NOT_FINITE },
    { "rmsprop's numerator", "rmsprop", NULL, 1e30, 1e30, 0, 0, 0, 1, 1e15, 1, PLAST_E_NOT_FINITE },
    { "momentum's rate", "momentum", NULL, 1e39, 0, 0, 0, 0, 0, 0, 1, PLAST_E_NOT_FINITE },
    { "adamw's decay", "adamw", NULL, 1e30, 1e-8, 0, 1e15, 0, 1e-30, 0, 1, PLAST_E_NOT_FINITE },
    { "oja of a large activity", NULL, "oja", 0, 0, 0.1, 1e15, 0, 1, 0, 1, PLAST_E_NOT_FINITE },
    { "the same, batch", NULL, "oja", 0, 0, 0.1, 1e15, 0, 1, 0, 2, PLAST_E_NOT_FINITE },
    { "oja's rate", NULL, "oja", 0, 0, 1e39, 0, 0, 1, 0, 1, PLAST_E_NOT_FINITE },
    { "gha of a large activity", NULL, "gha", 0, 0, 0.1, 1e15, 0, 1, 0, 1, PLAST_E_NOT_FINITE },
    { "gha's rate", NULL, "gha", 0, 0, 1e39, 0, 1, 0, 0, 1, PLAST_E_NOT_FINITE },
    { "gha's sum", NULL, "gha", 0, 0, 1e-30, 1e20, 0, 1, 0, 1, PLAST_E_NOT_FINITE },
    { "decay of the largest weights", NULL, "decay", 0, 0, 0.5, FLT_MAX, 0, 1e-3, 0, 1, PLAST_OK },
    { "the same, batch", NULL, "decay", 0, 0, 0.5, FLT_MAX, 0, 1e-3, 0, 2, PLAST_OK },
    { "large but harmless", SGD, NULL, 1e-3, 0, 0, 1e10, 0, 1, 0, 1, PLAST_OK },
};

static plast_network *make_extreme(const extreme *e)
{
    plast_network *network = NULL;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 2 };
    const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 2, .no_bias = e->bias == 0.0 && e->x != 0.0 };
    const double weights[4] = { e->weight, e->weight, e->weight, e->weight }, biases[2] = { e->bias, e->bias };
    const plast_matrix w = plast_matrix_f64(weights, 2, 2), b = plast_matrix_f64(biases, 1, 2);
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &layer, NULL), PLAST_OK);
    assert_int_equal(plast_synapses_set_weights(synapses_of(network, 0), &w), PLAST_OK);
    if (!layer.no_bias)
        assert_int_equal(plast_layer_set_bias(layer_of(network, 0), &b), PLAST_OK);
    if (e->rule != NULL)
        attach(network, e->rule, e->rule_rate);
    if (e->optimizer != NULL)
        use_optimizer(network, e->optimizer, e->optimizer_rate);
    if (e->epsilon != 0.0)
        assert_int_equal(plast_network_set_optimizer_parameter(network, "epsilon", e->epsilon), PLAST_OK);
    return network;
}

static plast_status learn_extreme(plast_network *network, const extreme *e, plast_report *report)
{
    const double xs[4] = { e->x, e->x, e->x, e->x }, ts[4] = { e->target, e->target, e->target, e->target };
    const plast_matrix x = plast_matrix_f64(xs, e->batch, 2), t = plast_matrix_f64(ts, e->batch, 2);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = e->optimizer == NULL ? NULL : &t,
                              .batch = e->batch };
    return plast_network_learn(network, NULL, &data, NULL, report);
}

static void nothing_that_overflows_is_applied(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
        const extreme *e = &extremes[i];
        plast_network *network = make_extreme(e);
        const int no_bias = e->bias == 0.0 && e->x != 0.0;
        plast_report report = { PLAST_REPORT, .samples = -1 };
        sight before, after;
        look(network, no_bias, &before);
        const plast_status status = learn_extreme(network, e, &report);
        look(network, no_bias, &after);
        if (status != e->expected)
            fail_msg("'%s': status %d, expected %d", e->name, status, e->expected);
        if ((memcmp(&before, &after, sizeof before) == 0) != (status != PLAST_OK))
            fail_msg("'%s': weights have changed or not", e->name);
        for (int k = 0; k < 4; k++)
            assert_true(isfinite(after.weights[0][k]) && isfinite(after.biases[0][k]));
        assert_int_equal(report.samples, status == PLAST_OK ? e->batch : 0);
        plast_network_destroy(network);
    }
}

static double random_factor(uint64_t *bits)
{
    *bits = *bits * 6364136223846793005u + 1442695040888963407u;
    return ldexp(1.0 + (double)(*bits >> 12) * 0x1p-52, (int)(*bits >> 8 & 63) - 32);
}

/* Steps that end within rounding of the largest float: accepted or not, no weight ever leaves the type. */
static void steps_to_the_edge_of_the_type_stay_inside(void **state)
{
    uint64_t bits = 1;
    int accepted = 0;
    (void)state;
    for (int i = 0; i < 4000; i++) {
        const double a = (double)(float)random_factor(&bits), b = (double)(float)random_factor(&bits);
        const double edge = (double)FLT_MAX * (1.0 - (double)(i % 16) * 0x1p-25);
        const extreme e = { "edge", SGD, NULL, edge / a / b, 0, 0, 0, 0, a, b, 1 + i % 2, PLAST_OK };
        plast_network *network = make_extreme(&e);
        sight after;
        accepted += learn_extreme(network, &e, NULL) == PLAST_OK;
        look(network, 1, &after);
        for (int k = 0; k < 4; k++)
            assert_true(isfinite(after.weights[0][k]));
        plast_network_destroy(network);
    }
    assert_true(accepted < 4000);
}

/* What bounds the weights from above must not run away from them: all is well here. */
static void long_learning_of_ordinary_samples_goes_on(void **state)
{
    static double x[3000][2];
    const char *const rules[] = { "gha", "oja" };
    (void)state;
    for (int i = 0; i < 3000; i++)
        for (int j = 0; j < 2; j++)
            x[i][j] = 0.3 + (double)((i * 2 + j) % 7) / 10.0;
    for (int r = 0; r < 2; r++)
        for (int64_t batch = 1; batch <= 4; batch += 3) {
            plast_network *network = NULL;
            const plast_matrix inputs = plast_matrix_f64(x[0], 3000, 2);
            const plast_data data = { PLAST_DATA, .inputs = &inputs, .batch = batch };
            const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 2, .seed = 1 };
            const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 100, .activation = PLAST_TANH };
            plast_report report = { PLAST_REPORT };
            assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
            assert_int_equal(plast_network_add(network, "dense", &layer, NULL), PLAST_OK);
            attach(network, rules[r], r ? 0.01 : 0.1);
            assert_int_equal(plast_network_learn(network, NULL, &data, NULL, &report), PLAST_OK);
            assert_int_equal(report.samples, 3000);
            plast_network_destroy(network);
        }
}

/* An infinite activity met online leaves nothing behind in the memory that minibatches use. */
static void overflow_online_does_not_spoil_minibatches(void **state)
{
    samples clean = good_samples(), spoiled = clean;
    (void)state;
    for (int r = 0; r < RULE_SETS; r++) {
        const manner online = { .optimizer = "adam",
                                .dtype = PLAST_F32,
                                .batch = 1,
                                .rules = { rule_sets[r][0], rule_sets[r][1], rule_sets[r][2] } };
        manner batches = online;
        batches.batch = 3;
        plast_network *hurt = make_network(&online), *safe = make_network(&online);
        assert_int_equal(plast_network_prepare(hurt, 3), PLAST_OK);
        (void)overflow_of_an_activity(&online, spoiled.x[0], spoiled.t[0]);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(learn(hurt, &online, &spoiled, 0, 1, NULL, NULL), PLAST_E_NOT_FINITE);
            assert_int_equal(learn(hurt, &batches, &clean, 0, SAMPLES, NULL, NULL), PLAST_OK);
            assert_int_equal(learn(safe, &batches, &clean, 0, SAMPLES, NULL, NULL), PLAST_OK);
            assert_same(hurt, safe, 0);
        }
        plast_network_destroy(hurt);
        plast_network_destroy(safe);
    }
}

/* Minibatches none of whose samples carries a loss neither step nor count as updates of the optimizer. */
static void samples_without_loss_leave_no_trace(void **state)
{
    samples s = good_samples();
    const float masks[] = { 0.0f, 0.0f, 0.0f };
    const plast_matrix x = plast_matrix_f64(s.x[0], 3, INPUTS), t = plast_matrix_f64(s.t[0], 3, OUTPUTS);
    const plast_matrix mask = plast_matrix_f32(masks, 3, 1);
    (void)state;
    for (int o = 0; o < 2; o++)
        for (int64_t batch = 1; batch <= 3; batch += 2) {
            const manner m = { .optimizer = optimizers[o], .dtype = PLAST_F32, .batch = batch };
            const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &t, .loss_mask = &mask, .batch = batch };
            plast_network *one = make_network(&m), *two = make_network(&m);
            for (int64_t i = 0; i < 3; i++) {
                plast_report report = { PLAST_REPORT };
                assert_int_equal(plast_network_learn(one, NULL, &data, NULL, &report), PLAST_OK);
                assert_true(report.samples == 3 && report.losses == 0 && report.loss == 0.0);
                assert_int_equal(learn(one, &m, &s, 2 * i, 2, NULL, NULL), PLAST_OK);
                assert_int_equal(learn(two, &m, &s, 2 * i, 2, NULL, NULL), PLAST_OK);
                assert_same(one, two, 0);
            }
            plast_network_destroy(one);
            plast_network_destroy(two);
        }
}

/* Oja's rule far beyond its bound grows without end; the end is refused, and what stands is finite. */
static void divergence_ends_with_finite_weights(void **state)
{
    static samples s;
    (void)state;
    for (int r = 0; r < 2; r++)
        for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
            for (int64_t batch = 1; batch <= 2; batch++) {
                const manner m = { .rules = { r ? "gha" : "oja" }, .dtype = dtype, .batch = batch };
                plast_network *network = make_network(&m);
                plast_report report = { PLAST_REPORT };
                plast_status status = PLAST_OK;
                int64_t learned = 0;
                s = good_samples();
                assert_int_equal(plast_network_set_rule(network, PLAST_ALL_LAYERS, m.rules[0], "rate", 20.0), PLAST_OK);
                for (int round = 0; status == PLAST_OK && round < 100; round++, learned += report.samples)
                    status = learn(network, &m, &s, 0, ALL, NULL, &report);
                assert_int_equal(status, PLAST_E_NOT_FINITE);
                assert_true(learned > 0);
                assert_same(network, network, 0);
                plast_network_destroy(network);
            }
}

typedef struct stopper {
    int64_t after;
    plast_status answer;
    int64_t calls;
    plast_network *network;
    sight seen;
} stopper;

static plast_status stop(void *user, const plast_report *so_far)
{
    stopper *s = user;
    s->calls++;
    look(s->network, 0, &s->seen);
    return so_far->samples >= s->after ? s->answer : PLAST_OK;
}

/* The callback sees, and leaves behind, what the samples so far have made. */
static void check_stop(const manner *m, int64_t after, plast_status answer, plast_status expected)
{
    samples clean = good_samples();
    plast_network *stopped = make_network(m), *straight = make_network(m);
    stopper s = { .after = after, .answer = answer, .network = stopped };
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = stop, .user = &s, .progress_every = 1 };
    const int64_t learned = (after + m->batch - 1) / m->batch * m->batch;
    plast_report report = { PLAST_REPORT };
    sight end;
    assert_int_equal(learn(stopped, m, &clean, 0, SAMPLES, &options, &report), expected);
    assert_int_equal(report.samples, learned < SAMPLES ? learned : SAMPLES);
    assert_int_equal(s.calls, (after + m->batch - 1) / m->batch);
    if (expected == PLAST_E_STOPPED)
        assert_non_null(strstr(plast_context_error(context), "progress callback"));
    assert_int_equal(learn(straight, m, &clean, 0, report.samples, NULL, NULL), PLAST_OK);
    assert_same(stopped, straight, 0);
    look(stopped, 0, &end);
    assert_memory_equal(&end, &s.seen, sizeof end);
    assert_int_equal(learn(stopped, m, &clean, SAMPLES, LATER, NULL, NULL), PLAST_OK);
    assert_int_equal(learn(straight, m, &clean, SAMPLES, LATER, NULL, NULL), PLAST_OK);
    assert_same(stopped, straight, 0);
    plast_network_destroy(stopped);
    plast_network_destroy(straight);
}

static void callbacks_stop_between_updates(void **state)
{
    static const struct {
        plast_status answer, expected;
    } answers[] = {
        { PLAST_E_STOPPED, PLAST_E_STOPPED },
        { 1, PLAST_E_STOPPED },
        { PLAST_E_NOMEM, PLAST_E_STOPPED },
        { PLAST_E_USER + 1, PLAST_E_STOPPED },
        { PLAST_E_USER, PLAST_E_USER },
        { PLAST_E_USER - 77, PLAST_E_USER - 77 },
        { INT32_MIN, INT32_MIN },
        { INT32_MAX, PLAST_E_STOPPED },
    };
    (void)state;
    for (int o = 0; o < 2; o++)
        for (int64_t batch = 1; batch <= 3; batch += 2)
            for (int64_t after = 1; after <= SAMPLES; after++) {
                const manner m = {
                    .optimizer = optimizers[o], .rules = { "decay", "oja", "gha" }, .dtype = PLAST_F32, .batch = batch
                };
                for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++)
                    check_stop(&m, after, answers[a].answer, answers[a].expected);
            }
}

/* Without options: every 1000 samples. */
static void callbacks_are_called_as_often_as_asked(void **state)
{
    static double x[2500][INPUTS];
    const manner m = { .dtype = PLAST_F32, .batch = 1 };
    const struct {
        int64_t every, batch, calls;
    } cases[] = { { 0, 1, 2 }, { 100, 1, 25 }, { 100, 30, 21 }, { 5000, 1, 0 }, { 2500, 64, 1 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plast_network *network = make_network(&m);
        const plast_matrix inputs = plast_matrix_f64(x[0], 2500, INPUTS);
        const plast_data data = { PLAST_DATA, .inputs = &inputs, .batch = cases[i].batch };
        stopper s = { .after = INT64_MAX, .network = network };
        const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = stop, .user = &s,
                                              .progress_every = cases[i].every };
        assert_int_equal(plast_network_learn(network, NULL, &data, &options, NULL), PLAST_OK);
        assert_int_equal(s.calls, cases[i].calls);
        plast_network_destroy(network);
    }
}

/* Outputs are written whole or not at all, even where the overflow comes after many blocks. */
static void check_run(const plast_layer_options *first, double gain, float ordinary, float overflowing)
{
    enum { ROWS = 200 };
    static float x[ROWS], y[ROWS];
    const plast_matrix inputs = plast_matrix_f32(x, ROWS, 1), outputs = plast_output_f32(y, ROWS, 1);
    const plast_layer_options linear = { PLAST_LAYER_OPTIONS, .units = 1, .init = PLAST_INIT_CONSTANT, .gain = gain };
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 1 };
    const float last[] = { overflowing, 3e38f, (float)NAN };
    plast_network *network = NULL;
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", first, NULL), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &linear, NULL), PLAST_OK);
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        for (int k = 0; k < ROWS; k++) {
            x[k] = ordinary;
            y[k] = 7.0f;
        }
        x[ROWS - 1] = last[i];
        assert_int_equal(plast_network_run(network, NULL, &inputs, &outputs), PLAST_E_NOT_FINITE);
        for (int k = 0; k < ROWS; k++)
            assert_true(y[k] == 7.0f);
        x[ROWS - 1] = ordinary;
        assert_int_equal(plast_network_run(network, NULL, &inputs, &outputs), PLAST_OK);
        assert_true(fabsf(y[0]) > 1e38f && isfinite(y[ROWS - 1]));
    }
    plast_network_destroy(network);
}

/* Nor are the large values forgotten that softplus with a small beta and ELU with a large alpha have near 0. */
static void run_writes_all_or_nothing(void **state)
{
    const plast_layer_options soft = { PLAST_LAYER_OPTIONS, .units = 1, .activation = PLAST_SOFTPLUS,
                                       .activation_param = 1e-6, .init = PLAST_INIT_CONSTANT };
    const plast_layer_options elu = { PLAST_LAYER_OPTIONS, .units = 1, .activation = PLAST_ELU, .activation_param = 1e6,
                                      .init = PLAST_INIT_CONSTANT };
    (void)state;
    check_run(&soft, (double)FLT_MAX / 693147.18, -1000.0f, 1000.0f);
    check_run(&elu, (double)FLT_MAX / 0.9e6, -1.0f, -10.0f); /* 1 - 1/e, and almost 1, times 1e6 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(bad_samples_leave_no_trace_online),
        quiet_test(bad_samples_leave_no_trace_in_minibatches),
        quiet_test(nothing_that_overflows_is_applied),
        quiet_test(steps_to_the_edge_of_the_type_stay_inside),
        quiet_test(long_learning_of_ordinary_samples_goes_on),
        quiet_test(overflow_online_does_not_spoil_minibatches),
        quiet_test(samples_without_loss_leave_no_trace),
        quiet_test(divergence_ends_with_finite_weights),
        quiet_test(callbacks_stop_between_updates),
        quiet_test(callbacks_are_called_as_often_as_asked),
        quiet_test(run_writes_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, make_context, destroy_context);
}
