/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <stdlib.h>

#include "check.h"
#include "limit.h"
#include "subject.h"
#include "timing.h"

/* Both learn the same few samples; returns the largest relative difference of what they learned. */
static double check(const bench_task *task, const char *work, bench_subject *subject, const bench_rival *rival,
                    void *peer, const float *start)
{
    bench_subject_learn(subject, BENCH_CHECK_STEPS);
    rival->learn(peer, BENCH_CHECK_STEPS);
    float *ours = bench_subject_parameters(subject);
    float *theirs = bench_floats(bench_parameters(task));
    rival->parameters(peer, theirs);
    double difference = bench_difference(task, start, ours, theirs);
    bench_require_same(difference, work, rival->name);
    free(ours);
    free(theirs);
    return difference;
}

void bench_compare(const bench_task *task, const bench_rival *rival)
{
    enum { OURS, PEER, LIMIT, ARMS = LIMIT + BENCH_LIMIT_ARMS };
    char work[128];
    bench_task_describe(task, work, sizeof(work));
    bench_samples samples;
    bench_subject subject;
    bench_limit limit;
    bench_samples_create(task, &samples);
    bench_subject_create(task, &samples, &subject);
    float *start = bench_subject_parameters(&subject);
    void *peer = rival->create(task, &samples, start);
    bench_limit_create(task, &limit);

    double difference = check(task, work, &subject, rival, peer, start);
    bench_arm arms[ARMS] = {
        [OURS] = { .run = bench_subject_learn, .work = &subject }, [PEER] = { .run = rival->learn, .work = peer }
    };
    bench_limit_arms(&limit, arms + LIMIT);
    bench_alternate(arms, ARMS);
    bench_result result = {
        .work = work, .peer = rival->name, .ours = &arms[OURS], .theirs = &arms[PEER], .difference = difference
    };
    bench_limit_result(&limit, arms + LIMIT, &result);
    bench_print(&result);

    free(start);
    bench_limit_destroy(&limit);
    rival->destroy(peer);
    bench_subject_destroy(&subject);
    bench_samples_destroy(&samples);
}
