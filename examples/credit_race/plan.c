/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

/* A few inside the first epoch, then the end of each, all where a minibatch ends. */
static void make_checkpoints(struct plan *plan, int epochs)
{
    static const int64_t early[EARLY_POINTS] = { 0, 1000, 3000, 10000, 30000 };
    const int64_t batch = plan->course->batch;
    int n = 0;
    for (int i = 0; i < EARLY_POINTS; i++) {
        int64_t samples = early[i] / batch * batch;
        if (samples < plan->sizes.learned && samples < plan->sizes.samples)
            plan->checkpoints[n++] = samples;
    }
    for (int epoch = 1; epoch < epochs; epoch++)
        plan->checkpoints[n++] = epoch * plan->sizes.learned / batch * batch;
    plan->checkpoints[n++] = plan->sizes.samples;
    plan->checkpoint_count = n;
}

/* Tuning trials where there is a choice; then the race. `trials` NULL only counts them. */
static void make_trials(struct plan *plan, struct trial *trials)
{
    const struct course *course = plan->course;
    int n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int shape = 0; shape < course->shape_count; shape++)
            for (int method = 0; method < course->method_count; method++) {
                int rates = course_rates(&course->methods[method]);
                int count = pass == 1 ? plan->seeds : rates > 1 ? rates : 0;
                for (int i = 0; i < count; i++, n++)
                    if (trials != NULL)
                        trials[n] = (struct trial){ .shape = shape,
                                                    .method = method,
                                                    .rate = course->methods[method].rates[pass == 0 ? i : 0],
                                                    .tuning = pass == 0,
                                                    .seed = pass == 0 ? 0 : i,
                                                    .diverged = -1 };
            }
        if (pass == 0)
            plan->tuned = n;
    }
    plan->raced = n - plan->tuned;
}

int plan_make(const struct course *course, const struct sizes *sizes, int epochs, int seeds, struct plan *plan,
              struct message *message)
{
    *plan = (struct plan){ .course = course, .sizes = *sizes, .seeds = seeds };
    make_checkpoints(plan, epochs);
    make_trials(plan, NULL);
    plan->trials = calloc((size_t)plan->tuned + (size_t)plan->raced, sizeof *plan->trials);
    plan->points =
        calloc((size_t)plan->tuned + (size_t)plan->raced * (size_t)plan->checkpoint_count, sizeof *plan->points);
    if (plan->trials == NULL || plan->points == NULL) {
        plan_free(plan);
        return message_set(message, "out of memory for the plan");
    }
    make_trials(plan, plan->trials);
    struct point *point = plan->points;
    for (int i = 0; i < plan->tuned + plan->raced; i++) {
        plan->trials[i].point = point;
        point += i < plan->tuned ? 1 : plan->checkpoint_count;
    }
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->trials);
    free(plan->points);
    *plan = (struct plan){ .course = NULL };
}

/* The tuning trial of the best rate; NULL where nothing was tuned. */
static const struct trial *best_trial(const struct plan *plan, int shape, int method)
{
    const struct trial *best = NULL;
    for (int i = 0; i < plan->tuned; i++) {
        const struct trial *trial = &plan->trials[i];
        if (trial->shape == shape && trial->method == method &&
            (best == NULL || trial->point[0].accuracy > best->point[0].accuracy))
            best = trial;
    }
    return best;
}

void plan_choose(struct plan *plan)
{
    for (int i = plan->tuned; i < plan->tuned + plan->raced; i++) {
        struct trial *trial = &plan->trials[i];
        const struct trial *best = best_trial(plan, trial->shape, trial->method);
        if (best != NULL)
            trial->rate = best->rate;
    }
}

static int edge_of(const struct method *method, double rate)
{
    int rates = course_rates(method);
    if (rates < 2)
        return 0;
    return rate == method->rates[0] ? -1 : rate == method->rates[rates - 1];
}

/* Those that diverged have no angles. */
static void average(const struct plan *plan, const struct trial *trials, int checkpoint, struct outcome *outcome)
{
    for (int layer = 0; layer < MAX_HIDDEN; layer++)
        for (int column = 0; column < PLAST_ALIGNED; column++) {
            double sum = 0.0;
            int n = 0;
            for (int seed = 0; seed < plan->seeds; seed++) {
                double value = trials[seed].point[checkpoint].alignment[layer][column];
                if (!isnan(value)) {
                    sum += value;
                    n++;
                }
            }
            outcome->alignment[layer][column] = n > 0 ? sum / n : (double)NAN;
        }
}

struct outcome plan_outcome(const struct plan *plan, int shape, int method, int checkpoint)
{
    const struct trial *trials =
        &plan->trials[plan->tuned + (shape * plan->course->method_count + method) * plan->seeds];
    struct outcome outcome = { .trials = trials,
                               .rate = trials[0].rate,
                               .edge = edge_of(&plan->course->methods[method], trials[0].rate) };
    double accuracy[MAX_SEEDS];
    for (int seed = 0; seed < plan->seeds; seed++) {
        accuracy[seed] = trials[seed].point[checkpoint].accuracy;
        outcome.seconds += trials[seed].seconds / plan->seeds;
        outcome.diverged += trials[seed].diverged >= 0 && trials[seed].diverged <= plan->checkpoints[checkpoint];
    }
    outcome.accuracy = summarise(accuracy, plan->seeds);
    average(plan, trials, checkpoint, &outcome);
    return outcome;
}
