/* SPDX-License-Identifier: MIT
 *
 * Feedback alignment (Lillicrap et al. 2016): B s with a fixed random B where backpropagation has W^T. */
#include "credit/credit.h"

#include <math.h>

static const plast__parameter parameters[] = {
    [PLAST__GAIN] = PLAST__GAIN_PARAMETER,
};

const plast__feedback_kind plast__feedback_fa = {
    .parameters = { "feedback", "fa", parameters, 1 },
    .build = plast__credit_build_backward,
    .descend = plast__credit_descend,
    .matrix = plast__credit_matrix,
};
