/* SPDX-License-Identifier: MIT
 *
 * Two contexts never meet, and a prepared network may be run and evaluated by several threads. Threads only record what
 * they got; the main thread judges it. Meaningful under ThreadSanitizer too: nothing here is synchronised but by the
 * creation and the end of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/quiet.h"

enum { THREADS = 4, INPUTS = 20, HIDDEN = 33, OUTPUTS = 5, SAMPLES = 90, ROUNDS = 8, WEIGHTS = HIDDEN * INPUTS };

static float x[SAMPLES * INPUTS];
static uint8_t labels[SAMPLES];

/* One thread's work: what it shall do, and what came of it. The first status that is not PLAST_OK stays. */
typedef struct worker {
    plast_network *shared; /* to be run, not learned */
    uint64_t seed;
    int64_t batch;
    int32_t dtype;
    plast_status status;
    plast_report report;
    double weights[WEIGHTS];
    float outputs[SAMPLES * OUTPUTS];
    char error[64];
} worker;

static int fill_data(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        x[i] = (float)((i * 37) % 101 - 50) / 50.0f;
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = (uint8_t)((i * 7) % OUTPUTS);
    return 0;
}

static void step(worker *w, plast_status status)
{
    if (w->status == PLAST_OK)
        w->status = status;
}

static void attach(worker *w, plast_context *context, plast_network *network, const char *name, double rate)
{
    plast_rule *rule = NULL;
    step(w, plast_rule_create(context, name, &rule));
    step(w, plast_rule_set(rule, "rate", rate));
    step(w, plast_network_add_rule(network, PLAST_HIDDEN_LAYERS, rule));
    plast_rule_destroy(rule);
}

static plast_network *build(worker *w, plast_context *context)
{
    plast_network *network = NULL;
    plast_optimizer *adam = NULL;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = w->dtype, .inputs = INPUTS,
                                            .seed = w->seed };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = HIDDEN, .activation = PLAST_SOFTPLUS,
                                         .init = PLAST_INIT_ORTHOGONAL };
    const plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = OUTPUTS, .activation = PLAST_SOFTMAX };
    step(w, plast_network_create(context, &options, &network));
    step(w, plast_network_add(network, "dense", &hidden, NULL));
    step(w, plast_network_add(network, "dense", &output, NULL));
    attach(w, context, network, "oja", 1e-3);
    attach(w, context, network, "decay", 1e-4);
    step(w, plast_optimizer_create(context, "adam", &adam));
    step(w, plast_optimizer_set(adam, "rate", 1e-3));
    step(w, plast_network_set_optimizer(network, adam));
    plast_optimizer_destroy(adam);
    return network;
}

static void read_out(worker *w, plast_context *context, plast_network *network, plast_state *state)
{
    const plast_matrix inputs = plast_matrix_f32(x, SAMPLES, INPUTS), targets = plast_labels_u8(labels, SAMPLES);
    const plast_matrix outputs = plast_output_f32(w->outputs, SAMPLES, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    w->report = (plast_report){ PLAST_REPORT };
    step(w, plast_network_run(network, state, &inputs, &outputs));
    step(w, plast_network_evaluate(network, state, &data, &w->report));
    (void)strncpy(w->error, plast_context_error(context), sizeof w->error - 1);
}

/* A whole life: context, network, learning, messages of its own. */
static void *learn_alone(void *given)
{
    worker *w = given;
    plast_context *context = NULL;
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    plast_rule *none = NULL;
    char name[8] = { 'r', (char)('0' + w->seed), '\0' };
    const plast_matrix inputs = plast_matrix_f32(x, SAMPLES, INPUTS), targets = plast_labels_u8(labels, SAMPLES);
    const plast_matrix weights = plast_output_f64(w->weights, HIDDEN, INPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = w->batch };
    step(w, plast_context_create(NULL, &context));
    plast_network *network = build(w, context);
    if (plast_rule_create(context, name, &none) != PLAST_E_UNKNOWN)
        w->status = PLAST_E_USER;
    for (int i = 0; i < ROUNDS; i++)
        step(w, plast_network_learn(network, NULL, &data, NULL, NULL));
    step(w, plast_network_layer(network, 0, &layer));
    step(w, plast_layer_synapses(layer, NULL, &synapses));
    step(w, plast_synapses_get_weights(synapses, &weights));
    read_out(w, context, network, NULL);
    plast_network_destroy(network);
    plast_context_destroy(context);
    return NULL;
}

/* Runs the network that all threads share, with a context and a state made here. */
static void *run_shared(void *given)
{
    worker *w = given;
    plast_context *context = NULL;
    plast_state *state = NULL;
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = w->batch };
    step(w, plast_context_create(NULL, &context));
    step(w, plast_state_create(context, w->shared, &options, &state));
    for (int i = 0; i < ROUNDS && w->status == PLAST_OK; i++)
        read_out(w, context, w->shared, state);
    plast_state_destroy(state);
    plast_context_destroy(context);
    return NULL;
}

