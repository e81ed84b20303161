/* SPDX-License-Identifier: MIT
 *
 * Making an estimate, starting it anew, taking it down. */
#include "base/memory.h"
#include "base/random.h"
#include "base/structs.h"
#include "linalg/blas.h"
#include "lyapunov/lyapunov.h"

#include <math.h>
#include <string.h>

enum { BLOCKS = 20, MOST_BLOCKS = 1 << 20 };

static plast_status not_negative(plast_context *context, const char *name, int64_t value)
{
    if (value < 0)
        return plast__fail(context, PLAST_E_RANGE, "%s is %lld, expected 0 or more", name, (long long)value);
    return PLAST_OK;
}

static plast_status check_counts(plast_context *context, const plast_lyapunov_options *o)
{
    const struct {
        const char *name;
        int64_t value;
    } counts[] = {
        { "exponents", o->exponents }, { "transient", o->transient }, { "alignment", o->alignment },
        { "interval", o->interval },   { "blocks", o->blocks },       { "trajectories", o->trajectories },
    };
    plast_status status = PLAST_OK;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && status == PLAST_OK; i++)
        status = not_negative(context, counts[i].name, counts[i].value);
    if (status == PLAST_OK && o->transient > INT64_MAX - o->alignment)
        status = plast__fail(context, PLAST_E_RANGE, "transient and alignment are %lld and %lld: their sum overflows",
                             (long long)o->transient, (long long)o->alignment);
    if (status == PLAST_OK && (o->blocks == 1 || o->blocks > MOST_BLOCKS))
        status = plast__fail(context, PLAST_E_RANGE, "blocks is %lld, expected 0 or 2 to %d", (long long)o->blocks,
                             MOST_BLOCKS);
    return status;
}

static plast_status check_options(plast_context *context, int64_t n, const plast_lyapunov_options *o)
{
    const plast_status status = check_counts(context, o);
    if (status != PLAST_OK)
        return status;
    if (o->exponents > n)
        return plast__fail(context, PLAST_E_RANGE, "exponents is %lld, but the state has only %lld numbers",
                           (long long)o->exponents, (long long)n);
    if (o->log_base != 0 && o->log_base != 2 && o->log_base != 10)
        return plast__fail(context, PLAST_E_INVALID, "log_base is %d, expected 0 (natural), 2 or 10", o->log_base);
    if (!isfinite(o->time_step) || o->time_step < 0.0)
        return plast__fail(context, PLAST_E_RANGE, "time_step is %g, expected a positive number, or 0 for 1",
                           o->time_step);
    if (o->sum_rule != 0 && o->sum_rule != 1)
        return plast__fail(context, PLAST_E_INVALID, "sum_rule is %d, expected 0 or 1", o->sum_rule);
    if (o->sum_rule && o->exponents != 0 && o->exponents != n)
        return plast__fail(context, PLAST_E_UNSUPPORTED, "sum_rule needs all %lld exponents, not %lld", (long long)n,
                           (long long)o->exponents);
    return PLAST_OK;
}

static void complete(plast_lyapunov_options *o, int64_t n)
{
    o->exponents = o->exponents == 0 ? n : o->exponents;
    o->blocks = o->blocks == 0 ? BLOCKS : o->blocks;
    o->time_step = o->time_step == 0.0 ? 1.0 : o->time_step;
}

static plast_status allocate_rule(plast_lyapunov *l, int64_t trajectories, int64_t n)
{
    plast__sum_rule *rule = &l->rule;
    rule->identity = plast__allocate_rows(l->context, trajectories * n, n, sizeof *rule->identity);
    rule->derivative = plast__allocate_rows(l->context, trajectories * n, n, sizeof *rule->derivative);
    rule->pivots = plast__allocate(l->context, n, sizeof *rule->pivots);
    if (rule->identity == NULL || rule->derivative == NULL || rule->pivots == NULL)
        return plast__no_memory(l->context, "the sum rule's derivatives");
    for (int64_t i = 0; i < trajectories; i++)
        for (int64_t j = 0; j < n; j++)
            rule->identity[(i * n + j) * n + j] = 1.0;
    return PLAST_OK;
}

static plast_status allocate(plast_lyapunov *l)
{
    const int64_t n = l->system.size, k = l->options.exponents, many = l->system.trajectories;
    const int64_t columns = many > INT32_MAX / k ? -1 : many * k;
    plast_status status = plast__qr_create(l->context, n, k, &l->qr);
    if (status != PLAST_OK) {
        l->qr = (plast__qr){ .context = l->context };
        return status;
    }
    status = plast__blocks_create(l->context, l->options.blocks, columns, &l->blocks);
    if (status != PLAST_OK) {
        l->blocks = (plast__blocks){ .context = l->context };
        return status;
    }
    l->frames = plast__allocate_rows(l->context, columns, n, sizeof *l->frames);
    l->pushed = plast__allocate_rows(l->context, columns, n, sizeof *l->pushed);
    l->logs = plast__allocate(l->context, columns, sizeof *l->logs);
    l->dead = plast__allocate(l->context, columns, sizeof *l->dead);
    l->order = plast__allocate(l->context, k, sizeof *l->order);
    l->values = plast__allocate(l->context, k, sizeof *l->values);
    if (l->frames == NULL || l->pushed == NULL || l->logs == NULL || l->dead == NULL || l->order == NULL ||
        l->values == NULL)
        return plast__no_memory(l->context, "the frames of Lyapunov exponents");
    return l->options.sum_rule ? allocate_rule(l, many, n) : PLAST_OK;
}

