/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

#include <getopt.h>
#include <stdio.h>

static const struct option names[] = {
    { "out", required_argument, NULL, 'o' },
    { "seeds", required_argument, NULL, 's' },
    { "threads", required_argument, NULL, 't' },
    { "quick", no_argument, NULL, 'q' },
    { "full", no_argument, NULL, 'f' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts(
        "Usage: delayed_xor [options]\n"
        "\n"
        "Were two cues alike? A recurrent network under Dale's law learns to tell across a delay by ModProp, with\n"
        "weights averaged over cell types or not, by the three-factor rule and by backpropagation through time, until\n"
        "95 % of its answers are right. Prints a table, and writes delayed_xor.csv, delayed_xor.svg and\n"
        "delayed_xor.png.\n"
        "\n"
        "  --out DIR      where the results go (default: here)\n"
        "  --seeds N      networks of each arm (default 2; 10 with --full)\n"
        "  --threads N    trials at once (default: one for each CPU)\n"
        "  --full         the published delay of 700 steps in place of 200, 3000 iterations in place of 1000\n"
        "  --quick        a tiny version that shows only that everything works\n"
        "  --help         this text");
}

/* Values where the user gave none. */
static void complete(struct options *options, int64_t seeds, int64_t threads)
{
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->full ? 10 : 2;
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
            result = argument_count("delayed_xor", "seeds", optarg, MOST_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("delayed_xor", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'f')
            options->full = true;
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "delayed_xor: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    complete(options, seeds, threads);
    return result;
}
