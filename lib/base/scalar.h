/* SPDX-License-Identifier: MIT
 *
 * The two number types behind void pointers: sizes, limits, single elements. Loops belong to the kernels. */
#ifndef PLAST_BASE_SCALAR_H
#define PLAST_BASE_SCALAR_H

#include <float.h>
#include <plasticity/base.h>

static inline int64_t plast__size(int32_t dtype)
{
    return dtype == PLAST_F64 ? (int64_t)sizeof(double) : (int64_t)sizeof(float);
}

static inline double plast__largest(int32_t dtype)
{
    return dtype == PLAST_F64 ? DBL_MAX : (double)FLT_MAX;
}

static inline double plast__get(int32_t dtype, const void *p, int64_t i)
{
    return dtype == PLAST_F64 ? ((const double *)p)[i] : (double)((const float *)p)[i];
}

static inline void plast__set(int32_t dtype, void *p, int64_t i, double value)
{
    if (dtype == PLAST_F64)
        ((double *)p)[i] = value;
    else
        ((float *)p)[i] = (float)value;
}

static inline void *plast__at(int32_t dtype, void *p, int64_t i)
{
    return (unsigned char *)p + i * plast__size(dtype);
}

static inline const void *plast__at_const(int32_t dtype, const void *p, int64_t i)
{
    return (const unsigned char *)p + i * plast__size(dtype);
}

#endif
