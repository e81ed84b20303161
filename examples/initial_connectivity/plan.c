/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

const char *const plan_tasks[TASKS] = { "2AF", "DMS", "CXT" };

/* ModProp's average over types of Gaussian weights, whose signs are mixed, is 0 but for chance: so beside ten types
 * stands the filter without an average, every unit a type of its own. */
const struct arm arms[] = {
    { "bptt", "bptt", "backprop", .usual = true },
    { "e-prop", "eprop", "backprop", .usual = true },
    { "modprop, W itself", "modprop", "backprop", .types = -1 },
    { "modprop, 10 types", "modprop", "backprop", .types = 10, .usual = true },
    { "e-prop, random feedback", "eprop", "fa", .usual = true },
    { "e-prop + Oja", "eprop", "backprop", .oja = true, .usual = true },
    { "random feedback + Oja", "eprop", "fa", .oja = true, .usual = true },
    { "readout alone", "eprop", "fa", .readout_alone = true },
    { "readout alone + Oja", "eprop", "fa", .readout_alone = true, .oja = true, .usual = true },
    { "bptt, flossed first, exact", "bptt", "backprop", .flossing = FLOSSING_EXACT },
    { "bptt, flossed first, local", "bptt", "backprop", .flossing = FLOSSING_LOCAL },
    { "e-prop, flossed first, exact", "eprop", "backprop", .flossing = FLOSSING_EXACT },
    { "e-prop, flossed first, local", "eprop", "backprop", .flossing = FLOSSING_LOCAL },
};

int arms_count(void)
{
    return (int)(sizeof arms / sizeof arms[0]);
}

static void choose(enum plan_size size, struct plan *plan)
{
    static const double gains[] = { 0.1, 0.5, 1.0, 1.5, 2.0, 2.5 };
    plan->iterations = size == PLAN_QUICK ? 40 : 4000;
    for (int i = 0; i < MOST_GAINS; i++)
        if (size != PLAN_QUICK || i == 1 || i == 3)
            plan->gains[plan->gain_count++] = gains[i];
    for (int i = 0; i < arms_count(); i++)
        if (size != PLAN_USUAL || arms[i].usual)
            plan->arms[plan->arm_count++] = i;
}

int plan_make(enum plan_size size, int seeds, double oja_rate, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .seeds = seeds, .oja_rate = oja_rate };
    choose(size, plan);
    plan->trials = calloc((size_t)seeds * TASKS * MOST_GAINS * MOST_ARMS, sizeof *plan->trials);
    if (plan->trials == NULL)
        return message_set(message, "out of memory for the plan");
    for (int seed = 0; seed < seeds; seed++)
        for (int task = 0; task < TASKS; task++)
            for (int gain = 0; gain < plan->gain_count; gain++)
                for (int arm = 0; arm < plan->arm_count; arm++)
                    plan->trials[plan->trial_count++] =
                        (struct trial){ .task = (enum choice_kind)task,
                                        .arm = plan->arms[arm],
                                        .gain = plan->gains[gain],
                                        .seed = seed + 1,
                                        .oja_rate = arms[plan->arms[arm]].oja ? oja_rate : 0.0 };
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->trials);
    *plan = (struct plan){ 0 };
}

int64_t plan_iteration(const struct plan *plan, int point)
{
    static const double share[POINTS] = { 0.0, 0.1, 0.25, 0.5, 0.75, 1.0 };
    return (int64_t)(share[point] * (double)plan->iterations);
}

static struct summary summarise_finite(const double *values, int n)
{
    double finite[MOST_SEEDS];
    int count = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(values[i]))
            finite[count++] = values[i];
    return count > 0 ? summarise(finite, count) : (struct summary){ NAN, NAN };
}

/* A single seed that diverges decides. */
static double mean_exponent(const double *values, int n)
{
    for (int i = 0; i < n; i++)
        if (isinf(values[i]))
            return (double)INFINITY;
    return summarise_finite(values, n).mean;
}

struct outcome plan_outcome(const struct plan *plan, int task, int gain, int arm)
{
    double early[MOST_SEEDS], late[MOST_SEEDS], accuracy[MOST_SEEDS], before[MOST_SEEDS], after[MOST_SEEDS];
    double first[MOST_SEEDS], last[MOST_SEEDS];
    struct outcome outcome = { .lowest = 1.0 };
    for (int seed = 0; seed < plan->seeds; seed++) {
        const struct trial *trial =
            &plan->trials[((seed * TASKS + task) * plan->gain_count + gain) * plan->arm_count + arm];
        early[seed] = trial->early;
        late[seed] = trial->late;
        accuracy[seed] = trial->accuracy;
        before[seed] = trial->connectivity[0].radius;
        after[seed] = trial->connectivity[POINTS - 1].radius;
        first[seed] = trial->connectivity[0].lambda;
        last[seed] = trial->connectivity[POINTS - 1].lambda;
        outcome.lowest = fmin(outcome.lowest, trial->accuracy);
        outcome.diverged += trial->diverged >= 0;
    }
    outcome.early = summarise_finite(early, plan->seeds);
    outcome.late = summarise_finite(late, plan->seeds);
    outcome.accuracy = summarise_finite(accuracy, plan->seeds);
    outcome.before = summarise_finite(before, plan->seeds);
    outcome.after = summarise_finite(after, plan->seeds);
    outcome.lambda[0] = mean_exponent(first, plan->seeds);
    outcome.lambda[1] = mean_exponent(last, plan->seeds);
    return outcome;
}
