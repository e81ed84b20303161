/* SPDX-License-Identifier: MIT */
#include "base/matrix.h"

#include "base/scalar.h"

#include <math.h>
#include <string.h>

void plast_matrix_init(plast_matrix *matrix, void *data, int64_t rows, int64_t cols, int32_t dtype, int32_t flags)
{
    if (matrix != NULL)
        *matrix = (plast_matrix){ data, rows, cols, cols, 1, dtype, flags };
}

static const char *type_name(int32_t dtype)
{
    static const char *const names[] = { "none", "f32", "f64", "u8", "i32", "i64", "f16", "bf16" };
    return dtype >= 0 && dtype < 8 ? names[dtype] : "unknown";
}

static int32_t type_class(int32_t dtype)
{
    switch (dtype) {
    case PLAST_F32:
    case PLAST_F64:
        return PLAST__REALS;
    case PLAST_U8:
        return PLAST__LABELS | PLAST__U8S;
    case PLAST_I32:
    case PLAST_I64:
        return PLAST__LABELS | PLAST__INDICES;
    default:
        return 0;
    }
}

int plast__matrix_is_real(const plast_matrix *m)
{
    return type_class(m->dtype) == PLAST__REALS;
}

static const char *types_text(int32_t types)
{
    switch (types) {
    case PLAST__REALS:
        return "f32 or f64";
    case PLAST__LABELS:
        return "u8, i32 or i64";
    case PLAST__REALS | PLAST__U8S:
        return "f32, f64 or u8";
    case PLAST__INDICES:
        return "i32 or i64";
    default:
        return "f32, f64, u8, i32 or i64";
    }
}

/* Index of the last element; -1 when it or its byte offset overflows. */
static int64_t last_index(const plast_matrix *m)
{
    const int64_t limit = PTRDIFF_MAX / 16;
    const int64_t row_steps = m->rows - 1, col_steps = m->cols - 1;
    if (row_steps > 0 && m->row_stride > limit / row_steps)
        return -1;
    if (col_steps > 0 && m->col_stride > limit / col_steps)
        return -1;
    return (row_steps > 0 ? row_steps * m->row_stride : 0) + (col_steps > 0 ? col_steps * m->col_stride : 0);
}

/* Elements meet first where the strides' least common multiple is reached along both axes. */
static int overlaps(const plast_matrix *m)
{
    int64_t a = m->row_stride, b = m->col_stride;
    if (m->rows == 1 || m->cols == 1)
        return 0;
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return m->row_stride / a < m->cols && m->col_stride / a < m->rows;
}

static plast_status check_shape(plast_context *context, const plast_matrix *m, const plast__expected *e)
{
    if (m->rows <= 0 || m->cols <= 0)
        return plast__fail(context, PLAST_E_INVALID, "%s is %lld x %lld, expected at least 1 x 1", e->name,
                           (long long)m->rows, (long long)m->cols);
    if (e->rows >= 0 && m->rows != e->rows)
        return plast__fail(context, PLAST_E_INVALID, "%s has %lld rows, expected %lld", e->name, (long long)m->rows,
                           (long long)e->rows);
    if (e->cols >= 0 && m->cols != e->cols)
        return plast__fail(context, PLAST_E_INVALID, "%s has %lld columns, expected %lld", e->name, (long long)m->cols,
                           (long long)e->cols);
    if ((m->rows > 1 && m->row_stride <= 0) || (m->cols > 1 && m->col_stride <= 0))
        return plast__fail(context, PLAST_E_INVALID, "%s has strides %lld, %lld, expected positive ones", e->name,
                           (long long)m->row_stride, (long long)m->col_stride);
    if (last_index(m) < 0)
        return plast__fail(context, PLAST_E_INVALID, "%s of %lld x %lld with strides %lld, %lld is beyond all memory",
                           e->name, (long long)m->rows, (long long)m->cols, (long long)m->row_stride,
                           (long long)m->col_stride);
    return PLAST_OK;
}

