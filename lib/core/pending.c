/* SPDX-License-Identifier: MIT */
#include "core/pending.h"

#include "base/memory.h"
#include "base/scalar.h"
#include "linalg/blas.h"

#include <string.h>

static int create_work(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const int64_t size = plast__size(model->dtype), post_ld = model->populations[group->post].ld;
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next)
        p->work_count++;
    p->work = plast__allocate(model->context, p->work_count, sizeof *p->work);
    if (p->work == NULL)
        return 0;
    int32_t i = 0;
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next, i++) {
        plast__site *site = &p->work[i].site;
        p->work[i].attachment = a;
        if (a->kind->needs & PLAST__NEEDS_POST_WORK)
            site->post_work = plast__allocate_rows(model->context, p->batch, post_ld, size);
        if (a->kind->needs & PLAST__NEEDS_PRE_WORK)
            site->pre_work = plast__allocate_rows(model->context, p->batch, group->ld, size);
        if (((a->kind->needs & PLAST__NEEDS_POST_WORK) && site->post_work == NULL) ||
            ((a->kind->needs & PLAST__NEEDS_PRE_WORK) && site->pre_work == NULL))
            return 0;
    }
    return 1;
}

static int wants_projection(const plast__group *group)
{
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next)
        if (a->kind->needs & PLAST__NEEDS_PROJECTION)
            return 1;
    return 0;
}

static int wants_rows(const plast__group *group, const plast__optimizer_kind *optimizer)
{
    int wanted = optimizer != NULL && optimizer->linear_rate == NULL;
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next)
        wanted = wanted || a->kind->row_sources > 0;
    return wanted;
}

static int create_buffers(const plast__model *model, const plast__group *group, const plast__optimizer_kind *optimizer,
                          plast__pending *p)
{
    plast_context *context = model->context;
    const int64_t size = plast__size(model->dtype);
    p->factor = plast__allocate(context, model->populations[group->post].ld, size);
    if (p->factor == NULL)
        return 0;
    if (wants_projection(group)) {
        p->projection = plast__allocate_rows(context, p->batch, group->ld, size);
        if (p->projection == NULL)
            return 0;
    }
    if (!wants_rows(group, optimizer))
        return 1;
    p->ones = plast__allocate(context, group->rows, size);
    p->increment = plast__allocate(context, group->ld, size);
    p->gradient.row = plast__allocate(context, group->ld, size);
    p->gradient.delta = plast__allocate(context, group->ld, size);
    if (p->batch > 1)
        p->matrix = plast__allocate_rows(context, group->rows, group->ld, size);
    for (int64_t i = 0; p->ones != NULL && i < group->rows; i++)
        plast__set(model->dtype, p->ones, i, 1.0);
    return p->ones != NULL && p->increment != NULL && p->gradient.row != NULL && p->gradient.delta != NULL &&
           (p->batch == 1 || p->matrix != NULL);
}

plast_status plast__pending_create(const plast__model *model, const plast__group *group,
                                   const plast__optimizer_kind *optimizer, int64_t batch, plast__pending *p)
{
    *p = (plast__pending){ .batch = batch };
    if (create_work(model, group, p) && create_buffers(model, group, optimizer, p))
        return PLAST_OK;
    plast__pending_destroy(model->context, p);
    return plast__no_memory(model->context, "pending terms");
}

void plast__pending_destroy(plast_context *context, plast__pending *p)
{
    for (int32_t i = 0; p->work != NULL && i < p->work_count; i++) {
        plast__release(context, p->work[i].site.post_work);
        plast__release(context, p->work[i].site.pre_work);
    }
    void *const arrays[] = { p->work,   p->projection, p->factor,       p->increment,
                             p->matrix, p->ones,       p->gradient.row, p->gradient.delta };
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        plast__release(context, arrays[i]);
    *p = (plast__pending){ .waits = 0 };
}

/* Fills the row factors, unless they already hold this value. */
static const void *factor(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const double value = 1.0 - p->terms.shrink;
    if (p->terms.shrink == 0.0)
        return NULL;
    if (p->factor_value != value)
        for (int64_t i = 0; i < group->rows; i++)
            plast__set(model->dtype, p->factor, i, value);
    p->factor_value = value;
    return p->factor;
}

