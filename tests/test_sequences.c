/* SPDX-License-Identifier: MIT
 *
 * Random sequences of calls on twins. Both networks are told the same, but one learns whole arrays where the other one
 * learns piece by piece, with several states in turn; one is also shown samples that are refused, and is run, evaluated
 * and prepared in between. After every call both must have the same bits: whatever learns, and (by what follows)
 * moments and whatever else is kept. The seeds are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/quiet.h"

enum { ROWS = 40, WIDEST = 20, LAYERS = 4, STEPS = 40, STATES = 3 };

/* Random numbers; a copy gives the same ones again. */
typedef struct dice {
    uint64_t state;
} dice;

static uint64_t next(dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 ... n - 1 */
static int roll(dice *d, int n)
{
    return (int)(next(d) % (uint64_t)n);
}

/* From [-1, 1) */
static double number(dice *d)
{
    return (double)(int64_t)next(d) * 0x1p-63;
}

typedef struct twin {
    plast_context *context;
    plast_network *network;
    plast_state *states[STATES]; /* the first stays NULL: the network's own */
} twin;

typedef struct game {
    uint64_t seed;
    int step;
    dice dice;   /* what both twins are told */
    dice pieces; /* how the second is told it */
    int inputs, layers;
    twin a, b;
    double x[ROWS * WIDEST], mask[ROWS];
    int32_t labels[ROWS];
} game;

#define CHECK(g, condition)                                                                                            \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fail_msg("seed %llu, step %d: %s; \"%s\", \"%s\"", (unsigned long long)(g)->seed, (g)->step, #condition,   \
                     plast_context_error((g)->a.context), plast_context_error((g)->b.context));                        \
    } while (0)

static const char *const groups[] = { "input",      "recurrent", "feedback", "magnitude",
                                      "descending", "teaching",  "crossing", "input_feedback" };
enum { GROUPS = sizeof groups / sizeof groups[0] };

static plast_matrix matrix(void *data, int64_t rows, int64_t cols, int32_t dtype)
{
    return (plast_matrix){ data, rows, cols, cols, 1, dtype, 0 };
}

static plast_layer *layer_of(const twin *t, int layer)
{
    plast_layer *l = NULL;
    assert_int_equal(plast_network_layer(t->network, layer, &l), PLAST_OK);
    return l;
}

/* NULL when the layer has no such group. */
static plast_synapses *group_of(const twin *t, int layer, int group)
{
    plast_synapses *s = NULL;
    return plast_layer_synapses(layer_of(t, layer), groups[group], &s) == PLAST_OK ? s : NULL;
}

/* ---- what both are told: calls that draw all they need from the dice ---- */

typedef plast_status call(const game *g, twin *t, dice *d);

static double rate(dice *d)
{
    static const double rare[] = { 3.0, 3.0, 0.0, 1e8, 1e30 };
    return roll(d, 12) == 0 ? rare[roll(d, 5)] : pow(10.0, -1.5 + 1.5 * number(d));
}

typedef struct choice {
    const char *name;
    const char *parameter; /* NULL = none */
    double least, most;
    const char *second;
    double least_second, most_second;
} choice;

static double between(dice *d, double least, double most)
{
    return least + (most - least) * (0.5 + 0.5 * number(d));
}

static const choice rules[] = {
    { "oja", "guard", 0.0, 1.0, NULL, 0.0, 0.0 },
    { "gha", NULL, 0.0, 0.0, NULL, 0.0, 0.0 },
    { "hebb", NULL, 0.0, 0.0, NULL, 0.0, 0.0 },
    { "ehebb", NULL, 0.0, 0.0, NULL, 0.0, 0.0 },
    { "decay", NULL, 0.0, 0.0, NULL, 0.0, 0.0 },
    { "oja_neuron", NULL, 0.0, 0.0, NULL, 0.0, 0.0 },
    { "bcm", "tau", 1.0, 9.0, "start", 0.0, 1.0 },
    { "decorrelation", NULL, 0.0, 0.0, NULL, 0.0, 0.0 },
    { "normalisation", "norm", 0.1, 2.0, NULL, 0.0, 0.0 },
    { "soft_bounds", "w_min", -1.0, 0.5, NULL, 0.0, 0.0 },
    { "pool", "theta_3", -0.01, 0.02, "theta_7", -0.1, 0.1 },
};
enum { RULES = sizeof rules / sizeof rules[0] };

