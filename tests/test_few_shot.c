/* SPDX-License-Identifier: MIT
 *
 * Five classes of Fashion-MNIST from 250 images, one at a time, with the parts of the few-shot example: random feedback
 * alone learns next to nothing, error-based Hebbian plasticity (of the right sign) aligns it, Oja's rule helps without
 * aligning it, both together do as well as backpropagation. The bars are those of section 4.3 of the project's sheet on
 * Oja's rule; one standard error of an arm's mean over the episodes is about .02, of a difference between arms .015. */
#include "../examples/few_shot/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#define FOLDER "/usr/share/datasets/fashion-mnist"

enum { EPISODES = 40, RUNS = 2 };

static struct task task;

static int load(void **state)
{
    struct message message;
    (void)state;
    if (task_load(FOLDER, &task, &message) == 0)
        return 0;
    print_error("%s\n", message.text);
    return -1;
}

static int unload(void **state)
{
    (void)state;
    task_free(&task);
    return 0;
}

static plast_context *new_context(void)
{
    plast_context *context = NULL;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    return context;
}

static void check(plast_context *context, plast_status status)
{
    if (status != PLAST_OK)
        fail_msg("%s: %s", plast_status_string(status), plast_context_error(context));
}

/* Over the episodes: mean accuracy; if asked for, mean angles and geometric means of E_W, layer by layer. */
struct outcome {
    double accuracy, angle[HIDDEN], orthonormality[HIDDEN];
};

static void print_layers(const struct outcome *outcome)
{
    print_message(", angles");
    for (int l = 0; l < HIDDEN; l++)
        print_message(" %.0f", outcome->angle[l]);
    print_message(", E_W");
    for (int l = 0; l < HIDDEN; l++)
        print_message(" %.3g", outcome->orthonormality[l]);
}

static struct outcome run(const char *name, struct recipe recipe, bool layers)
{
    struct outcome mean = { 0.0, { 0.0 }, { 0.0 } };
    for (uint64_t seed = 1; seed <= EPISODES; seed++) {
        plast_context *context = new_context();
        struct result result;
        check(context, trial_episode(context, &task, &recipe, seed, layers, &result));
        mean.accuracy += result.measured.accuracy / EPISODES;
        for (int l = 0; l < HIDDEN; l++) {
            mean.angle[l] += result.measured.angle[l] / EPISODES;
            mean.orthonormality[l] += log(result.measured.orthonormality[l]) / EPISODES;
        }
        plast_context_destroy(context);
    }
    for (int l = 0; l < HIDDEN; l++)
        mean.orthonormality[l] = exp(mean.orthonormality[l]);
    print_message("  %-22s theta_0 %-6g theta_2 %-6g theta_9 %-6g %.3f", name, recipe.theta_0, recipe.theta_2,
                  recipe.theta_9, mean.accuracy);
    if (layers)
        print_layers(&mean);
    print_message("\n");
    return mean;
}

/* Without local rules, at the best of many rates. */
static double best_alone(bool fixed_feedback)
{
    static const double rates[] = { 1e-2, 2e-2, 3e-2 };
    double best = 0.0;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const struct recipe recipe = { fixed_feedback, rates[i], 0.0, 0.0 };
        best = fmax(best, run(fixed_feedback ? "FA" : "BP", recipe, false).accuracy);
    }
    return best;
}

static void random_feedback(void **state)
{
    (void)state;
    const double fa = best_alone(true);
    const struct outcome oja = run("FA + Oja", (struct recipe){ true, 1e-2, 0.0, 4e-3 }, true);
    const struct outcome ehebb = run("FA + eHebb", (struct recipe){ true, 1e-2, -0.15, 0.0 }, true);
    const struct outcome bio = run("FA + eHebb + Oja", (struct recipe){ true, 1e-2, -0.15, 4e-3 }, true);
    assert_true(fa <= 0.40);
    assert_true(oja.accuracy >= 0.50 && oja.accuracy >= fa + 0.15);
    assert_true(bio.accuracy >= 0.60 && bio.accuracy >= oja.accuracy);
    assert_true(ehebb.accuracy >= 0.53 && ehebb.accuracy >= fa + 0.15);
    assert_true(ehebb.angle[3] < 40.0 && bio.angle[3] < 40.0);
    assert_true(oja.angle[3] > 75.0);
    for (int l = 0; l < HIDDEN; l++)
        assert_true(oja.orthonormality[l] < 20.0 && ehebb.orthonormality[l] > 60.0);
}

