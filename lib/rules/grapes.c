/* SPDX-License-Identifier: MIT
 *
 * GRAPES (Dellaferrera, Wozniak, Indiveri, Pantazi & Eleftheriou 2022): the error of a unit is multiplied by the
 * importance of its weights, the sum of their absolute values over the largest such sum of the layer. Equations in
 * plasticity/rule.h, sources in docs/rules.md. */
#include "base/scalar.h"
#include "core/pending.h"

#include <math.h>

enum { LOCAL, UNCLIPPED, OUTGOING, PER_SYNAPSE, CONTROL, REFRESH };
enum { NONE, MEAN, RATE }; /* controls */

#define SWITCH 0.0, 0.0, 1.0, PLAST_PARAMETER_WHOLE

static const plast__parameter parameters[] = {
    [LOCAL] = { "local", "1", "0 = the factor comes down with the error, 1 = it stays in its layer", SWITCH },
    [UNCLIPPED] = { "unclipped", "1", "1 = factors below 1 are left as they are", SWITCH },
    [OUTGOING] = { "outgoing", "1", "importance is that of: 0 incoming, 1 outgoing weights", SWITCH },
    [PER_SYNAPSE] = { "per_synapse", "1", "1 = times the factor of the presynaptic unit; plain in the first layer",
                      SWITCH },
    [CONTROL] = { "control", "1", "0 = none, 1 = the layer's mean factor for all, 2 = that multiplies the rate", 0.0,
                  0.0, 2.0, PLAST_PARAMETER_WHOLE },
    [REFRESH] = { "refresh", "updates", "the factor is taken anew after so many", 1.0, 1.0, INT32_MAX,
                  PLAST_PARAMETER_WHOLE },
};

static plast_status check(plast_context *context, const double *values)
{
    if (values[PER_SYNAPSE] == 0.0)
        return PLAST_OK;
    if (values[LOCAL] == 0.0 || values[OUTGOING] == 0.0)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "rule \"grapes\": per_synapse needs local = 1 and outgoing = 1, they are %g and %g",
                           values[LOCAL], values[OUTGOING]);
    if (values[REFRESH] != 1.0)
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "rule \"grapes\": per_synapse keeps no factors: refresh is %g, expected 1", values[REFRESH]);
    return PLAST_OK;
}

static plast_status suits(plast_context *context, const double *values, const plast__place *place)
{
    if (place->output)
        return plast__fail(
            context, PLAST_E_INVALID,
            "layer %d is the output, whose error rule \"grapes\" leaves as it is: it is for hidden layers",
            place->layer);
    if (place->apart && values[LOCAL] == 0.0)
        return plast__fail(
            context, PLAST_E_UNSUPPORTED,
            "layer %d: under feedback \"%s\" no error comes down from one layer's signal to the next, rule "
            "\"grapes\" is defined there with local = 1 only",
            place->layer, place->feedback);
    if (place->gated || (place->stateful && (values[OUTGOING] != 0.0 || values[PER_SYNAPSE] != 0.0)))
        return plast__fail(context, PLAST_E_UNSUPPORTED,
                           "layer %d has a state: rule \"grapes\" is defined there for incoming weights of cells "
                           "without gates",
                           place->layer);
    return PLAST_OK;
}

/* None has been taken yet while all are 0: the largest is at least 1. */
static int is_due(const plast__modulation *m, const plast__site *site)
{
    return m->updates % (uint64_t)site->values[REFRESH] == 0 || site->kernels->max_abs(site->n_post, site->slow) == 0.0;
}

static int ends_here(const plast__group *other, const plast__group *group)
{
    return other->post == group->post;
}

static int starts_here(const plast__group *other, const plast__group *group)
{
    return other->pre == group->post;
}

