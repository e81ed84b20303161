/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

enum { MOST_SAMPLES = 10000000 };

static const char help[] =
    "Usage: oja_depth [options]\n"
    "\n"
    "Deep networks learn Fashion-MNIST image by image: by backpropagation with plain SGD, with Adam, and with SGD\n"
    "and Oja's rule on the hidden layers, each at its own best rate. Prints tables, and writes oja_depth.csv,\n"
    "oja_depth_signals.csv, oja_depth.svg and oja_depth.png.\n"
    "\n"
    "  --data DIR     the data set's four files (default /usr/share/datasets/fashion-mnist)\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --samples N    images in the long runs (default 30000; 3000 or less: no long runs)\n"
    "  --seeds N      repetitions with other weights and another order (default 4)\n"
    "  --threads N    trials at once (default: one for each CPU)\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "data", .text = &options->data },
        { "out", .text = &options->out },
        { "samples", .count = &options->samples, .most = MOST_SAMPLES },
        { "seeds", .count = &options->seeds, .most = MAX_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { "quick", .flag = &options->quick },
        { .name = NULL },
    };
    *options = (struct options){ .data = DATASET_FOLDER, .out = ".", .threads = arguments_threads() };
    arguments_read("oja_depth", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 4;
    if (options->samples == 0)
        options->samples = options->quick ? 100 : 30000;
}