static plast_status add_rule(const game *g, twin *t, dice *d)
{
    const choice *c = &rules[roll(d, RULES)];
    const double most = strcmp(c->name, "decay") == 0 ? 0.01 : rate(d);
    const double first = between(d, c->least, c->most), second = between(d, c->least_second, c->most_second);
    plast_rule *rule = NULL;
    assert_int_equal(plast_rule_create(t->context, c->name, &rule), PLAST_OK);
    plast_status status = plast_rule_set(rule, strcmp(c->name, "pool") == 0 ? "theta_9" : "rate", most);
    if (c->parameter != NULL)
        status = plast_rule_set(rule, c->parameter, first);
    if (c->second != NULL)
        status = plast_rule_set(rule, c->second, second);
    status = plast_network_add_rule(t->network, roll(d, g->layers + 1) - 1, rule);
    plast_rule_destroy(rule);
    return status;
}

static plast_status set_rule(const game *g, twin *t, dice *d)
{
    const choice *c = &rules[roll(d, RULES)];
    return plast_network_set_rule(t->network, roll(d, g->layers + 2) - 2, c->name, "rate", 0.1 * rate(d));
}

static const choice schemes[] = {
    { "backprop", NULL, 0.0, 0.0, NULL, 0.0, 0.0 },
    { "fa", "gain", -2.0, 2.0, NULL, 0.0, 0.0 },
    { "dfa", "gain", -2.0, 2.0, NULL, 0.0, 0.0 },
    { "dfa_sign", "gain", -2.0, 2.0, NULL, 0.0, 0.0 },
    { "drtp", "gain", -2.0, 2.0, NULL, 0.0, 0.0 },
    { "usf", "scale", 0.0, 1.0, NULL, 0.0, 0.0 },
    { "frsf", "scale", 0.0, 2.0, NULL, 0.0, 0.0 },
    { "brsf", "scale", 0.0, 2.0, NULL, 0.0, 0.0 },
    { "kolen_pollack", "gain", -2.0, 2.0, NULL, 0.0, 0.0 },
    { "weight_mirror", "gain", -2.0, 2.0, NULL, 0.0, 0.0 },
    { "circuit", "gain_v", -1.0, 1.0, "decay_c", 0.0, 0.1 },
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0], FIRST_SIGNS = 5, LAST_SIGNS = 7, PARAMETERS = 16 };

/* Those that the scheme lacks are refused, which does no harm. */
static plast_feedback *describe_scheme(const twin *t, dice *d, const choice *c)
{
    const double first = between(d, c->least, c->most), second = between(d, c->least_second, c->most_second);
    const double decay = roll(d, 2) * 0.05, gate = roll(d, 4), units = roll(d, 2) * (1 + roll(d, WIDEST));
    const struct {
        const char *name;
        double value;
    } values[] = { { "decay", decay },
                   { "noise", 0.5 },
                   { "rate", 0.1 },
                   { "gate", gate },
                   { "units", units },
                   { "mirror_rules", roll(d, 2) },
                   { "centred", roll(d, 2) },
                   { "block_bias", roll(d, 2) },
                   { c->parameter == NULL ? "" : c->parameter, first },
                   { c->second == NULL ? "" : c->second, second } };
    plast_feedback *feedback = NULL;
    assert_int_equal(plast_feedback_create(t->context, c->name, &feedback), PLAST_OK);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const plast_status status = plast_feedback_set(feedback, values[i].name, values[i].value);
        assert_true(status == PLAST_OK || status == PLAST_E_UNKNOWN);
    }
    return feedback;
}

