/* SPDX-License-Identifier: MIT
 *
 * Feedback schemes keep the promises of online learning: the same bits however samples are split over calls and
 * watched, for whatever state, after a reset and beside other use; the output layer's gradient is exact; what is
 * frozen stays. */
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

enum { SAMPLES = 24, INPUTS = 11, OUTPUTS = 4, LAYERS = 4 };

static const int64_t units[LAYERS] = { 10, 17, 8, OUTPUTS };

typedef struct task {
    double x[SAMPLES * INPUTS];
    int32_t labels[SAMPLES];
} task;

/* Every seventh sample carries no loss. */
static task make_task(void)
{
    task t = { .x = { 0.0 } };
    fill_uniform(11, SAMPLES * INPUTS, t.x);
    for (int b = 0; b < SAMPLES; b++)
        t.labels[b] = b % 7 == 5 ? -1 : b * 3 % OUTPUTS;
    return t;
}

typedef struct manner {
    const scheme_plan *scheme;
    net_plan plan;
} manner;

static net make(const manner *m)
{
    net net = net_make(&m->plan);
    net_scheme(&net, m->scheme);
    return net;
}

static void learn(net *net, const task *t, int64_t from, int64_t to, int64_t batch)
{
    const net_data data = { .n = to - from, .x = t->x + from * INPUTS, .labels = t->labels + from, .batch = batch };
    net_learn(net, &data);
}

typedef void check(const manner *m);

/* Schemes, number types, optimizers, with and without rules: every pair of these. */
static void everywhere(check *check_manner)
{
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++)
        for (int k = 0; k < 4; k++) {
            const int ruled = (k ^ k >> 1 ^ (int)(s - all_schemes)) & 1;
            manner m = { .scheme = s,
                         .plan = { .dtype = k & 1 ? PLAST_F64 : PLAST_F32,
                                   .inputs = INPUTS,
                                   .layers = LAYERS,
                                   .hidden = ruled ? PLAST_TANH : PLAST_RELU,
                                   .output = PLAST_SOFTMAX,
                                   .seed = 5,
                                   .optimizer = k & 2 ? "adam" : "sgd",
                                   .rate = k & 2 ? 0.01 : 0.1,
                                   .oja = ruled ? 0.02 : 0.0,
                                   .gha = ruled ? 0.01 : 0.0,
                                   .decay = ruled ? 0.003 : 0.0,
                                   .ruled = PLAST_ALL_LAYERS } };
            memcpy(m.plan.units, units, sizeof units);
            check_manner(&m);
        }
}

/* One call; a call a sample; some and the rest. With one sample the terms are applied in place, with more they wait
 * for the next sample. */
static void check_splits(const manner *m)
{
    const task t = make_task();
    net whole = make(m), single = make(m), parts = make(m);
    learn(&whole, &t, 0, SAMPLES, 1);
    for (int b = 0; b < SAMPLES; b++)
        learn(&single, &t, b, b + 1, 1);
    learn(&parts, &t, 0, 6, 1); /* ends with a sample that carries no loss */
    learn(&parts, &t, 6, 7, 1);
    learn(&parts, &t, 7, SAMPLES, 1);
    assert_same_schemes(&single, &whole);
    assert_same_schemes(&parts, &whole);
    net_free(&whole);
    net_free(&single);
    net_free(&parts);
}

static void split_calls(void **state)
{
    (void)state;
    everywhere(check_splits);
}

enum { SEEN = 13 };

typedef struct watcher {
    net *net;
    const plast_data *data;
    int64_t calls, size;
    double *weights, *feedbacks; /* after SEEN samples */
} watcher;

/* Reads, runs with the state that learns, and evaluates. */
static plast_status watch(void *user, const plast_report *so_far)
{
    watcher *w = user;
    plast_report report = { PLAST_REPORT };
    double outputs[SAMPLES * OUTPUTS];
    const plast_matrix out = plast_output_f64(outputs, SAMPLES, OUTPUTS);
    assert_int_equal(so_far->samples, ++w->calls);
    if (w->calls == SEEN) {
        w->weights = net_all(w->net);
        w->feedbacks = net_feedbacks(w->net, &w->size);
    }
    net_ok(w->net, plast_network_evaluate(w->net->network, NULL, w->data, &report));
    net_ok(w->net, plast_network_run(w->net->network, NULL, w->data->inputs, &out));
    return PLAST_OK;
}

