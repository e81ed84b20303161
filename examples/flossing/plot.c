/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <inttypes.h>

/* Okabe & Ito's palette, which the colour-blind can tell apart. */
static const char *const colours[ARMS] = { "202020", "56B4E9", "009E73", "D55E00", "0072B2" };

static void write_prologue(FILE *script, const struct plan *plan)
{
    fprintf(script,
            "set multiplot\n"
            "set encoding utf8\n"
            "set border 3 lc rgb '#606060'\n"
            "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
            "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\n"
            "set errorbars 0\nunset key\n"
            "set bmargin at screen 0.14\nset tmargin at screen 0.76\n"
            "set yrange [0.45:1.03]\nset ytics 0.1\n"
            "set label 100 'Gradient flossing and long delays' at screen 0.02,0.95 font ',17' textcolor rgb '#202020'\n"
            "set label 101 'Share of right answers, 80 tanh units, %" PRId64
            " batches; mean and standard deviation over %d network%s' at screen 0.02,0.885 textcolor rgb '#606060'\n",
            plan->epochs, plan->seeds, plan->seeds == 1 ? "" : "s");
}

static void begin_panel(FILE *script, const char *title, double left, const char *x_label)
{
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\n"
            "set label 102 '%s' at screen %g,0.81 font ',14' textcolor rgb '#202020'\n"
            "set xlabel '%s' offset 0,0.4 textcolor rgb '#404040'\n",
            left, left + 0.26, title, left - 0.025, x_label);
}

static void plot_blocks(FILE *script, const char *style)
{
    for (int arm = 0; arm < ARMS; arm++)
        fprintf(script, "%s$arm%d using %s lw 2 lc rgb '#%s' title '%s'%s", arm == 0 ? "plot " : "", arm, style,
                colours[arm], plan_arms[arm], arm + 1 < ARMS ? ", " : "\n");
}

/* Points are moved apart a little, that none hides another. */
static void write_delays(FILE *script, const struct plan *plan, int order, double left)
{
    begin_panel(script, order == 0 ? "Copy" : "XOR", left, order == 0 ? "delay in steps" : "shorter delay in steps");
    double longest = 0.0;
    for (int arm = 0; arm < ARMS; arm++) {
        fprintf(script, "$arm%d << END\n", arm);
        for (int task = 0; task < plan->task_count; task++) {
            const struct outcome o = plan_outcome(plan, task, (enum arm)arm);
            const double delay = (double)plan->tasks[task].delay;
            if (plan->tasks[task].order != order)
                continue;
            longest = delay > longest ? delay : longest;
            fprintf(script, "%g %g %g\n", delay + 0.004 * longest * (2 * arm - 4), o.accuracy.mean, o.accuracy.sd);
        }
        fputs("END\n", script);
    }
    fprintf(script, "set xrange [0:%g]\nset xtics autofreq\n", 1.1 * longest);
    plot_blocks(script, "1:2:3 with yerrorlines pt 7 ps 0.8");
}

static void write_curve(FILE *script, const struct plan *plan, int task, enum arm arm)
{
    fprintf(script, "$arm%d << END\n", (int)arm);
    for (int seed = 0; seed < plan->seeds; seed++) {
        const struct trial *trial = plan_trial(plan, seed, task, arm);
        for (int point = 0; point < trial->points; point++)
            fprintf(script, "%" PRId64 " %g\n", (point + 1) * plan->window, trial->curve[point]);
        fputs("\n", script);
    }
    fputs("END\n", script);
}

/* Of the longest delay of the copy task, the last of its kind. */
static void write_curves(FILE *script, const struct plan *plan)
{
    char title[80];
    int task = 0;
    while (task + 1 < plan->task_count && plan->tasks[task + 1].order == 0)
        task++;
    snprintf(title, sizeof title, "Learning to copy after %" PRId64 " steps", plan->tasks[task].delay);
    begin_panel(script, title, 0.71, "batches");
    for (int arm = 0; arm < ARMS; arm++)
        write_curve(script, plan, task, (enum arm)arm);
    fprintf(script,
            "set xrange [0:%" PRId64 "]\nset xtics %" PRId64 "\n"
            "set key at screen 0.985,0.985 right top maxrows 2 textcolor rgb '#404040' font ',12'\n",
            plan->epochs, plan->epochs / 4);
    plot_blocks(script, "1:2 with lines");
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    write_delays(script, plan, 0, 0.05);
    write_delays(script, plan, 1, 0.38);
    write_curves(script, plan);
    fputs("unset multiplot\n", script);
}