static void expect(const plast__modulation *m, const plast__group *group, plast__site *site)
{
    site->factor = NULL;
    if (!is_due(m, site))
        return;
    for (int32_t i = 0; i < m->groups; i++) {
        const plast__group *other = &m->model->groups[i];
        if (site->values[OUTGOING] == 0.0 && ends_here(other, group))
            m->pending[i].sums |= PLAST__ROW_SUMS;
        if (site->values[OUTGOING] != 0.0 && starts_here(other, group))
            m->pending[i].sums |= PLAST__COLUMN_SUMS;
        if (site->values[PER_SYNAPSE] != 0.0 && other == group)
            m->pending[i].sums |= PLAST__COLUMN_SUMS;
    }
}

static void fill(const plast__site *site, int64_t n, double value, void *out)
{
    for (int64_t i = 0; i < n; i++)
        plast__set(site->dtype, out, i, value);
}

/* From importances, in place; NaN, which no update survives, when a sum is beyond the type. */
static void to_factors(const plast__site *site, int64_t n, void *sums)
{
    const double largest = site->kernels->max_abs(n, sums);
    if (largest > 0.0 && isfinite(largest))
        site->kernels->relative(n, largest, site->values[UNCLIPPED] != 0.0 ? 0.0 : 1.0, sums, sums);
    else
        fill(site, n, largest == 0.0 ? 1.0 : (double)NAN, sums);
}

static double mean_of(const plast__site *site, int64_t n, const void *factor)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += plast__get(site->dtype, factor, i);
    return sum / (double)n;
}

/* The sum over all groups on one side of the population, of their rows' or of their columns' sums. */
static void add_importance(const plast__modulation *m, const plast__group *group, const plast__site *site, void *sum)
{
    const int outgoing = site->values[OUTGOING] != 0.0;
    int32_t count = outgoing ? 0 : 1; /* `sum` holds those of the group's own rows */
    for (int32_t i = 0; i < m->groups; i++) {
        const plast__group *other = &m->model->groups[i];
        if (outgoing ? !starts_here(other, group) : other == group || !ends_here(other, group))
            continue;
        const void *part = outgoing ? m->pending[i].column_sums : m->pending[i].row_sums;
        if (count++ == 0)
            site->kernels->scale(site->n_post, 1.0, part, sum);
        else
            site->kernels->add_scaled(site->n_post, 1.0, part, sum);
    }
}

/* The published form per synapse is plain in the first layer, and the last hidden one has only the presynaptic
 * factor. */
static int has_none(const plast__modulation *m, const plast__group *group, const plast__site *site)
{
    int last = 0;
    for (int32_t i = 0; i < m->groups; i++)
        last = last || (starts_here(&m->model->groups[i], group) && m->model->groups[i].post == m->model->output);
    return site->values[PER_SYNAPSE] != 0.0 && (group->pre == 0 || last);
}

/* A control has the mean in every place. */
static void take(const plast__modulation *m, const plast__group *group, const plast__site *site, void *factor)
{
    if (site->samples > 1)
        for (int32_t i = 0; i < m->groups; i++)
            if (ends_here(&m->model->groups[i], group) || starts_here(&m->model->groups[i], group))
                plast__pending_sum(m->model, &m->model->groups[i], &m->pending[i]);
    if (has_none(m, group, site)) {
        fill(site, site->n_post, 1.0, factor);
        return;
    }
    add_importance(m, group, site, factor);
    to_factors(site, site->n_post, factor);
    if (site->values[CONTROL] != NONE)
        fill(site, site->n_post, mean_of(site, site->n_post, factor), factor);
}

/* out = factor o in, sample by sample; paddings stay 0 */
static void multiply_rows(const plast__site *site, int64_t n, int64_t ld, const void *factor, const void *in, void *out)
{
    for (int64_t b = site->samples - 1; b >= 0; b--)
        site->kernels->multiply(n, plast__at_const(site->dtype, in, b * ld), factor,
                                plast__at(site->dtype, out, b * ld));
}

/* Factors of the presynaptic units by the weights of this very group. They wait in the first sample's row, which is
 * multiplied last. */
