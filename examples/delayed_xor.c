/* SPDX-License-Identifier: MIT
 *
 * Were two cues alike, one long after the other? A recurrent network under Dale's law learns to tell: by ModProp, whose
 * credit goes through weights averaged over cell types or through the weights themselves, by the three-factor rule,
 * and by backpropagation through time, each until 95 % of its answers are right. */
#include "common/results.h"
#include "common/stage.h"
#include "delayed_xor/options.h"
#include "delayed_xor/report.h"

#include <cblas.h>
#include <stdio.h>
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
    const struct results results = { .folder = options->out, .name = "delayed_xor", .width = 900, .height = 520 };
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
        fputs("Try 'delayed_xor --help'.\n", stderr);
        return 2;
    }
    if (options.help) {
        options_help();
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    openblas_set_num_threads(1); /* the trials already keep all CPUs busy */
    if (run_all(&options, &message) != 0) {
        fprintf(stderr, "delayed_xor: %s\n", message.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
