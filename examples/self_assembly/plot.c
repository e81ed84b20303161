/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include "../common/marks.h"

#include <inttypes.h>
#include <math.h>

enum { MAX_ARMS = 20 };

/* Okabe & Ito's palette, which the colour-blind can tell apart; those that are not drawn as curves are grey. */
static const char *colour(int arm)
{
    static const char *const colours[] = { "202020", "0072B2", "E69F00", "D55E00", "CC79A7", "009E73", "56B4E9" };
    int before = 0;
    for (int i = 0; i < arm; i++)
        before += arms[i].drawn;
    return arms[arm].drawn ? colours[before % 7] : "909090";
}

static void write_prologue(FILE *script, const struct plan *plan)
{
    fputs("set multiplot\n"
          "set encoding utf8\n"
          "set border 3 lc rgb '#606060'\n"
          "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
          "unset key\n"
          "set errorbars 0\n",
          script);
    fprintf(script,
            "set label 100 'A learning circuit assembles itself from random wiring' at screen 0.02,%g font ',17' "
            "textcolor rgb '#202020'\n"
            "set label 101 'ascending W, descending B, cross synapses V and C: all random, all plastic; mean and "
            "standard deviation over %d seed%s, each arm at its own rate' at screen 0.02,%g textcolor rgb '#606060'\n",
            1.0 - 24.0 / PLOT_HEIGHT, plan->seeds, plan->seeds == 1 ? "" : "s", 1.0 - 50.0 / PLOT_HEIGHT);
}

static void write_frame(FILE *script, int task, const char *title, double left, double right)
{
    const double upper = PLOT_HEAD + PLOT_ROW * task;
    fprintf(script,
            "set tmargin at screen %g\nset bmargin at screen %g\nset lmargin at screen %g\nset rmargin at screen %g\n"
            "set label 102 '%s' at screen %g,%g font ',13' textcolor rgb '#202020'\n",
            1.0 - (upper + 40.0) / PLOT_HEIGHT, 1.0 - (upper + PLOT_ROW - 55.0) / PLOT_HEIGHT, left, right, title,
            left - 0.03, 1.0 - (upper + 20.0) / PLOT_HEIGHT);
}

static double shown(int task, double score)
{
    return arms_tasks[task].teacher ? score : 100.0 * score;
}

/* Curves of score or angle for the arms that are drawn; `angle` tells which. Returns how many have one. */
static int write_data(FILE *script, const struct plan *plan, int task, bool angle, struct mark *marks)
{
    int n = 0;
    for (int arm = 0; arm < arms_count(); arm++) {
        if (!arms[arm].drawn)
            continue;
        double last = (double)NAN;
        fprintf(script, "$arm%d << END\nNaN NaN\n", arm);
        for (int k = 0; k < POINTS; k++) {
            const struct outcome outcome = plan_outcome(plan, task, arm, k);
            const double value = angle ? outcome.angle[0] : shown(task, outcome.score.mean);
            const int64_t samples = plan_samples(plan, task, k);
            if (isnan(value) || (k > 0 && samples == 0))
                continue;
            fprintf(script, "%g %g\n", samples > 0 ? (double)samples : 0.003 * (double)plan->samples[task], value);
            last = value;
        }
        fputs("END\n", script);
        if (!isnan(last))
            marks[n++] = (struct mark){ .line = arm, .wanted = last };
    }
    return n;
}

static void plot_curves(FILE *script, const struct plan *plan, int task)
{
    const double last = (double)plan->samples[task];
    int more = 0;
    fprintf(script,
            "set logscale x\nset xrange [%g:%g]\nset xtics ('start' %g, '1k' 1000, '3k' 3000, '10k' 10000, '30k' "
            "30000, '100k' 100000, '300k' 300000)\nset format x '%%g'\nset xlabel 'samples (log scale)' offset 0,0.4 "
            "textcolor rgb '#404040'\n",
            0.003 * last, last, 0.003 * last);
    fputs("set grid noxtics ytics lc rgb '#E8E8E8' lt 1 lw 0.8\nplot ", script);
    for (int arm = 0; arm < arms_count(); arm++)
        if (arms[arm].drawn)
            fprintf(script, "%s$arm%d using 1:2 with linespoints lw 2 pt 7 ps 0.5 dt %d lc rgb '#%s'",
                    more++ > 0 ? ", " : "", arm, arm < 3 ? 2 : 1, colour(arm));
    fputs("\nunset logscale x\n", script);
}

