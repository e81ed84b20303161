/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

static const char help[] =
    "Usage: initial_connectivity [options]\n"
    "\n"
    "Recurrent networks learn three decision tasks from initial weights of gain 0.1 to 2.5: by backpropagation\n"
    "through time, e-prop, ModProp, e-prop with random feedback or none, with and without Oja's rule. Prints\n"
    "tables, and writes initial_connectivity.csv, initial_connectivity.svg and initial_connectivity.png.\n"
    "\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      repetitions with other weights and trials (default 2; 5 with --full)\n"
    "  --threads N    networks at once (default: one for each CPU)\n"
    "  --oja RATE     of Oja's rule, above 0 (default 0.15, the best of a scan)\n"
    "  --full         also ModProp with W itself, which takes as long as all others, the readout\n"
    "                 alone, and gradient flossing before training\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "full", .choice = &options->size, .value = PLAN_FULL },
        { "oja", .rate = &options->oja_rate, .most = 10 },
        { "out", .text = &options->out },
        { "quick", .choice = &options->size, .value = PLAN_QUICK },
        { "seeds", .count = &options->seeds, .most = MOST_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { .name = NULL },
    };
    *options = (struct options){ .out = ".", .oja_rate = 0.15, .size = PLAN_USUAL, .threads = arguments_threads() };
    arguments_read("initial_connectivity", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->size == PLAN_FULL ? 5 : 2;
}
