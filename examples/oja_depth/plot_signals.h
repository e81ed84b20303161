/* SPDX-License-Identifier: MIT
 *
 * The lower half of the figure: signal propagation. */
#ifndef OJA_DEPTH_PLOT_SIGNALS_H
#define OJA_DEPTH_PLOT_SIGNALS_H

#include "signals.h"

/* Goes on with a gnuplot script whose upper half is there. */
void plot_signals(FILE *script, const struct signals *signals);

#endif
