/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "findings.h"

#include <inttypes.h>
#include <math.h>

static const char *version_name(const struct cell *cell)
{
    return cell->kind == GRAPES_PLAIN ? "" : plan_version_names[cell->version];
}

static void write_cell(FILE *file, const char *stage, const struct cell *cell, double rate)
{
    fprintf(file, "%s,%s,%s,%d,%s,%s,%g", stage, plan_activations[cell->activation].name,
            plan_schemes[cell->scheme].name, cell->depth, grapes_kind_names[cell->kind], version_name(cell), rate);
}

/* An empty field where there is no number. */
static void write_number(FILE *file, double value)
{
    fputc(',', file);
    if (!isnan(value))
        fprintf(file, "%.5g", value);
}

static void write_run(FILE *file, const struct sizes *sizes, const struct cell *cell, int seed)
{
    const struct run *run = &cell->runs[seed];
    for (int epoch = 0; epoch < sizes->epochs; epoch++) {
        write_cell(file, "run", cell, rate_scan_best(&cell->scan));
        fprintf(file, ",%d,%d,%.4f", seed + 1, epoch + 1, run->accuracy[epoch]);
        write_number(file, run->slowness);
        write_number(file, run->factor_mean);
        write_number(file, run->factor_sd);
        fprintf(file, ",%d\n", run->diverged);
    }
}

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("stage,activation,feedback,hidden_layers,arm,version,rate,seed,epoch,accuracy,slowness,factor_mean,factor_sd,"
          "diverged\n",
          file);
    for (int i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        for (int k = 0; k < cell->scan.count && cell->kind != GRAPES_RATE; k++) {
            write_cell(file, "scan", cell, cell->scan.scanned[k].rate);
            fprintf(file, ",0,%d,%.4f,,,,\n", plan->sizes.scan_epochs, cell->scan.scanned[k].score);
        }
        for (int seed = 0; seed < plan->sizes.seeds; seed++)
            write_run(file, &plan->sizes, cell, seed);
    }
}

static void print_cell(const struct plan *plan, const struct cell *cell)
{
    if (cell == NULL) {
        printf("  %-25s", "-");
        return;
    }
    const struct summary accuracy = plan_accuracy(plan, cell), slowness = plan_slowness(plan, cell);
    printf("  %5.2f +-%4.2f%c %5.3f %6.2g", 100.0 * accuracy.mean, 100.0 * accuracy.sd,
           plan_diverged(plan, cell) > 0 ? '*' : ' ', slowness.mean, rate_scan_best(&cell->scan));
}

static void print_row(const struct plan *plan, const struct cell *cell)
{
    printf("%2d  %-11s", cell->depth, plan_version_names[cell->version]);
    for (int kind = GRAPES_PLAIN; kind < GRAPES_KINDS; kind++)
        print_cell(plan, plan_beside(plan, cell, (enum grapes_kind)kind));
    double mean = 0.0, sd = 0.0;
    for (int seed = 0; seed < plan->sizes.seeds; seed++) {
        mean += cell->runs[seed].factor_mean / plan->sizes.seeds;
        sd += cell->runs[seed].factor_sd / plan->sizes.seeds;
    }
    printf("  %.2f +-%.2f\n", mean, sd);
}

static void print_tables(const struct plan *plan)
{
    int activation = -1, scheme = -1;
    for (int i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        if (cell->activation != activation || cell->scheme != scheme) {
            activation = cell->activation;
            scheme = cell->scheme;
            printf("\n%s, %s\n L  %-11s", plan_activations[activation].name, plan_schemes[scheme].name, "version");
            for (int kind = GRAPES_PLAIN; kind < GRAPES_KINDS; kind++)
                printf("  %-25s", grapes_kind_names[kind]);
            puts("  factors of layer 1");
        }
        if (cell->kind == GRAPES_FULL)
            print_row(plan, cell);
    }
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    const struct sizes *sizes = &plan->sizes;
    printf("Networks 784-256xL-10, no biases, SGD at a constant rate, batch %d, %d epochs of %" PRId64
           " images, %d seed%s\n",
           BATCH, sizes->epochs, sizes->learned, sizes->seeds, sizes->seeds == 1 ? "" : "s");
    print_tables(plan);
    printf("\nEach: accuracy in %% on %" PRId64
           " test images, mean of the last two epochs, mean +-sd over the seeds (* = some diverged\n"
           "and guess); slowness in epochs; rate, the best in steps of two by accuracy on %" PRId64
           " held-back images after %d epoch%s of\n"
           "%" PRId64 " images (two seeds, not used again; the rate-matched arm has that of the layer mean). Factors: "
                      "mean +-sd over the "
           "nodes after\n"
           "learning with GRAPES. L = hidden layers.\n\n",
           sizes->tested, sizes->held_back, sizes->scan_epochs, sizes->scan_epochs == 1 ? "" : "s", sizes->sought);
    findings_print(plan);
}
