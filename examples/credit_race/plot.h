/* SPDX-License-Identifier: MIT
 *
 * The figure. */
#ifndef CREDIT_RACE_PLOT_H
#define CREDIT_RACE_PLOT_H

#include "plan.h"

#include <stdio.h>

/* Writes a gnuplot script; a figure_script (../common/figure.h) whose user data is the plan. */
void plot_script(FILE *script, const void *plan);
/* Height of the figure in points. */
int plot_height(const struct plan *plan);

#endif
