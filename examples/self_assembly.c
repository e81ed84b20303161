/* SPDX-License-Identifier: MIT
 *
 * Does a learning circuit assemble itself from random wiring? The ascending stream of a network and the descending one
 * that teaches it start as independent random matrices, all of which learn by one local rule. Beside it stand
 * backpropagation, Kolen-Pollack and feedback alignment, and the same circuit sparse, with streams of other sizes, with
 * one group of synapses frozen, and with the gate at which it fails. Every arm runs at the best rate of the task's
 * grid.
 *
 * After Liao et al. 2024; the equations are a reconstruction: docs/circuit.md. */
#include "common/results.h"
#include "common/stage.h"
#include "self_assembly/options.h"
#include "self_assembly/plan.h"
#include "self_assembly/plot.h"
#include "self_assembly/report.h"
#include "self_assembly/trial.h"

#include <stdlib.h>

/* The trials of a stage are a piece of the plan's list. */
struct piece {
    const struct dataset *dataset;
    struct plan *plan;
    int first;
};

static double cost(void *user, int64_t index)
{
    const struct piece *piece = user;
    return trial_cost(piece->plan, &piece->plan->trials[piece->first + index]);
}

static plast_status run_trial(plast_context *context, void *user, int64_t index)
{
    const struct piece *piece = user;
    return trial_run(context, piece->dataset, piece->plan, &piece->plan->trials[piece->first + index]);
}

static int run_plan(const struct dataset *dataset, struct plan *plan, int threads, struct message *message)
{
    struct piece piece = { .dataset = dataset, .plan = plan };
    struct stage stage = {
        .label = "tuning rates", .count = plan->tuned, .cost = cost, .run = run_trial, .user = &piece
    };
    if (stage_run(&stage, threads, message) != 0)
        return -1;
    plan_choose(plan);
    piece.first = plan->tuned;
    stage.label = "assembling";
    stage.count = plan->raced;
    return stage_run(&stage, threads, message);
}

static int run_all(const struct options *options, struct message *message)
{
    const struct results results = {
        .folder = options->out, .name = "self_assembly", .width = 1500, .height = PLOT_HEIGHT
    };
    const int64_t tested = options->quick ? 100 : 2000;
    struct plan plan;
    struct dataset dataset;
    if (results_check(&results, message) != 0 || plan_make(options->seeds,
                                                           options->quick  ? 0.002
                                                           : options->full ? 5.0
                                                                           : 1.0,
                                                           tested, &plan, message) != 0)
        return -1;
    int result = dataset_load(options->data, tested, &dataset, message);
    if (result == 0) {
        result = run_plan(&dataset, &plan, options->threads, message);
        dataset_free(&dataset);
    }
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
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("self_assembly", &message);
}
