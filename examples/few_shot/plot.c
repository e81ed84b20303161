/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <inttypes.h>
#include <math.h>

/* A panel's place on the page, and what it says. */
struct panel {
    double left, right, bottom, top;
    const char *title;
    const char *x_label;
};

static void write_prologue(FILE *script, const struct plan *plan)
{
    fputs("set multiplot\n"
          "set encoding utf8\n"
          "set border 3 lc rgb '#606060'\n"
          "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
          "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\n"
          "unset key\n"
          "set errorbars 0\n",
          script);
    fprintf(
        script,
        "set label 100 'Learning from 250 images, and on and on: random feedback, eHebb and Oja''s rule' at screen "
        "0.02,0.97 font ',17' textcolor rgb '#202020'\n"
        "set label 101 'Above: %d episodes of five Fashion-MNIST classes, every rule at the best coefficients of its "
        "grid (bars: two standard errors). Below: ten classes, mean over %d seed%s, theta_0 in brackets.' at screen "
        "0.02,0.935 textcolor rgb "
        "'#606060' noenhanced\n",
        plan->episodes, plan->seeds, plan->seeds == 1 ? "" : "s");
}

static void begin_panel(FILE *script, const struct panel *panel)
{
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\nset bmargin at screen %g\nset tmargin at screen %g\n"
            "set label 102 \"%s\" at screen %g,%g font ',14' textcolor rgb '#202020' noenhanced\n"
            "set xlabel '%s' offset 0,0.4 textcolor rgb '#404040'\n",
            panel->left, panel->right, panel->bottom, panel->top, panel->title, panel->left - 0.02, panel->top + 0.025,
            panel->x_label);
}

/* A row for each arm. */
static void write_accuracy(FILE *script, const struct plan *plan)
{
    static const struct panel panel = { 0.14, 0.345, 0.56, 0.86, "Accuracy after 250 images", "accuracy" };
    begin_panel(script, &panel);
    for (enum arm arm = 0; arm < ARMS; arm++) {
        struct summary accuracy = plan_summary(plan, arm, ACCURACY, 0);
        fprintf(script, "$arm%d << END\n%g %d %g\nEND\n", (int)arm, accuracy.mean, ARMS - 1 - (int)arm,
                2.0 * accuracy.sd / sqrt(plan->episodes));
    }
    fprintf(script,
            "set xrange [0:0.85]\nset xtics 0,0.2\nset format x '%%.1f'\nset yrange [-0.6:%g]\n"
            "set grid noytics xtics\nset arrow 1 from 0.2,graph 0 to 0.2,graph 1 nohead dt 3 lc rgb '#909090'\n"
            "set ytics (",
            ARMS - 0.4);
    for (enum arm arm = 0; arm < ARMS; arm++)
        fprintf(script, "'%s' %d%s", plan_arms[arm].label, ARMS - 1 - (int)arm, arm + 1 < ARMS ? ", " : ")\n");
    fputs("plot ", script);
    for (enum arm arm = 0; arm < ARMS; arm++)
        fprintf(script, "$arm%d using 1:2:3 with xerrorbars lw 3 pt 7 ps 1 lc rgb '#%s'%s", (int)arm,
                plan_arms[arm].colour, arm + 1 < ARMS ? ", " : "\n");
    fputs("unset arrow 1\nset grid noxtics ytics\nset ytics autofreq\n", script);
}

/* Layer by layer, for the arms with random feedback or for all. */
static void write_layers(FILE *script, const struct plan *plan, const struct panel *panel, enum arm first,
                         enum quantity quantity)
{
    begin_panel(script, panel);
    for (enum arm arm = first; arm < ARMS; arm++) {
        fprintf(script, "$layers%d << END\n", (int)arm);
        for (int l = 0; l < HIDDEN; l++)
            fprintf(script, "%d %g\n", l + 1,
                    quantity == ANGLE ? plan_summary(plan, arm, quantity, l).mean
                                      : plan_median(plan, arm, quantity, l));
        fputs("END\n", script);
    }
    fprintf(script, "set xrange [0.8:%g]\nset xtics 1\nset format x '%%g'\nplot ", HIDDEN + 0.2);
    for (enum arm arm = first; arm < ARMS; arm++)
        fprintf(script, "$layers%d using 1:2 with linespoints lw 2 pt 7 ps 0.7 lc rgb '#%s'%s", (int)arm,
                plan_arms[arm].colour, arm + 1 < ARMS ? ", " : "\n");
}

