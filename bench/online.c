/* SPDX-License-Identifier: MIT
 *
 * The online step (batch 1, softmax with cross-entropy, SGD, no bias) against the same algebra as CBLAS calls, and
 * against the memory limit. Options choose among the cases; see usage(). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "compare.h"
#include "peer_cblas.h"
#include "subject.h"
#include "task.h"

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
        bench_compare(&task, &bench_cblas);
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
    for (int n = 0; n < BENCH_NETS; n++)
        for (int a = 0; a < 2; a++)
            for (int r = 0; r < 2; r++)
                cases += run_case(&o, bench_nets[n], ACTIVATIONS[a], RULES[r]);
    if (!cases)
        usage();
    return 0;
}
