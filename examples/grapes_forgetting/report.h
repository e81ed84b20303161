/* SPDX-License-Identifier: MIT
 *
 * What was measured, as a CSV file and as text. */
#ifndef GRAPES_FORGETTING_REPORT_H
#define GRAPES_FORGETTING_REPORT_H

#include "plan.h"

#include <stdio.h>

/* A results_writer (../common/results.h) whose user data is the plan. */
void report_csv(FILE *file, const void *plan);
/* Tables, and the answer, to standard output. */
void report_print(const void *plan);

#endif
