/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

enum { MOST_SAMPLES = 60000 }; /* no image twice */

static const char help[] =
    "Usage: few_shot [options]\n"
    "\n"
    "Networks learn five classes of Fashion-MNIST from 250 images, one at a time: by backpropagation (BP) or random\n"
    "feedback (FA), with and without Oja's rule and error-based Hebbian plasticity (eHebb), each at the best\n"
    "coefficients of its grid. Then long runs on all ten classes. Prints a table, and writes few_shot.csv,\n"
    "few_shot_long.csv, few_shot.svg and few_shot.png.\n"
    "\n"
    "  --data DIR     the data set's four files (default /usr/share/datasets/fashion-mnist)\n"
    "  --out DIR      where the results go (default: here)\n"
    "  --episodes N   with other classes, images and weights; the same for all rules (default 200)\n"
    "  --samples N    images in the long runs (default 10000)\n"
    "  --seeds N      repetitions of the long runs (default 4)\n"
    "  --threads N    networks at once (default: one for each CPU)\n"
    "  --quick        a tiny version that shows only that everything works\n"
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "data", .text = &options->data },
        { "out", .text = &options->out },
        { "episodes", .count = &options->episodes, .least = 2, .most = MAX_EPISODES },
        { "samples", .count = &options->samples, .most = MOST_SAMPLES },
        { "seeds", .count = &options->seeds, .most = MAX_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { "quick", .flag = &options->quick },
        { .name = NULL },
    };
    *options = (struct options){ .data = DATASET_FOLDER, .out = ".", .threads = arguments_threads() };
    arguments_read("few_shot", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 4;
    if (options->episodes == 0)
        options->episodes = options->quick ? 3 : 200;
    if (options->samples == 0)
        options->samples = options->quick ? 200 : 10000;
    options->tuning = options->quick ? 1 : 40;
}
