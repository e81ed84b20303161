/* SPDX-License-Identifier: MIT
 *
 * Plain Hebbian plasticity, W += rate y x^T. */
#include "core/rule.h"

#include <math.h>

static const plast__parameter parameters[] = {
    { "rate", "1", "learning rate; nothing bounds the weights", 0.0, 0.0, (double)INFINITY,
      PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
};

static void emit(plast__site *site, plast__terms *terms)
{
    const double mean = 1.0 / (double)site->samples;
    if (site->values[0] != 0.0)
        plast__terms_add_rank(terms, mean * site->values[0], site->y, site->x);
}

const plast__rule_kind plast__rule_hebb = {
    .parameters = { "rule", "hebb", parameters, 1 },
    .ranks = 1,
    .emit = emit,
};
