/* SPDX-License-Identifier: MIT */
#include "core/pending.h"

#include "base/memory.h"
#include "base/scalar.h"
#include "linalg/blas.h"

#include <math.h>
#include <string.h>

enum { SUMMED = 14 * 1024 };     /* bytes of rows that are swept, then summed */
enum { FINISHED_TOGETHER = 16 }; /* rows */

/* The memory that an attachment asks for; what could not be had is missing. */
static int create_site_work(const plast__model *model, const plast__group *group, int64_t batch, int32_t needs,
                            plast__site *site)
{
    const int64_t post_ld = model->populations[group->post].ld;
    const struct {
        int32_t need;
        int64_t ld;
        void **work;
    } wanted[] = { { PLAST__NEEDS_POST_WORK, post_ld, &site->post_work },
                   { PLAST__NEEDS_POST_WORK_2, post_ld, &site->post_work_2 },
                   { PLAST__NEEDS_PRE_WORK, group->ld, &site->pre_work },
                   { PLAST__NEEDS_PRE_WORK_2, group->ld, &site->pre_work_2 } };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (!(needs & wanted[i].need))
            continue;
        *wanted[i].work = plast__allocate_rows(model->context, batch, wanted[i].ld, plast__size(model->dtype));
        if (*wanted[i].work == NULL)
            return 0;
    }
    return 1;
}

