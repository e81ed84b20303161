/* SPDX-License-Identifier: MIT */
#include "core/forward.h"

#include "base/scalar.h"
#include "linalg/blas.h"

#include <string.h>

enum {
    CACHED = 14 * 1024, /* bytes of a block: two of them and the vectors stay in the first-level cache */
    MOST_ROWS = 32      /* of a block */
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
        model->kernels->softmax(count, z, y);
    else
        model->kernels->activate(p->activation, p->param, count, z, y, plast__at(dtype, activity->slope, at));
}

/* Rows per block, a multiple of 4. */
static int64_t block_rows(const plast__model *model, const plast__group *group)
{
    const int64_t fitting = CACHED / (group->ld * plast__size(model->dtype)) / 4 * 4;
    return fitting < 4 ? 4 : fitting > MOST_ROWS ? MOST_ROWS : fitting;
}

static void project_rest(const plast__model *model, const plast__group *group, const plast__activity *post,
                         int64_t first, void *projection)
{
    model->kernels->project(plast__at_const(model->dtype, group->weights, first * group->ld), group->ld,
                            group->rows - first, group->ld, plast__at_const(model->dtype, post->y, first), projection);
}

/* Down the rows, block by block: sweep, and beside it the projection of the block before; then the activation. */
static void forward_projecting(const plast__model *model, const plast__group *group, plast__activity *post,
                               plast__pending *p, plast__sweep *pass)
{
    const int64_t block = block_rows(model, group);
    int64_t projected = 0;
    pass->lag = block;
    pass->y = post->y;
    for (pass->first = 0; pass->first < group->rows; pass->first += block) {
        const int64_t left = group->rows - pass->first;
        pass->rows = left < block ? left : block;
        pass->projection = pass->first == 0 ? NULL : p->projection;
        projected += pass->first == 0 ? 0 : pass->rows;
        plast__pending_sweep(model, group, p, pass);
        activate(model, &model->populations[group->post], post, 0, pass->first, pass->rows);
    }
    project_rest(model, group, post, projected, p->projection);
}

void plast__forward_online(const plast__model *model, const plast__group *group, plast__activities *a,
                           plast__pending *p)
{
    const plast__population *population = &model->populations[group->post];
    plast__activity *post = &a->of[group->post];
    const int project = p != NULL && p->projection != NULL;
    plast__sweep pass = plast__pending_pass(model, group, p);
    pass.x = a->of[group->pre].y;
    pass.bias = population->bias;
    pass.z = post->z;
    if (project)
        memset(p->projection, 0, (size_t)(group->ld * plast__size(model->dtype)));
    if (project && population->activation != PLAST_SOFTMAX) {
        forward_projecting(model, group, post, p, &pass);
    } else {
        plast__pending_sweep(model, group, p, &pass);
        activate(model, population, post, 0, 0, group->rows);
        if (project)
            project_rest(model, group, post, 0, p->projection);
    }
    if (p != NULL)
        p->waits = 0;
}

void plast__forward_batch(const plast__model *model, const plast__group *group, plast__activities *a, plast__pending *p)
{
    const plast__population *post = &model->populations[group->post];
    plast__activity *activity = &a->of[group->post];
    const int64_t size = plast__size(model->dtype);
    for (int64_t b = 0; post->has_bias && b < a->rows; b++)
        memcpy(plast__at(model->dtype, activity->z, b * post->ld), post->bias, (size_t)(post->units * size));
    plast__gemm(model->dtype, a->rows, group->rows, group->cols, 1.0,
                (plast__operand){ a->of[group->pre].y, group->ld, 0 }, (plast__operand){ group->weights, group->ld, 1 },
                post->has_bias ? 1.0 : 0.0, activity->z, post->ld);
    for (int64_t b = 0; b < a->rows; b++)
        activate(model, post, activity, b, 0, post->units);
    if (p != NULL && p->projection != NULL)
        plast__gemm(model->dtype, a->rows, group->cols, group->rows, 1.0, (plast__operand){ activity->y, post->ld, 0 },
                    (plast__operand){ group->weights, group->ld, 0 }, 0.0, p->projection, group->ld);
}
