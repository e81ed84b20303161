/* SPDX-License-Identifier: MIT */
#include "layers/tangent.h"

#include "core/curvature.h"
#include "layers/layers.h"
#include "linalg/blas.h"

#include <string.h>

enum { FEW = 3 }; /* vectors that a pass over the weights takes faster than a matrix product that packs them */

static const plast__kernels *doubles(const plast_layer *layer)
{
    return plast__kernels_get(layer->model->context->level, PLAST_F64);
}

static const plast__group *group_of(const plast_layer *layer, int32_t index)
{
    return &layer->model->groups[layer->synapses[index].group];
}

static int64_t weights_before(const plast_layer *layer, int32_t group)
{
    int64_t n = 0;
    for (int32_t i = 0; i < group; i++)
        n += group_of(layer, i)->rows * group_of(layer, i)->cols;
    return n;
}

int64_t plast__tangent_weights(const plast_layer *layer)
{
    return weights_before(layer, layer->groups);
}

void plast__tangent_prepare(const plast_layer *layer, double *weights)
{
    for (int32_t k = 0; k < layer->groups; k++) {
        const plast__group *g = group_of(layer, k);
        for (int64_t i = 0; i < g->rows; i++)
            for (int64_t j = 0; j < g->cols; j++)
                *weights++ = plast__get(layer->model->dtype, g->weights, i * g->ld + j);
    }
}

int64_t plast__tangent_work(const plast_layer *layer, int64_t count)
{
    return 2 * (count + 2) * layer->model->populations[layer->drive].units;
}

/* out = frame W^T + added, in one pass over the weights. */
static void product_of_few(const plast__kernels *f64, const plast__group *g, int64_t count, const double *weights,
                           int64_t ld, const double *frame, const double *added, double *out)
{
    plast__several pass = { .w = weights, .ld = ld, .rows = g->rows, .cols = g->cols, .count = count };
    for (int64_t k = 0; k < count; k++) {
        pass.x[k] = frame + k * g->cols;
        pass.bias[k] = added == NULL ? NULL : added + k * g->rows;
        pass.z[k] = out + k * g->rows;
    }
    f64->several(&pass);
}

void plast__tangent_product(const plast_layer *layer, const plast__push *push, int32_t group, const double *frame,
                            const double *added, double *out)
{
    const plast__group *g = group_of(layer, group);
    const int64_t rows = plast__push_rows(push), ld = push->weights == NULL ? g->ld : g->cols;
    const size_t bytes = (size_t)(rows * g->rows) * sizeof *out;
    double *weights = push->weights == NULL ? g->weights : push->weights + weights_before(layer, group);
    if (frame != NULL && rows <= FEW) {
        product_of_few(doubles(layer), g, rows, weights, ld, frame, added, out);
        return;
    }
    if (added != NULL)
        memcpy(out, added, bytes);
    else if (frame == NULL)
        memset(out, 0, bytes);
    if (frame != NULL)
        plast__gemm(PLAST_F64, rows, g->rows, g->cols, 1.0, (plast__operand){ frame, g->cols, 0 },
                    (plast__operand){ weights, ld, 1 }, added == NULL ? 0.0 : 1.0, out, g->rows);
}

void plast__tangent_read(const plast_layer *layer, const plast__push *push, int32_t population, const void *array,
                         int32_t before, int64_t first, int64_t n, double *out)
{
    const plast__model *model = layer->model;
    const int64_t top = before ? push->row - push->a->sequences : push->row;
    for (int64_t r = 0; r < plast__push_sequences(push); r++) {
        const int64_t at = (top + r) * model->populations[population].ld + first;
        for (int64_t i = 0; i < n; i++)
            out[r * n + i] = plast__get(model->dtype, array, at + i);
    }
}

void plast__tangent_scale(const plast__push *push, int64_t n, const double *frame, int64_t ld, const double *vector,
                          int64_t step, double *out, int64_t out_ld)
{
    for (int64_t k = 0; k < plast__push_rows(push); k++) {
        const double *own = vector + k / push->count * step;
        for (int64_t i = 0; i < n; i++)
            out[k * out_ld + i] = frame[k * ld + i] * own[i];
    }
}

void plast__tangent_add(const plast__push *push, int64_t n, const double *frame, int64_t ld, const double *vector,
                        int64_t step, double *out, int64_t out_ld)
{
    for (int64_t k = 0; k < plast__push_rows(push); k++) {
        const double *own = vector + k / push->count * step;
        for (int64_t i = 0; i < n; i++)
            out[k * out_ld + i] += frame[k * ld + i] * own[i];
    }
}

int64_t plast__pull_work(const plast_layer *layer, int64_t count)
{
    return (count + 9) * layer->model->populations[layer->drive].units;
}

void plast__pull_product(const plast_layer *layer, const plast__push *push, int32_t group, const double *frame, int add,
                         double *out)
{
    const plast__group *g = group_of(layer, group);
    const double *weights = push->weights + weights_before(layer, group);
    const int64_t rows = push->count + 1;
    if (rows > FEW) {
        plast__gemm(PLAST_F64, rows, g->cols, g->rows, 1.0, (plast__operand){ frame, g->rows, 0 },
                    (plast__operand){ weights, g->cols, 0 }, add ? 1.0 : 0.0, out, g->cols);
        return;
    }
    if (!add)
        memset(out, 0, (size_t)(rows * g->cols) * sizeof *out);
    for (int64_t k = 0; k < rows; k++)
        doubles(layer)->project(weights, g->cols, g->rows, g->cols, frame + k * g->rows, out + k * g->cols);
}

void plast__pull_curvature(const plast_layer *layer, const plast__push *push, int32_t population, int32_t before,
                           int64_t n, double *work, double *out)
{
    const plast__population *p = &layer->model->populations[population];
    double *z = work + 2 * n;
    plast__tangent_read(layer, push, population, push->a->of[population].z, before, 0, n, z);
    plast__curvature(doubles(layer), p->activation, p->param, n, z, work, out);
}

void plast__pull_scale(int64_t rows, int64_t n, const double *frame, const double *vector, double *out)
{
    for (int64_t k = 0; k < rows; k++)
        for (int64_t i = 0; i < n; i++)
            out[k * n + i] = frame[k * n + i] * vector[i];
}

void plast__pull_add(int64_t rows, int64_t n, const double *frame, const double *vector, double *out)
{
    for (int64_t k = 0; k < rows; k++)
        for (int64_t i = 0; i < n; i++)
            out[k * n + i] += frame[k * n + i] * vector[i];
}

void plast__pull_slope(int64_t count, int64_t n, const double *vector, const double *a, const double *b, double *out)
{
    for (int64_t k = 0; k < count; k++)
        for (int64_t i = 0; i < n; i++)
            out[i] += vector[i] * a[k * n + i] * b[k * n + i];
}
