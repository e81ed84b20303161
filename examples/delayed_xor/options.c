/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

static const char help[] =
    "Usage: delayed_xor [options]\n"
    "\n"
    "Were two cues alike? A recurrent network under Dale's law learns to tell across a delay by ModProp, with\n"
    "weights averaged over cell types or not, by the three-factor rule and by backpropagation through time, until\n"
    "95 % of its answers are right. Prints a table, and writes delayed_xor.csv, delayed_xor.svg and\n"
    "delayed_xor.png.\n"
    "\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      networks of each arm (default 2; 10 with --full)\n"
    "  --threads N    trials at once (default: one for each CPU)\n"
    "  --full         the published delay of 700 steps in place of 200, 3000 iterations in place of 1000\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "out", .text = &options->out },
        { "seeds", .count = &options->seeds, .most = MOST_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { "quick", .flag = &options->quick },
        { "full", .flag = &options->full },
        { .name = NULL },
    };
    *options = (struct options){ .out = ".", .threads = arguments_threads() };
    arguments_read("delayed_xor", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->full ? 10 : 2;
}