static plast_status set_feedback(const game *g, twin *t, dice *d)
{
    plast_feedback *feedback = describe_scheme(t, d, &schemes[roll(d, SCHEMES)]);
    const int one = roll(d, 4) == 0; /* mostly refused */
    const plast_status status =
        plast_network_set_feedback(t->network, one ? roll(d, g->layers) : PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

static plast_status set_feedback_parameter(const game *g, twin *t, dice *d)
{
    static const char *const names[] = { "decay", "scale", "mirror_rules", "rate", "rate_v", "decay_c", "gain" };
    const char *name = names[roll(d, 7)];
    const double value = strcmp(name, "mirror_rules") == 0 ? roll(d, 2) : between(d, 0.0, 0.1);
    return plast_network_set_feedback_parameter(t->network, roll(d, g->layers + 2) - 2, name, value);
}

static plast_status set_optimizer(const game *g, twin *t, dice *d)
{
    static const char *const names[] = { "sgd", "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw" };
    (void)g;
    plast_optimizer *optimizer = NULL;
    assert_int_equal(plast_optimizer_create(t->context, names[roll(d, 7)], &optimizer), PLAST_OK);
    assert_int_equal(plast_optimizer_set(optimizer, "rate", 0.3 * rate(d)), PLAST_OK);
    assert_int_equal(plast_optimizer_set(optimizer, "clip_norm", roll(d, 3) == 0 ? 0.5 : 0.0), PLAST_OK);
    assert_int_equal(plast_optimizer_set(optimizer, "clip_value", roll(d, 4) == 0 ? 0.1 : 0.0), PLAST_OK);
    assert_int_equal(plast_optimizer_set(optimizer, "manhattan", roll(d, 6) == 0), PLAST_OK);
    const plast_status status = plast_network_set_optimizer(t->network, optimizer);
    plast_optimizer_destroy(optimizer);
    return status;
}

static plast_status set_optimizer_parameter(const game *g, twin *t, dice *d)
{
    (void)g;
    if (roll(d, 2) == 0)
        return plast_network_set_optimizer_parameter(t->network, "clip_norm", roll(d, 2) * 0.7);
    return plast_network_set_optimizer_parameter(t->network, "rate", 0.3 * rate(d));
}

static plast_status set_temporal(const game *g, twin *t, dice *d)
{
    static const char *const names[] = { "bptt", "eprop" };
    const int eprop = roll(d, 2);
    plast_temporal *temporal = NULL;
    (void)g;
    assert_int_equal(plast_temporal_create(t->context, names[eprop], &temporal), PLAST_OK);
    const int self = roll(d, 2), traces = roll(d, 2);
    if (eprop) {
        assert_int_equal(plast_temporal_set(temporal, "self", self), PLAST_OK);
        assert_int_equal(plast_temporal_set(temporal, "traces", traces), PLAST_OK);
    }
    const plast_status status = plast_network_set_temporal(t->network, temporal);
    plast_temporal_destroy(temporal);
    return status;
}

/* Asks plain gradient descent for other memory. */
static plast_status set_shape(const game *g, twin *t, dice *d)
{
    (void)g;
    return plast_network_set_optimizer_parameter(t->network, roll(d, 2) ? "manhattan" : "clip_value", roll(d, 2));
}

static plast_status freeze_layer(const game *g, twin *t, dice *d)
{
    plast_layer *layer = layer_of(t, roll(d, g->layers));
    return plast_layer_set_frozen(layer, roll(d, 3) == 0);
}

static plast_status freeze_group(const game *g, twin *t, dice *d)
{
    plast_synapses *s = group_of(t, roll(d, g->layers), roll(d, GROUPS));
    const int frozen = roll(d, 3) == 0;
    return s == NULL ? PLAST_OK : plast_synapses_set_frozen(s, frozen);
}

static plast_status mask_group(const game *g, twin *t, dice *d)
{
    double entries[WIDEST * WIDEST];
    plast_matrix view;
    plast_synapses *s = group_of(t, roll(d, g->layers), roll(d, GROUPS));
    for (int i = 0; i < WIDEST * WIDEST; i++)
        entries[i] = roll(d, 4) > 0;
    const int none = roll(d, 4) == 0;
    if (s == NULL)
        return PLAST_OK;
    assert_int_equal(plast_synapses_view(s, &view), PLAST_OK);
    const plast_matrix mask = matrix(entries, view.rows, view.cols, PLAST_F64);
    return plast_synapses_set_mask(s, none ? NULL : &mask);
}

static plast_status set_weights(const game *g, twin *t, dice *d)
{
    double entries[WIDEST * WIDEST];
    plast_matrix view;
    plast_synapses *s = group_of(t, roll(d, g->layers), roll(d, GROUPS));
    for (int i = 0; i < WIDEST * WIDEST; i++)
        entries[i] = 0.5 * number(d);
    if (s == NULL)
        return PLAST_OK;
    assert_int_equal(plast_synapses_view(s, &view), PLAST_OK);
    const plast_matrix weights = matrix(entries, view.rows, view.cols, PLAST_F64);
    return plast_synapses_set_weights(s, &weights);
}

static plast_status reset(const game *g, twin *t, dice *d)
{
    (void)g;
    return plast_network_reset(t->network, next(d));
}

static plast_status look_at_alignment(const game *g, twin *t, dice *d)
{
    double numbers[LAYERS * PLAST_ALIGNED];
    const plast_matrix x = matrix((double *)g->x, ROWS, g->inputs, PLAST_F64);
    const plast_matrix labels = matrix((int32_t *)g->labels, ROWS, 1, PLAST_I32);
    const plast_matrix alignment = matrix(numbers, g->layers - 1, PLAST_ALIGNED, PLAST_F64);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels };
    (void)d;
    return plast_measure_alignment(t->network, NULL, &data, &alignment);
}

/* What a progress callback may do. */
static plast_status change(const game *g, twin *t, dice *d)
{
    static call *const calls[] = { set_rule,     set_feedback_parameter, set_optimizer_parameter,
                                   freeze_layer, freeze_group,           mask_group,
                                   set_weights };
    return calls[roll(d, 7)](g, t, d);
}

static int sane(plast_status status)
{
    return status == PLAST_OK || status == PLAST_E_STATE || status == PLAST_E_UNSUPPORTED ||
           status == PLAST_E_UNKNOWN || status == PLAST_E_RANGE || status == PLAST_E_INVALID ||
           status == PLAST_E_NOT_FINITE;
}

static plast_status both(game *g, call *told)
{
    dice again = g->dice;
    const plast_status first = told(g, &g->a, &g->dice), second = told(g, &g->b, &again);
    CHECK(g, first == second && sane(first));
    CHECK(g, g->dice.state == again.state);
    return first;
}

/* ---- what they must have in common ---- */

static void compare_views(const game *g, const plast_matrix *a, const plast_matrix *b)
{
    CHECK(g, a->rows == b->rows && a->cols == b->cols);
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            const int64_t at = i * a->row_stride + j * a->col_stride;
            if (a->dtype == PLAST_F64)
                CHECK(g, ((const double *)a->data)[at] == ((const double *)b->data)[at]);
            else
                CHECK(g, ((const float *)a->data)[at] == ((const float *)b->data)[at]);
        }
}