static void row_increment(const plast__model *model, const plast__group *group, plast__pending *p, int64_t row,
                          void *increment)
{
    const int64_t size = plast__size(model->dtype);
    const void *old = plast__at_const(model->dtype, group->weights, row * group->ld);
    memset(p->increment, 0, (size_t)(group->cols * size));
    for (int32_t i = 0; i < p->terms.row_sources; i++)
        p->terms.row[i].add(p->terms.row[i].self, row, old, p->increment);
    if (increment != p->increment)
        memcpy(increment, p->increment, (size_t)(group->cols * size));
}

static void sweep_by_row(const plast__model *model, const plast__group *group, plast__pending *p,
                         const plast__sweep *block)
{
    plast__sweep one = *block;
    const int32_t last = one.terms++;
    one.rows = 1;
    one.coef[last] = 1.0;
    one.u[last] = p->ones;
    one.v[last] = p->increment;
    for (one.first = block->first; one.first < block->first + block->rows; one.first++) {
        row_increment(model, group, p, one.first, p->increment);
        model->kernels->sweep(&one);
    }
}

plast__sweep plast__pending_pass(const plast__model *model, const plast__group *group, plast__pending *p)
{
    /* The padding is 0 on both sides: with ld for cols there is no remainder to treat. */
    plast__sweep pass = { .w = group->weights, .ld = group->ld, .rows = group->rows, .cols = group->ld };
    if (p == NULL || !p->waits)
        return pass;
    pass.factor = factor(model, group, p);
    pass.terms = p->terms.ranks;
    for (int32_t i = 0; i < pass.terms; i++) {
        pass.coef[i] = p->terms.rank[i].coef;
        pass.u[i] = p->terms.rank[i].u;
        pass.v[i] = p->terms.rank[i].v;
    }
    return pass;
}

void plast__pending_sweep(const plast__model *model, const plast__group *group, plast__pending *p, plast__sweep *pass)
{
    if (p != NULL && p->waits && p->terms.row_sources > 0)
        sweep_by_row(model, group, p, pass);
    else
        model->kernels->sweep(pass);
}

/* Rows' own increments of a minibatch, all from the old weights, into the matrix. The optimizer's row source reads its
 * gradient from the same row just before. */
static void collect_rows(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const plast__gradient *g = &p->gradient;
    if (g->optimizer != NULL)
        plast__gemm(model->dtype, group->rows, group->cols, p->terms.samples, g->coef,
                    (plast__operand){ g->s, model->populations[group->post].ld, 1 },
                    (plast__operand){ g->x, group->ld, 0 }, 0.0, p->matrix, group->ld);
    for (int64_t i = 0; i < group->rows; i++)
        row_increment(model, group, p, i, plast__at(model->dtype, p->matrix, i * group->ld));
}

static void apply_batch(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const plast__kernels *k = model->kernels;
    if (p->terms.row_sources > 0)
        collect_rows(model, group, p);
    if (p->terms.shrink != 0.0)
        k->scale(group->rows * group->ld, 1.0 - p->terms.shrink, group->weights, group->weights);
    if (p->terms.row_sources > 0)
        k->add_scaled(group->rows * group->ld, 1.0, p->matrix, group->weights);
    for (int32_t i = 0; i < p->terms.ranks; i++) {
        const plast__rank *r = &p->terms.rank[i];
        plast__gemm(model->dtype, group->rows, group->cols, p->terms.samples, r->coef,
                    (plast__operand){ r->u, model->populations[group->post].ld, 1 },
                    (plast__operand){ r->v, group->ld, 0 }, 1.0, group->weights, group->ld);
    }
}

static void apply_one(const plast__model *model, const plast__group *group, plast__pending *p)
{
    plast__sweep pass = plast__pending_pass(model, group, p);
    plast__pending_sweep(model, group, p, &pass);
}

void plast__pending_apply(const plast__model *model, const plast__group *group, plast__pending *p)
{
    if (!p->waits)
        return;
    if (p->terms.samples > 1)
        apply_batch(model, group, p);
    else
        apply_one(model, group, p);
    p->waits = 0;
}
