/* SPDX-License-Identifier: MIT
 *
 * Learning sample by sample and in minibatches: against plain loops over many steps, and the promises of bits: however
 * calls are split, states chosen, samples ordered and stored, and seeds set. */
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

enum { SAMPLES = 40, INPUTS = 27, OUTPUTS = 5, LAYERS = 4 };

static const int64_t units[LAYERS] = { 35, 18, 9, OUTPUTS };

typedef struct task {
    double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS], mask[SAMPLES];
    int32_t labels[SAMPLES];
} task;

/* Inputs are floats, so that both number types see the same; every seventh sample carries no loss. */
static task make_task(void)
{
    task t = { .x = { 0.0 } };
    fill_uniform(1, SAMPLES * INPUTS, t.x);
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        t.x[i] = (double)(float)t.x[i];
    for (int b = 0; b < SAMPLES; b++) {
        t.labels[b] = b % 7 == 6 ? -1 : b * 3 % OUTPUTS;
        t.mask[b] = t.labels[b] >= 0;
        t.targets[b * OUTPUTS + b * 3 % OUTPUTS] = 1.0;
    }
    return t;
}

/* Everything at once: error, Oja, GHA and decay in all layers. */
static net_plan stack(int32_t dtype, const char *optimizer, int32_t hidden)
{
    net_plan plan = { .dtype = dtype,
                      .inputs = INPUTS,
                      .layers = LAYERS,
                      .hidden = hidden,
                      .output = PLAST_SOFTMAX,
                      .seed = 2,
                      .optimizer = optimizer,
                      .rate = strcmp(optimizer, "adam") == 0 ? 0.004 : 0.05,
                      .oja = 0.03,
                      .gha = 0.02,
                      .decay = 0.003,
                      .ruled = PLAST_ALL_LAYERS };
    memcpy(plan.units, units, sizeof units);
    return plan;
}

static void learn(net *net, const task *t, int64_t from, int64_t to, int64_t batch)
{
    const net_data data = { .n = to - from, .x = t->x + from * INPUTS, .labels = t->labels + from, .batch = batch };
    net_learn(net, &data);
}

/* ---- the same bits ---- */

typedef void check(const net_plan *plan);

/* All CPU levels of this machine, number types, optimizers, and two hidden activations. */
static void everywhere(check *check_plan)
{
    static const char *const optimizers[] = { "sgd", "adam" };
    for (uint32_t level = PLAST_CPU_BASELINE; level <= PLAST_CPU_AVX512; level *= 2) {
        const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .cpu_mask = level };
        plast_context *context = NULL;
        if (plast_context_create(&options, &context) != PLAST_OK)
            continue;
        assert_int_equal(plast_context_cpu_level(context), level);
        plast_context_destroy(context);
        for (int k = 0; k < 8; k++) {
            net_plan plan =
                stack(k & 1 ? PLAST_F64 : PLAST_F32, optimizers[k / 2 % 2], k & 4 ? PLAST_RELU : PLAST_SOFTPLUS);
            plan.cpu_mask = level;
            check_plan(&plan);
        }
    }
}

/* One call; a call a sample; some and the rest. With one sample the terms are applied in place, with more they wait
 * for the next forward pass: both orders must give the same bits. */
static void check_splits(const net_plan *plan)
{
    const task t = make_task();
    net whole = net_make(plan), single = net_make(plan), parts = net_make(plan);
    learn(&whole, &t, 0, SAMPLES, 1);
    for (int b = 0; b < SAMPLES; b++)
        learn(&single, &t, b, b + 1, 1);
    learn(&parts, &t, 0, 13, 1);
    learn(&parts, &t, 13, 14, 1);
    learn(&parts, &t, 14, SAMPLES, 1);
    assert_same_nets(&single, &whole);
    assert_same_nets(&parts, &whole);
    net_free(&whole);
    net_free(&single);
    net_free(&parts);
}

static void split_calls(void **state)
{
    (void)state;
    everywhere(check_splits);
}

