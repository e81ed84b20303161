/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

/* `trials` NULL only counts them. */
static void make_trials(struct plan *plan, struct trial *trials)
{
    int n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int task = 0; task < TASKS; task++)
            for (int arm = 0; arm < arms_count(); arm++) {
                const int count = pass == 0 ? arms_rates(&arms_tasks[task]) : plan->seeds;
                for (int i = 0; i < count; i++, n++)
                    if (trials != NULL)
                        trials[n] = (struct trial){ .task = task,
                                                    .arm = arm,
                                                    .rate = arms_tasks[task].rates[pass == 0 ? i : 0],
                                                    .tuning = pass == 0,
                                                    .seed = pass == 0 ? 0 : i + 1,
                                                    .diverged = -1 };
            }
        if (pass == 0)
            plan->tuned = n;
    }
    plan->raced = n - plan->tuned;
}

int plan_make(int seeds, double scale, int64_t tested, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .seeds = seeds, .tested = tested };
    for (int task = 0; task < TASKS; task++) {
        const int64_t batch = arms_tasks[task].batch;
        const int64_t batches = (int64_t)(scale * (double)arms_tasks[task].samples / (double)batch);
        plan->samples[task] = (batches > 1 ? batches : 1) * batch;
    }
    make_trials(plan, NULL);
    plan->trials = calloc((size_t)plan->tuned + (size_t)plan->raced, sizeof *plan->trials);
    if (plan->trials == NULL)
        return message_set(message, "out of memory for the plan");
    make_trials(plan, plan->trials);
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->trials);
    plan->trials = NULL;
}

int64_t plan_samples(const struct plan *plan, int task, int point)
{
    static const double share[POINTS] = { 0.0, 0.01, 0.03, 0.1, 0.3, 1.0 };
    const int64_t batch = arms_tasks[task].batch;
    return (int64_t)(share[point] * (double)(plan->samples[task] / batch)) * batch;
}

static bool is_better(int task, double a, double b)
{
    return arms_tasks[task].teacher ? a < b : a > b;
}

static const struct trial *best_trial(const struct plan *plan, int task, int arm)
{
    const struct trial *best = NULL;
    for (int i = 0; i < plan->tuned; i++) {
        const struct trial *trial = &plan->trials[i];
        if (trial->task == task && trial->arm == arm &&
            (best == NULL || is_better(task, trial->point[POINTS - 1].score, best->point[POINTS - 1].score)))
            best = trial;
    }
    return best;
}

void plan_choose(struct plan *plan)
{
    for (int i = plan->tuned; i < plan->tuned + plan->raced; i++)
        plan->trials[i].rate = best_trial(plan, plan->trials[i].task, plan->trials[i].arm)->rate;
}

struct outcome plan_outcome(const struct plan *plan, int task, int arm, int point)
{
    const struct trial *trials = &plan->trials[plan->tuned + (task * arms_count() + arm) * plan->seeds];
    const double *rates = arms_tasks[task].rates;
    struct outcome outcome = { .trials = trials };
    double scores[MAX_SEEDS];
    outcome.edge = trials[0].rate == rates[0] ? -1 : trials[0].rate == rates[arms_rates(&arms_tasks[task]) - 1];
    for (int seed = 0; seed < plan->seeds; seed++) {
        scores[seed] = trials[seed].point[point].score;
        outcome.diverged += trials[seed].diverged >= 0 && trials[seed].diverged < plan_samples(plan, task, point);
    }
    outcome.score = summarise(scores, plan->seeds);
    for (int layer = 0; layer < MAX_HIDDEN; layer++) {
        double sum = 0.0;
        int n = 0;
        for (int seed = 0; seed < plan->seeds; seed++) {
            const double angle = trials[seed].point[point].alignment[layer][PLAST_ALIGNED_FLATTENED];
            sum += isnan(angle) ? 0.0 : angle;
            n += !isnan(angle);
        }
        outcome.angle[layer] = n > 0 ? sum / n : (double)NAN;
    }
    return outcome;
}
