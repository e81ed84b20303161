/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

#include <getopt.h>
#include <stdio.h>

static const struct option names[] = {
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
    puts("Usage: flossing [options]\n"
         "\n"
         "Does gradient flossing let a recurrent network learn over long delays? 80 tanh units learn to copy random "
         "bits\n"
         "after a delay, and to tell whether two of them were alike: without flossing, after flossing, and with "
         "flossing\n"
         "again during training. Prints tables, and writes flossing.csv, flossing.svg and flossing.png.\n"
         "\n"
         "  --out DIR      where the results go (default: here)\n"
         "  --seeds N      networks of each kind (default 2; 5 with --full)\n"
         "  --threads N    networks at once (default: one for each CPU)\n"
         "  --full         the published lengths, and more delays: hours\n"
         "  --quick        a tiny version that shows only that everything works\n"
         "  --help         this text");
}

int options_parse(int argc, char **argv, struct options *options)
{
    int64_t seeds = 0;
    int64_t threads = 0;
    int letter;
    int result = 0;
    *options = (struct options){ .out = ".", .size = PLAN_USUAL };
    while (result == 0 && (letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'f')
            options->size = PLAN_FULL;
        else if (letter == 'o')
            options->out = optarg;
        else if (letter == 'q')
            options->size = PLAN_QUICK;
        else if (letter == 's')
            result = argument_count("flossing", "seeds", optarg, MOST_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("flossing", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "flossing: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->size == PLAN_FULL ? 5 : 2;
    return result;
}
