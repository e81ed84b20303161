/* SPDX-License-Identifier: MIT */
#include "plot.h"

/* Okabe & Ito's palette, which the colour-blind can tell apart. */
static const char *const colours[WEIGHTS] = { "202020", "D55E00", "56B4E9", "0072B2" };

static void write_prologue(FILE *script, const struct plan *plan)
{
    fprintf(script,
            "set multiplot\n"
            "set encoding utf8\n"
            "set border 3 lc rgb '#606060'\n"
            "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
            "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\n"
            "set errorbars 0\nunset key\n"
            "set bmargin at screen 0.13\nset tmargin at screen 0.78\n"
            "set label 100 \"Oja's rule on recurrent weights makes a network remember more of its input\" at screen "
            "0.02,0.955 font ',17' textcolor rgb '#202020'\n"
            "set label 101 '50 tanh units, no error signal; mean and standard deviation over %d network%s; Gaussian "
            "and orthogonal: random weights of the same spectral radius' at screen 0.02,0.895 textcolor rgb "
            "'#606060'\n",
            plan->seeds, plan->seeds == 1 ? "" : "s");
}

static void begin_panel(FILE *script, const char *title, double left, const char *x_label)
{
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\n"
            "set label 102 '%s' at screen %g,0.83 font ',14' textcolor rgb '#202020'\n"
            "set xlabel '%s' offset 0,0.4 textcolor rgb '#404040'\n",
            left, left + 0.26, title, left - 0.025, x_label);
}

static void write_capacity(FILE *script, const struct plan *plan, int scale)
{
    char title[80];
    snprintf(title, sizeof title, "Memory capacity, input weights within ±%g", plan_scales[scale]);
    begin_panel(script, title, 0.05 + 0.325 * scale, "initial gain g");
    for (enum weights weights = BEFORE; weights < WEIGHTS; weights++) {
        fprintf(script, "$weights%d << END\n", (int)weights);
        for (int gain = 0; gain < GAINS; gain++) {
            const struct outcome outcome = plan_outcome(plan, scale, gain, weights);
            fprintf(script, "%g %g %g\n", plan_gains[gain] + 0.01 * (int)weights, outcome.capacity.mean,
                    outcome.capacity.sd);
        }
        fputs("END\n", script);
    }
    fputs("set xrange [0.2:1.3]\nset xtics 0.3\nset yrange [0:32]\nset ytics 5\nplot ", script);
    for (enum weights weights = BEFORE; weights < WEIGHTS; weights++)
        fprintf(script, "$weights%d using 1:2:3 with yerrorlines lw 2 pt 7 ps 0.8 lc rgb '#%s' title '%s'%s",
                (int)weights, colours[weights], plan_weights[weights], weights + 1 < WEIGHTS ? ", " : "\n");
}

/* From the smallest gain, with the small input weights. */
static void write_delays(FILE *script, const struct plan *plan)
{
    begin_panel(script, "What is remembered: r² at g = 0.3, ±0.5", 0.70, "steps back");
    for (enum weights weights = BEFORE; weights < WEIGHTS; weights++) {
        const struct outcome outcome = plan_outcome(plan, 0, 0, weights);
        fprintf(script, "$weights%d << END\n", (int)weights);
        for (int k = 0; k < DELAYS; k++)
            fprintf(script, "%d %g\n", k + 1, outcome.by_delay[k]);
        fputs("END\n", script);
    }
    fprintf(script,
            "set xrange [0:%d]\nset xtics 10\nset yrange [0:1.02]\nset ytics 0.2\n"
            "set key top right textcolor rgb '#404040' font ',12'\nplot ",
            DELAYS);
    for (enum weights weights = BEFORE; weights < WEIGHTS; weights++)
        fprintf(script, "$weights%d using 1:2 with lines lw 2.5 lc rgb '#%s' title '%s'%s", (int)weights,
                colours[weights], plan_weights[weights], weights + 1 < WEIGHTS ? ", " : "\n");
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    for (int scale = 0; scale < SCALES; scale++)
        write_capacity(script, plan, scale);
    write_delays(script, plan);
    fputs("unset multiplot\n", script);
}
