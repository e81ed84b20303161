/* SPDX-License-Identifier: MIT */
#ifndef INITIAL_CONNECTIVITY_OPTIONS_H
#define INITIAL_CONNECTIVITY_OPTIONS_H

#include "plan.h"

struct options {
    const char *out; /* folder of the results */
    int seeds;
    int threads;
    double oja_rate;
    int size; /* an enum plan_size */
};

/* Ends the program if asked for --help, or for what it does not know. */
void options_read(int argc, char **argv, struct options *options);

#endif
