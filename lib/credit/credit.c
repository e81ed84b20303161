/* SPDX-License-Identifier: MIT */
#include "credit/credit.h"

#include "core/product.h"

enum { PLACES = 16 }; /* of a layer's own groups, before those of a scheme */

uint64_t plast__credit_stream(const plast__hop *hop, int32_t place)
{
    return plast__group_stream(hop->layer + 1, PLACES + place);
}

plast_status plast__credit_add(plast__model *model, plast__hop *hop, const plast__group *group)
{
    plast__group made = *group;
    made.layer = hop->layer;
    made.stream = plast__credit_stream(hop, hop->groups);
    const plast_status status = plast__model_add_group(model, &made, &hop->group[hop->groups]);
    hop->groups += status == PLAST_OK;
    return status;
}

plast_status plast__credit_add_backward(plast__model *model, plast__hop *hop, const char *name, double gain)
{
    plast__initialiser law = model->groups[hop->forward].initialiser;
    if (law.init == PLAST_INIT_CONSTANT || law.init == PLAST_INIT_ZERO)
        law = (plast__initialiser){ .init = PLAST_INIT_XAVIER_UNIFORM, .gain = 1.0 };
    law.gain *= gain;
    const plast__group group = {
        .name = name, .pre = hop->above, .post = hop->below, .transposed = 1, .initialiser = law
    };
    return plast__credit_add(model, hop, &group);
}

plast_status plast__credit_build_backward(plast__model *model, plast__hop *hop)
{
    return plast__credit_add_backward(model, hop, "feedback", hop->values[PLAST__GAIN]);
}

void plast__credit_descend(const plast__descent *descent, const plast__hop *hop)
{
    plast__activities *a = descent->activities;
    plast__product_down(descent->model, &descent->model->groups[hop->group[0]], a->rows, a->of[hop->above].s,
                        a->of[hop->below].s);
}

int32_t plast__credit_matrix(const plast__hop *hop)
{
    return hop->group[0];
}
