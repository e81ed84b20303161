/* SPDX-License-Identifier: MIT
 *
 * Oja's rule for single neurons, W_ij += rate (y_i x_j - y_i^2 W_ij): every row on its own. */
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>

static const plast__parameter parameters[] = {
    { "rate", "1", "learning rate; a row's length is stable per sample for rate |x|^2 < 1 near length 1", 0.0, 0.0,
      (double)INFINITY, PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
};

static void emit(plast__site *site, plast__terms *terms)
{
    const double mean = 1.0 / (double)site->samples, rate = site->values[0];
    if (rate == 0.0)
        return;
    for (int64_t i = 0; i < site->n_post; i++) {
        double energy = 0.0;
        for (int64_t b = 0; b < site->samples; b++) {
            const double y = plast__get(site->dtype, site->y, b * site->ld_post + i);
            energy += y * y;
        }
        plast__set(site->dtype, site->post_work, i, mean * energy);
    }
    plast__terms_add_rank(terms, mean * rate, site->y, site->x);
    plast__terms_shrink_rows(terms, rate, site->post_work);
}

const plast__rule_kind plast__rule_oja_neuron = {
    .parameters = { "rule", "oja_neuron", parameters, 1 },
    .needs = PLAST__NEEDS_POST_WORK,
    .ranks = 1,
    .row_shrinks = 1,
    .emit = emit,
};
