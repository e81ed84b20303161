/* SPDX-License-Identifier: MIT
 *
 * Error-based Hebbian plasticity, W += rate e_l e_(l-1)^T (Shervani-Tabar & Rosenbaum 2023, eq. 8 with
 * theta_2 = -rate): learning signals on both sides of the synapse. */
#include "core/rule.h"

#include <math.h>

static const plast__parameter parameters[] = {
    { "rate", "1", "learning rate, -theta_2 of the publication", 0.0, 0.0, (double)INFINITY,
      PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
};

static void emit(plast__site *site, plast__terms *terms)
{
    const double mean = 1.0 / (double)site->samples;
    if (site->values[0] != 0.0)
        plast__terms_add_rank(terms, mean * site->values[0], site->s, site->s_pre);
}

const plast__rule_kind plast__rule_ehebb = {
    .parameters = { "rule", "ehebb", parameters, 1 },
    .needs = PLAST__NEEDS_PRE_SIGNAL,
    .ranks = 1,
    .emit = emit,
};
