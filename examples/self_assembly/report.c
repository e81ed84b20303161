/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void write_trial(FILE *file, const struct plan *plan, const struct trial *trial)
{
    const struct task *task = &arms_tasks[trial->task];
    for (int k = trial->tuning ? POINTS - 1 : 0; k < POINTS; k++) {
        fprintf(file, "%s,\"%s\",\"%s\",%g,%d,%" PRId64 ",%.5g,", trial->tuning ? "tuning" : "race", task->name,
                arms[trial->arm].name, trial->rate, trial->seed, plan_samples(plan, trial->task, k),
                trial->point[k].score);
        if (trial->diverged >= 0)
            fprintf(file, "%" PRId64, trial->diverged);
        for (int layer = 0; layer < MAX_HIDDEN; layer++) {
            const double angle =
                layer < task->layers - 1 ? trial->point[k].alignment[layer][PLAST_ALIGNED_FLATTENED] : (double)NAN;
            fputc(',', file);
            if (!isnan(angle))
                fprintf(file, "%.4g", angle);
        }
        fputc('\n', file);
    }
}

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("stage,task,arm,rate,seed,samples,score,diverged", file);
    for (int layer = 1; layer <= MAX_HIDDEN; layer++)
        fprintf(file, ",signal_angle_%d", layer);
    fputc('\n', file);
    for (int i = 0; i < plan->tuned + plan->raced; i++)
        write_trial(file, plan, &plan->trials[i]);
}

static void print_row(const struct plan *plan, int task, int arm)
{
    const struct outcome outcome = plan_outcome(plan, task, arm, POINTS - 1);
    char angles[64] = "";
    for (int layer = 0; layer < arms_tasks[task].layers - 1; layer++) {
        const size_t used = strlen(angles);
        snprintf(angles + used, sizeof angles - used, isnan(outcome.angle[layer]) ? " -" : " %.0f",
                 outcome.angle[layer]);
    }
    printf("%-20s  %5g%c  ", arms[arm].name, outcome.trials[0].rate, "< >"[outcome.edge + 1]);
    if (arms_tasks[task].teacher)
        printf("%.4f +-%.4f", outcome.score.mean, outcome.score.sd);
    else
        printf("%6.2f +-%-6.2f", 100.0 * outcome.score.mean, 100.0 * outcome.score.sd);
    printf(" %s\n", angles);
    if (outcome.diverged > 0)
        printf("%-20s  %d of %d seeds diverged\n", "", outcome.diverged, plan->seeds);
}

static void print_table(const struct plan *plan, int task)
{
    const struct task *t = &arms_tasks[task];
    printf("\n%s: %s after %" PRId64 " samples, batch %" PRId64 ", %d seed%s\n", t->name,
           t->teacher ? "normalised squared error" : "accuracy in %, Fashion-MNIST,", plan->samples[task], t->batch,
           plan->seeds, plan->seeds == 1 ? "" : "s");
    printf("%-20s  %5s   %-15s  %s\n", "arm", "rate", t->teacher ? "error" : "accuracy", "angles");
    for (int arm = 0; arm < arms_count(); arm++)
        print_row(plan, task, arm);
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    int diverged = 0;
    for (int task = 0; task < TASKS; task++)
        print_table(plan, task);
    puts(
        "\nMean +-sd over the seeds. Angles in degrees from backpropagation's learning signals, of all test samples as "
        "one\nvector, for each hidden layer from the input on. Rates: the best of each grid, for each arm and task, on "
        "a seed and\nsamples of their own; < and > mark the ends of a grid.");
    for (int i = 0; i < plan->tuned; i++)
        diverged += plan->trials[i].diverged >= 0;
    printf("%d of %d trials that tuned rates diverged; those above that did count as guessing.\n", diverged,
           plan->tuned);
}
