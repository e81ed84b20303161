/* SPDX-License-Identifier: MIT */
#ifndef LYAPUNOV_TOUR_OPTIONS_H
#define LYAPUNOV_TOUR_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *out; /* folder of the results */
    int seeds;
    int threads;
    bool quick;
};

/* Ends the program if asked for --help, or for what it does not know. */
void options_read(int argc, char **argv, struct options *options);

#endif
