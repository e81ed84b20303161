/* SPDX-License-Identifier: MIT */
#ifndef FEW_SHOT_OPTIONS_H
#define FEW_SHOT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *data; /* folder of the data set */
    const char *out;  /* folder of the results */
    int episodes;
    int tuning; /* episodes for choosing coefficients */
    int seeds;  /* of the long runs */
    int jobs;
    int64_t samples; /* of the long runs */
    bool quick;
    bool help; /* asked for; nothing else was looked at */
};

/* On failure says why on stderr and returns -1. */
int options_parse(int argc, char **argv, struct options *options);
void options_help(void);

#endif
