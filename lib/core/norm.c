/* SPDX-License-Identifier: MIT */
#include "core/emit.h"

#include "base/scalar.h"

#include <math.h>

/* sum over pairs of samples of (s_b . s_c) (x_b . x_c) = |sum_b s_b x_b^T|^2: the gradient itself is not formed. x NULL:
 * the gradient of a bias, sum_b s_b. */
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

double plast__gradient_norm(const plast__model *model, int32_t groups, const plast__activities *a)
{
    double sum = 0.0;
    for (int32_t i = 0; i < groups; i++) {
        const plast__group *g = &model->groups[i];
        const plast__population *post = &model->populations[g->post];
        if (!g->frozen)
            sum += squared_norm(model, a->rows, post, a->of[g->post].s, &model->populations[g->pre], a->of[g->pre].y);
        if (post->has_bias && !post->frozen)
            sum += squared_norm(model, a->rows, post, a->of[g->post].s, NULL, NULL);
    }
    return sqrt(fmax(sum, 0.0));
}
