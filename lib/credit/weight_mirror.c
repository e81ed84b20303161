/* SPDX-License-Identifier: MIT
 *
 * Weight mirror (Akrout et al. 2019). In a phase of its own each layer emits noise xi, the next one answers with y, and
 * B gains rate xi (y - mean y)^T - decay B, which tends to (rate noise^2 / decay) W^T where units are linear. */
#include "base/random.h"
#include "base/scalar.h"
#include "core/product.h"
#include "credit/credit.h"
#include "linalg/blas.h"

#include <math.h>
#include <string.h>

enum { GAIN = PLAST__GAIN, NOISE, RATE, DECAY, CENTRED, BLOCK_BIAS };
enum { NOISE_PLACE = 8 }; /* of the noise among the hop's random streams */

#define SHARE 0.0, 0.0, 1.0, PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM

static const plast__parameter parameters[] = {
    [GAIN] = PLAST__GAIN_PARAMETER,
    [NOISE] = { "noise", "1", "standard deviation of the noise that layers emit in the mirror phase", 0.0, 0.0,
                (double)INFINITY,
                PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM },
    [RATE] = { "rate", "1", "learning rate of the mirror phase", 0.0, 0.0, (double)INFINITY,
               PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [DECAY] = { "decay", "1/update", "share that feedback weights lose at every mirror update", SHARE },
    [CENTRED] = { "centred", "1", "1 = the answers' mean over the minibatch is taken away", 1.0, 0.0, 1.0,
                  PLAST_PARAMETER_WHOLE },
    [BLOCK_BIAS] = { "block_bias", "1", "1 = biases are left out in the mirror phase", 1.0, 0.0, 1.0,
                     PLAST_PARAMETER_WHOLE },
};

/* Noise of the layer below, fresh for every hop and update. */
static void emit_noise(const plast__model *model, const plast__hop *hop, plast__activities *a, uint64_t update)
{
    const plast__population *below = &model->populations[hop->below];
    const uint64_t seed = model->seed + update * UINT64_C(0x9e3779b97f4a7c15);
    double pair[2] = { 0.0, 0.0 };
    uint64_t n = 0;
    for (int64_t b = 0; b < a->rows; b++)
        for (int64_t i = 0; i < below->units; i++, n++) {
            if (n % 2 == 0)
                plast__normal_pair(seed, plast__credit_stream(hop, NOISE_PLACE), n / 2, pair);
            plast__set(model->dtype, a->of[hop->below].y, b * below->ld + i, hop->values[NOISE] * pair[n % 2]);
        }
}

/* A softmax layer answers with its potential: its units are not independent. */
static void answer(const plast__model *model, const plast__hop *hop, plast__activities *a)
{
    const plast__population *above = &model->populations[hop->above];
    const plast__activity *post = &a->of[hop->above];
    plast__product(model, &model->groups[hop->forward], NULL, a->rows, a->of[hop->below].y, post->z);
    for (int64_t b = 0; b < a->rows; b++) {
        void *z = plast__at(model->dtype, post->z, b * above->ld), *y = plast__at(model->dtype, post->s, b * above->ld);
        if (above->has_bias && hop->values[BLOCK_BIAS] == 0.0)
            model->kernels->add_scaled(above->units, 1.0, above->bias, z);
        if (above->activation == PLAST_SOFTMAX)
            model->kernels->scale(above->units, 1.0, z, y);
        else
            model->kernels->activate(above->activation, above->param, above->units, z, y, NULL);
    }
}

/* The mean of the answers goes to the first row of s_before, a row that nothing else needs here. */
static void centre(const plast__model *model, const plast__hop *hop, plast__activities *a)
{
    const plast__population *above = &model->populations[hop->above];
    const plast__activity *post = &a->of[hop->above];
    void *mean = post->s_before;
    memset(mean, 0, (size_t)(above->ld * plast__size(model->dtype)));
    for (int64_t b = 0; b < a->rows; b++)
        model->kernels->add_scaled(above->units, 1.0 / (double)a->rows,
                                   plast__at_const(model->dtype, post->s, b * above->ld), mean);
    for (int64_t b = 0; b < a->rows; b++) {
        void *y = plast__at(model->dtype, post->s, b * above->ld);
        model->kernels->subtract(above->units, y, mean, y);
    }
}

static plast_status look(plast_context *context, const plast__model *model, const plast__hop *hop, plast__activities *a,
                         uint64_t update)
{
    plast__group *feedback = &model->groups[hop->group[0]];
    const plast__kernels *k = model->kernels;
    emit_noise(model, hop, a, update);
    answer(model, hop, a);
    if (hop->values[CENTRED] != 0.0)
        centre(model, hop, a);
    const double y = k->max_abs(a->rows * model->populations[hop->above].ld, a->of[hop->above].s);
    const double noise = k->max_abs(a->rows * model->populations[hop->below].ld, a->of[hop->below].y);
    const double bound = feedback->bound + hop->values[RATE] * y * noise, largest = plast__largest(model->dtype);
    if (!(hop->values[RATE] < largest && y * noise * (double)a->rows < largest && bound < largest / 2.0))
        return plast__fail(context, PLAST_E_NOT_FINITE,
                           "the mirror update of the feedback into layer %d is not finite or would overflow",
                           hop->layer);
    feedback->bound = bound;
    return PLAST_OK;
}

static void learn(const plast__model *model, const plast__hop *hop, const plast__activities *a)
{
    plast__group *feedback = &model->groups[hop->group[0]];
    if (feedback->frozen)
        return;
    plast__gemm(model->dtype, feedback->rows, feedback->cols, a->rows, hop->values[RATE] / (double)a->rows,
                (plast__operand){ a->of[hop->above].s, model->populations[hop->above].ld, 1 },
                (plast__operand){ a->of[hop->below].y, feedback->ld, 0 }, 1.0 - hop->values[DECAY], feedback->weights,
                feedback->ld);
    plast__group_project(model, feedback);
    plast__group_measure(model, feedback);
}

const plast__feedback_kind plast__feedback_weight_mirror = {
    .parameters = { "feedback", "weight_mirror", parameters, sizeof parameters / sizeof parameters[0] },
    .build = plast__credit_build_backward,
    .descend = plast__credit_descend,
    .matrix = plast__credit_matrix,
    .mirror_look = look,
    .mirror_learn = learn,
};
