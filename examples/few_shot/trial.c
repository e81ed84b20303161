/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <math.h>
#include <stdlib.h>

static struct result diverged(int classes)
{
    struct result result = { .measured.accuracy = 1.0 / classes, .diverged = true };
    for (int l = 0; l < LAYERS; l++)
        result.measured.weights[l] = (double)NAN;
    for (int l = 0; l < HIDDEN; l++) {
        result.measured.angle[l] = (double)NAN;
        result.measured.orthonormality[l] = (double)NAN;
        result.measured.activity[l] = (double)NAN;
    }
    return result;
}

static plast_status learn(const struct task *task, const struct learner *learner, const int32_t *rows, int64_t count)
{
    struct samples samples;
    task_samples(&task->train, rows, count, &samples);
    return plast_network_learn(learner->network, NULL, &samples.data, NULL, NULL);
}

plast_status trial_episode(plast_context *context, const struct task *task, const struct recipe *recipe, uint64_t seed,
                           bool all, struct result *result)
{
    int32_t train[SAMPLES];
    int32_t test[QUERIES];
    struct samples queries;
    struct learner learner;
    task_draw(task, seed, WAYS, SHOTS, QUERIES_PER_CLASS, train, test);
    task_samples(&task->test, test, QUERIES, &queries);
    plast_status status = learner_make(context, recipe, task_pixels(task), OUTPUTS, seed, QUERIES, &learner);
    if (status != PLAST_OK)
        return status;
    *result = (struct result){ .diverged = false };
    status = learn(task, &learner, train, SAMPLES);
    if (status == PLAST_OK && all)
        status = learner_measure(context, &learner, &queries.data, &result->measured);
    else if (status == PLAST_OK)
        status = learner_accuracy(&learner, &queries.data, &result->measured.accuracy);
    learner_free(&learner);
    if (status != PLAST_E_NOT_FINITE)
        return status;
    *result = diverged(WAYS);
    return PLAST_OK;
}

/* From checkpoint to checkpoint. */
static plast_status run(plast_context *context, const struct task *task, const struct learner *learner,
                        const int32_t *train, const plast_data *queries, const struct plan *plan,
                        struct result *results)
{
    plast_status status = PLAST_OK;
    int64_t from = 0;
    for (int k = 0; k < plan->checkpoint_count; k++) {
        results[k] = (struct result){ .diverged = false };
        if (status == PLAST_OK)
            status = learn(task, learner, train + from, plan->checkpoints[k] - from);
        if (status == PLAST_OK)
            status = learner_measure(context, learner, queries, &results[k].measured);
        if (status != PLAST_OK && status != PLAST_E_NOT_FINITE)
            return status;
        if (status == PLAST_E_NOT_FINITE)
            results[k] = diverged(CLASSES);
        from = plan->checkpoints[k];
    }
    return PLAST_OK;
}

plast_status trial_long_run(plast_context *context, const struct task *task, const struct recipe *recipe, uint64_t seed,
                            const struct plan *plan, struct result *results)
{
    int64_t count = plan->checkpoints[plan->checkpoint_count - 1];
    int32_t *train = malloc((size_t)count * sizeof *train);
    int32_t test[LONG_QUERIES];
    struct samples queries;
    struct learner learner = { NULL, NULL };
    plast_status status = PLAST_E_NOMEM;
    if (train != NULL && task_order(&task->train, seed, count, train) == 0 &&
        task_order(&task->test, seed, LONG_QUERIES, test) == 0)
        status = learner_make(context, recipe, task_pixels(task), CLASSES, seed, LONG_QUERIES, &learner);
    if (status == PLAST_OK) {
        task_samples(&task->test, test, LONG_QUERIES, &queries);
        status = run(context, task, &learner, train, &queries.data, plan, results);
    }
    learner_free(&learner);
    free(train);
    return status;
}
