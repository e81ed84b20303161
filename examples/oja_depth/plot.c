/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include "plot_signals.h"

#include "../common/marks.h"

#include <inttypes.h>

/* A line of the figure: a rule on networks with an initialisation. */
struct line {
    enum rule rule;
    int init;
    const char *label;
    const char *colour; /* Okabe & Ito's palette, which the colour-blind can tell apart */
    int point;          /* gnuplot's number of the symbol */
    int dash;
};

static const struct line lines[] = {
    { SGD, HE, "SGD, He init", "8A8A8A", 6, 2 },
    { SGD, XAVIER, "SGD", "0072B2", 7, 1 },
    { ADAM, XAVIER, "Adam", "009E73", 9, 1 },
    { OJA, XAVIER, "SGD + Oja", "D55E00", 5, 1 },
};

enum { LINES = sizeof lines / sizeof lines[0] };

static void write_prologue(FILE *script, const struct plan *plan)
{
    fputs("set multiplot\n"
          "set encoding utf8\n"
          "set border 3 lc rgb '#606060'\n"
          "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
          "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\n"
          "unset key\n"
          "set style fill solid noborder\n"
          "set errorbars 0\n"
          "set bmargin at screen 0.52\n"
          "set tmargin at screen 0.885\n",
          script);
    fprintf(
        script,
        "set label 100 'Learning Fashion-MNIST one image at a time: does Oja''s rule help backpropagation?' at screen "
        "0.02,0.972 font ',17' textcolor rgb '#202020'\n"
        "set label 101 'Test accuracy, mean and standard deviation over %d seed%s; every rule at its own best rate, "
        "chosen for each network and number of images' at screen 0.02,0.94 textcolor rgb '#606060'\n",
        plan->seeds, plan->seeds == 1 ? "" : "s");
}

static void write_title(FILE *script, const char *title, double left)
{
    fprintf(script, "set label 102 \"%s\" at screen %g,0.907 font ',14' textcolor rgb '#202020'\n", title, left);
}

/* The values of a line: x, mean, sd; and where its name belongs. */
static void write_depths(FILE *script, const struct plan *plan, int index, struct mark *mark)
{
    fprintf(script, "$line%d << END\n", index);
    for (int d = 0; d < DEPTHS; d++) {
        struct outcome best = plan_best(plan, plan_depths[d], lines[index].init, lines[index].rule, plan->early);
        if (best.setting == NULL)
            continue;
        fprintf(script, "%d %g %g\n", plan_depths[d], best.accuracy.mean, best.accuracy.sd);
        *mark = (struct mark){ .line = index, .wanted = best.accuracy.mean };
    }
    fputs("END\n", script);
}

/* Each point at the rate that is best for so many images. */
static void write_curve(FILE *script, const struct plan *plan, int index, struct mark *mark)
{
    fprintf(script, "$line%d << END\n", index);
    for (int k = 0; k < plan->checkpoint_count; k++) {
        struct outcome best = plan_best(plan, plan_depths[DEPTHS - 1], lines[index].init, lines[index].rule, k);
        fprintf(script, "%" PRId64 " %g %g\n", plan->checkpoints[k], best.accuracy.mean, best.accuracy.sd);
        *mark = (struct mark){ .line = index, .wanted = best.accuracy.mean };
    }
    fputs("END\n", script);
}

/* Bands first, so that no line is hidden; the names of the lines to the right of their ends. */
static void write_lines(FILE *script, double right, struct mark *marks)
{
    marks_spread(marks, LINES, 0.055);
    for (int i = 0; i < LINES; i++)
        fprintf(script, "set label %d '%s' at first %g,%g left textcolor rgb '#%s'\n", i + 1,
                lines[marks[i].line].label, right, marks[i].place, lines[marks[i].line].colour);
    fputs("plot ", script);
    for (int i = 0; i < LINES; i++)
        fprintf(script, "$line%d using 1:($2-$3):($2+$3) with filledcurves fc rgb '#D8%s', ", i, lines[i].colour);
    for (int i = 0; i < LINES; i++)
        fprintf(script, "$line%d using 1:2 with linespoints lw %g pt %d ps 0.8 dt %d lc rgb '#%s'%s", i,
                lines[i].rule == OJA ? 3.0 : 2.0, lines[i].point, lines[i].dash, lines[i].colour,
                i + 1 < LINES ? ", " : "\n");
    for (int i = 0; i < LINES; i++)
        fprintf(script, "unset label %d\n", i + 1);
}

