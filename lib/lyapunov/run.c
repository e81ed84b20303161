/* SPDX-License-Identifier: MIT
 *
 * Steps, pushed frames, factorisations. */
#include "kernels/kernels.h"
#include "linalg/determinant.h"
#include "lyapunov/lyapunov.h"

#include <float.h>
#include <math.h>

/* A frame that is orthonormal up to this is as good as an exact one: Q R = A holds to rounding, so the errors of
 * consecutive steps cancel, and the logarithms of all steps together are wrong by as little as the last frame is. */
static const double SLACK = 2e-8;
/* Entries of a frame outside of this are factorised at once, whatever the interval. */
static const double SHORT = 1e-100, LONG = 1e100;

/* A direction that vanishes leaves rounding of R_jj: R_jj / |a_j| is below GONE, behind others that are all above
 * CLEAR. (Silent units of random networks leave up to 1e-12, behind 4e-4 or more.) Where the fall is gradual, as
 * with saturated units, there is a number behind it, if a poor one. */
static const double GONE = 1e-11, CLEAR = 3e-4;

/* What one factorisation tells the pace. */
typedef struct finding {
    double loss, size;
    int64_t collapsed; /* columns that have just been lost to rounding */
    int64_t column;    /* the first of them */
    double ratio;      /* its R_jj / |a_j| */
} finding;

/* Below it R_jj / |a_j| is rounding. Householder's noise is a few eps, growing with the root of the sum's length. */
static double noise(const plast_lyapunov *l)
{
    return 64.0 * DBL_EPSILON * sqrt((double)l->system.size);
}

/* Whether a direction of the trajectory has vanished in a single step before. */
static int any_dead(const plast_lyapunov *l, int64_t trajectory)
{
    int dead = 0;
    for (int64_t j = 0; j < l->options.exponents; j++)
        dead |= l->dead[trajectory * l->options.exponents + j];
    return dead;
}

/* Within a single step the direction is dead; in several it may also have collapsed. Where others have died (units that
 * are silent make derivatives of low rank) this one has too. 1 when it is dead. */
static int note_gone(plast_lyapunov *l, int64_t trajectory, int64_t column)
{
    const int64_t at = trajectory * l->options.exponents + column;
    if (l->since == 1 || any_dead(l, trajectory))
        l->dead[at] = 1;
    if (l->dead[at])
        l->logs[at] = -(double)INFINITY;
    return l->dead[at];
}

static void note_collapsed(finding *found, int64_t column, double ratio)
{
    if (found->collapsed++ > 0)
        return;
    found->column = column;
    found->ratio = ratio;
}

/* Logarithms of R's diagonal. */
static void read_triangle(plast_lyapunov *l, int64_t trajectory, finding *found)
{
    const int64_t k = l->options.exponents;
    const double least = noise(l);
    double lowest = 1.0;
    for (int64_t j = 0; j < k; j++) {
        const double r = l->qr.r[j * k + j], norm = l->qr.norms[j], ratio = r / norm;
        double *ln = &l->logs[trajectory * k + j];
        *ln = log(r);
        const int gone = r == 0.0 || (ratio < GONE && (lowest > CLEAR || any_dead(l, trajectory)));
        if ((gone && note_gone(l, trajectory, j)) || l->dead[trajectory * k + j])
            continue;
        lowest = fmin(lowest, ratio);
        if (gone || ratio < least)
            note_collapsed(found, j, ratio);
        found->loss = fmax(found->loss, -log(ratio));
        found->size = fmax(found->size, fmax(fabs(*ln), fabs(log(norm))));
    }
}

static plast_status told(plast_lyapunov *l, const finding *found)
{
    l->broken = 1;
    return plast__fail(
        l->context, PLAST_E_RANGE,
        "step %lld: interval %lld is too long: direction %lld fell to %.1e of its tangent, which is rounding; "
        "expected a shorter interval, or 0",
        (long long)l->steps, (long long)l->options.interval, (long long)found->column, found->ratio);
}

static void count(plast_lyapunov *l)
{
    if (l->steps <= plast__lyapunov_begin(l))
        return;
    plast__blocks_add(&l->blocks, l->since, l->logs);
    l->rule.measured += l->rule.pending;
}

