/* SPDX-License-Identifier: MIT
 *
 * Checks of a caller's views, and rows read from and written to them. */
#ifndef PLAST_BASE_MATRIX_H
#define PLAST_BASE_MATRIX_H

#include "base/context.h"

#include <plasticity/matrix.h>

enum {
    PLAST__REALS = 1,  /* f32, f64 */
    PLAST__LABELS = 2, /* u8, i32, i64 */
    PLAST__U8S = 4,    /* u8 */
    PLAST__INDICES = 8 /* i32, i64 */
};

/* What a call expects of an argument; rows or cols of -1 may be anything above 0. */
typedef struct plast__expected {
    const char *name;
    int64_t rows, cols;
    int32_t types;  /* PLAST__REALS ... */
    int32_t output; /* 1 when it is written to */
} plast__expected;

plast_status plast__matrix_check(plast_context *context, const plast_matrix *m, const plast__expected *expected);

/* Row `row` as numbers of `dtype` (f32, f64) at `out`; the source may be any type but f16, bf16. */
void plast__matrix_read_row(const plast_matrix *m, int64_t row, int32_t dtype, void *out);
/* Numbers of `dtype` at `in` to row `row`; the destination is f32 or f64. */
void plast__matrix_write_row(const plast_matrix *m, int64_t row, int32_t dtype, const void *in);
/* Asks for the row's memory ahead of its use. */
void plast__matrix_prefetch_row(const plast_matrix *m, int64_t row);
/* Largest |element| of a row; infinite when one is infinite or NaN. */
double plast__matrix_row_largest(const plast_matrix *m, int64_t row);
/* Element (row, 0) of labels or an order. */
int64_t plast__matrix_integer(const plast_matrix *m, int64_t row);
/* The same written, in a type that holds it. */
void plast__matrix_put_integer(const plast_matrix *m, int64_t row, int64_t value);
int plast__matrix_is_real(const plast_matrix *m);

#endif
