/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <plasticity/plasticity.h>

#include <stdlib.h>

const int plan_depths[DEPTHS] = { 3, 5, 8, 10, 15 };
const char *const plan_rules[RULES] = { "sgd", "adam", "oja" };

const struct init_choice plan_inits[INITS] = {
    { "xavier-0.25", "Xavier x 0.25", PLAST_INIT_XAVIER_UNIFORM, 0.25 },
    { "xavier-0.5", "Xavier x 0.5", PLAST_INIT_XAVIER_UNIFORM, 0.5 },
    { "xavier", "Xavier", PLAST_INIT_XAVIER_UNIFORM, 1.0 },
    { "xavier-2", "Xavier x 2", PLAST_INIT_XAVIER_UNIFORM, 2.0 },
    { "he", "He", PLAST_INIT_HE_NORMAL, 1.0 },
    { "normal-0.01", "N(0, 0.01^2)", PLAST_INIT_GAUSSIAN, 0.01 },
    { "normal-0.1", "N(0, 0.1^2)", PLAST_INIT_GAUSSIAN, 0.1 },
    { "orthogonal", "orthogonal", PLAST_INIT_ORTHOGONAL, 1.0 },
};

/* The grids, ascending for each rule. The best rate of a rule is looked for here, for each network and number of images
 * anew. They are so wide that the best of SGD and Adam lies inside wherever these learn at all. Oja's own rate goes no
 * further because rate |y|^2 must stay below 2, and |y|^2 reaches about 150 here. */
static const struct {
    enum rule rule;
    double rate;
    double oja_rate;
} grid[] = {
    { SGD, 1e-4, 0.0 },  { SGD, 3e-4, 0.0 },  { SGD, 1e-3, 0.0 },  { SGD, 3e-3, 0.0 },  { SGD, 1e-2, 0.0 },
    { SGD, 3e-2, 0.0 },  { SGD, 1e-1, 0.0 },  { ADAM, 3e-5, 0.0 }, { ADAM, 1e-4, 0.0 }, { ADAM, 3e-4, 0.0 },
    { ADAM, 1e-3, 0.0 }, { OJA, 1e-3, 1e-3 }, { OJA, 1e-3, 3e-3 }, { OJA, 3e-3, 3e-3 },
};

enum { GRID = sizeof grid / sizeof grid[0] };

/* Every depth with Xavier's initialisation, one with all of them, and the deep ones with He's as a control. */
static bool is_tried(int depth, int init)
{
    return init == XAVIER || depth == INIT_DEPTH || (init == HE && depth >= DEEP);
}

static void make_settings(struct plan *plan)
{
    for (int d = 0; d < DEPTHS; d++)
        for (int init = 0; init < INITS; init++)
            for (int g = 0; g < GRID && is_tried(plan_depths[d], init); g++)
                plan->settings[plan->setting_count++] =
                    (struct setting){ plan_depths[d], init, grid[g].rule, grid[g].rate, grid[g].oja_rate };
}

static int compare_counts(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void make_checkpoints(struct plan *plan, int64_t early, int64_t late)
{
    static const int64_t usual[] = { 100, 300, 1000, 3000, 10000, 30000 };
    int n = 0;
    for (int i = 0; i < (int)(sizeof usual / sizeof usual[0]); i++)
        if (usual[i] < late && usual[i] != early)
            plan->checkpoints[n++] = usual[i];
    plan->checkpoints[n++] = early;
    if (late > early)
        plan->checkpoints[n++] = late;
    qsort(plan->checkpoints, (size_t)n, sizeof plan->checkpoints[0], compare_counts);
    plan->checkpoint_count = n;
    plan->late = n - 1;
    while (plan->checkpoints[plan->early] != early)
        plan->early++;
}

int plan_make(int seeds, int64_t early, int64_t late, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .seeds = seeds };
    make_checkpoints(plan, early, late);
    plan->settings = calloc((size_t)DEPTHS * INITS * GRID, sizeof *plan->settings);
    plan->trials = calloc((size_t)DEPTHS * INITS * GRID * (size_t)seeds, sizeof *plan->trials);
    if (plan->settings == NULL || plan->trials == NULL) {
        plan_free(plan);
        return message_set(message, "out of memory for the plan");
    }
    make_settings(plan);
    for (int i = 0; i < plan->setting_count * seeds; i++)
        plan->trials[i] = (struct trial){ .setting = i / seeds, .seed = i % seeds, .samples = early, .diverged = -1 };
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->settings);
    free(plan->trials);
    *plan = (struct plan){ 0 };
}

struct outcome plan_outcome(const struct plan *plan, int setting, int checkpoint)
{
    const struct trial *trials = &plan->trials[setting * plan->seeds];
    struct outcome outcome = { .setting = &plan->settings[setting] };
    double accuracy[MAX_SEEDS];
    for (int seed = 0; seed < plan->seeds; seed++) {
        if (trials[seed].points <= checkpoint)
            return (struct outcome){ .setting = NULL };
        accuracy[seed] = trials[seed].accuracy[checkpoint];
        outcome.diverged += trials[seed].diverged >= 0 && trials[seed].diverged < plan->checkpoints[checkpoint];
    }
    outcome.accuracy = summarise(accuracy, plan->seeds);
    return outcome;
}

struct outcome plan_best(const struct plan *plan, int depth, int init, enum rule rule, int checkpoint)
{
    struct outcome best = { .setting = NULL };
    for (int i = 0; i < plan->setting_count; i++) {
        const struct setting *setting = &plan->settings[i];
        if (setting->depth != depth || setting->init != init || setting->rule != rule)
            continue;
        struct outcome outcome = plan_outcome(plan, i, checkpoint);
        if (outcome.setting != NULL && (best.setting == NULL || outcome.accuracy.mean > best.accuracy.mean))
            best = outcome;
    }
    return best;
}

/* Plain SGD from He's initialisation goes on too at the largest depth: the control of the learning curves. */
static bool goes_on(const struct setting *setting)
{
    return setting->init == XAVIER ||
           (setting->init == HE && setting->depth == plan_depths[DEPTHS - 1] && setting->rule == SGD);
}

static bool same_grid(const struct setting *a, const struct setting *b)
{
    return a->depth == b->depth && a->init == b->init && a->rule == b->rule;
}

/* Learning for longer favours lower rates, if anything. */
int plan_extend(struct plan *plan, int *trials)
{
    int n = 0;
    for (int i = 0; i < plan->setting_count; i++) {
        const struct setting *setting = &plan->settings[i];
        struct outcome best = plan_best(plan, setting->depth, setting->init, setting->rule, plan->early);
        bool below = setting + 1 == best.setting && same_grid(setting, best.setting);
        if (!goes_on(setting) || (setting != best.setting && !below))
            continue;
        for (int seed = 0; seed < plan->seeds; seed++) {
            trials[n] = i * plan->seeds + seed;
            plan->trials[trials[n++]].samples = plan->checkpoints[plan->late];
        }
    }
    return n;
}
