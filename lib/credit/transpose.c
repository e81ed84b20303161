/* SPDX-License-Identifier: MIT */
#include "base/scalar.h"
#include "credit/feedback.h"
#include "linalg/blas.h"

static void descend(const plast__model *model, const plast__group *group, plast__activities *a)
{
    const void *above = a->of[group->post].s;
    void *below = a->of[group->pre].s;
    if (a->rows == 1)
        model->kernels->project(group->weights, group->ld, group->rows, group->ld, above, below);
    else
        plast__gemm(model->dtype, a->rows, group->cols, group->rows, 1.0,
                    (plast__operand){ above, model->populations[group->post].ld, 0 },
                    (plast__operand){ group->weights, group->ld, 0 }, 1.0, below, group->ld);
}

const plast__feedback_kind plast__feedback_transpose = { .descend = descend };
