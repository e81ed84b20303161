/* SPDX-License-Identifier: MIT */
#include "core/emit.h"

#include "base/scalar.h"

#include <math.h>
#include <string.h>

enum { FEW = 64 }; /* samples; of more, pairs are the longer way as soon as they outnumber the weights */

/* |sum_b s_b|^2 = sum over pairs of samples of s_b . s_c, and |sum_b s_b x_b^T|^2 = sum of (s_b . s_c) (x_b . x_c): the
 * gradient itself is not formed. Where samples cancel, what is left of the sum has an error of some roundings of the
 * whole. x NULL: the gradient of a bias. */
static double squared_norm(const plast__model *model, int64_t samples, const plast__population *post, const void *s,
                           const plast__population *pre, const void *x)
{
    const plast__kernels *k = model->kernels;
    double sum = 0.0;
    for (int64_t b = 0; b < samples; b++)
        for (int64_t c = b; c < samples; c++) {
            double product = k->dot(post->units, plast__at_const(model->dtype, s, b * post->ld),
                                    plast__at_const(model->dtype, s, c * post->ld));
            if (x != NULL)
                product *= k->dot(pre->units, plast__at_const(model->dtype, x, b * pre->ld),
                                  plast__at_const(model->dtype, x, c * pre->ld));
            sum += b == c ? product : 2.0 * product;
        }
    return sum;
}

/* One row of the gradient. */
static void form_row(const plast__model *model, const plast__group *group, const plast__drive *drive, int64_t samples,
                     int64_t i, void *row)
{
    const plast__kernels *k = model->kernels;
    const int64_t post_ld = model->populations[group->post].ld;
    if (drive->matrix != NULL) {
        k->scale(group->cols, 1.0, plast__at_const(model->dtype, drive->matrix, i * group->ld), row);
        return;
    }
    memset(row, 0, (size_t)(group->ld * plast__size(model->dtype)));
    for (int64_t b = 0; b < samples; b++)
        k->add_scaled(group->cols, plast__get(model->dtype, drive->u, b * post_ld + i),
                      plast__at_const(model->dtype, drive->v, b * group->ld), row);
}

/* The same by forming the gradient, one row after the other, in `row`; weights that are not there have none. */
static double formed_squared_norm(const plast__model *model, const plast__group *group, const plast__drive *drive,
                                  int64_t samples, void *row)
{
    const plast__kernels *k = model->kernels;
    double sum = 0.0;
    for (int64_t i = 0; i < group->rows; i++) {
        form_row(model, group, drive, samples, i, row);
        if (group->mask != NULL)
            k->multiply(group->cols, row, plast__at_const(model->dtype, group->mask, i * group->ld), row);
        sum += k->dot(group->cols, row, row);
    }
    return sum;
}

/* The same for the bias of a population: the gradient is short. */
static double summed_squared_norm(const plast__model *model, int64_t samples, const plast__population *p, const void *s,
                                  void *row)
{
    memset(row, 0, (size_t)(p->ld * plast__size(model->dtype)));
    for (int64_t b = 0; b < samples; b++)
        model->kernels->add_scaled(p->units, 1.0, plast__at_const(model->dtype, s, b * p->ld), row);
    return model->kernels->dot(p->units, row, row);
}

double plast__gradient_norm(const plast__model *model, int32_t populations, int32_t groups, const plast__activities *a,
                            void *work)
{
    double sum = 0.0;
    for (int32_t i = 0; i < groups; i++) {
        const plast__group *g = &model->groups[i];
        const plast__drive drive = plast__gradient_of(model, g, a);
        const int many = a->rows > FEW && a->rows * (g->rows + g->cols) > 2 * g->rows * g->cols;
        if (!g->frozen && (g->mask != NULL || many || drive.matrix != NULL))
            sum += formed_squared_norm(model, g, &drive, a->rows, work);
        else if (!g->frozen)
            sum += squared_norm(model, a->rows, &model->populations[g->post], drive.u, &model->populations[g->pre],
                                drive.v);
    }
    for (int32_t i = 0; i < populations; i++) {
        const plast__population *p = &model->populations[i];
        const int64_t samples = plast__error_rows(model, a, i);
        const void *signal = a->of[i].error;
        if (p->has_bias && !p->frozen)
            sum += samples > FEW ? summed_squared_norm(model, samples, p, signal, work)
                                 : squared_norm(model, samples, p, signal, NULL, NULL);
    }
    return sum < 0.0 ? 0.0 : sqrt(sum); /* NaN stays NaN */
}
