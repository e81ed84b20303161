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

#include <cblas.h>
#include <stdio.h>
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
    const struct results results = { .folder = options->out, .name = "lyapunov_tour", .width = 1400, .height = 520 };
    struct plan plan;
    if (results_check(&results, message) != 0 || plan_make(options->seeds, options->quick, &plan, message) != 0)
        return -1;
    const struct stage stage = {
        .label = "systems", .count = CLASSICS + plan.trial_count, .cost = cost, .run = run_one, .user = &plan
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
        fputs("Try 'lyapunov_tour --help'.\n", stderr);
        return 2;
    }
    if (options.help) {
        options_help();
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    /* The trials already keep all CPUs busy; OpenBLAS must not start threads of its own for each of them. */
    openblas_set_num_threads(1);
    if (run_all(&options, &message) != 0) {
        fprintf(stderr, "lyapunov_tour: %s\n", message.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