static void compare_layer(const game *g, int layer)
{
    double bias[2][WIDEST];
    plast_matrix a, b;
    for (int i = 0; i < GROUPS; i++) {
        const plast_synapses *sa = group_of(&g->a, layer, i), *sb = group_of(&g->b, layer, i);
        CHECK(g, (sa == NULL) == (sb == NULL));
        if (sa == NULL)
            continue;
        CHECK(g, plast_synapses_view(sa, &a) == PLAST_OK && plast_synapses_view(sb, &b) == PLAST_OK);
        compare_views(g, &a, &b);
    }
    const int64_t units = plast_layer_units(layer_of(&g->a, layer));
    a = matrix(bias[0], 1, units, PLAST_F64);
    b = matrix(bias[1], 1, units, PLAST_F64);
    CHECK(g, plast_layer_get_bias(layer_of(&g->a, layer), &a) == PLAST_OK);
    CHECK(g, plast_layer_get_bias(layer_of(&g->b, layer), &b) == PLAST_OK);
    compare_views(g, &a, &b);
    if (plast_layer_get_vector(layer_of(&g->a, layer), "initial", &a) == PLAST_OK) {
        CHECK(g, plast_layer_get_vector(layer_of(&g->b, layer), "initial", &b) == PLAST_OK);
        compare_views(g, &a, &b);
    }
    if (plast_network_view_rule(g->a.network, layer, "bcm", "threshold", &a) != PLAST_OK)
        return;
    CHECK(g, plast_network_view_rule(g->b.network, layer, "bcm", "threshold", &b) == PLAST_OK);
    compare_views(g, &a, &b);
}

