/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include "../common/forgetting.h"

#include <math.h>
#include <stdlib.h>

const struct arm plan_arms[ARMS] = {
    { "backprop", GRAPES_PLAIN, GRAPES_LOCAL, false, "404040" },
    { "constant factor 2", GRAPES_PLAIN, GRAPES_LOCAL, true, "E69F00" },
    { "layer mean, local", GRAPES_MEAN, GRAPES_LOCAL, false, "56B4E9" },
    { "layer mean, propagating", GRAPES_MEAN, GRAPES_PROPAGATING, false, "0072B2" },
    { "GRAPES, local", GRAPES_FULL, GRAPES_LOCAL, false, "CC79A7" },
    { "GRAPES, propagating", GRAPES_FULL, GRAPES_PROPAGATING, false, "D55E00" },
};

int plan_make(const struct sizes *sizes, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .sizes = *sizes };
    plan->runs = calloc((size_t)ARMS * (size_t)sizes->rates * (size_t)sizes->seeds, sizeof *plan->runs);
    return plan->runs != NULL ? 0 : message_set(message, "out of memory for the plan");
}

void plan_free(struct plan *plan)
{
    free(plan->runs);
    plan->runs = NULL;
}

double plan_rate(const struct plan *plan, int rate)
{
    return 0.001 * exp2((plan->sizes.first_rate + rate) / 2.0);
}

struct run *plan_run(const struct plan *plan, int arm, int rate, int seed)
{
    return plan->runs + ((ptrdiff_t)arm * plan->sizes.rates + rate) * plan->sizes.seeds + seed;
}

static double held_back(const struct run *run)
{
    return run->held_back;
}

int plan_best(const struct plan *plan, int arm)
{
    int best = 0;
    for (int rate = 1; rate < plan->sizes.rates; rate++)
        if (plan_summary(plan, arm, rate, held_back).mean > plan_summary(plan, arm, best, held_back).mean)
            best = rate;
    return best;
}

double run_final(const struct run *run)
{
    return forgetting_accuracy(run->test[0], TASKS, TASKS);
}

double run_learned(const struct run *run)
{
    double mean = 0.0;
    for (int task = 0; task < TASKS; task++)
        mean += run->test[task][task] / TASKS;
    return mean;
}

double run_forgotten(const struct run *run)
{
    return forgetting_mean(run->test[0], TASKS, TASKS);
}

struct summary plan_summary(const struct plan *plan, int arm, int rate, double (*value)(const struct run *))
{
    double values[MOST_SEEDS];
    for (int seed = 0; seed < plan->sizes.seeds; seed++)
        values[seed] = value(plan_run(plan, arm, rate, seed));
    return summarise(values, plan->sizes.seeds);
}

struct summary plan_lead(const struct plan *plan, int arm, int other, double (*value)(const struct run *))
{
    const int rate = plan_best(plan, arm), others = plan_best(plan, other);
    double values[MOST_SEEDS];
    for (int seed = 0; seed < plan->sizes.seeds; seed++)
        values[seed] = value(plan_run(plan, arm, rate, seed)) - value(plan_run(plan, other, others, seed));
    return summarise(values, plan->sizes.seeds);
}

struct summary plan_lead_everywhere(const struct plan *plan, int arm, int other, double (*value)(const struct run *))
{
    double values[MOST_SEEDS] = { 0.0 };
    for (int seed = 0; seed < plan->sizes.seeds; seed++)
        for (int rate = 0; rate < plan->sizes.rates; rate++)
            values[seed] +=
                (value(plan_run(plan, arm, rate, seed)) - value(plan_run(plan, other, rate, seed))) / plan->sizes.rates;
    return summarise(values, plan->sizes.seeds);
}

/* Of plain backpropagation, between the first two neighbouring rates that learn less and more. */
static double forgotten_at(const struct plan *plan, double learned, int seed)
{
    for (int rate = 0; rate + 1 < plan->sizes.rates; rate++) {
        const struct run *low = plan_run(plan, 0, rate, seed), *high = plan_run(plan, 0, rate + 1, seed);
        const double from = run_learned(low), to = run_learned(high);
        if (from <= learned && learned <= to && from < to)
            return run_forgotten(low) + (learned - from) / (to - from) * (run_forgotten(high) - run_forgotten(low));
    }
    return (double)NAN;
}

struct summary plan_excess(const struct plan *plan, int arm, int rate)
{
    double values[MOST_SEEDS];
    for (int seed = 0; seed < plan->sizes.seeds; seed++) {
        const struct run *run = plan_run(plan, arm, rate, seed);
        values[seed] = run_forgotten(run) - forgotten_at(plan, run_learned(run), seed);
    }
    return summarise(values, plan->sizes.seeds);
}