enum { SEEN = 17 };

typedef struct watcher {
    net *net;
    int64_t calls;
    double *seen; /* everything after SEEN samples */
} watcher;

/* Reads the network, as a callback may. */
static plast_status watch(void *user, const plast_report *so_far)
{
    watcher *w = user;
    w->calls++;
    assert_int_equal(so_far->samples, w->calls);
    assert_int_equal(so_far->updates, w->calls);
    if (w->calls == SEEN)
        w->seen = net_all(w->net);
    return 0;
}

/* A callback at every sample sees what a call of so many samples leaves behind, and changes no bit. */
static void check_progress(const net_plan *plan)
{
    const task t = make_task();
    net plain = net_make(plan), watched = net_make(plan);
    const plast_matrix x = plast_matrix_f64(t.x, SAMPLES, INPUTS), labels = plast_labels_i32(t.labels, SAMPLES);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels };
    watcher w = { .net = &watched };
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = watch, .user = &w, .progress_every = 1 };
    learn(&plain, &t, 0, SEEN, 1);
    double *expected = net_all(&plain);
    learn(&plain, &t, SEEN, SAMPLES, 1);
    net_ok(&watched, plast_network_learn(watched.network, NULL, &data, &options, NULL));
    assert_int_equal(w.calls, SAMPLES);
    assert_same_bits(net_size(&plain), w.seen, expected);
    assert_same_nets(&watched, &plain);
    free(expected);
    free(w.seen);
    net_free(&plain);
    net_free(&watched);
}

static void progress_callback(void **state)
{
    (void)state;
    everywhere(check_progress);
}

/* A state of the caller's own does what the network's does, online and in minibatches. */
static void check_state(const net_plan *plan)
{
    const task t = make_task();
    const plast_matrix x = plast_matrix_f64(t.x, SAMPLES, INPUTS), labels = plast_labels_i32(t.labels, SAMPLES);
    for (int64_t batch = 1; batch <= 6; batch += 5) {
        const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels, .batch = batch };
        const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = batch };
        plast_state *state = NULL;
        net own = net_make(plan), given = net_make(plan);
        net_ok(&given, plast_state_create(given.context, given.network, &options, &state));
        learn(&own, &t, 0, SAMPLES, batch);
        net_ok(&given, plast_network_learn(given.network, state, &data, NULL, NULL));
        assert_same_nets(&given, &own);
        plast_state_destroy(state);
        net_free(&own);
        net_free(&given);
    }
}

static void explicit_state(void **state)
{
    (void)state;
    everywhere(check_state);
}

/* plast_data.order: as if the rows had been copied in that order; a row may come twice, or never. */
static void check_order(const net_plan *plan)
{
    const task t = make_task();
    task copied = t;
    int32_t order[SAMPLES];
    for (int b = 0; b < SAMPLES; b++) {
        order[b] = b * 23 % (SAMPLES - 3);
        memcpy(copied.x + b * INPUTS, t.x + order[b] * INPUTS, INPUTS * sizeof *t.x);
        copied.labels[b] = t.labels[order[b]];
    }
    for (int64_t batch = 1; batch <= 6; batch += 5) {
        const net_data data = {
            .n = SAMPLES, .x = t.x, .labels = t.labels, .order = order, .stored = SAMPLES, .batch = batch
        };
        net ordered = net_make(plan), plain = net_make(plan);
        net_learn(&ordered, &data);
        learn(&plain, &copied, 0, SAMPLES, batch);
        assert_same_nets(&ordered, &plain);
        net_free(&ordered);
        net_free(&plain);
    }
}

static void order_of_rows(void **state)
{
    (void)state;
    everywhere(check_order);
}

