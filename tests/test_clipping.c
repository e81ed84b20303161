/* SPDX-License-Identifier: MIT
 *
 * What every optimizer does to the gradient first: clip_norm, clip_value, manhattan, against gradients that are
 * formed. */
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

enum { INPUTS = 11, OUTPUTS = 4, SAMPLES = 20 };

static const char *const optimizers[] = { "sgd", "momentum", "adam" };
enum { OPTIMIZERS = sizeof optimizers / sizeof optimizers[0] };

/* What is switched on; 0 = off. */
typedef struct shaping {
    double norm, value, sign;
} shaping;

static const shaping shapings[] = { { 1.6, 0, 0 }, { 0, 0.02, 0 }, { 0, 0, 1 }, { 1.6, 0.02, 0 }, { 1.6, 0.02, 1 } };
enum { SHAPINGS = sizeof shapings / sizeof shapings[0] };

static void set(const net *net, const char *parameter, double value)
{
    net_ok(net, plast_network_set_optimizer_parameter(net->network, parameter, value));
}

static void shape(const net *net, const shaping *s)
{
    set(net, "clip_norm", s->norm);
    set(net, "clip_value", s->value);
    set(net, "manhattan", s->sign);
}

static void naive_shape(naive *naive, const shaping *s)
{
    naive->clip_norm = s->norm;
    naive->clip_value = s->value;
    naive->manhattan = s->sign != 0.0;
}

static net_plan small(const char *optimizer, int32_t dtype)
{
    return (net_plan){ .dtype = dtype,
                       .inputs = INPUTS,
                       .layers = 3,
                       .units = { 17, 9, OUTPUTS },
                       .hidden = PLAST_TANH,
                       .output = PLAST_SOFTMAX,
                       .seed = 2,
                       .optimizer = optimizer,
                       .rate = strcmp(optimizer, "sgd") == 0 ? 0.2 : 0.02 };
}

static naive reference_of(const net *net)
{
    naive made = naive_copy(net);
    made.mu = strcmp(net->plan.optimizer, "momentum") == 0 ? 0.9 : 0.0;
    return made;
}

typedef struct task {
    double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS], mask[SAMPLES];
    int32_t labels[SAMPLES];
} task;

/* With `gaps`, every third sample carries no loss. */
static task make_task(int gaps)
{
    task t = { .x = { 0.0 } };
    fill_uniform(1, SAMPLES * INPUTS, t.x);
    for (int b = 0; b < SAMPLES; b++) {
        t.labels[b] = gaps && b % 3 == 1 ? -1 : b % OUTPUTS;
        t.mask[b] = t.labels[b] >= 0;
        t.targets[b * OUTPUTS + b % OUTPUTS] = 1.0;
    }
    return t;
}

static void learn(net *net, const task *t, int64_t from, int64_t to, int64_t batch)
{
    const net_data data = { .n = to - from, .x = t->x + from * INPUTS, .labels = t->labels + from, .batch = batch };
    net_learn(net, &data);
}

static void naive_see(naive *naive, const task *t, int64_t from, int64_t to, int64_t batch)
{
    naive_learn(naive, to - from, t->x + from * INPUTS, t->targets + from * OUTPUTS, t->mask + from, batch);
}

static void assert_other_nets(const net *a, const net *b)
{
    double *left = net_all(a), *right = net_all(b);
    assert_true(difference(net_size(a), left, right) > 1e-6);
    free(left);
    free(right);
}

/* ---- against gradients that are formed ---- */

static int64_t clipped, shaped; /* by norm; and that might have been */

/* 1e-12 and 1e-4: roundings of the gradient, which Adam divides by its own size. In float32 a sign may turn where the
 * gradient is smaller than its rounding, so manhattan is compared in float64 only. */
