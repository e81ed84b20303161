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

static int create_buffers(const plast__model *model, const plast__group *group,
                          const plast__optimizer_kind *optimizer, plast__pending *p)
{
    plast_context *context = model->context;
    const int64_t size = plast__size(model->dtype);
    p->factor = plast__allocate(context, model->populations[group->post].ld, size);
    p->one = plast__allocate(context, 1, size);
    if (p->factor == NULL || p->one == NULL)
        return 0;
    plast__set(model->dtype, p->one, 0, 1.0);
    if (wants_projection(group)) {
        p->projection = plast__allocate_rows(context, p->batch, group->ld, size);
        if (p->projection == NULL)
            return 0;
    }
    if (!wants_rows(group, optimizer))
        return 1;
    p->increment = plast__allocate(context, group->ld, size);
    p->gradient.row = plast__allocate(context, group->ld, size);
    p->gradient.delta = plast__allocate(context, group->ld, size);
    if (p->batch > 1)
        p->matrix = plast__allocate_rows(context, group->rows, group->ld, size);
    return p->increment != NULL && p->gradient.row != NULL && p->gradient.delta != NULL &&
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
    void *const arrays[] = { p->work, p->projection, p->factor, p->increment, p->matrix, p->one, p->gradient.row,
                             p->gradient.delta };
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

/* Moves the sweep's row-wise pointers from row 0 to row `first`. */
static void at_row(const plast__model *model, const plast__group *group, const plast__sweep *whole, int64_t first,
                   int64_t rows, plast__sweep *part)
{
    const int32_t dtype = model->dtype;
    *part = *whole;
    part->w = plast__at(dtype, whole->w, first * group->ld);
    part->rows = rows;
    if (whole->factor != NULL)
        part->factor = plast__at_const(dtype, whole->factor, first);
    for (int32_t i = 0; i < whole->terms; i++)
        part->u[i] = plast__at_const(dtype, whole->u[i], first);
    if (whole->bias != NULL)
        part->bias = plast__at_const(dtype, whole->bias, first);
    if (whole->z != NULL)
        part->z = plast__at(dtype, whole->z, first);
}

static void sweep_by_row(const plast__model *model, const plast__group *group, plast__pending *p,
                         const plast__sweep *whole, int64_t first, int64_t rows)
{
    for (int64_t i = first; i < first + rows; i++) {
        plast__sweep one;
        row_increment(model, group, p, i, p->increment);
        at_row(model, group, whole, i, 1, &one);
        one.coef[one.terms] = 1.0;
        one.u[one.terms] = p->one;
        one.v[one.terms++] = p->increment;
        model->kernels->sweep(&one);
    }
}

void plast__pending_sweep(const plast__model *model, const plast__group *group, plast__pending *p, int64_t first,
                          int64_t rows, const void *x, const void *bias, void *z)
{
    plast__sweep whole = { .w = group->weights,
                           .ld = group->ld,
                           .rows = group->rows,
                           .cols = group->ld, /* the padding is 0 on both sides: no remainder to treat */
                           .x = x,
                           .bias = bias,
                           .z = z };
    plast__sweep part;
    const int waits = p != NULL && p->waits;
    if (waits) {
        whole.factor = factor(model, group, p);
        whole.terms = p->terms.ranks;
        for (int32_t i = 0; i < whole.terms; i++) {
            whole.coef[i] = p->terms.rank[i].coef;
            whole.u[i] = p->terms.rank[i].u;
            whole.v[i] = p->terms.rank[i].v;
        }
    }
    if (waits && p->terms.row_sources > 0) {
        sweep_by_row(model, group, p, &whole, first, rows);
        return;
    }
    at_row(model, group, &whole, first, rows, &part);
    model->kernels->sweep(&part);
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

void plast__pending_apply(const plast__model *model, const plast__group *group, plast__pending *p)
{
    if (!p->waits)
        return;
    if (p->terms.samples > 1)
        apply_batch(model, group, p);
    else
        plast__pending_sweep(model, group, p, 0, group->rows, NULL, NULL, NULL);
    p->waits = 0;
}
