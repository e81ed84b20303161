/* SPDX-License-Identifier: MIT */
#include "core/loss.h"

#include "base/scalar.h"

#include <math.h>
#include <string.h>

int32_t plast__loss_default(int32_t activation)
{
    if (activation == PLAST_SOFTMAX)
        return PLAST_LOSS_CROSS_ENTROPY;
    return activation == PLAST_SIGMOID ? PLAST_LOSS_LOGISTIC : PLAST_LOSS_SQUARED;
}

int plast__loss_fits(int32_t loss, int32_t activation)
{
    if (loss == PLAST_LOSS_CROSS_ENTROPY)
        return activation == PLAST_SOFTMAX;
    return loss == PLAST_LOSS_LOGISTIC ? activation == PLAST_SIGMOID : loss == PLAST_LOSS_SQUARED;
}

/* The output population of one sample. */
typedef struct output {
    int32_t dtype;
    int64_t n;
    const void *z, *y;
} output;

static output output_of(const plast__model *model, const plast__activities *a, int64_t sample)
{
    const int32_t last = model->output;
    const plast__population *p = &model->populations[last];
    return (output){ .dtype = model->dtype,
                     .n = p->units,
                     .z = plast__at_const(model->dtype, a->of[last].z, sample * p->ld),
                     .y = plast__at_const(model->dtype, a->of[last].y, sample * p->ld) };
}

static double wanted(const output *o, const plast__target *target, int64_t i)
{
    if (target->row != NULL)
        return plast__get(o->dtype, target->row, i);
    return o->n == 1 ? (double)target->label : (double)(i == target->label);
}

static int64_t largest(int32_t dtype, const void *values, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (plast__get(dtype, values, i) > plast__get(dtype, values, best))
            best = i;
    return best;
}

static int is_correct(const output *o, int64_t answer, const plast__target *target)
{
    if (o->n == 1)
        return (plast__get(o->dtype, o->y, 0) > 0.5) == (wanted(o, target, 0) > 0.5);
    return answer == (target->row != NULL ? largest(o->dtype, target->row, o->n) : target->label);
}

/* - sum t log softmax(z), with log sum exp z taken from the largest output, whose logarithm is accurate. */
static double cross_entropy(const output *o, int64_t answer, const plast__target *target)
{
    const double lse = plast__get(o->dtype, o->z, answer) - log(plast__get(o->dtype, o->y, answer));
    if (target->row == NULL)
        return lse - plast__get(o->dtype, o->z, o->n == 1 ? 0 : target->label);
    double sum = 0.0;
    for (int64_t i = 0; i < o->n; i++)
        sum += wanted(o, target, i) * (lse - plast__get(o->dtype, o->z, i));
    return sum;
}

/* - t log y - (1 - t) log(1 - y), from z so that a saturated unit does not lose it. */
static double logistic(const output *o, const plast__target *target)
{
    double sum = 0.0;
    for (int64_t i = 0; i < o->n; i++) {
        const double z = plast__get(o->dtype, o->z, i);
        sum += fmax(z, 0.0) - z * wanted(o, target, i) + log1p(exp(-fabs(z)));
    }
    return sum;
}

static double squared(const output *o, const plast__target *target)
{
    double sum = 0.0;
    for (int64_t i = 0; i < o->n; i++) {
        const double error = plast__get(o->dtype, o->y, i) - wanted(o, target, i);
        sum += 0.5 * error * error;
    }
    return sum;
}

double plast__loss_value(const plast__model *model, int32_t loss, const plast__activities *a, int64_t sample,
                         const plast__target *target, int *correct)
{
    const output o = output_of(model, a, sample);
    const int64_t answer = largest(o.dtype, o.y, o.n);
    *correct = is_correct(&o, answer, target);
    if (loss == PLAST_LOSS_CROSS_ENTROPY)
        return cross_entropy(&o, answer, target);
    return loss == PLAST_LOSS_LOGISTIC ? logistic(&o, target) : squared(&o, target);
}

/* s <- J^T s of softmax: y o (s - y . s). */
static void through_softmax(const plast__model *model, const output *o, void *s)
{
    const double mean = model->kernels->dot(o->n, o->y, s);
    for (int64_t i = 0; i < o->n; i++)
        plast__set(o->dtype, s, i, plast__get(o->dtype, o->y, i) * (plast__get(o->dtype, s, i) - mean));
}

void plast__target_row(const plast__model *model, int64_t units, const plast__target *target, void *row)
{
    if (target->row != NULL && target->weight > 0.0) {
        model->kernels->scale(units, target->weight, target->row, row);
        return;
    }
    memset(row, 0, (size_t)(units * plast__size(model->dtype)));
    if (target->weight > 0.0)
        plast__set(model->dtype, row, units == 1 ? 0 : target->label,
                   target->weight * (units == 1 ? (double)target->label : 1.0));
}

void plast__loss_signal(const plast__model *model, int32_t loss, plast__activities *a, int64_t sample,
                        const plast__target *target)
{
    const output o = output_of(model, a, sample);
    const int32_t last = model->output;
    const plast__population *p = &model->populations[last];
    void *s = plast__at(model->dtype, a->of[last].s, sample * p->ld);
    if (target->row != NULL) {
        model->kernels->subtract(o.n, o.y, target->row, s);
    } else {
        const int64_t at = o.n == 1 ? 0 : target->label;
        memcpy(s, o.y, (size_t)(o.n * plast__size(model->dtype)));
        plast__set(model->dtype, s, at, plast__get(model->dtype, s, at) - wanted(&o, target, at));
    }
    if (loss == PLAST_LOSS_SQUARED && p->activation == PLAST_SOFTMAX)
        through_softmax(model, &o, s);
    else if (loss == PLAST_LOSS_SQUARED)
        model->kernels->multiply(o.n, s, plast__at_const(model->dtype, a->of[last].slope, sample * p->ld), s);
    if (target->weight != 1.0)
        model->kernels->scale(o.n, target->weight, s, s);
}
