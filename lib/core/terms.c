/* SPDX-License-Identifier: MIT */
#include "core/terms.h"

#include "base/scalar.h"

#include <math.h>

void plast__terms_clear(plast__terms *terms, int64_t samples)
{
    terms->samples = samples;
    terms->shrink = 0.0;
    terms->ranks = 0;
    terms->row_sources = 0;
}

void plast__terms_add_rank(plast__terms *terms, double coef, const void *u, const void *v)
{
    terms->rank[terms->ranks++] = (plast__rank){ .coef = coef, .u = u, .v = v };
}

void plast__terms_add_rows(plast__terms *terms, plast__row_function *add, void *self, double bound)
{
    terms->row[terms->row_sources++] = (plast__row_source){ .add = add, .self = self, .bound = bound };
}

void plast__terms_shrink(plast__terms *terms, double amount)
{
    terms->shrink += amount;
}

int plast__terms_empty(const plast__terms *terms)
{
    return terms->shrink == 0.0 && terms->ranks == 0 && terms->row_sources == 0;
}

/* Largest |element| of coef u v^T. What is formed on the way to it must be finite too: the coefficient and its product
 * with u in a sweep, the sum of u v^T in a matrix product. */
static double rank_bound(const plast__model *model, const plast__group *group, int64_t samples, const plast__rank *r)
{
    const plast__kernels *k = model->kernels;
    const double limit = plast__largest(model->dtype), coef = fabs(r->coef);
    const double u = k->max_abs(samples * model->populations[group->post].ld, r->u);
    const double v = k->max_abs(samples * group->ld, r->v);
    if (!(coef < limit && coef * u < limit && (samples == 1 || u * v * (double)samples < limit)))
        return (double)INFINITY;
    return coef * u * v * (double)samples;
}

double plast__terms_bound(const plast__model *model, const plast__group *group, const plast__terms *terms, double bound)
{
    double total = fabs(1.0 - terms->shrink) * bound;
    for (int32_t i = 0; i < terms->ranks; i++)
        total += rank_bound(model, group, terms->samples, &terms->rank[i]);
    for (int32_t i = 0; i < terms->row_sources; i++)
        total += terms->row[i].bound;
    return total;
}
