/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const char *const quantity_names[QUANTITIES] = { "largest", "tenth", "median", "own", "participation" };

void signals_csv(FILE *file, const void *user)
{
    const struct signals *signals = user;
    const struct plan *plan = signals->plan;
    fputs("depth,init,rule,rate,oja_rate,seed,samples,layer", file);
    for (int q = 0; q < QUANTITIES; q++)
        fprintf(file, ",%s", quantity_names[q]);
    fputc('\n', file);
    for (int i = 0; i < signals->arm_count * plan->seeds; i++) {
        const struct probe *probe = &signals->probes[i];
        const struct arm *arm = &signals->arms[probe->arm];
        const struct setting none = { .rate = 0.0 }, *setting = arm->setting != NULL ? arm->setting : &none;
        for (int l = 0; l < probe->layers; l++) {
            fprintf(file, "%d,%s,%s,%g,%g,%d,%" PRId64 ",%d", arm->depth, plan_inits[arm->init].name,
                    arm->setting != NULL ? plan_rules[setting->rule] : "none", setting->rate, setting->oja_rate,
                    probe->seed + 1, arm->setting != NULL ? plan->checkpoints[plan->early] : 0, l + 2);
            for (int q = 0; q < QUANTITIES; q++)
                fprintf(file, ",%.6g", q == PARTICIPATION ? probe->value[l][q] : pow(10.0, probe->value[l][q]));
            fputc('\n', file);
        }
    }
}

static void print_arm(const struct signals *signals, const struct arm *arm)
{
    static const char *const labels[] = { "as drawn", "SGD", "Adam", "SGD + Oja" };
    int count = 0;
    printf("%8d  %-14s  %-10s", arm->depth, plan_inits[arm->init].label,
           labels[arm->setting == NULL ? 0 : 1 + (int)arm->setting->rule]);
    for (int q = 0; q < QUANTITIES; q++) {
        const struct summary at = signals_at(signals, arm, arm->depth - 1, (enum quantity)q, &count);
        if (count == 0)
            printf("  %-15s", "-");
        else if (q == PARTICIPATION)
            printf("  %.1f +-%.1f", at.mean, at.sd);
        else
            printf("  %-8.2g +-%-5.2f", pow(10.0, at.mean), at.sd);
    }
    puts(count < signals->plan->seeds ? " *" : "");
}

/* Decimal logarithm at the deepest network's last hidden layer. */
static double end_of(const struct signals *signals, int rule, enum quantity quantity, int *count)
{
    const int depth = plan_depths[DEPTHS - 1];
    const struct arm *arm = signals_find(signals, depth, XAVIER, rule);
    return arm == NULL ? 0.0 : signals_at(signals, arm, depth - 1, quantity, count).mean;
}

static void print_finding(const struct signals *signals)
{
    static const double twice = 0.30103;
    double drawn[QUANTITIES], oja[QUANTITIES];
    int count = 0;
    for (int q = 0; q < QUANTITIES; q++) {
        drawn[q] = end_of(signals, -1, (enum quantity)q, &count);
        oja[q] = end_of(signals, OJA, (enum quantity)q, &count);
    }
    if (count == 0)
        return;
    printf(
        "\nFinding: with %d matrices (Xavier) SGD + Oja brings the largest singular value from %.2g to %.2g, the tenth "
        "from %.2g to %.2g, the median from %.2g to %.2g: ",
        plan_depths[DEPTHS - 1], pow(10.0, drawn[LARGEST]), pow(10.0, oja[LARGEST]), pow(10.0, drawn[TENTH]),
        pow(10.0, oja[TENTH]), pow(10.0, drawn[MEDIAN]), pow(10.0, oja[MEDIAN]));
    if (fabs(oja[MEDIAN]) < twice && fabs(oja[LARGEST]) < twice)
        puts("near isometry.");
    else if (fabs(oja[LARGEST]) < twice && oja[TENTH] > drawn[TENTH] + twice)
        puts("it lets a few directions pass, most are lost as before. No isometry.");
    else
        puts("no isometry.");
}

void signals_print(const struct signals *signals)
{
    const struct plan *plan = signals->plan;
    printf(
        "\nSignal propagation: the Jacobian from hidden layer 1 to the last one, as drawn and after %" PRId64
        " images at each rule's best rate\n(singular values: geometric mean over %d test images and %d seed%s, +- sd "
        "over seeds in decades)\n",
        plan->checkpoints[plan->early], PROBED, plan->seeds, plan->seeds == 1 ? "" : "s");
    printf("matrices  initialised as  learned by  %-15s  %-15s  %-15s  %-15s  %s\n", "largest", "tenth", "median",
           "own activity", "participation");
    for (int i = 0; i < signals->arm_count; i++)
        print_arm(signals, &signals->arms[i]);
    puts("Own activity: how much longer or shorter the sample's own direction becomes. What is below 1e-15 of the "
         "largest is "
         "rounding. *: some seeds diverged.");
    print_finding(signals);
}
