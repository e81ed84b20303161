/* SPDX-License-Identifier: MIT
 *
 * What a step with a feedback scheme costs over one of backpropagation, which runs beside it, online and in minibatches
 * of 64; ReLU, softmax with cross-entropy, SGD. Options choose among the cases; see usage(). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"
#include "mode.h"
#include "peer_cblas.h"
#include "scheme.h"
#include "subject.h"
#include "task.h"
#include "timing.h"

enum { NETS = 3 };

typedef struct options {
    const char *net;    /* NULL: all */
    const char *scheme; /* may be "backprop" where nothing is timed; NULL: all */
    int64_t batch;      /* 0: both */
    bench_mode mode;
} options;

static _Noreturn void usage(void)
{
    bench_fail(
        "usage: bench_schemes [--net small|shallow|large] [--scheme fa|dfa|kolen_pollack|circuit] [--batch 1|%d]\n"
        "                     [--steps N   learn N samples and time nothing (for callgrind; also --scheme "
        "backprop)\n"
        "                     |--dump FILE write a check for another program and time nothing]",
        BENCH_SAMPLES);
}

static options parse(int argc, char **argv)
{
    options o = { 0 };
    const char *batch = "0";
    const bench_option all[] = {
        { "--net", &o.net }, { "--scheme", &o.scheme }, { "--batch", &batch }, { NULL, NULL }
    };
    if (!bench_mode_parse(argc, argv, all, &o.mode))
        usage();
    o.batch = strtoll(batch, NULL, 10);
    return o;
}

/* Nets that live beyond the caches are held to no mark: there the bytes decide. */
static double mark_of(const bench_task *task)
{
    return task->batch == 1 && strcmp(task->net, "large") != 0 ? task->scheme->mark : 0;
}

static void print(const bench_task *task, const bench_result *result)
{
    bench_task backprop = *task;
    backprop.scheme = NULL;
    const bench_load with = bench_task_load(task), without = bench_task_load(&backprop);
    bench_print_start(result);
    printf(", \"cost\": %.4g", bench_median(result->ours) / bench_median(result->theirs));
    if (mark_of(task) > 0)
        printf(", \"mark\": %g", mark_of(task));
    if (task->batch == 1)
        printf(", \"bytes_over_backprop\": %.4g", bench_load_bytes(&with) / bench_load_bytes(&without));
    bench_print_end();
}

static void compare(const bench_task *task)
{
    enum { OURS, BACKPROP, LIMIT, ARMS = LIMIT + BENCH_LIMIT_ARMS };
    char work[128];
    bench_task backprop = *task;
    backprop.scheme = NULL;
    bench_task_describe(task, work, sizeof(work));
    bench_samples samples;
    bench_subject with, without;
    bench_limit limit;
    bench_samples_create(task, &samples);
    bench_subject_create(task, &samples, &with);
    bench_subject_create(&backprop, &samples, &without);
    bench_limit_create(task, &limit);

    bench_arm arms[ARMS] = { [OURS] = { .run = bench_subject_learn, .work = &with },
                             [BACKPROP] = { .run = bench_subject_learn, .work = &without } };
    bench_limit_arms(&limit, arms + LIMIT);
    bench_alternate(arms, task->batch == 1 ? ARMS : LIMIT);
    bench_result result = {
        .work = work, .peer = "our backprop", .ours = &arms[OURS], .theirs = &arms[BACKPROP], .difference = -1
    };
    if (task->batch == 1)
        bench_limit_result(&limit, arms + LIMIT, &result);
    print(task, &result);

    bench_limit_destroy(&limit);
    bench_subject_destroy(&without);
    bench_subject_destroy(&with);
    bench_samples_destroy(&samples);
}

/* Returns whether the options choose this case. `scheme` NULL: backpropagation, which only an option asks for. */
static int run_case(const options *o, bench_task task, const bench_scheme *scheme, int64_t batch)
{
    const char *name = scheme ? scheme->name : "backprop";
    const int timed = bench_mode_timed(&o->mode);
    if (!bench_chosen(o->net, task.net) || (o->batch && o->batch != batch) ||
        (o->scheme ? strcmp(o->scheme, name) != 0 : !scheme) || (timed && !scheme))
        return 0;
    if (batch > 1 && strcmp(task.net, "large") == 0)
        return 0;
    task.activation = PLAST_RELU;
    task.scheme = scheme;
    task.batch = batch;
    task.bias = batch > 1;
    task.rate = batch > 1 ? 1e-3 : 3e-4;
    if (timed)
        compare(&task);
    else
        bench_exercise(&task, &o->mode);
    return 1;
}

int main(int argc, char **argv)
{
    const bench_task nets[NETS] = { bench_nets[0],
                                    { .net = "shallow", .layers = 2, .sizes = { 784, 500, 10 } },
                                    bench_nets[BENCH_NETS - 1] };
    options o = parse(argc, argv);
    (void)bench_blas_start();
    int cases = 0;
    for (int n = 0; n < NETS; n++)
        for (int64_t batch = 1; batch <= BENCH_SAMPLES; batch += BENCH_SAMPLES - 1)
            for (int s = 0; s <= BENCH_SCHEMES; s++)
                cases += run_case(&o, nets[n], s < BENCH_SCHEMES ? &bench_schemes[s] : NULL, batch);
    if (!cases)
        usage();
    return 0;
}
