/* SPDX-License-Identifier: MIT
 *
 * Hebbian plasticity with multiplicative soft bounds, a = y_i x_j:
 *
 *     W_ij += rate (a^+ (w_max - W_ij) - a^- (W_ij - w_min)) = rate (half a + |a| (middle - W_ij))
 *
 * with half = (w_max - w_min) / 2 and middle = (w_max + w_min) / 2. */
#include "base/context.h"
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>
#include <string.h>

enum { RULE_RATE, W_MIN, W_MAX };

#define OPEN PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM

static const plast__parameter parameters[] = {
    [RULE_RATE] = { "rate", "1", "learning rate; weights stay between the bounds while rate |y_i x_j| <= 1", 0.0, 0.0,
                    (double)INFINITY, PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [W_MIN] = { "w_min", "1", "lower bound, below w_max", 0.0, -(double)INFINITY, (double)INFINITY, OPEN },
    [W_MAX] = { "w_max", "1", "upper bound", 1.0, -(double)INFINITY, (double)INFINITY, OPEN },
};

static double half(const double *values)
{
    return 0.5 * values[W_MAX] - 0.5 * values[W_MIN];
}

static double middle(const double *values)
{
    return 0.5 * values[W_MAX] + 0.5 * values[W_MIN];
}

static plast_status check(plast_context *context, const double *values)
{
    if (values[W_MIN] < values[W_MAX])
        return PLAST_OK;
    return plast__fail(context, PLAST_E_RANGE, "rule \"soft_bounds\": w_min is %g, expected less than w_max, %g",
                       values[W_MIN], values[W_MAX]);
}

/* Sum over samples of half a + |a| (middle - W); pre_work holds |x|, pre_work_2 collects |a|. */
static void add_row(void *self, int64_t row, const void *old_weights, void *increment)
{
    const plast__site *site = self;
    const plast__kernels *k = site->kernels;
    const double rate = site->values[RULE_RATE] / (double)site->samples;
    void *size = site->pre_work_2;
    memset(size, 0, (size_t)(site->ld_pre * plast__size(site->dtype)));
    for (int64_t b = 0; b < site->samples; b++) {
        const double y = plast__get(site->dtype, site->y, b * site->ld_post + row);
        k->add_scaled(site->n_pre, rate * half(site->values) * y,
                      plast__at_const(site->dtype, site->x, b * site->ld_pre), increment);
        k->add_scaled(site->n_pre, fabs(y), plast__at_const(site->dtype, site->pre_work, b * site->ld_pre), size);
    }
    k->add_scaled(site->n_pre, rate * middle(site->values), size, increment);
    k->multiply(site->n_pre, size, old_weights, size);
    k->add_scaled(site->n_pre, -rate, size, increment);
}

/* Largest |element| of an increment; infinite when something on the way to it is beyond the type. */
static double bound(const plast__site *site)
{
    const double limit = plast__largest(site->dtype), rate = site->values[RULE_RATE], n = (double)site->samples;
    const double y = site->kernels->max_abs(site->samples * site->ld_post, site->y);
    const double x = site->kernels->max_abs(site->samples * site->ld_pre, site->x);
    const double largest = fmax(fabs(site->values[W_MIN]), fabs(site->values[W_MAX]));
    const int finite = rate * largest * y < limit && rate * largest < limit && rate < limit && n * y * x < limit &&
                       n * y * x * site->weight_bound < limit;
    return finite ? rate * y * x * (2.0 * largest + site->weight_bound) : (double)INFINITY;
}

static void emit(plast__site *site, plast__terms *terms)
{
    const int64_t n = site->samples * site->ld_pre;
    if (site->values[RULE_RATE] == 0.0)
        return;
    site->kernels->sign(n, 1.0, site->x, NULL, site->pre_work);
    site->kernels->multiply(n, site->x, site->pre_work, site->pre_work);
    plast__terms_add_rows(terms, add_row, site, bound(site));
}

const plast__rule_kind plast__rule_soft_bounds = {
    .parameters = { "rule", "soft_bounds", parameters, 3 },
    .needs = PLAST__NEEDS_PRE_WORK | PLAST__NEEDS_PRE_WORK_2,
    .row_sources = 1,
    .emit = emit,
    .check = check,
};
