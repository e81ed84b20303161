/* SPDX-License-Identifier: MIT
 *
 * Initial weights that need more than one entry at a time. */
#ifndef PLAST_CORE_INITIALISE_H
#define PLAST_CORE_INITIALISE_H

#include "core/model.h"

/* Where a synapse may be missing, its weight has an index apart from that which decides whether it exists. */
#define PLAST__WEIGHT_BIT ((uint64_t)1 << 63)

/* N(0, 1) for each entry, rows x cols without padding. */
void plast__draw_normal(const plast__model *model, const plast__group *group, double *numbers);

plast_status plast__draw_low_rank(const plast__model *model, const plast__group *group, void *weights);
plast_status plast__draw_dale_balanced(const plast__model *model, const plast__group *group, void *weights);

#endif
