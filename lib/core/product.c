/* SPDX-License-Identifier: MIT */
#include "core/product.h"

#include "linalg/blas.h"

void plast__product(const plast__model *model, const plast__group *group, plast__pending *p, int64_t samples,
                    const void *x, void *out)
{
    if (samples > 1) {
        plast__gemm(model->dtype, samples, group->rows, group->cols, 1.0, (plast__operand){ x, group->ld, 0 },
                    (plast__operand){ group->weights, group->ld, 1 }, 0.0, out, plast__row_units(model, group)->ld);
        return;
    }
    plast__sweep pass = plast__pending_pass(model, group, p);
    pass.x = x;
    pass.z = out;
    plast__pending_sweep(model, group, p, &pass);
    if (p != NULL)
        p->waits = 0;
}

void plast__product_down(const plast__model *model, const plast__group *group, int64_t samples, const void *s,
                         void *out)
{
    if (samples == 1)
        model->kernels->project(group->weights, group->ld, group->rows, group->ld, s, out);
    else
        plast__gemm(model->dtype, samples, group->cols, group->rows, 1.0,
                    (plast__operand){ s, plast__row_units(model, group)->ld, 0 },
                    (plast__operand){ group->weights, group->ld, 0 }, 1.0, out, group->ld);
}
