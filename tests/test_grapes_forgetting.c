/* SPDX-License-Identifier: MIT
 *
 * The arms of the forgetting example: what the constant factor of 2 is, and what is read from runs. */
#include "../examples/grapes_forgetting/trial.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

enum { INPUTS = 20, SAMPLES = 8, UPDATES = 3, LAYERS = HIDDEN + 1, MOST = WIDTH * WIDTH, TWOS = 1 };

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.9g, expected %.9g within %g", value, expected, tolerance);
}

static void weights_of(const plast_network *network, int index, float *weights)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    const int64_t rows = index < HIDDEN ? WIDTH : CLASSES, cols = index == 0 ? INPUTS : WIDTH;
    const plast_matrix out = {
        .data = weights, .rows = rows, .cols = cols, .row_stride = cols, .col_stride = 1, .dtype = PLAST_F32
    };
    assert_int_equal(plast_network_layer(network, index, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
    assert_int_equal(plast_synapses_get_weights(synapses, &out), PLAST_OK);
}

/* A minibatch of images, each pixel times `scale`, once. */
static void learn(plast_network *network, float scale)
{
    float pixels[SAMPLES * INPUTS];
    uint8_t labels[SAMPLES];
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        pixels[i] = scale * (float)(i * 7 % 13) / 13.0f;
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = (uint8_t)(i * 3 % CLASSES);
    const plast_matrix inputs = plast_matrix_f32(pixels, SAMPLES, INPUTS), targets = plast_labels_u8(labels, SAMPLES);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = SAMPLES };
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
}

static plast_network *make(plast_context *context, int arm, double rate)
{
    plast_network *network = NULL;
    if (trial_network(context, &plan_arms[arm], rate, 5, INPUTS, &network) != PLAST_OK)
        fail_msg("%s", plast_context_error(context));
    return network;
}

/* Its first update is backpropagation's with 4, 2 and 1 times the rate, in the units of the plain network's weights,
 * which both start with: scales 1/2, 1/sqrt(2), 1. */
static void twos_are_other_rates(void **state)
{
    static const double scales[LAYERS] = { 0.5, 0.70710678118654752, 1.0 }, times[LAYERS] = { 4.0, 2.0, 1.0 };
    static float start[MOST], plain_start[MOST], end[MOST], plain_end[MOST];
    plast_context *context = NULL;
    (void)state;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    for (int index = 0; index < LAYERS; index++) {
        plast_network *twos = make(context, TWOS, 0.01), *plain = make(context, 0, 0.01);
        const int n = (index < HIDDEN ? WIDTH : CLASSES) * (index == 0 ? INPUTS : WIDTH);
        double moved = 0.0, error = 0.0;
        weights_of(twos, index, start);
        weights_of(plain, index, plain_start);
        learn(twos, trial_input_scale(&plan_arms[TWOS]));
        learn(plain, trial_input_scale(&plan_arms[0]));
        weights_of(twos, index, end);
        weights_of(plain, index, plain_end);
        for (int i = 0; i < n; i++) {
            const double step = ((double)end[i] - (double)start[i]) / scales[index];
            const double plain_step = (double)plain_end[i] - (double)plain_start[i];
            assert_near((double)start[i] / scales[index], (double)plain_start[i], 1e-6);
            moved += plain_step * plain_step;
            error += pow(step - times[index] * plain_step, 2.0);
        }
        /* Weights of .1 are rounded to 1e-8; the steps are of some 1e-4. */
        assert_true(moved > 0.0 && error < 1e-6 * moved);
        plast_network_destroy(plain);
        plast_network_destroy(twos);
    }
    plast_context_destroy(context);
}

/* All arms start from the same network; those with the rule learn otherwise than the plain one, each alike twice. */
static void arms_differ_in_what_they_learn(void **state)
{
    static float weights[ARMS][WIDTH * INPUTS], again[WIDTH * INPUTS];
    plast_context *context = NULL;
    (void)state;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    for (int arm = 0; arm < ARMS; arm++)
        for (int twice = 0; twice < 2; twice++) {
            plast_network *network = make(context, arm, 0.01);
            for (int i = 0; i < UPDATES; i++)
                learn(network, trial_input_scale(&plan_arms[arm]));
            weights_of(network, 0, twice ? again : weights[arm]);
            plast_network_destroy(network);
            if (twice)
                assert_memory_equal(again, weights[arm], sizeof again);
        }
    for (int arm = 0; arm < ARMS; arm++)
        for (int other = 0; other < arm; other++)
            assert_memory_not_equal(weights[arm], weights[other], sizeof again);
    plast_context_destroy(context);
}

/* How far the first update of the first layer is from plain backpropagation's with each row multiplied by a number of
 * its own, as a share of the update. */
