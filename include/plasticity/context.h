/* SPDX-License-Identifier: MIT
 *
 * Context: allocator, CPU level and last error. There is no other global state: two contexts never meet. */
#ifndef PLASTICITY_CONTEXT_H
#define PLASTICITY_CONTEXT_H

#include <plasticity/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Thread rule: one thread at a time. Make one context per thread. A context outlives everything made with it. */
typedef struct plast_context plast_context;

/* A host's memory. `alignment` is a power of two, 64 at most; `size` is never 0. `release` gets back the same size
 * and alignment, and never NULL. `allocate` returns NULL when it has none, and the call in progress then fails with
 * PLAST_E_NOMEM and changes nothing. OpenBLAS keeps work buffers of its own outside this allocator. */
typedef struct plast_allocator {
    uint32_t struct_size;
    int32_t reserved0;
    void *user;
    void *(*allocate)(void *user, size_t size, size_t alignment);
    void (*release)(void *user, void *memory, size_t size, size_t alignment);
} plast_allocator;

#define PLAST_ALLOCATOR .struct_size = (uint32_t)sizeof(plast_allocator)

/* Levels of the inner loops. Bits, for `cpu_mask`. */
enum {
    PLAST_CPU_BASELINE = 1, /* what the compiler assumes: SSE2 on x86-64; always there */
    PLAST_CPU_AVX2 = 2,     /* AVX2 and FMA */
    PLAST_CPU_AVX512 = 4    /* AVX-512 F, DQ, BW and VL */
};

typedef struct plast_context_options {
    uint32_t struct_size;
    uint32_t cpu_mask;                /* levels that may be used; 0 = all. The best one that the CPU has is taken */
    const plast_allocator *allocator; /* copied; NULL = the C library's */
} plast_context_options;

#define PLAST_CONTEXT_OPTIONS .struct_size = (uint32_t)sizeof(plast_context_options)

/* `options` may be NULL. On failure *context is untouched. */
PLAST_API PLAST_NODISCARD plast_status plast_context_create(const plast_context_options *options,
                                                            plast_context **context);
/* Destroy networks, states, rules and optimizers of this context first. NULL is allowed. */
PLAST_API void plast_context_destroy(plast_context *context);

/* The last failure's one line, or "" when none failed yet. Never NULL; valid until the next failing call. */
PLAST_API const char *plast_context_error(const plast_context *context);

/* The level in use, one of PLAST_CPU_...; 0 for NULL. */
PLAST_API uint32_t plast_context_cpu_level(const plast_context *context);

#ifdef __cplusplus
}
#endif
#endif
