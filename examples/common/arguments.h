/* SPDX-License-Identifier: MIT
 *
 * The command line of an example: options that have names, and nothing else. */
#ifndef EXAMPLES_ARGUMENTS_H
#define EXAMPLES_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

enum { MOST_THREADS = 256, ARGUMENTS_HELP = 1 };

/* An option and where its value goes: one of the pointers is set. What is not given on the command line stays as it
 * is. */
struct argument {
    const char *name;
    bool *flag;        /* --name */
    int *choice;       /* --name: becomes `value`; of several, the last one counts */
    const char **text; /* --name TEXT */
    int *count;        /* --name N, a whole number from `least` (1 if it is 0) to `most` */
    double *rate;      /* --name RATE, above 0, `most` at most */
    int value;
    int least;
    int most;
};

/* Reads the command line into the arguments; the list ends with one that has no name. Returns 0, ARGUMENTS_HELP as soon
 * as it meets --help, or -1 after it has said on stderr what is wrong. */
int arguments_parse(const char *program, const struct argument *arguments, int argc, char **argv);

/* The same for main(): prints the text of --help, or how to get it, and ends the program where the command line is no
 * reason to go on. */
void arguments_read(const char *program, const char *help, const struct argument *arguments, int argc, char **argv);

/* One for each CPU, as far as MOST_THREADS. */
int arguments_threads(void);

#endif
