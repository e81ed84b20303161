/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"
#include "../common/dataset.h"
#include "plan.h"

static const char help[] =
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
    "  --help         this text";

void options_read(int argc, char **argv, struct options *options)
{
    const struct argument arguments[] = {
        { "akrout", .flag = &options->akrout },
        { "data", .text = &options->data },
        { "epochs", .count = &options->epochs, .most = MAX_EPOCHS },
        { "full", .flag = &options->full },
        { "out", .text = &options->out },
        { "quick", .flag = &options->quick },
        { "seeds", .count = &options->seeds, .most = MAX_SEEDS },
        { "threads", .count = &options->threads, .most = MOST_THREADS },
        { .name = NULL },
    };
    *options = (struct options){ .data = DATASET_FOLDER, .out = ".", .threads = arguments_threads() };
    arguments_read("credit_race", help, arguments, argc, argv);
    if (options->seeds == 0)
        options->seeds = options->quick ? 2 : 3;
    if (options->epochs == 0 && options->akrout)
        options->epochs = options->full ? 50 : 10;
    else if (options->epochs == 0)
        options->epochs = options->full ? 10 : 4;
}
