/* SPDX-License-Identifier: MIT */
#ifndef CREDIT_RACE_OPTIONS_H
#define CREDIT_RACE_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *data; /* folder of the data set */
    const char *out;  /* folder of the results */
    int epochs;
    int seeds;
    int threads;
    bool akrout;
    bool full;
    bool quick;
};

/* Ends the program if asked for --help, or for what it does not know. */
void options_read(int argc, char **argv, struct options *options);

#endif
