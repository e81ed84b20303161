/* SPDX-License-Identifier: MIT
 *
 * Anti-Hebbian decorrelation, W += rate (W - y y^T W), in the cheap form (1 + rate) W - rate y (W^T y)^T. */
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>

static const plast__parameter parameters[] = {
    { "rate", "1", "learning rate; keep it well below 2 / (|y|^2 - 1)", 0.0, 0.0, (double)INFINITY,
      PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
};

static void emit(plast__site *site, plast__terms *terms)
{
    const double mean = 1.0 / (double)site->samples, rate = site->values[0];
    if (rate == 0.0)
        return;
    site->kernels->scale(site->samples * site->ld_pre, 1.0, site->projection, site->pre_work);
    plast__terms_shrink(terms, -rate);
    plast__terms_add_rank(terms, -mean * rate, site->y, site->pre_work);
}

const plast__rule_kind plast__rule_decorrelation = {
    .parameters = { "rule", "decorrelation", parameters, 1 },
    .needs = PLAST__NEEDS_PROJECTION | PLAST__NEEDS_PRE_WORK,
    .ranks = 1,
    .emit = emit,
};
