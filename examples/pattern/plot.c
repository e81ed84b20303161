/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <stdlib.h>

static const char *const colours[ARMS] = { "0072B2", "D55E00", "009E73" }; /* Okabe & Ito's palette */
static const int columns[] = { 0, 100, 1000, 4000, 9999 };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double race_median(const struct race *race, int arm, int at)
{
    double values[256];
    for (int i = 0; i < race->seeds; i++)
        values[i] = trial_error(&race->trials[arm * race->seeds + i], at);
    qsort(values, (size_t)race->seeds, sizeof values[0], compare);
    return 0.5 * (values[(race->seeds - 1) / 2] + values[race->seeds / 2]);
}

void race_csv(FILE *file, const void *user)
{
    const struct race *race = user;
    fputs("arm,seed,trial,error\n", file);
    for (int i = 0; i < ARMS * race->seeds; i++)
        for (int at = 0; at < race->length; at += 20)
            fprintf(file, "%s,%d,%d,%.6g\n", pattern_arms[race->trials[i].arm].name, race->trials[i].seed, at,
                    trial_error(&race->trials[i], at));
}

void race_print(const void *user)
{
    const struct race *race = user;
    printf("Mean squared error / 2, mean of 20 trials around each, median of %d networks\n\n%-14s", race->seeds,
           "trial");
    for (size_t c = 0; c < sizeof columns / sizeof columns[0] && columns[c] < race->length; c++)
        printf("  %9d", columns[c]);
    for (int arm = 0; arm < ARMS; arm++) {
        printf("\n%-14s", pattern_arms[arm].name);
        for (size_t c = 0; c < sizeof columns / sizeof columns[0] && columns[c] < race->length; c++)
            printf("  %9.2g", race_median(race, arm, columns[c]));
    }
    puts("");
}

static void write_data(FILE *script, const struct race *race)
{
    for (int arm = 0; arm < ARMS; arm++) {
        const struct trial *first = &race->trials[arm * race->seeds];
        fprintf(script, "$error%d << END\n", arm);
        for (int at = 10; at < race->length; at += 1 + at / 20)
            fprintf(script, "%d %g\n", at, race_median(race, arm, at));
        fprintf(script, "END\n$output%d << END\n", arm);
        for (int t = 0; t < PATTERN_STEPS; t++) {
            fprintf(script, "%d", t);
            for (int k = 0; k < SHOWN; k++)
                fprintf(script, " %g", first->outputs[k][t]);
            fputs("\n", script);
        }
        fputs("END\n", script);
    }
}

static void write_panel(FILE *script, const struct race *race, int arm, int k)
{
    const double left = 0.05 + 0.16 * k, bottom = 0.67 - 0.29 * arm;
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\nset bmargin at screen %g\nset tmargin at screen %g\n",
            left, left + 0.145, bottom, bottom + 0.19);
    fprintf(script, "set format y '%s'\nset format x '%s'\n", k == 0 ? "%g" : "", arm + 1 == ARMS ? "%g" : "");
    if (k == 0)
        fprintf(script, "set label 1 '%s' at screen %g,%g font ',13' textcolor rgb '#%s'\n", pattern_arms[arm].title,
                left, bottom + 0.245, colours[arm]);
    if (arm == 0)
        fprintf(script, "set label 2 'trial %lld' at graph 0.5,0.92 textcolor rgb '#606060'\n",
                (long long)race->trials[0].shown_at[k]);
    fprintf(script,
            "plot sin(w*x) + sin(2*w*x)/2 + sin(4*w*x)/4 w l lw 4 lc rgb '#C8C8C8', $output%d u 1:%d w l lw 1.8 lc rgb "
            "'#%s'\nunset label 1\nunset label 2\n",
            arm, k + 2, colours[arm]);
}

void race_plot(FILE *script, const void *user)
{
    const struct race *race = user;
    write_data(script, race);
    fputs("set multiplot\nset encoding utf8\nset border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6 textcolor "
          "rgb "
          "'#404040'\nunset key\nw = 2*pi/100\nset xrange [0:99]\nset yrange [-1.8:1.8]\nset xtics 50\nset ytics 1\n",
          script);
    fprintf(script,
            "set label 100 'A periodic pattern (grey) and the output of one network each; right: error, median of "
            "%d' at screen 0.02,0.97 font ',16' textcolor rgb '#202020'\n",
            race->seeds);
    for (int arm = 0; arm < ARMS; arm++)
        for (int k = 0; k < SHOWN; k++) {
            write_panel(script, race, arm, k);
            fputs("unset label 100\n", script);
        }
    fprintf(script,
            "set lmargin at screen 0.76\nset rmargin at screen 0.98\nset bmargin at screen 0.1\nset tmargin at screen "
            "0.88\n"
            "set logscale xy\nset format x '%%g'\nset xrange [10:%d]\nset yrange [*:*]\nset xtics auto\nset ytics auto "
            "format '10^{%%T}'\n"
            "set xlabel 'trial'\nset grid ytics lc rgb '#E8E8E8'\nplot ",
            race->length);
    for (int arm = 0; arm < ARMS; arm++)
        fprintf(script, "$error%d w l lw 2.2 lc rgb '#%s'%s", arm, colours[arm], arm + 1 < ARMS ? ", " : "\n");
    fputs("unset multiplot\n", script);
}
