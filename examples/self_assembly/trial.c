/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "wiring.h"

#include <math.h>
#include <stdlib.h>

enum { TEST_BLOCK = 200, BLOCK = 1600, ALIGNED = 500, CLASSES = 10 };

/* What learns, and from what. */
struct runner {
    const struct dataset *dataset;
    const struct plan *plan;
    struct trial *trial;
    const struct task *task;
    plast_network *network;
    plast_state *state; /* for measuring */
    struct random random;
    int64_t learned;
    struct teacher teacher;
    double variance; /* of the teacher's answers to the test */
    float *inputs;   /* of the teacher's task: a block, then the test */
    float *targets;
    int32_t *order; /* of the images: a block */
};

double trial_cost(const struct plan *plan, const struct trial *trial)
{
    const struct task *task = &arms_tasks[trial->task];
    double weights = 2000.0; /* what a sample costs besides */
    int64_t below = task->teacher ? TEACHER_INPUTS : 784;
    for (int i = 0; i < task->layers; i++) {
        weights += (double)(below * task->units[i]);
        below = task->units[i];
    }
    return weights * (double)plan->samples[trial->task];
}

static plast_status prepare(struct runner *runner)
{
    const int64_t tested = runner->plan->tested;
    if (!runner->task->teacher) {
        runner->order = malloc(BLOCK * sizeof *runner->order);
        return runner->order == NULL ? PLAST_E_NOMEM : PLAST_OK;
    }
    runner->inputs = malloc((size_t)(BLOCK + tested) * TEACHER_INPUTS * sizeof *runner->inputs);
    runner->targets = malloc((size_t)(BLOCK + tested) * TEACHER_OUTPUTS * sizeof *runner->targets);
    if (runner->inputs == NULL || runner->targets == NULL)
        return PLAST_E_NOMEM;
    teacher_draw(&runner->random, &runner->teacher);
    float *targets = runner->targets + (size_t)BLOCK * TEACHER_OUTPUTS;
    teacher_show(&runner->teacher, &runner->random, tested, runner->inputs + (size_t)BLOCK * TEACHER_INPUTS, targets);
    runner->variance = teacher_variance(targets, tested);
    return PLAST_OK;
}

/* Up to a block of samples, which are the next ones: new ones of the teacher, random images but for the last `tested`,
 * by which rates are tuned. */
static plast_status learn_block(struct runner *runner, int64_t n)
{
    const struct idx_set *train = &runner->dataset->train;
    plast_matrix inputs = plast_matrix_f32(runner->inputs, n, TEACHER_INPUTS);
    plast_matrix targets = plast_matrix_f32(runner->targets, n, TEACHER_OUTPUTS);
    plast_matrix order = plast_labels_i32(runner->order, n);
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = runner->task->batch };
    plast_report report = { PLAST_REPORT };
    if (runner->task->teacher)
        teacher_show(&runner->teacher, &runner->random, n, runner->inputs, runner->targets);
    else {
        inputs = plast_matrix_f32(train->images.pixels, train->images.count, dataset_pixels(runner->dataset));
        targets = plast_labels_u8(train->labels.labels, train->labels.count);
        data.order = &order;
        for (int64_t i = 0; i < n; i++)
            runner->order[i] =
                (int32_t)(random_uniform(&runner->random) * (double)(train->images.count - runner->plan->tested));
    }
    plast_status status = plast_network_learn(runner->network, NULL, &data, NULL, &report);
    runner->learned += report.samples;
    return status;
}

static plast_status learn(struct runner *runner, int64_t to)
{
    const int64_t block = BLOCK / runner->task->batch * runner->task->batch;
    plast_status status = PLAST_OK;
    while (runner->learned < to && status == PLAST_OK)
        status = learn_block(runner, to - runner->learned < block ? to - runner->learned : block);
    return status;
}

static plast_status measure(struct runner *runner, struct point *point)
{
    const int64_t tested = runner->plan->tested;
    const struct idx_set *set = runner->trial->tuning ? &runner->dataset->train : &runner->dataset->test;
    const int64_t first = runner->trial->tuning ? set->images.count - tested : 0;
    const int64_t pixels = dataset_pixels(runner->dataset);
    plast_matrix inputs = plast_matrix_f32(runner->inputs + (size_t)BLOCK * TEACHER_INPUTS, tested, TEACHER_INPUTS);
    plast_matrix targets = plast_matrix_f32(runner->targets + (size_t)BLOCK * TEACHER_OUTPUTS, tested, TEACHER_OUTPUTS);
    if (!runner->task->teacher) {
        inputs = plast_matrix_f32(set->images.pixels + first * pixels, tested, pixels);
        targets = plast_labels_u8(set->labels.labels + first, tested);
    }
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_evaluate(runner->network, runner->state, &data, &report);
    if (status != PLAST_OK)
        return status;
    point->score =
        runner->task->teacher ? 2.0 * report.loss / runner->variance : (double)report.correct / (double)report.losses;
    plast_matrix alignment = plast_output_f64(point->alignment[0], runner->task->layers - 1, PLAST_ALIGNED);
    inputs.rows = targets.rows = tested < ALIGNED ? tested : ALIGNED;
    return plast_measure_alignment(runner->network, runner->state, &data, &alignment);
}

/* What is measured of a network that diverged: it answers the mean, or guesses. */
static void guess(const struct runner *runner, struct point *point)
{
    point->score = runner->task->teacher ? 1.0 : 1.0 / CLASSES;
    for (int i = 0; i < MAX_HIDDEN * PLAST_ALIGNED; i++)
        point->alignment[i / PLAST_ALIGNED][i % PLAST_ALIGNED] = (double)NAN;
}

static plast_status run(struct runner *runner)
{
    struct trial *trial = runner->trial;
    plast_status status = PLAST_OK;
    for (int k = trial->tuning ? POINTS - 1 : 0; k < POINTS; k++) {
        guess(runner, &trial->point[k]);
        if (status == PLAST_OK)
            status = learn(runner, plan_samples(runner->plan, trial->task, k));
        if (status == PLAST_OK)
            status = measure(runner, &trial->point[k]);
        if (status != PLAST_OK && status != PLAST_E_NOT_FINITE)
            return status;
        if (status == PLAST_E_NOT_FINITE) {
            guess(runner, &trial->point[k]);
            trial->diverged = runner->learned;
        }
    }
    return PLAST_OK;
}

plast_status trial_run(plast_context *context, const struct dataset *dataset, const struct plan *plan,
                       struct trial *trial)
{
    struct runner runner = { .dataset = dataset,
                             .plan = plan,
                             .trial = trial,
                             .task = &arms_tasks[trial->task],
                             .random = { (uint64_t)trial->seed * 1000003 } };
    struct random wires = { (uint64_t)trial->seed * 1000003 + 500000 };
    plast_state_options for_test = { PLAST_STATE_OPTIONS, .batch = TEST_BLOCK };
    plast_status status = prepare(&runner);
    if (status == PLAST_OK)
        status = wiring_make(context, trial, runner.task->teacher ? TEACHER_INPUTS : dataset_pixels(dataset), &wires,
                             &runner.network);
    if (status == PLAST_OK)
        status = plast_state_create(context, runner.network, &for_test, &runner.state);
    if (status == PLAST_OK)
        status = run(&runner);
    plast_state_destroy(runner.state);
    plast_network_destroy(runner.network);
    free(runner.inputs);
    free(runner.targets);
    free(runner.order);
    return status;
}