static void write_scores(FILE *script, const struct plan *plan, int task)
{
    struct mark marks[MAX_ARMS];
    char title[120];
    snprintf(title, sizeof title, "%s: %s", arms_tasks[task].name,
             arms_tasks[task].teacher ? "normalised squared error" : "test accuracy in %");
    write_data(script, plan, task, false, marks);
    write_frame(script, task, title, 0.05, 0.29);
    if (arms_tasks[task].teacher)
        fputs("set logscale y\nset yrange [*:*]\nset ytics auto\nset format y '%g'\n", script);
    else
        fputs("set yrange [0:100]\nset ytics auto\nset format y '%g'\n", script);
    plot_curves(script, plan, task);
    fputs("unset logscale y\n", script);
}

static void write_angles(FILE *script, const struct plan *plan, int task)
{
    struct mark marks[MAX_ARMS];
    const int n = write_data(script, plan, task, true, marks);
    write_frame(script, task, "first hidden layer: angle of its signal to the exact one", 0.345, 0.56);
    fputs("set yrange [-3:110]\nset ytics 0,30,90\nset format y '%g°'\n", script);
    marks_spread(marks, n, 7.0);
    marks_lower(marks, n, 7.0, 108.0);
    for (int i = 0; i < n; i++)
        fprintf(script, "set label %d '%s' at first %g,%g left font ',11' noenhanced textcolor rgb '#%s'\n", i + 1,
                arms[marks[i].line].name, 1.15 * (double)plan->samples[task], marks[i].place, colour(marks[i].line));
    plot_curves(script, plan, task);
    for (int i = 0; i < n; i++)
        fprintf(script, "unset label %d\n", i + 1);
}

/* A row for each arm, in their order. */
static void write_ends(FILE *script, const struct plan *plan, int task)
{
    const int n = arms_count();
    for (int arm = 0; arm < n; arm++) {
        const struct outcome outcome = plan_outcome(plan, task, arm, POINTS - 1);
        const double mean = shown(task, outcome.score.mean);
        const double sd = shown(task, outcome.score.sd);
        const double low = arms_tasks[task].teacher ? fmax(mean - sd, 0.3 * mean) : mean - sd;
        fprintf(script, "$end%d << END\n%g %d %g %g\nEND\n", arm, mean, n - 1 - arm, low, mean + sd);
    }
    write_frame(script, task, arms_tasks[task].teacher ? "at the end: error (log scale)" : "at the end: accuracy in %",
                0.785, 0.985);
    fprintf(script,
            "set grid xtics noytics lc rgb '#E8E8E8' lt 1 lw 0.8\nset yrange [-0.6:%g]\nset xlabel ''\n"
            "set xtics auto\nset format y '%%g'\n%s\nset ytics (",
            n - 0.4, arms_tasks[task].teacher ? "set logscale x\nset xrange [*:*]" : "set xrange [0:100]");
    for (int arm = 0; arm < n; arm++)
        fprintf(script, "'%s' %d%s", arms[arm].name, n - 1 - arm, arm + 1 < n ? ", " : ") font ',11' noenhanced\n");
    fputs("plot ", script);
    for (int arm = 0; arm < n; arm++)
        fprintf(script, "$end%d using 1:2:3:4 with xerrorbars lw 2 pt 7 ps 1 lc rgb '#%s'%s", arm, colour(arm),
                arm + 1 < n ? ", " : "\n");
    fputs("unset logscale x\nunset ytics\nset ytics nomirror font ',12' enhanced\n", script);
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    for (int task = 0; task < TASKS; task++) {
        write_scores(script, plan, task);
        write_angles(script, plan, task);
        write_ends(script, plan, task);
    }
    fputs("unset multiplot\n", script);
}
