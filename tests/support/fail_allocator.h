/* SPDX-License-Identifier: MIT
 *
 * A host's allocator that counts what lives, fails when told to, and notices releases that do not fit. */
#ifndef TESTS_FAIL_ALLOCATOR_H
#define TESTS_FAIL_ALLOCATOR_H

#include <plasticity/context.h>

typedef struct fail_allocator {
    plast_allocator table; /* what plast_context_options.allocator points to */
    int64_t fail_at;       /* this call of allocate fails, counted from 1; 0 = none */
    int64_t calls;         /* of allocate, the failing one included */
    int64_t live_blocks;
    int64_t live_bytes;
    int64_t most_bytes;    /* that ever lived at once */
    const char *complaint; /* the first breach of plast_allocator's contract; NULL = none */
} fail_allocator;

/* The allocator stays where it is while a context uses it. One thread at a time. */
void fail_allocator_init(fail_allocator *allocator, int64_t fail_at);

#endif
