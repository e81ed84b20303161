/* SPDX-License-Identifier: MIT */
#include "base/description.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

const char *plast__list_name(const plast__list *list, int32_t index)
{
    return index >= 0 && index < list->count ? list->members[index]->owner : NULL;
}

plast_status plast__unknown_name(plast_context *context, const plast__list *list, const char *name)
{
    char known[240] = "";
    if (name == NULL)
        return plast__fail(context, PLAST_E_INVALID, "name of the %s is NULL", list->kind);
    for (int32_t i = 0; i < list->count; i++) {
        const size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", list->members[i]->owner);
    }
    return plast__fail(context, PLAST_E_UNKNOWN, "no %s is named \"%.40s\", there are: %s", list->kind, name, known);
}

plast_status plast__description_create(plast_context *context, const plast__list *list, const char *name,
                                       plast__description **description)
{
    const plast__parameters *member = NULL;
    if (context == NULL)
        return PLAST_E_INVALID;
    if (description == NULL)
        return plast__fail(context, PLAST_E_INVALID, "place for the %s is NULL", list->kind);
    for (int32_t i = 0; name != NULL && i < list->count; i++)
        if (strcmp(list->members[i]->owner, name) == 0)
            member = list->members[i];
    if (member == NULL)
        return plast__unknown_name(context, list, name);
    plast__description *made = plast__allocate(context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(context, list->kind);
    made->context = context;
    made->member = member;
    plast__parameters_default(member, made->values);
    *description = made;
    return PLAST_OK;
}

void plast__description_destroy(plast__description *d)
{
    if (d != NULL)
        plast__release(d->context, d);
}

plast_status plast__description_set(plast__description *d, const char *parameter, double value)
{
    if (d == NULL)
        return PLAST_E_INVALID;
    return plast__parameters_set(d->context, d->member, parameter, value, d->values);
}

plast_status plast__description_get(const plast__description *d, const char *parameter, double *value)
{
    if (d == NULL)
        return PLAST_E_INVALID;
    return plast__parameters_get(d->context, d->member, parameter, d->values, value);
}

plast_status plast__description_parameter(const plast__description *d, int32_t index, plast_parameter *parameter)
{
    if (d == NULL)
        return PLAST_E_INVALID;
    return plast__parameters_describe(d->context, d->member, index, parameter);
}
