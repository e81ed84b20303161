/* SPDX-License-Identifier: MIT
 *
 * The figure. */
#ifndef SELF_ASSEMBLY_PLOT_H
#define SELF_ASSEMBLY_PLOT_H

#include "plan.h"

#include <stdio.h>

enum { PLOT_HEAD = 70, PLOT_ROW = 360, PLOT_HEIGHT = PLOT_HEAD + TASKS * PLOT_ROW };

/* Writes a gnuplot script; a figure_script (../common/figure.h) whose user data is the plan. */
void plot_script(FILE *script, const void *plan);

#endif