static int create_work(const plast__model *model, const plast__group *group, plast__pending *p)
{
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next)
        p->work_count++;
    p->work = plast__allocate(model->context, p->work_count, sizeof *p->work);
    if (p->work == NULL)
        return 0;
    int32_t i = 0;
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next, i++) {
        p->work[i].attachment = a;
        if (!create_site_work(model, group, p->batch, a->kind->needs, &p->work[i].site))
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

static int wants_rows(const plast__group *group, int by_rows)
{
    int wanted = by_rows;
    for (const plast__attachment *a = group->rules; a != NULL; a = a->next)
        wanted = wanted || a->kind->row_sources > 0;
    return wanted;
}

static int create_mirrored(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const int64_t size = plast__size(model->dtype);
    int64_t room = 0;
    for (const plast__attachment *a = model->groups[group->leader].rules; a != NULL; a = a->next)
        room += a->kind->ranks * p->batch;
    p->mirrored_u = plast__allocate_rows(model->context, room, plast__row_units(model, group)->ld, size);
    p->mirrored_v = plast__allocate_rows(model->context, room, group->ld, size);
    return p->mirrored_u != NULL && p->mirrored_v != NULL;
}

/* Whether a rule acts on the signals of the population's units. */
static int modulated(const plast__model *model, int32_t population)
{
    for (int32_t i = 0; i < model->group_count; i++)
        for (const plast__attachment *a = model->groups[i].rules; a != NULL; a = a->next)
            if (model->groups[i].post == population && a->kind->modulate != NULL)
                return 1;
    return 0;
}

static int create_sums(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const int64_t size = plast__size(model->dtype);
    const int below = modulated(model, group->pre), here = modulated(model, group->post);
    if (here)
        p->row_sums = plast__allocate(model->context, plast__row_units(model, group)->ld, size);
    if (here || below)
        p->column_sums = plast__allocate(model->context, group->ld, size);
    return (!here || p->row_sums != NULL) && (!(here || below) || p->column_sums != NULL);
}

static int create_buffers(const plast__model *model, const plast__group *group, int by_rows, plast__pending *p)
{
    plast_context *context = model->context;
    const int64_t size = plast__size(model->dtype);
    p->factor = plast__allocate(context, group->rows, size);
    if (group->partner > 0)
        p->tied_factor = plast__allocate(context, group->rows, size);
    if (p->factor == NULL || (group->partner > 0 && p->tied_factor == NULL))
        return 0;
    if (wants_projection(group)) {
        p->projection = plast__allocate_rows(context, p->batch, group->ld, size);
        if (p->projection == NULL)
            return 0;
    }
    if ((group->leader > 0 && !create_mirrored(model, group, p)) || !create_sums(model, group, p))
        return 0;
    if (!wants_rows(group, by_rows))
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

plast_status plast__pending_create(const plast__model *model, const plast__group *group, int by_rows, int64_t batch,
                                   plast__pending *p)
{
    *p = (plast__pending){ .batch = batch };
    if (create_work(model, group, p) && create_buffers(model, group, by_rows, p))
        return PLAST_OK;
    plast__pending_destroy(model->context, p);
    return plast__no_memory(model->context, "pending terms");
}

void plast__pending_destroy(plast_context *context, plast__pending *p)
{
    for (int32_t i = 0; p->work != NULL && i < p->work_count; i++) {
        plast__release(context, p->work[i].site.post_work);
        plast__release(context, p->work[i].site.post_work_2);
        plast__release(context, p->work[i].site.pre_work);
        plast__release(context, p->work[i].site.pre_work_2);
    }
    void *const arrays[] = { p->work,       p->projection, p->factor,        p->tied_factor, p->increment,
                             p->matrix,     p->ones,       p->row_sums,      p->column_sums, p->gradient.row,
                             p->mirrored_u, p->mirrored_v, p->gradient.delta };
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        plast__release(context, arrays[i]);
    *p = (plast__pending){ .waits = 0 };
}

static const void *even_factor(const plast__model *model, const plast__group *group, double shrink, void *factor,
                               double *filled_with)
{
    const double value = 1.0 - shrink;
    if (shrink == 0.0)
        return NULL;
    if (*filled_with != value)
        for (int64_t i = 0; i < group->rows; i++)
            plast__set(model->dtype, factor, i, value);
    *filled_with = value;
    return factor;
}

/* Row factors; NULL = all 1. */
static const void *factor(const plast__model *model, const plast__group *group, plast__pending *p)
{
    if (p->terms.row_shrinks == 0)
        return even_factor(model, group, p->terms.shrink, p->factor, &p->factor_value);
    for (int64_t i = 0; i < group->rows; i++)
        plast__set(model->dtype, p->factor, i, 1.0 - p->terms.shrink);
    for (int32_t k = 0; k < p->terms.row_shrinks; k++)
        model->kernels->add_scaled(group->rows, -p->terms.row_shrink[k].coef, p->terms.row_shrink[k].p, p->factor);
    p->factor_value = (double)NAN;
    return p->factor;
}

static const void *tied_factor(const plast__model *model, const plast__group *group, plast__pending *p,
                               const void *factor)
{
    if (p->tied.shrink == p->terms.shrink && p->tied.row_shrinks == p->terms.row_shrinks)
        return factor;
    return even_factor(model, group, p->tied.shrink, p->tied_factor, &p->tied_factor_value);
}

static void *row_of(const plast__model *model, const plast__group *group, void *matrix, int64_t row)
{
    return plast__at(model->dtype, matrix, row * group->ld);
}

/* Adds what sources first .. last - 1 give for the row. */
static void add_sources(const plast__model *model, const plast__group *group, const plast__terms *terms, int32_t first,
                        int32_t last, int64_t row, void *increment)
{
    const void *old = plast__at_const(model->dtype, group->weights, row * group->ld);
    for (int32_t i = first; i < last; i++)
        terms->row[i].add(terms->row[i].self, row, old, increment);
}

/* The partner's row is multiplied by what rescales the group's. Nothing bounds that beforehand: its bound follows, and
 * entries stay within the type. */
static void scale_partner(const plast__model *model, const plast__group *group, plast__group *partner, int64_t row,
                          double by)
{
    const plast__kernels *k = model->kernels;
    const double limit = plast__largest(model->dtype) * (1.0 - 0x1p-10);
    void *w = row_of(model, group, partner->weights, row);
    const double largest = by * k->max_abs(group->cols, w);
    k->scale(group->cols, by, w, w);
    if (largest > limit)
        k->clamp(group->cols, -limit, limit, w, w);
    partner->bound = fmax(partner->bound, fmin(largest, limit));
}

/* Mask, limits and rescaling of a row that has its terms, the partner's alike. Limits come once more after what could
 * carry weights beyond them. */
static void finish_row(const plast__model *model, const plast__group *group, const plast__pending *p, int64_t row)
{
    const plast__kernels *k = model->kernels;
    plast__group *partner = p->partner;
    void *w = row_of(model, group, group->weights, row);
    plast__group_project_row(model, group, row);
    if (partner != NULL)
        plast__group_project_row(model, partner, row);
    for (int32_t i = 0; i < p->terms.scalings; i++) {
        const double by = p->terms.scaling[i].scale(p->terms.scaling[i].self, row, w);
        k->scale(group->cols, by, w, w);
        if (partner != NULL && i < p->tied.scalings)
            scale_partner(model, group, partner, row, by);
    }
    if (p->terms.scalings > 0 && group->limits != NULL)
        plast__group_project_row(model, group, row);
    if (p->terms.scalings > 0 && partner != NULL && partner->limits != NULL)
        plast__group_project_row(model, partner, row);
}

static int is_constrained(const plast__group *group)
{
    return group != NULL && (group->mask != NULL || group->limits != NULL);
}

static int has_finish(const plast__group *group, const plast__pending *p)
{
    return p->terms.scalings > 0 || is_constrained(group) || is_constrained(p->partner);
}

/* The partner's rows of the block take their terms. */
static void sweep_partner(const plast__model *model, const plast__pending *p, const plast__sweep *block,
                          const void *increment)
{
    plast__sweep pass = *block;
    pass.w = p->partner->weights;
    pass.factor = p->tied_pass_factor;
    pass.terms = p->tied.ranks;
    pass.x = NULL;
    pass.projection = NULL;
    if (increment != NULL) {
        pass.coef[pass.terms] = 1.0;
        pass.u[pass.terms] = p->ones;
        pass.v[pass.terms++] = increment;
    }
    model->kernels->sweep(&pass);
}

/* One row: the rows' own increments, then the sweep. */
static void sweep_row(const plast__model *model, const plast__group *group, plast__pending *p, plast__sweep *one)
{
    const int32_t terms = one->terms;
    memset(p->increment, 0, (size_t)(group->ld * plast__size(model->dtype)));
    add_sources(model, group, &p->terms, 0, p->tied.row_sources, one->first, p->increment);
    if (p->partner != NULL)
        sweep_partner(model, p, one, p->increment);
    add_sources(model, group, &p->terms, p->tied.row_sources, p->terms.row_sources, one->first, p->increment);
    one->coef[terms] = 1.0;
    one->u[terms] = p->ones;
    one->v[terms] = p->increment;
    one->terms = terms + 1;
    model->kernels->sweep(one);
    one->terms = terms;
}

static void sweep_by_row(const plast__model *model, const plast__group *group, plast__pending *p,
                         const plast__sweep *block)
{
    const int finish = has_finish(group, p);
    plast__sweep update = *block, forward = *block;
    update.rows = forward.rows = 1;
    forward.factor = NULL;
    forward.terms = 0;
    if (finish) { /* x sees finished rows */
        update.x = NULL;
        update.projection = NULL;
    }
    for (int64_t row = block->first; row < block->first + block->rows; row++) {
        update.first = forward.first = row;
        sweep_row(model, group, p, &update);
        if (!finish)
            continue;
        finish_row(model, group, p, row);
        if (block->x != NULL)
            model->kernels->sweep(&forward);
    }
}

/* Without increments of the rows' own: a few rows at a time, which the kernel takes together, and which are still in
 * cache when they are finished and multiplied. */
static void sweep_and_finish(const plast__model *model, const plast__group *group, const plast__pending *p,
                             const plast__sweep *block)
{
    const int64_t end = block->first + block->rows;
    plast__sweep update = *block, forward = *block;
    update.x = NULL; /* x sees finished rows */
    update.projection = NULL;
    forward.factor = NULL;
    forward.terms = 0;
    for (int64_t first = block->first; first < end; first += FINISHED_TOGETHER) {
        update.first = forward.first = first;
        update.rows = forward.rows = end - first < FINISHED_TOGETHER ? end - first : FINISHED_TOGETHER;
        if (p->partner != NULL)
            sweep_partner(model, p, &update, NULL);
        model->kernels->sweep(&update);
        for (int64_t row = first; row < first + update.rows; row++)
            finish_row(model, group, p, row);
        if (block->x != NULL)
            model->kernels->sweep(&forward);
    }
}

plast__sweep plast__pending_pass(const plast__model *model, const plast__group *group, plast__pending *p)
{
    /* The padding is 0 on both sides: with ld for cols there is no remainder to treat. */
    plast__sweep pass = { .w = group->weights, .ld = group->ld, .rows = group->rows, .cols = group->ld };
    if (p == NULL || !p->waits)
        return pass;
    pass.factor = factor(model, group, p);
    if (p->partner != NULL)
        p->tied_pass_factor = tied_factor(model, group, p, pass.factor);
    pass.terms = p->terms.ranks;
    for (int32_t i = 0; i < pass.terms; i++) {
        pass.coef[i] = p->terms.rank[i].coef;
        pass.u[i] = p->terms.rank[i].u;
        pass.v[i] = p->terms.rank[i].v;
    }
    return pass;
}

static void sweep_block(const plast__model *model, const plast__group *group, plast__pending *p, plast__sweep *pass)
{
    if (p == NULL || !p->waits) {
        model->kernels->sweep(pass);
    } else if (p->terms.row_sources > 0) {
        sweep_by_row(model, group, p, pass);
    } else if (has_finish(group, p)) {
        sweep_and_finish(model, group, p, pass);
    } else {
        model->kernels->sweep(pass);
        if (p->partner != NULL)
            sweep_partner(model, p, pass, NULL);
    }
}

void plast__pending_sum(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const plast__kernels *k = model->kernels;
    if (p->sums & PLAST__ROW_SUMS)
        k->row_sums(group->weights, group->ld, group->rows, group->ld, p->row_sums);
    if (p->sums & PLAST__COLUMN_SUMS)
        memset(p->column_sums, 0, (size_t)(group->ld * plast__size(model->dtype)));
    if (p->sums & PLAST__COLUMN_SUMS)
        k->column_sums(group->weights, group->ld, group->rows, group->ld, p->column_sums);
    p->sums = 0;
}

/* Sums of columns beside the sweep: of each block of rows once it is finished, while it is in the first-level cache. */
static void sweep_and_sum(const plast__model *model, const plast__group *group, plast__pending *p, plast__sweep *pass)
{
    const int64_t fitting = SUMMED / (group->ld * plast__size(model->dtype)) / 4 * 4, most = fitting < 4 ? 4 : fitting;
    const int64_t end = pass->first + pass->rows;
    plast__sweep block = *pass;
    if (pass->first == 0)
        memset(p->column_sums, 0, (size_t)(group->ld * plast__size(model->dtype)));
    for (; block.first < end; block.first += most) {
        block.rows = end - block.first < most ? end - block.first : most;
        sweep_block(model, group, p, &block);
        model->kernels->column_sums(row_of(model, group, group->weights, block.first), group->ld, block.rows, group->ld,
                                    p->column_sums);
    }
}

void plast__pending_sweep(const plast__model *model, const plast__group *group, plast__pending *p, plast__sweep *pass)
{
    if (p != NULL && p->sums & PLAST__ROW_SUMS)
        pass->sums = p->row_sums;
    if (p != NULL && p->sums & PLAST__COLUMN_SUMS && pass->x != NULL)
        sweep_and_sum(model, group, p, pass);
    else
        sweep_block(model, group, p, pass);
}

/* Adds the increments of sources first .. last - 1 to the matrix, or puts them there when they are the first. The
 * optimizer's source, which comes first of all, reads its gradient from the same row just before. */
static void collect_rows(const plast__model *model, const plast__group *group, plast__pending *p, int32_t first,
                         int32_t last)
{
    const size_t bytes = (size_t)(group->ld * plast__size(model->dtype));
    for (int64_t i = 0; i < group->rows; i++) {
        void *row = row_of(model, group, p->matrix, i);
        memset(p->increment, 0, bytes);
        add_sources(model, group, &p->terms, first, last, i, p->increment);
        if (first == 0)
            memcpy(row, p->increment, bytes);
        else
            model->kernels->add_scaled(group->ld, 1.0, p->increment, row);
    }
}

static void sum_gradient(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const plast__gradient *g = &p->gradient;
    if (g->optimizer != NULL && !g->given)
        plast__gemm(model->dtype, group->rows, group->cols, p->terms.samples, g->coef,
                    (plast__operand){ g->u, plast__row_units(model, group)->ld, 1 },
                    (plast__operand){ g->v, group->ld, 0 }, 0.0, p->matrix, group->ld);
}

/* Factor, increments and rank-one terms of a minibatch for one of the two: the group or its partner. */
static void add_batch(const plast__model *model, const plast__group *group, const plast__pending *p, void *weights,
                      const void *factor, int32_t ranks, int with_matrix)
{
    const plast__kernels *k = model->kernels;
    for (int64_t i = 0; factor != NULL && i < group->rows; i++)
        k->scale(group->ld, plast__get(model->dtype, factor, i), row_of(model, group, weights, i),
                 row_of(model, group, weights, i));
    if (with_matrix)
        k->add_scaled(group->rows * group->ld, 1.0, p->matrix, weights);
    for (int32_t i = 0; i < ranks; i++) {
        const plast__rank *r = &p->terms.rank[i];
        plast__gemm(model->dtype, group->rows, group->cols, p->terms.samples, r->coef,
                    (plast__operand){ r->u, plast__row_units(model, group)->ld, 1 },
                    (plast__operand){ r->v, group->ld, 0 }, 1.0, weights, group->ld);
    }
}

static void apply_batch(const plast__model *model, const plast__group *group, plast__pending *p)
{
    const plast__terms *t = &p->terms;
    const int32_t tied_sources = p->partner == NULL ? 0 : p->tied.row_sources;
    const void *own = factor(model, group, p);
    if (t->row_sources > 0)
        sum_gradient(model, group, p);
    if (tied_sources > 0)
        collect_rows(model, group, p, 0, tied_sources);
    if (p->partner != NULL)
        add_batch(model, group, p, p->partner->weights, tied_factor(model, group, p, own), p->tied.ranks,
                  tied_sources > 0);
    if (t->row_sources > tied_sources)
        collect_rows(model, group, p, tied_sources, t->row_sources);
    add_batch(model, group, p, group->weights, own, t->ranks, t->row_sources > 0);
    for (int64_t i = 0; has_finish(group, p) && i < group->rows; i++)
        finish_row(model, group, p, i);
}

static void apply_one(const plast__model *model, const plast__group *group, plast__pending *p)
{
    plast__sweep pass = plast__pending_pass(model, group, p);
    plast__pending_sweep(model, group, p, &pass);
}

void plast__pending_commit(const plast__pending *p)
{
    for (int32_t i = 0; i < p->work_count; i++)
        if (p->work[i].attachment->kind->commit != NULL)
            p->work[i].attachment->kind->commit(&p->work[i].site);
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
