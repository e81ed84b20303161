/* SPDX-License-Identifier: MIT
 *
 * What was measured, as CSV files and as text. */
#ifndef FEW_SHOT_REPORT_H
#define FEW_SHOT_REPORT_H

#include "plan.h"

/* All episodes, those for choosing coefficients too (accuracy only). */
int report_episodes(const char *path, const struct plan *plan, struct message *message);
int report_long_runs(const char *path, const struct plan *plan, struct message *message);
/* Tables and findings to standard output. */
void report_print(const struct plan *plan);

#endif
