/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_DELAYED_XOR_OPTIONS_H
#define EXAMPLES_DELAYED_XOR_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *out; /* folder of the results */
    int seeds;
    int threads;
    bool full;
    bool quick;
};

enum { MOST_SEEDS = 100 };

/* Ends the program if asked for --help, or for what it does not know. */
void options_read(int argc, char **argv, struct options *options);

#endif
