/* SPDX-License-Identifier: MIT */
#include "memory_capacity.h"

#include "cholesky.h"
#include "draws.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct sequence_shape memory_shape(int64_t steps, int64_t delays)
{
    return (struct sequence_shape){ .steps = steps, .inputs = 1, .outputs = delays };
}

void memory_draw(uint64_t seed, uint64_t first, struct sequences *sequences)
{
    const int64_t delays = sequences->shape.outputs;
    sequences_clear(sequences);
    for (int64_t b = 0; b < sequences->batch; b++) {
        struct draws draws = draws_begin(seed, first + (uint64_t)b);
        for (int64_t t = 0; t < sequences->shape.steps; t++)
            *sequences_input(sequences, t, b) = 2.0 * draws_uniform(&draws) - 1.0;
        for (int64_t t = delays; t < sequences->shape.steps; t++) {
            const int64_t row = t * sequences->batch + b;
            sequences->mask[row] = 1.0;
            for (int64_t k = 1; k <= delays; k++)
                sequences->targets[row * delays + k - 1] = *sequences_input(sequences, t - k, b);
        }
    }
}

/* The steps `first` ... `split` - 1 are fitted, `split` ... `end` - 1 held out. */
struct fit {
    const double *states, *series;
    int64_t units, first, split, end;
    double *mean;    /* of the states over the fitted steps */
    double *factor;  /* of their covariance, units x units */
    double *weights; /* of one readout */
};

static void covariance(struct fit *fit, double ridge)
{
    const int64_t n = fit->units;
    const double share = 1.0 / (double)(fit->split - fit->first);
    double trace = 0.0;
    for (int64_t i = 0; i < n * n; i++)
        fit->factor[i] = 0.0;
    for (int64_t i = 0; i < n; i++)
        fit->mean[i] = 0.0;
    for (int64_t t = fit->first; t < fit->split; t++)
        for (int64_t i = 0; i < n; i++)
            fit->mean[i] += share * fit->states[t * n + i];
    for (int64_t t = fit->first; t < fit->split; t++) {
        const double *h = fit->states + t * n;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j <= i; j++)
                fit->factor[i * n + j] += share * (h[i] - fit->mean[i]) * (h[j] - fit->mean[j]);
    }
    for (int64_t i = 0; i < n; i++)
        trace += fit->factor[i * n + i];
    for (int64_t i = 0; i < n; i++)
        fit->factor[i * n + i] += ridge * trace / (double)n;
}

/* The guess without its intercept, which no correlation sees. */
static double guess(const struct fit *fit, int64_t t)
{
    double sum = 0.0;
    for (int64_t i = 0; i < fit->units; i++)
        sum += fit->weights[i] * (fit->states[t * fit->units + i] - fit->mean[i]);
    return sum;
}

/* Because the states are centred, the mean of the input needs no centring. */
static void fit_readout(struct fit *fit, int64_t delay)
{
    const double share = 1.0 / (double)(fit->split - fit->first);
    for (int64_t i = 0; i < fit->units; i++)
        fit->weights[i] = 0.0;
    for (int64_t t = fit->first; t < fit->split; t++)
        for (int64_t i = 0; i < fit->units; i++)
            fit->weights[i] += share * fit->series[t - delay] * (fit->states[t * fit->units + i] - fit->mean[i]);
    cholesky_solve(fit->factor, fit->units, fit->weights);
}

static double squared_correlation(const struct fit *fit, int64_t delay)
{
    const double share = 1.0 / (double)(fit->end - fit->split);
    double mean_guess = 0.0, mean_input = 0.0, guesses = 0.0, inputs = 0.0, both = 0.0;
    for (int64_t t = fit->split; t < fit->end; t++) {
        mean_guess += share * guess(fit, t);
        mean_input += share * fit->series[t - delay];
    }
    for (int64_t t = fit->split; t < fit->end; t++) {
        const double a = guess(fit, t) - mean_guess, b = fit->series[t - delay] - mean_input;
        guesses += a * a;
        inputs += b * b;
        both += a * b;
    }
    return guesses > 0.0 && inputs > 0.0 ? both / guesses * (both / inputs) : 0.0;
}

static int check(const double *states, int64_t steps, int64_t units, const double *series,
                 const struct capacity_options *options, int64_t first, struct message *message)
{
    if (options->delays < 1 || options->skip < 0 || units < 1 || !(options->ridge >= 0.0 && isfinite(options->ridge)))
        return message_set(message,
                           "%" PRId64 " delays, %" PRId64 " units, skip %" PRId64
                           ", ridge %g: expected at least 1, 1, 0 and 0",
                           options->delays, units, options->skip, options->ridge);
    if (options->held_out < 2 || steps - options->held_out - first < 2)
        return message_set(message,
                           "%" PRId64 " steps of which %" PRId64 " are left out and %" PRId64
                           " held out, expected at least 2 held out and 2 between",
                           steps, first, options->held_out);
    for (int64_t i = 0; i < steps; i++)
        if (!isfinite(series[i]))
            return message_set(message, "input %" PRId64 " is not finite", i);
    for (int64_t i = 0; i < steps * units; i++)
        if (!isfinite(states[i]))
            return message_set(message, "the state of step %" PRId64 " is not finite", i / units);
    return 0;
}

int memory_capacity(const double *states, int64_t steps, int64_t units, const double *series,
                    const struct capacity_options *options, double *by_delay, double *capacity, struct message *message)
{
    const int64_t first = options->skip > options->delays ? options->skip : options->delays;
    if (check(states, steps, units, series, options, first, message) != 0)
        return -1;
    double *work = malloc((size_t)units * (size_t)(units + 2) * sizeof *work);
    if (work == NULL)
        return message_set(message, "out of memory for the covariance of %" PRId64 " units", units);
    struct fit fit = { .states = states,
                       .series = series,
                       .units = units,
                       .first = first,
                       .split = steps - options->held_out,
                       .end = steps,
                       .factor = work,
                       .mean = work + units * units,
                       .weights = work + units * (units + 1) };
    covariance(&fit, options->ridge);
    if (cholesky_factor(fit.factor, units) != 0) {
        free(work);
        return message_set(message,
                           "the states are linearly dependent, or do not vary; expected a larger ridge than %g",
                           options->ridge);
    }
    double sum = 0.0;
    for (int64_t k = 1; k <= options->delays; k++) {
        fit_readout(&fit, k);
        const double share = squared_correlation(&fit, k);
        if (by_delay != NULL)
            by_delay[k - 1] = share;
        sum += share;
    }
    free(work);
    *capacity = sum;
    return 0;
}
