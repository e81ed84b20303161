/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

const char *const plan_arms[ARMS] = { "no flossing", "k = 1, local", "k = 1, exact", "k = 75", "k = 75, again" };
const int plan_places[PLACES] = { 1, 38, FLOSSED };
const char *const plan_moments[MOMENTS] = { "drawn", "flossed", "end" };
const double plan_learned = 0.95;

const char *plan_task(const struct task *task)
{
    return task->order == 0 ? "copy" : "xor";
}

static void choose(enum plan_size size, struct plan *plan)
{
    static const struct task usual[] = { { 0, 10 }, { 0, 20 }, { 0, 40 }, { 1, 10 }, { 1, 15 } };
    static const struct task quick[] = { { 0, 4 }, { 1, 3 } };
    static const struct task full[] = { { 0, 10 }, { 0, 20 }, { 0, 40 }, { 0, 55 }, { 0, 70 },
                                        { 1, 5 },  { 1, 10 }, { 1, 15 }, { 1, 20 } };
    const struct task *tasks = size == PLAN_QUICK ? quick : size == PLAN_FULL ? full : usual;
    const size_t bytes = size == PLAN_QUICK ? sizeof quick : size == PLAN_FULL ? sizeof full : sizeof usual;
    plan->task_count = (int)(bytes / sizeof *tasks);
    for (int i = 0; i < plan->task_count; i++)
        plan->tasks[i] = tasks[i];
}

int plan_make(enum plan_size size, int seeds, struct plan *plan, struct message *message)
{
    *plan =
        (struct plan){ .epochs = 400, .window = 50, .steps = 300, .updates = 300, .again_every = 100, .measured = 500 };
    if (size == PLAN_FULL) {
        plan->epochs = 3000;
        plan->updates = 500;
    } else if (size == PLAN_QUICK)
        *plan = (struct plan){ .epochs = 12, .window = 4, .steps = 30, .updates = 3, .again_every = 4, .measured = 40 };
    plan->seeds = seeds;
    choose(size, plan);
    plan->trials = calloc((size_t)seeds * MOST_TASKS * ARMS, sizeof *plan->trials);
    if (plan->trials == NULL)
        return message_set(message, "out of memory for the plan");
    for (int seed = 0; seed < seeds; seed++)
        for (int task = 0; task < plan->task_count; task++)
            for (enum arm arm = ARM_NONE; arm < ARMS; arm++)
                plan->trials[plan->trial_count++] = (struct trial){ .task = task, .arm = arm, .seed = seed + 1 };
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->trials);
    *plan = (struct plan){ 0 };
}

const struct trial *plan_trial(const struct plan *plan, int seed, int task, enum arm arm)
{
    return &plan->trials[(seed * plan->task_count + task) * ARMS + (int)arm];
}

/* The end of the first window that was good enough. */
static double until(const struct plan *plan, const struct trial *trial)
{
    int point = 0;
    while (point < trial->points && trial->curve[point] < plan_learned)
        point++;
    return (double)((point + 1) * plan->window);
}

struct outcome plan_outcome(const struct plan *plan, int task, enum arm arm)
{
    double accuracy[MOST_SEEDS] = { 0.0 };
    struct outcome outcome = { .until = 0.0 };
    for (int seed = 0; seed < plan->seeds; seed++) {
        const struct trial *trial = plan_trial(plan, seed, task, arm);
        accuracy[seed] = trial->accuracy;
        if (trial->accuracy >= plan_learned) {
            outcome.learned++;
            outcome.until += until(plan, trial);
        }
        for (int moment = 0; moment < MOMENTS; moment++)
            for (int place = 0; place < PLACES; place++)
                outcome.exponents[moment][place] += trial->exponents[moment][place] / plan->seeds;
    }
    outcome.accuracy = summarise(accuracy, plan->seeds);
    outcome.until = outcome.learned > 0 ? outcome.until / outcome.learned : (double)NAN;
    return outcome;
}
