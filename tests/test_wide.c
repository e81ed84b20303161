/* SPDX-License-Identifier: MIT
 *
 * Rows of many widths: those that go one at a time, those of which a few or many make a block, and what lies between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/naive.h"
#include "support/nets.h"
#include "support/quiet.h"

enum { SAMPLES = 9, OUTPUTS = 7, WIDEST = 1100 };

static double x[SAMPLES * WIDEST], targets[SAMPLES * OUTPUTS];

/* Weights of bytes per row from a few hundred to 8800; heights that leave every remainder of a block. */
static const int64_t shapes[][3] = {
    { 1100, 45, 29 }, { 1024, 38, 530 }, { 600, 83, 21 }, { 300, 70, 230 }, { 200, 131, 66 },
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static net_plan plan_of(int shape, uint32_t level, int32_t dtype, const char *optimizer)
{
    return (net_plan){ .cpu_mask = level,
                       .dtype = dtype,
                       .inputs = shapes[shape][0],
                       .layers = 3,
                       .units = { shapes[shape][1], shapes[shape][2], OUTPUTS },
                       .hidden = PLAST_SOFTPLUS,
                       .output = PLAST_SOFTMAX,
                       .seed = 4,
                       .optimizer = optimizer,
                       .rate = 0.01,
                       .oja = 0.002,
                       .decay = 0.001,
                       .ruled = PLAST_ALL_LAYERS };
}

static void draw(int64_t inputs)
{
    fill_uniform(1, SAMPLES * inputs, x);
    for (int i = 0; i < SAMPLES * OUTPUTS; i++)
        targets[i] = i % OUTPUTS == (i / OUTPUTS) * 3 % OUTPUTS;
}

static void learn(net *net, int64_t first, int64_t end, int64_t batch)
{
    const net_data data = {
        .n = end - first, .x = x + first * net->plan.inputs, .targets = targets + first * OUTPUTS, .batch = batch
    };
    net_learn(net, &data);
}

/* Online in one call and sample by sample: the same bits. Online and in minibatches of 4: as plain loops, within about
 * ten times the largest difference seen. */
static void check(const net_plan *plan, double tolerance)
{
    net whole = net_make(plan), single = net_make(plan), batches = net_make(plan);
    naive online = naive_copy(&whole), fours = naive_copy(&whole);
    draw(plan->inputs);
    learn(&whole, 0, SAMPLES, 1);
    for (int64_t b = 0; b < SAMPLES; b++)
        learn(&single, b, b + 1, 1);
    assert_same_nets(&single, &whole);
    naive_learn(&online, SAMPLES, x, targets, NULL, 1);
    assert_net_is(&whole, &online, tolerance);
    learn(&batches, 0, SAMPLES, 4);
    naive_learn(&fours, SAMPLES, x, targets, NULL, 4);
    assert_net_is(&batches, &fours, tolerance);
    naive_free(&online);
    naive_free(&fours);
    net_free(&whole);
    net_free(&single);
    net_free(&batches);
}

static int there_is(uint32_t level)
{
    const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .cpu_mask = level };
    plast_context *context = NULL;
    const plast_status status = plast_context_create(&options, &context);
    plast_context_destroy(context);
    return status == PLAST_OK;
}

static void every_level(int32_t dtype, const char *optimizer, double tolerance)
{
    assert_true(there_is(PLAST_CPU_BASELINE));
    for (uint32_t level = PLAST_CPU_BASELINE; level <= PLAST_CPU_AVX512; level *= 2)
        for (int shape = 0; there_is(level) && shape < SHAPES; shape++) {
            const net_plan plan = plan_of(shape, level, dtype, optimizer);
            check(&plan, tolerance);
        }
}

static void single_precision(void **state)
{
    (void)state;
    every_level(PLAST_F32, "sgd", 6e-6);
}

static void double_precision(void **state)
{
    (void)state;
    every_level(PLAST_F64, "sgd", 1e-14);
}

/* Adam divides a gradient by its own size: of one that nearly cancels few digits are right. */
static void row_by_row_with_adam(void **state)
{
    (void)state;
    every_level(PLAST_F64, "adam", 2e-11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(single_precision),
        quiet_test(double_precision),
        quiet_test(row_by_row_with_adam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
