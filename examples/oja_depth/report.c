/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "findings.h"

#include <inttypes.h>

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("depth,init,rule,rate,seed,samples,accuracy,oja_rate\n", file);
    for (int i = 0; i < plan->setting_count * plan->seeds; i++) {
        const struct trial *trial = &plan->trials[i];
        const struct setting *setting = &plan->settings[trial->setting];
        for (int k = 0; k < trial->points; k++)
            fprintf(file, "%d,%s,%s,%g,%d,%" PRId64 ",%.4f,%g\n", setting->depth, plan_inits[setting->init].name,
                    plan_rules[setting->rule], setting->rate, trial->seed + 1, plan->checkpoints[k], trial->accuracy[k],
                    setting->oja_rate);
    }
}

/* Such as "0.710 +-0.012 (3e-03)" in a column of fixed width; * = some seeds diverged. */
static void print_outcome(const struct outcome *outcome)
{
    char rates[40];
    const struct setting *setting = outcome->setting;
    if (setting == NULL) {
        printf("  %-29s", "-");
        return;
    }
    if (setting->rule == OJA)
        snprintf(rates, sizeof rates, "(%g, Oja %g)", setting->rate, setting->oja_rate);
    else
        snprintf(rates, sizeof rates, "(%g)", setting->rate);
    printf("  %.3f +-%.3f%s %-*s", outcome->accuracy.mean, outcome->accuracy.sd, outcome->diverged > 0 ? "*" : "",
           outcome->diverged > 0 ? 14 : 15, rates);
}

static void print_row(const struct plan *plan, int depth, int init, int checkpoint)
{
    printf("%8d  %-14s", depth, plan_inits[init].label);
    for (enum rule rule = 0; rule < RULES; rule++) {
        struct outcome best = plan_best(plan, depth, init, rule, checkpoint);
        print_outcome(&best);
    }
    putchar('\n');
}

static void print_heading(const char *title, const struct plan *plan, int checkpoint)
{
    printf("\n%s, after %" PRId64 " images: accuracy, mean +-sd over %d seed%s (best rate)\n", title,
           plan->checkpoints[checkpoint], plan->seeds, plan->seeds == 1 ? "" : "s");
    printf("matrices  initialised as  %-29s  %-29s  %s\n", "SGD", "Adam", "SGD + Oja");
}

static void print_notes(const struct plan *plan)
{
    puts("\nA rule's best rate is the best of its grid for this network and this number of images.");
    if (plan->late > plan->early)
        printf("So many images as %" PRId64 " saw only the best rate after %" PRId64
               " images and the next lower one.\n",
               plan->checkpoints[plan->late], plan->checkpoints[plan->early]);
    int diverged = 0;
    for (int i = 0; i < plan->setting_count * plan->seeds; i++)
        diverged += plan->trials[i].diverged >= 0;
    printf("%d of %d trials diverged and count as guessing from there on (* where a best rate is among them).\n",
           diverged, plan->setting_count * plan->seeds);
}

static void print_depths(const struct plan *plan, int least, int init, int checkpoint)
{
    for (int d = 0; d < DEPTHS; d++)
        if (plan_depths[d] >= least)
            print_row(plan, plan_depths[d], init, checkpoint);
}

void report_print(const struct plan *plan)
{
    print_heading("Depth", plan, plan->early);
    print_depths(plan, 0, XAVIER, plan->early);
    print_heading("Depth, with a better initialisation as control", plan, plan->early);
    print_depths(plan, DEEP, HE, plan->early);
    print_heading("Initialisation", plan, plan->early);
    for (int init = 0; init < INITS; init++)
        print_row(plan, INIT_DEPTH, init, plan->early);
    if (plan->late > plan->early) {
        print_heading("Depth", plan, plan->late);
        print_depths(plan, 0, XAVIER, plan->late);
    }
    print_notes(plan);
    findings_print(plan);
}
