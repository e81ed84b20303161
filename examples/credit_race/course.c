/* SPDX-License-Identifier: MIT */
#include "course.h"

#include <plasticity/plasticity.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define RATES                                                                                                          \
    {                                                                                                                  \
        0.01, 0.03, 0.1, 0.2, 0.4                                                                                      \
    }

/* Of the gates, the one with which ReLU networks learned the longest: its slope at the teaching potential alone. The
 * defaults suit tanh. */
#define CIRCUIT                                                                                                        \
    {                                                                                                                  \
        { "decay", 1e-4 }, { "gate", 0.0 }, { "gain_c", 1.0 }, { "rate_v", 0.1 },                                      \
    }

/* Schemes whose signal does not become smaller as the error does. */
#define LOW_RATES                                                                                                      \
    {                                                                                                                  \
        0.001, 0.003, 0.01, 0.03, 0.1                                                                                  \
    }

static const struct shape shapes[] = {
    { "784-500-10", 2, { 500, CLASSES } },
    { "784-170-130-100-70-10", 5, { 170, 130, 100, 70, CLASSES } },
};

/* Mirror: with noise of size 1 and rate = decay a matrix tends to the one that it mirrors, averaged over the last
 * hundred mirror updates or so. */
static const struct method racers[] = {
    { .name = "backprop", .scheme = "backprop", .family = EXACT, .rates = RATES },
    { .name = "kolen_pollack",
      .scheme = "kolen_pollack",
      .family = LEARNED,
      .rates = RATES,
      .parameters = { { "decay", 1e-4 } } },
    { .name = "weight_mirror",
      .scheme = "weight_mirror",
      .family = LEARNED,
      .rates = RATES,
      .parameters = { { "noise", 1.0 }, { "rate", 1e-2 }, { "decay", 1e-2 } },
      .mirror = true },
    { .name = "circuit", .scheme = "circuit", .family = LEARNED, .rates = RATES, .parameters = CIRCUIT },
    { .name = "circuit, C fixed",
      .scheme = "circuit",
      .family = LEARNED,
      .rates = RATES,
      .parameters = CIRCUIT,
      .fixed_crossing = true },
    { .name = "usf", .scheme = "usf", .family = SIGNS, .rates = RATES },
    { .name = "usf + manhattan",
      .scheme = "usf",
      .family = SIGNS,
      .rates = { 1e-5, 3e-5, 1e-4, 3e-4, 1e-3 },
      .manhattan = true },
    { .name = "frsf", .scheme = "frsf", .family = SIGNS, .rates = RATES },
    { .name = "brsf", .scheme = "brsf", .family = SIGNS, .rates = RATES },
    { .name = "fa", .scheme = "fa", .family = RANDOM, .rates = RATES },
    { .name = "dfa", .scheme = "dfa", .family = RANDOM, .rates = RATES },
    { .name = "dfa_sign", .scheme = "dfa_sign", .family = RANDOM, .rates = LOW_RATES },
    { .name = "drtp", .scheme = "drtp", .family = RANDOM, .rates = LOW_RATES },
};

const struct course course_race = {
    .title = "ReLU, cross-entropy, rate falling linearly to 0",
    .shapes = shapes,
    .shape_count = COUNT(shapes),
    .methods = racers,
    .method_count = COUNT(racers),
    .hidden = PLAST_RELU,
    .output = PLAST_SOFTMAX,
    .init = PLAST_INIT_HE_NORMAL,
    .gain = 1.0,
    .shuffled = true,
    .falling = true,
    .batch = 64,
    .column = PLAST_ALIGNED_SAMPLES,
};

static const struct method pioneers[] = {
    { .name = "backprop", .scheme = "backprop", .family = EXACT, .rates = { 0.2 } },
    { .name = "kolen_pollack",
      .scheme = "kolen_pollack",
      .family = LEARNED,
      .rates = { 0.3 },
      .parameters = { { "decay", 0.0 } } },
    { .name = "fa", .scheme = "fa", .family = RANDOM, .rates = { 0.2 } },
};

const struct course course_akrout = {
    .title = "sigmoid, summed binary cross-entropy, constant rate, no decay",
    .shapes = shapes,
    .shape_count = 1,
    .methods = pioneers,
    .method_count = COUNT(pioneers),
    .hidden = PLAST_SIGMOID,
    .output = PLAST_SIGMOID,
    .init = PLAST_INIT_XAVIER_NORMAL,
    .gain = 0.70710678118654752, /* N(0, 1 / (n_in + n_out)) */
    .random_bias = true,
    .batch = 128,
    .column = PLAST_ALIGNED_WEIGHTS,
};

int course_rates(const struct method *method)
{
    int n = 0;
    while (n < MAX_RATES && method->rates[n] > 0.0)
        n++;
    return n;
}
