/* SPDX-License-Identifier: MIT
 *
 * The minibatch step (64 samples, ReLU, biases, softmax with cross-entropy, SGD) against its matrix products alone,
 * which are its limit too. `--dump FILE` writes a check for another program instead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "peer_cblas.h"
#include "subject.h"
#include "task.h"
#include "timing.h"

static const bench_task TASK = { .net = "minibatch",
                                 .layers = 4,
                                 .sizes = { 784, 256, 256, 256, 10 },
                                 .activation = PLAST_RELU,
                                 .bias = 1,
                                 .batch = BENCH_SAMPLES,
                                 .rate = 1e-2 };

static void compare(bench_subject *subject)
{
    enum { OURS, GEMMS, ARMS };
    char work[128];
    bench_task_describe(&TASK, work, sizeof(work));
    float *start = bench_subject_parameters(subject);
    bench_gemms gemms;
    bench_gemms_create(&TASK, subject->samples, start, &gemms);

    bench_arm arms[ARMS] = {
        [OURS] = { .run = bench_subject_learn, .work = subject }, [GEMMS] = { .run = bench_gemms_run, .work = &gemms }
    };
    bench_alternate(arms, ARMS);
    bench_result result = { .work = work,
                            .peer = "gemms alone",
                            .ours = &arms[OURS],
                            .theirs = &arms[GEMMS],
                            .limit = bench_median(&arms[GEMMS]),
                            .difference = -1 };
    bench_print(&result);
    bench_gemms_destroy(&gemms);
    free(start);
}

int main(int argc, char **argv)
{
    int dump = argc == 3 && strcmp(argv[1], "--dump") == 0;
    if (argc != 1 && !dump)
        bench_fail("usage: bench_minibatch [--dump FILE]");
    bench_blas_start();
    bench_samples samples;
    bench_subject subject;
    bench_samples_create(&TASK, &samples);
    bench_subject_create(&TASK, &samples, &subject);
    if (dump)
        bench_dump(&subject, argv[2]);
    else
        compare(&subject);
    bench_subject_destroy(&subject);
    bench_samples_destroy(&samples);
    return 0;
}
