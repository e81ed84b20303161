/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

static const char help[] =
    "Usage: self_assembly [options]\n"
    "\n"
    "The self-assembling circuit learns from random wiring, beside backpropagation, Kolen-Pollack and feedback\n"
    "alignment, on a teacher's answers and on Fashion-MNIST: whole, sparse, with larger and smaller descending\n"
    "streams, with one group of synapses frozen; each arm at its own rate. Prints tables, and writes\n"
    "self_assembly.csv, self_assembly.svg and self_assembly.png.\n"
    "\n"
    "  --data DIR     the data set's four files (default " DATASET_FOLDER ")\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      repetitions with other weights, teachers and orders (default 3; 6 with --full)\n"
    "  --threads N    trials at once (default: one for each CPU)\n"
    "  --full         five times as many samples\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "data", .text = &options->data },
        { "full", .flag = &options->full },
        { "out", .text = &options->out },
        { "quick", .flag = &options->quick },
        { "seeds", .count = &options->seeds, .most = MAX_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { .name = NULL },
    };
    *options = (struct options){ .data = DATASET_FOLDER, .out = ".", .threads = arguments_threads() };
    arguments_read("self_assembly", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : options->full ? 6 : 3;
}
