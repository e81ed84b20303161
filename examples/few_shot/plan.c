/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

const struct arm_name plan_arms[ARMS] = {
    [BP] = { "bp", "BP", "8A8A8A" },
    [BP_OJA] = { "bp_oja", "BP + Oja", "E69F00" },
    [FA] = { "fa", "FA", "0072B2" },
    [FA_OJA] = { "fa_oja", "FA + Oja", "D55E00" },
    [FA_EHEBB] = { "fa_ehebb", "FA + eHebb", "009E73" },
    [F_BIO] = { "f_bio", "FA + eHebb + Oja", "CC79A7" },
    [REVERSED] = { "fa_ehebb_reversed", "FA - eHebb", "56B4E9" },
    [FLIPPED] = { "fa_ehebb_flipped", "FA - eHebb, flipped", "202020" },
};

enum { MOST = 7 }; /* values of a coefficient, 0 behind the last */

/* Every combination is tried. Oja's coefficient goes no further because theta_9 |y|^2 must stay below 2, and |y|^2
 * reaches about 150 here. FLIPPED has none of its own. */
static const struct {
    bool fixed_feedback;
    double theta_0[MOST], theta_2[MOST], theta_9[MOST];
} grids[FLIPPED] = {
    [BP] = { false, { 3e-3, 1e-2, 2e-2, 3e-2 }, { 0.0 }, { 0.0 } },
    [BP_OJA] = { false, { 1e-3, 3e-3, 1e-2 }, { 0.0 }, { 2e-3, 4e-3, 6e-3 } },
    [FA] = { true, { 1e-3, 3e-3, 1e-2, 2e-2, 3e-2, 1e-1 }, { 0.0 }, { 0.0 } },
    [FA_OJA] = { true, { 3e-3, 1e-2, 2e-2 }, { 0.0 }, { 2e-3, 4e-3, 6e-3 } },
    [FA_EHEBB] = { true, { 1e-2, 2e-2, 3e-2 }, { -0.15, -0.3, -0.5, -1.0 }, { 0.0 } },
    [F_BIO] = { true, { 5e-3, 1e-2, 2e-2 }, { -0.05, -0.15, -0.3 }, { 2e-3, 4e-3, 6e-3 } },
    [REVERSED] = { true, { 5e-3, 1e-2, 2e-2 }, { 0.15, 0.5, 1.0, 2.0, 4.0, 8.0 }, { 0.0 } },
};

/* For FA the best rate falls with the number of images: 1e-2 or more for the episodes, 3e-3 or 1e-3 after 5000. */
const struct setting plan_long_runs[LONG_RUNS] = {
    { BP, { false, 3e-3, 0.0, 0.0 } }, { FA, { true, 1e-3, 0.0, 0.0 } },      { FA, { true, 3e-3, 0.0, 0.0 } },
    { FA, { true, 1e-2, 0.0, 0.0 } },  { FA_OJA, { true, 3e-3, 0.0, 4e-3 } }, { F_BIO, { true, 3e-3, -0.05, 4e-3 } },
};

/* How many values the grid has; at least one, which may be 0. */
static int length(const double *values)
{
    int n = 1;
    while (n < MOST && values[n] != 0.0)
        n++;
    return n;
}

static int arm_settings(enum arm arm)
{
    return length(grids[arm].theta_0) * length(grids[arm].theta_2) * length(grids[arm].theta_9);
}

static void make_settings(struct plan *plan)
{
    struct setting *next = plan->settings;
    for (enum arm arm = 0; arm < FLIPPED; arm++)
        for (int i = 0; i < length(grids[arm].theta_0); i++)
            for (int j = 0; j < length(grids[arm].theta_2); j++)
                for (int k = 0; k < length(grids[arm].theta_9); k++)
                    *next++ = (struct setting){ arm,
                                                { grids[arm].fixed_feedback, grids[arm].theta_0[i],
                                                  grids[arm].theta_2[j], grids[arm].theta_9[k] } };
}

static void make_checkpoints(struct plan *plan, int64_t samples)
{
    static const int64_t usual[] = { 50, 100, 250, 500, 1000, 2000, 3000, 5000, 7000, 10000, 20000 };
    int n = 0;
    for (int i = 0; i < (int)(sizeof usual / sizeof usual[0]); i++)
        if (usual[i] < samples)
            plan->checkpoints[n++] = usual[i];
    plan->checkpoints[n++] = samples;
    plan->checkpoint_count = n;
}

