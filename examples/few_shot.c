/* SPDX-License-Identifier: MIT
 *
 * What can a network with random feedback learn from 250 images, seen once and one at a time? Episodes of five classes
 * of Fashion-MNIST after Shervani-Tabar & Rosenbaum, Nature Communications 14:1805 (2023): backpropagation and fixed
 * random feedback, with and without their two local terms, error-based Hebbian plasticity (eHebb) and Oja's rule. Each
 * rule is shown at the best coefficients of its own grid, chosen on other episodes. Forward and feedback weights are
 * drawn anew in each, the same for all rules. And because random feedback alone lets weights and activities grow, long
 * runs on all ten classes follow them. */
#include "common/figure.h"
#include "common/jobs.h"
#include "common/progress.h"
#include "few_shot/options.h"
#include "few_shot/plan.h"
#include "few_shot/plot.h"
#include "few_shot/report.h"
#include "few_shot/trial.h"

#include <cblas.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Episodes for choosing come from other seeds than those that are shown. */
static const uint64_t first_tuning_seed = 1000001;
static const uint64_t first_seed = 1;

struct experiment {
    struct task task;
    struct plan plan;
    int jobs;
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
    int result = jobs_run(count, experiment->jobs, function, experiment, message);
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

/* DIR/few_shot.SUFFIX */
static int make_path(const char *folder, const char *suffix, char *path, size_t size, struct message *message)
{
    int length = snprintf(path, size, "%s/few_shot%s", folder, suffix);
    if (length < 0 || (size_t)length >= size)
        return message_set(message, "the folder's name is longer than %d characters", (int)size - 20);
    return 0;
}

static int draw(const struct options *options, const struct plan *plan, struct message *message)
{
    static const char *const kinds[][2] = {
        { ".svg", "svg size 1400,900 dynamic font 'DejaVu Sans,Helvetica,Arial,sans-serif,12' background rgb 'white'" },
        { ".png", "pngcairo size 2100,1350 fontscale 1.5 linewidth 1.5 pointscale 1.5 font 'DejaVu Sans,12'" },
    };
    char path[1024];
    int result = 0;
    for (int i = 0; i < 2 && result == 0; i++) {
        result = make_path(options->out, kinds[i][0], path, sizeof path, message);
        if (result == 0)
            result = figure_write(path, kinds[i][1], plot_script, plan, message);
        if (result == 0)
            fprintf(stderr, "wrote %s\n", path);
    }
    return result;
}

static int write_table(const struct options *options, const char *suffix, const struct plan *plan,
                       int (*report)(const char *, const struct plan *, struct message *), struct message *message)
{
    char path[1024];
    int result = make_path(options->out, suffix, path, sizeof path, message);
    if (result == 0)
        result = report(path, plan, message);
    if (result == 0)
        fprintf(stderr, "wrote %s\n", path);
    return result;
}

/* The numbers first: whatever happens to the figure, they are there. */
static int publish(const struct options *options, const struct plan *plan, struct message *message)
{
    int result = write_table(options, ".csv", plan, report_episodes, message);
    if (result == 0)
        result = write_table(options, "_long.csv", plan, report_long_runs, message);
    report_print(plan);
    if (fflush(stdout) != 0 || ferror(stdout))
        return message_set(message, "cannot write to standard output");
    return result == 0 ? draw(options, plan, message) : result;
}

static int run_all(const struct options *options, struct message *message)
{
    struct experiment experiment = { .jobs = options->jobs };
    struct plan *plan = &experiment.plan;
    if (access(options->out, W_OK | X_OK) != 0)
        return message_set(message, "%s: cannot write there: %s", options->out, strerror(errno));
    if (task_load(options->data, &experiment.task, message) != 0)
        return -1;
    int64_t most = experiment.task.train.set.images.count;
    int result = plan_make(options->tuning, options->episodes, options->seeds,
                           options->samples < most ? options->samples : most, plan, message);
    if (result == 0)
        result = run_plan(&experiment, message);
    task_free(&experiment.task);
    if (result == 0)
        result = publish(options, plan, message);
    plan_free(plan);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    if (options_parse(argc, argv, &options) != 0) {
        fputs("Try 'few_shot --help'.\n", stderr);
        return 2;
    }
    if (options.help) {
        options_help();
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    /* The episodes already keep all CPUs busy; OpenBLAS must not start threads of its own for each of them. */
    openblas_set_num_threads(1);
    if (run_all(&options, &message) != 0) {
        fprintf(stderr, "few_shot: %s\n", message.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
