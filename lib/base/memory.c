/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <string.h>

enum { ALIGNMENT = 64 }; /* also the length of the hidden head that remembers the size */

void *plast__allocate(plast_context *context, int64_t count, int64_t size)
{
    if (count < 0 || size <= 0 || count > (PTRDIFF_MAX - ALIGNMENT) / size)
        return NULL;
    const size_t bytes = (size_t)count * (size_t)size + ALIGNMENT;
    unsigned char *head = context->allocator.allocate(context->allocator.user, bytes, ALIGNMENT);
    if (head == NULL)
        return NULL;
    memset(head, 0, bytes);
    memcpy(head, &bytes, sizeof bytes);
    return head + ALIGNMENT;
}

void *plast__allocate_rows(plast_context *context, int64_t rows, int64_t ld, int64_t size)
{
    if (rows < 0 || ld < 0 || (ld > 0 && rows > INT64_MAX / ld))
        return NULL;
    return plast__allocate(context, rows * ld, size);
}

void plast__release(plast_context *context, void *memory)
{
    size_t bytes = 0;
    if (memory == NULL)
        return;
    unsigned char *head = (unsigned char *)memory - ALIGNMENT;
    memcpy(&bytes, head, sizeof bytes);
    context->allocator.release(context->allocator.user, head, bytes, ALIGNMENT);
}

int64_t plast__padded(int64_t elements, int64_t size)
{
    const int64_t step = ALIGNMENT / size;
    if (elements > INT64_MAX - step)
        return -1;
    return (elements + step - 1) / step * step;
}

plast_status plast__no_memory(plast_context *context, const char *what)
{
    return plast__fail(context, PLAST_E_NOMEM, "no memory for %s", what);
}
