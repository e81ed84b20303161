/* SPDX-License-Identifier: MIT
 *
 * Initial weights of recurrent networks, made in double as a whole: of low rank, and balanced under Dale's law. */
#include "base/memory.h"
#include "base/random.h"
#include "base/scalar.h"
#include "core/initialise.h"
#include "linalg/spectra.h"

#include <math.h>
#include <string.h>

static const double EXCITATORY = 0.8, CONNECTED = 0.99;

static void store(const plast__model *model, const plast__group *g, double scale, const double *made, void *weights)
{
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t j = 0; j < g->cols; j++)
            plast__set(model->dtype, weights, i * g->ld + j, scale * made[i * g->cols + j]);
}

plast_status plast__draw_low_rank(const plast__model *model, const plast__group *group, void *weights)
{
    const double rank = group->initialiser.param == 0.0 ? 1.0 : group->initialiser.param;
    const int64_t most = group->rows < group->cols ? group->rows : group->cols;
    if (rank > (double)most)
        return plast__fail(model->context, PLAST_E_RANGE,
                           "init_param (the rank) is %g, expected at most %lld, for weights of %lld x %lld units", rank,
                           (long long)most, (long long)group->rows, (long long)group->cols);
    double *made = plast__allocate_rows(model->context, group->rows, group->cols, sizeof *made);
    if (made == NULL)
        return plast__no_memory(model->context, "a matrix of low rank");
    plast__draw_normal(model, group, made);
    /* LAPACK sees the transpose, which is cut alike. */
    const plast_status status = plast__cut_rank(model->context, group->cols, group->rows, (int64_t)rank, made);
    if (status == PLAST_OK)
        store(model, group, group->initialiser.gain / sqrt((double)group->cols), made, weights);
    plast__release(model->context, made);
    return status;
}

/* |N(0, 1)| with the sign of the pre unit, some missing, none from a unit to itself. */
static void draw_signed(const plast__model *model, const plast__group *g, int64_t excitatory, double *w)
{
    const int64_t n = g->cols;
    double chance[2] = { 0.0, 0.0 }, pair[2];
    for (int64_t k = 0; k < n * n; k++) {
        if (k % 2 == 0)
            plast__uniform_pair(model->seed, g->stream, (uint64_t)(k / 2), chance);
        if (chance[k % 2] >= CONNECTED || k / n == k % n)
            continue;
        plast__normal_pair(model->seed, g->stream, (uint64_t)k | PLAST__WEIGHT_BIT, pair);
        w[k] = k % n < excitatory ? fabs(pair[0]) : -fabs(pair[0]);
    }
}

typedef struct sums {
    double excitation, inhibition;  /* both positive */
    int64_t excitatory, inhibitory; /* synapses */
} sums;

static void add_up(int64_t count, const double *w, sums *s)
{
    for (int64_t k = 0; k < count; k++) {
        s->excitation += w[k] > 0.0 ? w[k] : 0.0;
        s->inhibition += w[k] < 0.0 ? -w[k] : 0.0;
        s->excitatory += w[k] > 0.0;
        s->inhibitory += w[k] < 0.0;
    }
}

static void balance_all(int64_t n, double *w)
{
    sums all = { 0.0, 0.0, 0, 0 };
    add_up(n * n, w, &all);
    const double more = all.inhibition > 0.0 ? all.excitation / all.inhibition : 1.0;
    for (int64_t k = 0; k < n * n; k++)
        w[k] = w[k] < 0.0 ? more * w[k] : w[k];
}

/* The synapses of the weaker kind share what is missing. */
static void balance_row(int64_t n, double *row)
{
    sums own = { 0.0, 0.0, 0, 0 };
    add_up(n, row, &own);
    if (own.excitatory == 0 || own.inhibitory == 0) {
        memset(row, 0, (size_t)n * sizeof *row);
        return;
    }
    const double excess = own.inhibition - own.excitation;
    const double share = excess / (double)(excess > 0.0 ? own.excitatory : own.inhibitory);
    for (int64_t j = 0; j < n; j++)
        if (excess > 0.0 ? row[j] > 0.0 : row[j] < 0.0)
            row[j] += share;
}

/* The largest |eigenvalue| of a copy in `work`, whose further two rows take eigenvalues. */
static plast_status spectral_radius(plast_context *context, int64_t n, const double *w, double *work, double *radius)
{
    double *re = work + n * n, *im = re + n;
    memcpy(work, w, (size_t)(n * n) * sizeof *w);
    const plast_status status = plast__eigenvalues(context, n, work, re, im);
    *radius = 0.0;
    for (int64_t i = 0; status == PLAST_OK && i < n; i++)
        *radius = fmax(*radius, hypot(re[i], im[i]));
    return status;
}

/* Both arrays were allocated, n x n and (n + 2) x n. */
static plast_status balanced(const plast__model *model, const plast__group *g, int64_t excitatory, double *w,
                             double *work, void *weights)
{
    const int64_t n = g->cols;
    double radius = 0.0;
    draw_signed(model, g, excitatory, w);
    balance_all(n, w);
    for (int64_t i = 0; i < n; i++)
        balance_row(n, w + i * n);
    const plast_status status = spectral_radius(model->context, n, w, work, &radius);
    if (status != PLAST_OK)
        return status;
    if (!(radius > 0.0))
        return plast__fail(model->context, PLAST_E_RANGE,
                           "balanced weights of %lld units, %lld of them excitatory, have a spectral radius of 0: too "
                           "few units of one kind",
                           (long long)n, (long long)excitatory);
    store(model, g, g->initialiser.gain / radius, w, weights);
    return PLAST_OK;
}

plast_status plast__draw_dale_balanced(const plast__model *model, const plast__group *group, void *weights)
{
    const int64_t n = group->cols;
    const double share = group->initialiser.param == 0.0 ? EXCITATORY : group->initialiser.param;
    const int64_t excitatory = (int64_t)floor(share * (double)n + 0.5);
    if (group->rows != n)
        return plast__fail(
            model->context, PLAST_E_UNSUPPORTED,
            "balanced weights have a spectral radius, so they are square: these are of %lld x %lld units",
            (long long)group->rows, (long long)n);
    if (excitatory < 1 || excitatory >= n)
        return plast__fail(model->context, PLAST_E_RANGE,
                           "init_param (the excitatory share) is %g: of %lld units %lld excite, expected 1 to %lld",
                           share, (long long)n, (long long)excitatory, (long long)n - 1);
    double *w = plast__allocate_rows(model->context, n, n, sizeof *w);
    double *work = plast__allocate_rows(model->context, n + 2, n, sizeof *work);
    plast_status status;
    if (w == NULL || work == NULL)
        status = plast__no_memory(model->context, "balanced weights");
    else
        status = balanced(model, group, excitatory, w, work, weights);
    plast__release(model->context, w);
    plast__release(model->context, work);
    return status;
}
