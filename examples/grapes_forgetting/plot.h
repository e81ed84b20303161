/* SPDX-License-Identifier: MIT
 *
 * The figure: forgetting against learning, a point for each rate; arms on one line differ by their rates alone. Beside
 * it what each rate ends with. */
#ifndef GRAPES_FORGETTING_PLOT_H
#define GRAPES_FORGETTING_PLOT_H

#include "plan.h"

#include <stdio.h>

/* Writes a gnuplot script; a figure_script (../common/figure.h) whose user data is the plan. */
void plot_script(FILE *script, const void *plan);

#endif
