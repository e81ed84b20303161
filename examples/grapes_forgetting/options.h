/* SPDX-License-Identifier: MIT */
#ifndef GRAPES_FORGETTING_OPTIONS_H
#define GRAPES_FORGETTING_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *data; /* folder of the data set */
    const char *out;  /* folder of the results */
    int seeds;
    int threads;
    bool full;
    bool quick;
};

/* Ends the program if asked for --help, or for what it does not know. */
void options_read(int argc, char **argv, struct options *options);

#endif