static plast_status factorise(plast_lyapunov *l)
{
    const int64_t size = l->system.size * l->options.exponents;
    finding found = { 0 };
    for (int64_t i = 0; i < l->system.trajectories; i++) {
        if (!plast__qr_factor(&l->qr, l->frames + i * size, SLACK)) {
            l->broken = 1;
            return plast__fail(l->context, PLAST_E_NOT_FINITE,
                               "step %lld: the tangents of trajectory %lld are not finite", (long long)l->steps,
                               (long long)i);
        }
        read_triangle(l, i, &found);
    }
    l->factorisations++;
    if (found.collapsed > 0 && l->since > 1 && l->options.interval > 0)
        return told(l, &found);
    count(l);
    l->collapsed += found.collapsed > 0;
    if (l->options.interval == 0 && found.collapsed > 0)
        plast__pace_restart(&l->pace);
    else if (l->options.interval == 0)
        plast__pace_observe(&l->pace, l->since, found.loss, found.size);
    l->since = 0;
    l->rule.pending = 0.0;
    return PLAST_OK;
}

/* ln |det D| of the coming step, summed over the trajectories. */
static plast_status determinants(plast_lyapunov *l, double *sum)
{
    const int64_t n = l->system.size;
    const plast_status status = l->system.push(l->system.self, l->steps + 1, n, l->rule.identity, l->rule.derivative);
    *sum = 0.0;
    for (int64_t i = 0; i < l->system.trajectories && status == PLAST_OK; i++)
        *sum += plast__log_determinant(n, l->rule.derivative + i * n * n, l->rule.pivots);
    return status;
}

/* Pushes the frames and takes the step; when it fails nothing has changed. */
static plast_status move(plast_lyapunov *l)
{
    double sum = 0.0;
    plast_status status = l->system.push(l->system.self, l->steps + 1, l->options.exponents, l->frames, l->pushed);
    if (status == PLAST_OK && l->options.sum_rule)
        status = determinants(l, &sum);
    if (status == PLAST_OK)
        status = l->system.step(l->system.self, l->steps + 1);
    if (status != PLAST_OK)
        return status;
    double *frames = l->frames;
    l->frames = l->pushed;
    l->pushed = frames;
    l->rule.pending += sum;
    l->steps++;
    l->since++;
    return PLAST_OK;
}

/* Whether a frame's largest entry has left the range in which factorising is safe. */
static int extreme(const plast_lyapunov *l)
{
    const int64_t size = l->system.size * l->options.exponents;
    const plast__kernels *f64 = plast__kernels_get(l->context->level, PLAST_F64);
    for (int64_t i = 0; i < l->system.trajectories; i++) {
        const double largest = f64->max_abs(size, l->frames + i * size);
        if (!(largest >= SHORT && largest <= LONG))
            return 1;
    }
    return 0;
}

plast_status plast__lyapunov_advance(plast_lyapunov *l, int64_t steps)
{
    plast_status status = PLAST_OK;
    if (l->broken)
        return plast__fail(l->context, PLAST_E_STATE,
                           "the frames were lost at step %lld: plast_lyapunov_reset starts anew", (long long)l->steps);
    for (int64_t i = 0; i < steps && status == PLAST_OK; i++) {
        if (l->steps < l->options.transient) {
            status = l->system.step(l->system.self, l->steps + 1);
            l->steps += status == PLAST_OK;
            continue;
        }
        status = move(l);
        if (status == PLAST_OK && (l->since >= l->pace.interval || l->steps == plast__lyapunov_begin(l) || extreme(l)))
            status = factorise(l);
    }
    return status;
}

plast_status plast_lyapunov_run(plast_lyapunov *lyapunov, double *states, int64_t steps)
{
    if (lyapunov == NULL)
        return PLAST_E_INVALID;
    if (lyapunov->network != NULL)
        return plast__fail(lyapunov->context, PLAST_E_INVALID,
                           "the estimate is of a network: plast_lyapunov_run_network continues it");
    if (states == NULL)
        return plast__fail(lyapunov->context, PLAST_E_INVALID, "states is NULL");
    if (steps < 0)
        return plast__fail(lyapunov->context, PLAST_E_RANGE, "steps is %lld, expected 0 or more", (long long)steps);
    plast__host_states(&lyapunov->system, states);
    const plast_status status = plast__lyapunov_advance(lyapunov, steps);
    plast__host_states(&lyapunov->system, NULL);
    return status;
}
