/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include "../common/marks.h"

#include <inttypes.h>
#include <math.h>

enum { MAX_METHODS = 16, HEAD = 110, ROW = 400 };

/* One for each family; Okabe & Ito's palette, which the colour-blind can tell apart. */
static const char *const colours[] = { "404040", "0072B2", "009E73", "D55E00" };

int plot_height(const struct plan *plan)
{
    return HEAD + ROW * plan->course->shape_count;
}

/* How many of its family come before it: tells the lines of a colour apart. */
static int rank(const struct course *course, int method)
{
    int before = 0;
    for (int i = 0; i < method; i++)
        before += course->methods[i].family == course->methods[method].family;
    return before;
}

/* Title, and what the colours say. */
static void write_prologue(FILE *script, const struct plan *plan)
{
    static const char *const families[] = { "backpropagation", "feedback that learns", "signs of the weights",
                                            "fixed random feedback" };
    static const double places[] = { 0.02, 0.15, 0.305, 0.455 };
    const double height = plot_height(plan);
    fputs("set multiplot\n"
          "set encoding utf8\n"
          "set border 3 lc rgb '#606060'\n"
          "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
          "unset key\n"
          "set errorbars 0\n",
          script);
    fprintf(
        script,
        "set label 100 'Learning Fashion-MNIST: how near to backpropagation?' at screen 0.02,%g font ',17' textcolor "
        "rgb '#202020'\n"
        "set label 101 '%s; batch %d, %g epochs, mean and standard deviation over %d seed%s' at screen 0.02,%g "
        "textcolor rgb '#606060'\n",
        1.0 - 24.0 / height, plan->course->title, (int)plan->course->batch,
        (double)plan->sizes.samples / (double)plan->sizes.learned, plan->seeds, plan->seeds == 1 ? "" : "s",
        1.0 - 50.0 / height);
    for (int family = EXACT; family <= RANDOM; family++)
        fprintf(script, "set label %d '%s' at screen %g,%g textcolor rgb '#%s'\n", 110 + family, families[family],
                places[family], 1.0 - 76.0 / height, colours[family]);
}

/* Top and bottom of a network's panels. */
static void write_frame(FILE *script, const struct plan *plan, int shape, const char *title, double left, double right)
{
    const double height = plot_height(plan);
    const double upper = HEAD + ROW * shape;
    fprintf(script,
            "set tmargin at screen %g\nset bmargin at screen %g\nset lmargin at screen %g\nset rmargin at screen %g\n"
            "set label 102 '%s' at screen %g,%g font ',14' textcolor rgb '#202020'\n",
            1.0 - (upper + 36.0) / height, 1.0 - (upper + ROW - 60.0) / height, left, right, title, left - 0.03,
            1.0 - (upper + 14.0) / height);
}

/* The methods, the least accurate at the bottom. */
static void sort_methods(const struct plan *plan, int shape, struct mark *rows)
{
    for (int method = 0; method < plan->course->method_count; method++) {
        struct outcome outcome = plan_outcome(plan, shape, method, plan->checkpoint_count - 1);
        rows[method] = (struct mark){ .line = method, .wanted = outcome.accuracy.mean };
    }
    marks_sort(rows, plan->course->method_count);
}