static void check_watched(const manner *m)
{
    const task t = make_task();
    net plain = make(m), watched = make(m);
    const plast_matrix x = plast_matrix_f64(t.x, SAMPLES, INPUTS), labels = plast_labels_i32(t.labels, SAMPLES);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels };
    watcher w = { .net = &watched, .data = &data };
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = watch, .user = &w, .progress_every = 1 };
    int64_t size = 0;
    learn(&plain, &t, 0, SEEN, 1);
    double *weights = net_all(&plain), *feedbacks = net_feedbacks(&plain, &size);
    learn(&plain, &t, SEEN, SAMPLES, 1);
    net_ok(&watched, plast_network_learn(watched.network, NULL, &data, &options, NULL));
    assert_int_equal(w.calls, SAMPLES);
    assert_int_equal(w.size, size);
    assert_same_bits(net_size(&plain), w.weights, weights);
    assert_same_bits(size, w.feedbacks, feedbacks);
    assert_same_schemes(&watched, &plain);
    free(weights);
    free(feedbacks);
    free(w.weights);
    free(w.feedbacks);
    net_free(&plain);
    net_free(&watched);
}

static void progress_callback(void **state)
{
    (void)state;
    everywhere(check_watched);
}

/* Two states in turn, and the network's own, give the same bits as one. */
static void check_states(const manner *m)
{
    const task t = make_task();
    for (int64_t batch = 1; batch <= 5; batch += 4) {
        const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = batch };
        net one = make(m), several = make(m);
        plast_state *states[3] = { NULL, NULL, NULL };
        for (int i = 0; i < 2; i++)
            net_ok(&several, plast_state_create(several.context, several.network, &options, &states[i]));
        for (int64_t b = 0; b < SAMPLES; b += batch) {
            const int64_t n = SAMPLES - b < batch ? SAMPLES - b : batch;
            const plast_matrix x = plast_matrix_f64(t.x + b * INPUTS, n, INPUTS);
            const plast_matrix labels = plast_labels_i32(t.labels + b, n);
            const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels, .batch = batch };
            learn(&one, &t, b, b + n, batch);
            net_ok(&several, plast_network_learn(several.network, states[b / batch % 3], &data, NULL, NULL));
        }
        assert_same_schemes(&several, &one);
        for (int i = 0; i < 2; i++)
            plast_state_destroy(states[i]);
        net_free(&one);
        net_free(&several);
    }
}

static void several_states(void **state)
{
    (void)state;
    everywhere(check_states);
}

/* A minibatch of the same sample twice is that sample: other loops, the same numbers but for rounding. With every
 * sample doubled "brsf" draws as often. */
static void check_doubled(const manner *m)
{
    const int adam = strcmp(m->plan.optimizer, "adam") == 0;
    if (m->plan.dtype == PLAST_F32 && adam)
        return; /* softmax signals sum to 0: what equal signs make of them is rounding, which Adam makes large */
    const task t = make_task();
    net online = make(m), doubled = make(m);
    for (int b = 0; b < SAMPLES; b++) {
        double x[2 * INPUTS];
        const int32_t labels[2] = { t.labels[b], t.labels[b] };
        const net_data data = { .n = 2, .x = x, .labels = labels, .batch = 2 };
        memcpy(x, t.x + b * INPUTS, INPUTS * sizeof *x);
        memcpy(x + INPUTS, t.x + b * INPUTS, INPUTS * sizeof *x);
        net_learn(&doubled, &data);
    }
    learn(&online, &t, 0, SAMPLES, 1);
    const double tolerance = m->plan.dtype == PLAST_F32 ? 1e-3 : adam ? 1e-8 : 1e-12;
    int64_t size = 0;
    double *a = net_all(&online), *b = net_all(&doubled);
    assert_close(net_size(&online), a, b, tolerance);
    free(a);
    free(b);
    a = net_feedbacks(&online, &size);
    b = net_feedbacks(&doubled, &size);
    assert_close(size, a, b, tolerance);
    free(a);
    free(b);
    net_free(&online);
    net_free(&doubled);
}

static void minibatch_of_twins(void **state)
{
    (void)state;
    everywhere(check_doubled);
}

