/* SPDX-License-Identifier: MIT
 *
 * Sign-symmetry (Liao, Leibo & Poggio 2016): the feedback matrix has the signs of the forward weights, B = scale M o
 * sign(W)^T, made anew at every descent; sign(0) = 0. uSF: M = 1. frSF: M = |M_0| fixed. brSF: |M| drawn anew at every
 * update. */
#include "base/scalar.h"
#include "core/product.h"
#include "credit/credit.h"

#include <math.h>

enum { SCALE };
enum { FEEDBACK, MAGNITUDE }; /* the hop's groups */

#define SCALE_PARAMETER(help)                                                                                          \
    {                                                                                                                  \
        "scale", "1", help, 0.0, 0.0, (double)INFINITY, PLAST_PARAMETER_OPEN_MAXIMUM                                   \
    }

static const plast__parameter usf_parameters[] = {
    [SCALE] = SCALE_PARAMETER("size of every feedback weight; 0 = 1 / sqrt(units below)"),
};

static const plast__parameter drawn_parameters[] = {
    [SCALE] = SCALE_PARAMETER("multiplies the magnitudes, which have the forward weights' initial law; 0 = 1"),
};

static double scale_of(const plast__model *model, const plast__hop *hop)
{
    if (hop->values[SCALE] > 0.0)
        return hop->values[SCALE];
    return hop->groups > MAGNITUDE ? 1.0 : 1.0 / sqrt((double)model->populations[hop->below].units);
}

static plast_status build_uniform(plast__model *model, plast__hop *hop)
{
    const plast__group feedback = { .name = "feedback",
                                    .pre = hop->above,
                                    .post = hop->below,
                                    .transposed = 1,
                                    .initialiser = { PLAST_INIT_ZERO, 1.0 } };
    return plast__credit_add(model, hop, &feedback);
}

/* The forward law where its entries are independent draws, else a normal law. */
static plast__initialiser magnitude_law(const plast__initialiser *forward)
{
    switch (forward->init) {
    case PLAST_INIT_XAVIER_UNIFORM:
    case PLAST_INIT_XAVIER_NORMAL:
    case PLAST_INIT_HE_UNIFORM:
    case PLAST_INIT_HE_NORMAL:
    case PLAST_INIT_GAUSSIAN:
    case PLAST_INIT_UNIFORM:
    case PLAST_INIT_LECUN_UNIFORM:
    case PLAST_INIT_LECUN_NORMAL:
    case PLAST_INIT_TRUNCATED_NORMAL:
    case PLAST_INIT_FAN_IN_UNIFORM:
        return *forward;
    default:
        return (plast__initialiser){ .init = PLAST_INIT_XAVIER_NORMAL, .gain = 1.0 };
    }
}

static plast_status build_drawn(plast__model *model, plast__hop *hop)
{
    const plast_status status = build_uniform(model, hop);
    const plast__group magnitude = { .name = "magnitude",
                                     .pre = hop->above,
                                     .post = hop->below,
                                     .transposed = 1,
                                     .initialiser = magnitude_law(&model->groups[hop->forward].initialiser) };
    return status == PLAST_OK ? plast__credit_add(model, hop, &magnitude) : status;
}

static void descend(const plast__descent *descent, const plast__hop *hop)
{
    const plast__model *model = descent->model;
    const plast__group *forward = &model->groups[hop->forward];
    plast__group *feedback = &model->groups[hop->group[FEEDBACK]];
    const void *magnitude = hop->groups > MAGNITUDE ? model->groups[hop->group[MAGNITUDE]].weights : NULL;
    const int made = feedback->bound > 0.0; /* else it is all 0: even a frozen one is made once, so that errors pass */
    if (!feedback->frozen || !made) {
        model->kernels->sign(forward->rows * forward->ld, scale_of(model, hop), forward->weights, magnitude,
                             feedback->weights);
        plast__group_project(model, feedback);
    }
    if (!made)
        plast__group_measure(model, feedback);
    plast__credit_descend(descent, hop);
}

/* These laws draw entry by entry and allocate nothing. */
static void descend_redrawn(const plast__descent *descent, const plast__hop *hop)
{
    plast__group *magnitude = &descent->model->groups[hop->group[MAGNITUDE]];
    plast__model drawn = *descent->model;
    drawn.seed += descent->count * UINT64_C(0x9e3779b97f4a7c15);
    if (descent->pending != NULL && !magnitude->frozen) {
        (void)plast__group_draw(&drawn, magnitude, magnitude->weights);
        plast__group_project(descent->model, magnitude);
    }
    descend(descent, hop);
}

const plast__feedback_kind plast__feedback_usf = {
    .parameters = { "feedback", "usf", usf_parameters, 1 },
    .build = build_uniform,
    .descend = descend,
    .matrix = plast__credit_matrix,
};

const plast__feedback_kind plast__feedback_frsf = {
    .parameters = { "feedback", "frsf", drawn_parameters, 1 },
    .build = build_drawn,
    .descend = descend,
    .matrix = plast__credit_matrix,
};

const plast__feedback_kind plast__feedback_brsf = {
    .parameters = { "feedback", "brsf", drawn_parameters, 1 },
    .build = build_drawn,
    .descend = descend_redrawn,
    .matrix = plast__credit_matrix,
};
