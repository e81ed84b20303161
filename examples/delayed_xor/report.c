/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>

static const char *const colours[ARMS] = { "D55E00", "009E73", "CC79A7", "0072B2" }; /* Okabe & Ito's palette */
static const char *const titles[ARMS] = { "ModProp", "three-factor rule", "ModProp, W itself", "backpropagation" };

void race_csv(FILE *file, const void *user)
{
    const struct race *race = user;
    fputs("arm,seed,iteration,loss,accuracy\n", file);
    for (int i = 0; i < ARMS * race->seeds; i++)
        for (int k = 0; k < race->trials[i].done; k++)
            fprintf(file, "%s,%d,%d,%.6g,%.6g\n", xor_arms[race->trials[i].arm].name, race->trials[i].seed, k,
                    race->trials[i].losses[k], race->trials[i].accuracy[k]);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

void race_print(const void *user)
{
    const struct race *race = user;
    printf("Delay of %lld steps: the first of %d iterations that had 95 %% right together, network by network,\n"
           "ascending; - = not within %d\n\n",
           (long long)race->delay, CHECKED, race->most);
    for (int arm = 0; arm < ARMS; arm++) {
        int reached[256];
        double seconds = 0.0;
        for (int i = 0; i < race->seeds; i++) {
            const struct trial *trial = &race->trials[arm * race->seeds + i];
            reached[i] = trial->reached < 0 ? race->most : trial->reached;
            seconds += trial->seconds / race->seeds;
        }
        qsort(reached, (size_t)race->seeds, sizeof reached[0], compare);
        printf("%-18s", titles[arm]);
        for (int i = 0; i < race->seeds; i++)
            if (reached[i] < race->most)
                printf(" %5d", reached[i]);
            else
                printf(" %5s", "-");
        printf("   %.0f s each\n", seconds);
    }
}

/* Losses, means of ten iterations. */
static void write_data(FILE *script, const struct race *race)
{
    for (int i = 0; i < ARMS * race->seeds; i++) {
        const struct trial *trial = &race->trials[i];
        fprintf(script, "$loss%d << END\n", i);
        for (int first = 0; first + CHECKED <= trial->done; first += CHECKED) {
            double sum = 0.0;
            for (int k = first; k < first + CHECKED; k++)
                sum += trial->losses[k];
            fprintf(script, "%d %g\n", first + CHECKED / 2, sum / CHECKED);
        }
        fputs("END\n", script);
    }
}

void race_plot(FILE *script, const void *user)
{
    const struct race *race = user;
    write_data(script, race);
    fprintf(
        script,
        "set encoding utf8\nset border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
        "set title 'Delayed XOR, %lld steps between the cues: each line a network, until 95 %% are right' font ',15' "
        "textcolor rgb '#202020'\n"
        "set xlabel 'iteration (32 sequences)'\nset ylabel 'cross-entropy'\nset yrange [0:0.9]\n"
        "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\nset key textcolor rgb '#404040'\nplot ",
        (long long)race->delay);
    for (int i = 0; i < ARMS * race->seeds; i++) {
        const int arm = i / race->seeds, first = i % race->seeds == 0;
        fprintf(script, "$loss%d w l lw 2 lc rgb '#%s' %s%s%s%s", i, colours[arm], first ? "title '" : "notitle",
                first ? titles[arm] : "", first ? "'" : "", i + 1 < ARMS * race->seeds ? ", " : "\n");
    }
}
