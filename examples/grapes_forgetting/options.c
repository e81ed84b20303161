/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

static const char help[] =
    "Usage: grapes_forgetting [options]\n"
    "\n"
    "A network learns five tasks of permuted Fashion-MNIST images one after another, with GRAPES, its layer mean, the\n"
    "constant factor of the notebook that its authors released, or plain backpropagation, each at several rates.\n"
    "Prints what is forgotten, and writes grapes_forgetting.csv, grapes_forgetting.svg and grapes_forgetting.png.\n"
    "\n"
    "  --data DIR     the data set's four files (default " DATASET_FOLDER ")\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --seeds N      repetitions with other weights, permutations and another order (default 5)\n"
    "  --threads N    trials at once (default: one for each CPU)\n"
    "  --full         54000 images a task instead of 6000, 10000 test images instead of 1000, four lower rates\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "data", .text = &options->data },
        { "full", .flag = &options->full },
        { "out", .text = &options->out },
        { "quick", .flag = &options->quick },
        { "seeds", .count = &options->seeds, .most = MOST_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { .name = NULL },
    };
    *options = (struct options){ .data = DATASET_FOLDER, .out = ".", .threads = arguments_threads() };
    arguments_read("grapes_forgetting", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 5;
}
