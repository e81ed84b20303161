/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "scheme.h"

static const double TOLERANCE = 1e-3;

/* Unlike fmax, keeps a NaN. */
static double larger(double a, double b)
{
    return isnan(a) || a > b ? a : b;
}

static double span_difference(int64_t count, const float *start, const float *ours, const float *theirs)
{
    double change = 0, difference = 0;
    for (int64_t i = 0; i < count; i++) {
        change = larger(change, fabs((double)ours[i] - (double)start[i]));
        difference = larger(difference, fabs((double)ours[i] - (double)theirs[i]));
    }
    return difference / change;
}

double bench_difference(const bench_task *task, const float *start, const float *ours, const float *theirs)
{
    double worst = 0;
    for (int32_t l = 0; l < task->layers; l++) {
        int64_t at = bench_weights_offset(task, l);
        worst = larger(worst, span_difference(bench_weights(task, l), start + at, ours + at, theirs + at));
        at = bench_bias_offset(task, l);
        if (task->bias)
            worst = larger(worst, span_difference(task->sizes[l + 1], start + at, ours + at, theirs + at));
    }
    return worst;
}

void bench_require_same(double difference, const char *work, const char *peer)
{
    if (!(difference <= TOLERANCE))
        bench_fail("%s: the weights of %s differ by %.2g of their change, more than %g: not the same computation", work,
                   peer, difference, TOLERANCE);
}

static void write_floats(FILE *file, const float *floats, int64_t count)
{
    if (fwrite(floats, sizeof(float), (size_t)count, file) != (size_t)count)
        bench_fail("writing the dump failed");
}

/* All that the subject has learned so far. */
static void write_weights(FILE *file, const bench_subject *subject)
{
    const bench_task *task = subject->task;
    float *parameters = bench_subject_parameters(subject);
    for (int32_t l = 0; l < task->layers; l++) {
        write_floats(file, parameters + bench_weights_offset(task, l), bench_weights(task, l));
        if (task->bias)
            write_floats(file, parameters + bench_bias_offset(task, l), task->sizes[l + 1]);
    }
    free(parameters);
    bench_group group;
    for (int32_t l = 0; l < task->layers; l++)
        for (int32_t i = 0; bench_subject_group(subject, l, i, &group); i++) {
            write_floats(file, group.weights, group.rows * group.cols);
            free(group.weights);
        }
}

static void write_header(FILE *file, const bench_task *task)
{
    char work[128];
    bench_task_describe(task, work, sizeof(work));
    fprintf(file, "work %s\nsizes", work);
    for (int32_t l = 0; l <= task->layers; l++)
        fprintf(file, " %" PRId64, task->sizes[l]);
    fprintf(file, "\nactivation %s\n", bench_activation_name(task));
    fprintf(file, "beta %g\noja %d\ngrapes %d\nbias %d\nbatch %" PRId64 "\n", BENCH_BETA, task->oja, task->grapes,
            task->bias, task->batch);
    fprintf(file, "scheme %s\ndecay %g\n", task->scheme ? task->scheme->name : "backprop",
            task->scheme ? task->scheme->decay : 0.0);
    fprintf(file, "rate %g\noja_rate %g\n", task->rate, task->oja_rate);
    fprintf(file, "samples %d\nsteps %d\n\n", BENCH_SAMPLES, BENCH_CHECK_STEPS);
}

void bench_dump(bench_subject *subject, const char *path)
{
    const bench_task *task = subject->task;
    FILE *file = fopen(path, "wb");
    if (!file)
        bench_fail("cannot write %s", path);
    write_header(file, task);
    write_floats(file, subject->samples->inputs, BENCH_SAMPLES * task->sizes[0]);
    if (fwrite(subject->samples->labels, sizeof(int32_t), BENCH_SAMPLES, file) != BENCH_SAMPLES)
        bench_fail("writing the dump failed");
    write_weights(file, subject);
    bench_subject_learn(subject, BENCH_CHECK_STEPS);
    write_weights(file, subject);
    if (fclose(file) != 0)
        bench_fail("writing %s failed", path);
}
