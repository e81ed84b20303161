/* SPDX-License-Identifier: MIT */
#ifndef FEW_SHOT_OPTIONS_H
#define FEW_SHOT_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *data; /* folder of the data set */
    const char *out;  /* folder of the results */
    int episodes;
    int tuning; /* episodes for choosing coefficients */
    int seeds;  /* of the long runs */
    int threads;
    int samples; /* of the long runs */
    bool quick;
};

/* Ends the program if asked for --help, or for what it does not know. */
void options_read(int argc, char **argv, struct options *options);

#endif
