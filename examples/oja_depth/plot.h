/* SPDX-License-Identifier: MIT
 *
 * The figure. */
#ifndef OJA_DEPTH_PLOT_H
#define OJA_DEPTH_PLOT_H

#include "signals.h"

#include <stdio.h>

/* Writes a gnuplot script; a figure_script (../common/figure.h) whose user data is struct signals. */
void plot_script(FILE *script, const void *signals);

#endif
