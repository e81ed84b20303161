/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>
#include <string.h>

/* Okabe & Ito's palette, which the colour-blind can tell apart, by arms. */
static const char *const colours[MOST_ARMS] = { "202020", "0072B2", "CC79A7", "56B4E9", "E69F00", "009E73", "D55E00",
                                                "909090", "B09000", "800000", "B04080", "404090", "208080" };

enum column { ACCURACY, LOSS, RADIUS, COLUMNS };

static const char *const titles[COLUMNS] = { "accuracy of decisions", "loss at the end (log scale)",
                                             "spectral radius of W, before: grey" };

static void write_prologue(FILE *script, const struct plan *plan)
{
    fprintf(script,
            "set multiplot\n"
            "set encoding utf8\n"
            "set border 3 lc rgb '#606060'\n"
            "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
            "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\n"
            "set errorbars 0\nunset key\n"
            "set xrange [0:2.6]\nset xtics 0.5\n"
            "set label 100 'Initial recurrent weights decide what a network can learn to remember' at screen "
            "0.02,0.965 font ',17' textcolor rgb '#202020'\n"
            "set label 101 'against their gain g, W = g N(0, 1) / √N; mean and standard deviation over %d "
            "seed%s; 2AF needs no memory, DMS and CXT a delay of 500 ms' at screen 0.02,0.935 textcolor rgb "
            "'#606060'\n",
            plan->seeds, plan->seeds == 1 ? "" : "s");
}

/* The arms' names, one after another in their colours, in rows. */
static void write_names(FILE *script, const struct plan *plan)
{
    double left = 0.025, top = 0.912;
    for (int arm = 0; arm < plan->arm_count; arm++) {
        const char *name = arms[plan->arms[arm]].name;
        const double width = 0.02 + 0.0072 * (double)strlen(name);
        if (left + width > 1.0) {
            left = 0.025;
            top -= 0.02;
        }
        fprintf(script, "set label %d '%s' at screen %g,%g font ',13' noenhanced textcolor rgb '#%s'\n", 110 + arm,
                name, left, top, colours[plan->arms[arm]]);
        left += width;
    }
}

static struct summary choose(const struct outcome *outcome, enum column column)
{
    return column == ACCURACY ? outcome->accuracy : column == LOSS ? outcome->late : outcome->after;
}

/* Lines of the arms stand a little beside one another, so that bars can be told apart. */
static void write_data(FILE *script, const struct plan *plan, int task, enum column column)
{
    for (int arm = 0; arm < plan->arm_count; arm++) {
        fprintf(script, "$arm%d << END\nNaN NaN NaN NaN\n", arm);
        for (int gain = 0; gain < plan->gain_count; gain++) {
            const struct outcome outcome = plan_outcome(plan, task, gain, arm);
            const struct summary s = choose(&outcome, column);
            if (isfinite(s.mean))
                fprintf(script, "%g %g %g %g\n", plan->gains[gain] + 0.015 * (arm - 0.5 * plan->arm_count), s.mean,
                        fmin(s.sd, 0.7 * s.mean), outcome.before.mean);
        }
        fputs("END\n", script);
    }
}

static int dash(const struct arm *arm)
{
    return arm->flossing != FLOSSING_NONE ? 3 : arm->oja ? 2 : 1;
}

static void write_panel(FILE *script, const struct plan *plan, int task, enum column column)
{
    const double top = 0.83 - 0.28 * task, left = 0.05 + 0.325 * column;
    write_data(script, plan, task, column);
    fprintf(script,
            "set tmargin at screen %g\nset bmargin at screen %g\nset lmargin at screen %g\nset rmargin at screen %g\n"
            "set label 102 '%s: %s' at screen %g,%g font ',13' textcolor rgb '#202020'\nset xlabel '%s' offset 0,0.4 "
            "textcolor rgb '#404040'\n",
            top, top - 0.205, left, left + 0.26, plan_tasks[task], titles[column], left - 0.02, top + 0.02,
            task == TASKS - 1 ? "gain g" : "");
    fputs(column == ACCURACY ? "set yrange [0.4:1.02]\nset ytics 0.1\n"
          : column == LOSS   ? "set logscale y\nset yrange [0.001:0.2]\nset ytics (0.001, 0.003, 0.01, 0.03, 0.1)\n"
                             : "set yrange [0:3]\nset ytics 0.5\n",
          script);
    fputs("plot ", script);
    for (int arm = 0; arm < plan->arm_count; arm++)
        fprintf(script, "$arm%d using 1:2:3 with yerrorlines lw 2 pt 7 ps 0.7 dt %d lc rgb '#%s'%s", arm,
                dash(&arms[plan->arms[arm]]), colours[plan->arms[arm]], arm + 1 < plan->arm_count ? ", " : "");
    fputs(column == RADIUS ? ", $arm0 using 1:4 with points pt 7 ps 0.4 lc rgb '#909090'\n" : "\n", script);
    fputs("unset logscale y\n", script);
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    write_names(script, plan);
    for (int task = 0; task < TASKS; task++)
        for (enum column column = ACCURACY; column < COLUMNS; column++)
            write_panel(script, plan, task, column);
    fputs("unset multiplot\n", script);
}