/* The wrong sign turns every matrix against its feedback. The signal then changes sign from layer to layer, and every
 * other layer learns in the right direction: large coefficients do better than none, but never well. */
static void wrong_sign(void **state)
{
    (void)state;
    const struct outcome flipped = run("FA - eHebb", (struct recipe){ true, 1e-2, 0.15, 0.0 }, true);
    const struct outcome large = run("FA - eHebb, large", (struct recipe){ true, 1e-2, 1.0, 0.0 }, true);
    assert_true(flipped.accuracy <= 0.35 && large.accuracy <= 0.48);
    assert_true(flipped.angle[3] > 120.0 && flipped.angle[2] < 75.0 && flipped.angle[1] > 100.0);
    assert_true(large.angle[3] > 120.0 && large.angle[2] < 75.0 && large.angle[1] > 100.0);
}

static void backpropagation(void **state)
{
    (void)state;
    const double bp = best_alone(false);
    assert_true(bp >= 0.55);
    assert_true(run("BP + Oja", (struct recipe){ false, 3e-3, 0.0, 4e-3 }, false).accuracy >= bp);
}

/* Ten classes, on and on: the last hidden activity and the last weights of random feedback explode, with Oja's rule
 * activities keep the norm of the inputs, about 11, in every layer. */
static void norms(void **state)
{
    static const struct recipe alone = { true, 1e-2, 0.0, 0.0 }, oja = { true, 1e-2, 0.0, 4e-3 };
    const struct plan plan = { .checkpoints = { 1000, 5000 }, .checkpoint_count = 2 };
    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        plast_context *context = new_context();
        struct result fa[2], with[2];
        check(context, trial_long_run(context, &task, &alone, seed, &plan, fa));
        check(context, trial_long_run(context, &task, &oja, seed, &plan, with));
        print_message("  |y_4| %.3g %.3g, |W_5| %.3g %.3g, accuracy %.3f %.3f\n", fa[1].measured.activity[HIDDEN - 1],
                      with[1].measured.activity[HIDDEN - 1], fa[1].measured.weights[HIDDEN],
                      with[1].measured.weights[HIDDEN], fa[1].measured.accuracy, with[1].measured.accuracy);
        assert_true(fa[1].diverged || fa[1].measured.activity[HIDDEN - 1] > 1e3);
        assert_true(fa[1].diverged || fa[1].measured.weights[HIDDEN] > 1e2);
        for (int k = 0; k < 2; k++) {
            assert_false(with[k].diverged);
            for (int l = 0; l < HIDDEN; l++)
                assert_true(with[k].measured.activity[l] > 9.0 && with[k].measured.activity[l] < 14.0);
            assert_true(with[k].measured.weights[HIDDEN] < 20.0);
            assert_true(with[k].measured.accuracy >= fa[k].measured.accuracy + 0.05);
        }
        plast_context_destroy(context);
    }
}

/* Five classes, fifty training images of each, in mixed order, none twice; test images of the same classes. */
static void drawing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int32_t train[SAMPLES], test[QUERIES];
        int counts[2][CLASSES] = { { 0 } }, classes = 0, changes = 0;
        task_draw(&task, seed, WAYS, SHOTS, QUERIES_PER_CLASS, train, test);
        for (int i = 0; i < SAMPLES; i++) {
            for (int j = 0; j < i; j++)
                assert_int_not_equal(train[i], train[j]);
            counts[0][task.train.set.labels.labels[train[i]]]++;
            changes += i > 0 && task.train.set.labels.labels[train[i]] != task.train.set.labels.labels[train[i - 1]];
        }
        for (int i = 0; i < QUERIES; i++) {
            for (int j = 0; j < i; j++)
                assert_int_not_equal(test[i], test[j]);
            counts[1][task.test.set.labels.labels[test[i]]]++;
        }
        for (int c = 0; c < CLASSES; c++) {
            assert_true(counts[0][c] == 0 || counts[0][c] == SHOTS);
            assert_int_equal(counts[1][c], counts[0][c] == 0 ? 0 : QUERIES_PER_CLASS);
            classes += counts[0][c] > 0;
        }
        assert_int_equal(classes, WAYS);
        assert_true(changes > SAMPLES / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawing),         cmocka_unit_test(random_feedback), cmocka_unit_test(wrong_sign),
        cmocka_unit_test(backpropagation), cmocka_unit_test(norms),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
