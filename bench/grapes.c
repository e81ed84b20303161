/* SPDX-License-Identifier: MIT
 *
 * What a step with the rule "grapes" costs over one of backpropagation, which runs beside it, online and in minibatches
 * of 64; ReLU, softmax with cross-entropy, SGD. Options choose among the cases; see usage(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mode.h"
#include "peer_cblas.h"
#include "subject.h"
#include "task.h"
#include "timing.h"

static const double ONLINE_MARK = 1.10, MINIBATCH_MARK = 1.03; /* steps of backpropagation */

/* Rates with the rule: the first of ten layers then learns some 400 times as fast. */
static const bench_task NETS[] = {
    { .net = "three", .layers = 4, .sizes = { 784, 256, 256, 256, 10 }, .rate = 3e-4 },
    { .net = "ten",
      .layers = 11,
      .sizes = { 784, 256, 256, 256, 256, 256, 256, 256, 256, 256, 256, 10 },
      .rate = 1e-4 },
};

typedef struct options {
    const char *net;  /* NULL: both */
    const char *rule; /* "backprop" only where nothing is timed; NULL: "grapes" */
    int64_t batch;    /* 0: both */
    bench_mode mode;
} options;

static _Noreturn void usage(void)
{
    bench_fail("usage: bench_grapes [--net three|ten] [--batch 1|%d] [--rule backprop|grapes]\n"
               "                    [--steps N   learn N samples and time nothing (for callgrind)\n"
               "                    |--dump FILE write a check for another program and time nothing]",
               BENCH_SAMPLES);
}

static options parse(int argc, char **argv)
{
    options o = { 0 };
    const char *batch = "0";
    const bench_option all[] = { { "--net", &o.net }, { "--rule", &o.rule }, { "--batch", &batch }, { NULL, NULL } };
    if (!bench_mode_parse(argc, argv, all, &o.mode))
        usage();
    o.batch = strtoll(batch, NULL, 10);
    return o;
}

static void compare(const bench_task *task)
{
    enum { OURS, BACKPROP, ARMS };
    char work[128];
    bench_task backprop = *task;
    backprop.grapes = 0;
    bench_task_describe(task, work, sizeof(work));
    bench_samples samples;
    bench_subject with, without;
    bench_samples_create(task, &samples);
    bench_subject_create(task, &samples, &with);
    bench_subject_create(&backprop, &samples, &without);
    bench_arm arms[ARMS] = { [OURS] = { .run = bench_subject_learn, .work = &with },
                             [BACKPROP] = { .run = bench_subject_learn, .work = &without } };
    bench_alternate(arms, ARMS);
    const bench_result result = {
        .work = work, .peer = "our backprop", .ours = &arms[OURS], .theirs = &arms[BACKPROP], .difference = -1
    };
    bench_print_start(&result);
    printf(", \"cost\": %.4g, \"mark\": %g", bench_median(&arms[OURS]) / bench_median(&arms[BACKPROP]),
           task->batch == 1 ? ONLINE_MARK : MINIBATCH_MARK);
    bench_print_end();
    bench_subject_destroy(&without);
    bench_subject_destroy(&with);
    bench_samples_destroy(&samples);
}

/* Returns whether the options choose this case. */
static int run_case(const options *o, bench_task task, int64_t batch)
{
    const int timed = bench_mode_timed(&o->mode);
    if (!bench_chosen(o->net, task.net) || (o->batch && o->batch != batch))
        return 0;
    task.grapes = !o->rule || strcmp(o->rule, "grapes") == 0;
    if (!task.grapes && (timed || strcmp(o->rule, "backprop") != 0))
        return 0;
    if (!task.grapes)
        task.rate = 1e-3;
    task.rate *= batch > 1 ? 3.0 : 1.0;
    task.activation = PLAST_RELU;
    task.batch = batch;
    task.bias = batch > 1;
    if (timed)
        compare(&task);
    else
        bench_exercise(&task, &o->mode);
    return 1;
}

static int has_grapes(void)
{
    int32_t i = 0;
    while (plast_rule_name(i) && strcmp(plast_rule_name(i), "grapes") != 0)
        i++;
    return plast_rule_name(i) != NULL;
}

int main(int argc, char **argv)
{
    options o = parse(argc, argv);
    if (!has_grapes()) {
        fprintf(stderr, "bench_grapes: this build leaves out the rule: its rows are missing (-Dgrapes=true)\n");
        return 0;
    }
    (void)bench_blas_start();
    int cases = 0;
    for (size_t n = 0; n < sizeof(NETS) / sizeof(NETS[0]); n++)
        for (int64_t batch = 1; batch <= BENCH_SAMPLES; batch += BENCH_SAMPLES - 1)
            cases += run_case(&o, NETS[n], batch);
    if (!cases)
        usage();
    return 0;
}
