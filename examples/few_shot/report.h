/* SPDX-License-Identifier: MIT
 *
 * What was measured, as CSV files and as text. */
#ifndef FEW_SHOT_REPORT_H
#define FEW_SHOT_REPORT_H

#include "plan.h"

#include <stdio.h>

/* Two of results_writer (../common/results.h), whose user data is the plan. All episodes, those for choosing
 * coefficients too (accuracy only). */
void report_episodes(FILE *file, const void *plan);
void report_long_runs(FILE *file, const void *plan);
/* Tables and findings to standard output. */
void report_print(const struct plan *plan);

#endif