/* Whatever was learned and drawn before, a reset network is a new one. */
static void check_reset(const manner *m)
{
    const task t = make_task();
    manner other = *m;
    other.plan.seed = 77;
    net fresh = make(m), reset = make(&other);
    for (int32_t l = 0; l < LAYERS; l++) { /* net_make draws biases by its own seed */
        const double zeros[17] = { 0.0 };
        net_set_bias(&fresh, l, zeros);
    }
    learn(&reset, &t, 0, SAMPLES, 1);
    net_ok(&reset, plast_network_reset(reset.network, m->plan.seed));
    assert_same_schemes(&reset, &fresh);
    learn(&reset, &t, 0, SAMPLES, 1);
    learn(&fresh, &t, 0, SAMPLES, 1);
    assert_same_schemes(&reset, &fresh);
    net_free(&fresh);
    net_free(&reset);
}

static void reset_is_a_new_network(void **state)
{
    (void)state;
    everywhere(check_reset);
}

/* Forward weights do not depend on the scheme; feedback matrices depend on the seed and are independent of the
 * forward ones and of each other. */
static void initial_weights(void **state)
{
    (void)state;
    net_plan plan = { .dtype = PLAST_F64, .inputs = INPUTS, .layers = LAYERS, .units = { 40, 40, 40, 40 }, .seed = 5 };
    const scheme_plan *const backprop = &all_schemes[0];
    net plain = net_make(&plan);
    double *forward = net_all(&plain);
    net_scheme(&plain, backprop);
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++) {
        net one = net_make(&plan);
        net_plan next = plan;
        next.seed++;
        net two = net_make(&next);
        int64_t n = 0;
        net_scheme(&one, s);
        net_scheme(&two, s);
        double *all = net_all(&one), *of_one = net_feedbacks(&one, &n), *of_two = net_feedbacks(&two, &n);
        assert_same_bits(net_size(&one), all, forward);
        for (int64_t i = 0; i + 1600 <= n; i += 1600) { /* 40 x 40 each; six standard deviations are 8.6 degrees */
            if (length(1600, of_one + i) == 0.0)
                continue; /* sign-symmetry has not looked yet */
            if (strcmp(s->name, "circuit") == 0 && scheme_value_of(s, "units", 0.0) != 0.0)
                continue;
            assert_near(angle(1600, of_one + i, of_two + i), 90.0, 8.6);
            for (int64_t k = i + 1600; k + 1600 <= n; k += 1600)
                if (length(1600, of_one + k) > 0.0)
                    assert_near(angle(1600, of_one + i, of_one + k), 90.0, 8.6);
            for (int32_t l = 1; l < LAYERS; l++) {
                double w[1600], turned[1600];
                net_get_weights(&one, l, w);
                transpose(40, 40, w, turned);
                assert_near(angle(1600, of_one + i, w), 90.0, 8.6);
                assert_near(angle(1600, of_one + i, turned), 90.0, 8.6);
            }
        }
        free(all);
        free(of_one);
        free(of_two);
        net_free(&one);
        net_free(&two);
    }
    free(forward);
    net_free(&plain);
}

/* After one update the output layer's weights and bias are those of backpropagation, whatever the scheme; the decay
 * of the scheme apart, which is taken away. In a minibatch a partner that takes less than all lets terms be added in
 * another order: some roundings. */
static void check_output(const manner *m)
{
    const task t = make_task();
    const manner exact = { .scheme = &all_schemes[0], .plan = m->plan };
    for (int64_t batch = 1; batch <= 5; batch += 4) {
        net one = make(m), plain = make(&exact);
        double w[2][OUTPUTS * 8], b[2][OUTPUTS];
        if (strcmp(m->scheme->name, "kolen_pollack") == 0 || strcmp(m->scheme->name, "circuit") == 0)
            net_scheme_parameter(&one, "decay", 0.0);
        learn(&one, &t, 0, batch, batch);
        learn(&plain, &t, 0, batch, batch);
        net_get_weights(&one, LAYERS - 1, w[0]);
        net_get_weights(&plain, LAYERS - 1, w[1]);
        net_get_bias(&one, LAYERS - 1, b[0]);
        net_get_bias(&plain, LAYERS - 1, b[1]);
        if (batch == 1)
            assert_same_bits((int64_t)OUTPUTS * 8, w[0], w[1]);
        assert_close((int64_t)OUTPUTS * 8, w[0], w[1], m->plan.dtype == PLAST_F64 ? 1e-15 : 5e-7);
        assert_same_bits(OUTPUTS, b[0], b[1]);
        net_free(&one);
        net_free(&plain);
    }
}

