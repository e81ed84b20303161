/* SPDX-License-Identifier: MIT */
#include "core/emit.h"

#include "base/scalar.h"

#include <math.h>
#include <string.h>

static void shape_gradient(const plast__kernels *kernels, const plast__shape *shape, int64_t n, void *g)
{
    if (shape->clip > 0.0)
        kernels->clamp(n, -shape->clip, shape->clip, g, g);
    if (shape->sign)
        kernels->sign(n, 1.0, g, NULL, g);
}

/* Row source of an optimizer that is not linear. */
static void add_step(void *self, int64_t row, const void *old_weights, void *increment)
{
    plast__gradient *g = self;
    const plast__group *group = g->group;
    void *moment[PLAST__MOMENTS];
    (void)old_weights;
    if (g->matrix != NULL)
        g->kernels->scale(group->cols, g->given ? g->coef : 1.0, plast__at_const(g->dtype, g->matrix, row * group->ld),
                          g->row);
    else
        g->kernels->scale(group->cols, g->coef * plast__get(g->dtype, g->u, row), g->v, g->row);
    shape_gradient(g->kernels, &g->shape, group->cols, g->row);
    for (int m = 0; m < PLAST__MOMENTS; m++)
        moment[m] = group->moment[m] == NULL ? NULL : plast__at(g->dtype, group->moment[m], row * group->ld);
    g->optimizer->step(g->kernels, g->step, group->cols, g->row, moment, g->delta);
    g->kernels->add_scaled(group->cols, g->share, g->delta, increment);
}

/* The largest element of a gradient, once shaped; infinite when it, or what is `formed` on the way to it, is beyond the
 * type: no clipping mends that. */
static double shaped(const plast__model *model, const plast__shape *shape, double largest, double formed)
{
    const double limit = plast__largest(model->dtype);
    if (!(largest < limit && formed < limit))
        return (double)INFINITY;
    if (shape->clip > 0.0)
        largest = fmin(largest, shape->clip);
    return shape->sign ? fmin(largest, 1.0) : largest;
}

/* The largest of the errors, `n` numbers, of what ends in a population: its groups and its bias ask for the same. */
static double largest_error(const plast__kernels *k, int64_t n, plast__activity *one)
{
    if (one->largest_error < 0.0)
        one->largest_error = k->max_abs(n, one->error);
    return one->largest_error;
}

/* For the gradient coef sum u v^T of the group. A minibatch's sum is formed before it meets its coefficient. */
static double largest_element(const plast__model *model, const plast__group *group, const plast__gradient *g,
                              plast__activity *known, int64_t samples)
{
    const plast__kernels *k = model->kernels;
    const int64_t n = samples * plast__row_units(model, group)->ld;
    const double sum = g->given ? k->max_abs(group->rows * group->ld, g->matrix)
                                : (double)samples * k->max_abs(samples * group->ld, g->v) *
                                      (known != NULL ? largest_error(k, n, known) : k->max_abs(n, g->u));
    const double largest = fabs(g->coef) * sum;
    return shaped(model, &g->shape, largest, samples > 1 ? sum : largest);
}

/* The optimizer's step for the gradient error->coef * factor * sum u v^T. */
static void emit_gradient(const plast__model *model, const plast__group *group, const plast__drive *drive,
                          plast__error *error, plast__pending *p)
{
    const plast__optimizer_kind *optimizer = error->optimizer;
    if (optimizer->decay != NULL)
        plast__terms_shrink(&p->terms, drive->share * optimizer->decay(error->values));
    if (!plast__optimizer_by_rows(optimizer, error->values) && drive->matrix == NULL) {
        plast__terms_add_rank(&p->terms,
                              -optimizer->linear_rate(error->values) * error->coef * drive->factor * drive->share,
                              drive->u, drive->v);
        return;
    }
    plast__gradient *g = &p->gradient;
    g->optimizer = optimizer;
    g->step = error->step;
    g->kernels = model->kernels;
    g->dtype = model->dtype;
    g->shape = plast__shape_of(optimizer, error->values);
    g->coef = error->coef * drive->factor;
    g->share = drive->share;
    g->u = drive->u;
    g->v = drive->v;
    g->given = drive->matrix != NULL;
    g->matrix = g->given ? drive->matrix : p->terms.samples > 1 ? p->matrix : NULL;
    g->group = group;
    error->largest_gradient =
        fmax(error->largest_gradient, largest_element(model, group, g, drive->known, p->terms.samples));
    plast__terms_add_rows(&p->terms, add_step, g,
                          fabs(drive->share) *
                              optimizer->bound(error->step, error->largest_gradient, plast__largest(model->dtype)));
}

