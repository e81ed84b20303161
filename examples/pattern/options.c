/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

static const char help[] =
    "Usage: pattern [options]\n"
    "\n"
    "A recurrent network learns a periodic pattern by RFLO, with symmetric and with random feedback, beside\n"
    "backpropagation through time. Prints a table, and writes pattern.csv, pattern.svg and pattern.png.\n"
    "\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      networks of each arm (default 5)\n"
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
    arguments_read("pattern", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 5;
}