static void output_gradient_is_exact(void **state)
{
    (void)state;
    everywhere(check_output);
}

static const char *const names[] = { "input", "feedback", "magnitude", "descending", "teaching", "crossing" };
enum { NAMES = sizeof names / sizeof names[0] };

/* A frozen group keeps its bits (but "feedback" of sign-symmetry, which is made of others: see below), the others
 * learn; thawed it learns again. */
static void check_frozen_groups(const manner *m)
{
    const task t = make_task();
    for (int k = 0; k < NAMES; k++) {
        net net = make(m);
        plast_synapses *group = net_find_group(&net, 1, names[k]);
        if (group == NULL) {
            net_free(&net);
            continue;
        }
        learn(&net, &t, 0, 4, 1);
        double *then = group_new(group), *now;
        assert_int_equal(plast_synapses_set_frozen(group, 1), PLAST_OK);
        learn(&net, &t, 4, 12, 1);
        learn(&net, &t, 4, 12, 4);
        now = group_new(group);
        assert_same_bits(group_size(group), now, then);
        free(now);
        double *all = net_all(&net);
        assert_int_equal(plast_synapses_set_frozen(group, 0), PLAST_OK);
        learn(&net, &t, 12, SAMPLES, 1);
        double *later = net_all(&net);
        assert_true(difference(net_size(&net), later, all) > 0.0);
        now = group_new(group);
        const int fixed = strcmp(names[k], "feedback") == 0 && strcmp(m->scheme->name, "kolen_pollack") != 0 &&
                          strcmp(m->scheme->name, "brsf") != 0;
        if (!fixed && strcmp(m->scheme->name, "frsf") != 0)
            assert_true(difference(group_size(group), now, then) > 0.0);
        free(now);
        free(then);
        free(all);
        free(later);
        net_free(&net);
    }
}

static void frozen_groups(void **state)
{
    (void)state;
    everywhere(check_frozen_groups);
}

/* A frozen layer keeps weights, biases and all groups that end there; errors pass on to the layer below. */
static void check_frozen_layer(const manner *m)
{
    const task t = make_task();
    net net = make(m);
    double *then[NAMES] = { NULL }, bias[2][17], below[2][10 * INPUTS];
    learn(&net, &t, 0, 4, 1);
    net_freeze(&net, 1, 1);
    for (int k = 0; k < NAMES; k++)
        if (net_find_group(&net, 1, names[k]) != NULL)
            then[k] = group_new(net_group(&net, 1, names[k]));
    net_get_bias(&net, 1, bias[0]);
    net_get_weights(&net, 0, below[0]);
    learn(&net, &t, 4, SAMPLES, 1);
    net_get_bias(&net, 1, bias[1]);
    net_get_weights(&net, 0, below[1]);
    assert_same_bits(17, bias[1], bias[0]);
    assert_true(difference((int64_t)10 * INPUTS, below[1], below[0]) > 0.0);
    for (int k = 0; k < NAMES; k++) {
        if (then[k] == NULL)
            continue;
        double *now = group_new(net_group(&net, 1, names[k]));
        assert_same_bits(group_size(net_group(&net, 1, names[k])), now, then[k]);
        free(now);
        free(then[k]);
    }
    net_free(&net);
}

static void frozen_layers(void **state)
{
    (void)state;
    everywhere(check_frozen_layer);
}

/* "kolen_pollack": what freezes W stops its partner too; a frozen partner alone stays while W learns. */
/* A layer that was frozen before its scheme came, and one that was reset since: its groups stand still (where they are
 * made from weights, once they are made), and the error passes to the layers below. */
static void check_frozen_before(const manner *m)
{
    const task t = make_task();
    net net = net_make(&m->plan);
    net_freeze(&net, 1, 1);
    net_scheme(&net, m->scheme);
    net_ok(&net, plast_network_reset(net.network, 6));
    double before[10 * INPUTS], after[10 * INPUTS];
    net_get_weights(&net, 0, before);
    learn(&net, &t, 0, 2, 1);
    net_get_weights(&net, 0, after);
    assert_true(difference(10 * INPUTS, after, before) > 0.0);
    static const char *const names[] = { "feedback", "magnitude", "teaching", "descending", "crossing" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        plast_synapses *group = net_find_group(&net, 1, names[i]);
        if (group == NULL)
            continue;
        double *then = group_new(group);
        learn(&net, &t, 2, SAMPLES, 1);
        double *now = group_new(group);
        assert_same_bits(group_size(group), then, now);
        free(then);
        free(now);
    }
    net_free(&net);
}

