/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "systems.h"

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("system,gain,sigma,units,seed,index,exponent\n", file);
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < plan->classics[c].size; i++)
            fprintf(file, "%s,,,,,%d,%.8f\n", plan->classics[c].name, i + 1, plan->classics[c].exponents[i]);
    for (int t = 0; t < plan->trial_count; t++) {
        const struct trial *trial = &plan->trials[t];
        for (int i = 0; i < trial->count; i++)
            fprintf(file, "network,%g,%g,%d,%d,%d,%.8f\n", plan_gains[trial->gain], plan_noises[trial->noise],
                    plan_sizes[trial->size], trial->seed + 1, i + 1, trial->exponents[i]);
    }
}

static void print_classics(const struct plan *plan)
{
    puts("Two classical systems: exponents +- standard error, Kaplan-Yorke dimension; (literature); steps per QR\n");
    for (int c = 0; c < 2; c++) {
        const struct classic *classic = &plan->classics[c];
        printf("%-7s", classic->name);
        for (int i = 0; i < classic->size; i++)
            printf(" %9.5f +- %.5f", classic->exponents[i], classic->errors[i]);
        printf("  D = %.4f  (%s)  %.1f\n", classic->summary.dimension, classic->known,
               (double)classic->summary.steps / (double)classic->summary.factorisations);
    }
}

static void print_largest(const struct plan *plan)
{
    printf(
        "\nRandom networks x' = J tanh(x) + sigma xi: largest exponent, mean +- sd over %d networks, and theory for\n"
        "infinitely many units, ln g + 1/2 ln <sech^4>\n\n   g  sigma",
        plan->seeds);
    for (int size = 0; size < plan->sizes; size++)
        printf("        N = %3d   ", plan_sizes[size]);
    puts("    theory");
    for (int noise = 0; noise < NOISES; noise++)
        for (int gain = 0; gain < GAINS; gain++) {
            printf("%5g  %5g", plan_gains[gain], plan_noises[noise]);
            for (int size = 0; size < plan->sizes; size++) {
                const struct summary s = plan_largest(plan, gain, size, noise);
                printf("  %7.4f +- %.4f", s.mean, s.sd);
            }
            printf("  %8.4f\n", network_theory(plan_gains[gain], plan_noises[noise]));
        }
}

static void print_spectra(const struct plan *plan)
{
    puts("\nWhole spectra, one network each, no noise: dimension / N, entropy rate / N, positive exponents, steps per "
         "QR\n"
         "(* the lowest exponents are beyond what double precision can tell)\n");
    printf("   g ");
    for (int size = 0; size < plan->sizes; size++)
        printf("            N = %3d           ", plan_sizes[size]);
    putchar('\n');
    for (int gain = 0; gain < GAINS; gain++) {
        printf("%5g", plan_gains[gain]);
        for (int size = 0; size < plan->sizes; size++) {
            const struct trial *trial = plan_trial(plan, gain, size, 0, 0);
            const double n = plan_sizes[size];
            int positive = 0;
            for (int i = 0; i < trial->count; i++)
                positive += trial->exponents[i] > 0.0;
            printf("   %6.3f %8.4f %3d %5.1f%s", trial->summary.dimension / n, trial->summary.entropy / n, positive,
                   (double)(trial->summary.steps - NETWORK_TRANSIENT) / (double)trial->summary.factorisations,
                   trial->summary.collapsed > 0 || trial->summary.dead > 0 ? "*" : " ");
        }
        putchar('\n');
    }
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    print_classics(plan);
    print_largest(plan);
    print_spectra(plan);
}
