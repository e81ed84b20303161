/* SPDX-License-Identifier: MIT
 *
 * A member of a list together with values of its parameters: what the public rule and optimizer handles are. */
#ifndef PLAST_BASE_DESCRIPTION_H
#define PLAST_BASE_DESCRIPTION_H

#include "base/parameters.h"

/* A list of members. Each member's descriptor begins with its plast__parameters. */
typedef struct plast__list {
    const char *kind; /* "rule" */
    const plast__parameters *const *members;
    int32_t count;
} plast__list;

typedef struct plast__description {
    plast_context *context;
    const plast__parameters *member; /* NULL: nothing described */
    double values[PLAST__PARAMETERS];
} plast__description;

plast_status plast__description_create(plast_context *context, const plast__list *list, const char *name,
                                       plast__description **description);
void plast__description_destroy(plast__description *d);
plast_status plast__description_set(plast__description *d, const char *parameter, double value);
plast_status plast__description_get(const plast__description *d, const char *parameter, double *value);
plast_status plast__description_parameter(const plast__description *d, int32_t index, plast_parameter *parameter);
const char *plast__list_name(const plast__list *list, int32_t index);

/* Fails with PLAST_E_UNKNOWN and the names that there are. */
plast_status plast__unknown_name(plast_context *context, const plast__list *list, const char *name);

#endif