static double off_row_factors(plast_context *context, int arm)
{
    static float before[WIDTH * INPUTS], plain[WIDTH * INPUTS], after[WIDTH * INPUTS];
    plast_network *networks[2] = { make(context, 0, 0.01), make(context, arm, 0.01) };
    double off = 0.0, moved = 0.0;
    weights_of(networks[0], 0, before);
    for (int k = 0; k < 2; k++) {
        learn(networks[k], 1.0f);
        weights_of(networks[k], 0, k == 0 ? plain : after);
        plast_network_destroy(networks[k]);
    }
    for (int i = 0; i < WIDTH; i++) {
        double both = 0.0, plains = 0.0, own = 0.0;
        for (int j = i * INPUTS; j < (i + 1) * INPUTS; j++) {
            const double a = (double)plain[j] - (double)before[j], b = (double)after[j] - (double)before[j];
            both += a * b;
            plains += a * a;
            own += b * b;
        }
        moved += own;
        off += plains > 0.0 ? own - both * both / plains : own;
    }
    return sqrt(fmax(off, 0.0) / moved);
}

/* The local versions multiply rows; a factor that has come down with the error from other nodes mixes them, but one for
 * all nodes does not. Weights are rounded to 1e-8 of steps of 1e-4. */
static void only_own_factors_propagate_mixed(void **state)
{
    plast_context *context = NULL;
    (void)state;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    for (int arm = 2; arm < ARMS; arm++) {
        const double off = off_row_factors(context, arm);
        if (arm == ARMS - 1)
            assert_true(off > 5e-3);
        else
            assert_true(off < 1e-3);
    }
    plast_context_destroy(context);
}

/* A run that learns each task to `learned` and loses `lost` of all but the last. */
static void fill(struct run *run, double learned, double lost, double held_back)
{
    for (int after = 0; after < TASKS; after++)
        for (int task = 0; task < TASKS; task++)
            run->test[after][task] = task > after ? 0.1 : task < after ? learned - lost : learned;
    run->held_back = held_back;
}

/* Plain backpropagation learns .6, .8, .7 and forgets .1, .2, .5: at .65 it forgets .125. */
static void runs_are_compared_where_they_learn_alike(void **state)
{
    const struct sizes sizes = { .rates = 3, .first_rate = 2, .seeds = 2 };
    struct message message;
    struct plan plan;
    (void)state;
    assert_int_equal(plan_make(&sizes, &plan, &message), 0);
    assert_near(plan_rate(&plan, 0), 0.002, 1e-15);
    assert_near(plan_rate(&plan, 1), 0.002 * sqrt(2.0), 1e-15);
    assert_near(plan_rate(&plan, 2), 0.004, 1e-15);
    for (int seed = 0; seed < 2; seed++) {
        fill(plan_run(&plan, 0, 0, seed), 0.6, 0.1, 0.5);
        fill(plan_run(&plan, 0, 1, seed), 0.8, 0.2, 0.7 - 0.3 * seed);
        fill(plan_run(&plan, 0, 2, seed), 0.7, 0.5, 0.6);
        fill(plan_run(&plan, 3, 1, seed), 0.65, 0.3 + 0.02 * seed, 0.4);
        fill(plan_run(&plan, 3, 0, seed), 0.9, 0.3, 0.2);
    }
    const struct run *run = plan_run(&plan, 0, 1, 0);
    assert_near(run_learned(run), 0.8, 1e-12);
    assert_near(run_forgotten(run), 0.2, 1e-12);
    assert_near(run_final(run), (4.0 * 0.6 + 0.8) / 5.0, 1e-12);
    assert_int_equal(plan_best(&plan, 0), 2);
    assert_int_equal(plan_best(&plan, 3), 1);
    assert_near(plan_lead(&plan, 3, 0, run_learned).mean, 0.65 - 0.7, 1e-12);
    assert_near(plan_lead(&plan, 3, 0, run_forgotten).mean, 0.31 - 0.5, 1e-12);
    fill(plan_run(&plan, 3, 2, 0), 0.7, 0.5, 0.0);
    fill(plan_run(&plan, 3, 2, 1), 0.7, 0.5, 0.0);
    /* Forgotten beyond plain backpropagation: .2, .1 or .12, 0. */
    assert_near(plan_lead_everywhere(&plan, 3, 0, run_forgotten).mean, (0.2 + 0.11 + 0.0) / 3.0, 1e-12);
    assert_near(plan_lead_everywhere(&plan, 3, 0, run_forgotten).sd, 0.02 / 3.0 / sqrt(2.0), 1e-12);
    assert_near(plan_excess(&plan, 3, 1).mean, 0.31 - 0.125, 1e-12);
    assert_near(plan_excess(&plan, 3, 1).sd, 0.02 / sqrt(2.0), 1e-12);
    assert_true(isnan(plan_excess(&plan, 3, 0).mean));
    for (int seed = 0; seed < 2; seed++)
        fill(plan_run(&plan, 0, 2, seed), 1.0, 0.4, 0.6); /* .9 is now half way from .8 to 1, from .2 to .4 */
    assert_near(plan_excess(&plan, 3, 0).mean, 0.3 - 0.3, 1e-12);
    plan_free(&plan);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(twos_are_other_rates),
        quiet_test(arms_differ_in_what_they_learn),
        quiet_test(only_own_factors_propagate_mixed),
        quiet_test(runs_are_compared_where_they_learn_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
