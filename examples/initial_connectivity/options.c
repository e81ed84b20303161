/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../common/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const struct option names[] = {
    { "full", no_argument, NULL, 'f' },          { "help", no_argument, NULL, 'h' },
    { "oja", required_argument, NULL, 'r' },     { "out", required_argument, NULL, 'o' },
    { "quick", no_argument, NULL, 'q' },         { "seeds", required_argument, NULL, 's' },
    { "threads", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts("Usage: initial_connectivity [options]\n"
         "\n"
         "Recurrent networks learn three decision tasks from initial weights of gain 0.1 to 2.5: by backpropagation\n"
         "through time, e-prop, ModProp, e-prop with random feedback or none, with and without Oja's rule. Prints\n"
         "tables, and writes initial_connectivity.csv, initial_connectivity.svg and initial_connectivity.png.\n"
         "\n"
         "  --out DIR      where the results go (default: here)\n"
         "  --seeds N      repetitions with other weights and trials (default 2; 5 with --full)\n"
         "  --threads N    networks at once (default: one for each CPU)\n"
         "  --oja RATE     of Oja's rule, above 0 (default 0.15, the best of a scan)\n"
         "  --full         also ModProp with W itself, which takes as long as all others, the readout\n"
         "                 alone, and gradient flossing before training\n"
         "  --quick        a tiny version that shows only that everything works\n"
         "  --help         this text");
}

static int parse_rate(const char *text, double *rate)
{
    char *end = NULL;
    *rate = strtod(text, &end);
    if (end != text && *end == '\0' && *rate > 0.0 && *rate <= 10.0)
        return 0;
    fprintf(stderr, "initial_connectivity: --oja is '%s', expected a rate above 0, 10 at most\n", text);
    return -1;
}

int options_parse(int argc, char **argv, struct options *options)
{
    int64_t seeds = 0;
    int64_t threads = 0;
    int letter;
    int result = 0;
    *options = (struct options){ .out = ".", .oja_rate = 0.15, .size = PLAN_USUAL };
    while (result == 0 && (letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'f')
            options->size = PLAN_FULL;
        else if (letter == 'o')
            options->out = optarg;
        else if (letter == 'q')
            options->size = PLAN_QUICK;
        else if (letter == 'r')
            result = parse_rate(optarg, &options->oja_rate);
        else if (letter == 's')
            result = argument_count("initial_connectivity", "seeds", optarg, MOST_SEEDS, &seeds);
        else if (letter == 't')
            result = argument_count("initial_connectivity", "threads", optarg, MOST_THREADS, &threads);
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "initial_connectivity: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    options->threads = argument_threads(threads);
    options->seeds = seeds != 0 ? (int)seeds : options->size == PLAN_FULL ? 5 : 2;
    return result;
}
