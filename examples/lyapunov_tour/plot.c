/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include "systems.h"

#include <math.h>

static const char *const colours[SIZES] = { "56B4E9", "0072B2", "D55E00" }; /* Okabe & Ito's palette */

static void write_prologue(FILE *script, const struct plan *plan)
{
    fputs("set multiplot\n"
          "set encoding utf8\n"
          "set border 3 lc rgb '#606060'\n"
          "set tics nomirror out scale 0.6 textcolor rgb '#404040'\n"
          "set grid ytics lc rgb '#E8E8E8' lt 1 lw 0.8\n"
          "set key textcolor rgb '#404040' font ',11'\n"
          "set errorbars 0\n"
          "set bmargin at screen 0.13\n"
          "set tmargin at screen 0.80\n",
          script);
    fprintf(script,
            "set label 100 \"Lyapunov exponents of random networks, x' = J tanh(x) + σ ξ, J_{ij} of variance g²/N\" at "
            "screen 0.02,0.955 font ',17' textcolor rgb '#202020'\n"
            "set label 101 'Left: mean and standard deviation over %d networks. Middle and right: all exponents of one "
            "network each, σ = 0.' at screen 0.02,0.895 textcolor rgb '#606060'\n",
            plan->seeds);
}

static void begin_panel(FILE *script, const char *title, double left, double right, const char *x_label)
{
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\n"
            "set label 102 \"%s\" at screen %g,0.835 font ',14' textcolor rgb '#202020'\n"
            "set xlabel '%s' offset 0,0.4 textcolor rgb '#404040'\n",
            left, right, title, left - 0.03, x_label);
}

/* Data blocks of the left panel. */
static void write_largest_data(FILE *script, const struct plan *plan)
{
    for (int noise = 0; noise < NOISES; noise++) {
        fprintf(script, "$theory%d << END\n", noise);
        for (double g = 0.5; g < 10.1; g *= 1.05)
            fprintf(script, "%g %g\n", g, network_theory(g, plan_noises[noise]));
        fputs("END\n", script);
        for (int size = 0; size < plan->sizes; size++) {
            fprintf(script, "$largest%d%d << END\n", noise, size);
            for (int gain = 0; gain < GAINS; gain++) {
                const struct summary s = plan_largest(plan, gain, size, noise);
                fprintf(script, "%g %g %g\n", plan_gains[gain] * (1.0 + 0.025 * (size - 1)), s.mean, s.sd);
            }
            fputs("END\n", script);
        }
    }
}

static void write_largest(FILE *script, const struct plan *plan)
{
    begin_panel(script, "Largest exponent, and theory for N = ∞", 0.05, 0.33, "gain g (log scale)");
    write_largest_data(script, plan);
    fputs("set logscale x\nset xrange [0.45:11]\nset xtics (0.5, 1, 2, 3, 5, 10)\nset yrange [-1.3:1]\nset ytics 0.5\n"
          "set key bottom right\n"
          "set arrow 1 from graph 0,first 0 to graph 1,first 0 nohead lc rgb '#909090'\n"
          "plot $theory0 using 1:2 with lines lw 2 dt 1 lc rgb '#404040' title 'theory, σ = 0', "
          "$theory1 using 1:2 with lines lw 2 dt 2 lc rgb '#404040' title 'theory, σ = 1 (open circles)'",
          script);
    for (int size = 0; size < plan->sizes; size++)
        fprintf(script,
                ", $largest0%d using 1:2:3 with yerrorbars lw 1.5 pt 7 ps 0.8 lc rgb '#%s' title 'N = %d'"
                ", $largest1%d using 1:2:3 with yerrorbars lw 1.5 pt 6 ps 0.8 lc rgb '#%s' notitle",
                size, colours[size], plan_sizes[size], size, colours[size]);
    fputs("\nunset logscale x\nunset label 100\nunset label 101\n", script);
}

/* The spectra's shape does not depend on N: chaos is extensive. */
static void write_spectra(FILE *script, const struct plan *plan)
{
    begin_panel(script, "All exponents at g = 3", 0.40, 0.66, "index / N");
    for (int size = 0; size < plan->sizes; size++) {
        const struct trial *trial = plan_trial(plan, SPECTRA_GAIN, size, 0, 0);
        fprintf(script, "$spectrum%d << END\n", size);
        for (int i = 0; i < trial->count; i++)
            if (isfinite(trial->exponents[i]))
                fprintf(script, "%g %g\n", (i + 0.5) / plan_sizes[size], trial->exponents[i]);
        fputs("END\n", script);
    }
    fputs("set xrange [0:1]\nset xtics 0.25\nset yrange [-6:0.6]\nset ytics 1\nset key bottom left\nplot ", script);
    for (int size = 0; size < plan->sizes; size++)
        fprintf(script, "$spectrum%d using 1:2 with lines lw 2 lc rgb '#%s' title 'N = %d'%s", size, colours[size],
                plan_sizes[size], size + 1 < plan->sizes ? ", " : "\n");
}

static void write_dimension(FILE *script, const struct plan *plan)
{
    begin_panel(script, "Attractor dimension and entropy rate", 0.73, 0.985, "gain g (log scale)");
    for (int size = 0; size < plan->sizes; size++) {
        fprintf(script, "$dimension%d << END\n", size);
        for (int gain = 0; gain < GAINS; gain++) {
            const struct trial *trial = plan_trial(plan, gain, size, 0, 0);
            fprintf(script, "%g %g %g\n", plan_gains[gain], trial->summary.dimension / plan_sizes[size],
                    10.0 * trial->summary.entropy / plan_sizes[size]);
        }
        fputs("END\n", script);
    }
    fputs("set logscale x\nset xrange [0.95:11]\nset xtics (1, 2, 3, 5, 10)\nset yrange [0:0.6]\nset ytics 0.1\n"
          "set key top left\nunset arrow 1\nplot ",
          script);
    for (int size = 0; size < plan->sizes; size++)
        fprintf(script,
                "$dimension%d using 1:2 with linespoints lw 2 pt 7 ps 0.7 lc rgb '#%s' title 'D / N, N = %d', "
                "$dimension%d using 1:3 with linespoints lw 2 dt 2 pt 6 ps 0.7 lc rgb '#%s' title '10 H / N'%s",
                size, colours[size], plan_sizes[size], size, colours[size], size + 1 < plan->sizes ? ", " : "\n");
}

void plot_script(FILE *script, const void *user)
{
    const struct plan *plan = user;
    write_prologue(script, plan);
    write_largest(script, plan);
    write_spectra(script, plan);
    write_dimension(script, plan);
    fputs("unset multiplot\n", script);
}
