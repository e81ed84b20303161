/* SPDX-License-Identifier: MIT
 *
 * Does GRAPES (Dellaferrera et al. 2022) forget less? Five tasks, the same images with their pixels at other places,
 * are learned one after another. In the notebook that its authors released for this the factor is 2 for every node,
 * which is backpropagation at other rates of the layers; here are that factor, each node's own, its mean over the
 * layer, and plain backpropagation. A network that learns less forgets less: so every arm runs at all rates of a grid,
 * and is compared where it learns as much. The rate of its row in the table is chosen on training images that are held
 * back. */
#include "common/results.h"
#include "common/stage.h"
#include "grapes_forgetting/options.h"
#include "grapes_forgetting/plan.h"
#include "grapes_forgetting/plot.h"
#include "grapes_forgetting/report.h"
#include "grapes_forgetting/trial.h"

#include <stdlib.h>

struct experiment {
    struct images images;
    struct plan plan;
};

static plast_status run(plast_context *context, void *user, int64_t index)
{
    struct experiment *experiment = user;
    const int seeds = experiment->plan.sizes.seeds, rates = experiment->plan.sizes.rates;
    return trial_run(context, &experiment->images, (int)(index / seeds / rates), (int)(index / seeds % rates),
                     (int)(index % seeds));
}

static struct sizes make_sizes(const struct options *options)
{
    struct sizes sizes = { .learned = 6000, .held_back = 1000, .tested = 1000, .rates = 11, .first_rate = -2 };
    if (options->full)
        sizes = (struct sizes){ .learned = 54000, .held_back = 6000, .tested = 10000, .rates = 15, .first_rate = -6 };
    if (options->quick)
        sizes = (struct sizes){ .learned = 256, .held_back = 100, .tested = 100, .rates = 3, .first_rate = 6 };
    sizes.seeds = options->seeds;
    return sizes;
}

static int run_all(const struct options *options, struct message *message)
{
    const struct sizes sizes = make_sizes(options);
    const struct results results = {
        .folder = options->out, .name = "grapes_forgetting", .width = 1400, .height = 560
    };
    struct experiment experiment = { .plan = { .runs = NULL } };
    if (results_check(&results, message) != 0 || plan_make(&sizes, &experiment.plan, message) != 0)
        return -1;
    const struct stage stage = {
        .label = "learning", .count = (int64_t)ARMS * sizes.rates * sizes.seeds, .run = run, .user = &experiment
    };
    int result = images_load(options->data, &experiment.plan, &experiment.images, message);
    if (result == 0) {
        result = stage_run(&stage, options->threads, message);
        images_free(&experiment.images);
    }
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
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("grapes_forgetting", &message);
}
