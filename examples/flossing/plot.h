/* SPDX-License-Identifier: MIT
 *
 * The figure. */
#ifndef FLOSSING_PLOT_H
#define FLOSSING_PLOT_H

#include "plan.h"

#include <stdio.h>

/* Writes a gnuplot script; a figure_script (../common/figure.h) whose user data is the plan. */
void plot_script(FILE *script, const void *plan);

#endif