/* Inputs stored as columns, with gaps between rows, and in the other number type. */
static void check_storage(const net_plan *plan)
{
    enum { STRIDE = INPUTS + 6 };
    const task t = make_task();
    const plast_matrix labels = plast_labels_i32(t.labels, SAMPLES);
    float *single = calloc((size_t)SAMPLES * INPUTS, sizeof *single);
    double *gaps = new_array(SAMPLES * STRIDE), *columns = new_array(SAMPLES * INPUTS);
    assert_non_null(single);
    for (int b = 0; b < SAMPLES; b++)
        for (int j = 0; j < INPUTS; j++) {
            const double x = t.x[b * INPUTS + j];
            single[b * INPUTS + j] = (float)x;
            gaps[b * STRIDE + j] = x;
            columns[j * SAMPLES + b] = x;
        }
    const plast_matrix views[3] = { plast_matrix_f32(single, SAMPLES, INPUTS),
                                    { gaps, SAMPLES, INPUTS, STRIDE, 1, PLAST_F64, PLAST_READ_ONLY },
                                    { columns, SAMPLES, INPUTS, 1, SAMPLES, PLAST_F64, PLAST_READ_ONLY } };
    net plain = net_make(plan);
    learn(&plain, &t, 0, SAMPLES, 1);
    for (int k = 0; k < 3; k++) {
        const plast_data data = { PLAST_DATA, .inputs = &views[k], .targets = &labels };
        net other = net_make(plan);
        net_ok(&other, plast_network_learn(other.network, NULL, &data, NULL, NULL));
        assert_same_nets(&other, &plain);
        net_free(&other);
    }
    net_free(&plain);
    free(single);
    free(gaps);
    free(columns);
}

static void storage_of_inputs(void **state)
{
    (void)state;
    everywhere(check_storage);
}

/* The same seed, the same bits; reset(seed) is a network fresh from that seed; another seed is another network. */
static void check_seed(const net_plan *plan)
{
    const task t = make_task();
    net_plan bare = *plan, other_plan;
    bare.no_bias = 1; /* the plan's biases are the test's own */
    other_plan = bare;
    other_plan.seed += 1;
    for (int64_t batch = 1; batch <= 6; batch += 5) {
        net first = net_make(&bare), second = net_make(&bare), other = net_make(&other_plan);
        learn(&first, &t, 0, SAMPLES, batch);
        learn(&second, &t, 0, SAMPLES, batch);
        assert_same_nets(&first, &second);
        learn(&other, &t, 0, SAMPLES, batch);
        net_ok(&other, plast_network_reset(other.network, bare.seed));
        learn(&other, &t, 0, SAMPLES, batch);
        assert_same_nets(&other, &first);
        net_ok(&other, plast_network_reset(other.network, bare.seed + 2));
        double *a = net_all(&other), *b = net_all(&first);
        assert_true(difference(net_size(&other), a, b) > 0.1);
        free(a);
        free(b);
        net_free(&first);
        net_free(&second);
        net_free(&other);
    }
}

static void seeds(void **state)
{
    (void)state;
    everywhere(check_seed);
}

/* Biases go back to 0, too. */
static void reset_clears_biases(void **state)
{
    (void)state;
    const net_plan plan = stack(PLAST_F64, "sgd", PLAST_RELU);
    net net = net_make(&plan);
    double bias[35];
    net_ok(&net, plast_network_reset(net.network, 9));
    for (int32_t l = 0; l < LAYERS; l++) {
        net_get_bias(&net, l, bias);
        for (int64_t i = 0; i < units[l]; i++)
            assert_true(bias[i] == 0.0);
    }
    net_free(&net);
}

/* ---- plain loops ---- */

static void follow(const net_plan *plan, int64_t steps, int64_t batch, double tolerance)
{
    const task t = make_task();
    net net = net_make(plan);
    naive reference = naive_copy(&net);
    for (int64_t done = 0; done < steps; done += SAMPLES) {
        learn(&net, &t, 0, SAMPLES, batch);
        naive_learn(&reference, SAMPLES, t.x, t.targets, t.mask, batch);
    }
    assert_net_is(&net, &reference, tolerance);
    naive_free(&reference);
    net_free(&net);
}

