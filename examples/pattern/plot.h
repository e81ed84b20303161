/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_PATTERN_PLOT_H
#define EXAMPLES_PATTERN_PLOT_H

#include "trial.h"

#include <stdio.h>

struct race {
    struct trial *trials; /* arm by arm */
    int seeds;
    int length; /* trials of each */
};

/* Median over seeds of trial_error. */
double race_median(const struct race *race, int arm, int at);

/* Writers for results_csv and results_draw; their user data is the race. */
void race_csv(FILE *file, const void *race);
void race_plot(FILE *script, const void *race);
/* A table to standard output. */
void race_print(const void *race);

#endif