static void check_against_naive(int optimizer, int s, int kind, int64_t batch, int32_t dtype)
{
    net_plan plan = small(optimizers[optimizer], dtype);
    const task t = make_task(kind & 1);
    plan.no_bias = kind >> 1 & 1;
    net net = net_make(&plan);
    naive reference = reference_of(&net);
    shape(&net, &shapings[s]);
    naive_shape(&reference, &shapings[s]);
    if (kind & 4) {
        net_freeze(&net, 1, 1);
        reference.layer[1].frozen = 1;
    }
    learn(&net, &t, 0, SAMPLES, batch);
    naive_see(&reference, &t, 0, SAMPLES, batch);
    assert_net_is(&net, &reference, dtype == PLAST_F64 ? 1e-12 : 1e-4);
    clipped += reference.clipped;
    shaped += shapings[s].norm > 0.0 ? reference.updates : 0;
    naive_free(&reference);
    net_free(&net);
}

static void agrees_with_plain_loops(void **state)
{
    (void)state;
    for (int o = 0; o < OPTIMIZERS; o++)
        for (int s = 0; s < SHAPINGS; s++)
            for (int kind = 0; kind < 8; kind++)
                for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
                    if (dtype == PLAST_F64 || shapings[s].sign == 0.0) {
                        check_against_naive(o, s, kind, 1, dtype);
                        check_against_naive(o, s, kind, 6, dtype);
                    }
    assert_true(4 * clipped > shaped && 4 * clipped < 3 * shaped);
}

/* PyTorch 1.13.0 in float64: the network and data of test_steps.c in twos, SGD(lr=0.25, momentum=0.75), every gradient
 * longer than 0.25 multiplied by 0.25 / norm: clip_grad_norm_ itself adds 1e-6 to the norm. */
static const double torch_clipped[14] = {
    0.51350851151802857, -0.22639231676472635, 0.69829574492736157,  -0.45967287217423314, 0.93866234612909871,
    0.24053556987656868, 0.15025150117910624,  -0.2910967840376093,  0.9528315276956576,   -0.47450524903309971,
    0.2840958886235766,  0.63128856998936445,  0.021215982546530857, 0.51921819912223433,
};

static void clip_norm_agrees_with_pytorch(void **state)
{
    static const double w1[] = { 0.5, -0.25, 0.75, -0.5, 1.0, 0.25 }, b1[] = { 0.125, -0.25 };
    static const double w2[] = { 1.0, -0.5, 0.25, 0.75 }, b2[] = { 0.0, 0.5 };
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = 3,
                            .layers = 2,
                            .units = { 2, 2 },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .optimizer = "momentum",
                            .rate = 0.25 };
    double x[18], t[12];
    (void)state;
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 3; j++)
            x[i * 3 + j] = (double)((i * 7 + j * 5) % 11 - 4) / 8.0;
        for (int j = 0; j < 2; j++)
            t[i * 2 + j] = (double)((i * 3 + j) % 5) / 4.0;
    }
    const net_data data = { .n = 6, .x = x, .targets = t, .batch = 2 };
    net net = net_make(&plan);
    net_set_weights(&net, 0, w1);
    net_set_bias(&net, 0, b1);
    net_set_weights(&net, 1, w2);
    net_set_bias(&net, 1, b2);
    set(&net, "mu", 0.75);
    set(&net, "clip_norm", 0.25);
    net_learn(&net, &data);
    double *found = net_all(&net);
    assert_close(14, found, torch_clipped, 1e-14);
    free(found);
    net_free(&net);
}

/* ---- what is not there does not count ---- */

enum { WIDE = 12 }; /* inputs: rows of weights and of signals are padded differently */

/* y = W x + b from 0: x = (3, 4, 0 ...), t = (-5, -12), so s = (5, 12) and the gradient is s x^T, s; the sample once,
 * or twice. */
