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

#include <cblas.h>
#include <stdio.h>
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

/* The numbers first: whatever happens to the figure, they are there. */
static int publish(const struct results *results, const struct plan *plan, struct message *message)
{
    int result = results_csv(results, report_csv, plan, message);
    report_print(plan);
    if (results_flush(message) != 0)
        return -1;
    return result == 0 ? results_draw(results, plot_script, plan, message) : result;
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
        result = publish(&results, &plan, message);
    plan_free(&plan);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    if (options_parse(argc, argv, &options) != 0) {
        fputs("Try 'flossing --help'.\n", stderr);
        return 2;
    }
    if (options.help) {
        options_help();
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    /* The trials already keep all CPUs busy; OpenBLAS must not start threads of its own for each of them. */
    openblas_set_num_threads(1);
    if (run_all(&options, &message) != 0) {
        fprintf(stderr, "flossing: %s\n", message.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
