/* SPDX-License-Identifier: MIT
 *
 * When does Oja's rule help backpropagation, and when not? Networks of 3 to 15 weight matrices learn Fashion-MNIST
 * online, one image at a time, by three rules: plain SGD, Adam, and SGD with Oja's rule on the hidden layers. So that
 * the comparison is fair, each rule is shown at the best rate of its own grid, chosen for each network and number of
 * images anew (by the mean accuracy over the seeds on the very test images shown: a small bonus to all rules alike),
 * and beside the deep networks stand the same ones with a better initialisation. What depth does to signals is looked
 * at in the same networks: how much of a small change in the first hidden layer arrives in each one above it.
 *
 * Shervani-Tabar, Rosenbaum: Nature Communications 14:1805 (2023), equation 10, with exact gradients. */
#include "common/results.h"
#include "common/stage.h"
#include "oja_depth/options.h"
#include "oja_depth/plan.h"
#include "oja_depth/plot.h"
#include "oja_depth/report.h"
#include "oja_depth/signals.h"
#include "oja_depth/trial.h"

#include <stdlib.h>

struct race {
    const struct task *task;
    struct plan *plan;
    const int *trials;
};

static double cost(void *user, int64_t index)
{
    const struct race *race = user;
    const struct trial *trial = &race->plan->trials[race->trials[index]];
    return (double)trial->samples * trial_weights(race->task, race->plan->settings[trial->setting].depth);
}

static plast_status run_trial(plast_context *context, void *user, int64_t index)
{
    const struct race *race = user;
    return trial_run(context, race->task, race->plan, &race->plan->trials[race->trials[index]]);
}

static int run_stage(const struct task *task, struct plan *plan, const int *trials, int count, int threads,
                     const char *label, struct message *message)
{
    struct race race = { .task = task, .plan = plan, .trials = trials };
    struct stage stage = { .label = label, .count = count, .cost = cost, .run = run_trial, .user = &race };
    return stage_run(&stage, threads, message);
}

struct look {
    const struct task *task;
    const struct signals *signals;
};

static double look_cost(void *user, int64_t index)
{
    const struct look *look = user;
    return signals_cost(look->task, look->signals, (int)index);
}

static plast_status run_look(plast_context *context, void *user, int64_t index)
{
    const struct look *look = user;
    return signals_run(context, look->task, look->signals, (int)index);
}

static int run_signals(const struct task *task, const struct plan *plan, int threads, struct signals *signals,
                       struct message *message)
{
    struct look look = { .task = task, .signals = signals };
    struct stage stage = { .label = "signals", .cost = look_cost, .run = run_look, .user = &look };
    if (signals_make(plan, signals, message) != 0)
        return -1;
    stage.count = (int64_t)signals->arm_count * plan->seeds;
    return stage_run(&stage, threads, message);
}

/* All settings up to the early checkpoint, then the best of each rule on to the late one. */
static int run_plan(const struct task *task, struct plan *plan, int threads, struct message *message)
{
    int all = plan->setting_count * plan->seeds;
    int *trials = malloc((size_t)all * sizeof *trials);
    if (trials == NULL)
        return message_set(message, "out of memory for %d trials", all);
    for (int i = 0; i < all; i++)
        trials[i] = i;
    int result = run_stage(task, plan, trials, all, threads, "short runs", message);
    if (result == 0 && plan->late > plan->early) {
        int count = plan_extend(plan, trials);
        result = run_stage(task, plan, trials, count, threads, "long runs", message);
    }
    free(trials);
    return result;
}

/* The numbers first: whatever happens to the figure, they are there. */
static int publish(const struct results *results, const struct plan *plan, const struct signals *signals,
                   struct message *message)
{
    struct results second = *results;
    second.name = "oja_depth_signals";
    int result = results_csv(results, report_csv, plan, message);
    if (result == 0)
        result = results_csv(&second, signals_csv, signals, message);
    report_print(plan);
    signals_print(signals);
    if (results_flush(message) != 0)
        return -1;
    return result == 0 ? results_draw(results, plot_script, signals, message) : result;
}

static int run_all(const struct options *options, struct message *message)
{
    int64_t early = options->quick ? 50 : 3000;
    struct plan plan;
    struct task task;
    struct signals signals = { .probes = NULL };
    struct results results = { .folder = options->out, .name = "oja_depth", .width = 1400, .height = 940 };
    if (results_check(&results, message) != 0)
        return -1;
    if (early > options->samples)
        early = options->samples;
    if (plan_make(options->seeds, early, options->samples, &plan, message) != 0)
        return -1;
    int result =
        task_load(options->data, options->quick ? 200 : 2000, options->seeds, options->samples, &task, message);
    if (result == 0) {
        result = run_plan(&task, &plan, options->threads, message);
        if (result == 0)
            result = run_signals(&task, &plan, options->threads, &signals, message);
        task_free(&task);
    }
    if (result == 0)
        result = publish(&results, &plan, &signals, message);
    signals_free(&signals);
    plan_free(&plan);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    options_read(argc, argv, &options);
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("oja_depth", &message);
}
