/* SPDX-License-Identifier: MIT
 *
 * Backpropagation: W^T s, with the forward weights themselves. */
#include "core/product.h"
#include "credit/credit.h"

static void descend(const plast__descent *descent, const plast__hop *hop)
{
    plast__activities *a = descent->activities;
    plast__product_down(descent->model, &descent->model->groups[hop->forward], a->rows, a->of[hop->above].s,
                        a->of[hop->below].s);
}

static int32_t matrix(const plast__hop *hop)
{
    return hop->forward;
}

const plast__feedback_kind plast__feedback_backprop = {
    .parameters = { "feedback", "backprop", NULL, 0 },
    .descend = descend,
    .matrix = matrix,
};
