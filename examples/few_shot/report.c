/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <math.h>

static void write_setting(FILE *file, const struct setting *setting)
{
    const struct recipe *recipe = &setting->recipe;
    fprintf(file, "%s,%g,%g,%g", plan_arms[setting->arm].name, recipe->theta_0, recipe->theta_2, recipe->theta_9);
}

/* Nothing where there is no number. */
static void write_values(FILE *file, const struct result *result, enum quantity quantity, int layers)
{
    for (int l = 0; l < layers; l++) {
        double value = result_value(result, quantity, l);
        if (isnan(value))
            fputc(',', file);
        else
            fprintf(file, ",%.6g", value);
    }
}

void report_episodes(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("part,rule,theta_0,theta_2,theta_9,episode,accuracy,diverged,angle_1,angle_2,angle_3,angle_4,e_w_1,e_w_2,"
          "e_w_3,e_w_4\n",
          file);
    for (int i = 0; i < plan->setting_count * plan->tuning; i++) {
        fputs("tuning,", file);
        write_setting(file, &plan->settings[i / plan->tuning]);
        fprintf(file, ",%d,%.4f,%d,,,,,,,,\n", i % plan->tuning + 1, plan->tuned[i].measured.accuracy,
                plan->tuned[i].diverged);
    }
    for (int i = 0; i < ARMS * plan->episodes; i++) {
        const struct result *result = &plan->shown[i];
        fputs("result,", file);
        write_setting(file, &plan->settings[plan->best[i / plan->episodes]]);
        fprintf(file, ",%d,%.4f,%d", i % plan->episodes + 1, result->measured.accuracy, result->diverged);
        write_values(file, result, ANGLE, HIDDEN);
        write_values(file, result, ORTHONORMALITY, HIDDEN);
        fputc('\n', file);
    }
}

void report_long_runs(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("rule,theta_0,theta_2,theta_9,seed,samples,accuracy,diverged,activity_1,activity_2,activity_3,activity_4,"
          "weights_1,weights_2,weights_3,weights_4,weights_5\n",
          file);
    for (int i = 0; i < LONG_RUNS * plan->seeds * plan->checkpoint_count; i++) {
        int trial = i / plan->checkpoint_count;
        write_setting(file, &plan_long_runs[trial / plan->seeds]);
        fprintf(file, ",%d,%" PRId64 ",%.4f,%d", trial % plan->seeds + 1, plan->checkpoints[i % plan->checkpoint_count],
                plan->curves[i].measured.accuracy, plan->curves[i].diverged);
        write_values(file, &plan->curves[i], ACTIVITY, HIDDEN);
        write_values(file, &plan->curves[i], WEIGHTS, LAYERS);
        fputc('\n', file);
    }
}

static void print_setting(const struct setting *setting)
{
    const struct recipe *recipe = &setting->recipe;
    printf("%-20s %6g %7g %7g", plan_arms[setting->arm].label, recipe->theta_0, recipe->theta_2, recipe->theta_9);
}

static void print_episodes(const struct plan *plan)
{
    printf(
        "Five classes, %d images one at a time, %d episodes: accuracy +- standard error, mean angle between mean\n"
        "signal and backpropagation's (alpha_1..4, degrees), median of E_W = |z - W W^T y|^2 in the hidden layers\n\n",
        SAMPLES, plan->episodes);
    printf("%-20s %6s %7s %7s  %-16s %-17s %s\n", "rule", "theta0", "theta2", "theta9", "accuracy", "alpha_1..4",
           "E_W 1..4");
    for (enum arm arm = 0; arm < ARMS; arm++) {
        struct summary accuracy = plan_summary(plan, arm, ACCURACY, 0);
        print_setting(&plan->settings[plan->best[arm]]);
        printf("  %.3f +- %.3f%s ", accuracy.mean, accuracy.sd / sqrt(plan->episodes),
               plan_diverged(plan, arm) > 0 ? "*" : " ");
        for (int l = 0; l < HIDDEN; l++)
            printf(" %3.0f", plan_summary(plan, arm, ANGLE, l).mean);
        printf("  ");
        for (int l = 0; l < HIDDEN; l++)
            printf(" %.3g", plan_median(plan, arm, ORTHONORMALITY, l));
        putchar('\n');
    }
    printf("\nCoefficients are the best of each rule's grid on %d other episodes, but for the flipped sign, which has\n"
           "eHebb's. * = some episodes diverged: they count as guessing (%.1f) and have no angle.\n",
           plan->tuning, 1.0 / WAYS);
}

/* "A - B: +0.100 +- 0.010, ahead". */
static void print_difference(const struct plan *plan, enum arm a, enum arm b)
{
    struct summary difference = plan_difference(plan, a, b);
    double error = difference.sd / sqrt(plan->episodes);
    const char *verdict = difference.mean > 2.0 * error ? "ahead" : difference.mean < -2.0 * error ? "behind" : "level";
    printf("  %-20s against %-20s %+.3f +- %.3f  %s\n", plan_arms[a].label, plan_arms[b].label, difference.mean, error,
           verdict);
}

static void print_findings(const struct plan *plan)
{
    static const enum arm pairs[][2] = { { FA_OJA, FA },      { FA_EHEBB, FA },       { F_BIO, FA_OJA },
                                         { F_BIO, FA_EHEBB }, { F_BIO, BP },          { BP_OJA, BP },
                                         { F_BIO, BP_OJA },   { REVERSED, FA_EHEBB }, { FLIPPED, FA } };
    puts("\nFinding: the same episodes, rule against rule (ahead or behind: by more than two standard errors)");
    for (int i = 0; i < (int)(sizeof pairs / sizeof pairs[0]); i++)
        print_difference(plan, pairs[i][0], pairs[i][1]);
}

static bool is_told(int64_t samples)
{
    static const int64_t told[] = { 250, 1000, 2000, 5000, 10000 };
    for (int i = 0; i < (int)(sizeof told / sizeof told[0]); i++)
        if (samples == told[i])
            return true;
    return false;
}

static void print_long_runs(const struct plan *plan)
{
    printf("\nTen classes, mean over %d seed%s: after so many images the accuracy, norm |y_4| of the last hidden "
           "activity,\n"
           "norm |W_5| of the last weights (* = some diverged)\n",
           plan->seeds, plan->seeds == 1 ? "" : "s");
    for (int run = 0; run < LONG_RUNS; run++) {
        print_setting(&plan_long_runs[run]);
        putchar('\n');
        for (int k = 0; k < plan->checkpoint_count; k++)
            if (is_told(plan->checkpoints[k]) || k == plan->checkpoint_count - 1)
                printf("    %6" PRId64 "  %.3f%s  |y_4| %8.3g  |W_5| %8.3g\n", plan->checkpoints[k],
                       plan_curve(plan, run, k, ACCURACY, 0), plan_curve_diverged(plan, run, k) > 0 ? "*" : " ",
                       plan_curve(plan, run, k, ACTIVITY, HIDDEN - 1), plan_curve(plan, run, k, WEIGHTS, LAYERS - 1));
    }
}

void report_print(const struct plan *plan)
{
    print_episodes(plan);
    print_findings(plan);
    print_long_runs(plan);
}
