/* SPDX-License-Identifier: MIT
 *
 * Linear memory capacity (Jaeger 2001): how much of its past input the state of a network tells,
 *
 *     MC = sum over k = 1 ... K of r^2( u(t - k), its best linear guess from the state h(t) ),
 *
 * for inputs u drawn independently. Without noise it is at most the number of units. */
#ifndef EXAMPLES_MEMORY_CAPACITY_H
#define EXAMPLES_MEMORY_CAPACITY_H

#include "sequences.h"

/* One input, uniform in (-1, 1); target k - 1 of a step is the input k steps earlier. The first step with a loss is
 * number `delays`. */
struct sequence_shape memory_shape(int64_t steps, int64_t delays);
/* As choice_draw. */
void memory_draw(uint64_t seed, uint64_t first, struct sequences *sequences);

struct capacity_options {
    int64_t delays;   /* K */
    int64_t skip;     /* first steps that are left out, for the state to forget where it began; at least K are */
    int64_t held_out; /* last steps, on which r^2 is measured; the readouts are fitted to those between */
    double ridge;     /* added to the diagonal of the states' covariance, as a share of their mean variance */
};

/* `states` is steps x units, row t the state after the input series[t]. Readouts have an intercept. r^2 is the squared
 * correlation of guess and input on the held-out steps, 0 if either does not vary; `by_delay` (K of them, or NULL)
 * takes each. Fails when there are fewer than two steps of either kind, when a number is not finite, and when the
 * states are linearly dependent and `ridge` is 0. */
int memory_capacity(const double *states, int64_t steps, int64_t units, const double *series,
                    const struct capacity_options *options, double *by_delay, double *capacity,
                    struct message *message);

#endif
