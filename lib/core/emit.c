/* SPDX-License-Identifier: MIT */
#include "core/emit.h"

#include "base/scalar.h"

#include <math.h>
#include <string.h>

/* Row source of an optimizer with moments. */
static void add_step(void *self, int64_t row, const void *old_weights, void *increment)
{
    plast__gradient *g = self;
    const plast__group *group = g->group;
    const void *gradient = g->row;
    void *moment[PLAST__MOMENTS];
    (void)old_weights;
    if (g->matrix != NULL)
        gradient = plast__at_const(g->dtype, g->matrix, row * group->ld);
    else
        g->kernels->scale(group->cols, g->coef * plast__get(g->dtype, g->s, row), g->x, g->row);
    for (int m = 0; m < PLAST__MOMENTS; m++)
        moment[m] = group->moment[m] == NULL ? NULL : plast__at(g->dtype, group->moment[m], row * group->ld);
    g->optimizer->step(g->kernels, g->step, group->cols, gradient, moment, g->delta);
    g->kernels->add_scaled(group->cols, 1.0, g->delta, increment);
}

static void emit_gradient(const plast__model *model, const plast__group *group, const plast__activities *a,
                          plast__error *error, plast__pending *p)
{
    const void *s = a->of[group->post].s, *x = a->of[group->pre].y;
    const plast__optimizer_kind *optimizer = error->optimizer;
    if (optimizer->linear_rate != NULL) {
        plast__terms_add_rank(&p->terms, -optimizer->linear_rate(error->values) * error->coef, s, x);
        return;
    }
    plast__gradient *g = &p->gradient;
    g->optimizer = optimizer;
    g->step = error->step;
    g->kernels = model->kernels;
    g->dtype = model->dtype;
    g->coef = error->coef;
    g->s = s;
    g->x = x;
    g->matrix = p->terms.samples > 1 ? p->matrix : NULL;
    g->group = group;
    const plast__kernels *k = model->kernels;
    const double largest = error->coef * (double)p->terms.samples *
                           k->max_abs(p->terms.samples * model->populations[group->post].ld, s) *
                           k->max_abs(p->terms.samples * group->ld, x);
    error->largest_gradient = fmax(error->largest_gradient, largest);
    plast__terms_add_rows(&p->terms, add_step, g,
                          optimizer->bound(error->step, error->largest_gradient, plast__largest(model->dtype)));
}

static void emit_rules(const plast__model *model, const plast__group *group, const plast__activities *a,
                       plast__pending *p)
{
    for (int32_t i = 0; i < p->work_count; i++) {
        const plast__attachment *attachment = p->work[i].attachment;
        plast__site *site = &p->work[i].site;
        site->kernels = model->kernels;
        site->dtype = model->dtype;
        site->samples = p->terms.samples;
        site->n_pre = group->cols;
        site->n_post = group->rows;
        site->ld_pre = group->ld;
        site->ld_post = model->populations[group->post].ld;
        site->x = a->of[group->pre].y;
        site->y = a->of[group->post].y;
        site->projection = p->projection;
        site->weight_bound = group->bound;
        site->values = attachment->values;
        attachment->kind->emit(site, &p->terms);
    }
}

/* The largest number that an update may lead to; what is left of the type is for rounding. */
static double limit_of(const plast__model *model)
{
    return plast__largest(model->dtype) * (1.0 - 0x1p-10);
}

static double emit_terms(const plast__model *model, const plast__group *group, const plast__activities *a,
                         plast__error *error, plast__pending *p)
{
    plast__terms_clear(&p->terms, a->rows);
    if (error->optimizer != NULL)
        emit_gradient(model, group, a, error, p);
    emit_rules(model, group, a, p);
    return plast__terms_bound(model, group, &p->terms, group->bound);
}

/* Where nothing learns from it, a signal must be finite all the same. */
static plast_status check_signal(plast_context *context, const plast__model *model, const plast__group *group,
                                 const plast__activities *a, const plast__error *error)
{
    const int64_t n = a->rows * model->populations[group->post].ld;
    if (error->optimizer != NULL && !isfinite(model->kernels->max_abs(n, a->of[group->post].s)))
        return plast__fail(context, PLAST_E_NOT_FINITE, "a signal of population %d is not finite", group->post);
    return PLAST_OK;
}

plast_status plast__emit(plast_context *context, const plast__model *model, plast__group *group,
                         const plast__activities *a, plast__error *error, plast__pending *p)
{
    const double limit = limit_of(model);
    plast__terms_clear(&p->terms, a->rows);
    p->gradient.optimizer = NULL;
    if (group->frozen)
        return check_signal(context, model, group, a, error);
    double bound = emit_terms(model, group, a, error, p);
    if (!(bound < limit / 2.0)) { /* a bound only grows: begin again with what the weights really are */
        plast__group_measure(model, group);
        bound = emit_terms(model, group, a, error, p);
    }
    if (!(bound < limit))
        return plast__fail(context, PLAST_E_NOT_FINITE,
                           "a term of the update of synapses into population %d is not "
                           "finite or would overflow",
                           group->post);
    group->bound = fmax(group->bound, bound); /* still true if this update is refused for another group's sake */
    return PLAST_OK;
}

static double bias_step_bound(const plast__model *model, const plast__population *population,
                              const plast__activity *activity, int64_t samples, plast__error *error)
{
    const double gradient =
        error->coef * (double)samples * model->kernels->max_abs(samples * population->ld, activity->s);
    if (error->optimizer->linear_rate != NULL) {
        const double rate = error->optimizer->linear_rate(error->values);
        return rate < plast__largest(model->dtype) ? rate * gradient : (double)INFINITY;
    }
    error->largest_gradient = fmax(error->largest_gradient, gradient);
    return error->optimizer->bound(error->step, error->largest_gradient, plast__largest(model->dtype));
}

plast_status plast__check_bias(plast_context *context, const plast__model *model, plast__population *population,
                               const plast__activity *activity, int64_t samples, plast__error *error)
{
    const double limit = limit_of(model);
    if (!population->has_bias || population->frozen || error->optimizer == NULL)
        return PLAST_OK;
    const double step = bias_step_bound(model, population, activity, samples, error);
    if (!(population->bound + step < limit / 2.0))
        population->bound = model->kernels->max_abs(population->ld, population->bias);
    if (!(population->bound + step < limit))
        return plast__fail(context, PLAST_E_NOT_FINITE, "the step of a bias is not finite or would overflow");
    population->bound += step;
    return PLAST_OK;
}

void plast__step_bias(const plast__model *model, plast__population *population, const plast__activity *activity,
                      int64_t samples, const plast__error *error, void *work)
{
    const plast__kernels *k = model->kernels;
    const plast__optimizer_kind *optimizer = error->optimizer;
    const int64_t n = population->units;
    void *gradient = work, *delta = plast__at(model->dtype, work, population->ld);
    if (!population->has_bias || population->frozen || optimizer == NULL)
        return;
    memset(gradient, 0, (size_t)(n * plast__size(model->dtype)));
    for (int64_t b = 0; b < samples; b++)
        k->add_scaled(n, error->coef, plast__at_const(model->dtype, activity->s, b * population->ld), gradient);
    if (optimizer->linear_rate != NULL) {
        k->add_scaled(n, -optimizer->linear_rate(error->values), gradient, population->bias);
        return;
    }
    optimizer->step(k, error->step, n, gradient, population->moment, delta);
    k->add_scaled(n, 1.0, delta, population->bias);
}
