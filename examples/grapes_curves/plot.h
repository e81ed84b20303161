/* SPDX-License-Identifier: MIT
 *
 * The figure: what every arm gains over the plain scheme, a row for each network. Where the arms of a row lie together,
 * it is the rate. */
#ifndef GRAPES_CURVES_PLOT_H
#define GRAPES_CURVES_PLOT_H

#include "plan.h"

#include <stdio.h>

/* Writes a gnuplot script; a figure_script (../common/figure.h) whose user data is the plan. */
void plot_script(FILE *script, const void *plan);
/* Height of the figure in points. */
int plot_height(const struct plan *plan);

#endif
