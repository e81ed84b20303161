/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>

static const struct option names[] = {
    { "data", required_argument, NULL, 'd' },
    { "epochs", required_argument, NULL, 'e' },
    { "full", no_argument, NULL, 'f' },
    { "help", no_argument, NULL, 'h' },
    { "out", required_argument, NULL, 'o' },
    { "quick", no_argument, NULL, 'q' },
    { "seeds", required_argument, NULL, 's' },
    { "threads", required_argument, NULL, 't' },
    { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts(
        "Usage: grapes_forgetting [options]\n"
        "\n"
        "A network learns five tasks of permuted Fashion-MNIST images one after another, with GRAPES, its layer mean, "
        "the\n"
        "constant factor of the notebook that its authors released, or plain backpropagation, each at several rates.\n"
        "Prints what is forgotten, and writes grapes_forgetting.csv, grapes_forgetting.svg and grapes_forgetting.png.\n"
        "\n"
        "  --data DIR     the data set's four files (default " DATASET_FOLDER ")\n"
        "  --out DIR      where the results go (default: here)\n"
        "  --seeds N      repetitions with other weights, permutations and another order (default 5)\n"
        "  --threads N    trials at once (default: one for each CPU)\n"
        "  --full         54000 images a task instead of 6000, 10000 test images instead of 1000, four lower rates\n"
        "  --quick        a tiny version that shows only that everything works\n"
        "  --help         this text");
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
        else if (letter == 'f')
            options->full = true;
        else if (letter == 'o')
            options->out = optarg;
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 's')
            result = argument_count("grapes_forgetting", "seeds", optarg, MOST_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("grapes_forgetting", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "grapes_forgetting: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->quick ? 2 : 5;
    return result;
}
