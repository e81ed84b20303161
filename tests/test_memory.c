/* SPDX-License-Identifier: MIT
 *
 * Memory: every allocation may fail and nothing but that call is lost; nothing leaks; and once network and state are
 * ready nothing is allocated at all, not even behind the host's allocator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/quiet.h"

enum { INPUTS = 6, UNITS = 5, LAYERS = 3, SAMPLES = 10, MANY = 150, MOST_STEPS = 64, RULES = 7 };

static float x[MANY * INPUTS], biases[UNITS], weights[UNITS * INPUTS], outputs[MANY * UNITS];
static uint8_t labels[MANY];

/* All that a life of the library holds. */
typedef struct world {
    fail_allocator allocator;
    plast_context *context;
    plast_network *network;
    plast_rule *rule[RULES];       /* oja, gha, decay, bcm, pool, soft_bounds, normalisation */
    plast_optimizer *optimizer[4]; /* adam, sgd, momentum, rmsprop */
    plast_state *state;
    plast_report report;
} world;

static int fill_data(void **state)
{
    (void)state;
    for (int i = 0; i < MANY * INPUTS; i++)
        x[i] = (float)((i * 29) % 53 - 26) / 26.0f;
    for (int i = 0; i < MANY; i++)
        labels[i] = (uint8_t)((i * 3) % UNITS);
    for (int i = 0; i < UNITS; i++)
        biases[i] = 0.1f * (float)i;
    for (int i = 0; i < UNITS * INPUTS; i++)
        weights[i] = 0.05f * (float)(i % 7 - 3);
    return 0;
}

static plast_status make_context(world *w)
{
    const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &w->allocator.table };
    return plast_context_create(&options, &w->context);
}

static plast_status make_network(world *w)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS, .seed = 9 };
    return plast_network_create(w->context, &options, &w->network);
}

static plast_status add(world *w, int32_t activation, int32_t init)
{
    const plast_layer_options options = { PLAST_LAYER_OPTIONS, .units = UNITS, .activation = activation, .init = init };
    return plast_network_add(w->network, "dense", &options, NULL);
}

static plast_status add_first(world *w)
{
    return add(w, PLAST_SOFTPLUS, PLAST_INIT_LOW_RANK);
}

static plast_status add_second(world *w)
{
    return add(w, PLAST_TANH, PLAST_INIT_ORTHOGONAL);
}

static plast_status add_third(world *w)
{
    return add(w, PLAST_SOFTMAX, PLAST_INIT_DALE_BALANCED);
}

static plast_status make_rule(world *w, int index, const char *name, double rate)
{
    const plast_status status = plast_rule_create(w->context, name, &w->rule[index]);
    return status == PLAST_OK ? plast_rule_set(w->rule[index], "rate", rate) : status;
}

static plast_status make_oja(world *w)
{
    return make_rule(w, 0, "oja", 0.01);
}

static plast_status make_gha(world *w)
{
    return make_rule(w, 1, "gha", 0.02);
}

static plast_status make_decay(world *w)
{
    return make_rule(w, 2, "decay", 0.001);
}

/* Keeps a threshold for each unit. */
static plast_status make_bcm(world *w)
{
    const plast_status status = make_rule(w, 3, "bcm", 0.001);
    return status == PLAST_OK ? plast_rule_set(w->rule[3], "tau", 10.0) : status;
}

/* Wants the signal of the inputs, and all kinds of work memory. */
static plast_status make_pool(world *w)
{
    const plast_status status = plast_rule_create(w->context, "pool", &w->rule[4]);
    return status == PLAST_OK ? plast_rule_set(w->rule[4], "theta_8", -0.001) : status;
}

static plast_status make_soft_bounds(world *w)
{
    return make_rule(w, 5, "soft_bounds", 0.001);
}

static plast_status make_normalisation(world *w)
{
    return plast_rule_create(w->context, "normalisation", &w->rule[6]);
}

