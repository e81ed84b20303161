/* SPDX-License-Identifier: MIT */
#include "base/structs.h"

#include <string.h>

enum { LARGEST = 4096 };

void plast_struct_init(void *growing_struct, uint32_t struct_size)
{
    if (growing_struct == NULL || struct_size < sizeof struct_size)
        return;
    memset(growing_struct, 0, struct_size);
    memcpy(growing_struct, &struct_size, sizeof struct_size);
}

static plast_status check_size(plast_context *context, const char *name, const void *given, size_t oldest,
                               uint32_t *size)
{
    if (given == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s is NULL", name);
    memcpy(size, given, sizeof *size);
    if (*size < oldest || *size > LARGEST)
        return plast__fail(context, PLAST_E_VERSION, "%s has struct_size %u, expected %zu to %d", name, *size, oldest,
                           LARGEST);
    return PLAST_OK;
}

plast_status plast__read_struct(plast_context *context, const char *name, const void *source, size_t oldest,
                                size_t known, void *copy)
{
    uint32_t size = 0;
    const plast_status status = check_size(context, name, source, oldest, &size);
    if (status != PLAST_OK)
        return status;
    const unsigned char *bytes = source;
    for (size_t i = known; i < size; i++)
        if (bytes[i] != 0)
            return plast__fail(context, PLAST_E_VERSION, "%s sets a field at byte %zu, newer than library %s", name, i,
                               PLAST_VERSION_STRING);
    memcpy(copy, source, size < known ? size : known);
    return PLAST_OK;
}

plast_status plast__write_struct(plast_context *context, const char *name, const void *result, size_t oldest,
                                 size_t known, void *destination)
{
    uint32_t size = 0;
    const plast_status status = check_size(context, name, destination, oldest, &size);
    if (status != PLAST_OK)
        return status;
    const size_t head = sizeof size;
    memcpy((unsigned char *)destination + head, (const unsigned char *)result + head,
           (size < known ? size : known) - head);
    return PLAST_OK;
}
