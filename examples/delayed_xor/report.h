/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_DELAYED_XOR_REPORT_H
#define EXAMPLES_DELAYED_XOR_REPORT_H

#include "trial.h"

#include <stdio.h>

struct race {
    struct trial *trials; /* arm by arm */
    int seeds;
    int most; /* iterations of each */
    int64_t delay;
};

/* Writers for results_csv and results_draw; their user data is the race. */
void race_csv(FILE *file, const void *race);
void race_plot(FILE *script, const void *race);
/* A table to standard output. */
void race_print(const void *race);

#endif
