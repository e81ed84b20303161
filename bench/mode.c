/* SPDX-License-Identifier: MIT */
#include "mode.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "subject.h"

static const char **find(const bench_option *options, const char *name)
{
    while (options->name && strcmp(options->name, name) != 0)
        options++;
    return options->name ? options->value : NULL;
}

int bench_mode_parse(int argc, char **argv, const bench_option *options, bench_mode *mode)
{
    *mode = (bench_mode){ 0 };
    for (int i = 1; i + 1 < argc; i += 2) {
        const char **value = strcmp(argv[i], "--dump") == 0 ? &mode->dump : find(options, argv[i]);
        const int64_t steps = strcmp(argv[i], "--steps") == 0 ? strtoll(argv[i + 1], NULL, 10) : 0;
        if (value)
            *value = argv[i + 1];
        else if (steps > 0)
            mode->steps = steps;
        else
            return 0;
    }
    return argc % 2 == 1; /* no option without a value */
}

int bench_mode_timed(const bench_mode *mode)
{
    return !mode->dump && mode->steps == 0;
}

int bench_chosen(const char *wanted, const char *name)
{
    return !wanted || strcmp(wanted, name) == 0;
}

void bench_exercise(const bench_task *task, const bench_mode *mode)
{
    bench_samples samples;
    bench_subject subject;
    bench_samples_create(task, &samples);
    bench_subject_create(task, &samples, &subject);
    if (mode->dump)
        bench_dump(&subject, mode->dump);
    else
        bench_subject_learn(&subject, mode->steps);
    bench_subject_destroy(&subject);
    bench_samples_destroy(&samples);
}
