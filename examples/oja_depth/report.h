/* SPDX-License-Identifier: MIT
 *
 * What was measured, as a CSV file and as text. */
#ifndef OJA_DEPTH_REPORT_H
#define OJA_DEPTH_REPORT_H

#include "plan.h"

int report_csv(const char *path, const struct plan *plan, struct message *message);
/* Tables and findings to standard output. */
void report_print(const struct plan *plan);

#endif
