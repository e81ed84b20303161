/* SPDX-License-Identifier: MIT */
#include "findings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { MAX_CELLS = 2 * DEPTHS * INITS };

/* One network after so many images, each rule at its best rate. */
struct cell {
    int depth;
    int init;
    int checkpoint;
    struct summary accuracy[RULES];
};

struct cells {
    struct cell cell[MAX_CELLS];
    int count;
};

static void collect(const struct plan *plan, int checkpoint, struct cells *cells)
{
    for (int d = 0; d < DEPTHS; d++)
        for (int init = 0; init < INITS; init++) {
            struct cell cell = { .depth = plan_depths[d], .init = init, .checkpoint = checkpoint };
            int rules = 0;
            for (enum rule rule = 0; rule < RULES; rule++) {
                struct outcome best = plan_best(plan, cell.depth, init, rule, checkpoint);
                cell.accuracy[rule] = best.accuracy;
                rules += best.setting != NULL;
            }
            if (rules == RULES)
                cells->cell[cells->count++] = cell;
        }
}

/* By more than two standard errors of the difference. */
static bool is_ahead(struct summary a, struct summary b, int seeds)
{
    return a.mean - b.mean > 2.0 * sqrt((a.sd * a.sd + b.sd * b.sd) / seeds);
}

static double lead(const struct cell *cell, enum rule winner, enum rule loser)
{
    return cell->accuracy[winner].mean - cell->accuracy[loser].mean;
}

static void print_place(const struct plan *plan, const struct cell *cell)
{
    printf("with %d matrices (%s) after %" PRId64 " images", cell->depth, plan_inits[cell->init].label,
           plan->checkpoints[cell->checkpoint]);
}

/* "Oja's rule lifts SGD from ... to ...", at the depth and from the initial weights where it does so most. */
static void print_help(const struct plan *plan, const struct cells *cells)
{
    const struct cell *best[2] = { NULL, NULL }; /* among the depths, among the initialisations */
    for (int i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cell[i];
        const struct cell **place = &best[cell->init != XAVIER];
        if (is_ahead(cell->accuracy[OJA], cell->accuracy[SGD], plan->seeds) &&
            (*place == NULL || lead(cell, OJA, SGD) > lead(*place, OJA, SGD)))
            *place = cell;
    }
    printf("\nFinding: ");
    if (best[0] == NULL && best[1] == NULL) {
        puts("Oja's rule lifts plain SGD nowhere here.");
        return;
    }
    printf("Oja's rule lifts plain SGD, each at its best rate, ");
    for (int k = 0; k < 2; k++) {
        if (best[k] == NULL)
            continue;
        printf("%sfrom %.3f to %.3f ", k == 1 && best[0] != NULL ? ", and " : "", best[k]->accuracy[SGD].mean,
               best[k]->accuracy[OJA].mean);
        print_place(plan, best[k]);
    }
    puts(".");
}

/* How often one rule is ahead of another, and where most. */
static void print_duel(const struct plan *plan, const struct cells *cells, enum rule winner, enum rule loser,
                       const char *sentence)
{
    const struct cell *most = NULL;
    int count = 0;
    for (int i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cell[i];
        if (!is_ahead(cell->accuracy[winner], cell->accuracy[loser], plan->seeds))
            continue;
        count++;
        if (most == NULL || lead(cell, winner, loser) > lead(most, winner, loser))
            most = cell;
    }
    printf("  %s in %d of %d comparisons", sentence, count, cells->count);
    if (most != NULL) {
        printf(count > 1 ? ", most " : ", ");
        print_place(plan, most);
        printf(": %.3f against %.3f", most->accuracy[winner].mean, most->accuracy[loser].mean);
    }
    puts(".");
}

/* A better initialisation, and no Oja, where it is better than Oja's rule on the usual one. */
static void print_control(const struct plan *plan, int checkpoint)
{
    for (int d = 0; d < DEPTHS; d++) {
        struct outcome he = plan_best(plan, plan_depths[d], HE, SGD, checkpoint);
        struct outcome oja = plan_best(plan, plan_depths[d], XAVIER, OJA, checkpoint);
        if (plan_depths[d] < DEEP || he.accuracy.mean <= oja.accuracy.mean)
            continue;
        printf("  SGD from He's initialisation, without Oja, reaches %.3f with %d matrices after %" PRId64
               " images; SGD + Oja from Xavier's %.3f.\n",
               he.accuracy.mean, plan_depths[d], plan->checkpoints[checkpoint], oja.accuracy.mean);
    }
}

void findings_print(const struct plan *plan)
{
    struct cells cells = { .count = 0 };
    collect(plan, plan->early, &cells);
    if (plan->late > plan->early)
        collect(plan, plan->late, &cells);
    print_help(plan, &cells);
    print_duel(plan, &cells, OJA, SGD, "SGD + Oja is ahead of SGD");
    print_duel(plan, &cells, OJA, ADAM, "SGD + Oja is ahead of Adam");
    puts("Where it does not help:");
    print_duel(plan, &cells, SGD, OJA, "SGD is ahead of SGD + Oja");
    print_duel(plan, &cells, ADAM, OJA, "Adam is ahead of SGD + Oja");
    print_control(plan, plan->early);
    if (plan->late > plan->early)
        print_control(plan, plan->late);
    puts(plan->seeds > 1 ? "(Ahead: by more than two standard errors of the difference over the seeds.)"
                         : "(Ahead: by anything; a single seed has no spread.)");
}
