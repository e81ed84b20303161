/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

#include <getopt.h>
#include <stdio.h>

static const struct option names[] = {
    { "out", required_argument, NULL, 'o' },     { "seeds", required_argument, NULL, 's' },
    { "threads", required_argument, NULL, 't' }, { "quick", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },          { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts("Usage: pattern [options]\n"
         "\n"
         "A recurrent network learns a periodic pattern by RFLO, with symmetric and with random feedback, beside\n"
         "backpropagation through time. Prints a table, and writes pattern.csv, pattern.svg and pattern.png.\n"
         "\n"
         "  --out DIR      where the results go (default: here)\n"
         "  --seeds N      networks of each arm (default 5)\n"
         "  --threads N    trials at once (default: one for each CPU)\n"
         "  --quick        a tiny version that shows only that everything works\n"
         "  --help         this text");
}

/* Values where the user gave none. */
static void complete(struct options *options, int64_t seeds, int64_t threads)
{
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->quick ? 2 : 5;
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
        else if (letter == 's')
            result = argument_count("pattern", "seeds", optarg, MOST_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("pattern", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "pattern: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    complete(options, seeds, threads);
    return result;
}
