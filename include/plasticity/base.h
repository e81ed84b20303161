/* SPDX-License-Identifier: MIT
 *
 * What every other header needs: export macros, status codes, number types, growing structs. */
#ifndef PLASTICITY_BASE_H
#define PLASTICITY_BASE_H

#include <stddef.h>
#include <stdint.h>

#include <plasticity/version.h>

#if defined(_WIN32) && !defined(PLAST_STATIC)
#ifdef PLAST_BUILDING
#define PLAST_API __declspec(dllexport)
#else
#define PLAST_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define PLAST_API __attribute__((visibility("default")))
#else
#define PLAST_API
#endif

#if defined(__GNUC__)
#define PLAST_NODISCARD __attribute__((warn_unused_result))
#else
#define PLAST_NODISCARD
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Status. 0 is success, every failure is negative, numbers are never reused. The failing call leaves one line in
 * its context that says what was found and what was expected: plast_context_error(). */
typedef int32_t plast_status;

enum {
    PLAST_OK = 0,
    PLAST_E_INVALID = -1,      /* an argument is wrong: NULL, shape, stride, number type, label ... */
    PLAST_E_NOMEM = -2,        /* the allocator returned NULL, or a size overflows */
    PLAST_E_STATE = -3,        /* right call, wrong time: no optimizer yet, layers added too late ... */
    PLAST_E_VERSION = -4,      /* a struct is too old, or sets a field that this library does not know */
    PLAST_E_UNSUPPORTED = -5,  /* well formed, but this combination has no meaning or no implementation */
    PLAST_E_RANGE = -6,        /* a number is outside its range */
    PLAST_E_UNKNOWN = -7,      /* no rule, optimizer, layer kind or parameter of that name */
    PLAST_E_STOPPED = -8,      /* a progress callback asked to stop */
    PLAST_E_NOT_FINITE = -100, /* an input, activity, loss, signal or update is NaN, infinite or would overflow */
    PLAST_E_LAPACK = -101,     /* LAPACK failed to factorise a matrix */
    PLAST_E_USER = -1000       /* this and everything below is free for callbacks and is passed through unchanged */
};

/* One line of text for a status, such as "PLAST_E_RANGE: a number is outside its range". Never NULL. */
PLAST_API const char *plast_status_string(plast_status status);

/* Version of the loaded library, "x.y.z". Compare with PLAST_VERSION_STRING. */
PLAST_API const char *plast_version(void);

/* Number types. A network computes in PLAST_F32 or PLAST_F64; labels may be PLAST_U8, PLAST_I32 or PLAST_I64. */
enum {
    PLAST_DTYPE_DEFAULT = 0, /* in options: PLAST_F32 */
    PLAST_F32 = 1,
    PLAST_F64 = 2,
    PLAST_U8 = 3,
    PLAST_I32 = 4,
    PLAST_I64 = 5,
    PLAST_F16 = 6, /* number reserved, refused everywhere today */
    PLAST_BF16 = 7 /* number reserved, refused everywhere today */
};

/* Growing structs (options, data, reports, tables of callbacks) begin with `struct_size`, and a zero in any other
 * field means the default. In C, begin the initialiser with the macro of the struct's name:
 *
 *     plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 100 };
 *
 * C++ and foreign-function callers use this twin: it clears `struct_size` bytes and writes the size in front. */
PLAST_API void plast_struct_init(void *growing_struct, uint32_t struct_size);

/* How a parameter describes itself; see plast_rule_parameter() and plast_optimizer_parameter(). The strings belong
 * to the library and live as long as it is loaded. */
typedef struct plast_parameter {
    uint32_t struct_size;
    int32_t flags; /* PLAST_PARAMETER_... */
    const char *name;
    const char *unit;     /* "1" for a pure number */
    const char *help;     /* one line */
    double default_value; /* meaningless under PLAST_PARAMETER_REQUIRED */
    double minimum;
    double maximum;
} plast_parameter;

#define PLAST_PARAMETER .struct_size = (uint32_t)sizeof(plast_parameter)

enum {
    PLAST_PARAMETER_REQUIRED = 1,     /* has no default (rates): must be set before the description is attached */
    PLAST_PARAMETER_OPEN_MINIMUM = 2, /* the minimum itself is excluded */
    PLAST_PARAMETER_OPEN_MAXIMUM = 4, /* the maximum itself is excluded */
    PLAST_PARAMETER_WHOLE = 8,        /* a whole number */
    PLAST_PARAMETER_SHAPES = 16       /* read when the description is attached, and not changed afterwards */
};

#ifdef __cplusplus
}
#endif
#endif
