/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

const double plan_gains[GAINS] = { 0.3, 0.6, 0.9, 1.2 };
const double plan_scales[SCALES] = { 0.5, 2.0 };
const char *const plan_weights[WEIGHTS] = { "before", "after Oja", "Gaussian", "orthogonal" };

int plan_make(int quick, int seeds, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .seeds = seeds, .course = { 60000, 4000, 4000 } };
    if (quick)
        plan->course = (struct course){ 1000, 400, 400 };
    plan->trials = calloc((size_t)seeds * SCALES * GAINS, sizeof *plan->trials);
    if (plan->trials == NULL)
        return message_set(message, "out of memory for the plan");
    for (int seed = 0; seed < seeds; seed++)
        for (int scale = 0; scale < SCALES; scale++)
            for (int gain = 0; gain < GAINS; gain++)
                plan->trials[plan->trial_count++] =
                    (struct trial){ .gain = plan_gains[gain], .scale = plan_scales[scale], .seed = seed + 1 };
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->trials);
    *plan = (struct plan){ 0 };
}

struct outcome plan_outcome(const struct plan *plan, int scale, int gain, enum weights weights)
{
    double capacity[MOST_SEEDS], radius[MOST_SEEDS], dimension[MOST_SEEDS];
    struct outcome outcome = { .lowest = INFINITY };
    for (int seed = 0; seed < plan->seeds; seed++) {
        const struct measured *measured = &plan->trials[(seed * SCALES + scale) * GAINS + gain].measured[weights];
        capacity[seed] = measured->capacity;
        radius[seed] = measured->radius;
        dimension[seed] = measured->dimension;
        outcome.lowest = fmin(outcome.lowest, measured->capacity);
        for (int k = 0; k < DELAYS; k++)
            outcome.by_delay[k] += measured->by_delay[k] / plan->seeds;
    }
    outcome.capacity = summarise(capacity, plan->seeds);
    outcome.radius = summarise(radius, plan->seeds);
    outcome.dimension = summarise(dimension, plan->seeds);
    return outcome;
}
