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

static plast_status check_size(plast_context *context, const plast__layout *layout, const void *given, uint32_t *size)
{
    if (given == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s is NULL", layout->name);
    memcpy(size, given, sizeof *size);
    if (*size < layout->oldest || *size > LARGEST)
        return plast__fail(context, PLAST_E_VERSION, "%s has struct_size %u, expected %zu to %d", layout->name, *size,
                           layout->oldest, LARGEST);
    return PLAST_OK;
}

static plast_status newer_field(plast_context *context, const plast__layout *layout, size_t offset)
{
    return plast__fail(context, PLAST_E_VERSION, "%s sets a field at byte %zu, newer than library %s", layout->name,
                       offset, PLAST_VERSION_STRING);
}

plast_status plast__read_struct(plast_context *context, const plast__layout *layout, const void *source, void *copy)
{
    uint32_t size = 0;
    int32_t reserved = 0;
    const unsigned char *bytes = source;
    const plast_status status = check_size(context, layout, source, &size);
    if (status != PLAST_OK)
        return status;
    for (size_t i = layout->known; i < size; i++)
        if (bytes[i] != 0)
            return newer_field(context, layout, i);
    if (layout->reserved > 0)
        memcpy(&reserved, bytes + layout->reserved, sizeof reserved);
    if (reserved != 0)
        return newer_field(context, layout, layout->reserved);
    memcpy(copy, source, size < layout->known ? size : layout->known);
    return PLAST_OK;
}

plast_status plast__write_struct(plast_context *context, const plast__layout *layout, const void *result,
                                 void *destination)
{
    uint32_t size = 0;
    const plast_status status = check_size(context, layout, destination, &size);
    if (status != PLAST_OK)
        return status;
    const size_t head = sizeof size;
    memcpy((unsigned char *)destination + head, (const unsigned char *)result + head,
           (size < layout->known ? size : layout->known) - head);
    return PLAST_OK;
}
