/* SPDX-License-Identifier: MIT */
#ifndef INITIAL_CONNECTIVITY_OPTIONS_H
#define INITIAL_CONNECTIVITY_OPTIONS_H

#include "plan.h"

struct options {
    const char *out; /* folder of the results */
    int seeds;
    int threads;
    double oja_rate;
    enum plan_size size;
    bool help; /* asked for; nothing else was looked at */
};

/* On failure says why on stderr and returns -1. */
int options_parse(int argc, char **argv, struct options *options);
void options_help(void);

#endif
