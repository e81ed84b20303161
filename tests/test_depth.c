/* SPDX-License-Identifier: MIT
 *
 * The library's main job, on real Fashion-MNIST: Oja's rule beside backpropagation trains networks whose depth or
 * initial weights leave nothing to backpropagation alone, whatever its rate. The bars follow from the checks of
 * section 4.3 of the project's sheet on Oja's rule (chance is .10). */
#include "../examples/common/idx.h"
#include "support/nets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#define FOLDER "/usr/share/datasets/fashion-mnist/"

enum { SEEDS = 4, LEARNED = 3000, TESTED = 2000, HIDDEN = 100, CLASSES = 10, PIXELS = 784 };

static struct idx_set train, test;

static int load(void **state)
{
    struct message message;
    (void)state;
    if (idx_read_set(FOLDER "train-images-idx3-ubyte.gz", FOLDER "train-labels-idx1-ubyte.gz", &train, &message) != 0 ||
        idx_read_set(FOLDER "t10k-images-idx3-ubyte.gz", FOLDER "t10k-labels-idx1-ubyte.gz", &test, &message) != 0) {
        print_error("%s\n", message.text);
        return -1;
    }
    return train.images.rows * train.images.cols == PIXELS && test.images.count >= TESTED ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    idx_free_set(&train);
    idx_free_set(&test);
    return 0;
}

/* LEARNED rows of the training set, none twice. */
static void draw_order(uint64_t seed, int32_t *order)
{
    const int64_t n = train.images.count;
    double *random = new_array(LEARNED);
    int32_t *deck = calloc((size_t)n, sizeof *deck);
    assert_non_null(deck);
    for (int64_t i = 0; i < n; i++)
        deck[i] = (int32_t)i;
    fill_uniform(seed, LEARNED, random);
    for (int64_t i = 0; i < LEARNED; i++) {
        const int64_t there = i + (int64_t)(0.5 * (random[i] + 1.0) * (double)(n - i));
        order[i] = deck[there];
        deck[there] = deck[i];
    }
    free(random);
    free(deck);
}

typedef struct trial {
    int32_t matrices, init;
    double gain, sgd, oja;
} trial;

static double test_accuracy(net *net)
{
    const plast_matrix x = plast_matrix_f32(test.images.pixels, TESTED, PIXELS);
    const plast_matrix labels = plast_labels_u8(test.labels.labels, TESTED);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels };
    plast_report report = { PLAST_REPORT };
    net_ok(net, plast_network_evaluate(net->network, NULL, &data, &report));
    assert_int_equal(report.losses, TESTED);
    return (double)report.correct / TESTED;
}

/* A network that diverges has learned nothing. */
static double accuracy(const trial *trial, uint64_t seed)
{
    int32_t order[LEARNED];
    const plast_matrix x = plast_matrix_f32(train.images.pixels, train.images.count, PIXELS);
    const plast_matrix labels = plast_labels_u8(train.labels.labels, train.labels.count);
    const plast_matrix visits = plast_labels_i32(order, LEARNED);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = &labels, .order = &visits };
    net_plan plan = { .inputs = PIXELS,
                      .layers = trial->matrices,
                      .hidden = PLAST_SOFTPLUS,
                      .output = PLAST_SOFTMAX,
                      .no_bias = 1,
                      .init = trial->init,
                      .gain = trial->gain,
                      .seed = seed,
                      .optimizer = "sgd",
                      .rate = trial->sgd,
                      .oja = trial->oja,
                      .ruled = PLAST_HIDDEN_LAYERS };
    for (int32_t i = 0; i < plan.layers; i++)
        plan.units[i] = i == plan.layers - 1 ? CLASSES : HIDDEN;
    net net = net_make(&plan);
    draw_order(seed, order);
    const plast_status status = plast_network_learn(net.network, NULL, &data, NULL, NULL);
    if (status != PLAST_E_NOT_FINITE)
        net_ok(&net, status);
    const double found = status == PLAST_OK ? test_accuracy(&net) : 1.0 / CLASSES;
    net_free(&net);
    return found;
}

/* Mean over the seeds. */
static double measure(const trial *trial)
{
    double found[SEEDS], mean = 0.0, least = 1.0, most = 0.0;
    for (int s = 0; s < SEEDS; s++) {
        found[s] = accuracy(trial, (uint64_t)s + 1);
        mean += found[s] / SEEDS;
        least = fmin(least, found[s]);
        most = fmax(most, found[s]);
    }
    print_message("  %2d matrices, init %d, sgd %-6g oja %-6g %.3f (%.3f ... %.3f)\n", (int)trial->matrices,
                  (int)trial->init, trial->sgd, trial->oja, mean, least, most);
    return mean;
}

/* Backpropagation alone, its rate tuned. */
static double best_sgd(trial trial)
{
    static const double rates[] = { 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1 };
    double best = 0.0;
    trial.oja = 0.0;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        trial.sgd = rates[i];
        best = fmax(best, measure(&trial));
    }
    return best;
}

static void fifteen_matrices(void **state)
{
    (void)state;
    trial trial = { .matrices = 15, .init = PLAST_INIT_XAVIER_UNIFORM, .sgd = 1e-3, .oja = 3e-3 };
    assert_true(best_sgd(trial) <= 0.15);
    assert_true(measure(&trial) >= 0.55);
}

/* Depth alone is no obstacle: weights that keep the size of signals let backpropagation do it. */
static void fifteen_matrices_well_scaled(void **state)
{
    (void)state;
    const trial trial = { .matrices = 15, .init = PLAST_INIT_HE_NORMAL, .sgd = 1e-3 };
    assert_true(measure(&trial) >= 0.55);
}

static void ten_matrices(void **state)
{
    (void)state;
    trial slow = { .matrices = 10, .init = PLAST_INIT_XAVIER_UNIFORM, .sgd = 1e-3, .oja = 3e-3 }, fast = slow;
    fast.sgd = 3e-3;
    assert_true(fmax(measure(&slow), measure(&fast)) >= best_sgd(slow) + 0.07);
}

static void five_matrices_of_small_weights(void **state)
{
    (void)state;
    trial trial = { .matrices = 5, .init = PLAST_INIT_GAUSSIAN, .gain = 0.01, .sgd = 1e-3, .oja = 3e-3 };
    assert_true(best_sgd(trial) <= 0.15);
    assert_true(measure(&trial) >= 0.55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifteen_matrices),
        cmocka_unit_test(fifteen_matrices_well_scaled),
        cmocka_unit_test(ten_matrices),
        cmocka_unit_test(five_matrices_of_small_weights),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
