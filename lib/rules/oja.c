/* SPDX-License-Identifier: MIT
 *
 * Oja's subspace rule, W += rate (y x^T - y y^T W), in the cheap form rate y (x - W^T y)^T: no Gram matrix. */
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>

enum { RATE, GUARD };

static const plast__parameter parameters[] = {
    [RATE] = { "rate", "1", "learning rate; stable per sample for rate |y|^2 < 2, monotone below 1", 0.0, 0.0,
               (double)INFINITY, PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [GUARD] = { "guard", "1", "lowers the rate to guard / |y|^2 where that is less (not published); 0 = off", 0.0, 0.0,
                (double)INFINITY, PLAST_PARAMETER_OPEN_MAXIMUM },
};

static double guarded_rate(const plast__site *site, const void *y)
{
    const double energy = site->kernels->dot(site->n_post, y, y);
    const double most = site->values[GUARD] / energy;
    return most < site->values[RATE] ? most : site->values[RATE];
}

/* Rates differ from sample to sample under the guard, so u = rate_b y_b is written out. */
static const void *guarded_activity(plast__site *site)
{
    for (int64_t b = 0; b < site->samples; b++) {
        const void *y = plast__at_const(site->dtype, site->y, b * site->ld_post);
        void *u = plast__at(site->dtype, site->post_work, b * site->ld_post);
        site->kernels->scale(site->n_post, guarded_rate(site, y), y, u);
    }
    return site->post_work;
}

static void emit(plast__site *site, plast__terms *terms)
{
    const double mean = 1.0 / (double)site->samples;
    if (site->values[RATE] == 0.0)
        return;
    site->kernels->subtract(site->samples * site->ld_pre, site->x, site->projection, site->pre_work);
    if (site->values[GUARD] > 0.0)
        plast__terms_add_rank(terms, mean, guarded_activity(site), site->pre_work);
    else
        plast__terms_add_rank(terms, mean * site->values[RATE], site->y, site->pre_work);
}

const plast__rule_kind plast__rule_oja = {
    .parameters = { "rule", "oja", parameters, 2 },
    .needs = PLAST__NEEDS_PROJECTION | PLAST__NEEDS_POST_WORK | PLAST__NEEDS_PRE_WORK,
    .ranks = 1,
    .emit = emit,
};
