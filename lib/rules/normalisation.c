/* SPDX-License-Identifier: MIT
 *
 * Heterosynaptic normalisation: after every update each row is rescaled to a given norm. */
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>

enum { NORM, ORDER };

static const plast__parameter parameters[] = {
    [NORM] = { "norm", "1", "of every row after an update", 1.0, 0.0, (double)INFINITY,
               PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM },
    [ORDER] = { "order", "1", "1 = sum of absolute values, 2 = Euclidean length", 2.0, 1.0, 2.0,
                PLAST_PARAMETER_WHOLE },
};

/* The largest entry times the norm of the row divided by it, which neither overflows nor vanishes. */
static double careful_norm(const plast__site *site, const void *weights)
{
    const double largest = site->kernels->max_abs(site->n_pre, weights);
    double sum = 0.0;
    for (int64_t j = 0; largest > 0.0 && j < site->n_pre; j++) {
        const double w = fabs(plast__get(site->dtype, weights, j)) / largest;
        sum += site->values[ORDER] == 1.0 ? w : w * w;
    }
    return largest * (site->values[ORDER] == 1.0 ? sum : sqrt(sum));
}

/* Sums of the type, where they are far from its ends. */
static double norm_of(const plast__site *site, const void *weights)
{
    const plast__kernels *k = site->kernels;
    double sum;
    if (site->values[ORDER] == 1.0) {
        k->sign(site->n_pre, 1.0, weights, NULL, site->pre_work);
        sum = k->dot(site->n_pre, weights, site->pre_work);
    } else {
        sum = k->dot(site->n_pre, weights, weights);
    }
    if (!(sum > 0x1p-60 && sum < 0x1p60))
        return careful_norm(site, weights);
    return site->values[ORDER] == 1.0 ? sum : sqrt(sum);
}

static double scale(void *self, int64_t row, const void *weights)
{
    const plast__site *site = self;
    const double norm = norm_of(site, weights);
    (void)row;
    return norm == 0.0 ? 1.0 : fmin(site->values[NORM] / norm, plast__largest(site->dtype));
}

static void emit(plast__site *site, plast__terms *terms)
{
    plast__terms_scale_rows(terms, scale, site, site->values[NORM] * (1.0 + 0x1p-10)); /* the rest is for rounding */
}

const plast__rule_kind plast__rule_normalisation = {
    .parameters = { "rule", "normalisation", parameters, 2 },
    .needs = PLAST__NEEDS_PRE_WORK,
    .scalings = 1,
    .emit = emit,
};