static net_plan five_layers(int32_t dtype, int32_t hidden)
{
    return (net_plan){ .dtype = dtype,
                       .inputs = INPUTS,
                       .layers = 5,
                       .units = { 30, 25, 20, 15, OUTPUTS },
                       .hidden = hidden,
                       .output = PLAST_SOFTMAX,
                       .seed = 3,
                       .optimizer = "sgd",
                       .rate = 0.1,
                       .oja = 0.05,
                       .decay = 0.001,
                       .ruled = PLAST_HIDDEN_LAYERS };
}

/* 200 steps: rounding errors of 1e-16 and 6e-8 add up, and learning may amplify them: 1000 times one of them. */
static void follows_plain_loops_online(void **state)
{
    (void)state;
    for (int32_t hidden = PLAST_SOFTPLUS; hidden <= PLAST_HARD_SIGMOID; hidden++) {
        if (hidden == PLAST_SOFTMAX)
            continue;
        const net_plan twice = five_layers(PLAST_F64, hidden), single = five_layers(PLAST_F32, hidden);
        follow(&twice, 200, 1, 1e-13);
        follow(&single, 200, 1, 6e-5);
    }
}

/* The same for minibatches of 6, the last of each 40 samples being of 4. */
static void follows_plain_loops_in_minibatches(void **state)
{
    (void)state;
    for (int32_t hidden = PLAST_SOFTPLUS; hidden <= PLAST_HARD_SIGMOID; hidden++) {
        if (hidden == PLAST_SOFTMAX)
            continue;
        const net_plan twice = five_layers(PLAST_F64, hidden), single = five_layers(PLAST_F32, hidden);
        follow(&twice, 1200, 6, 1e-13);
        follow(&single, 1200, 6, 6e-5);
    }
}

/* Everything stacked; minibatches of 13, the last one a single sample. Adam divides gradients by their size: the
 * rounding of small ones counts as much as that of large ones. */
static void check_stack(const net_plan *plan)
{
    const double rounding = plan->dtype == PLAST_F64 ? 1e-12 : 1e-4;
    follow(plan, SAMPLES, 1, rounding);
    follow(plan, SAMPLES, 13, rounding);
}

static void follows_plain_loops_with_all_terms(void **state)
{
    (void)state;
    everywhere(check_stack);
}

/* CPU levels round differently, and no more than that. */
static void check_level(const net_plan *plan)
{
    const task t = make_task();
    const double rounding = plan->dtype == PLAST_F64 ? 1e-12 : 1e-4;
    net_plan baseline = *plan;
    baseline.cpu_mask = PLAST_CPU_BASELINE;
    for (int64_t batch = 1; batch <= 6; batch += 5) {
        net a = net_make(plan), b = net_make(&baseline);
        learn(&a, &t, 0, SAMPLES, batch);
        learn(&b, &t, 0, SAMPLES, batch);
        double *of_a = net_all(&a), *of_b = net_all(&b);
        assert_close(net_size(&a), of_a, of_b, rounding);
        free(of_a);
        free(of_b);
        net_free(&a);
        net_free(&b);
    }
}

static void levels_agree(void **state)
{
    (void)state;
    everywhere(check_level);
}

/* ---- freezing ---- */

static plast_synapses *synapses_of(net *net, int32_t index)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    net_ok(net, plast_network_layer(net->network, index, &layer));
    net_ok(net, plast_layer_synapses(layer, NULL, &synapses));
    return synapses;
}

/* Layer 2 keeps every bit while frozen; layers below go on learning with the error that comes through it; then it goes
 * on with the moments that it had, though the count of updates is the network's. */
