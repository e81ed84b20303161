/* SPDX-License-Identifier: MIT */
#ifndef LYAPUNOV_TOUR_PLOT_H
#define LYAPUNOV_TOUR_PLOT_H

#include "plan.h"

#include <stdio.h>

/* A figure_script (../common/figure.h) whose user data is the plan. */
void plot_script(FILE *script, const void *plan);

#endif