static plast_status attach_bcm(world *w)
{
    return plast_network_add_rule(w->network, PLAST_ALL_LAYERS, w->rule[3]);
}

static plast_status attach_pool(world *w)
{
    return plast_network_add_rule(w->network, PLAST_ALL_LAYERS, w->rule[4]);
}

static plast_status attach_soft_bounds(world *w)
{
    return plast_network_add_rule(w->network, PLAST_HIDDEN_LAYERS, w->rule[5]);
}

static plast_status attach_normalisation(world *w)
{
    return plast_network_add_rule(w->network, 1, w->rule[6]);
}

static plast_status attach_oja(world *w)
{
    return plast_network_add_rule(w->network, PLAST_ALL_LAYERS, w->rule[0]);
}

static plast_status attach_gha(world *w)
{
    return plast_network_add_rule(w->network, PLAST_HIDDEN_LAYERS, w->rule[1]);
}

static plast_status attach_decay(world *w)
{
    return plast_network_add_rule(w->network, 2, w->rule[2]);
}

static plast_status make_adam(world *w)
{
    const plast_status status = plast_optimizer_create(w->context, "adam", &w->optimizer[0]);
    return status == PLAST_OK ? plast_optimizer_set(w->optimizer[0], "rate", 0.01) : status;
}

static plast_status make_sgd(world *w)
{
    const plast_status status = plast_optimizer_create(w->context, "sgd", &w->optimizer[1]);
    return status == PLAST_OK ? plast_optimizer_set(w->optimizer[1], "rate", 0.1) : status;
}

static plast_status make_momentum(world *w)
{
    const plast_status status = plast_optimizer_create(w->context, "momentum", &w->optimizer[2]);
    return status == PLAST_OK ? plast_optimizer_set(w->optimizer[2], "rate", 0.01) : status;
}

static plast_status make_rmsprop(world *w)
{
    const plast_status status = plast_optimizer_create(w->context, "rmsprop", &w->optimizer[3]);
    return status == PLAST_OK ? plast_optimizer_set(w->optimizer[3], "rate", 0.01) : status;
}

static plast_status use_adam(world *w)
{
    return plast_network_set_optimizer(w->network, w->optimizer[0]);
}

static plast_status use_sgd(world *w)
{
    return plast_network_set_optimizer(w->network, w->optimizer[1]);
}

static plast_status use_momentum(world *w)
{
    return plast_network_set_optimizer(w->network, w->optimizer[2]);
}

static plast_status use_rmsprop(world *w)
{
    return plast_network_set_optimizer(w->network, w->optimizer[3]);
}

static plast_status clip_norm(world *w)
{
    return plast_network_set_optimizer_parameter(w->network, "clip_norm", 0.1);
}

/* Learning asks for other memory then. */
static plast_status clip_value(world *w)
{
    return plast_network_set_optimizer_parameter(w->network, "clip_value", 0.01);
}

static plast_status prepare(world *w)
{
    return plast_network_prepare(w->network, 2);
}

static plast_status learn(world *w, plast_state *state, int64_t samples, int64_t batch)
{
    const plast_matrix inputs = plast_matrix_f32(x, samples, INPUTS), targets = plast_labels_u8(labels, samples);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = batch };
    return plast_network_learn(w->network, state, &data, NULL, &w->report);
}

static plast_status learn_online(world *w)
{
    return learn(w, NULL, SAMPLES, 1);
}

static plast_status learn_minibatch(world *w)
{
    return learn(w, NULL, SAMPLES, 4);
}

/* More at once than the network's own state has room for. */
static plast_status learn_large_minibatch(world *w)
{
    return learn(w, NULL, MANY, 100);
}

static plast_status learn_with_state(world *w)
{
    return learn(w, w->state, SAMPLES, 3);
}

static plast_status run(world *w)
{
    const plast_matrix in = plast_matrix_f32(x, MANY, INPUTS), out = plast_output_f32(outputs, MANY, UNITS);
    return plast_network_run(w->network, w->state, &in, &out);
}

