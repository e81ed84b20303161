/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "plan.h"

#include "../common/arguments.h"

#include <getopt.h>
#include <stdio.h>

static const struct option names[] = {
    { "help", no_argument, NULL, 'h' },          { "out", required_argument, NULL, 'o' },
    { "quick", no_argument, NULL, 'q' },         { "seeds", required_argument, NULL, 's' },
    { "threads", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts("Usage: recurrent_memory [options]\n"
         "\n"
         "Linear memory capacity of tanh networks of 50 units before and after 60000 online steps of Oja's rule on "
         "their\n"
         "recurrent weights, beside random weights of the same spectral radius. Prints a table, and writes\n"
         "recurrent_memory.csv, recurrent_memory.svg and recurrent_memory.png.\n"
         "\n"
         "  --out DIR      where the results go (default: here)\n"
         "  --seeds N      networks of each kind (default 10)\n"
         "  --threads N    networks at once (default: one for each CPU)\n"
         "  --quick        a tiny version that shows only that everything works\n"
         "  --help         this text");
}

int options_parse(int argc, char **argv, struct options *options)
{
    int64_t seeds = 0;
    int64_t threads = 0;
    int letter;
    int result = 0;
    *options = (struct options){ .out = "." };
    while (result == 0 && (letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'o')
            options->out = optarg;
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 's')
            result = argument_count("recurrent_memory", "seeds", optarg, MOST_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("recurrent_memory", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "recurrent_memory: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->quick ? 2 : 10;
    return result;
}
