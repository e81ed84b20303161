/* SPDX-License-Identifier: MIT */
#ifndef GRAPES_CURVES_OPTIONS_H
#define GRAPES_CURVES_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *data; /* folder of the data set */
    const char *out;  /* folder of the results */
    int epochs;       /* 0 = as many as the size says */
    int seeds;
    int threads;
    bool full;
    bool quick;
    bool help; /* asked for; nothing else was looked at */
};

/* On failure says why on stderr and returns -1. */
int options_parse(int argc, char **argv, struct options *options);
void options_help(void);

#endif
