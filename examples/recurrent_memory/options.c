/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "plan.h"

static const char help[] =
    "Usage: recurrent_memory [options]\n"
    "\n"
    "Linear memory capacity of tanh networks of 50 units before and after 60000 online steps of Oja's rule on their\n"
    "recurrent weights, beside random weights of the same spectral radius. Prints a table, and writes\n"
    "recurrent_memory.csv, recurrent_memory.svg and recurrent_memory.png.\n"
    "\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      networks of each kind (default 10)\n"
    "  --threads N    networks at once (default: one for each CPU)\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "out", .text = &options->out },
        { "quick", .flag = &options->quick },
        { "seeds", .count = &options->seeds, .most = MOST_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { .name = NULL },
    };
    *options = (struct options){ .out = ".", .threads = arguments_threads() };
    arguments_read("recurrent_memory", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 10;
}
