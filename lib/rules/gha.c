/* SPDX-License-Identifier: MIT
 *
 * Sanger's generalised Hebbian algorithm, W += rate (y x^T - tril(y y^T) W). Row i gains rate y_i (x - sum_{j <= i} y_j
 * w_j), so a running sum over the old rows goes down the matrix with the sweep. */
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>
#include <string.h>

static const plast__parameter parameters[] = {
    { "rate", "1", "learning rate", 0.0, 0.0, (double)INFINITY,
      PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
};

static void add_row(void *self, int64_t row, const void *old_weights, void *increment)
{
    const plast__site *site = self;
    const plast__kernels *k = site->kernels;
    const double rate = site->values[0] / (double)site->samples;
    if (row == 0)
        memset(site->pre_work, 0, (size_t)(site->samples * site->ld_pre * plast__size(site->dtype)));
    for (int64_t b = 0; b < site->samples; b++) {
        const double y = plast__get(site->dtype, site->y, b * site->ld_post + row);
        const void *x = plast__at_const(site->dtype, site->x, b * site->ld_pre);
        void *explained = plast__at(site->dtype, site->pre_work, b * site->ld_pre);
        k->add_scaled(site->n_pre, y, old_weights, explained);
        k->add_scaled(site->n_pre, rate * y, x, increment);
        k->add_scaled(site->n_pre, -rate * y, explained, increment);
    }
}

static void emit(plast__site *site, plast__terms *terms)
{
    const double y = site->kernels->max_abs(site->samples * site->ld_post, site->y);
    const double x = site->kernels->max_abs(site->samples * site->ld_pre, site->x);
    const double explained = (double)site->n_post * y * site->weight_bound, rate = site->values[0];
    const double limit = plast__largest(site->dtype);
    const int finite = rate * y < limit && explained < limit; /* what is formed on the way */
    if (rate != 0.0)
        plast__terms_add_rows(terms, add_row, site, finite ? rate * y * (x + explained) : (double)INFINITY);
}

const plast__rule_kind plast__rule_gha = {
    .parameters = { "rule", "gha", parameters, 1 },
    .needs = PLAST__NEEDS_PRE_WORK,
    .row_sources = 1,
    .emit = emit,
};
