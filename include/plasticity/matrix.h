/* SPDX-License-Identifier: MIT
 *
 * Views of the caller's arrays. Nothing is copied or owned; the array must live while a call uses it. */
#ifndef PLASTICITY_MATRIX_H
#define PLASTICITY_MATRIX_H

#include <plasticity/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arguments of one call must not overlap in memory, and data is aligned to its number type.
 *
 * Element (i, j) lies at data[i * row_stride + j * col_stride]; strides count elements, not bytes as NumPy's do. This
 * layout is frozen: it never grows. Accepted strides: both positive, or anything along an axis of length 1; an
 * output's elements must not overlap. col_stride = 1 is the fast case. */
typedef struct plast_matrix {
    void *data;
    int64_t rows;
    int64_t cols;
    int64_t row_stride;
    int64_t col_stride;
    int32_t dtype; /* PLAST_F32 ... */
    int32_t flags; /* PLAST_READ_ONLY or 0 */
} plast_matrix;

enum {
    PLAST_READ_ONLY = 1 /* refused as an output */
};

/* Dense row-major view, the general form (for foreign-function callers too). */
PLAST_API void plast_matrix_init(plast_matrix *matrix, void *data, int64_t rows, int64_t cols, int32_t dtype,
                                 int32_t flags);

/* Dense row-major input, rows x cols. */
static inline plast_matrix plast_matrix_f32(const float *data, int64_t rows, int64_t cols)
{
    plast_matrix m = { (void *)data, rows, cols, cols, 1, PLAST_F32, PLAST_READ_ONLY };
    return m;
}

static inline plast_matrix plast_matrix_f64(const double *data, int64_t rows, int64_t cols)
{
    plast_matrix m = { (void *)data, rows, cols, cols, 1, PLAST_F64, PLAST_READ_ONLY };
    return m;
}

/* Dense row-major output, rows x cols. */
static inline plast_matrix plast_output_f32(float *data, int64_t rows, int64_t cols)
{
    plast_matrix m = { data, rows, cols, cols, 1, PLAST_F32, 0 };
    return m;
}

static inline plast_matrix plast_output_f64(double *data, int64_t rows, int64_t cols)
{
    plast_matrix m = { data, rows, cols, cols, 1, PLAST_F64, 0 };
    return m;
}

/* Class labels, n x 1. In the signed types -1 means: no loss for this sample. */
static inline plast_matrix plast_labels_u8(const uint8_t *labels, int64_t n)
{
    plast_matrix m = { (void *)labels, n, 1, 1, 1, PLAST_U8, PLAST_READ_ONLY };
    return m;
}

static inline plast_matrix plast_labels_i32(const int32_t *labels, int64_t n)
{
    plast_matrix m = { (void *)labels, n, 1, 1, 1, PLAST_I32, PLAST_READ_ONLY };
    return m;
}

static inline plast_matrix plast_labels_i64(const int64_t *labels, int64_t n)
{
    plast_matrix m = { (void *)labels, n, 1, 1, 1, PLAST_I64, PLAST_READ_ONLY };
    return m;
}

#ifdef __cplusplus
}
#endif
#endif
