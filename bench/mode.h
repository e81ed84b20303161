/* SPDX-License-Identifier: MIT
 *
 * The options of the programs that have many cases: which of them to take, and to do what with them. */
#ifndef BENCH_MODE_H
#define BENCH_MODE_H

#include <stdint.h>

#include "task.h"

/* Neither of them: the cases are timed. */
typedef struct bench_mode {
    const char *dump; /* write this file for another program's check */
    int64_t steps;    /* > 0: only make so many steps of the library */
} bench_mode;

/* "--name value"; `value` stays as it is where the option is not given. */
typedef struct bench_option {
    const char *name;
    const char **value;
} bench_option;

/* Reads the options, of which the last has no name, and beside them --dump FILE and --steps N, above 0. Returns 0 where
 * the command line is another. By hand rather than by getopt: the options are few and every one has a value. */
int bench_mode_parse(int argc, char **argv, const bench_option *options, bench_mode *mode);

int bench_mode_timed(const bench_mode *mode);

/* What an option names, NULL: all. */
int bench_chosen(const char *wanted, const char *name);

/* Dumps or learns, with the library alone; where nothing is timed. */
void bench_exercise(const bench_task *task, const bench_mode *mode);

#endif
