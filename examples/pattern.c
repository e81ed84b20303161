/* SPDX-License-Identifier: MIT
 *
 * A recurrent network learns to draw a periodic pattern: by RFLO, the local rule of Murray 2019, with the readout's own
 * weights bringing the error back or with random ones, beside backpropagation through time. */
#include "common/results.h"
#include "common/stage.h"
#include "pattern/options.h"
#include "pattern/plot.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

static double cost(void *user, int64_t index)
{
    const struct race *race = user;
    return (double)race->trials[index].trials;
}

static plast_status run_one(plast_context *context, void *user, int64_t index)
{
    const struct race *race = user;
    return trial_run(context, &race->trials[index]);
}

static int race_make(const struct options *options, struct race *race, struct message *message)
{
    *race = (struct race){ .seeds = options->seeds, .length = options->quick ? 200 : 10000 };
    const int count = ARMS * race->seeds;
    race->trials = calloc((size_t)count, sizeof *race->trials);
    double *errors = calloc((size_t)count * (size_t)race->length, sizeof *errors);
    if (race->trials == NULL || errors == NULL) {
        free(race->trials);
        free(errors);
        return message_set(message, "out of memory");
    }
    for (int i = 0; i < count; i++)
        race->trials[i] = (struct trial){ .arm = i / race->seeds,
                                          .seed = i % race->seeds,
                                          .trials = race->length,
                                          .errors = errors + (size_t)i * (size_t)race->length };
    return 0;
}

static void race_free(const struct race *race)
{
    free(race->trials[0].errors);
    free(race->trials);
}

/* The numbers first: whatever happens to the figure, they are there. */
static int publish(const struct results *results, const struct race *race, struct message *message)
{
    const int result = results_csv(results, race_csv, race, message);
    race_print(race);
    if (results_flush(message) != 0)
        return -1;
    return result == 0 ? results_draw(results, race_plot, race, message) : result;
}

static int run_all(const struct options *options, struct message *message)
{
    const struct results results = { .folder = options->out, .name = "pattern", .width = 1400, .height = 620 };
    struct race race;
    if (results_check(&results, message) != 0 || race_make(options, &race, message) != 0)
        return -1;
    const struct stage stage = {
        .label = "networks", .count = (int64_t)ARMS * race.seeds, .cost = cost, .run = run_one, .user = &race
    };
    int result = stage_run(&stage, options->threads, message);
    if (result == 0)
        result = publish(&results, &race, message);
    race_free(&race);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    if (options_parse(argc, argv, &options) != 0) {
        fputs("Try 'pattern --help'.\n", stderr);
        return 2;
    }
    if (options.help) {
        options_help();
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    openblas_set_num_threads(1); /* the trials already keep all CPUs busy */
    if (run_all(&options, &message) != 0) {
        fprintf(stderr, "pattern: %s\n", message.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