plast__site *plast__site_of(const plast__model *model, const plast__group *group, const plast__activities *a,
                            plast__pending *p, int32_t rule)
{
    const plast__attachment *attachment = p->work[rule].attachment;
    plast__site *site = &p->work[rule].site;
    site->kernels = model->kernels;
    site->dtype = model->dtype;
    site->samples = a->rows;
    site->n_pre = group->cols;
    site->n_post = group->rows;
    site->ld_pre = group->ld;
    site->ld_post = model->populations[group->post].ld;
    site->x = plast__pre_activity(model, a, group);
    site->y = a->of[group->post].y;
    site->z = a->of[group->post].z;
    site->bias = model->populations[group->post].bias;
    site->s = a->of[group->post].s;
    site->s_pre = a->of[group->pre].s;
    site->slow = attachment->slow;
    site->projection = p->projection;
    site->weight_bound = group->bound;
    site->values = attachment->values;
    return site;
}

static void emit_rules(const plast__model *model, const plast__group *group, const plast__activities *a,
                       plast__pending *p)
{
    for (int32_t i = 0; i < p->work_count; i++) {
        plast__site *site = plast__site_of(model, group, a, p, i);
        if (p->work[i].attachment->kind->emit != NULL)
            p->work[i].attachment->kind->emit(site, &p->terms);
    }
}

/* The largest number that an update may lead to; what is left of the type is for rounding. */
static double limit_of(const plast__model *model)
{
    return plast__largest(model->dtype) * (1.0 - 0x1p-10);
}

static void begin_terms(plast__pending *p, int64_t samples)
{
    plast__terms_clear(&p->terms, samples);
    p->gradient.optimizer = NULL;
    p->partner = NULL;
}

/* The partner takes what comes from the error, and what the rules do where it mirrors them. */
static void tie(const plast__model *model, const plast__group *group, plast__pending *p)
{
    plast__group *partner = group->partner > 0 ? &model->groups[group->partner] : NULL;
    p->partner = partner == NULL || partner->frozen ? NULL : partner;
    p->tied = p->partner == NULL ? (plast__extent){ .shrink = 0.0 } : plast__terms_extent(&p->terms);
}

plast__drive plast__gradient_of(const plast__model *model, const plast__group *group, const plast__activities *a)
{
    plast__drive drive = { .u = a->of[group->post].error,
                           .v = plast__pre_error(model, a, group),
                           .known = &a->of[group->post],
                           .factor = 1.0,
                           .share = a->of[group->post].share };
    const int64_t index = group - model->groups;
    if (!a->tracing || index >= a->trace_count)
        return drive;
    const plast__trace *trace = &a->traces[index];
    if (trace->filtered != NULL) {
        drive.u = a->of[group->post].instant;
        drive.known = NULL;
        drive.v = trace->filtered;
    }
    drive.matrix = trace->gradient;
    return drive;
}

static void emit_terms(const plast__model *model, const plast__group *group, const plast__activities *a,
                       plast__error *error, plast__pending *p)
{
    const plast__drive drive = plast__gradient_of(model, group, a);
    begin_terms(p, a->rows);
    if (error->optimizer != NULL) {
        emit_gradient(model, group, &drive, error, p);
        plast__terms_shrink(&p->terms, group->decay);
    }
    p->of_error = plast__terms_extent(&p->terms);
    tie(model, group, p);
    emit_rules(model, group, a, p);
    if (group->mirror)
        tie(model, group, p);
}

/* Where nothing learns from it, a signal must be finite all the same. */
static plast_status check_signal(plast_context *context, const plast__model *model, const plast__group *group,
                                 const plast__activities *a, const plast__error *error)
{
    const int64_t n = a->rows * model->populations[group->post].ld;
    if (error->optimizer != NULL && !isfinite(model->kernels->max_abs(n, a->of[group->post].error)))
        return plast__fail(context, PLAST_E_NOT_FINITE, "a signal of layer %d is not finite", group->layer);
    return PLAST_OK;
}

/* Whether a group within its bound stays below `limit`. The bound is raised then, and is still true if this update is
 * refused for another group's sake. */
static int fits(const plast__model *model, plast__group *group, const plast__terms *terms, const plast__extent *extent,
                double limit)
{
    const double bound = plast__terms_bound(model, group, terms, extent, group->bound);
    if (bound < limit)
        group->bound = fmax(group->bound, bound);
    return bound < limit;
}

static int both_fit(const plast__model *model, plast__group *group, const plast__pending *p, double limit)
{
    const plast__extent all = plast__terms_extent(&p->terms);
    return fits(model, group, &p->terms, &all, limit) &&
           (p->partner == NULL || fits(model, &model->groups[group->partner], &p->terms, &p->tied, limit));
}

/* A bound only grows: near the limit, what the weights really are counts. */
static void measure_both(const plast__model *model, plast__group *group, const plast__pending *p)
{
    plast__group_measure(model, group);
    if (p->partner != NULL)
        plast__group_measure(model, &model->groups[group->partner]);
}

