/* SPDX-License-Identifier: MIT
 *
 * Initial weights. Entry (i, j) is number i * cols + j of the group's own stream, whatever the padding. */
#include "core/initialise.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/scalar.h"
#include "linalg/blas.h"

#include <math.h>

enum { ATTEMPT_BIT = 56 }; /* above every index of a pair of entries */

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

/* Numbers beyond two are passed over: what follows them is tried at the same index, with a count in its upper bits. */
static void truncated_pair(uint64_t seed, uint64_t object, uint64_t index, double out[2])
{
    int found = 0;
    for (uint64_t attempt = 0; found < 2; attempt++) {
        double pair[2];
        plast__normal_pair(seed, object, index | attempt << ATTEMPT_BIT, pair);
        for (int k = 0; k < 2 && found < 2; k++)
            if (fabs(pair[k]) <= 2.0)
                out[found++] = pair[k];
    }
}

/* One pass down a row takes each place with the probability that is left: all sets of that many places are equally
 * likely (selection sampling; Knuth, The Art of Computer Programming, 3.4.2 S). */
static void sparse(const plast__model *model, const plast__group *g, void *weights)
{
    const double inputs = g->initialiser.param == 0.0 ? 15.0 : g->initialiser.param;
    double chance[2] = { 0.0, 0.0 }, pair[2];
    int64_t n = 0;
    for (int64_t i = 0; i < g->rows; i++) {
        double wanted = inputs;
        for (int64_t j = 0; j < g->cols; j++, n++) {
            if (n % 2 == 0)
                plast__uniform_pair(model->seed, g->stream, (uint64_t)(n / 2), chance);
            if ((double)(g->cols - j) * chance[n % 2] >= wanted)
                continue;
            wanted -= 1.0;
            plast__normal_pair(model->seed, g->stream, (uint64_t)n | PLAST__WEIGHT_BIT, pair);
            plast__set(model->dtype, weights, i * g->ld + j, g->initialiser.gain * pair[0]);
        }
    }
}

static void diluted(const plast__model *model, const plast__group *g, void *weights)
{
    const double p = g->initialiser.param == 0.0 ? 0.1 : g->initialiser.param;
    const double scale = g->initialiser.gain / sqrt(p * (double)g->cols);
    double chance[2] = { 0.0, 0.0 }, pair[2];
    int64_t n = 0;
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t j = 0; j < g->cols; j++, n++) {
            if (n % 2 == 0)
                plast__uniform_pair(model->seed, g->stream, (uint64_t)(n / 2), chance);
            if (chance[n % 2] >= p)
                continue;
            plast__normal_pair(model->seed, g->stream, (uint64_t)n | PLAST__WEIGHT_BIT, pair);
            plast__set(model->dtype, weights, i * g->ld + j, scale * pair[0]);
        }
}

void plast__draw_normal(const plast__model *model, const plast__group *group, double *numbers)
{
    double pair[2] = { 0.0, 0.0 };
    for (int64_t i = 0; i < group->rows * group->cols; i++) {
        if (i % 2 == 0)
            plast__normal_pair(model->seed, group->stream, (uint64_t)(i / 2), pair);
        numbers[i] = pair[i % 2];
    }
}

/* The orthonormal factor of a Gaussian matrix, R's diagonal positive, is uniform over rotations. */
static plast_status orthogonal(const plast__model *model, const plast__group *g, void *weights)
{
    const int wide = g->cols > g->rows;
    const int64_t n = wide ? g->cols : g->rows, k = wide ? g->rows : g->cols;
    double *q = plast__allocate_rows(model->context, n, k, sizeof *q);
    if (q == NULL)
        return plast__no_memory(model->context, "an orthogonal matrix");
    plast__draw_normal(model, g, q);
    const plast_status status = plast__orthonormalise(model->context, n, k, q);
    if (status == PLAST_OK)
        for (int64_t i = 0; i < g->rows; i++)
            for (int64_t j = 0; j < g->cols; j++)
                plast__set(model->dtype, weights, i * g->ld + j,
                           g->initialiser.gain * (wide ? q[i * n + j] : q[j * n + i]));
    plast__release(model->context, q);
    return status;
}

/* Entries that are drawn one by one: `draw`, times the gain, times sqrt(square / (ins n_in + outs n_out)) unless
 * `square` is 0. */
static const struct {
    pair_function *draw;
    double square;
    int ins, outs;
} laws[] = {
    [PLAST_INIT_XAVIER_UNIFORM] = { symmetric_pair, 6.0, 1, 1 },
    [PLAST_INIT_XAVIER_NORMAL] = { plast__normal_pair, 2.0, 1, 1 },
    [PLAST_INIT_HE_UNIFORM] = { symmetric_pair, 6.0, 1, 0 },
    [PLAST_INIT_HE_NORMAL] = { plast__normal_pair, 2.0, 1, 0 },
    [PLAST_INIT_GAUSSIAN] = { plast__normal_pair, 0.0, 0, 0 },
    [PLAST_INIT_UNIFORM] = { symmetric_pair, 0.0, 0, 0 },
    [PLAST_INIT_CONSTANT] = { ones_pair, 0.0, 0, 0 },
    [PLAST_INIT_LECUN_UNIFORM] = { symmetric_pair, 3.0, 1, 0 },
    [PLAST_INIT_LECUN_NORMAL] = { plast__normal_pair, 1.0, 1, 0 },
    [PLAST_INIT_TRUNCATED_NORMAL] = { truncated_pair, 0.0, 0, 0 },
    [PLAST_INIT_FAN_IN_UNIFORM] = { symmetric_pair, 1.0, 1, 0 },
};

plast_status plast__group_draw(const plast__model *model, const plast__group *group, void *weights)
{
    const int32_t init = group->initialiser.init;
    const double gain = group->initialiser.gain;
    if (init == PLAST_INIT_ORTHOGONAL)
        return orthogonal(model, group, weights);
    if (init == PLAST_INIT_LOW_RANK)
        return plast__draw_low_rank(model, group, weights);
    if (init == PLAST_INIT_DALE_BALANCED)
        return plast__draw_dale_balanced(model, group, weights);
    if (init == PLAST_INIT_SPARSE) {
        sparse(model, group, weights);
    } else if (init == PLAST_INIT_DILUTED) {
        diluted(model, group, weights);
    } else if (init != PLAST_INIT_ZERO) { /* freshly allocated weights are 0 */
        const double fan = laws[init].ins * (double)group->cols + laws[init].outs * (double)group->rows;
        fill(model, group, laws[init].draw, laws[init].square > 0.0 ? gain * sqrt(laws[init].square / fan) : gain,
             weights);
    }
    return PLAST_OK;
}
