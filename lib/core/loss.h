/* SPDX-License-Identifier: MIT
 *
 * Losses at the output: value, signal s = dLoss/dz, and whether the answer is right. */
#ifndef PLAST_CORE_LOSS_H
#define PLAST_CORE_LOSS_H

#include "core/activity.h"

/* What one sample should have given. */
typedef struct plast__target {
    int64_t label;   /* class, when row is NULL */
    const void *row; /* one value per output, or NULL */
    double weight;   /* of this sample's loss; 0 = none */
} plast__target;

/* The loss that an output of this activation has when none was asked for, and whether the two fit. */
int32_t plast__loss_default(int32_t activation);
int plast__loss_fits(int32_t loss, int32_t activation);

/* Loss of sample `sample` of the output population (unweighted); *correct as plast_report says. */
double plast__loss_value(const plast__model *model, int32_t loss, const plast__activities *a, int64_t sample,
                         const plast__target *target, int *correct);

/* The target as a row of `units` numbers, times its weight: one-hot for labels, 0 without a loss. The target's own row
 * may lie there. */
void plast__target_row(const plast__model *model, int64_t units, const plast__target *target, void *row);

/* s of that sample, times the target's weight. */
void plast__loss_signal(const plast__model *model, int32_t loss, plast__activities *a, int64_t sample,
                        const plast__target *target);

#endif