/* A row for each method: the accuracy of every seed, and their mean. */
static void write_accuracies(FILE *script, const struct plan *plan, int shape)
{
    const struct course *course = plan->course;
    struct mark rows[MAX_METHODS];
    char title[80];
    sort_methods(plan, shape, rows);
    for (int family = EXACT; family <= RANDOM; family++) {
        fprintf(script, "$family%d << END\nNaN NaN NaN\n", family);
        for (int row = 0; row < course->method_count; row++) {
            struct outcome outcome = plan_outcome(plan, shape, rows[row].line, plan->checkpoint_count - 1);
            if ((int)course->methods[rows[row].line].family == family)
                fprintf(script, "%g %d %g\n", 100.0 * outcome.accuracy.mean, row, 100.0 * outcome.accuracy.sd);
        }
        fputs("END\n", script);
    }
    snprintf(title, sizeof title, "%s: test accuracy in %%", course->shapes[shape].name);
    write_frame(script, plan, shape, title, 0.13, 0.47);
    fprintf(script,
            "unset logscale x\nset grid xtics noytics lc rgb '#E8E8E8' lt 1 lw 0.8\nset yrange [-0.6:%g]\n"
            "set xrange [0<*:*<100]\nset format x '%%g'\nset xtics autofreq\nset xlabel ''\nset format y '%%g'\nset "
            "ytics (",
            course->method_count - 0.4);
    for (int row = 0; row < course->method_count; row++) {
        const struct method *method = &course->methods[rows[row].line];
        fprintf(script, "'%s' %d%s", method->name, row,
                row + 1 < course->method_count ? ", " : ") font ',11' noenhanced\n");
    }
    fputs("plot ", script);
    for (int family = EXACT; family <= RANDOM; family++)
        fprintf(script, "$family%d using 1:2:3 with xerrorbars lw 2 pt 7 ps 1 lc rgb '#%s'%s", family, colours[family],
                family < RANDOM ? ", " : "\n");
}

/* The angle of the first hidden layer, the one that is farthest from the error. */
static int write_curve(FILE *script, const struct plan *plan, int shape, int method, struct mark *mark)
{
    int n = 0;
    for (int k = 0; k < plan->checkpoint_count; k++) {
        struct outcome outcome = plan_outcome(plan, shape, method, k);
        double angle = outcome.alignment[0][plan->course->column];
        if (isnan(angle))
            continue;
        if (n++ == 0)
            fprintf(script, "$line%d << END\n", method);
        fprintf(script, "%g %g\n", plan->checkpoints[k] > 0 ? (double)plan->checkpoints[k] : 300.0, angle);
        *mark = (struct mark){ .line = method, .wanted = angle };
    }
    if (n > 0)
        fputs("END\n", script);
    return n > 0;
}

static void write_angles(FILE *script, const struct plan *plan, int shape)
{
    const struct course *course = plan->course;
    struct mark marks[MAX_METHODS];
    double last = (double)plan->sizes.samples;
    int n = 0;
    for (int method = 0; method < course->method_count; method++)
        n += write_curve(script, plan, shape, method, &marks[n]);
    write_frame(script, plan, shape,
                course->column == PLAST_ALIGNED_WEIGHTS ? "Angle between feedback and forward weights"
                                                        : "First layer: angle of its learning signal to the exact one",
                0.55, 0.86);
    fprintf(script,
            "set logscale x\nset xrange [300:%g]\nset yrange [-2:100]\nset ytics 0,30,90 font ',12' enhanced\nset "
            "format y '%%g°'\nset grid noxtics ytics lc rgb "
            "'#E8E8E8' lt 1 lw 0.8\n"
            "set xtics ('start' 300, '1k' 1000, '3k' 3000, '10k' 10000, '30k' 30000, '100k' 100000, '300k' 300000, "
            "'1M' 1000000, '3M' 3000000)\n"
            "set xlabel 'images learned (log scale)' offset 0,0.4 textcolor rgb '#404040'\n",
            last);
    marks_spread(marks, n, 6.6);
    marks_lower(marks, n, 6.6, 99.0);
    for (int i = 0; i < n; i++)
        fprintf(script, "set label %d '%s' at first %g,%g left font ',11' noenhanced textcolor rgb '#%s'\n", i + 1,
                course->methods[marks[i].line].name, 1.15 * last, marks[i].place,
                colours[course->methods[marks[i].line].family]);
    fputs("plot ", script);
    for (int i = 0; i < n; i++)
        fprintf(script, "$line%d using 1:2 with linespoints lw 2 ps 0.7 pt %d dt %d lc rgb '#%s'%s", marks[i].line,
                4 + rank(course, marks[i].line), 1 + rank(course, marks[i].line),
                colours[course->methods[marks[i].line].family], i + 1 < n ? ", " : "\n");
    for (int i = 0; i < n; i++)
        fprintf(script, "unset label %d\n", i + 1);
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    for (int shape = 0; shape < plan->course->shape_count; shape++) {
        write_accuracies(script, plan, shape);
        write_angles(script, plan, shape);
    }
    fputs("unset multiplot\n", script);
}