/* Random directions, uniform over rotations. */
static void draw_frames(plast_lyapunov *l)
{
    const int64_t size = l->system.size * l->options.exponents;
    double pair[2] = { 0.0, 0.0 };
    for (int64_t i = 0; i < l->system.trajectories; i++) {
        double *frame = l->frames + i * size;
        for (int64_t j = 0; j < size; j++) {
            if (j % 2 == 0)
                plast__normal_pair(l->options.seed, (uint64_t)i, (uint64_t)(j / 2), pair);
            frame[j] = pair[j % 2];
        }
        plast__qr_householder(&l->qr, frame); /* finite: normal numbers are */
    }
}

static void begin(plast_lyapunov *l)
{
    draw_frames(l);
    plast__blocks_reset(&l->blocks);
    plast__pace_reset(&l->pace);
    if (l->options.interval > 0)
        l->pace.interval = l->options.interval;
    l->qr.waiting = 0;
    l->qr.patience = 1;
    memset(l->dead, 0, (size_t)(l->system.trajectories * l->options.exponents));
    l->rule.pending = l->rule.measured = 0.0;
    l->steps = l->since = l->factorisations = l->collapsed = 0;
    l->broken = 0;
}

plast_status plast__lyapunov_create(plast_context *context, const plast__system *system,
                                    const plast_lyapunov_options *options, plast_lyapunov **lyapunov)
{
    static const double bases[] = { [0] = 1.0, [2] = 0.693147180559945309417, [10] = 2.302585092994045684018 };
    plast_status status = check_options(context, system->size, options);
    plast_lyapunov *l = status == PLAST_OK ? plast__allocate(context, 1, sizeof *l) : NULL;
    if (l == NULL) {
        system->destroy(system->self);
        return status == PLAST_OK ? plast__no_memory(context, "an estimate of Lyapunov exponents") : status;
    }
    l->context = context;
    l->system = *system;
    l->options = *options;
    complete(&l->options, system->size);
    l->unit = 1.0 / (l->options.time_step * bases[options->log_base]);
    status = allocate(l);
    if (status != PLAST_OK) {
        plast_lyapunov_destroy(l);
        return status;
    }
    begin(l);
    *lyapunov = l;
    return PLAST_OK;
}

plast_status plast_lyapunov_create(plast_context *context, const plast_system *system,
                                   const plast_lyapunov_options *options, plast_lyapunov **lyapunov)
{
    plast_system table = { .struct_size = 0 };
    plast_lyapunov_options given = { .struct_size = 0 };
    plast__system made;
    if (context == NULL)
        return PLAST_E_INVALID;
    if (lyapunov == NULL)
        return plast__fail(context, PLAST_E_INVALID, "place for the estimate is NULL");
    plast_status status = PLAST__READ_RESERVED(context, plast_system, system, &table);
    if (status == PLAST_OK && options != NULL)
        status = PLAST__READ_RESERVED(context, plast_lyapunov_options, options, &given);
    if (status == PLAST_OK)
        status = not_negative(context, "trajectories", given.trajectories);
    given.trajectories = given.trajectories == 0 ? 1 : given.trajectories;
    if (status == PLAST_OK)
        status = plast__host_create(context, &table, given.trajectories, &made);
    return status == PLAST_OK ? plast__lyapunov_create(context, &made, &given, lyapunov) : status;
}

void plast_lyapunov_destroy(plast_lyapunov *l)
{
    if (l == NULL)
        return;
    plast_context *context = l->context;
    l->system.destroy(l->system.self);
    plast__qr_free(&l->qr);
    plast__blocks_free(&l->blocks);
    plast__release(context, l->rule.pivots);
    plast__release(context, l->rule.derivative);
    plast__release(context, l->rule.identity);
    plast__release(context, l->values);
    plast__release(context, l->order);
    plast__release(context, l->dead);
    plast__release(context, l->logs);
    plast__release(context, l->pushed);
    plast__release(context, l->frames);
    plast__release(context, l);
}

plast_status plast_lyapunov_reset(plast_lyapunov *lyapunov, uint64_t seed)
{
    if (lyapunov == NULL)
        return PLAST_E_INVALID;
    lyapunov->options.seed = seed;
    begin(lyapunov);
    if (lyapunov->system.reset != NULL)
        lyapunov->system.reset(lyapunov->system.self, seed);
    return PLAST_OK;
}
