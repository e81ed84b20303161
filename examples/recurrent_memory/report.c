/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>

void report_csv(FILE *file, const void *user)
{
    const struct plan *plan = user;
    fputs("input_scale,gain,seed,weights,capacity,spectral_radius,participation_ratio", file);
    for (int k = 1; k <= DELAYS; k++)
        fprintf(file, ",r2_%d", k);
    fputc('\n', file);
    for (int i = 0; i < plan->trial_count; i++)
        for (enum weights weights = BEFORE; weights < WEIGHTS; weights++) {
            const struct trial *trial = &plan->trials[i];
            const struct measured *measured = &trial->measured[weights];
            fprintf(file, "%g,%g,%d,%s,%.4f,%.4f,%.4f", trial->scale, trial->gain, trial->seed, plan_weights[weights],
                    measured->capacity, measured->radius, measured->dimension);
            for (int k = 0; k < DELAYS; k++)
                fprintf(file, ",%.5f", measured->by_delay[k]);
            fputc('\n', file);
        }
}

static void print_row(const struct plan *plan, int scale, int gain, enum weights weights)
{
    const struct outcome o = plan_outcome(plan, scale, gain, weights);
    printf("%5.1f  %-11s  %5.1f +-%4.1f  %5.1f  %6.2f  %5.1f\n", plan_gains[gain], plan_weights[weights],
           o.capacity.mean, o.capacity.sd, o.lowest, o.radius.mean, o.dimension.mean);
}

void report_print(const void *user)
{
    const struct plan *plan = user;
    printf("Memory capacity of 50 tanh units, up to %d steps back, of the input's r^2 on %" PRId64
           " steps held out; %" PRId64
           " steps\nof Oja's rule on the recurrent weights; %d network%s of each kind: mean +-sd\n",
           DELAYS, plan->course.held_out, plan->course.learned, plan->seeds, plan->seeds == 1 ? "" : "s");
    for (int scale = 0; scale < SCALES; scale++) {
        printf("\ninput weights within +-%g\n gain  weights         capacity   least  radius  participation ratio\n",
               plan_scales[scale]);
        for (int gain = 0; gain < GAINS; gain++)
            for (enum weights weights = BEFORE; weights < WEIGHTS; weights++)
                print_row(plan, scale, gain, weights);
    }
    puts("\nGaussian and orthogonal: random weights of the spectral radius that Oja's rule arrived at.");
}