static void compare(const game *g)
{
    for (int i = 0; i < g->layers; i++)
        compare_layer(g, i);
}

/* ---- learning ---- */

typedef struct lesson {
    game *game;
    twin *twin;
    dice dice; /* of what the callback does */
    double *x;
    int64_t first, n, batch, every; /* every 0 = no callback */
    int targets, masked;
} lesson;

static plast_status progress(void *user, const plast_report *so_far)
{
    lesson *l = user;
    (void)so_far;
    CHECK(l->game, sane(change(l->game, l->twin, &l->dice)));
    return PLAST_OK;
}

/* Rows first ... first + n - 1 in one call. */
static plast_status learn(lesson *l, plast_state *state, int64_t first, int64_t n, int callback, int64_t *samples)
{
    game *g = l->game;
    const plast_matrix x = matrix(&l->x[first * g->inputs], n, g->inputs, PLAST_F64);
    const plast_matrix labels = matrix(&g->labels[first], n, 1, PLAST_I32),
                       mask = matrix(&g->mask[first], n, 1, PLAST_F64);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = l->targets ? &labels : NULL,
                              .loss_mask = l->targets && l->masked ? &mask : NULL, .batch = l->batch };
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = progress, .user = l,
                                          .progress_every = l->every };
    plast_report report = { PLAST_REPORT };
    const plast_status status =
        plast_network_learn(l->twin->network, state, &data, callback ? &options : NULL, &report);
    *samples += report.samples;
    CHECK(g, sane(status));
    return status;
}

/* The second twin's way: pieces of whole minibatches, with another state each time. */
static plast_status learn_pieces(lesson *l, int64_t *samples)
{
    game *g = l->game;
    plast_status status = PLAST_OK;
    int64_t piece;
    for (int64_t done = 0; status == PLAST_OK && done < l->n; done += piece) {
        piece = l->every > 0 ? l->every : l->batch * (1 + roll(&g->pieces, 3));
        const int64_t left = l->n - done, now = left < piece ? left : piece;
        status = learn(l, l->twin->states[roll(&g->pieces, STATES)], l->first + done, now, 0, samples);
        if (status == PLAST_OK && l->every > 0 && now == piece)
            CHECK(g, sane(change(g, l->twin, &l->dice)));
    }
    return status;
}

static lesson make_lesson(game *g)
{
    static const int batches[] = { 1, 1, 1, 2, 3, 5, 17 };
    dice *d = &g->dice;
    lesson l = { .game = g, .x = g->x, .batch = batches[roll(d, 7)], .targets = roll(d, 5) > 0, .masked = roll(d, 2) };
    l.n = 1 + roll(d, 20);
    l.first = roll(d, (int)(ROWS - l.n));
    l.every = roll(d, 2) * l.batch * (1 + roll(d, 3));
    l.dice.state = next(d);
    return l;
}

static void learn_both(game *g)
{
    lesson a = make_lesson(g), b = a;
    int64_t samples[2] = { 0, 0 };
    a.twin = &g->a;
    b.twin = &g->b;
    const plast_status first = learn(&a, NULL, a.first, a.n, a.every > 0, &samples[0]);
    const plast_status second = learn_pieces(&b, &samples[1]);
    CHECK(g, first == second);
    CHECK(g, samples[0] == samples[1]);
}