static void check_what_counts(int frozen, int masked, int64_t batch)
{
    const double s[2] = { 5.0, 12.0 }, zeros[2] = { 0.0, 0.0 }, t[4] = { -5.0, -12.0, -5.0, -12.0 };
    const double x[2 * WIDE] = { [0] = 3.0, [1] = 4.0, [WIDE] = 3.0, [WIDE + 1] = 4.0 };
    const double there[2 * WIDE] = { [0] = 1.0, [WIDE + 1] = 1.0 };
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = WIDE,
                            .layers = 1,
                            .units = { 2 },
                            .init = PLAST_INIT_ZERO,
                            .optimizer = "sgd",
                            .rate = 0.5 };
    const net_data data = { .n = batch, .x = x, .targets = t, .batch = batch };
    const plast_matrix mask = plast_matrix_f64(there, 2, WIDE);
    double g[2 * WIDE], w[2 * WIDE], b[2], squares = 169.0;
    net net = net_make(&plan);
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    net_set_bias(&net, 0, zeros);
    net_ok(&net, plast_network_layer(net.network, 0, &layer));
    net_ok(&net, plast_layer_synapses(layer, NULL, &synapses));
    if (masked)
        net_ok(&net, plast_synapses_set_mask(synapses, &mask));
    net_ok(&net, plast_synapses_set_frozen(synapses, frozen));
    for (int i = 0; i < 2 * WIDE; i++) {
        g[i] = frozen || (masked && there[i] == 0.0) ? 0.0 : s[i / WIDE] * x[i % WIDE];
        squares += g[i] * g[i];
    }
    set(&net, "clip_norm", 2.0);
    net_learn(&net, &data);
    net_get_weights(&net, 0, w);
    net_get_bias(&net, 0, b);
    for (int i = 0; i < 2 * WIDE; i++)
        assert_near(w[i], -g[i] / sqrt(squares), 1e-15);
    for (int i = 0; i < 2; i++)
        assert_near(b[i], -s[i] / sqrt(squares), 1e-15);
    net_free(&net);
}

static void frozen_and_masked_weights_do_not_count(void **state)
{
    (void)state;
    for (int kind = 0; kind < 8; kind++)
        check_what_counts(kind & 1, kind >> 1 & 1, 1 + (kind >> 2));
}

/* ---- identities ---- */

/* Off, or never reached: the same bits. (SGD with clip_value forms its rows, and other
 * roundings.) */
static void off_is_the_same_bits(void **state)
{
    const shaping off = { 0, 0, 0 }, far = { 1e6, 0, 0 }, farther = { 1e6, 1e6, 0 };
    const task t = make_task(1);
    (void)state;
    for (int o = 0; o < OPTIMIZERS; o++)
        for (int64_t batch = 1; batch <= 6; batch += 5)
            for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
                const net_plan plan = small(optimizers[o], dtype);
                net plain = net_make(&plan), zero = net_make(&plan), unreached = net_make(&plan);
                shape(&zero, &off);
                shape(&unreached, o == 0 ? &far : &farther);
                learn(&plain, &t, 0, SAMPLES, batch);
                learn(&zero, &t, 0, SAMPLES, batch);
                learn(&unreached, &t, 0, SAMPLES, batch);
                assert_same_nets(&plain, &zero);
                assert_same_nets(&plain, &unreached);
                net_free(&plain);
                net_free(&zero);
                net_free(&unreached);
            }
}

/* An array, or sample by sample, each applied at once; online, or as the only sample with a loss of a minibatch. */
static void array_loop_and_minibatch_agree(void **state)
{
    const task t = make_task(0);
    (void)state;
    for (int o = 0; o < OPTIMIZERS; o++)
        for (int s = 0; s < SHAPINGS; s++) {
            const net_plan plan = small(optimizers[o], PLAST_F64);
            net array = net_make(&plan), loop = net_make(&plan), pairs = net_make(&plan);
            shape(&array, &shapings[s]);
            shape(&loop, &shapings[s]);
            shape(&pairs, &shapings[s]);
            learn(&array, &t, 0, SAMPLES, 1);
            for (int i = 0; i < SAMPLES; i++) {
                const int other = (i + 1) % SAMPLES;
                const int32_t labels[2] = { t.labels[i], -1 };
                double x[2 * INPUTS];
                memcpy(x, t.x + (ptrdiff_t)i * INPUTS, INPUTS * sizeof *x);
                memcpy(x + INPUTS, t.x + (ptrdiff_t)other * INPUTS, INPUTS * sizeof *x);
                const net_data pair = { .n = 2, .x = x, .labels = labels, .batch = 2 };
                learn(&loop, &t, i, i + 1, 1);
                net_learn(&pairs, &pair);
            }
            double *a = net_all(&array), *b = net_all(&pairs);
            assert_same_nets(&array, &loop);
            assert_close(net_size(&array), b, a, 1e-12);
            free(a);
            free(b);
            net_free(&array);
            net_free(&loop);
            net_free(&pairs);
        }
}

