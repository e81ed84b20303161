/* SPDX-License-Identifier: MIT
 *
 * Growing structs: read by size, as the Linux kernel reads its extensible arguments. */
#ifndef PLAST_BASE_STRUCTS_H
#define PLAST_BASE_STRUCTS_H

#include "base/context.h"

/* What the library knows of a struct. Its oldest legal size is that of release 0.1. */
typedef struct plast__layout {
    const char *name;
    size_t oldest, known; /* sizes */
    size_t reserved;      /* offset of a reserved0, which must be 0 since it may get a meaning; 0 = there is none */
} plast__layout;

/* Copies a caller's struct of any accepted size over `layout->known` bytes at `copy`; fields that it does not have
 * stay. */
plast_status plast__read_struct(plast_context *context, const plast__layout *layout, const void *source, void *copy);

#define PLAST__READ(context, type, source, copy)                                                                       \
    plast__read_struct((context), &(const plast__layout){ #type, sizeof(type), sizeof(type), 0 }, (source), (copy))

/* For a struct that has grown: `last` was its last field in release 0.1. */
#define PLAST__READ_GROWN(context, type, last, source, copy)                                                           \
    plast__read_struct((context),                                                                                      \
                       &(const plast__layout){ #type, offsetof(type, last) + sizeof((copy)->last), sizeof(type), 0 },  \
                       (source), (copy))

#define PLAST__READ_RESERVED(context, type, source, copy)                                                              \
    plast__read_struct((context),                                                                                      \
                       &(const plast__layout){ #type, sizeof(type), sizeof(type), offsetof(type, reserved0) },         \
                       (source), (copy))

/* Copies the library's struct out to a caller's, keeping its struct_size. */
plast_status plast__write_struct(plast_context *context, const plast__layout *layout, const void *result,
                                 void *destination);

#define PLAST__WRITE(context, type, result, destination)                                                               \
    plast__write_struct((context), &(const plast__layout){ #type, sizeof(type), sizeof(type), 0 }, (result),           \
                        (destination))

#endif
