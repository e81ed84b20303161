/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#include <stddef.h>

#include <plasticity/context.h>

#include "levels.h"

uint32_t plast__cpu_levels(void)
{
    uint32_t levels = PLAST_CPU_BASELINE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        levels |= PLAST_CPU_AVX2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
            levels |= PLAST_CPU_AVX512;
    }
#endif
    return levels;
}

const plast__kernels *plast__kernels_get(uint32_t level, int32_t dtype)
{
    const int f64 = dtype == PLAST_F64;
    switch (level) {
    case PLAST_CPU_BASELINE:
        return f64 ? &plast__kernels_f64_baseline : &plast__kernels_f32_baseline;
#if defined(__x86_64__)
    case PLAST_CPU_AVX2:
        return f64 ? &plast__kernels_f64_avx2 : &plast__kernels_f32_avx2;
    case PLAST_CPU_AVX512:
        return f64 ? &plast__kernels_f64_avx512 : &plast__kernels_f32_avx512;
#endif
    default:
        return NULL;
    }
}