plast_status plast__matrix_check(plast_context *context, const plast_matrix *m, const plast__expected *e)
{
    if (m == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s is NULL", e->name);
    if (m->data == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s has no data (NULL)", e->name);
    if ((type_class(m->dtype) & e->types) == 0)
        return plast__fail(context, PLAST_E_INVALID, "%s has type %s (%d), expected %s", e->name, type_name(m->dtype),
                           m->dtype, types_text(e->types));
    if ((m->flags & ~PLAST_READ_ONLY) != 0)
        return plast__fail(context, PLAST_E_INVALID, "%s has flags %d, expected 0 or PLAST_READ_ONLY", e->name,
                           m->flags);
    const plast_status status = check_shape(context, m, e);
    if (status != PLAST_OK || !e->output)
        return status;
    if (m->flags & PLAST_READ_ONLY)
        return plast__fail(context, PLAST_E_INVALID, "%s is read-only, expected a matrix to write to", e->name);
    if (overlaps(m))
        return plast__fail(context, PLAST_E_INVALID, "%s has strides %lld, %lld by which its elements overlap", e->name,
                           (long long)m->row_stride, (long long)m->col_stride);
    return PLAST_OK;
}

static int64_t offset(const plast_matrix *m, int64_t row, int64_t col)
{
    return (row > 0 ? row * m->row_stride : 0) + (col > 0 ? col * m->col_stride : 0);
}

static double element(const plast_matrix *m, int64_t i)
{
    switch (m->dtype) {
    case PLAST_F32:
        return (double)((const float *)m->data)[i];
    case PLAST_F64:
        return ((const double *)m->data)[i];
    case PLAST_U8:
        return (double)((const uint8_t *)m->data)[i];
    case PLAST_I32:
        return (double)((const int32_t *)m->data)[i];
    default:
        return (double)((const int64_t *)m->data)[i];
    }
}

void plast__matrix_read_row(const plast_matrix *m, int64_t row, int32_t dtype, void *out)
{
    const int64_t start = offset(m, row, 0);
    if (m->dtype == dtype && (m->col_stride == 1 || m->cols == 1)) {
        memcpy(out, plast__at_const(dtype, m->data, start), (size_t)(m->cols * plast__size(dtype)));
        return;
    }
    for (int64_t j = 0; j < m->cols; j++)
        plast__set(dtype, out, j, element(m, start + offset(m, 0, j)));
}

void plast__matrix_write_row(const plast_matrix *m, int64_t row, int32_t dtype, const void *in)
{
    const int64_t start = offset(m, row, 0);
    if (m->dtype == dtype && (m->col_stride == 1 || m->cols == 1)) {
        memcpy(plast__at(dtype, m->data, start), in, (size_t)(m->cols * plast__size(dtype)));
        return;
    }
    for (int64_t j = 0; j < m->cols; j++)
        plast__set(m->dtype, m->data, start + offset(m, 0, j), plast__get(dtype, in, j));
}

void plast__matrix_prefetch_row(const plast_matrix *m, int64_t row)
{
#if defined(__GNUC__)
    enum { LINE = 64 };
    const unsigned char *start = plast__at_const(m->dtype, m->data, offset(m, row, 0));
    const int64_t bytes = m->col_stride == 1 ? m->cols * plast__size(m->dtype) : 0;
    for (int64_t i = 0; i < bytes; i += LINE)
        __builtin_prefetch(start + i);
#else
    (void)m;
    (void)row;
#endif
}

double plast__matrix_row_largest(const plast_matrix *m, int64_t row)
{
    const int64_t start = offset(m, row, 0);
    double largest = 0.0;
    for (int64_t j = 0; j < m->cols; j++) {
        const double value = fabs(element(m, start + offset(m, 0, j)));
        if (!isfinite(value))
            return (double)INFINITY;
        largest = value > largest ? value : largest;
    }
    return largest;
}

int64_t plast__matrix_integer(const plast_matrix *m, int64_t row)
{
    const int64_t i = offset(m, row, 0);
    switch (m->dtype) {
    case PLAST_U8:
        return ((const uint8_t *)m->data)[i];
    case PLAST_I32:
        return ((const int32_t *)m->data)[i];
    default:
        return ((const int64_t *)m->data)[i];
    }
}

void plast__matrix_put_integer(const plast_matrix *m, int64_t row, int64_t value)
{
    const int64_t i = offset(m, row, 0);
    switch (m->dtype) {
    case PLAST_U8:
        ((uint8_t *)m->data)[i] = (uint8_t)value;
        break;
    case PLAST_I32:
        ((int32_t *)m->data)[i] = (int32_t)value;
        break;
    default:
        ((int64_t *)m->data)[i] = value;
    }
}
