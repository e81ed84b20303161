/* SPDX-License-Identifier: MIT
 *
 * Parameters by name: what stands in a table describes its own numbers here. */
#ifndef PLAST_BASE_PARAMETERS_H
#define PLAST_BASE_PARAMETERS_H

#include "base/context.h"

enum { PLAST__PARAMETERS = 16 }; /* most of one member */

typedef struct plast__parameter {
    const char *name;
    const char *unit;
    const char *help;
    double default_value, minimum, maximum;
    int32_t flags; /* PLAST_PARAMETER_... */
} plast__parameter;

typedef struct plast__parameters {
    const char *kind;  /* "rule", "optimizer" */
    const char *owner; /* the member's name */
    const plast__parameter *table;
    int32_t count;
} plast__parameters;

/* Defaults; what is required and not set is NaN. */
void plast__parameters_default(const plast__parameters *p, double *values);
plast_status plast__parameters_set(plast_context *context, const plast__parameters *p, const char *name, double value,
                                   double *values);
plast_status plast__parameters_get(plast_context *context, const plast__parameters *p, const char *name,
                                   const double *values, double *value);
/* Whether the parameter is one of PLAST_PARAMETER_SHAPES. */
int plast__parameters_shapes(const plast__parameters *p, const char *name);
plast_status plast__parameters_describe(plast_context *context, const plast__parameters *p, int32_t index,
                                        plast_parameter *description);
/* PLAST_E_STATE naming the first required one that was never set. */
plast_status plast__parameters_complete(plast_context *context, const plast__parameters *p, const double *values);

#endif