static plast_status too_large(plast_context *context, const plast__group *group)
{
    return plast__fail(context, PLAST_E_NOT_FINITE,
                       "layer %d, synapses \"%s\": a term of the update is not finite or would overflow", group->layer,
                       group->name);
}

plast_status plast__emit(plast_context *context, const plast__model *model, plast__group *group,
                         const plast__activities *a, plast__error *error, plast__pending *p)
{
    begin_terms(p, a->rows);
    if (group->frozen)
        return check_signal(context, model, group, a, error);
    emit_terms(model, group, a, error, p);
    if (both_fit(model, group, p, limit_of(model) / 2.0))
        return PLAST_OK;
    measure_both(model, group, p);
    emit_terms(model, group, a, error, p);
    return both_fit(model, group, p, limit_of(model)) ? PLAST_OK : too_large(context, group);
}

plast_status plast__emit_drive(plast_context *context, const plast__model *model, plast__group *group, int64_t samples,
                               const plast__drive *drive, plast__error *error, plast__pending *p)
{
    begin_terms(p, samples);
    if (group->frozen)
        return PLAST_OK;
    if (error->optimizer != NULL) {
        emit_gradient(model, group, drive, error, p);
        plast__terms_shrink(&p->terms, drive->decay);
    }
    plast__terms_shrink(&p->terms, drive->mirrored_shrink);
    for (int32_t i = 0; i < drive->mirrored_ranks; i++)
        p->terms.rank[p->terms.ranks++] = drive->mirrored[i];
    if (drive->tied)
        tie(model, group, p);
    if (both_fit(model, group, p, limit_of(model) / 2.0))
        return PLAST_OK;
    measure_both(model, group, p);
    return both_fit(model, group, p, limit_of(model)) ? PLAST_OK : too_large(context, group);
}

static double bias_step_bound(const plast__model *model, int32_t index, const plast__activities *a, plast__error *error)
{
    plast__activity *activity = &a->of[index];
    const int64_t samples = plast__error_rows(model, a, index);
    const double gradient =
        error->coef * (double)samples * largest_error(model->kernels, samples * model->populations[index].ld, activity);
    if (!plast__optimizer_by_rows(error->optimizer, error->values)) {
        const double rate = activity->share * error->optimizer->linear_rate(error->values);
        return rate < plast__largest(model->dtype) ? rate * gradient : (double)INFINITY;
    }
    const plast__shape shape = plast__shape_of(error->optimizer, error->values);
    error->largest_gradient = fmax(error->largest_gradient, shaped(model, &shape, gradient, gradient));
    return activity->share *
           error->optimizer->bound(error->step, error->largest_gradient, plast__largest(model->dtype));
}

plast_status plast__check_bias(plast_context *context, const plast__model *model, int32_t index,
                               const plast__activities *a, plast__error *error)
{
    plast__population *population = &model->populations[index];
    const double limit = limit_of(model);
    if (!population->has_bias || population->frozen || error->optimizer == NULL)
        return PLAST_OK;
    const double step = bias_step_bound(model, index, a, error);
    if (!(population->bound + step < limit / 2.0))
        population->bound = model->kernels->max_abs(population->ld, population->bias);
    if (!(population->bound + step < limit))
        return plast__fail(context, PLAST_E_NOT_FINITE, "the step of a bias is not finite or would overflow");
    population->bound += step;
    return PLAST_OK;
}

void plast__step_bias(const plast__model *model, int32_t index, const plast__activities *a, const plast__error *error,
                      void *work)
{
    const plast__kernels *k = model->kernels;
    const plast__optimizer_kind *optimizer = error->optimizer;
    const plast__population *population = &model->populations[index];
    const plast__activity *activity = &a->of[index];
    const int64_t n = population->units;
    void *gradient = work, *delta = plast__at(model->dtype, work, population->ld);
    if (!population->has_bias || population->frozen || optimizer == NULL)
        return;
    memset(gradient, 0, (size_t)(n * plast__size(model->dtype)));
    for (int64_t b = 0; b < plast__error_rows(model, a, index); b++)
        k->add_scaled(n, error->coef, plast__at_const(model->dtype, activity->error, b * population->ld), gradient);
    if (!plast__optimizer_by_rows(optimizer, error->values)) {
        k->add_scaled(n, -optimizer->linear_rate(error->values) * activity->share, gradient, population->bias);
        return;
    }
    const plast__shape shape = plast__shape_of(optimizer, error->values);
    shape_gradient(k, &shape, n, gradient);
    optimizer->step(k, error->step, n, gradient, (void *const *)population->moment, delta);
    k->add_scaled(n, activity->share, delta, population->bias);
}
