/* SPDX-License-Identifier: MIT
 *
 * How much do initial recurrent weights decide what plausible rules can learn? Networks learn three decision tasks,
 * two with a delay, from Gaussian weights of different gain: by backpropagation through time, by e-prop, by ModProp,
 * by e-prop with random feedback; by the e-prop rules with Oja's rule beside them, which is said to help from poor
 * weights; and by Oja's rule with an error for the readout alone, to tell what of that is the rule's own doing; and
 * after gradient flossing, which first brings the largest Lyapunov exponent near 0.
 *
 * After Liu, Zhang & Liu 2024 (arXiv:2410.11164), in the setting of the public code of Liu et al. 2024
 * (arXiv:2310.08513). */
#include "common/results.h"
#include "common/stage.h"
#include "initial_connectivity/options.h"
#include "initial_connectivity/plan.h"
#include "initial_connectivity/plot.h"
#include "initial_connectivity/report.h"
#include "initial_connectivity/trial.h"

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
    const struct results results = {
        .folder = options->out, .name = "initial_connectivity", .width = 1300, .height = 1000
    };
    struct plan plan;
    if (results_check(&results, message) != 0 ||
        plan_make(options->size, options->seeds, options->oja_rate, &plan, message) != 0)
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
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("initial_connectivity", &message);
}
