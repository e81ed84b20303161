/* SPDX-License-Identifier: MIT
 *
 * Initial weights. Entry (i, j) is number i * cols + j of the group's own stream, whatever the padding. */
#include "base/memory.h"
#include "base/random.h"
#include "base/scalar.h"
#include "core/model.h"
#include "linalg/blas.h"

#include <math.h>

typedef void pair_function(uint64_t seed, uint64_t object, uint64_t index, double out[2]);

static void fill(const plast__model *model, const plast__group *g, pair_function *draw, double scale, void *weights)
{
    double pair[2] = { 0.0, 0.0 };
    int64_t n = 0;
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t j = 0; j < g->cols; j++, n++) {
            if (n % 2 == 0)
                draw(model->seed, g->stream, (uint64_t)(n / 2), pair);
            plast__set(model->dtype, weights, i * g->ld + j, scale * pair[n % 2]);
        }
}

/* Uniform on (-1, 1). */
static void symmetric_pair(uint64_t seed, uint64_t object, uint64_t index, double out[2])
{
    plast__uniform_pair(seed, object, index, out);
    out[0] = 2.0 * out[0] - 1.0;
    out[1] = 2.0 * out[1] - 1.0;
}

static void ones_pair(uint64_t seed, uint64_t object, uint64_t index, double out[2])
{
    (void)seed;
    (void)object;
    (void)index;
    out[0] = out[1] = 1.0;
}

/* The orthonormal factor of a Gaussian matrix, R's diagonal positive, is uniform over rotations. */
static plast_status orthogonal(const plast__model *model, const plast__group *g, void *weights)
{
    const int wide = g->cols > g->rows;
    const int64_t n = wide ? g->cols : g->rows, k = wide ? g->rows : g->cols;
    double *q = plast__allocate_rows(model->context, n, k, sizeof *q);
    if (q == NULL)
        return plast__no_memory(model->context, "an orthogonal matrix");
    double pair[2] = { 0.0, 0.0 };
    for (int64_t i = 0; i < n * k; i++) {
        if (i % 2 == 0)
            plast__normal_pair(model->seed, g->stream, (uint64_t)(i / 2), pair);
        q[i] = pair[i % 2];
    }
    const plast_status status = plast__orthonormalise(model->context, n, k, q);
    if (status == PLAST_OK)
        for (int64_t i = 0; i < g->rows; i++)
            for (int64_t j = 0; j < g->cols; j++)
                plast__set(model->dtype, weights, i * g->ld + j,
                           g->initialiser.gain * (wide ? q[i * n + j] : q[j * n + i]));
    plast__release(model->context, q);
    return status;
}

plast_status plast__group_draw(const plast__model *model, const plast__group *group, void *weights)
{
    const double gain = group->initialiser.gain, fan_in = (double)group->cols, fan_out = (double)group->rows;
    switch (group->initialiser.init) {
    case PLAST_INIT_XAVIER_UNIFORM:
        fill(model, group, symmetric_pair, gain * sqrt(6.0 / (fan_in + fan_out)), weights);
        break;
    case PLAST_INIT_XAVIER_NORMAL:
        fill(model, group, plast__normal_pair, gain * sqrt(2.0 / (fan_in + fan_out)), weights);
        break;
    case PLAST_INIT_HE_UNIFORM:
        fill(model, group, symmetric_pair, gain * sqrt(6.0 / fan_in), weights);
        break;
    case PLAST_INIT_HE_NORMAL:
        fill(model, group, plast__normal_pair, gain * sqrt(2.0 / fan_in), weights);
        break;
    case PLAST_INIT_ORTHOGONAL:
        return orthogonal(model, group, weights);
    case PLAST_INIT_GAUSSIAN:
        fill(model, group, plast__normal_pair, gain, weights);
        break;
    case PLAST_INIT_UNIFORM:
        fill(model, group, symmetric_pair, gain, weights);
        break;
    case PLAST_INIT_CONSTANT:
        fill(model, group, ones_pair, gain, weights);
        break;
    default: /* PLAST_INIT_ZERO: freshly allocated weights are 0 */
        break;
    }
    return PLAST_OK;
}
