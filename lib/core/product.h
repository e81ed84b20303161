/* SPDX-License-Identifier: MIT
 *
 * Products with a group's stored matrix M, samples in rows: one sample by the kernels, several by BLAS. */
#ifndef PLAST_CORE_PRODUCT_H
#define PLAST_CORE_PRODUCT_H

#include "core/pending.h"

/* out = M x for each sample. What waits for the group is applied on the way (`p` NULL = nothing can). */
void plast__product(const plast__model *model, const plast__group *group, plast__pending *p, int64_t samples,
                    const void *x, void *out);

/* out += M^T s for each sample. */
void plast__product_down(const plast__model *model, const plast__group *group, int64_t samples, const void *s,
                         void *out);

#endif
