/* SPDX-License-Identifier: MIT
 *
 * GRAPES (Dellaferrera et al. 2022) multiplies each node's error by a factor made of its weights. At the start all
 * factors of a layer are nearly 2, so it is above all a higher rate, higher still in lower layers where the factor
 * comes down with the error. Is it the distribution of the factors that helps, or the rate? Networks of several depths
 * learn Fashion-MNIST with GRAPES, with the layer's mean in place of each node's factor, with the layers' rates
 * multiplied by it, and without any; under backpropagation and random feedback. Each of them runs at its own best rate,
 * sought in steps of two on training images that are held back, with weights and orders that are not used
 * again. */
#include "common/results.h"
#include "common/stage.h"
#include "grapes_curves/options.h"
#include "grapes_curves/plan.h"
#include "grapes_curves/plot.h"
#include "grapes_curves/report.h"
#include "grapes_curves/trial.h"

#include <stdlib.h>

enum { FULL_SOUGHT = 12800 }; /* as many images as the default learns in all its epochs */

struct experiment {
    struct task task;
    struct plan plan;
};

/* Deep networks first: a long trial at the end would leave the other CPUs idle. */
static struct cell *cell_of(struct experiment *experiment, int64_t index)
{
    return &experiment->plan.cells[experiment->plan.cell_count - 1 - index];
}

static double scan_cost(void *user, int64_t index)
{
    struct experiment *experiment = user;
    const struct cell *cell = cell_of(experiment, index);
    return cell->kind == GRAPES_RATE ? 0.0 : trial_cost(cell);
}

static plast_status scan(plast_context *context, void *user, int64_t index)
{
    struct experiment *experiment = user;
    struct cell *cell = cell_of(experiment, index);
    return cell->kind == GRAPES_RATE ? PLAST_OK : trial_scan(context, &experiment->task, cell);
}

static double run_cost(void *user, int64_t index)
{
    struct experiment *experiment = user;
    return trial_cost(cell_of(experiment, index / experiment->plan.sizes.seeds));
}

static plast_status run(plast_context *context, void *user, int64_t index)
{
    struct experiment *experiment = user;
    const int seeds = experiment->plan.sizes.seeds;
    return trial_run(context, &experiment->task, cell_of(experiment, index / seeds), (int)(index % seeds));
}

static int run_stages(struct experiment *experiment, int threads, struct message *message)
{
    struct plan *plan = &experiment->plan;
    const struct stage scans = { "seeking rates", plan->cell_count, scan_cost, scan, experiment };
    const struct stage runs = { "learning", (int64_t)plan->cell_count * plan->sizes.seeds, run_cost, run, experiment };
    if (stage_run(&scans, threads, message) != 0)
        return -1;
    plan_match(plan);
    return stage_run(&runs, threads, message);
}

static struct sizes make_sizes(const struct options *options)
{
    struct sizes sizes = { .learned = 2560, .held_back = 2000, .tested = 2000 };
    if (options->full)
        sizes = (struct sizes){ .learned = 54000, .held_back = 6000, .tested = 10000 };
    if (options->quick)
        sizes = (struct sizes){ .learned = 128, .held_back = 100, .tested = 100 };
    sizes.epochs = options->epochs;
    sizes.sought = options->full ? FULL_SOUGHT : sizes.learned;
    sizes.scan_epochs = options->full ? 1 : options->epochs;
    sizes.seeds = options->seeds;
    return sizes;
}

static int run_all(const struct options *options, struct message *message)
{
    const struct sizes sizes = make_sizes(options);
    struct results results = { .folder = options->out, .name = "grapes_curves", .width = 1400 };
    struct experiment experiment = { .plan = { .cell_count = 0 } };
    if (results_check(&results, message) != 0 ||
        plan_make(&sizes, options->full, options->quick, &experiment.plan, message) != 0)
        return -1;
    int result = task_load(options->data, &experiment.plan, &experiment.task, message);
    if (result == 0) {
        result = run_stages(&experiment, options->threads, message);
        task_free(&experiment.task);
    }
    results.height = plot_height(&experiment.plan);
    if (result == 0)
        result = results_publish(&results, report_csv, report_print, plot_script, &experiment.plan, message);
    plan_free(&experiment.plan);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    options_read(argc, argv, &options);
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("grapes_curves", &message);
}
