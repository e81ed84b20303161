/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

static const char help[] =
    "Usage: grapes_curves [options]\n"
    "\n"
    "Networks 784-256xL-10 learn Fashion-MNIST in minibatches, with errors modulated by GRAPES or by its controls,\n"
    "each at its own best rate. Prints tables and whether it is each node's factor that helps, or the rate; writes\n"
    "grapes_curves.csv, grapes_curves.svg and grapes_curves.png.\n"
    "\n"
    "  --data DIR     the data set's four files (default " DATASET_FOLDER ")\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --epochs N     times that each training image is learned (default 5; 3 with --full)\n"
    "  --seeds N      repetitions with other weights and another order (default 3)\n"
    "  --threads N    trials at once (default: one for each CPU)\n"
    "  --full         54000 training images instead of 2560, 10000 test images instead of 2000; feedback alignment\n"
    "                 at every depth, not at three hidden layers alone; rates are sought on 12800 images\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "data", .text = &options->data },
        { "epochs", .count = &options->epochs, .most = MOST_EPOCHS },
        { "full", .flag = &options->full },
        { "out", .text = &options->out },
        { "quick", .flag = &options->quick },
        { "seeds", .count = &options->seeds, .most = MOST_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { .name = NULL },
    };
    *options = (struct options){ .data = DATASET_FOLDER, .out = ".", .threads = arguments_threads() };
    arguments_read("grapes_curves", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 3;
    if (options->epochs == 0)
        options->epochs = options->quick ? 2 : options->full ? 3 : 5;
}
