/* SPDX-License-Identifier: MIT */
#include "plot.h"

static void write_prologue(FILE *script, const struct plan *plan)
{
    fputs("set multiplot\nset encoding utf8\nset border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6 textcolor "
          "rgb '#404040'\nset errorbars 0\nset grid lc rgb '#E8E8E8' lt 1 lw 0.8\n"
          "set tmargin at screen 0.78\nset bmargin at screen 0.13\n",
          script);
    fprintf(script,
            "set label 100 'GRAPES on tasks one after another: less forgetting, or another rate?' at screen 0.02,0.955 "
            "font ',17' textcolor rgb '#202020'\n"
            "set label 101 'permuted Fashion-MNIST, %d tasks of %d images seen once, 784-256-256-10, momentum .9; a "
            "point for each rate, mean and sd over %d seeds' at screen 0.02,0.905 textcolor rgb '#606060'\n",
            TASKS, (int)plan->sizes.learned, plan->sizes.seeds);
}

/* rate, final, sd, learned, forgotten, their sds; in percent. */
static void write_arm(FILE *script, const struct plan *plan, int arm)
{
    fprintf(script, "$arm%d << END\n", arm);
    for (int rate = 0; rate < plan->sizes.rates; rate++) {
        const struct summary final = plan_summary(plan, arm, rate, run_final);
        const struct summary learned = plan_summary(plan, arm, rate, run_learned);
        const struct summary forgotten = plan_summary(plan, arm, rate, run_forgotten);
        fprintf(script, "%g %g %g %g %g %g %g\n", plan_rate(plan, rate), 100.0 * final.mean, 100.0 * final.sd,
                100.0 * learned.mean, 100.0 * forgotten.mean, 100.0 * learned.sd, 100.0 * forgotten.sd);
    }
    fputs("END\n", script);
}

static void write_arms(FILE *script, const char *columns, const char *bars)
{
    fputs("plot ", script);
    for (int arm = 0; arm < ARMS; arm++)
        fprintf(
            script,
            "$arm%d using %s with %s lw 1.5 pt 7 ps 0.5 lc rgb '#%s' notitle, $arm%d using %s with linespoints lw 2 "
            "pt 7 ps 0.7 lc rgb '#%s' title '%s'%s",
            arm, bars, columns[0] == '1' ? "yerrorbars" : "xyerrorbars", plan_arms[arm].colour, arm, columns,
            plan_arms[arm].colour, plan_arms[arm].name, arm + 1 < ARMS ? ", " : "\n");
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    for (int arm = 0; arm < ARMS; arm++)
        write_arm(script, plan, arm);
    fputs("set lmargin at screen 0.07\nset rmargin at screen 0.50\nset key left top Left reverse font ',11'\n"
          "set label 102 'Arms on one line differ by their rates alone' at screen 0.07,0.83 font ',14' textcolor rgb "
          "'#202020'\n"
          "set xlabel 'accuracy on a task just after it was learned, %'\nset ylabel 'forgotten at the end, points'\n",
          script);
    write_arms(script, "4:5", "4:5:6:7");
    fputs("set lmargin at screen 0.57\nset rmargin at screen 0.98\nunset key\nset logscale x 2\n"
          "set label 102 'Accuracy at the end, mean over all tasks' at screen 0.57,0.83 font ',14' textcolor rgb "
          "'#202020'\n"
          "set xlabel 'rate'\nset ylabel '%'\nset xtics (",
          script);
    for (int rate = 0; rate < plan->sizes.rates; rate++)
        if (rate % 2 == 0)
            fprintf(script, "%s'%g' %g", rate > 0 ? ", " : "", plan_rate(plan, rate), plan_rate(plan, rate));
    fprintf(script, ")\nset xrange [%g:%g]\n", plan_rate(plan, 0) / 1.2, plan_rate(plan, plan->sizes.rates - 1) * 1.2);
    write_arms(script, "1:2", "1:2:3");
    fputs("unset multiplot\n", script);
}
