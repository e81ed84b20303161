/* SPDX-License-Identifier: MIT
 *
 * The online step (batch 1, softmax with cross-entropy, SGD, no bias) against the same algebra as CBLAS calls, and
 * against the memory limit. Options choose among the cases; see usage(). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "limit.h"
#include "peer_cblas.h"
#include "subject.h"
#include "task.h"
#include "timing.h"

static const bench_task NETS[] = {
    { .net = "small", .layers = 5, .sizes = { 784, 170, 130, 100, 70, 47 } },
    { .net = "medium", .layers = 5, .sizes = { 784, 512, 512, 512, 512, 47 } },
    { .net = "large", .layers = 5, .sizes = { 784, 2048, 2048, 2048, 2048, 47 } },
};

/* Kept by hand rather than by getopt: the options are few and every one has a value. */
typedef struct options {
    const char *net;        /* NULL: all */
    const char *rule;       /* "backprop", "oja"; NULL: both */
    const char *activation; /* "relu", "softplus"; NULL: both */
    const char *dump;       /* write this file for another program's check, time nothing */
    int64_t steps;          /* > 0: only make so many steps of the library, time nothing */
} options;

static _Noreturn void usage(void)
{
    bench_fail("usage: bench_online [--net small|medium|large] [--rule backprop|oja] [--activation relu|softplus]\n"
               "                    [--steps N   learn N samples and time nothing (for callgrind)\n"
               "                    |--dump FILE write a check for another program and time nothing]");
}

static options parse(int argc, char **argv)
{
    options o = { 0 };
    for (int i = 1; i < argc; i += 2) {
        const char *key = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!value)
            usage();
        if (strcmp(key, "--net") == 0)
            o.net = value;
        else if (strcmp(key, "--rule") == 0)
            o.rule = value;
        else if (strcmp(key, "--activation") == 0)
            o.activation = value;
        else if (strcmp(key, "--dump") == 0)
            o.dump = value;
        else if (strcmp(key, "--steps") == 0)
            o.steps = strtoll(value, NULL, 10);
        else
            usage();
        if (strcmp(key, "--steps") == 0 && o.steps <= 0)
            usage();
    }
    return o;
}

static void compare(const bench_task *task)
{
    enum { OURS, PEER, LIMIT, ARMS = LIMIT + BENCH_LIMIT_ARMS };
    char work[128];
    bench_task_describe(task, work, sizeof(work));
    bench_samples samples;
    bench_subject subject;
    bench_peer peer;
    bench_limit limit;
    bench_samples_create(task, &samples);
    bench_subject_create(task, &samples, &subject);
    float *start = bench_subject_parameters(&subject);
    bench_peer_create(task, &samples, start, &peer);
    bench_limit_create(task, &limit);

    bench_subject_learn(&subject, BENCH_CHECK_STEPS);
    bench_peer_learn(&peer, BENCH_CHECK_STEPS);
    float *learned = bench_subject_parameters(&subject);
    double difference = bench_difference(task, start, learned, peer.weights);
    bench_require_same(difference, work, "the CBLAS peer");

    bench_arm arms[ARMS] = {
        [OURS] = { .run = bench_subject_learn, .work = &subject }, [PEER] = { .run = bench_peer_learn, .work = &peer }
    };
    bench_limit_arms(&limit, arms + LIMIT);
    bench_alternate(arms, ARMS);
    bench_result result = {
        .work = work, .peer = "cblas", .ours = &arms[OURS], .theirs = &arms[PEER], .difference = difference
    };
    bench_limit_result(&limit, arms + LIMIT, &result);
    bench_print(&result);

    free(start);
    free(learned);
    bench_limit_destroy(&limit);
    bench_peer_destroy(&peer);
    bench_subject_destroy(&subject);
    bench_samples_destroy(&samples);
}

/* The library alone, untimed. */
static void exercise(const bench_task *task, const options *o)
{
    bench_samples samples;
    bench_subject subject;
    bench_samples_create(task, &samples);
    bench_subject_create(task, &samples, &subject);
    if (o->dump)
        bench_dump(&subject, o->dump);
    else
        bench_subject_learn(&subject, o->steps);
    bench_subject_destroy(&subject);
    bench_samples_destroy(&samples);
}

static int chosen(const char *wanted, const char *name)
{
    return !wanted || strcmp(wanted, name) == 0;
}

/* Returns whether the options choose this case. */
static int run_case(const options *o, bench_task task, const char *activation, const char *rule)
{
    if (!chosen(o->net, task.net) || !chosen(o->activation, activation) || !chosen(o->rule, rule))
        return 0;
    task.activation = strcmp(activation, "relu") == 0 ? PLAST_RELU : PLAST_SOFTPLUS;
    task.oja = strcmp(rule, "oja") == 0;
    task.batch = 1;
    task.rate = task.oja_rate = 1e-3;
    if (o->dump || o->steps > 0)
        exercise(&task, o);
    else
        compare(&task);
    return 1;
}

int main(int argc, char **argv)
{
    static const char *const ACTIVATIONS[] = { "relu", "softplus" };
    static const char *const RULES[] = { "backprop", "oja" };
    options o = parse(argc, argv);
    const char *kernels = bench_blas_start();
    if (!o.dump && o.steps == 0)
        fprintf(stderr, "bench_online: OpenBLAS kernels: %s\n", kernels);
    int cases = 0;
    for (size_t n = 0; n < sizeof(NETS) / sizeof(NETS[0]); n++)
        for (int a = 0; a < 2; a++)
            for (int r = 0; r < 2; r++)
                cases += run_case(&o, NETS[n], ACTIVATIONS[a], RULES[r]);
    if (!cases)
        usage();
    return 0;
}