static plast_status evaluate(world *w)
{
    const plast_matrix inputs = plast_matrix_f32(x, MANY, INPUTS), targets = plast_labels_u8(labels, MANY);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    return plast_network_evaluate(w->network, w->state, &data, &w->report);
}

static plast_status make_state(world *w)
{
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = 3 };
    return plast_state_create(w->context, w->network, &options, &w->state);
}

static plast_status reset(world *w)
{
    return plast_network_reset(w->network, 10);
}

static plast_status set_weights(world *w)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    const plast_matrix m = plast_matrix_f32(weights, UNITS, INPUTS);
    assert_int_equal(plast_network_layer(w->network, 0, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
    return plast_synapses_set_weights(synapses, &m);
}

static plast_status set_bias(world *w)
{
    plast_layer *layer = NULL;
    const plast_matrix m = plast_matrix_f32(biases, 1, UNITS);
    assert_int_equal(plast_network_layer(w->network, 1, &layer), PLAST_OK);
    return plast_layer_set_bias(layer, &m);
}

typedef struct step {
    const char *name;
    plast_status (*take)(world *w);
} step;

static const step life[] = {
    { "context", make_context },
    { "network", make_network },
    { "first layer", add_first },
    { "second layer", add_second },
    { "third layer", add_third },
    { "oja", make_oja },
    { "gha", make_gha },
    { "decay", make_decay },
    { "attach oja", attach_oja },
    { "attach gha", attach_gha },
    { "adam", make_adam },
    { "use adam", use_adam },
    { "prepare", prepare },
    { "learn online", learn_online },
    { "learn minibatches", learn_minibatch },
    { "attach decay", attach_decay },
    { "learn online again", learn_online },
    { "run", run },
    { "evaluate", evaluate },
    { "state", make_state },
    { "learn with the state", learn_with_state },
    { "run with the state", run },
    { "evaluate with the state", evaluate },
    { "learn large minibatches", learn_large_minibatch },
    { "sgd", make_sgd },
    { "use sgd", use_sgd },
    { "learn with sgd", learn_minibatch },
    { "clip by value", clip_value },
    { "learn with clipped values", learn_minibatch },
    { "clip by norm", clip_norm },
    { "learn with both", learn_online },
    { "momentum", make_momentum },
    { "use momentum", use_momentum },
    { "learn with momentum", learn_minibatch },
    { "rmsprop", make_rmsprop },
    { "use rmsprop", use_rmsprop },
    { "learn with rmsprop", learn_online },
    { "use adam again", use_adam },
    { "learn with new moments", learn_online },
    { "reset", reset },
    { "set weights", set_weights },
    { "set bias", set_bias },
    { "learn at last", learn_with_state },
    { "bcm", make_bcm },
    { "pool", make_pool },
    { "soft bounds", make_soft_bounds },
    { "normalisation", make_normalisation },
    { "attach bcm", attach_bcm },
    { "learn with thresholds", learn_online },
    { "attach pool", attach_pool },
    { "learn with input signals", learn_minibatch },
    { "attach soft bounds", attach_soft_bounds },
    { "attach normalisation", attach_normalisation },
    { "learn with all rules", learn_online },
    { "learn minibatches with all rules", learn_with_state },
    { "reset all", reset },
    { "learn again", learn_minibatch },
};
enum { STEPS = sizeof life / sizeof life[0] };

/* A network that was not prepared is made ready by learning. */
static const step hasty_life[] = {
    { "context", make_context },  { "network", make_network },    { "first layer", add_first },
    { "third layer", add_third }, { "adam", make_adam },          { "use adam", use_adam },
    { "learn", learn_minibatch }, { "learn more", learn_online },
};
enum { HASTY_STEPS = sizeof hasty_life / sizeof hasty_life[0] };

static void destroy(world *w)
{
    plast_state_destroy(w->state);
    for (int i = 0; i < RULES; i++)
        plast_rule_destroy(w->rule[i]);
    for (int i = 0; i < 4; i++)
        plast_optimizer_destroy(w->optimizer[i]);
    plast_network_destroy(w->network);
    plast_context_destroy(w->context);
    assert_int_equal(w->allocator.live_blocks, 0);
    assert_int_equal(w->allocator.live_bytes, 0);
    assert_null(w->allocator.complaint);
}

/* What a caller can see of a network. */
typedef struct sight {
    int64_t layers;
    float weights[LAYERS][UNITS * INPUTS], biases[LAYERS][UNITS];
    plast_report report;
} sight;

static void look(const world *w, sight *s)
{
    memset(s, 0, sizeof *s);
    s->report = w->report;
    s->layers = plast_network_layers(w->network);
    for (int64_t i = 0; i < s->layers; i++) {
        plast_layer *layer = NULL;
        plast_synapses *synapses = NULL;
        plast_matrix view;
        assert_int_equal(plast_network_layer(w->network, i, &layer), PLAST_OK);
        assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
        assert_int_equal(plast_synapses_view(synapses, &view), PLAST_OK);
        const plast_matrix all = plast_output_f32(s->weights[i], view.rows, view.cols);
        const plast_matrix bias = plast_output_f32(s->biases[i], 1, UNITS);
        assert_int_equal(plast_synapses_get_weights(synapses, &all), PLAST_OK);
        assert_int_equal(plast_layer_get_bias(layer, &bias), PLAST_OK);
    }
}

static void begin(world *w, int64_t fail_at)
{
    *w = (world){ .report = { PLAST_REPORT } };
    fail_allocator_init(&w->allocator, fail_at);
}

/* A failed step changed nothing that can be seen, but for the report. */
static void check_failure(const world *w, const sight *then, const char *name)
{
    sight now;
    look(w, &now);
    now.report = then->report;
    if (memcmp(&now, then, sizeof now) != 0)
        fail_msg("'%s' failed at allocation %lld, but changed something", name, (long long)w->allocator.fail_at);
    assert_true(w->context == NULL || strstr(plast_context_error(w->context), "no memory for ") != NULL);
}

/* One life in which allocation `fail_at` fails; its step is then taken again. Returns whether it came so far. */
static int live(const step *steps, int count, int64_t fail_at, const sight *expected, sight *seen)
{
    world w;
    sight now = { .layers = 0 };
    int failures = 0;
    begin(&w, fail_at);
    for (int k = 0; k < count; k++) {
        plast_status status = steps[k].take(&w);
        if (status == PLAST_E_NOMEM) {
            check_failure(&w, &now, steps[k].name);
            failures++;
            status = steps[k].take(&w);
        }
        if (status != PLAST_OK)
            fail_msg("'%s' gives %d (allocation %lld fails)", steps[k].name, status, (long long)fail_at);
        look(&w, &now);
        if (expected != NULL && memcmp(&now, &expected[k], sizeof now) != 0)
            fail_msg("'%s' has other bits after allocation %lld failed", steps[k].name, (long long)fail_at);
        if (seen != NULL)
            seen[k] = now;
    }
    assert_int_equal(failures, fail_at != 0 && w.allocator.calls >= fail_at);
    destroy(&w);
    return failures;
}

static void live_with_every_failure(const step *steps, int count)
{
    static sight expected[MOST_STEPS];
    int64_t i = 1;
    assert_true(count <= MOST_STEPS);
    live(steps, count, 0, NULL, expected);
    while (live(steps, count, i, expected, NULL))
        i++;
    assert_true(i > 2 * count); /* there was something to fail */
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    live_with_every_failure(life, STEPS);
}

static void any_allocation_may_fail_in_haste(void **state)
{
    (void)state;
    live_with_every_failure(hasty_life, HASTY_STEPS);
}

/* A life that ends at the failure leaks nothing either. */
static void giving_up_leaks_nothing(void **state)
{
    int64_t i = 0;
    int failed = 1;
    (void)state;
    while (failed) {
        world w;
        begin(&w, ++i);
        failed = 0;
        for (int k = 0; k < STEPS && !failed; k++)
            failed = life[k].take(&w) == PLAST_E_NOMEM;
        destroy(&w);
    }
}

/* What makes a network ready either does or leaves its shape open. */
static void failed_preparation_does_not_fix_the_shape(void **state)
{
    plast_status (*const readiers[])(world * w) = { prepare, learn_minibatch, learn_online, run, make_state };
    (void)state;
    for (size_t r = 0; r < sizeof readiers / sizeof readiers[0]; r++) {
        int64_t i = 0;
        plast_status status = PLAST_E_NOMEM;
        while (status == PLAST_E_NOMEM) {
            world w;
            begin(&w, 0);
            for (int k = 0; k < HASTY_STEPS - 3; k++)
                assert_int_equal(hasty_life[k].take(&w), PLAST_OK);
            plast_network_destroy(w.network);
            assert_int_equal(make_network(&w), PLAST_OK);
            assert_int_equal(add_first(&w), PLAST_OK);
            assert_int_equal(use_adam(&w), PLAST_OK);
            w.allocator.fail_at = w.allocator.calls + ++i;
            status = readiers[r](&w);
            w.allocator.fail_at = 0;
            assert_int_equal(add_second(&w), status == PLAST_OK ? PLAST_E_STATE : PLAST_OK);
            assert_int_equal(add_third(&w), status == PLAST_OK ? PLAST_E_STATE : PLAST_OK);
            assert_int_equal(learn_minibatch(&w), PLAST_OK);
            assert_int_equal(run(&w), PLAST_OK);
            destroy(&w);
        }
        assert_int_equal(status, PLAST_OK);
        assert_true(i > 1);
    }
}

/* What was prepared stays so when more does not fit into memory. */
static void failed_growth_leaves_what_was_ready(void **state)
{
    int64_t i = 0;
    plast_status status = PLAST_E_NOMEM;
    (void)state;
    while (status == PLAST_E_NOMEM) {
        world w;
        begin(&w, 0);
        for (int k = 0; life[k].take != learn_online; k++)
            assert_int_equal(life[k].take(&w), PLAST_OK);
        w.allocator.fail_at = w.allocator.calls + ++i;
        status = learn_large_minibatch(&w);
        w.allocator.fail_at = w.allocator.calls + 1;
        assert_int_equal(learn_online(&w), PLAST_OK);
        assert_int_equal(learn(&w, NULL, SAMPLES, 2), PLAST_OK);
        assert_int_equal(evaluate(&w), PLAST_OK);
        destroy(&w);
    }
    assert_int_equal(status, PLAST_OK);
    assert_true(i > 10);
}

/* Calls of malloc and of our allocator that one step makes. */
static int64_t allocations_of(world *w, plast_status (*take)(world *w))
{
    const int64_t ours = w->allocator.calls, all = malloc_count();
    const plast_status status = take(w);
    const int64_t made = malloc_count() - all + w->allocator.calls - ours;
    assert_int_equal(status, PLAST_OK);
    return made;
}

static void ready_networks_allocate_nothing(void **state)
{
    plast_status (*const steps[])(world *
                                  w) = { learn_online, learn_minibatch, learn_with_state, run, evaluate, reset };
    plast_status (*const optimizers[])(world * w) = { use_adam, use_sgd, use_momentum, use_rmsprop, use_sgd };
    plast_status (*const more[])(world * w) = { make_bcm,   make_pool,   make_soft_bounds,   make_normalisation,
                                                attach_bcm, attach_pool, attach_soft_bounds, attach_normalisation };
    enum { COUNT = sizeof steps / sizeof steps[0], OPTIMIZERS = sizeof optimizers / sizeof optimizers[0] };
    (void)state;
    for (int optimizer = 0; optimizer < OPTIMIZERS; optimizer++) {
        world w;
        begin(&w, 0);
        for (int k = 0; life[k].take != prepare; k++)
            assert_int_equal(life[k].take(&w), PLAST_OK);
        assert_int_equal(attach_decay(&w), PLAST_OK);
        for (size_t k = 0; k < sizeof more / sizeof more[0]; k++)
            assert_int_equal(more[k](&w), PLAST_OK);
        assert_int_equal(make_sgd(&w), PLAST_OK);
        assert_int_equal(make_momentum(&w), PLAST_OK);
        assert_int_equal(make_rmsprop(&w), PLAST_OK);
        assert_int_equal(optimizers[optimizer](&w), PLAST_OK);
        assert_int_equal(clip_norm(&w), PLAST_OK);
        if (optimizer == OPTIMIZERS - 1)
            assert_int_equal(clip_value(&w), PLAST_OK);
        assert_int_equal(plast_network_prepare(w.network, 8), PLAST_OK);
        for (int own = 0; own < 2; own++) {
            for (int k = 0; k < COUNT - 1; k++)
                if (own || steps[k] != learn_with_state)
                    assert_int_equal(allocations_of(&w, steps[k]), 0);
            if (!own)
                assert_int_equal(make_state(&w), PLAST_OK);
        }
        assert_true(allocations_of(&w, reset) > 0);                 /* the counters do count */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* these have a malloc of their own */
        assert_true(malloc_count_works());
        assert_true(malloc_count() >= w.allocator.calls);
#endif
        destroy(&w);
    }
}

/* Products so large that OpenBLAS takes another way than for small ones. */
static void large_products_allocate_nothing(void **state)
{
    enum { WIDE = 300, BATCH = 64 };
    static float wide[2 * BATCH * WIDE];
    const plast_matrix inputs = plast_matrix_f32(wide, (int64_t)2 * BATCH, WIDE);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &inputs, .batch = BATCH };
    const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = WIDE, .activation = PLAST_TANH };
    world w;
    (void)state;
    for (int i = 0; i < 2 * BATCH * WIDE; i++)
        wide[i] = x[i % (MANY * INPUTS)];
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = dtype, .inputs = WIDE };
        begin(&w, 0);
        assert_int_equal(make_context(&w), PLAST_OK);
        assert_int_equal(plast_network_create(w.context, &options, &w.network), PLAST_OK);
        assert_int_equal(plast_network_add(w.network, "dense", &layer, NULL), PLAST_OK);
        assert_int_equal(plast_network_add(w.network, "dense", &layer, NULL), PLAST_OK);
        assert_int_equal(make_oja(&w), PLAST_OK);
        assert_int_equal(attach_oja(&w), PLAST_OK);
        assert_int_equal(make_adam(&w), PLAST_OK);
        assert_int_equal(use_adam(&w), PLAST_OK);
        assert_int_equal(plast_network_prepare(w.network, BATCH), PLAST_OK);
        const int64_t ours = w.allocator.calls, all = malloc_count();
        const plast_status learned = plast_network_learn(w.network, NULL, &data, NULL, NULL);
        const plast_status evaluated = plast_network_evaluate(w.network, NULL, &data, &w.report);
        assert_int_equal(malloc_count(), all);
        assert_int_equal(w.allocator.calls, ours);
        assert_int_equal(learned, PLAST_OK);
        assert_int_equal(evaluated, PLAST_OK);
        destroy(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(large_products_allocate_nothing), /* first: OpenBLAS has not been warmed up yet */
        quiet_test(ready_networks_allocate_nothing),           quiet_test(any_allocation_may_fail),
        quiet_test(any_allocation_may_fail_in_haste),          quiet_test(giving_up_leaks_nothing),
        quiet_test(failed_preparation_does_not_fix_the_shape), quiet_test(failed_growth_leaves_what_was_ready),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
