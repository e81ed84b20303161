/* SPDX-License-Identifier: MIT
 *
 * Memory of a context: zeroed, aligned to 64 bytes, sizes remembered for the host's release(). */
#ifndef PLAST_BASE_MEMORY_H
#define PLAST_BASE_MEMORY_H

#include "base/context.h"

/* `count` objects of `size` bytes; NULL when there is no memory or the product overflows. 0 objects give a block. */
void *plast__allocate(plast_context *context, int64_t count, int64_t size);
void plast__release(plast_context *context, void *memory); /* NULL is allowed */

/* The same for a 2-D array of rows x ld elements. */
void *plast__allocate_rows(plast_context *context, int64_t rows, int64_t ld, int64_t size);

/* Elements of a row padded to 64 bytes; -1 on overflow. */
int64_t plast__padded(int64_t elements, int64_t size);

plast_status plast__no_memory(plast_context *context, const char *what);

#endif
