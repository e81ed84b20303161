/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <math.h>

enum { BACKPROP = 0, TWOS = 1, FIRST_GRAPES = 4 };

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("arm,rate,seed,learned_tasks", file);
    for (int task = 1; task <= TASKS; task++)
        fprintf(file, ",task_%d", task);
    fputs(",held_back,diverged\n", file);
    for (int arm = 0; arm < ARMS; arm++)
        for (int rate = 0; rate < plan->sizes.rates; rate++)
            for (int seed = 0; seed < plan->sizes.seeds; seed++) {
                const struct run *run = plan_run(plan, arm, rate, seed);
                for (int after = 0; after < TASKS; after++) {
                    fprintf(file, "\"%s\",%g,%d,%d", plan_arms[arm].name, plan_rate(plan, rate), seed + 1, after + 1);
                    for (int task = 0; task < TASKS; task++)
                        fprintf(file, ",%.4f", run->test[after][task]);
                    if (after == TASKS - 1)
                        fprintf(file, ",%.4f,%d\n", run->held_back, run->diverged);
                    else
                        fprintf(file, ",,%d\n", run->diverged);
                }
            }
}

static void print_percent(struct summary summary, const char *format)
{
    if (isnan(summary.mean))
        printf("  %-14s", "-");
    else
        printf(format, 100.0 * summary.mean, 100.0 * summary.sd);
}

static void print_arm(const struct plan *plan, int arm)
{
    const int best = plan_best(plan, arm);
    const char edge = best == 0 ? '<' : best == plan->sizes.rates - 1 ? '>' : ' ';
    printf("%-24s %6.3g%c", plan_arms[arm].name, plan_rate(plan, best), edge);
    print_percent(plan_summary(plan, arm, best, run_final), "  %5.2f +-%4.2f ");
    print_percent(plan_summary(plan, arm, best, run_learned), "  %5.2f +-%4.2f ");
    print_percent(plan_summary(plan, arm, best, run_forgotten), "  %5.2f +-%4.2f ");
    if (arm != BACKPROP) {
        print_percent(plan_lead(plan, arm, BACKPROP, run_final), "  %+5.2f +-%4.2f ");
        print_percent(plan_excess(plan, arm, best), "  %+5.2f +-%4.2f ");
    }
    putchar('\n');
}

/* All seeds' mean, as the notebook prints it. */
static void print_matrix(const struct plan *plan, int arm)
{
    const int best = plan_best(plan, arm);
    printf("\n%s, rate %g: accuracy on each task after each\n", plan_arms[arm].name, plan_rate(plan, best));
    for (int after = 0; after < TASKS; after++) {
        for (int task = 0; task < TASKS; task++) {
            double mean = 0.0;
            for (int seed = 0; seed < plan->sizes.seeds; seed++)
                mean += plan_run(plan, arm, best, seed)->test[after][task] / plan->sizes.seeds;
            printf("  %5.2f", 100.0 * mean);
        }
        putchar('\n');
    }
}

/* More than four standard errors, because they come from few seeds; fewer than four tell nothing. */
static int sign_of(struct summary summary, int seeds)
{
    if (isnan(summary.mean) || seeds < 4 || fabs(summary.mean) <= 4.0 * summary.sd / sqrt(seeds))
        return 0;
    return summary.mean > 0.0 ? 1 : -1;
}

/* Against its own layer mean, which has the same rates: what is left is the distribution. */
static void print_answer(const struct plan *plan, int arm)
{
    static const char *const better[] = { "hurts", "has no effect that could be seen", "helps" };
    const int seeds = plan->sizes.seeds, mean = arm - 2;
    const struct summary own = plan_lead_everywhere(plan, arm, mean, run_final);
    const struct summary lost = plan_lead_everywhere(plan, arm, mean, run_forgotten);
    printf("%s, over its layer mean at the same rates: %+.2f +-%.2f points at the end, %+.2f +-%.2f forgotten:\n"
           "  the distribution of the factors %s.\n",
           plan_arms[arm].name, 100.0 * own.mean, 100.0 * own.sd, 100.0 * lost.mean, 100.0 * lost.sd,
           better[1 + sign_of(own, seeds)]);
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    const struct sizes *sizes = &plan->sizes;
    int diverged = 0;
    for (int i = 0; i < ARMS * sizes->rates * sizes->seeds; i++)
        diverged += plan->runs[i].diverged;
    printf("%d tasks of permuted images, one after another, %" PRId64
           " images each, seen once; 784-256-256-10, ReLU, no biases,\n"
           "momentum .9, batch %d; %d seed%s. Each arm at its best rate from %g to %g (< and > mark the ends), by the "
           "mean\n"
           "accuracy over tasks at the end on %" PRId64 " held-back images; the figures are of %" PRId64
           " test images.\n\n",
           TASKS, sizes->learned, BATCH, sizes->seeds, sizes->seeds == 1 ? "" : "s", plan_rate(plan, 0),
           plan_rate(plan, sizes->rates - 1), sizes->held_back, sizes->tested);
    printf("%-24s %6s   %-14s  %-14s  %-14s  %-14s  %s\n", "arm", "rate", "at the end, %", "when learned", "forgotten",
           "to backprop", "forgotten beyond backprop*");
    for (int arm = 0; arm < ARMS; arm++)
        print_arm(plan, arm);
    puts("* that learns as much: on the line between two of its rates, which lies somewhat too high, for all arms "
         "alike; -\n"
         "  where there is none such in all seeds");
    print_matrix(plan, BACKPROP);
    print_matrix(plan, TWOS);
    print_matrix(plan, ARMS - 1);
    putchar('\n');
    for (int arm = FIRST_GRAPES; arm < ARMS; arm++)
        print_answer(plan, arm);
    printf("%d of %d runs diverged and guess.\n", diverged, ARMS * sizes->rates * sizes->seeds);
}
