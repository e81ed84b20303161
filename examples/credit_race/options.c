/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>

static const struct option names[] = {
    { "akrout", no_argument, NULL, 'a' },        { "data", required_argument, NULL, 'd' },
    { "epochs", required_argument, NULL, 'e' },  { "full", no_argument, NULL, 'f' },
    { "help", no_argument, NULL, 'h' },          { "out", required_argument, NULL, 'o' },
    { "quick", no_argument, NULL, 'q' },         { "seeds", required_argument, NULL, 's' },
    { "threads", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts(
        "Usage: credit_race [options]\n"
        "\n"
        "Two networks learn Fashion-MNIST in minibatches under every feedback scheme of the library, each at its own\n"
        "rate, chosen on a tenth of the training images that it does not learn. Prints tables, and writes\n"
        "credit_race.csv, credit_race.svg and credit_race.png.\n"
        "\n"
        "  --data DIR     the data set's four files (default " DATASET_FOLDER ")\n"
        "  --out DIR      where the results go (default: here)\n"
        "  --epochs N     times that each training image is learned (default 4; 10 with --full or --akrout, 50 with\n"
        "                 both)\n"
        "  --seeds N      repetitions with other weights and another order (default 3)\n"
        "  --threads N    trials at once (default: one for each CPU)\n"
        "  --full         longer runs, and rates tuned over runs as long, not over one epoch\n"
        "  --akrout       instead: sigmoid units, constant rates, Kolen-Pollack without decay, as Akrout et al. 2019;\n"
        "                 writes credit_race_akrout.*\n"
        "  --quick        a tiny version that shows only that everything works\n"
        "  --help         this text");
}

/* Values where the user gave none. */
static void complete(struct options *options, int64_t epochs, int64_t seeds, int64_t threads)
{
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->quick ? 2 : 3;
    options->epochs = (int)epochs;
    if (epochs == 0 && options->akrout)
        options->epochs = options->full ? 50 : 10;
    else if (epochs == 0)
        options->epochs = options->full ? 10 : 4;
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
        if (letter == 'a')
            options->akrout = true;
        else if (letter == 'd')
            options->data = optarg;
        else if (letter == 'e')
            result = argument_count("credit_race", "epochs", optarg, MAX_EPOCHS, &epochs);
        else if (letter == 'f')
            options->full = true;
        else if (letter == 'o')
            options->out = optarg;
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 's')
            result = argument_count("credit_race", "seeds", optarg, MAX_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("credit_race", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "credit_race: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    complete(options, epochs, seeds, threads);
    return result;
}