static void modulate_presynaptic(plast__modulation *m, const plast__group *group, const plast__site *site)
{
    plast__activity *pre = &m->activities->of[group->pre];
    void *factor = site->pre_work;
    if (group->pre == 0)
        return;
    site->kernels->scale(site->n_pre, 1.0, m->pending[group - m->model->groups].column_sums, factor);
    to_factors(site, site->n_pre, factor);
    if (site->values[CONTROL] == RATE) {
        m->activities->of[group->post].share *= mean_of(site, site->n_pre, factor);
        return;
    }
    if (site->values[CONTROL] == MEAN)
        fill(site, site->n_pre, mean_of(site, site->n_pre, factor), factor);
    multiply_rows(site, site->n_pre, site->ld_pre, factor, site->x, site->pre_work);
    pre->presynaptic = site->pre_work;
}

static void multiply_rate(plast__modulation *m, const plast__group *group, const plast__site *site, const void *factor)
{
    const double mean = plast__get(site->dtype, factor, 0);
    m->activities->of[group->post].share *= mean;
    if (site->values[LOCAL] == 0.0)
        m->share *= mean;
}

/* Gradients that come from traces are whole matrices, or have the signal of the instant on their post side. */
static void modulate_traces(const plast__modulation *m, const plast__group *group, const plast__site *site)
{
    plast__activity *post = &m->activities->of[group->post];
    for (int32_t i = 0; i < m->groups; i++) {
        const plast__group *other = &m->model->groups[i];
        void *gradient = ends_here(other, group) ? m->activities->traces[i].gradient : NULL;
        for (int64_t row = 0; gradient != NULL && row < other->rows; row++)
            site->kernels->scale(other->cols, plast__get(site->dtype, site->factor, row),
                                 plast__at(site->dtype, gradient, row * other->ld),
                                 plast__at(site->dtype, gradient, row * other->ld));
    }
    multiply_rows(site, site->n_post, site->ld_post, site->factor, post->instant, site->post_work_2);
    post->instant = site->post_work_2;
}

/* In its layer alone. */
static void modulate_error(const plast__modulation *m, const plast__group *group, const plast__site *site)
{
    plast__activity *post = &m->activities->of[group->post];
    multiply_rows(site, site->n_post, site->ld_post, site->factor, post->error, site->post_work);
    post->error = site->post_work;
    if (m->stateful && m->activities->tracing)
        modulate_traces(m, group, site);
}

/* A layer with a state is asked twice: a factor that comes down multiplies what arrives from above, once at each step,
 * and never what goes back in time, or it would do so again and again. */
static void modulate(plast__modulation *m, const plast__group *group, plast__site *site)
{
    const int last = !m->stateful || m->arrived == NULL;
    if (m->arrived != NULL || !m->stateful) {
        void *factor = site->slow;
        if (is_due(m, site)) {
            factor = m->pending[group - m->model->groups].row_sums;
            take(m, group, site, factor);
        }
        site->factor = factor;
        if (site->values[CONTROL] == RATE)
            multiply_rate(m, group, site, factor);
    }
    if (site->values[CONTROL] != RATE && site->values[LOCAL] != 0.0 && last)
        modulate_error(m, group, site);
    if (site->values[CONTROL] != RATE && site->values[LOCAL] == 0.0 && (m->arrived != NULL || !m->stateful)) {
        void *signal = m->stateful ? m->arrived : m->activities->of[group->post].s;
        multiply_rows(site, site->n_post, site->ld_post, site->factor, signal, signal);
    }
    if (!last)
        return;
    if (site->values[PER_SYNAPSE] != 0.0)
        modulate_presynaptic(m, group, site);
}

static void commit(const plast__site *site)
{
    if (site->factor != NULL && site->factor != site->slow)
        site->kernels->scale(site->n_post, 1.0, site->factor, site->slow);
}

const plast__rule_kind plast__rule_grapes = {
    .parameters = { "rule", "grapes", parameters, sizeof parameters / sizeof parameters[0] },
    .needs = PLAST__NEEDS_POST_WORK | PLAST__NEEDS_POST_WORK_2 | PLAST__NEEDS_PRE_WORK,
    .expect = expect,
    .modulate = modulate,
    .suits = suits,
    .check = check,
    .slow = "factor",
    .commit = commit,
};
