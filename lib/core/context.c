/* SPDX-License-Identifier: MIT */
#include "base/context.h"

#include "base/structs.h"
#include "kernels/kernels.h"

#include <stdlib.h>

static void *default_allocate(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    (void)user;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void default_release(void *user, void *memory, size_t size, size_t alignment)
{
    (void)user;
    (void)size;
    (void)alignment;
    free(memory);
}

static uint32_t best_level(uint32_t levels)
{
    if (levels & PLAST_CPU_AVX512)
        return PLAST_CPU_AVX512;
    if (levels & PLAST_CPU_AVX2)
        return PLAST_CPU_AVX2;
    return levels & PLAST_CPU_BASELINE;
}

plast_status plast_context_create(const plast_context_options *options, plast_context **context)
{
    plast_context_options given = { .struct_size = 0 };
    plast_allocator allocator = { .allocate = default_allocate, .release = default_release };
    plast_status status = PLAST_OK;
    if (context == NULL)
        return PLAST_E_INVALID;
    if (options != NULL)
        status = PLAST__READ(NULL, plast_context_options, options, &given);
    if (status == PLAST_OK && given.allocator != NULL)
        status = PLAST__READ_RESERVED(NULL, plast_allocator, given.allocator, &allocator);
    if (status != PLAST_OK)
        return status;
    if (allocator.allocate == NULL || allocator.release == NULL)
        return PLAST_E_INVALID;
    const uint32_t mask = given.cpu_mask == 0 ? UINT32_MAX : given.cpu_mask;
    const uint32_t level = best_level(plast__cpu_levels() & mask);
    if (level == 0)
        return PLAST_E_UNSUPPORTED;
    plast_context *made = allocator.allocate(allocator.user, sizeof *made, 64);
    if (made == NULL)
        return PLAST_E_NOMEM;
    *made = (plast_context){ .allocator = allocator, .level = level };
    *context = made;
    return PLAST_OK;
}

void plast_context_destroy(plast_context *context)
{
    if (context == NULL)
        return;
    const plast_allocator allocator = context->allocator;
    allocator.release(allocator.user, context, sizeof *context, 64);
}

uint32_t plast_context_cpu_level(const plast_context *context)
{
    return context == NULL ? 0 : context->level;
}
