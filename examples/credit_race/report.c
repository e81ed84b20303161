/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Of plast_measure_alignment: in the CSV file. */
static const struct {
    int column;
    const char *name;
} angles[] = { { PLAST_ALIGNED_SAMPLES, "signal_angle" },
               { PLAST_ALIGNED_WEIGHTS, "weight_angle" },
               { PLAST_ALIGNED_SIGNAL_RATIO, "signal_ratio" } };

enum { ANGLES = sizeof angles / sizeof angles[0] };

/* An empty field where there is no number. */
static void write_number(FILE *file, const char *format, double value)
{
    fputc(',', file);
    if (!isnan(value))
        fprintf(file, format, value);
}

static void write_trial(FILE *file, const struct plan *plan, const struct trial *trial)
{
    const struct shape *shape = &plan->course->shapes[trial->shape];
    for (int k = 0; k < trial->points; k++) {
        const struct point *point = &trial->point[k];
        fprintf(file, "%s,%s,\"%s\",%g,%d,%" PRId64 ",%.4f", trial->tuning ? "tuning" : "race", shape->name,
                plan->course->methods[trial->method].name, trial->rate, trial->seed + 1,
                trial->tuning ? plan->sizes.tuning : plan->checkpoints[k], point->accuracy);
        write_number(file, "%.5g", point->loss);
        write_number(file, "%.3f", trial->seconds);
        write_number(file, "%.0f", trial->diverged >= 0 ? (double)trial->diverged : (double)NAN);
        for (int a = 0; a < ANGLES; a++)
            for (int layer = 0; layer < MAX_HIDDEN; layer++)
                write_number(file, "%.4g",
                             trial->tuning || layer >= shape->layers - 1 ? (double)NAN
                                                                         : point->alignment[layer][angles[a].column]);
        fputc('\n', file);
    }
}

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("stage,network,method,rate,seed,samples,accuracy,loss,seconds_per_epoch,diverged", file);
    for (int a = 0; a < ANGLES; a++)
        for (int layer = 1; layer <= MAX_HIDDEN; layer++)
            fprintf(file, ",%s_%d", angles[a].name, layer);
    fputc('\n', file);
    for (int i = 0; i < plan->tuned + plan->raced; i++)
        write_trial(file, plan, &plan->trials[i]);
}

/* Such as "61 55 40 12", a number for each hidden layer from the input on. */
static void print_angles(const struct shape *shape, const struct outcome *outcome, int column)
{
    char text[64] = "";
    for (int layer = 0; layer < shape->layers - 1; layer++) {
        double angle = outcome->alignment[layer][column];
        size_t used = strlen(text);
        if (isnan(angle))
            snprintf(text + used, sizeof text - used, "%s-", layer > 0 ? " " : "");
        else
            snprintf(text + used, sizeof text - used, "%s%.0f", layer > 0 ? " " : "", angle);
    }
    printf("  %-13s", text);
}

static void print_row(const struct plan *plan, int shape, int method, double exact)
{
    struct outcome outcome = plan_outcome(plan, shape, method, plan->checkpoint_count - 1);
    printf("%-17s  %7g%c", plan->course->methods[method].name, outcome.rate, "< >"[outcome.edge + 1]);
    if (outcome.diverged == plan->seeds)
        printf("  diverged at sample %" PRId64 "\n", outcome.trials[0].diverged);
    else {
        printf("  %.2f +-%.2f%s  %6.2f", 100.0 * outcome.accuracy.mean, 100.0 * outcome.accuracy.sd,
               outcome.diverged > 0 ? "*" : " ", 100.0 * (outcome.accuracy.mean - exact));
        print_angles(&plan->course->shapes[shape], &outcome, PLAST_ALIGNED_SAMPLES);
        print_angles(&plan->course->shapes[shape], &outcome, PLAST_ALIGNED_WEIGHTS);
        printf("  %.2f\n", outcome.seconds);
    }
}

static void print_table(const struct plan *plan, int shape)
{
    const struct sizes *sizes = &plan->sizes;
    struct outcome exact = plan_outcome(plan, shape, 0, plan->checkpoint_count - 1);
    printf("\n%s: %s, batch %" PRId64 ", %g epochs of %" PRId64 " images, %d seed%s\n",
           plan->course->shapes[shape].name, plan->course->title, plan->course->batch,
           (double)sizes->samples / (double)sizes->learned, sizes->learned, plan->seeds, plan->seeds == 1 ? "" : "s");
    printf("%-17s  %7s   %-14s  %6s  %-13s  %-13s  %s\n", "method", "rate", "test accuracy", "to BP", "signal angle",
           "weight angle", "CPU s/epoch");
    for (int method = 0; method < plan->course->method_count; method++)
        print_row(plan, shape, method, exact.accuracy.mean);
}

/* Each of them: what diverges is a result. */
static void print_diverged(const struct plan *plan)
{
    int diverged = 0;
    for (int i = 0; i < plan->tuned + plan->raced; i++)
        diverged += plan->trials[i].diverged >= 0;
    if (diverged == 0)
        printf("None of %d trials diverged.\n", plan->tuned + plan->raced);
    else
        printf("%d of %d trials diverged and count as guessing from there on (* where some seeds did):\n", diverged,
               plan->tuned + plan->raced);
    for (int i = 0; i < plan->tuned + plan->raced; i++) {
        const struct trial *trial = &plan->trials[i];
        if (trial->diverged >= 0)
            printf("  %s, %s, rate %g, %s %d: diverged at sample %" PRId64 "\n",
                   plan->course->shapes[trial->shape].name, plan->course->methods[trial->method].name, trial->rate,
                   trial->tuning ? "tuning, seed" : "seed", trial->seed + 1, trial->diverged);
    }
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    for (int shape = 0; shape < plan->course->shape_count; shape++)
        print_table(plan, shape);
    puts(
        "\nAccuracy in % of the test images, mean +-sd over the seeds; to BP: points above backpropagation. Angles in\n"
        "degrees from that of backpropagation, for each hidden layer from the input on: of the learning signal (mean\n"
        "over samples) and of the matrix that stands for the transposed weights above.");
    if (plan->tuned > 0)
        printf("Rates: the best of each grid after %" PRId64 " images, by accuracy on %" PRId64
               " training images that were held\n"
               "back meanwhile (one seed); < and > mark the ends of a grid.\n",
               plan->sizes.tuning, plan->sizes.held_back);
    print_diverged(plan);
}
