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
    terms->row_shrinks = 0;
    terms->scalings = 0;
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

void plast__terms_shrink_rows(plast__terms *terms, double coef, const void *p)
{
    terms->row_shrink[terms->row_shrinks++] = (plast__row_shrink){ .coef = coef, .p = p };
}

void plast__terms_scale_rows(plast__terms *terms, plast__scale_function *scale, void *self, double bound)
{
    terms->scaling[terms->scalings++] = (plast__scaling){ .scale = scale, .self = self, .bound = bound };
}

int plast__terms_empty(const plast__terms *terms)
{
    return terms->shrink == 0.0 && terms->ranks == 0 && terms->row_sources == 0 && terms->row_shrinks == 0 &&
           terms->scalings == 0;
}

plast__extent plast__terms_extent(const plast__terms *terms)
{
    return (plast__extent){ .shrink = terms->shrink,
                            .ranks = terms->ranks,
                            .row_sources = terms->row_sources,
                            .row_shrinks = terms->row_shrinks,
                            .scalings = terms->scalings };
}

/* Largest |element| of coef u v^T. What is formed on the way to it must be finite too: the coefficient and its product
 * with u in a sweep, the sum of u v^T in a matrix product. */
static double rank_bound(const plast__model *model, const plast__group *group, int64_t samples, const plast__rank *r)
{
    const plast__kernels *k = model->kernels;
    const double limit = plast__largest(model->dtype), coef = fabs(r->coef);
    const double u = k->max_abs(samples * plast__row_units(model, group)->ld, r->u);
    const double v = k->max_abs(samples * group->ld, r->v);
    if (!(coef < limit && coef * u < limit && (samples == 1 || u * v * (double)samples < limit)))
        return (double)INFINITY;
    return coef * u * v * (double)samples;
}

/* Largest |factor| of a row. */
static double factor_bound(const plast__model *model, const plast__group *group, const plast__terms *terms,
                           const plast__extent *extent)
{
    double factor = fabs(1.0 - extent->shrink);
    for (int32_t i = 0; i < extent->row_shrinks; i++) {
        const plast__row_shrink *r = &terms->row_shrink[i];
        factor += fabs(r->coef) * model->kernels->max_abs(plast__row_units(model, group)->ld, r->p);
    }
    return factor < plast__largest(model->dtype) ? factor : (double)INFINITY;
}

double plast__terms_bound(const plast__model *model, const plast__group *group, const plast__terms *terms,
                          const plast__extent *extent, double bound)
{
    double total = factor_bound(model, group, terms, extent) * bound;
    for (int32_t i = 0; i < extent->ranks; i++)
        total += rank_bound(model, group, terms->samples, &terms->rank[i]);
    for (int32_t i = 0; i < extent->row_sources; i++)
        total += terms->row[i].bound;
    for (int32_t i = 0; i < extent->scalings; i++)
        total = total > terms->scaling[i].bound || isnan(total) ? total : terms->scaling[i].bound;
    return total;
}
