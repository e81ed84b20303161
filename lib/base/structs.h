/* SPDX-License-Identifier: MIT
 *
 * Growing structs: read by size, as the Linux kernel reads its extensible arguments. */
#ifndef PLAST_BASE_STRUCTS_H
#define PLAST_BASE_STRUCTS_H

#include "base/context.h"

/* Copies a caller's struct of any accepted size over `known` bytes at `copy`; fields that it does not have stay. */
plast_status plast__read_struct(plast_context *context, const char *name, const void *source, size_t oldest,
                                size_t known, void *copy);

/* Every struct is as old as release 0.1, so its oldest legal size is today's. */
#define PLAST__READ(context, type, source, copy)                                                                      \
    plast__read_struct((context), #type, (source), sizeof(type), sizeof(type), (copy))

/* Copies `known` bytes out to a caller's struct, keeping its struct_size. */
plast_status plast__write_struct(plast_context *context, const char *name, const void *result, size_t oldest,
                                 size_t known, void *destination);

#define PLAST__WRITE(context, type, result, destination)                                                              \
    plast__write_struct((context), #type, (result), sizeof(type), sizeof(type), (destination))

#endif
