/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

static const char help[] =
    "Usage: flossing [options]\n"
    "\n"
    "Does gradient flossing let a recurrent network learn over long delays? 80 tanh units learn to copy random bits\n"
    "after a delay, and to tell whether two of them were alike: without flossing, after flossing, and with flossing\n"
    "again during training. Prints tables, and writes flossing.csv, flossing.svg and flossing.png.\n"
    "\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      networks of each kind (default 2; 5 with --full)\n"
    "  --threads N    networks at once (default: one for each CPU)\n"
    "  --full         the published lengths, and more delays: hours\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "full", .choice = &options->size, .value = PLAN_FULL },
        { "out", .text = &options->out },
        { "quick", .choice = &options->size, .value = PLAN_QUICK },
        { "seeds", .count = &options->seeds, .most = MOST_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { .name = NULL },
    };
    *options = (struct options){ .out = ".", .size = PLAN_USUAL, .threads = arguments_threads() };
    arguments_read("flossing", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->size == PLAN_FULL ? 5 : 2;
}