static void write_angles(FILE *script, const struct plan *plan)
{
    static const struct panel panel = { 0.41, 0.655, 0.56, 0.86, "Angle to backpropagation, degrees", "hidden layer" };
    fputs("set yrange [0:180]\nset ytics 0,45\n"
          "set arrow 1 from graph 0,first 90 to graph 1,first 90 nohead dt 3 lc rgb '#909090'\n",
          script);
    write_layers(script, plan, &panel, FA, ANGLE);
    fputs("unset arrow 1\n", script);
}

static void write_orthonormality(FILE *script, const struct plan *plan)
{
    static const struct panel panel = { 0.725, 0.975, 0.56, 0.86, "E_W = |z - W W^T y|^2, median", "hidden layer" };
    fputs("set logscale y\nset yrange [1:*]\nset ytics autofreq\nset format y '10^{%T}'\n", script);
    write_layers(script, plan, &panel, BP, ORTHONORMALITY);
    fputs("unset logscale y\nset format y '%g'\n", script);
}

/* Lines of one rule differ in dashes: the first one is dotted, the second solid, the third dashed. */
static int dash(int run)
{
    static const int dashes[] = { 3, 1, 2 };
    bool alone = true;
    int before = 0;
    for (int i = 0; i < LONG_RUNS; i++) {
        bool same = plan_long_runs[i].arm == plan_long_runs[run].arm;
        alone = alone && (!same || i == run);
        before += same && i < run;
    }
    return alone ? 1 : dashes[before % 3];
}

/* A line for each long run; the legend of all three panels stands in the middle one, where there is room. */
static void write_curves(FILE *script, const struct plan *plan, const struct panel *panel, enum quantity quantity,
                         int layer)
{
    begin_panel(script, panel);
    for (int run = 0; run < LONG_RUNS; run++) {
        fprintf(script, "$run%d << END\n", run);
        for (int k = 0; k < plan->checkpoint_count; k++)
            fprintf(script, "%" PRId64 " %g\n", plan->checkpoints[k], plan_curve(plan, run, k, quantity, layer));
        fputs("END\n", script);
    }
    fprintf(script,
            "set logscale x\nset xrange [%" PRId64 ":%" PRId64 "]\n"
            "set xtics (50, 100, 250, 500, '1k' 1000, '2k' 2000, '5k' 5000, '10k' 10000, '20k' 20000, '50k' 50000)\n"
            "plot ",
            plan->checkpoints[0], plan->checkpoints[plan->checkpoint_count - 1] + 1);
    for (int run = 0; run < LONG_RUNS; run++) {
        const struct arm_name *arm = &plan_arms[plan_long_runs[run].arm];
        fprintf(script, "$run%d using 1:2 with lines lw 2.5 dt %d lc rgb '#%s' title '%s (%g)'%s", run, dash(run),
                arm->colour, arm->label, plan_long_runs[run].recipe.theta_0, run + 1 < LONG_RUNS ? ", " : "\n");
    }
    fputs("unset logscale x\n", script);
}

void plot_script(FILE *script, const void *user)
{
    static const struct panel accuracy = {
        0.055, 0.315, 0.08, 0.43, "Accuracy while it goes on learning", "images seen (log scale)"
    };
    static const struct panel activity = {
        0.39, 0.64, 0.08, 0.43, "Norm of the last hidden activity, |y_4|", "images seen (log scale)"
    };
    static const struct panel weights = {
        0.725, 0.975, 0.08, 0.43, "Norm of the last weights, |W_5|", "images seen (log scale)"
    };
    const struct plan *plan = user;
    write_prologue(script, plan);
    write_accuracy(script, plan);
    fputs("unset label 100\nunset label 101\n", script);
    write_angles(script, plan);
    write_orthonormality(script, plan);
    fputs("set yrange [0:0.85]\nset ytics 0,0.2\nset format y '%.1f'\n", script);
    write_curves(script, plan, &accuracy, ACCURACY, 0);
    fputs("set key top left reverse Left samplen 2 font ',10' textcolor rgb '#404040'\n"
          "set logscale y\nset yrange [1:*]\nset ytics autofreq\nset format y '10^{%T}'\n",
          script);
    write_curves(script, plan, &activity, ACTIVITY, HIDDEN - 1);
    fputs("unset key\n", script);
    write_curves(script, plan, &weights, WEIGHTS, LAYERS - 1);
    fputs("unset multiplot\n", script);
}
