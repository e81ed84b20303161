/* SPDX-License-Identifier: MIT */
#ifndef PLAST_BASE_CONTEXT_H
#define PLAST_BASE_CONTEXT_H

#include <plasticity/context.h>

enum { PLAST__MESSAGE = 256 };

struct plast_context {
    plast_allocator allocator;
    uint32_t level; /* one of PLAST_CPU_... */
    char message[PLAST__MESSAGE];
};

/* Leaves the line in the context (which may be NULL) and returns `status`, so that a check is one statement. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4), cold))
#endif
plast_status
plast__fail(plast_context *context, plast_status status, const char *format, ...);

#endif
