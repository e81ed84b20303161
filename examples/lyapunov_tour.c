/* SPDX-License-Identifier: MIT
 *
 * Lyapunov exponents of systems that are written here, as callbacks: Henon's map, Lorenz's equations, and random
 * networks x' = J tanh(x) + sigma xi over gain, size and noise. Their largest exponent is compared with the theory of
 * infinitely many units, and whole spectra show that chaos is extensive: dimension and entropy rate grow with N, as in
 * Engelken, Wolf & Abbott, Physical Review Research 5 (2023). */
#include "common/results.h"
#include "common/stage.h"
#include "lyapunov_tour/options.h"
#include "lyapunov_tour/plan.h"
#include "lyapunov_tour/plot.h"
#include "lyapunov_tour/report.h"

#include <stdlib.h>

enum { CLASSICS = 2 };

/* The classics are the first two. Multiplications, roughly. */
static double cost(void *user, int64_t index)
{
    const struct plan *plan = user;
    if (index < CLASSICS)
        return 1e5 * (double)plan->steps;
    const struct trial *trial = &plan->trials[index - CLASSICS];
    const double n = plan_sizes[trial->size];
    return n * n * (trial->count == 1 ? 2.0 : 6.0 * n) * (double)plan->steps;
}

static plast_status run_one(plast_context *context, void *user, int64_t index)
{
    struct plan *plan = user;
    return index < CLASSICS ? classic_run(context, plan, (int)index)
                            : trial_run(context, plan, &plan->trials[index - CLASSICS]);
}

static int run_all(const struct options *options, struct message *message)
{
    const struct results results = { .folder = options->out, .name = "lyapunov_tour", .width = 1400, .height = 520 };
    struct plan plan;
    if (results_check(&results, message) != 0 || plan_make(options->seeds, options->quick, &plan, message) != 0)
        return -1;
    const struct stage stage = {
        .label = "systems", .count = CLASSICS + plan.trial_count, .cost = cost, .run = run_one, .user = &plan
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
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("lyapunov_tour", &message);
}
