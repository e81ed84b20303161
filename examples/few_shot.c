/* SPDX-License-Identifier: MIT
 *
 * What can a network with random feedback learn from 250 images, seen once and one at a time? Episodes of five classes
 * of Fashion-MNIST after Shervani-Tabar & Rosenbaum, Nature Communications 14:1805 (2023): backpropagation and fixed
 * random feedback, with and without their two local terms, error-based Hebbian plasticity (eHebb) and Oja's rule. Each
 * rule is shown at the best coefficients of its own grid, chosen on other episodes. Forward and feedback weights are
 * drawn anew in each, the same for all rules. And because random feedback alone lets weights and activities grow, long
 * runs on all ten classes follow them. */
#include "common/jobs.h"
#include "common/progress.h"
#include "common/results.h"
#include "few_shot/options.h"
#include "few_shot/plan.h"
#include "few_shot/plot.h"
#include "few_shot/report.h"
#include "few_shot/trial.h"

#include <stdio.h>
#include <stdlib.h>

/* Episodes for choosing come from other seeds than those that are shown. */
static const uint64_t first_tuning_seed = 1000001;
static const uint64_t first_seed = 1;

struct experiment {
    struct task task;
    struct plan plan;
    int threads;
    struct progress progress;
};

static plast_status tune(plast_context *context, void *user, int64_t index)
{
    struct experiment *experiment = user;
    struct plan *plan = &experiment->plan;
    plast_status status =
        trial_episode(context, &experiment->task, &plan->settings[index / plan->tuning].recipe,
                      first_tuning_seed + (uint64_t)(index % plan->tuning), false, &plan->tuned[index]);
    progress_add(&experiment->progress, 1.0);
    return status;
}

static plast_status show(plast_context *context, void *user, int64_t index)
{
    struct experiment *experiment = user;
    struct plan *plan = &experiment->plan;
    const struct setting *setting = &plan->settings[plan->best[index / plan->episodes]];
    plast_status status = trial_episode(context, &experiment->task, &setting->recipe,
                                        first_seed + (uint64_t)(index % plan->episodes), true, &plan->shown[index]);
    progress_add(&experiment->progress, 1.0);
    return status;
}

static plast_status go_on(plast_context *context, void *user, int64_t index)
{
    struct experiment *experiment = user;
    struct plan *plan = &experiment->plan;
    plast_status status = trial_long_run(context, &experiment->task, &plan_long_runs[index / plan->seeds].recipe,
                                         first_seed + (uint64_t)(index % plan->seeds), plan,
                                         &plan->curves[index * plan->checkpoint_count]);
    progress_add(&experiment->progress, 1.0);
    return status;
}

static int run_stage(struct experiment *experiment, job_function function, int64_t count, const char *label,
                     struct message *message)
{
    progress_begin(&experiment->progress, label, (double)count);
    int result = jobs_run(count, experiment->threads, function, experiment, message);
    double seconds = progress_end(&experiment->progress);
    if (result == 0)
        fprintf(stderr, "%s: %d networks in %.1f s\n", label, (int)count, seconds);
    return result;
}

static int run_plan(struct experiment *experiment, struct message *message)
{
    struct plan *plan = &experiment->plan;
    int result =
        run_stage(experiment, tune, (int64_t)plan->setting_count * plan->tuning, "choosing coefficients", message);
    if (result != 0)
        return result;
    plan_choose(plan);
    result = run_stage(experiment, show, (int64_t)ARMS * plan->episodes, "episodes", message);
    return result == 0 ? run_stage(experiment, go_on, (int64_t)LONG_RUNS * plan->seeds, "long runs", message) : result;
}

/* The numbers first: whatever happens to the figure, they are there. */
static int publish(const struct results *results, const struct plan *plan, struct message *message)
{
    const struct results long_runs = { .folder = results->folder, .name = "few_shot_long" };
    int result = results_csv(results, report_episodes, plan, message);
    if (result == 0)
        result = results_csv(&long_runs, report_long_runs, plan, message);
    report_print(plan);
    if (results_flush(message) != 0)
        return -1;
    return result == 0 ? results_draw(results, plot_script, plan, message) : result;
}

static int run_all(const struct options *options, struct message *message)
{
    const struct results results = { .folder = options->out, .name = "few_shot", .width = 1400, .height = 900 };
    struct experiment experiment = { .threads = options->threads };
    struct plan *plan = &experiment.plan;
    if (results_check(&results, message) != 0 || task_load(options->data, &experiment.task, message) != 0)
        return -1;
    int64_t most = experiment.task.train.set.images.count;
    int result = plan_make(options->tuning, options->episodes, options->seeds,
                           options->samples < most ? options->samples : most, plan, message);
    if (result == 0)
        result = run_plan(&experiment, message);
    task_free(&experiment.task);
    if (result == 0)
        result = publish(&results, plan, message);
    plan_free(plan);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    options_read(argc, argv, &options);
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("few_shot", &message);
}
