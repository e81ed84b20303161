/* SPDX-License-Identifier: MIT
 *
 * How the error comes down at one instant: from the signal of the population above to the one that arrives below. */
#ifndef PLAST_CREDIT_FEEDBACK_H
#define PLAST_CREDIT_FEEDBACK_H

#include "core/activity.h"

typedef struct plast__feedback_kind {
    /* Adds what the group's post population sends down to the signal of its pre population, for a->rows samples. */
    void (*descend)(const plast__model *model, const plast__group *group, plast__activities *a);
} plast__feedback_kind;

/* Backpropagation: W^T s. */
extern const plast__feedback_kind plast__feedback_transpose;

#endif
