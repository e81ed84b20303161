/* SPDX-License-Identifier: MIT
 *
 * How near to backpropagation does each way of sending errors down come? A shallow and a deep network learn
 * Fashion-MNIST in minibatches under every feedback scheme of the library. So that the comparison is fair, each scheme
 * runs at the best rate of its own grid for each network, chosen on training images that were held back, never on the
 * test images. Measured on the way: accuracy, the angle between the scheme's learning signals and those of
 * backpropagation, time. */
#include "common/results.h"
#include "common/stage.h"
#include "credit_race/course.h"
#include "credit_race/options.h"
#include "credit_race/plan.h"
#include "credit_race/plot.h"
#include "credit_race/report.h"
#include "credit_race/trial.h"

#include <stdlib.h>

/* The trials of a stage are a piece of the plan's list. */
struct piece {
    const struct task *task;
    struct plan *plan;
    int first;
};

static double cost(void *user, int64_t index)
{
    const struct piece *piece = user;
    return trial_cost(piece->task, &piece->plan->trials[piece->first + index]);
}

static plast_status run_trial(plast_context *context, void *user, int64_t index)
{
    const struct piece *piece = user;
    return trial_run(context, piece->task, &piece->plan->trials[piece->first + index]);
}

static int run_stage(const struct task *task, struct plan *plan, int first, int count, int threads, const char *label,
                     struct message *message)
{
    struct piece piece = { .task = task, .plan = plan, .first = first };
    struct stage stage = { .label = label, .count = count, .cost = cost, .run = run_trial, .user = &piece };
    return stage_run(&stage, threads, message);
}

static int run_plan(const struct task *task, struct plan *plan, int threads, struct message *message)
{
    int result = 0;
    if (plan->tuned > 0)
        result = run_stage(task, plan, 0, plan->tuned, threads, "tuning rates", message);
    plan_choose(plan);
    if (result == 0)
        result = run_stage(task, plan, plan->tuned, plan->raced, threads, "race", message);
    return result;
}

static struct sizes make_sizes(const struct options *options, const struct course *course)
{
    struct sizes sizes = { .learned = 60000, .held_back = 6000, .tested = 10000, .aligned = 500, .mirror_start = 500 };
    if (options->quick)
        sizes = (struct sizes){ .learned = 320, .held_back = 64, .tested = 200, .aligned = 20, .mirror_start = 2 };
    if (!course->shuffled)
        sizes.learned -= sizes.learned % course->batch;
    sizes.samples = options->epochs * sizes.learned;
    sizes.tuning = (options->full ? options->epochs : 1) * (sizes.learned - sizes.held_back);
    return sizes;
}

static int run_all(const struct options *options, struct message *message)
{
    const struct course *course = options->akrout ? &course_akrout : &course_race;
    const struct sizes sizes = make_sizes(options, course);
    struct results results = { .folder = options->out,
                               .name = options->akrout ? "credit_race_akrout" : "credit_race",
                               .width = 1400 };
    struct plan plan;
    struct task task;
    if (results_check(&results, message) != 0 ||
        plan_make(course, &sizes, options->epochs, options->seeds, &plan, message) != 0)
        return -1;
    int result = task_load(options->data, &plan, &task, message);
    if (result == 0) {
        result = run_plan(&task, &plan, options->threads, message);
        task_free(&task);
    }
    results.height = plot_height(&plan);
    if (result == 0)
        result = results_publish(&results, report_csv, report_print, plot_script, &plan, message);
    plan_free(&plan);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    options_read(argc, argv, &options);
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("credit_race", &message);
}
