/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "plan.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_JOBS = 256, MOST_SAMPLES = 60000 }; /* no image twice */

static const struct option names[] = {
    { "data", required_argument, NULL, 'd' },
    { "out", required_argument, NULL, 'o' },
    { "episodes", required_argument, NULL, 'e' },
    { "samples", required_argument, NULL, 'n' },
    { "seeds", required_argument, NULL, 's' },
    { "jobs", required_argument, NULL, 'j' },
    { "quick", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

void options_help(void)
{
    puts("Usage: few_shot [options]\n"
         "\n"
         "Networks learn five classes of Fashion-MNIST from 250 images, one at a time: by backpropagation (BP) or "
         "random\n"
         "feedback (FA), with and without Oja's rule and error-based Hebbian plasticity (eHebb), each at the best\n"
         "coefficients of its grid. Then long runs on all ten classes. Prints a table, and writes few_shot.csv,\n"
         "few_shot_long.csv, few_shot.svg and few_shot.png.\n"
         "\n"
         "  --data DIR     the data set's four files (default /usr/share/datasets/fashion-mnist)\n"
         "  --out DIR      where the results go (default: here)\n"
         "  --episodes N   with other classes, images and weights; the same for all rules (default 200)\n"
         "  --samples N    images in the long runs (default 10000)\n"
         "  --seeds N      repetitions of the long runs (default 4)\n"
         "  --jobs N       networks at once (default: one for each CPU)\n"
         "  --quick        a tiny version that shows only that everything works\n"
         "  --help         this text");
}

static int parse_count(const char *name, const char *text, int64_t least, int64_t most, int64_t *count)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
        fprintf(stderr, "few_shot: --%s is '%s', expected a whole number from %" PRId64 " to %" PRId64 "\n", name, text,
                least, most);
        return -1;
    }
    *count = value;
    return 0;
}

/* Values where the user gave none. */
static void complete(struct options *options, int64_t episodes, int64_t seeds, int64_t jobs)
{
    if (jobs == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        jobs = online < 1 ? 1 : online > MOST_JOBS ? MOST_JOBS : online;
    }
    options->jobs = (int)jobs;
    options->episodes = episodes != 0 ? (int)episodes : options->quick ? 3 : 200;
    options->seeds = seeds != 0 ? (int)seeds : options->quick ? 2 : 4;
    options->tuning = options->quick ? 1 : 40;
    if (options->samples == 0)
        options->samples = options->quick ? 200 : 10000;
}

int options_parse(int argc, char **argv, struct options *options)
{
    int64_t episodes = 0;
    int64_t seeds = 0;
    int64_t jobs = 0;
    int letter;
    int result = 0;
    *options = (struct options){ .data = "/usr/share/datasets/fashion-mnist", .out = "." };
    while (result == 0 && (letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'd')
            options->data = optarg;
        else if (letter == 'o')
            options->out = optarg;
        else if (letter == 'e')
            result = parse_count("episodes", optarg, 2, MAX_EPISODES, &episodes);
        else if (letter == 'n')
            result = parse_count("samples", optarg, 1, MOST_SAMPLES, &options->samples);
        else if (letter == 's')
            result = parse_count("seeds", optarg, 1, MAX_SEEDS, &seeds);
        else if (letter == 'j')
            result = parse_count("jobs", optarg, 1, MOST_JOBS, &jobs);
        else if (letter == 'q')
            options->quick = true;
        else if (letter == 'h') {
            options->help = true;
            return 0;
        } else
            result = -1;
    }
    if (result == 0 && optind < argc) {
        fprintf(stderr, "few_shot: '%s' is no option\n", argv[optind]);
        result = -1;
    }
    complete(options, episodes, seeds, jobs);
    return result;
}
