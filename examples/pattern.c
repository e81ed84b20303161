/* SPDX-License-Identifier: MIT
 *
 * A recurrent network learns to draw a periodic pattern: by RFLO, the local rule of Murray 2019, with the readout's own
 * weights bringing the error back or with random ones, beside backpropagation through time. */
#include "common/results.h"
#include "common/stage.h"
#include "pattern/options.h"
#include "pattern/plot.h"

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
        result = results_publish(&results, race_csv, race_print, race_plot, &race, message);
    race_free(&race);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = { "" };
    options_read(argc, argv, &options);
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("pattern", &message);
}
