/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>

enum { HEAD = 120, FOOT = 60, LINE = 30 };

/* By kind, the rate-matched one left out, which is the layer mean again; Okabe & Ito's palette, which the colour-blind
 * can tell apart. */
static const char *const colours[GRAPES_KINDS] = { "", "", "0072B2", "D55E00" };
/* The rows of a network's arms, beside its middle. */
static const double beside[GRAPES_KINDS] = { 0.0, 0.0, 0.15, -0.15 };

/* Of one activation: both have the same networks. */
static int rows_of(const struct plan *plan)
{
    int rows = 0;
    for (int i = 0; i < plan->cell_count; i++)
        rows += plan->cells[i].activation == 0 && plan->cells[i].kind == GRAPES_FULL;
    return rows;
}

int plot_height(const struct plan *plan)
{
    return HEAD + FOOT + LINE * rows_of(plan);
}

static void write_prologue(FILE *script, const struct plan *plan)
{
    static const double places[] = { 0.0, 0.0, 0.02, 0.42 };
    static const char *const words[] = { "", "", "all nodes of a layer have its mean factor: only the rate differs",
                                         "GRAPES: each node has its own" };
    const double height = plot_height(plan);
    fputs("set multiplot\nset encoding utf8\nset border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6 textcolor "
          "rgb '#404040'\nunset key\nset errorbars 0\n",
          script);
    fprintf(script,
            "set label 100 'GRAPES: is it the distribution of the factors that helps, or the rate?' at screen 0.02,%g "
            "font ',17' textcolor rgb '#202020'\n"
            "set label 101 'Fashion-MNIST, 784-256xL-10, SGD, each arm at its own best rate; %d epochs of %d images, "
            "mean and sd of paired differences over %d seeds' at screen 0.02,%g textcolor rgb '#606060'\n",
            1.0 - 24.0 / height, plan->sizes.epochs, (int)plan->sizes.learned, plan->sizes.seeds, 1.0 - 50.0 / height);
    for (int kind = GRAPES_MEAN; kind < GRAPES_KINDS; kind++)
        fprintf(script, "set label %d '%s' at screen %g,%g textcolor rgb '#%s'\n", 110 + kind, words[kind],
                places[kind], 1.0 - 76.0 / height, colours[kind]);
    fprintf(script, "set tmargin at screen %g\nset bmargin at screen %g\n", 1.0 - (HEAD - 6.0) / height,
            (double)FOOT / height);
}

/* Where its row is drawn, the first at the top. */
static int row_of(const struct plan *plan, const struct cell *cell)
{
    int row = rows_of(plan);
    for (int i = 0; i < plan->cell_count; i++) {
        const struct cell *other = &plan->cells[i];
        row -= other->activation == cell->activation && other->kind == GRAPES_FULL;
        if (other == plan_beside(plan, cell, GRAPES_FULL))
            return row;
    }
    return row;
}

/* What an arm gains over the plain scheme: points of accuracy, or the ratio of slowness as a power of two. */
static struct summary gain(const struct plan *plan, const struct cell *cell, bool slowness)
{
    const struct cell *plain = plan_beside(plan, cell, GRAPES_PLAIN);
    const double unit = slowness ? 1.0 / log(2.0) : 100.0;
    struct summary summary = slowness ? plan_slower(plan, cell, plain) : plan_lead(plan, cell, plain);
    summary.mean *= unit;
    summary.sd *= unit;
    return summary;
}

/* Widens the range by one row's error bar. */
static void widen(struct summary summary, double range[2])
{
    range[0] = fmin(range[0], summary.mean - summary.sd);
    range[1] = fmax(range[1], summary.mean + summary.sd);
}

/* At most four of them in the range, each 1, 2 or 5 times a power of ten. */
static double tic_step(const double range[2])
{
    static const double steps[] = { 1.0, 2.0, 5.0, 10.0 };
    const double wanted = (range[1] - range[0]) / 4.0, power = pow(10.0, floor(log10(wanted)));
    int i = 0;
    while (i < 3 && steps[i] * power < wanted)
        i++;
    return steps[i] * power;
}

static void write_arm(FILE *script, const struct plan *plan, int activation, enum grapes_kind kind, bool slowness,
                      double range[2])
{
    fprintf(script, "$arm%d << END\nNaN NaN NaN\n", kind);
    for (int i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        if (cell->activation != activation || cell->kind != kind)
            continue;
        const struct summary summary = gain(plan, cell, slowness);
        if (isnan(summary.mean))
            continue;
        widen(summary, range);
        fprintf(script, "%g %g %g\n", summary.mean, row_of(plan, cell) + beside[kind], summary.sd);
    }
    fputs("END\n", script);
}

static void write_names(FILE *script, const struct plan *plan, bool named)
{
    fputs("set ytics (", script);
    for (int i = 0, n = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        if (cell->activation != 0 || cell->kind != GRAPES_FULL)
            continue;
        fprintf(script, "%s'", n++ > 0 ? ", " : "");
        if (named)
            fprintf(script, "%s, L = %d, %s", plan_schemes[cell->scheme].name, cell->depth,
                    cell->depth == 1 ? "both versions" : plan_version_names[cell->version]);
        fprintf(script, "' %d", row_of(plan, cell));
    }
    fputs(") font ',11' noenhanced\n", script);
}

static void write_panel(FILE *script, const struct plan *plan, int activation, bool slowness)
{
    const double height = plot_height(plan);
    const int column = 2 * activation + slowness;
    const double left = 0.19 + 0.205 * column, right = left + 0.175;
    double range[2] = { -1.0, 1.0 };
    for (int kind = GRAPES_MEAN; kind < GRAPES_KINDS; kind++)
        write_arm(script, plan, activation, (enum grapes_kind)kind, slowness, range);
    write_names(script, plan, column == 0);
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\n"
            "set label 102 '%s: %s' at screen %g,%g font ',13' textcolor rgb '#202020'\n"
            "set grid xtics ytics lc rgb '#E8E8E8' lt 1 lw 0.8\nset yrange [-0.6:%g]\nset xrange [%g:%g]\n"
            "set xtics %g %s\nset xlabel '%s' textcolor rgb '#404040'\n"
            "set arrow 1 from 0,graph 0 to 0,graph 1 nohead lc rgb '#909090' lw 1.5 back\n",
            left, right, plan_activations[activation].name, slowness ? "slowness" : "accuracy", left,
            1.0 - (HEAD - 18.0) / height, rows_of(plan) - 0.4, range[0], range[1], tic_step(range),
            slowness ? "format '2^{%g}'" : "format '%g'",
            slowness ? "times that of the plain scheme" : "points above the plain scheme");
    fputs("plot ", script);
    for (int kind = GRAPES_MEAN; kind < GRAPES_KINDS; kind++)
        fprintf(script, "$arm%d using 1:2:3 with xerrorbars lw 2 pt 7 ps 0.9 lc rgb '#%s'%s", kind, colours[kind],
                kind + 1 < GRAPES_KINDS ? ", " : "\n");
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    for (int activation = 0; activation < ACTIVATIONS; activation++)
        for (int slowness = 0; slowness < 2; slowness++)
            write_panel(script, plan, activation, slowness != 0);
    fputs("unset multiplot\n", script);
}
