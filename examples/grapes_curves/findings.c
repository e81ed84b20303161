/* SPDX-License-Identifier: MIT */
#include "findings.h"

#include <math.h>
#include <stdio.h>

/* Over networks, each a mean over its seeds, so that a network counts once. */
struct effect {
    double sum;
    double variance; /* of the sum, from the spread over the seeds */
    int networks;
    int guessing; /* left out: a run of either arm does little more than guess, and a gap between them is no finding */
};

static void count(struct effect *effect, struct summary lead, int seeds)
{
    if (isnan(lead.mean))
        return;
    effect->sum += lead.mean;
    effect->variance += lead.sd * lead.sd / seeds;
    effect->networks++;
}

static double mean_of(const struct effect *effect)
{
    return effect->sum / effect->networks;
}

static double error_of(const struct effect *effect)
{
    return sqrt(effect->variance) / effect->networks;
}

/* Rates are sought with other weights: a network that hardly learns may guess at the rate that was found. */
static bool guesses(const struct plan *plan, const struct cell *cell)
{
    for (int seed = 0; seed < plan->sizes.seeds; seed++)
        if (plan_last(cell->runs[seed].accuracy, plan->sizes.epochs) < 1.5 / CLASSES)
            return true;
    return false;
}

/* Of arm `kind` over arm `to`, over all networks under a scheme. */
static struct effect effect_of(const struct plan *plan, int scheme, enum grapes_version version, enum grapes_kind kind,
                               enum grapes_kind to,
                               struct summary (*lead)(const struct plan *, const struct cell *, const struct cell *))
{
    struct effect effect = { 0.0, 0.0, 0, 0 };
    for (int i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        const struct cell *other = plan_beside(plan, cell, to);
        if (cell->scheme != scheme || cell->kind != kind || cell->version != version || other == NULL)
            continue;
        if (guesses(plan, cell) || guesses(plan, other))
            effect.guessing++;
        else
            count(&effect, lead(plan, cell, other), plan->sizes.seeds);
    }
    return effect;
}

static void print_effect(const struct plan *plan, int scheme, enum grapes_version version, enum grapes_kind kind,
                         enum grapes_kind to)
{
    const struct effect points = effect_of(plan, scheme, version, kind, to, plan_lead);
    const struct effect slower = effect_of(plan, scheme, version, kind, to, plan_slower);
    if (points.networks == 0)
        printf("  %-19s", "-");
    else
        printf("  %+5.2f +-%.2f x%4.2f", 100.0 * mean_of(&points), 100.0 * error_of(&points),
               slower.networks > 0 ? exp(mean_of(&slower)) : (double)NAN);
}

/* More than three standard errors, because some of these come from few seeds. */
static void print_verdict(const struct plan *plan, int scheme, enum grapes_version version)
{
    const struct effect own = effect_of(plan, scheme, version, GRAPES_FULL, GRAPES_MEAN, plan_lead);
    if (own.networks == 0)
        fputs("  -", stdout);
    else if (fabs(own.sum) <= 3.0 * sqrt(own.variance))
        fputs("  no effect of the distribution seen", stdout);
    else
        fputs(own.sum > 0.0 ? "  the distribution helps" : "  the distribution hurts", stdout);
    if (own.guessing > 0)
        printf(" (%d left out)", own.guessing);
    puts("");
}

void findings_print(const struct plan *plan)
{
    puts(
        "Is it the distribution of the factors that helps, or the rate? Points of accuracy +- standard error, and the\n"
        "ratio of slowness, over all networks but those that guess in one of the two arms (left out):\n"
        "                       GRAPES over          rate-matched over    layer mean over      GRAPES over\n"
        "feedback, version      its layer mean       the layer mean       plain                plain");
    for (int scheme = 0; scheme < FEEDBACKS; scheme++)
        for (int version = GRAPES_LOCAL; version <= GRAPES_PER_SYNAPSE; version++) {
            const enum grapes_version v = (enum grapes_version)version;
            const struct effect any = effect_of(plan, scheme, v, GRAPES_FULL, GRAPES_PLAIN, plan_lead);
            if (any.networks + any.guessing == 0)
                continue;
            printf("%-8s  %-11s", plan_schemes[scheme].name, plan_version_names[version]);
            print_effect(plan, scheme, v, GRAPES_FULL, GRAPES_MEAN);
            print_effect(plan, scheme, v, GRAPES_RATE, GRAPES_MEAN);
            print_effect(plan, scheme, v, GRAPES_MEAN, GRAPES_PLAIN);
            print_effect(plan, scheme, v, GRAPES_FULL, GRAPES_PLAIN);
            print_verdict(plan, scheme, v);
        }
    puts("With SGD a layer's mean factor is a rate, so that rate-matched runs are the same but for rounding: the "
         "second\n"
         "column shows how far apart that alone brings them.");
}