/* One update that has something terrible in it. What the first twin refuses, the second is not shown: unless feedback
 * is made anew at every descent, for it holds what was used last. */
static void learn_terrible(game *g)
{
    static const double terrible[] = { (double)NAN, (double)INFINITY, 1e300, 1e36, 1e19, 1e155 };
    double x[ROWS * WIDEST];
    lesson l = make_lesson(g);
    int64_t samples = 0;
    l.n = l.n < l.batch ? l.n : l.batch;
    l.twin = &g->a;
    l.x = x;
    memcpy(x, g->x, sizeof x);
    const int kind = roll(&g->dice, 6), row = roll(&g->dice, (int)l.n), column = roll(&g->dice, g->inputs);
    x[(l.first + row) * g->inputs + column] = terrible[kind];
    const plast_status status = learn(&l, NULL, l.first, l.n, 0, &samples);
    CHECK(g, kind > 1 || status != PLAST_OK);
    const char *name = plast_network_feedback(g->a.network);
    const int redrawn = strlen(name) >= 3 && strcmp(name + strlen(name) - 2, "sf") == 0;
    if (status != PLAST_OK && !redrawn)
        return;
    l.twin = &g->b;
    CHECK(g, learn(&l, NULL, l.first, l.n, 0, &samples) == status);
}

static void mirror_both(game *g)
{
    const int64_t updates = 1 + roll(&g->dice, 3), batch = 2 + roll(&g->dice, 30);
    const plast_mirror_options all = { PLAST_MIRROR_OPTIONS, .updates = updates, .batch = batch };
    const plast_mirror_options one = { PLAST_MIRROR_OPTIONS, .updates = 1, .batch = batch };
    const plast_status first = plast_network_mirror(g->a.network, NULL, &all);
    plast_status second = PLAST_OK;
    for (int64_t i = 0; second == PLAST_OK && i < updates; i++)
        second = plast_network_mirror(g->b.network, g->b.states[roll(&g->pieces, STATES)], &one);
    CHECK(g, first == second && sane(first));
}

/* Only the first twin is looked at. */
static void look_at_one(game *g)
{
    double outputs[ROWS * WIDEST];
    const int64_t units = plast_layer_units(layer_of(&g->a, g->layers - 1));
    const plast_matrix x = matrix(g->x, ROWS, g->inputs, PLAST_F64), y = matrix(outputs, ROWS, units, PLAST_F64);
    const plast_matrix labels = matrix(g->labels, ROWS, 1, PLAST_I32);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels };
    plast_report report = { PLAST_REPORT };
    plast_state *state = g->a.states[roll(&g->pieces, STATES)];
    plast_status status = PLAST_OK;
    switch (roll(&g->pieces, 3)) {
    case 0:
        status = plast_network_run(g->a.network, state, &x, &y);
        break;
    case 1:
        status = plast_network_evaluate(g->a.network, state, &data, &report);
        break;
    default:
        status = plast_network_prepare(g->a.network, 1 + roll(&g->pieces, 30));
    }
    CHECK(g, sane(status));
}

/* ---- the game ---- */

static void make_states(game *g)
{
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = 32 };
    twin *const twins[] = { &g->a, &g->b };
    for (int i = 0; i < 2; i++)
        for (int k = 1; k < STATES; k++) {
            twin *t = twins[i];
            plast_state_destroy(t->states[k]);
            t->states[k] = NULL;
            assert_int_equal(plast_state_create(t->context, t->network, &options, &t->states[k]), PLAST_OK);
        }
}

/* Every row is a sequence of one step, from the initial state. */
static void add_recurrent(const twin *t, dice *d, plast_layer_options layer)
{
    double initial[WIDEST];
    plast_layer *made = NULL;
    layer.form = roll(d, PLAST_FORM_CURRENT + 1);
    layer.alpha = 0.25 * (1 + roll(d, 4));
    layer.no_self = roll(d, 2);
    layer.learn_initial = roll(d, 2);
    for (int i = 0; i < WIDEST; i++)
        initial[i] = 0.5 * number(d);
    const plast_matrix m = matrix(initial, 1, layer.units, PLAST_F64);
    assert_int_equal(plast_network_add(t->network, "recurrent", &layer, &made), PLAST_OK);
    assert_int_equal(plast_layer_set_vector(made, "initial", &m), PLAST_OK);
}

