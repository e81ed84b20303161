/* SPDX-License-Identifier: MIT
 *
 * Cell types and averaged weights where memory fails, and that a prepared network asks for none. */
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

enum { UNITS = 6, STEPS = 4 };

static float inputs[2 * STEPS];
static int32_t first_types[UNITS] = { 0, 1, 1, 0, 1, 0 }, second_types[UNITS] = { 2, 5, 2, 0, 0, 2 };

static plast_status set_sgd(plast_context *context, plast_network *network, double rate)
{
    plast_optimizer *optimizer = NULL;
    plast_status status = plast_optimizer_create(context, "sgd", &optimizer);
    if (status == PLAST_OK)
        status = plast_optimizer_set(optimizer, "rate", rate);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(network, optimizer);
    plast_optimizer_destroy(optimizer);
    return status;
}

static plast_status build(plast_context *context, plast_network **network)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 1, .seed = 2 };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = UNITS, .activation = PLAST_TANH,
                                         .recurrent_gain = 2.0, .alpha = 0.5 };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = 1, .activation = PLAST_LINEAR };
    plast_temporal *temporal = NULL;
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "recurrent", &hidden, NULL);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "dense", &readout, NULL);
    if (status == PLAST_OK)
        status = set_sgd(context, *network, 0.01);
    if (status == PLAST_OK)
        status = plast_temporal_create(context, "modprop", &temporal);
    if (status == PLAST_OK)
        status = plast_network_set_temporal(*network, temporal);
    plast_temporal_destroy(temporal);
    return status;
}

static plast_status give_types(plast_network *network, int32_t *types)
{
    const plast_matrix m = { types, 1, UNITS, UNITS, 1, PLAST_I32, PLAST_READ_ONLY };
    plast_layer *layer = NULL;
    const plast_status status = plast_network_layer(network, 0, &layer);
    return status == PLAST_OK ? plast_layer_set_types(layer, types == NULL ? NULL : &m) : status;
}

static plast_status learn_inputs(plast_network *network)
{
    const plast_matrix x = plast_matrix_f32(inputs, (int64_t)2 * STEPS, 1);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &x, .batch = 2, .steps = STEPS };
    return plast_network_learn(network, NULL, &data, NULL, NULL);
}

static void has_types(plast_network *network, const int32_t *types)
{
    int32_t got[UNITS] = { 0 };
    const plast_matrix m = { got, 1, UNITS, UNITS, 1, PLAST_I32, 0 };
    plast_layer *layer = NULL;
    assert_int_equal(plast_network_layer(network, 0, &layer), PLAST_OK);
    assert_int_equal(plast_layer_get_types(layer, &m), PLAST_OK);
    assert_memory_equal(got, types, sizeof got);
}

/* Every allocation fails once; what failed changed nothing, and goes well the next time. */
static void any_allocation_may_fail(void **state)
{
    (void)state;
    int refused = 0;
    for (int64_t fail_at = 1, done = 0; !done; fail_at++) {
        fail_allocator allocator;
        plast_context *context = NULL;
        plast_network *network = NULL;
        fail_allocator_init(&allocator, fail_at);
        const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &allocator.table };
        plast_status status = plast_context_create(&options, &context);
        if (status == PLAST_OK)
            status = build(context, &network);
        if (status == PLAST_OK) {
            assert_int_equal(
                give_types(network, first_types) == PLAST_OK || give_types(network, first_types) == PLAST_OK, 1);
            status = give_types(network, second_types);
            has_types(network, status == PLAST_OK ? second_types : first_types);
            refused += status == PLAST_E_NOMEM;
            status = status == PLAST_OK ? status : give_types(network, second_types);
            assert_int_equal(status, PLAST_OK);
            status = learn_inputs(network);
            status = status == PLAST_OK ? status : learn_inputs(network);
            assert_int_equal(status, PLAST_OK);
        } else {
            assert_int_equal(status, PLAST_E_NOMEM);
        }
        done = allocator.calls < fail_at;
        plast_network_destroy(network);
        plast_context_destroy(context);
        assert_null(allocator.complaint);
        assert_int_equal(allocator.live_blocks, 0);
    }
    assert_true(refused >= 6); /* the copy, and all that the types have */
}

/* In updates whose filter is decided by eigenvalues; with types of all sizes. */
static void prepared_networks_allocate_nothing(void **state)
{
    static int32_t own[UNITS] = { 5, 4, 3, 2, 1, 0 };
    int32_t *const types[] = { NULL, first_types, second_types, own };
    (void)state;
    for (int k = 0; k < 4; k++) {
        fail_allocator allocator;
        plast_context *context = NULL;
        plast_network *network = NULL;
        fail_allocator_init(&allocator, 0);
        const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &allocator.table };
        assert_int_equal(plast_context_create(&options, &context), PLAST_OK);
        assert_int_equal(build(context, &network), PLAST_OK);
        assert_int_equal(give_types(network, types[k]), PLAST_OK);
        assert_int_equal(plast_network_prepare_steps(network, 2, STEPS), PLAST_OK);
        const int64_t ours = allocator.calls, all = malloc_count();
        plast_status status = learn_inputs(network);
        assert_int_equal(plast_network_set_temporal_parameter(network, "mu", 100.0), PLAST_OK);
        const plast_status unstable = learn_inputs(network);
        assert_int_equal(malloc_count(), all);
        assert_int_equal(allocator.calls, ours);
        assert_int_equal(status, PLAST_OK);
        assert_int_equal(unstable, PLAST_E_RANGE);
        plast_network_destroy(network);
        plast_context_destroy(context);
        assert_int_equal(allocator.live_blocks, 0);
    }
}

int main(void)
{
    for (int i = 0; i < 2 * STEPS; i++)
        inputs[i] = 0.25f * (float)(i % 5 - 2);
    static const struct CMUnitTest tests[] = {
        quiet_test(any_allocation_may_fail),
        quiet_test(prepared_networks_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
