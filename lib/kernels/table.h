/* SPDX-License-Identifier: MIT
 *
 * The table of one CPU level (PLAST__LEVEL: its name, PLAST__BYTES: its vectors) and number type (PLAST__F64). */
#ifndef PLAST_KERNELS_TABLE_H
#define PLAST_KERNELS_TABLE_H

#include "activate.h"
#include "levels.h"
#include "product.h"
#include "project.h"
#include "several.h"
#include "steps.h"
#include "sums.h"
#include "sweep.h"
#include "trace.h"
#include "vectors.h"

#define TABLE_NAME(type, level) TABLE_NAME_(type, level)
#define TABLE_NAME_(type, level) plast__kernels_##type##_##level

#if PLAST__F64
#define TABLE TABLE_NAME(f64, PLAST__LEVEL)
#else
#define TABLE TABLE_NAME(f32, PLAST__LEVEL)
#endif

const plast__kernels TABLE = {
    .sweep = sweep,
    .project = project,
    .activate = activate,
    .softmax = softmax,
    .max_abs = max_abs,
    .dot = dot,
    .row_sums = row_sums,
    .column_sums = column_sums,
    .multiply = multiply,
    .subtract = subtract,
    .scale = scale,
    .add_scaled = add_scaled,
    .relative = relative,
    .sign = sign,
    .clamp = clamp,
    .limit = limit,
    .adam = adam,
    .momentum = momentum,
    .rmsprop = rmsprop,
    .fold = fold,
    .trace = trace,
    .product = product,
    .several = several,
};

#endif
