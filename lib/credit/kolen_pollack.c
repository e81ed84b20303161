/* SPDX-License-Identifier: MIT
 *
 * Kolen-Pollack (Kolen & Pollack 1994; Akrout et al. 2019): the feedback matrix takes the forward matrix's every
 * change, transposed, and both decay alike, so that their difference shrinks by (1 - decay) per update. */
#include "credit/credit.h"

#include <math.h>

enum { GAIN = PLAST__GAIN, DECAY, MIRROR_RULES };

static const plast__parameter parameters[] = {
    [GAIN] = PLAST__GAIN_PARAMETER,
    [DECAY] = { "decay", "1/update",
                "share that forward and feedback weights lose at every update that carries an error", 0.0, 0.0, 1.0,
                PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [MIRROR_RULES] = { "mirror_rules", "1", "1 = what rules do to a forward matrix its feedback matrix takes too", 1.0,
                       0.0, 1.0, PLAST_PARAMETER_WHOLE },
};

/* The feedback matrix has the forward one's mask, signs and bounds. */
static plast_status build(plast__model *model, plast__hop *hop)
{
    const plast_status status = plast__credit_build_backward(model, hop);
    if (status != PLAST_OK)
        return status;
    return plast__group_constrain_alike(model, &model->groups[hop->forward], &model->groups[hop->group[0]]);
}

static void configure(plast__model *model, const plast__hop *hop)
{
    plast__group *forward = &model->groups[hop->forward];
    forward->partner = hop->group[0];
    forward->decay = hop->values[DECAY];
    forward->mirror = hop->values[MIRROR_RULES] != 0.0;
}

const plast__feedback_kind plast__feedback_kolen_pollack = {
    .parameters = { "feedback", "kolen_pollack", parameters, 3 },
    .build = build,
    .configure = configure,
    .descend = plast__credit_descend,
    .matrix = plast__credit_matrix,
};
