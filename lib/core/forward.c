/* SPDX-License-Identifier: MIT */
#include "core/forward.h"

#include "base/scalar.h"
#include "linalg/blas.h"

#include <string.h>

enum {
    CACHED = 28 * 1024, /* bytes of weights that are read again soon after, from the first-level cache */
    ROWS = 8            /* rows of a block are a multiple of this, or all */
};

/* y and slope of `count` units from `first` on, of sample `sample`. */
static void activate(const plast__model *model, const plast__population *p, plast__activity *activity, int64_t sample,
                     int64_t first, int64_t count)
{
    const int32_t dtype = model->dtype;
    const int64_t at = sample * p->ld + first;
    const void *z = plast__at_const(dtype, activity->z, at);
    void *y = plast__at(dtype, activity->y, at);
    if (p->activation == PLAST_SOFTMAX)
        (void)model->kernels->softmax(count, z, y);
    else
        model->kernels->activate(p->activation, p->param, count, z, y, plast__at(dtype, activity->slope, at));
}

/* Rows per block: without a projection, or when y needs all of z, there is nothing to come back for. */
static int64_t block_rows(const plast__model *model, const plast__group *group, int project)
{
    const int64_t row_bytes = group->ld * plast__size(model->dtype);
    const int64_t fitting = CACHED / row_bytes / ROWS * ROWS;
    if (!project || model->populations[group->post].activation == PLAST_SOFTMAX)
        return group->rows;
    return fitting > ROWS ? fitting : ROWS;
}

void plast__forward_online(const plast__model *model, const plast__group *group, plast__activities *a,
                           plast__pending *p)
{
    const plast__population *post = &model->populations[group->post];
    plast__activity *activity = &a->of[group->post];
    const int project = p != NULL && p->projection != NULL;
    const int64_t block = block_rows(model, group, project);
    if (project)
        memset(p->projection, 0, (size_t)(group->ld * plast__size(model->dtype)));
    for (int64_t first = 0; first < group->rows; first += block) {
        const int64_t rows = group->rows - first < block ? group->rows - first : block;
        plast__pending_sweep(model, group, p, first, rows, a->of[group->pre].y, post->bias, activity->z);
        activate(model, post, activity, 0, first, rows);
        if (project)
            model->kernels->project(plast__at_const(model->dtype, group->weights, first * group->ld), group->ld, rows,
                                    group->cols, plast__at_const(model->dtype, activity->y, first), p->projection);
    }
    if (p != NULL)
        p->waits = 0;
}

void plast__forward_batch(const plast__model *model, const plast__group *group, plast__activities *a,
                          plast__pending *p)
{
    const plast__population *post = &model->populations[group->post];
    plast__activity *activity = &a->of[group->post];
    const int64_t size = plast__size(model->dtype);
    for (int64_t b = 0; post->has_bias && b < a->rows; b++)
        memcpy(plast__at(model->dtype, activity->z, b * post->ld), post->bias, (size_t)(post->units * size));
    plast__gemm(model->dtype, a->rows, group->rows, group->cols, 1.0,
                (plast__operand){ a->of[group->pre].y, group->ld, 0 },
                (plast__operand){ group->weights, group->ld, 1 }, post->has_bias ? 1.0 : 0.0, activity->z, post->ld);
    for (int64_t b = 0; b < a->rows; b++)
        activate(model, post, activity, b, 0, post->units);
    if (p != NULL && p->projection != NULL)
        plast__gemm(model->dtype, a->rows, group->cols, group->rows, 1.0,
                    (plast__operand){ activity->y, post->ld, 0 }, (plast__operand){ group->weights, group->ld, 0 }, 0.0,
                    p->projection, group->ld);
}
