/* SPDX-License-Identifier: MIT */
#include "core/recurrence.h"

#include "base/random.h"
#include "core/types.h"
#include "linalg/blas.h"

#include <string.h>

/* An odd number of no pattern (2^64 over the golden ratio): the network's and the state's seed do not change places. */
static const uint64_t MIXING = 0x9e3779b97f4a7c15u;

void plast__state_before(const plast__model *model, const plast__activities *a, int32_t population, const void *carried,
                         const void *initial, void *lead)
{
    const size_t bytes = (size_t)(model->populations[population].ld * plast__size(model->dtype));
    if (a->live > 0)
        memcpy(lead, carried, (size_t)a->sequences * bytes);
    for (int64_t b = 0; a->live == 0 && b < a->sequences; b++)
        memcpy((unsigned char *)lead + (size_t)b * bytes, initial, bytes);
}

void plast__activate_step(const plast__model *model, const plast__activities *a, int32_t population, int64_t t)
{
    const plast__population *p = &model->populations[population];
    const plast__activity *activity = &a->of[population];
    const int whole = p->units == p->ld; /* no padding, which stays 0 */
    const int64_t rows = whole ? 1 : a->sequences, n = whole ? a->sequences * p->ld : p->units;
    for (int64_t b = 0; b < rows; b++) {
        const int64_t at = (t * a->sequences + b) * p->ld;
        model->kernels->activate(p->activation, p->param, n, plast__at(model->dtype, activity->z, at),
                                 plast__at(model->dtype, activity->y, at),
                                 plast__at(model->dtype, activity->slope, at));
    }
}

void plast__fill(const plast__model *model, int64_t n, double value, void *out)
{
    const int64_t size = plast__size(model->dtype);
    plast__set(model->dtype, out, 0, value);
    for (int64_t done = 1; done < n; done *= 2)
        memcpy(plast__at(model->dtype, out, done), out, (size_t)((n - done < done ? n - done : done) * size));
}

/* One sample's pass over the group: z = bias + W x. */
static void sweep_one(const plast__model *model, const plast__group *group, plast__pending *p, const void *x,
                      const void *bias, void *z)
{
    plast__sweep pass = plast__pending_pass(model, group, p);
    pass.x = x;
    pass.bias = bias;
    pass.z = z;
    plast__pending_sweep(model, group, p, &pass);
    if (p != NULL)
        p->waits = 0;
}

void plast__drive_all(const plast__model *model, const plast__group *group, plast__activities *a, plast__pending *p)
{
    const plast__population *post = &model->populations[group->post];
    void *z = a->of[group->post].z;
    const void *x = a->of[group->pre].y;
    if (a->rows == 1) {
        sweep_one(model, group, p, x, post->bias, z);
        return;
    }
    for (int64_t r = 0; post->has_bias && r < a->rows; r++)
        memcpy(plast__at(model->dtype, z, r * post->ld), post->bias, (size_t)(post->units * plast__size(model->dtype)));
    plast__gemm(model->dtype, a->rows, group->rows, group->cols, 1.0, (plast__operand){ x, group->ld, 0 },
                (plast__operand){ group->weights, group->ld, 1 }, post->has_bias ? 1.0 : 0.0, z, post->ld);
}

enum { TURNED = 16 }; /* rows that are turned together: their columns come into the cache once */

#define TURN(name, type)                                                                                               \
    static void name(const plast__group *group, int64_t post_ld, type *out)                                            \
    {                                                                                                                  \
        const type *w = group->weights;                                                                                \
        int64_t first = 0;                                                                                             \
        for (; first + TURNED <= group->rows; first += TURNED)                                                         \
            for (int64_t j = 0; j < group->cols; j++)                                                                  \
                for (int64_t i = first; i < first + TURNED; i++)                                                       \
                    out[j * post_ld + i] = w[i * group->ld + j];                                                       \
        for (int64_t j = 0; j < group->cols; j++)                                                                      \
            for (int64_t i = first; i < post_ld; i++)                                                                  \
                out[j * post_ld + i] = i < group->rows ? w[i * group->ld + j] : 0;                                     \
    }

TURN(turn_floats, float)
TURN(turn_doubles, double)

static void turn(const plast__model *model, const plast__group *group, void *out)
{
    const int64_t post_ld = model->populations[group->post].ld;
    if (model->dtype == PLAST_F64)
        turn_doubles(group, post_ld, out);
    else
        turn_floats(group, post_ld, out);
}

/* By the transposed weights, whose rows need no sums across a vector. */
static void drive_turned(const plast__model *model, const plast__group *group, const plast__activities *a,
                         const void *before, void *z)
{
    const int64_t ld = model->populations[group->post].ld;
    if (a->sequences == 1) {
        model->kernels->project(a->turned, ld, group->cols, ld, before, z);
        return;
    }
    const plast__few_rows product = { .rows = a->sequences,
                                      .cols = ld,
                                      .inner = group->cols,
                                      .a = before,
                                      .lda = group->ld,
                                      .b = a->turned,
                                      .ldb = ld,
                                      .c = z,
                                      .ldc = ld,
                                      .add = 1 };
    model->kernels->product(&product);
}

