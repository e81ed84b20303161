/* SPDX-License-Identifier: MIT
 *
 * Does gradient flossing let a recurrent network learn over long delays? Networks learn to copy random bits after a
 * delay, or the XOR of two of them, by backpropagation through time: as they were drawn; after flossing, which brings
 * Lyapunov exponents near 0, the first 75 or only one, that also by the local, three-factor form; and with flossing
 * again while they learn.
 *
 * After Engelken 2023 (arXiv:2312.17306), in the setting of its public example code. */
#include "common/results.h"
#include "common/stage.h"
#include "flossing/options.h"
#include "flossing/plan.h"
#include "flossing/plot.h"
#include "flossing/report.h"
#include "flossing/trial.h"

#include <stdlib.h>

static double cost(void *user, int64_t index)
{
    const struct plan *plan = user;
    return trial_cost(plan, &plan->trials[index]);
}

static plast_status run_trial(plast_context *context, void *user, int64_t index)
{
    struct plan *plan = user;
    return trial_run(context, plan, &plan->trials[index]);
}

static int run_all(const struct options *options, struct message *message)
{
    const struct results results = { .folder = options->out, .name = "flossing", .width = 1300, .height = 480 };
    struct plan plan;
    if (results_check(&results, message) != 0 || plan_make(options->size, options->seeds, &plan, message) != 0)
        return -1;
    struct stage stage = {
        .label = "learning", .count = plan.trial_count, .cost = cost, .run = run_trial, .user = &plan
    };
    int result = stage_run(&stage, options->threads, message);
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
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("flossing", &message);
}
