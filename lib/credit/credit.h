/* SPDX-License-Identifier: MIT
 *
 * What the feedback schemes share. */
#ifndef PLAST_CREDIT_CREDIT_H
#define PLAST_CREDIT_CREDIT_H

#include "core/feedback.h"

/* Where a scheme's first parameter is "gain". */
enum { PLAST__GAIN };

#define PLAST__GAIN_PARAMETER                                                                                          \
    {                                                                                                                  \
        "gain", "1", "multiplies the initial feedback weights", 1.0, -(double)INFINITY, (double)INFINITY,              \
            PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM | PLAST_PARAMETER_SHAPES                       \
    }

/* Adds a group named `name` that stands for the transpose of the hop's forward group: stored in its shape, drawn from
 * its law times `gain`, independently (from Xavier's uniform law where its own is constant). */
plast_status plast__credit_add_backward(plast__model *model, plast__hop *hop, const char *name, double gain);

/* Builds a scheme that needs nothing but that, with the hop's parameter PLAST__GAIN. */
plast_status plast__credit_build_backward(plast__model *model, plast__hop *hop);

/* Adds a group of the hop with the given populations and law. */
plast_status plast__credit_add(plast__model *model, plast__hop *hop, const plast__group *group);

/* M^T s of the population above through the hop's first group. */
void plast__credit_descend(const plast__descent *descent, const plast__hop *hop);

/* The hop's first group. */
int32_t plast__credit_matrix(const plast__hop *hop);

/* Index of the hop in its scheme's random streams. */
uint64_t plast__credit_stream(const plast__hop *hop, int32_t place);

#endif