static void drive_along(const plast__model *model, const plast__group *group, const plast__along *along,
                        const void *before, void *z)
{
    plast__several pass = { .w = group->weights,
                            .ld = group->ld,
                            .rows = group->rows,
                            .cols = group->cols,
                            .count = 1 + along->count,
                            .x = { before },
                            .bias = { z },
                            .z = { z } };
    for (int64_t k = 0; k < along->count; k++) {
        pass.x[k + 1] = along->seen + k * group->cols;
        pass.z[k + 1] = along->product + k * group->rows;
    }
    model->kernels->several(&pass);
}

void plast__drive_step(const plast__model *model, const plast__group *group, plast__activities *a, int64_t t,
                       plast__pending *p)
{
    const void *before = plast__step_of(model, a, group->pre, a->of[group->pre].y, t - 1);
    void *z = plast__step_of(model, a, group->post, a->of[group->post].z, t);
    const int turned = plast__turns(group) && a->rows > 1;
    if (turned && t == 0)
        turn(model, group, a->turned);
    if (a->along != NULL)
        drive_along(model, group, a->along, before, z);
    else if (turned)
        drive_turned(model, group, a, before, z);
    else if (a->sequences == 1)
        sweep_one(model, group, a->rows == 1 ? p : NULL, before, z, z);
    else
        plast__gemm(model->dtype, a->sequences, group->rows, group->cols, 1.0, (plast__operand){ before, group->ld, 0 },
                    (plast__operand){ group->weights, group->ld, 1 }, 1.0, z, model->populations[group->post].ld);
}

void plast__project_all(const plast__model *model, const plast__group *group, const plast__activities *a,
                        plast__pending *p)
{
    const void *y = a->of[group->post].y;
    if (p == NULL || p->projection == NULL)
        return;
    if (a->rows > 1) {
        plast__gemm(model->dtype, a->rows, group->cols, group->rows, 1.0,
                    (plast__operand){ y, model->populations[group->post].ld, 0 },
                    (plast__operand){ group->weights, group->ld, 0 }, 0.0, p->projection, group->ld);
        return;
    }
    memset(p->projection, 0, (size_t)(group->ld * plast__size(model->dtype)));
    model->kernels->project(group->weights, group->ld, group->rows, group->ld, y, p->projection);
}

void plast__add_noise(const plast__model *model, const plast__activities *a, int32_t population, int64_t t, double sd,
                      uint64_t stream, void *state)
{
    const plast__population *p = &model->populations[population];
    const int64_t pairs = (p->units + 1) / 2;
    const uint64_t seed = model->seed ^ a->seed * MIXING;
    for (int64_t b = 0; b < a->sequences; b++)
        for (int64_t i = 0; i < p->units; i++) {
            const int64_t at = b * p->ld + i;
            double pair[2] = { 0.0, 0.0 };
            plast__normal_pair(seed, stream + ((uint64_t)b << 40),
                               (a->draws + (uint64_t)t) * (uint64_t)pairs + (uint64_t)(i / 2), pair);
            plast__set(model->dtype, state, at, plast__get(model->dtype, state, at) + sd * pair[i % 2]);
        }
}

/* out_j = w_jj e_j, summed over the blocks of gates that end in each unit. */
static void by_diagonal(const plast__model *model, const plast__group *group, const plast__activities *a, const void *e,
                        void *out)
{
    const int64_t post_ld = model->populations[group->post].ld;
    for (int64_t b = 0; b < a->sequences; b++)
        for (int64_t j = 0; j < group->ld; j++) { /* the padding, too: who goes on with whole rows finds 0 there */
            double sum = 0.0;
            for (int64_t i = j; j < group->cols && i < group->rows; i += group->cols)
                sum += plast__get(model->dtype, group->weights, i * group->ld + j) *
                       plast__get(model->dtype, e, b * post_ld + i);
            plast__set(model->dtype, out, b * group->ld + j, sum);
        }
}

void plast__through_weights(const plast__model *model, const plast__group *group, const plast__activities *a,
                            const void *e, int add, void *out)
{
    const int64_t post_ld = model->populations[group->post].ld;
    if (a->sequences == 1) {
        if (!add)
            memset(out, 0, (size_t)(group->ld * plast__size(model->dtype)));
        model->kernels->project(group->weights, group->ld, group->rows, group->ld, e, out);
    } else if (plast__turns(group)) {
        const plast__few_rows product = { .rows = a->sequences,
                                          .cols = group->ld,
                                          .inner = group->rows,
                                          .a = e,
                                          .lda = post_ld,
                                          .b = group->weights,
                                          .ldb = group->ld,
                                          .c = out,
                                          .ldc = group->ld,
                                          .add = add };
        model->kernels->product(&product);
    } else {
        plast__gemm(model->dtype, a->sequences, group->cols, group->rows, 1.0, (plast__operand){ e, post_ld, 0 },
                    (plast__operand){ group->weights, group->ld, 0 }, add ? 1.0 : 0.0, out, group->ld);
    }
}

int plast__way_back(const plast__model *model, const plast__group *group, const plast__activities *a,
                    const plast__time *time, const void *e, void *out)
{
    if (time->path == PLAST__PATH_NONE)
        return 0;
    if (time->path == PLAST__PATH_SELF) {
        by_diagonal(model, group, a, e, out);
        return 1;
    }
    const plast__types *types = model->populations[group->post].types;
    if (plast__time_averages(time) && !types->own) {
        plast__types_back(model, types, a->sequences, group->ld, e, out);
        return 1;
    }
    plast__through_weights(model, group, a, e, 0, out);
    return 1;
}