static void check_frozen_layer(const net_plan *plan, int64_t batch)
{
    const task t = make_task();
    double before[9 * 18], after[9 * 18], bias_before[9], bias_after[9];
    net net = net_make(plan);
    naive reference = naive_copy(&net);
    for (int phase = 0; phase < 3; phase++) {
        net_freeze(&net, 2, phase == 1);
        reference.layer[2].frozen = phase == 1;
        net_get_weights(&net, 2, before);
        net_get_bias(&net, 2, bias_before);
        learn(&net, &t, 0, SAMPLES / 2, batch);
        naive_learn(&reference, SAMPLES / 2, t.x, t.targets, t.mask, batch);
        net_get_weights(&net, 2, after);
        net_get_bias(&net, 2, bias_after);
        if (phase == 1) {
            assert_same_bits(9 * 18, after, before);
            assert_same_bits(9, bias_after, bias_before);
        } else {
            assert_true(difference(9 * 18, after, before) > 1e-3 && difference(9, bias_after, bias_before) > 1e-3);
        }
        assert_net_is(&net, &reference, 1e-12);
    }
    naive_free(&reference);
    net_free(&net);
}

static void frozen_layer(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch <= 6; batch += 5) {
        const net_plan sgd = stack(PLAST_F64, "sgd", PLAST_SOFTPLUS), adam = stack(PLAST_F64, "adam", PLAST_SOFTPLUS);
        check_frozen_layer(&sgd, batch);
        check_frozen_layer(&adam, batch);
    }
}

static void freeze_all(net *net, int32_t frozen)
{
    for (int32_t l = 0; l < LAYERS; l++)
        net_freeze(net, l, frozen);
}

/* With every layer frozen nothing moves, moments included: what follows does not depend on what was seen meanwhile. The
 * count of updates goes on, so Adam must have seen as many. */
static void all_layers_frozen(void **state)
{
    (void)state;
    const task t = make_task();
    task other = t;
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        other.x[i] *= -3.0;
    for (int k = 0; k < 4; k++) {
        const net_plan plan = stack(k & 1 ? PLAST_F64 : PLAST_F32, k & 2 ? "adam" : "sgd", PLAST_SOFTPLUS);
        net a = net_make(&plan), b = net_make(&plan);
        learn(&a, &t, 0, 10, 1);
        learn(&b, &t, 0, 10, 1);
        freeze_all(&a, 1);
        freeze_all(&b, 1);
        learn(&a, &t, 10, 30, 1);
        learn(&b, &other, 10, 30, 1);
        learn(&a, &other, 10, 30, 6);
        learn(&b, &t, 10, 30, 6);
        assert_same_nets(&a, &b);
        freeze_all(&a, 0);
        freeze_all(&b, 0);
        learn(&a, &t, 30, SAMPLES, 1);
        learn(&b, &t, 30, SAMPLES, 1);
        assert_same_nets(&a, &b);
        net_free(&a);
        net_free(&b);
    }
}

/* Frozen synapses keep the weights alone: biases of the same layer learn on. */
static void frozen_synapses(void **state)
{
    (void)state;
    const task t = make_task();
    for (int64_t batch = 1; batch <= 6; batch += 5) {
        const net_plan plan = stack(PLAST_F64, "adam", PLAST_SOFTPLUS);
        double before[35 * INPUTS], after[35 * INPUTS], bias_before[35], bias_after[35];
        net net = net_make(&plan);
        net_ok(&net, plast_synapses_set_frozen(synapses_of(&net, 0), 1));
        net_get_weights(&net, 0, before);
        net_get_bias(&net, 0, bias_before);
        learn(&net, &t, 0, SAMPLES, batch);
        net_get_weights(&net, 0, after);
        net_get_bias(&net, 0, bias_after);
        assert_same_bits(35 * INPUTS, after, before);
        assert_true(difference(35, bias_after, bias_before) > 1e-3);
        net_free(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(split_calls),
        quiet_test(progress_callback),
        quiet_test(explicit_state),
        quiet_test(order_of_rows),
        quiet_test(storage_of_inputs),
        quiet_test(seeds),
        quiet_test(reset_clears_biases),
        quiet_test(follows_plain_loops_online),
        quiet_test(follows_plain_loops_in_minibatches),
        quiet_test(follows_plain_loops_with_all_terms),
        quiet_test(levels_agree),
        quiet_test(frozen_layer),
        quiet_test(all_layers_frozen),
        quiet_test(frozen_synapses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
