/* SPDX-License-Identifier: MIT */
#include "plot_signals.h"

#include "../common/marks.h"

#include <inttypes.h>

/* A line of a panel: a network as drawn (rule -1) or after learning. */
struct curve {
    int rule;
    int init;
    const char *label;
    const char *colour; /* those of the upper half, and further ones of Okabe & Ito's palette */
    int dash;
    double width;
};

static const struct curve learned[] = {
    { -1, XAVIER, "as drawn", "202020", 3, 1.5 },   { SGD, HE, "SGD, He init", "8A8A8A", 2, 2.0 },
    { SGD, XAVIER, "SGD", "0072B2", 1, 2.0 },       { ADAM, XAVIER, "Adam", "009E73", 1, 2.0 },
    { OJA, XAVIER, "SGD + Oja", "D55E00", 1, 3.0 },
};

static const struct curve drawn[INITS] = {
    { -1, 0, NULL, "56B4E9", 1, 2.0 }, { -1, 1, NULL, "0072B2", 1, 2.0 }, { -1, 2, NULL, "202020", 1, 2.0 },
    { -1, 3, NULL, "CC79A7", 1, 2.0 }, { -1, 4, NULL, "8A8A8A", 2, 2.0 }, { -1, 5, NULL, "E69F00", 1, 2.0 },
    { -1, 6, NULL, "D55E00", 3, 2.0 }, { -1, 7, NULL, "009E73", 1, 2.0 },
};

enum { LEARNED = sizeof learned / sizeof learned[0] };

struct panel {
    const char *title;
    enum quantity quantity;
    const struct curve *curves;
    int count;
    double left, right; /* of the screen */
    double least, most; /* decades */
    int tics;           /* decades between them */
    double gap;         /* between names, in decades */
};

static const struct panel panels[] = {
    { "As drawn: largest singular value", LARGEST, drawn, INITS, 0.045, 0.175, -17.0, 4.0, 4, 1.15 },
    { "Learned: largest", LARGEST, learned, LEARNED, 0.305, 0.435, -12.0, 2.0, 2, 0.75 },
    { "Learned: tenth", TENTH, learned, LEARNED, 0.555, 0.685, -12.0, 2.0, 2, 0.75 },
    { "Learned: median", MEDIAN, learned, LEARNED, 0.805, 0.935, -12.0, 2.0, 2, 0.75 },
};

enum { PANELS = sizeof panels / sizeof panels[0] };

/* Layer, mean and standard deviation of the logarithm; and where the line's name belongs. */
static int write_curve(FILE *script, const struct signals *signals, const struct panel *panel, int index,
                       struct mark *mark)
{
    const struct curve *curve = &panel->curves[index];
    const int depth = plan_depths[DEPTHS - 1];
    const struct arm *arm = signals_find(signals, depth, curve->init, curve->rule);
    int points = 0;
    fprintf(script, "$curve%d << END\n", index);
    for (int layer = 2; arm != NULL && layer < depth; layer++) {
        int count = 0;
        const struct summary at = signals_at(signals, arm, layer, panel->quantity, &count);
        if (count == 0)
            continue;
        fprintf(script, "%d %g %g\n", layer, at.mean, at.sd);
        points++;
        if (at.mean >= panel->least || mark->line < 0)
            *mark = (struct mark){ .line = index, .wanted = at.mean < panel->least ? panel->least : at.mean };
    }
    if (points == 0)
        fputs("2 NaN NaN\n", script);
    fputs("END\n", script);
    return points;
}

static void write_panel(FILE *script, const struct signals *signals, const struct panel *panel)
{
    struct mark marks[INITS];
    int named = 0;
    for (int i = 0; i < panel->count; i++) {
        marks[named].line = -1;
        named += write_curve(script, signals, panel, i, &marks[named]) > 0;
    }
    fprintf(script,
            "set label 102 '%s' at screen %g,0.381 font ',13' textcolor rgb '#202020'\n"
            "set lmargin at screen %g\nset rmargin at screen %g\n"
            "set yrange [%g:%g]\nset ytics %d\nset arrow 1 from graph 0,first 0 to graph 1,first 0\n",
            panel->title, panel->left - 0.025, panel->left, panel->right, panel->least, panel->most, panel->tics);
    marks_spread(marks, named, panel->gap);
    marks_lower(marks, named, panel->gap, panel->most - 0.3);
    for (int i = 0; i < named; i++) {
        const struct curve *curve = &panel->curves[marks[i].line];
        fprintf(script, "set label %d '%s' at first %g,%g left font ',10' textcolor rgb '#%s'\n", i + 1,
                curve->label != NULL ? curve->label : plan_inits[curve->init].label, plan_depths[DEPTHS - 1] - 0.6,
                marks[i].place, curve->colour);
    }
    fputs("plot ", script);
    for (int i = 0; i < panel->count; i++)
        fprintf(script, "$curve%d using 1:($2-$3):($2+$3) with filledcurves fc rgb '#D8%s', ", i,
                panel->curves[i].colour);
    for (int i = 0; i < panel->count; i++)
        fprintf(script, "$curve%d using 1:2 with lines lw %g dt %d lc rgb '#%s'%s", i, panel->curves[i].width,
                panel->curves[i].dash, panel->curves[i].colour, i + 1 < panel->count ? ", " : "\n");
    for (int i = 0; i < named; i++)
        fprintf(script, "unset label %d\n", i + 1);
}

void plot_signals(FILE *script, const struct signals *signals)
{
    const struct plan *plan = signals->plan;
    const int depth = plan_depths[DEPTHS - 1];
    fprintf(
        script,
        "set label 100 'Signal propagation in %d weight matrices: singular values of the Jacobian from hidden layer 1 "
        "to each one above' at screen 0.02,0.441 font ',14' textcolor rgb '#202020'\n"
        "set label 101 'Geometric mean over %d test images, standard deviation over %d seed%s; learned: after %" PRId64
        " images, at each rule''s best rate' at screen 0.02,0.413 font ',11' textcolor rgb '#606060'\n",
        depth, PROBED, plan->seeds, plan->seeds == 1 ? "" : "s", plan->checkpoints[plan->early]);
    fputs("set bmargin at screen 0.065\nset tmargin at screen 0.355\nunset grid\n"
          "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\nset format y '10^{%g}'\nset format x '%g'\n"
          "set xlabel 'hidden layer' offset 0,0.4\nunset label 103\n",
          script);
    for (int i = 1; i <= INITS; i++)
        fprintf(script, "unset label %d\n", i);
    fprintf(script, "set xrange [2:%d]\nset xtics (2, 5, 8, 11, %d)\n", depth - 1, depth - 1);
    for (int i = 0; i < PANELS; i++)
        write_panel(script, signals, &panels[i]);
}
