/* SPDX-License-Identifier: MIT
 *
 * What Lyapunov exponents of a random tanh network cost, with a factorisation in every step and with intervals that
 * adapt, beside the product of the weights and the frame alone; a single exponent beside the network's own step. And
 * the same of the library's own network, under inputs; and two trajectories in two threads beside one. */
#include <math.h>
#include <pthread.h>
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

enum { INPUTS = 10, PIECE = 100, MOST_THREADS = 2 };

/* A network of the library with its exponents; each thread has a context, a state and an estimate of its own. */
typedef struct driven {
    plast_network *network;
    plast_context *context[MOST_THREADS];
    plast_state *state;
    plast_lyapunov *lyapunov[MOST_THREADS];
    double inputs[PIECE * INPUTS], outputs[PIECE];
} driven;

static void need(plast_status status)
{
    if (status != PLAST_OK)
        bench_fail("a network's exponents failed");
}

static void make_driven(driven *d, int64_t n, int64_t k)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = INPUTS, .seed = 1 };
    const plast_layer_options units = { PLAST_LAYER_OPTIONS, .units = n, .activation = PLAST_TANH,
                                        .recurrent_init = PLAST_INIT_LECUN_NORMAL, .recurrent_gain = GAIN };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = 1 };
    const plast_lyapunov_options how = { PLAST_LYAPUNOV_OPTIONS, .exponents = k };
    uint64_t random = 2;
    for (int i = 0; i < MOST_THREADS; i++)
        need(plast_context_create(NULL, &d->context[i]));
    need(plast_network_create(d->context[0], &options, &d->network));
    need(plast_network_add(d->network, "recurrent", &units, NULL));
    need(plast_network_add(d->network, "dense", &readout, NULL));
    need(plast_state_create(d->context[0], d->network, NULL, &d->state));
    for (int i = 0; i < MOST_THREADS; i++)
        need(plast_lyapunov_create_network(d->context[i], d->network, &how, &d->lyapunov[i]));
    for (int i = 0; i < PIECE * INPUTS; i++)
        d->inputs[i] = draw(&random);
}

static void free_driven(driven *d)
{
    for (int i = 0; i < MOST_THREADS; i++)
        plast_lyapunov_destroy(d->lyapunov[i]);
    plast_state_destroy(d->state);
    plast_network_destroy(d->network);
    for (int i = 0; i < MOST_THREADS; i++)
        plast_context_destroy(d->context[i]);
}

static void own_step(void *network, int64_t steps)
{
    driven *d = network;
    for (int64_t done = 0; done < steps; done += PIECE) {
        const int64_t piece = steps - done < PIECE ? steps - done : PIECE;
        const plast_matrix x = plast_matrix_f64(d->inputs, piece, INPUTS), y = plast_output_f64(d->outputs, piece, 1);
        const plast_data data = { PLAST_DATA, .inputs = &x, .steps = piece, .carry = 1 };
        need(plast_network_run_data(d->network, d->state, &data, &y));
    }
}

static void follow(const driven *d, int32_t thread, int64_t steps)
{
    for (int64_t done = 0; done < steps; done += PIECE) {
        const int64_t piece = steps - done < PIECE ? steps - done : PIECE;
        const plast_matrix x = plast_matrix_f64(d->inputs, piece, INPUTS);
        need(plast_lyapunov_run_network(d->lyapunov[thread], NULL, &x, piece));
    }
}

static void follow_one(void *network, int64_t steps)
{
    follow(network, 0, steps);
}

typedef struct other {
    const driven *d;
    int64_t steps;
} other;

static void *follow_other(void *given)
{
    const other *o = given;
    follow(o->d, 1, o->steps);
    return NULL;
}

static void follow_two(void *network, int64_t steps)
{
    pthread_t thread;
    other o = { network, steps };
    if (pthread_create(&thread, NULL, follow_other, &o) != 0)
        bench_fail("cannot start a thread");
    follow(network, 0, steps);
    pthread_join(thread, NULL);
}

static void compare_driven(int64_t n, int64_t k)
{
    static driven d;
    char work[80];
    make_driven(&d, n, k);
    follow_two(&d, 500);
    bench_arm arms[] = { { .run = follow_one, .work = &d },
                         { .run = own_step, .work = &d },
                         { .run = follow_two, .work = &d } };
    bench_alternate(arms, 3);
    for (int i = 0; i < 2; i++) {
        snprintf(work, sizeof work, "driven network, exponents %d of %d%s", (int)k, (int)n,
                 i == 0 ? "" : ", 2 threads");
        const bench_result result = { .work = work,
                                      .peer = i == 0 ? "own step" : "one thread",
                                      .ours = &arms[i == 0 ? 0 : 2],
                                      .theirs = &arms[i == 0 ? 1 : 0],
                                      .difference = -1 };
        bench_print(&result);
    }
    free_driven(&d);
}

int main(void)
{
    static const int64_t cases[][2] = { { 128, 128 }, { 256, 32 }, { 1024, 64 }, { 128, 16 }, { 256, 1 }, { 1024, 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        compare(cases[i][0], cases[i][1]);
    compare_driven(256, 1);
    compare_driven(256, 32);
    return 0;
}
