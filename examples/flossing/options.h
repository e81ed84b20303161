/* SPDX-License-Identifier: MIT */
#ifndef FLOSSING_OPTIONS_H
#define FLOSSING_OPTIONS_H

#include "plan.h"

#include <stdbool.h>

struct options {
    const char *out; /* folder of the results */
    int seeds;
    int threads;
    enum plan_size size;
    bool help; /* asked for; nothing else was looked at */
};

/* On failure says why on stderr and returns -1. */
int options_parse(int argc, char **argv, struct options *options);
void options_help(void);

#endif
