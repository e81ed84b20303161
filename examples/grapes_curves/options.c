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
    puts("Usage: grapes_curves [options]\n"
         "\n"
         "Networks 784-256xL-10 learn Fashion-MNIST in minibatches, with errors modulated by GRAPES or by its "
         "controls,\n"
         "each at its own best rate. Prints tables and whether it is each node's factor that helps, or the rate; "
         "writes\n"
         "grapes_curves.csv, grapes_curves.svg and grapes_curves.png.\n"
         "\n"
         "  --data DIR     the data set's four files (default " DATASET_FOLDER ")\n"
         "  --out DIR      where the results go (default: here)\n"
         "  --epochs N     times that each training image is learned (default 5; 3 with --full)\n"
         "  --seeds N      repetitions with other weights and another order (default 3)\n"
         "  --threads N    trials at once (default: one for each CPU)\n"
         "  --full         54000 training images instead of 2560, 10000 test images instead of 2000; feedback "
         "alignment\n"
         "                 at every depth, not at three hidden layers alone; rates are sought on 12800 images\n"
         "  --quick        a tiny version that shows only that everything works\n"
         "  --help         this text");
}

int options_parse(int argc, char **argv, struct options *options)
{
    int64_t epochs = 0;
    int64_t seeds = 0;
    int64_t threads = 0;
    int letter;
    int result = 0;
    *options = (struct options){ .data = DATASET_FOLDER, .out = "." };
    while (result == 0 && (letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'd')
            options->data = optarg;
        else if (letter == 'e')
            result = argument_count("grapes_curves", "epochs", optarg, MOST_EPOCHS, &epochs);
        else if (letter == 'f')
            options->full = true;
        else if (letter == 'o')
            options->out = optarg;
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 's')
            result = argument_count("grapes_curves", "seeds", optarg, MOST_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("grapes_curves", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "grapes_curves: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->quick ? 2 : 3;
    options->epochs = epochs != 0 ? (int)epochs : options->quick ? 2 : options->full ? 3 : 5;
    return result;
}
