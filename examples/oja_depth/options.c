/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "plan.h"

#include "../common/arguments.h"
#include "../common/dataset.h"

#include <getopt.h>
#include <stdio.h>

enum { MOST_SAMPLES = 10000000 };

static const struct option names[] = {
    { "data", required_argument, NULL, 'd' },    { "out", required_argument, NULL, 'o' },
    { "samples", required_argument, NULL, 'n' }, { "seeds", required_argument, NULL, 's' },
    { "threads", required_argument, NULL, 't' }, { "quick", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },          { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts(
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
        "  --help         this text");
}

/* Smaller values where the user gave none. */
static void complete(struct options *options, int64_t seeds, int64_t threads)
{
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->quick ? 2 : 4;
    if (options->samples == 0)
        options->samples = options->quick ? 100 : 30000;
}

int options_parse(int argc, char **argv, struct options *options)
{
    int64_t seeds = 0;
    int64_t threads = 0;
    int letter;
    int result = 0;
    *options = (struct options){ .data = DATASET_FOLDER, .out = "." };
    while (result == 0 && (letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'd')
            options->data = optarg;
        else if (letter == 'o')
            options->out = optarg;
        else if (letter == 'n')
            result = argument_count("oja_depth", "samples", optarg, MOST_SAMPLES, &options->samples);
        else if (letter == 's')
            result = argument_count("oja_depth", "seeds", optarg, MAX_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("oja_depth", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "oja_depth: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    complete(options, seeds, threads);
    return result;
}