/* ---- switching ---- */

/* On and off in the middle of learning: weights, moments and counts go on. */
static void switching_keeps_moments(void **state)
{
    const task t = make_task(0);
    const shaping off = { 0, 0, 0 };
    (void)state;
    for (int o = 0; o < OPTIMIZERS; o++)
        for (int s = 0; s < SHAPINGS; s++)
            for (int64_t batch = 1; batch <= 3; batch += 2) {
                const net_plan plan = small(optimizers[o], PLAST_F64);
                net net = net_make(&plan), unshaped = net_make(&plan);
                naive reference = reference_of(&net);
                for (int part = 0; part < 3; part++) {
                    const int64_t from = part * 6, to = from + 6;
                    shape(&net, part == 1 ? &shapings[s] : &off);
                    naive_shape(&reference, part == 1 ? &shapings[s] : &off);
                    learn(&net, &t, from, to, batch);
                    learn(&unshaped, &t, from, to, batch);
                    naive_see(&reference, &t, from, to, batch);
                    assert_net_is(&net, &reference, 1e-12);
                }
                assert_other_nets(&net, &unshaped);
                naive_free(&reference);
                net_free(&net);
                net_free(&unshaped);
            }
}

typedef struct caller {
    const net *net;
    const char *parameter;
    double value;
    plast_status expected;
    int calls;
} caller;

static plast_status set_inside(void *user, const plast_report *so_far)
{
    caller *c = user;
    (void)so_far;
    c->calls++;
    if (plast_network_set_optimizer_parameter(c->net->network, c->parameter, c->value) != c->expected)
        return PLAST_E_USER;
    double now = -1.0;
    net_ok(c->net, plast_network_get_optimizer_parameter(c->net->network, c->parameter, &now));
    return now == (c->expected == PLAST_OK ? c->value : 0.0) ? PLAST_OK : PLAST_E_USER;
}

/* Only where it asks for other memory is it refused. */
static void switching_inside_a_callback(void **state)
{
    const task t = make_task(0);
    const struct {
        const char *optimizer, *parameter;
        plast_status expected;
    } cases[] = {
        { "sgd", "clip_norm", PLAST_OK },       { "sgd", "clip_value", PLAST_E_STATE },
        { "sgd", "manhattan", PLAST_E_STATE },  { "momentum", "clip_norm", PLAST_OK },
        { "momentum", "clip_value", PLAST_OK }, { "adam", "manhattan", PLAST_OK },
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const net_plan plan = small(cases[k].optimizer, PLAST_F64);
        const plast_matrix x = plast_matrix_f64(t.x, SAMPLES, INPUTS), y = plast_labels_i32(t.labels, SAMPLES);
        const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &y };
        net called = net_make(&plan), cut = net_make(&plan);
        caller c = { &called, cases[k].parameter, 1.0, cases[k].expected, 0 };
        const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = set_inside, .user = &c,
                                              .progress_every = 8 };
        net_ok(&called, plast_network_learn(called.network, NULL, &data, &options, NULL));
        assert_int_equal(c.calls, 2);
        learn(&cut, &t, 0, 8, 1);
        if (cases[k].expected == PLAST_OK)
            set(&cut, cases[k].parameter, 1.0);
        learn(&cut, &t, 8, SAMPLES, 1);
        assert_same_nets(&called, &cut);
        net_free(&called);
        net_free(&cut);
    }
}

