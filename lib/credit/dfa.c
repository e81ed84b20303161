/* SPDX-License-Identifier: MIT
 *
 * Direct feedback: fixed random matrices from the output straight to every hidden layer. What they carry: the output's
 * signal (Nokland 2016), its sign, or the target (Frenkel, Lefebvre & Bol 2019). */
#include "base/scalar.h"
#include "core/product.h"
#include "credit/credit.h"

#include <math.h>

static const plast__parameter parameters[] = {
    [PLAST__GAIN] = PLAST__GAIN_PARAMETER,
};

/* U(-a, a) with a = gain / sqrt(receiving units), as in Nokland's code. */
static plast_status build(plast__model *model, plast__hop *hop)
{
    const double units = (double)model->populations[hop->below].units;
    const plast__group group = { .name = "feedback",
                                 .pre = model->output,
                                 .post = hop->below,
                                 .transposed = 1,
                                 .initialiser = { PLAST_INIT_UNIFORM, hop->values[PLAST__GAIN] / sqrt(units) } };
    return plast__credit_add(model, hop, &group);
}

static void descend_from(const plast__descent *descent, const plast__hop *hop, const void *above)
{
    plast__activities *a = descent->activities;
    plast__product_down(descent->model, &descent->model->groups[hop->group[0]], a->rows, above, a->of[hop->below].s);
}

static void descend(const plast__descent *descent, const plast__hop *hop)
{
    descend_from(descent, hop, descent->activities->of[descent->model->output].s);
}

static void descend_sign(const plast__descent *descent, const plast__hop *hop)
{
    const plast__model *model = descent->model;
    const plast__activities *a = descent->activities;
    model->kernels->sign(a->rows * model->populations[model->output].ld, 1.0, a->of[model->output].s, NULL, a->proxy);
    descend_from(descent, hop, a->proxy);
}

/* The target stands for - s of a linear or probabilistic output, s = y - t, with y left out. */
static void descend_target(const plast__descent *descent, const plast__hop *hop)
{
    const plast__model *model = descent->model;
    const plast__activities *a = descent->activities;
    model->kernels->scale(a->rows * model->populations[model->output].ld, -1.0, a->target, a->proxy);
    descend_from(descent, hop, a->proxy);
}

/* It stands for W^T only below the output. */
static int32_t matrix(const plast__hop *hop)
{
    return hop->upper == NULL ? hop->group[0] : -1;
}

const plast__feedback_kind plast__feedback_dfa = {
    .parameters = { "feedback", "dfa", parameters, 1 },
    .apart = 1,
    .build = build,
    .descend = descend,
    .matrix = matrix,
};

const plast__feedback_kind plast__feedback_dfa_sign = {
    .parameters = { "feedback", "dfa_sign", parameters, 1 },
    .apart = 1,
    .build = build,
    .descend = descend_sign,
    .matrix = matrix,
};

const plast__feedback_kind plast__feedback_drtp = {
    .parameters = { "feedback", "drtp", parameters, 1 },
    .wants_targets = 1,
    .apart = 1,
    .build = build,
    .descend = descend_target,
    .matrix = matrix,
};
