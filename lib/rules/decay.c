/* SPDX-License-Identifier: MIT
 *
 * Weight decay, W <- (1 - rate) W once per update. */
#include "core/rule.h"

static const plast__parameter parameters[] = {
    { "rate", "1/update", "share of every weight that is lost at each update", 0.0, 0.0, 1.0,
      PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
};

static void emit(plast__site *site, plast__terms *terms)
{
    plast__terms_shrink(terms, site->values[0]);
}

const plast__rule_kind plast__rule_decay = {
    .parameters = { "rule", "decay", parameters, 1 },
    .emit = emit,
};