static void frozen_before_their_scheme(void **state)
{
    (void)state;
    everywhere(check_frozen_before);
}

static void partners_stop_together(void **state)
{
    const task t = make_task();
    (void)state;
    for (int k = 0; k < 4; k++) {
        const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.02 }, { "mirror_rules", k & 1 } } };
        const manner m = { .scheme = &scheme,
                           .plan = { .dtype = PLAST_F64,
                                     .inputs = INPUTS,
                                     .layers = LAYERS,
                                     .units = { 10, 17, 8, OUTPUTS },
                                     .hidden = PLAST_TANH,
                                     .output = PLAST_SOFTMAX,
                                     .seed = 5,
                                     .optimizer = k & 2 ? "adam" : "sgd",
                                     .rate = 0.01,
                                     .oja = 0.02,
                                     .decay = 0.003,
                                     .ruled = PLAST_ALL_LAYERS } };
        for (int which = 0; which < 2; which++) {
            net net = make(&m);
            plast_synapses *w = net_group(&net, 2, "input"), *b = net_group(&net, 1, "feedback");
            assert_int_equal(plast_synapses_set_frozen(which ? b : w, 1), PLAST_OK);
            double *w_then = group_new(w), *b_then = group_new(b);
            learn(&net, &t, 0, SAMPLES, 1);
            learn(&net, &t, 0, SAMPLES, 5);
            double *w_now = group_new(w), *b_now = group_new(b);
            assert_same_bits(group_size(b), b_now, b_then);
            assert_true((difference(group_size(w), w_now, w_then) > 1e-3) == which);
            free(w_then);
            free(b_then);
            free(w_now);
            free(b_now);
            net_free(&net);
        }
    }
}

/* Zero weights have no sign: sign-symmetry sends nothing through them, and what it used last can be read. */
static void signs(void **state)
{
    static const scheme_plan schemes[] = { { "usf", { { "scale", 0.5 } } },
                                           { "frsf", { { "scale", 2.0 } } },
                                           { "brsf", { { "scale", 0.0 } } } };
    const task t = make_task();
    (void)state;
    for (int k = 0; k < 3; k++) {
        const manner m = { .scheme = &schemes[k],
                           .plan = { .dtype = PLAST_F32,
                                     .inputs = INPUTS,
                                     .layers = LAYERS,
                                     .units = { 10, 17, 8, OUTPUTS },
                                     .hidden = PLAST_TANH,
                                     .output = PLAST_SOFTMAX,
                                     .seed = 5,
                                     .optimizer = "sgd",
                                     .rate = 0.1 } };
        net net = make(&m);
        double w[8 * 17], first[2][10 * INPUTS], zeros[8 * 17] = { 0.0 };
        net_get_weights(&net, 2, w);
        w[3] = 0.0;
        w[20] = -0.0;
        net_set_weights(&net, 2, w);
        learn(&net, &t, 0, 1, 1);
        double *b = group_new(net_group(&net, 1, "feedback"));
        for (int i = 0; i < 8; i++)
            for (int j = 0; j < 17; j++) {
                const double now = b[j * 8 + i], of = w[i * 17 + j];
                assert_true(of == 0.0 ? now == 0.0 : now * of > 0.0);
                if (k == 0)
                    assert_near(fabs(now), of == 0.0 ? 0.0 : 0.5, 0.0);
            }
        free(b);
        net_set_weights(&net, 2, zeros);
        net_get_weights(&net, 0, first[0]);
        learn(&net, &t, 1, 2, 1);
        net_get_weights(&net, 0, first[1]);
        assert_same_bits((int64_t)10 * INPUTS, first[1], first[0]);
        net_free(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(split_calls),
        quiet_test(progress_callback),
        quiet_test(several_states),
        quiet_test(minibatch_of_twins),
        quiet_test(reset_is_a_new_network),
        quiet_test(initial_weights),
        quiet_test(output_gradient_is_exact),
        quiet_test(frozen_groups),
        quiet_test(frozen_layers),
        quiet_test(frozen_before_their_scheme),
        quiet_test(partners_stop_together),
        quiet_test(signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
