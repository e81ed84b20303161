/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <math.h>

static void write_number(FILE *file, double value)
{
    fputc(',', file);
    if (isfinite(value))
        fprintf(file, "%.6g", value);
}

/* "div" where the state diverges. */
static void write_exponent(FILE *file, double value)
{
    if (isinf(value))
        fputs(",div", file);
    else
        write_number(file, value);
}

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("task,arm,gain,seed,oja_rate,early_loss,late_loss,accuracy,diverged", file);
    for (int point = 0; point < POINTS; point++)
        fprintf(file, ",radius_%" PRId64, plan_iteration(plan, point));
    fprintf(file, ",lambda_0,lambda_%" PRId64 "\n", plan->iterations);
    for (int i = 0; i < plan->trial_count; i++) {
        const struct trial *trial = &plan->trials[i];
        fprintf(file, "%s,\"%s\",%g,%d,%g", plan_tasks[trial->task], arms[trial->arm].name, trial->gain, trial->seed,
                trial->oja_rate);
        write_number(file, trial->early);
        write_number(file, trial->late);
        write_number(file, trial->accuracy);
        write_number(file, trial->diverged >= 0 ? (double)trial->diverged : NAN);
        for (int point = 0; point < POINTS; point++)
            write_number(file, trial->connectivity[point].radius);
        write_exponent(file, trial->connectivity[0].lambda);
        write_exponent(file, trial->connectivity[POINTS - 1].lambda);
        fputc('\n', file);
    }
}

static void print_exponent(double value)
{
    if (isinf(value))
        fputs("   div", stdout);
    else
        printf(" %5.2f", value);
}

static void print_row(const struct plan *plan, int task, int gain, int arm)
{
    const struct outcome o = plan_outcome(plan, task, gain, arm);
    printf("%5.1f  %-28s  %6.4f  %6.4f +-%.4f  %5.3f +-%.3f  %5.3f  %5.2f -> %5.2f", plan->gains[gain],
           arms[plan->arms[arm]].name, o.early.mean, o.late.mean, o.late.sd, o.accuracy.mean, o.accuracy.sd, o.lowest,
           o.before.mean, o.after.mean);
    fputs(" ", stdout);
    print_exponent(o.lambda[0]);
    fputs(" ->", stdout);
    print_exponent(o.lambda[1]);
    if (o.diverged > 0)
        printf("  %d of %d diverged", o.diverged, plan->seeds);
    putchar('\n');
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    for (int task = 0; task < TASKS; task++) {
        printf("\n%s, %" PRId64 " iterations, %d seed%s: mean +-sd\n", plan_tasks[task], plan->iterations, plan->seeds,
               plan->seeds == 1 ? "" : "s");
        puts(" gain  arm                           early   late loss        accuracy        least  spectral radius     "
             "   lambda_1");
        for (int gain = 0; gain < plan->gain_count; gain++)
            for (int arm = 0; arm < plan->arm_count; arm++)
                print_row(plan, task, gain, arm);
    }
    printf(
        "\nEarly: loss around iteration 950; late loss and accuracy: in the last twentieth. Accuracy is that of the\n"
        "decisions, guessing .5, at best about .88 (2AF, CXT) and 1 (DMS). Oja's rule at rate %g. Diverged runs\n"
        "count as guessing and have no losses. lambda_1 is that of the network driven by its task, trial after trial\n"
        "without a reset; div: the state leaves the range of numbers within 192 steps, in one seed or more.\n",
        plan->oja_rate);
}
