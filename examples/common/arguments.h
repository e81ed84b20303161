/* SPDX-License-Identifier: MIT
 *
 * Values of command-line options. */
#ifndef EXAMPLES_ARGUMENTS_H
#define EXAMPLES_ARGUMENTS_H

#include <stdint.h>

enum { MOST_THREADS = 256 };

/* A whole number from 1 to `most`. On failure says on stderr what --name of the program expects, and returns -1. */
int argument_count(const char *program, const char *name, const char *text, int64_t most, int64_t *count);

/* 0 = one for each CPU, as far as MOST_THREADS. */
int argument_threads(int64_t wanted);

#endif
