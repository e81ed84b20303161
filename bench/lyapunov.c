/* SPDX-License-Identifier: MIT
 *
 * What Lyapunov exponents of a random tanh network cost, with a factorisation in every step and with intervals that
 * adapt, beside the product of the weights and the frame alone; a single exponent beside the network's own step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "network.h"
#include "task.h"
#include "timing.h"

static const double GAIN = 2.0;

/* Uniform numbers of variance 1. */
static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return sqrt(12.0) * ((double)(*state >> 11) * 0x1p-53 - 0.5);
}

static void compare(int64_t n, int64_t k)
{
    enum { ADAPTED, EVERY, ALONE, ARMS };
    uint64_t random = 1;
    char work[80];
    double *weights = malloc((size_t)(n * n) * sizeof *weights), *state = malloc((size_t)n * sizeof *state);
    if (!weights || !state)
        bench_fail("out of memory");
    for (int64_t i = 0; i < n * n; i++)
        weights[i] = GAIN / sqrt((double)n) * draw(&random);
    for (int64_t i = 0; i < n; i++)
        state[i] = draw(&random);
    bench_network *sides[2];
    bench_arm arms[ARMS];
    for (int i = 0; i < 2; i++) {
        sides[i] = bench_network_create(n, k, i, weights, state);
        if (!sides[i])
            bench_fail("cannot make a network's exponents");
        bench_network_run(sides[i], 500); /* to the attractor, and to the interval that fits */
        arms[i] = (bench_arm){ .run = bench_network_run, .work = sides[i] };
    }
    arms[ALONE] = (bench_arm){ .run = k == 1 ? bench_network_step : bench_network_product, .work = sides[EVERY] };
    bench_alternate(arms, ARMS);
    for (int i = 0; i < 2; i++) {
        snprintf(work, sizeof work, "exponents %d of %d%s", (int)k, (int)n, i == EVERY ? ", QR every step" : "");
        const bench_result result = { .work = work,
                                      .peer = k == 1 ? "own step" : "W Q alone",
                                      .ours = &arms[i],
                                      .theirs = &arms[ALONE],
                                      .difference = -1 };
        bench_print(&result);
        bench_network_destroy(sides[i]);
    }
    free(weights);
    free(state);
}

int main(void)
{
    static const int64_t cases[][2] = { { 128, 128 }, { 256, 32 }, { 1024, 64 }, { 128, 16 }, { 256, 1 }, { 1024, 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        compare(cases[i][0], cases[i][1]);
    return 0;
}
