/* SPDX-License-Identifier: MIT
 *
 * Counts every allocation of the process, also those inside shared libraries such as OpenBLAS: the executable that
 * links malloc_count.c defines malloc and its kin itself, and the dynamic linker prefers these to the C library's.
 * (OpenBLAS takes its work buffers from mmap, once; that is not counted.) */
#ifndef TESTS_MALLOC_COUNT_H
#define TESTS_MALLOC_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Calls of malloc, calloc, realloc and the aligned forms since the start of the process, of all threads. */
int64_t malloc_count(void);

/* False under a sanitizer or valgrind, which put their own allocators in this place: nothing is counted then. */
bool malloc_count_works(void);

#endif