/* ---- beyond the type ---- */

/* One float32 layer 2-1 without bias, from 0, so s = -t; two samples or one. */
typedef struct extreme {
    const char *name;
    shaping shaping;
    double x[2], t[2]; /* of the two samples, both inputs alike */
    int64_t n;
    plast_status expected;
} extreme;

static const extreme extremes[] = {
    { "norm's square overflows", { 1, 0, 0 }, { 1, 1 }, { 1e20, 1e20 }, 1, PLAST_E_NOT_FINITE },
    { "the same, two", { 1, 0, 0 }, { 1, 1 }, { 1e20, 1e20 }, 2, PLAST_E_NOT_FINITE },
    { "infinite squares that cancel", { 1, 0, 0 }, { 1, 1 }, { 1e20, -1e20 }, 2, PLAST_E_NOT_FINITE },
    { "square of an input", { 1, 0, 0 }, { 1e20, 1 }, { 1e-10, 0 }, 1, PLAST_E_NOT_FINITE },
    { "infinity times nothing", { 1, 0, 0 }, { 0, 0 }, { 1e20, 0 }, 1, PLAST_E_NOT_FINITE },
    { "as long as can be", { 1, 0, 0 }, { 1e19, 1 }, { 1e19, 0 }, 1, PLAST_OK },
    { "factor vanishes", { 1e-20, 0, 0 }, { 1e15, 1 }, { 1e15, 0 }, 1, PLAST_E_NOT_FINITE },
    { "long, but not too long", { 1, 0, 0 }, { 1e9, 1 }, { 1e9, 0 }, 1, PLAST_OK },
    { "value of an infinite product", { 0, 1, 0 }, { 1e25, 1 }, { 1e25, 0 }, 1, PLAST_E_NOT_FINITE },
    { "value of an infinite sum", { 0, 1, 0 }, { 1e19, 1e19 }, { 2e19, 2e19 }, 2, PLAST_E_NOT_FINITE },
    { "value of infinity minus infinity", { 0, 1, 0 }, { 1e25, 1e25 }, { 1e25, -1e25 }, 2, PLAST_E_NOT_FINITE },
    { "sign of infinity", { 0, 0, 1 }, { 1e25, 1 }, { 1e25, 0 }, 1, PLAST_E_NOT_FINITE },
    { "sign of infinity minus infinity", { 0, 0, 1 }, { 1e25, 1e25 }, { 1e25, -1e25 }, 2, PLAST_E_NOT_FINITE },
    { "value of a large one", { 0, 1, 0 }, { 1e15, 1e15 }, { 1e15, 1e15 }, 2, PLAST_OK },
    { "sign of a large one", { 0, 0, 1 }, { 1e15, 1e15 }, { 1e15, 1e15 }, 2, PLAST_OK },
};

static void check_extreme(const extreme *e, const char *optimizer)
{
    const double x[4] = { e->x[0], e->x[0], e->x[1], e->x[1] };
    const net_plan plan = { .dtype = PLAST_F32,
                            .inputs = 2,
                            .layers = 1,
                            .units = { 1 },
                            .no_bias = 1,
                            .init = PLAST_INIT_ZERO,
                            .optimizer = optimizer,
                            .rate = 0.5 };
    const net_data data = { .n = e->n, .x = x, .targets = e->t, .batch = e->n };
    net net = net_make(&plan);
    double w[2] = { 1.0, 1.0 };
    shape(&net, &e->shaping);
    const plast_status status = net_try_learn(&net, &data, NULL);
    if (status != e->expected)
        fail_msg("'%s', %s: status %d, expected %d", e->name, optimizer, status, e->expected);
    net_get_weights(&net, 0, w);
    const double step = status != PLAST_OK ? 0.0 : e->shaping.norm > 0.0 ? 0.5 / sqrt(2.0) : 0.5;
    for (int i = 0; i < 2; i++) /* Adam's first step is the rate, however long the gradient */
        if (fabs(w[i] - (strcmp(optimizer, "adam") == 0 && status == PLAST_OK ? 0.5 : step)) > 1e-6)
            fail_msg("'%s', %s: weight %g", e->name, optimizer, w[i]);
    net_free(&net);
}

