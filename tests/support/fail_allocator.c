/* SPDX-License-Identifier: MIT */
#include "support/fail_allocator.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 64 }; /* room in front of each block for its record; the largest alignment that may be asked for */

static const uint64_t alive = 0x616c697665, released = 0x64656164;

typedef struct record {
    uint64_t mark;
    size_t size;
    size_t alignment;
} record;

static void complain(fail_allocator *allocator, const char *text)
{
    if (allocator->complaint == NULL)
        allocator->complaint = text;
}

static void *allocate(void *user, size_t size, size_t alignment)
{
    fail_allocator *allocator = user;
    const record made = { alive, size, alignment };
    void *head = NULL;
    allocator->calls++;
    if (allocator->calls == allocator->fail_at)
        return NULL;
    if (size == 0)
        complain(allocator, "allocate: size 0");
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > HEAD)
        complain(allocator, "allocate: alignment is not a power of two up to 64");
    if (size > SIZE_MAX - HEAD || posix_memalign(&head, HEAD, HEAD + size) != 0)
        return NULL;
    memcpy(head, &made, sizeof made);
    allocator->live_blocks++;
    allocator->live_bytes += (int64_t)size;
    if (allocator->live_bytes > allocator->most_bytes)
        allocator->most_bytes = allocator->live_bytes;
    return (char *)head + HEAD;
}

static void release(void *user, void *memory, size_t size, size_t alignment)
{
    fail_allocator *allocator = user;
    record found;
    if (memory == NULL) {
        complain(allocator, "release: NULL");
        return;
    }
    char *head = (char *)memory - HEAD;
    memcpy(&found, head, sizeof found);
    if (found.mark != alive) {
        complain(allocator, "release: not a live block of this allocator");
        return;
    }
    if (found.size != size || found.alignment != alignment)
        complain(allocator, "release: another size or alignment than when allocated");
    allocator->live_blocks--;
    allocator->live_bytes -= (int64_t)found.size;
    found.mark = released;
    memcpy(head, &found, sizeof found);
    free(head);
}

void fail_allocator_init(fail_allocator *allocator, int64_t fail_at)
{
    *allocator = (fail_allocator){
        .table = { PLAST_ALLOCATOR, .user = allocator, .allocate = allocate, .release = release },
        .fail_at = fail_at,
    };
}