/* Accuracy against depth. */
static void write_left(FILE *script, const struct plan *plan)
{
    struct mark marks[LINES];
    int last = plan_depths[DEPTHS - 1];
    char title[80];
    for (int i = 0; i < LINES; i++)
        write_depths(script, plan, i, &marks[i]);
    snprintf(title, sizeof title, "Depth: after %" PRId64 " images", plan->checkpoints[plan->early]);
    write_title(script, title, 0.02);
    fprintf(script,
            "set lmargin at screen 0.045\nset rmargin at screen 0.26\n"
            "set yrange [0:0.88]\nset ytics 0.1,0.2\nset format y '%%.1f'\nset xrange [2:%d]\nset xtics (",
            last);
    for (int d = 0; d < DEPTHS; d++)
        fprintf(script, "%d%s", plan_depths[d], d + 1 < DEPTHS ? ", " : ")\n");
    fputs("set xlabel 'weight matrices' offset 0,0.4 textcolor rgb '#404040'\n"
          "set label 103 'guessing' at graph 0.02,first 0.07 font ',10' textcolor rgb '#909090'\n"
          "set arrow 1 from graph 0,first 0.1 to graph 1,first 0.1 nohead dt 3 lc rgb '#909090'\n",
          script);
    write_lines(script, last + 0.4, marks);
}

/* Learning curves of the deepest networks. */
static void write_middle(FILE *script, const struct plan *plan)
{
    struct mark marks[LINES];
    char title[80];
    int64_t last = plan->checkpoints[plan->late];
    for (int i = 0; i < LINES; i++)
        write_curve(script, plan, i, &marks[i]);
    snprintf(title, sizeof title, "Time: %d weight matrices", plan_depths[DEPTHS - 1]);
    write_title(script, title, 0.36);
    fprintf(script,
            "set lmargin at screen 0.385\nset rmargin at screen 0.60\n"
            "set logscale x\nset xrange [%g:%" PRId64 "]\n"
            "set xtics (100, 300, '1k' 1000, '3k' 3000, '10k' 10000, '30k' 30000, '100k' 100000, '1M' 1000000)\n"
            "set xlabel 'images seen (log scale)'\nunset label 103\n",
            0.85 * (double)plan->checkpoints[0], last);
    write_lines(script, 1.18 * (double)last, marks);
    fputs("unset logscale x\n", script);
}

/* The initialisations, the worst for plain SGD last. */
static void sort_inits(const struct plan *plan, struct mark *rows)
{
    for (int init = 0; init < INITS; init++) {
        struct outcome best = plan_best(plan, INIT_DEPTH, init, SGD, plan->early);
        rows[init] = (struct mark){ .line = init, .wanted = -best.accuracy.mean };
    }
    marks_sort(rows, INITS);
}

/* A row for each initialisation, a point for each rule. */
static void write_right(FILE *script, const struct plan *plan)
{
    struct mark rows[INITS];
    struct mark names[RULES];
    char title[80];
    sort_inits(plan, rows);
    for (int i = 0; i < RULES; i++) {
        const struct line *line = &lines[i + 1];
        fprintf(script, "$rule%d << END\n", i);
        for (int row = 0; row < INITS; row++) {
            struct outcome best = plan_best(plan, INIT_DEPTH, rows[row].line, line->rule, plan->early);
            fprintf(script, "%g %g %g\n", best.accuracy.mean, row + 0.22 * (1 - i), best.accuracy.sd);
            names[i] = (struct mark){ .line = i + 1, .wanted = best.accuracy.mean };
        }
        fputs("END\n", script);
    }
    snprintf(title, sizeof title, "Initial weights: %d matrices, %" PRId64 " images", INIT_DEPTH,
             plan->checkpoints[plan->early]);
    write_title(script, title, 0.71);
    fprintf(script,
            "set lmargin at screen 0.785\nset rmargin at screen 0.985\nset xrange [0:0.88]\nset xtics 0.1,0.2\n"
            "set format x '%%.1f'\nset yrange [-0.6:%g]\nset grid noytics xtics\nset xlabel 'test accuracy'\n"
            "set arrow 1 from 0.1,graph 0 to 0.1,graph 1\nset ytics (",
            (double)INITS);
    for (int row = 0; row < INITS; row++)
        fprintf(script, "'%s' %d%s", plan_inits[rows[row].line].label, row, row + 1 < INITS ? ", " : ")\n");
    marks_spread(names, RULES, 0.23);
    for (int i = 0; i < RULES; i++)
        fprintf(script, "set label %d '%s' at %g,%g center textcolor rgb '#%s'\n", i + 1, lines[names[i].line].label,
                names[i].place, INITS - 0.4, lines[names[i].line].colour);
    fputs("plot ", script);
    for (int i = 0; i < RULES; i++)
        fprintf(script, "$rule%d using 1:2:3 with xerrorbars lw 2 pt %d ps 1 lc rgb '#%s'%s", i, lines[i + 1].point,
                lines[i + 1].colour, i + 1 < RULES ? ", " : "\n");
}

void plot_script(FILE *script, const void *user)
{
    const struct signals *signals = user;
    const struct plan *plan = signals->plan;
    write_prologue(script, plan);
    write_left(script, plan);
    write_middle(script, plan);
    write_right(script, plan);
    plot_signals(script, signals);
    fputs("unset multiplot\n", script);
}