int plan_make(int tuning, int episodes, int seeds, int64_t samples, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .tuning = tuning, .episodes = episodes, .seeds = seeds };
    make_checkpoints(plan, samples);
    for (enum arm arm = 0; arm < FLIPPED; arm++)
        plan->setting_count += arm_settings(arm);
    plan->settings = calloc((size_t)plan->setting_count + 1, sizeof *plan->settings);
    plan->tuned = calloc((size_t)plan->setting_count * (size_t)tuning, sizeof *plan->tuned);
    plan->shown = calloc((size_t)ARMS * (size_t)episodes, sizeof *plan->shown);
    plan->curves = calloc((size_t)LONG_RUNS * (size_t)seeds * (size_t)plan->checkpoint_count, sizeof *plan->curves);
    if (plan->settings == NULL || plan->tuned == NULL || plan->shown == NULL || plan->curves == NULL) {
        plan_free(plan);
        return message_set(message, "out of memory for the plan");
    }
    make_settings(plan);
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->settings);
    free(plan->tuned);
    free(plan->shown);
    free(plan->curves);
    *plan = (struct plan){ 0 };
}

void plan_choose(struct plan *plan)
{
    double highest[FLIPPED];
    for (enum arm arm = 0; arm < FLIPPED; arm++)
        highest[arm] = -1.0;
    for (int i = 0; i < plan->setting_count; i++) {
        enum arm arm = plan->settings[i].arm;
        double mean = 0.0;
        for (int k = 0; k < plan->tuning; k++)
            mean += plan->tuned[i * plan->tuning + k].measured.accuracy / plan->tuning;
        if (mean > highest[arm]) {
            highest[arm] = mean;
            plan->best[arm] = i;
        }
    }
    struct setting *flipped = &plan->settings[plan->setting_count];
    *flipped = (struct setting){ FLIPPED, plan->settings[plan->best[FA_EHEBB]].recipe };
    flipped->recipe.theta_2 = -flipped->recipe.theta_2;
    plan->best[FLIPPED] = plan->setting_count;
}

double result_value(const struct result *result, enum quantity quantity, int layer)
{
    const struct measured *measured = &result->measured;
    switch (quantity) {
    case ACCURACY:
        return measured->accuracy;
    case ANGLE:
        return measured->angle[layer];
    case ORTHONORMALITY:
        return measured->orthonormality[layer];
    case ACTIVITY:
        return measured->activity[layer];
    default:
        return measured->weights[layer];
    }
}

/* The values that are numbers; returns how many. */
static int collect(const struct plan *plan, enum arm arm, enum quantity quantity, int layer, double *values)
{
    int n = 0;
    for (int i = 0; i < plan->episodes; i++) {
        double value = result_value(&plan->shown[arm * plan->episodes + i], quantity, layer);
        if (!isnan(value))
            values[n++] = value;
    }
    return n;
}

struct summary plan_summary(const struct plan *plan, enum arm arm, enum quantity quantity, int layer)
{
    double values[MAX_EPISODES];
    int n = collect(plan, arm, quantity, layer, values);
    return n > 0 ? summarise(values, n) : (struct summary){ (double)NAN, (double)NAN };
}

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double plan_median(const struct plan *plan, enum arm arm, enum quantity quantity, int layer)
{
    double values[MAX_EPISODES];
    int n = collect(plan, arm, quantity, layer, values);
    qsort(values, (size_t)n, sizeof *values, compare_values);
    return n > 0 ? 0.5 * (values[(n - 1) / 2] + values[n / 2]) : (double)NAN;
}

struct summary plan_difference(const struct plan *plan, enum arm a, enum arm b)
{
    double values[MAX_EPISODES];
    for (int i = 0; i < plan->episodes; i++)
        values[i] = plan->shown[a * plan->episodes + i].measured.accuracy -
                    plan->shown[b * plan->episodes + i].measured.accuracy;
    return summarise(values, plan->episodes);
}

int plan_diverged(const struct plan *plan, enum arm arm)
{
    int diverged = 0;
    for (int i = 0; i < plan->episodes; i++)
        diverged += plan->shown[arm * plan->episodes + i].diverged;
    return diverged;
}

static const struct result *curve_at(const struct plan *plan, int run, int seed, int checkpoint)
{
    return &plan->curves[(run * plan->seeds + seed) * plan->checkpoint_count + checkpoint];
}

double plan_curve(const struct plan *plan, int run, int checkpoint, enum quantity quantity, int layer)
{
    double sum = 0.0;
    int n = 0;
    for (int seed = 0; seed < plan->seeds; seed++) {
        double value = result_value(curve_at(plan, run, seed, checkpoint), quantity, layer);
        if (isnan(value))
            continue;
        sum += quantity == ACCURACY ? value : log(value);
        n++;
    }
    if (n == 0)
        return (double)NAN;
    return quantity == ACCURACY ? sum / n : exp(sum / n);
}

int plan_curve_diverged(const struct plan *plan, int run, int checkpoint)
{
    int diverged = 0;
    for (int seed = 0; seed < plan->seeds; seed++)
        diverged += curve_at(plan, run, seed, checkpoint)->diverged;
    return diverged;
}