/* The same, but every call fails: the message belongs to the thread's own context. */
static void *fail_shared(void *given)
{
    worker *w = given;
    plast_context *context = NULL;
    plast_state *state = NULL;
    const plast_matrix inputs = plast_matrix_f32(x, SAMPLES, INPUTS);
    const plast_matrix wrong = plast_output_f32(w->outputs, SAMPLES, w->batch);
    step(w, plast_context_create(NULL, &context));
    step(w, plast_state_create(context, w->shared, NULL, &state));
    for (int i = 0; i < ROUNDS && w->status == PLAST_OK; i++)
        if (plast_network_run(w->shared, state, &inputs, &wrong) != PLAST_E_INVALID)
            w->status = PLAST_E_USER;
    (void)strncpy(w->error, plast_context_error(context), sizeof w->error - 1);
    plast_state_destroy(state);
    plast_context_destroy(context);
    return NULL;
}

static void all_at_once(void *(*work)(void *), worker *workers)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(workers[i].status, PLAST_OK);
}

static void assert_same(const worker *a, const worker *b)
{
    assert_int_equal(b->status, PLAST_OK);
    assert_memory_equal(a->weights, b->weights, sizeof a->weights);
    assert_memory_equal(a->outputs, b->outputs, sizeof a->outputs);
    assert_memory_equal(&a->report, &b->report, sizeof a->report);
    assert_string_equal(a->error, b->error);
}

static void networks_in_several_threads_never_meet(void **state)
{
    static worker parallel[THREADS], serial[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        parallel[i] = (worker){ .seed = (uint64_t)i, .batch = i < 2 ? 1 : 7, .dtype = i % 2 ? PLAST_F64 : PLAST_F32 };
        serial[i] = parallel[i];
    }
    all_at_once(learn_alone, parallel);
    for (int i = 0; i < THREADS; i++) {
        char name[8] = { '"', 'r', (char)('0' + i), '"', '\0' };
        learn_alone(&serial[i]);
        assert_same(&serial[i], &parallel[i]);
        assert_int_equal(parallel[i].report.samples, SAMPLES);
        assert_non_null(strstr(parallel[i].error, name));
    }
}

static plast_network *make_shared(worker *w, plast_context **context)
{
    assert_int_equal(plast_context_create(NULL, context), PLAST_OK);
    plast_network *network = build(w, *context);
    assert_int_equal(w->status, PLAST_OK);
    assert_int_equal(plast_network_prepare(network, 1), PLAST_OK);
    return network;
}

static void one_network_is_run_by_several_threads(void **state)
{
    static const int64_t batches[] = { 1, 7, 64 };
    static worker parallel[THREADS], serial;
    worker maker = { .seed = 5, .dtype = PLAST_F32 };
    plast_context *context = NULL;
    plast_network *network = make_shared(&maker, &context);
    (void)state;
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
        for (int i = 0; i < THREADS; i++)
            parallel[i] = (worker){ .shared = network, .batch = batches[b] };
        serial = parallel[0];
        all_at_once(run_shared, parallel);
        run_shared(&serial);
        assert_int_equal(serial.report.samples, SAMPLES);
        assert_true(serial.report.loss > 0.0 && serial.outputs[SAMPLES * OUTPUTS - 1] > 0.0f);
        for (int i = 0; i < THREADS; i++)
            assert_same(&serial, &parallel[i]);
    }
    plast_network_destroy(network);
    plast_context_destroy(context);
}

static void messages_go_to_the_context_of_the_state(void **state)
{
    static worker workers[THREADS];
    worker maker = { .seed = 6, .dtype = PLAST_F64 };
    plast_context *context = NULL;
    plast_network *network = make_shared(&maker, &context);
    (void)state;
    for (int i = 0; i < THREADS; i++)
        workers[i] = (worker){ .shared = network, .batch = 1 + i };
    all_at_once(fail_shared, workers);
    for (int i = 0; i < THREADS; i++) {
        char text[] = "outputs has 1 columns, expected 5";
        text[12] = (char)('1' + i);
        assert_string_equal(workers[i].error, text);
    }
    assert_string_equal(plast_context_error(context), "");
    plast_network_destroy(network);
    plast_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(networks_in_several_threads_never_meet),
        quiet_test(one_network_is_run_by_several_threads),
        quiet_test(messages_go_to_the_context_of_the_state),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
