/* SPDX-License-Identifier: MIT
 *
 * Bienenstock, Cooper & Munro's rule with the quadratic form of Intrator & Cooper 1992: W += rate y (y - theta) x^T,
 * the threshold theta of each unit a running mean of y^2. */
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>

enum { RULE_RATE, TAU, START };

static const plast__parameter parameters[] = {
    [RULE_RATE] = { "rate", "1", "learning rate; keep it well below 1 / (|x|^2 (tau + 1))", 0.0, 0.0, (double)INFINITY,
                    PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [TAU] = { "tau", "updates", "time constant of the threshold", 0.0, 1.0, (double)INFINITY,
              PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [START] = { "start", "1", "threshold at first, and after a reset", 0.0, 0.0, (double)INFINITY,
                PLAST_PARAMETER_OPEN_MAXIMUM },
};

static double activity(const plast__site *site, int64_t b, int64_t unit)
{
    return plast__get(site->dtype, site->y, b * site->ld_post + unit);
}

/* The threshold after this update. */
static double next_threshold(const plast__site *site, int64_t unit)
{
    const double now = plast__get(site->dtype, site->slow, unit);
    double energy = 0.0;
    for (int64_t b = 0; b < site->samples; b++)
        energy += activity(site, b, unit) * activity(site, b, unit);
    return now + (energy / (double)site->samples - now) / site->values[TAU];
}

static void emit(plast__site *site, plast__terms *terms)
{
    const double limit = plast__largest(site->dtype);
    double coef = site->values[RULE_RATE] / (double)site->samples;
    for (int64_t i = 0; i < site->n_post; i++) {
        const double threshold = plast__get(site->dtype, site->slow, i);
        for (int64_t b = 0; b < site->samples; b++) {
            const double y = activity(site, b, i);
            plast__set(site->dtype, site->post_work, b * site->ld_post + i, y * (y - threshold));
        }
        if (!(next_threshold(site, i) < limit))
            coef = (double)INFINITY; /* refuses the update */
    }
    if (coef != 0.0)
        plast__terms_add_rank(terms, coef, site->post_work, site->x);
}

static void commit(const plast__site *site)
{
    for (int64_t i = 0; i < site->n_post; i++)
        plast__set(site->dtype, site->slow, i, next_threshold(site, i));
}

static double start(const double *values)
{
    return values[START];
}

const plast__rule_kind plast__rule_bcm = {
    .parameters = { "rule", "bcm", parameters, 3 },
    .needs = PLAST__NEEDS_POST_WORK,
    .ranks = 1,
    .emit = emit,
    .slow = "threshold",
    .slow_start = start,
    .commit = commit,
};