static void gradients_beyond_the_type_are_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof extremes / sizeof extremes[0]; k++)
        for (int o = 0; o < OPTIMIZERS; o++)
            check_extreme(&extremes[k], optimizers[o]);
}

/* Products of the sixth sample overflow: it leaves no trace, and what follows has the bits of a network that never saw
 * it. */
static void refused_samples_leave_no_trace(void **state)
{
    double x[SAMPLES * INPUTS], t[SAMPLES * OUTPUTS];
    (void)state;
    fill_uniform(1, SAMPLES * INPUTS, x);
    fill_uniform(2, SAMPLES * OUTPUTS, t);
    for (int i = 0; i < INPUTS; i++)
        x[5 * INPUTS + i] *= 1e15;
    for (int i = 0; i < OUTPUTS; i++)
        t[5 * OUTPUTS + i] = 1e30;
    for (int o = 0; o < OPTIMIZERS; o++)
        for (int s = 0; s < SHAPINGS; s++)
            for (int64_t batch = 1; batch <= 3; batch += 2) {
                net_plan plan = small(optimizers[o], PLAST_F32);
                plan.hidden = PLAST_RELU;
                plan.output = PLAST_LINEAR;
                net hurt = net_make(&plan), safe = net_make(&plan);
                const net_data all = { .n = 6, .x = x, .targets = t, .batch = batch };
                const net_data good = { .n = 5 / batch * batch, .x = x, .targets = t, .batch = batch };
                const net_data later = {
                    .n = SAMPLES - 6, .x = x + 6 * INPUTS, .targets = t + 6 * OUTPUTS, .batch = batch
                };
                shape(&hurt, &shapings[s]);
                shape(&safe, &shapings[s]);
                assert_int_equal(net_try_learn(&hurt, &all, NULL), PLAST_E_NOT_FINITE);
                net_learn(&safe, &good);
                assert_same_nets(&hurt, &safe);
                net_learn(&hurt, &later);
                net_learn(&safe, &later);
                assert_same_nets(&hurt, &safe);
                net_free(&hurt);
                net_free(&safe);
            }
}

/* Many samples of few weights: the gradient is formed. A clipped step of rate 1 is as long as the limit. */
static void large_batches_are_clipped_to_the_limit(void **state)
{
    enum { MANY = 80 };
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = 3,
                            .layers = 2,
                            .units = { 4, 2 },
                            .hidden = PLAST_TANH,
                            .seed = 2,
                            .optimizer = "sgd",
                            .rate = 1.0 };
    const shaping limit = { 0.01, 0, 0 };
    double x[MANY * 3], targets[MANY * 2], sum = 0.0;
    (void)state;
    fill_uniform(1, MANY * 3, x);
    fill_uniform(2, MANY * 2, targets);
    net net = net_make(&plan);
    shape(&net, &limit);
    double *before = net_all(&net);
    const net_data data = { .n = MANY, .x = x, .targets = targets, .batch = MANY };
    net_learn(&net, &data);
    double *after = net_all(&net);
    for (int64_t i = 0; i < net_size(&net); i++)
        sum += (after[i] - before[i]) * (after[i] - before[i]);
    assert_near(sqrt(sum), 0.01, 1e-14);
    free(before);
    free(after);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(agrees_with_plain_loops),
        quiet_test(clip_norm_agrees_with_pytorch),
        quiet_test(frozen_and_masked_weights_do_not_count),
        quiet_test(off_is_the_same_bits),
        quiet_test(array_loop_and_minibatch_agree),
        quiet_test(switching_keeps_moments),
        quiet_test(switching_inside_a_callback),
        quiet_test(gradients_beyond_the_type_are_refused),
        quiet_test(large_batches_are_clipped_to_the_limit),
        quiet_test(refused_samples_leave_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