static void make_twin(const game *g, twin *t, dice *d)
{
    static const int32_t outputs[] = { PLAST_SOFTMAX, PLAST_SOFTMAX, PLAST_LINEAR, PLAST_SIGMOID };
    assert_int_equal(plast_context_create(NULL, &t->context), PLAST_OK);
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = roll(d, 2) ? PLAST_F32 : PLAST_F64,
                                            .inputs = g->inputs, .seed = next(d),
                                            .loss = roll(d, 6) == 0 ? PLAST_LOSS_SQUARED : PLAST_LOSS_DEFAULT };
    assert_int_equal(plast_network_create(t->context, &options, &t->network), PLAST_OK);
    for (int i = 0; i < g->layers; i++) {
        const int hidden = roll(d, PLAST_HARD_SIGMOID), units = 2 + roll(d, WIDEST - 2);
        const plast_layer_options layer = { PLAST_LAYER_OPTIONS,
                                            .activation = i == g->layers - 1        ? outputs[roll(d, 4)]
                                                          : hidden == PLAST_SOFTMAX ? PLAST_HARD_SIGMOID
                                                                                    : hidden,
                                            .units = i == g->layers - 1 ? 4 : units,
                                            .init = roll(d, PLAST_INIT_ORTHOGONAL + 1) };
        if (roll(d, 3) > 0 || i == g->layers - 1)
            assert_int_equal(plast_network_add(t->network, "dense", &layer, NULL), PLAST_OK);
        else
            add_recurrent(t, d, layer);
    }
}

static void make_game(game *g, uint64_t seed)
{
    *g = (game){ .seed = seed, .dice = { seed }, .pieces = { ~seed } };
    g->inputs = 1 + roll(&g->dice, WIDEST);
    g->layers = 1 + roll(&g->dice, LAYERS);
    dice again = g->dice;
    make_twin(g, &g->a, &again);
    make_twin(g, &g->b, &g->dice);
    for (int i = 0; i < ROWS * WIDEST; i++)
        g->x[i] = number(&g->dice);
    for (int i = 0; i < ROWS; i++) {
        g->labels[i] = roll(&g->dice, 5) - 1;
        g->mask[i] = 0.5 * roll(&g->dice, 3);
    }
    (void)both(g, set_optimizer);
    make_states(g);
}

static void end_game(game *g)
{
    twin *const twins[] = { &g->a, &g->b };
    for (int i = 0; i < 2; i++) {
        for (int k = 1; k < STATES; k++)
            plast_state_destroy(twins[i]->states[k]);
        plast_network_destroy(twins[i]->network);
        plast_context_destroy(twins[i]->context);
    }
}

static void play(uint64_t seed)
{
    static call *const rare[] = {
        add_rule, add_rule, set_optimizer, set_shape, set_temporal, reset, look_at_alignment
    };
    game g;
    make_game(&g, seed);
    for (g.step = 0; g.step < STEPS; g.step++) {
        const int which = roll(&g.dice, 20);
        if (which < 8)
            learn_both(&g);
        else if (which < 11)
            learn_terrible(&g);
        else if (which < 12)
            mirror_both(&g);
        else if (which < 14)
            look_at_one(&g);
        else if (which < 16)
            (void)both(&g, change);
        else if (which < 18)
            (void)both(&g, rare[roll(&g.dice, 7)]);
        else if (both(&g, set_feedback) == PLAST_OK)
            make_states(&g);
        compare(&g);
    }
    end_game(&g);
}

enum { GAMES = 1000 };

static void twins_stay_twins(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= GAMES; seed++)
        play(seed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { quiet_test(twins_stay_twins) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
