/* SPDX-License-Identifier: MIT
 *
 * Does Oja's rule on recurrent weights, with no error signal, make a network remember more of its input? Linear memory
 * capacity before and after, from weak and from strong initial weights, beside random weights that have the spectral
 * radius at which the rule arrives: is it more than the radius? And with input weights so large that tanh saturates.
 *
 * The rule is that of Shervani-Tabar & Rosenbaum 2023 (Nature Communications 14:1805), equation 10, from step to step;
 * that it improves memory is the claim of Shervani-Tabar, Mirhoseini & Rosenbaum (arXiv:2408.08408), of which only the
 * abstract was at hand. */
#include "common/results.h"
#include "common/stage.h"
#include "recurrent_memory/options.h"
#include "recurrent_memory/plan.h"
#include "recurrent_memory/plot.h"
#include "recurrent_memory/report.h"
#include "recurrent_memory/trial.h"

#include <stdlib.h>

static plast_status run_trial(plast_context *context, void *user, int64_t index)
{
    struct plan *plan = user;
    return trial_run(context, &plan->course, &plan->trials[index]);
}

static int run_all(const struct options *options, struct message *message)
{
    const struct results results = { .folder = options->out, .name = "recurrent_memory", .width = 1400, .height = 520 };
    struct plan plan;
    if (results_check(&results, message) != 0 || plan_make(options->quick, options->seeds, &plan, message) != 0)
        return -1;
    struct stage stage = { .label = "remembering", .count = plan.trial_count, .run = run_trial, .user = &plan };
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
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("recurrent_memory", &message);
}
