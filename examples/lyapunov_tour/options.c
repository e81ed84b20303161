/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "plan.h"

static const char help[] =
    "Usage: lyapunov_tour [options]\n"
    "\n"
    "Lyapunov exponents of Henon's map, of Lorenz's equations, and of random tanh networks over gain, size and\n"
    "noise, beside theory. Prints tables, and writes lyapunov_tour.csv, lyapunov_tour.svg and lyapunov_tour.png.\n"
    "\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      networks of each kind (default 6)\n"
    "  --threads N    trials at once (default: one for each CPU)\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "out", .text = &options->out },
        { "seeds", .count = &options->seeds, .most = MOST_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { "quick", .flag = &options->quick },
        { .name = NULL },
    };
    *options = (struct options){ .out = ".", .threads = arguments_threads() };
    arguments_read("lyapunov_tour", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 6;
}
