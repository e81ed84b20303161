/* SPDX-License-Identifier: MIT
 *
 * Were two cues alike, one long after the other? A recurrent network under Dale's law learns to tell: by ModProp, whose
 * credit goes through weights averaged over cell types or through the weights themselves, by the three-factor rule,
 * and by backpropagation through time, each until 95 % of its answers are right. */
#include "common/results.h"
#include "common/stage.h"
#include "delayed_xor/options.h"
#include "delayed_xor/report.h"

#include <stdlib.h>

static double cost(void *user, int64_t index)
{
    const struct race *race = user;
    return (double)race->trials[index].most;
}

static plast_status run_one(plast_context *context, void *user, int64_t index)
{
    const struct race *race = user;
    return trial_run(context, &race->trials[index]);
}

static int race_make(const struct options *options, struct race *race, struct message *message)
{
    *race = (struct race){ .seeds = options->seeds,
                           .most = options->quick  ? 12
                                   : options->full ? 3000
                                                   : 1000,
                           .delay = options->full    ? 700
                                    : options->quick ? 20
                                                     : 200 };
    const size_t count = (size_t)(ARMS * race->seeds), most = (size_t)race->most;
    race->trials = calloc(count, sizeof *race->trials);
    double *records = calloc(2 * count * most, sizeof *records);
    if (race->trials == NULL || records == NULL) {
        free(race->trials);
        free(records);
        return message_set(message, "out of memory");
    }
    for (size_t i = 0; i < count; i++)
        race->trials[i] = (struct trial){ .arm = (int)i / race->seeds,
                                          .seed = (int)i % race->seeds,
                                          .most = race->most,
                                          .delay = race->delay,
                                          .accuracy = records + 2 * i * most,
                                          .losses = records + (2 * i + 1) * most };
    return 0;
}

static void race_free(const struct race *race)
{
    free(race->trials[0].accuracy); /* all records */
    free(race->trials);
}

static int run_all(const struct options *options, struct message *message)
{
    const struct results results = { .folder = options->out, .name = "delayed_xor", .width = 900, .height = 520 };
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
    return run_all(&options, &message) == 0 ? EXIT_SUCCESS : message_print("delayed_xor", &message);
}
