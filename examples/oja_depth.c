/* SPDX-License-Identifier: MIT
 *
 * When does Oja's rule help backpropagation, and when not? Networks of 3 to 15 weight matrices learn Fashion-MNIST
 * online, one image at a time, by three rules: plain SGD, Adam, and SGD with Oja's rule on the hidden layers. So that
 * the comparison is fair, each rule is shown at the best rate of its own grid, chosen for each network and number of
 * images anew (by the mean accuracy over the seeds on the very test images shown: a small bonus to all rules alike),
 * and beside the deep networks stand the same ones with a better initialisation.
 *
 * Shervani-Tabar, Rosenbaum: Nature Communications 14:1805 (2023), equation 10, with exact gradients. */
#include "common/figure.h"
#include "common/jobs.h"
#include "common/progress.h"
#include "oja_depth/options.h"
#include "oja_depth/plan.h"
#include "oja_depth/plot.h"
#include "oja_depth/report.h"
#include "oja_depth/trial.h"

#include <cblas.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stage {
    const struct task *task;
    struct plan *plan;
    const int *trials;
    struct progress progress;
};

static double cost(const struct stage *stage, int64_t index)
{
    const struct trial *trial = &stage->plan->trials[stage->trials[index]];
    return (double)trial->samples * trial_weights(stage->task, stage->plan->settings[trial->setting].depth);
}

static plast_status run_trial(plast_context *context, void *user, int64_t index)
{
    struct stage *stage = user;
    plast_status status = trial_run(context, stage->task, stage->plan, &stage->plan->trials[stage->trials[index]]);
    progress_add(&stage->progress, cost(stage, index));
    return status;
}

static int run_stage(const struct task *task, struct plan *plan, const int *trials, int count, int threads,
                     const char *label, struct message *message)
{
    struct stage stage = { .task = task, .plan = plan, .trials = trials };
    double total = 0.0;
    for (int i = 0; i < count; i++)
        total += cost(&stage, i);
    progress_begin(&stage.progress, label, total);
    int result = jobs_run(count, threads, run_trial, &stage, message);
    double seconds = progress_end(&stage.progress);
    if (result == 0)
        fprintf(stderr, "%s: %d trials in %.1f s\n", label, count, seconds);
    return result;
}

/* All settings up to the early checkpoint, then the best of each rule on to the late one. */
static int run_plan(const struct task *task, struct plan *plan, int threads, struct message *message)
{
    int all = plan->setting_count * plan->seeds;
    int *trials = malloc((size_t)all * sizeof *trials);
    if (trials == NULL)
        return message_set(message, "out of memory for %d trials", all);
    for (int i = 0; i < all; i++)
        trials[i] = i;
    int result = run_stage(task, plan, trials, all, threads, "short runs", message);
    if (result == 0 && plan->late > plan->early) {
        int count = plan_extend(plan, trials);
        result = run_stage(task, plan, trials, count, threads, "long runs", message);
    }
    free(trials);
    return result;
}

/* DIR/oja_depth.SUFFIX */
static int make_path(const char *folder, const char *suffix, char *path, size_t size, struct message *message)
{
    int length = snprintf(path, size, "%s/oja_depth.%s", folder, suffix);
    if (length < 0 || (size_t)length >= size)
        return message_set(message, "the folder's name is longer than %d characters", (int)size - 20);
    return 0;
}

static int draw(const struct options *options, const struct plan *plan, struct message *message)
{
    static const char *const kinds[][2] = {
        { "svg", "svg size 1400,520 dynamic font 'DejaVu Sans,Helvetica,Arial,sans-serif,12' background rgb 'white'" },
        { "png", "pngcairo size 2100,780 fontscale 1.5 linewidth 1.5 pointscale 1.5 font 'DejaVu Sans,12'" },
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

/* The numbers first: whatever happens to the figure, they are there. */
static int publish(const struct options *options, const struct plan *plan, struct message *message)
{
    char path[1024];
    int result = make_path(options->out, "csv", path, sizeof path, message);
    if (result == 0)
        result = report_csv(path, plan, message);
    if (result == 0)
        fprintf(stderr, "wrote %s\n", path);
    report_print(plan);
    if (fflush(stdout) != 0 || ferror(stdout))
        return message_set(message, "cannot write to standard output");
    return result == 0 ? draw(options, plan, message) : result;
}

static int run_all(const struct options *options, struct message *message)
{
    int64_t early = options->quick ? 50 : 3000;
    struct plan plan;
    struct task task;
    if (access(options->out, W_OK | X_OK) != 0)
        return message_set(message, "%s: cannot write there: %s", options->out, strerror(errno));
    if (early > options->samples)
        early = options->samples;
    if (plan_make(options->seeds, early, options->samples, &plan, message) != 0)
        return -1;
    int result =
        task_load(options->data, options->quick ? 200 : 2000, options->seeds, options->samples, &task, message);
    if (result == 0) {
        result = run_plan(&task, &plan, options->threads, message);
        task_free(&task);
    }
    if (result == 0)
        result = publish(options, &plan, message);
    plan_free(&plan);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    if (options_parse(argc, argv, &options) != 0) {
        fputs("Try 'oja_depth --help'.\n", stderr);
        return 2;
    }
    if (options.help) {
        options_help();
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    /* The trials already keep all CPUs busy; OpenBLAS must not start threads of its own for each of them. */
    openblas_set_num_threads(1);
    if (run_all(&options, &message) != 0) {
        fprintf(stderr, "oja_depth: %s\n", message.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
