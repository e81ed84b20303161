/* SPDX-License-Identifier: MIT */
#include "base/parameters.h"

#include "base/structs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void plast__parameters_default(const plast__parameters *p, double *values)
{
    for (int32_t i = 0; i < p->count; i++)
        values[i] = p->table[i].flags & PLAST_PARAMETER_REQUIRED ? (double)NAN : p->table[i].default_value;
}

static plast_status find(plast_context *context, const plast__parameters *p, const char *name, int32_t *index)
{
    char known[240] = "";
    if (name == NULL)
        return plast__fail(context, PLAST_E_INVALID, "name of a parameter of %s \"%s\" is NULL", p->kind, p->owner);
    for (int32_t i = 0; i < p->count; i++) {
        if (strcmp(p->table[i].name, name) == 0) {
            *index = i;
            return PLAST_OK;
        }
        const size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", p->table[i].name);
    }
    return plast__fail(context, PLAST_E_UNKNOWN, "%s \"%s\" has no parameter \"%.40s\", it has: %s", p->kind, p->owner,
                       name, known);
}

static int in_range(const plast__parameter *t, double value)
{
    const int above = t->flags & PLAST_PARAMETER_OPEN_MINIMUM ? value > t->minimum : value >= t->minimum;
    const int below = t->flags & PLAST_PARAMETER_OPEN_MAXIMUM ? value < t->maximum : value <= t->maximum;
    return above && below && isfinite(value);
}

plast_status plast__parameters_set(plast_context *context, const plast__parameters *p, const char *name, double value,
                                   double *values)
{
    int32_t i = 0;
    const plast_status status = find(context, p, name, &i);
    if (status != PLAST_OK)
        return status;
    const plast__parameter *t = &p->table[i];
    if (!in_range(t, value))
        return plast__fail(context, PLAST_E_RANGE, "%s \"%s\": %s is %g, expected %c%g, %g%c", p->kind, p->owner, name,
                           value, t->flags & PLAST_PARAMETER_OPEN_MINIMUM ? '(' : '[', t->minimum, t->maximum,
                           t->flags & PLAST_PARAMETER_OPEN_MAXIMUM ? ')' : ']');
    if (t->flags & PLAST_PARAMETER_WHOLE && value != floor(value))
        return plast__fail(context, PLAST_E_RANGE, "%s \"%s\": %s is %g, expected a whole number", p->kind, p->owner,
                           name, value);
    values[i] = value;
    return PLAST_OK;
}

int plast__parameters_shapes(const plast__parameters *p, const char *name)
{
    for (int32_t i = 0; name != NULL && i < p->count; i++)
        if (strcmp(p->table[i].name, name) == 0)
            return (p->table[i].flags & PLAST_PARAMETER_SHAPES) != 0;
    return 0;
}

plast_status plast__parameters_get(plast_context *context, const plast__parameters *p, const char *name,
                                   const double *values, double *value)
{
    int32_t i = 0;
    const plast_status status = find(context, p, name, &i);
    if (status != PLAST_OK)
        return status;
    if (value == NULL)
        return plast__fail(context, PLAST_E_INVALID, "place for the value of %s is NULL", name);
    if (isnan(values[i]))
        return plast__fail(context, PLAST_E_STATE, "%s \"%s\": %s has no default and was never set", p->kind, p->owner,
                           name);
    *value = values[i];
    return PLAST_OK;
}

plast_status plast__parameters_describe(plast_context *context, const plast__parameters *p, int32_t index,
                                        plast_parameter *description)
{
    if (index < 0 || index >= p->count)
        return plast__fail(context, PLAST_E_RANGE, "%s \"%s\" has %d parameters, asked for index %d", p->kind, p->owner,
                           p->count, index);
    const plast__parameter *t = &p->table[index];
    const plast_parameter found = { PLAST_PARAMETER,       .flags = t->flags,    .name = t->name,
                                    .unit = t->unit,       .help = t->help,      .default_value = t->default_value,
                                    .minimum = t->minimum, .maximum = t->maximum };
    return PLAST__WRITE(context, plast_parameter, &found, description);
}

plast_status plast__parameters_complete(plast_context *context, const plast__parameters *p, const double *values)
{
    for (int32_t i = 0; i < p->count; i++)
        if (isnan(values[i]))
            return plast__fail(context, PLAST_E_STATE, "%s \"%s\": %s has no default and was never set", p->kind,
                               p->owner, p->table[i].name);
    return PLAST_OK;
}
