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
    bool help; /* asked for; nothing else was looked at */
};

enum { MOST_SEEDS = 100 };

void options_help(void);
/* On failure says why on stderr and returns -1. */
int options_parse(int argc, char **argv, struct options *options);

#endif
