/* SPDX-License-Identifier: MIT
 *
 * The online step (batch 1, softmax with cross-entropy, SGD, no bias) against the same algebra as CBLAS calls, and
 * against the memory limit. Options choose among the cases; see usage(). */
#include <stdio.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "compare.h"
#include "mode.h"
#include "peer_cblas.h"
#include "task.h"

typedef struct options {
    const char *net;        /* NULL: all */
    const char *rule;       /* "backprop", "oja"; NULL: both */
    const char *activation; /* "relu", "softplus"; NULL: both */
    bench_mode mode;
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
    const bench_option all[] = {
        { "--net", &o.net }, { "--rule", &o.rule }, { "--activation", &o.activation }, { NULL, NULL }
    };
    if (!bench_mode_parse(argc, argv, all, &o.mode))
        usage();
    return o;
}

/* Returns whether the options choose this case. */
static int run_case(const options *o, bench_task task, const char *activation, const char *rule)
{
    if (!bench_chosen(o->net, task.net) || !bench_chosen(o->activation, activation) || !bench_chosen(o->rule, rule))
        return 0;
    task.activation = strcmp(activation, "relu") == 0 ? PLAST_RELU : PLAST_SOFTPLUS;
    task.oja = strcmp(rule, "oja") == 0;
    task.batch = 1;
    task.rate = task.oja_rate = 1e-3;
    if (bench_mode_timed(&o->mode))
        bench_compare(&task, &bench_cblas);
    else
        bench_exercise(&task, &o->mode);
    return 1;
}

int main(int argc, char **argv)
{
    static const char *const ACTIVATIONS[] = { "relu", "softplus" };
    static const char *const RULES[] = { "backprop", "oja" };
    options o = parse(argc, argv);
    const char *kernels = bench_blas_start();
    if (bench_mode_timed(&o.mode))
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
