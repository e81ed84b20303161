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

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("task,delay,arm,seed,accuracy,diverged", file);
    for (int moment = 0; moment < MOMENTS; moment++)
        for (int place = 0; place < PLACES; place++)
            fprintf(file, ",lambda_%d_%s", plan_places[place], plan_moments[moment]);
    for (int64_t epoch = plan->window; epoch <= plan->epochs; epoch += plan->window)
        fprintf(file, ",accuracy_%" PRId64, epoch);
    fputc('\n', file);
    for (int i = 0; i < plan->trial_count; i++) {
        const struct trial *trial = &plan->trials[i];
        const struct task *task = &plan->tasks[trial->task];
        fprintf(file, "%s,%" PRId64 ",\"%s\",%d", plan_task(task), task->delay, plan_arms[trial->arm], trial->seed);
        write_number(file, trial->accuracy);
        write_number(file, trial->diverged >= 0 ? (double)trial->diverged : (double)NAN);
        for (int moment = 0; moment < MOMENTS; moment++)
            for (int place = 0; place < PLACES; place++)
                write_number(file, trial->exponents[moment][place]);
        for (int point = 0; point < (int)(plan->epochs / plan->window); point++)
            write_number(file, point < trial->points ? trial->curve[point] : (double)NAN);
        fputc('\n', file);
    }
}

static void print_exponents(const double *exponents)
{
    for (int place = 0; place < PLACES; place++)
        printf(" %6.3f", exponents[place]);
}

static void print_row(const struct plan *plan, int task, enum arm arm)
{
    const struct outcome o = plan_outcome(plan, task, arm);
    printf("  %-13s %2d of %-2d  %5.3f +-%.3f  ", plan_arms[arm], o.learned, plan->seeds, o.accuracy.mean,
           o.accuracy.sd);
    if (o.learned > 0)
        printf("%6.0f ", o.until);
    else
        printf("%6s ", "-");
    print_exponents(o.exponents[AT_END]);
    putchar('\n');
}

/* Flossing before training knows nothing of the task: the networks of the first one serve. */
static void print_flossing(const struct plan *plan)
{
    puts("\nExponents 1, 38 and 75 before training, natural logarithm per step");
    for (enum arm arm = ARM_NONE; arm < ARM_DURING; arm++) {
        const struct outcome o = plan_outcome(plan, 0, arm);
        printf("  %-13s", plan_arms[arm]);
        print_exponents(o.exponents[ONCE_FLOSSED]);
        putchar('\n');
    }
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    printf("80 tanh units, %" PRId64 " batches of 16 fresh sequences of %" PRId64 " random bits; %" PRId64
           " updates of flossing each time;\n%d network%s of each kind. Learned: %.0f %% right in the last %" PRId64
           " batches; guessing is .5; again = also twice\nduring training\n\n"
           "                learned         right    batches  exponents 1, 38, 75 at the end\n",
           plan->epochs, plan->steps, plan->updates, plan->seeds, plan->seeds == 1 ? "" : "s", 100.0 * plan_learned,
           plan->window);
    for (int task = 0; task < plan->task_count; task++) {
        const struct task *t = &plan->tasks[task];
        if (t->order == 0)
            printf("copy after %" PRId64 " steps\n", t->delay);
        else
            printf("XOR of %" PRId64 " and %" PRId64 " steps ago\n", t->delay, 2 * t->delay);
        for (enum arm arm = ARM_NONE; arm < ARMS; arm++)
            print_row(plan, task, arm);
    }
    print_flossing(plan);
}
