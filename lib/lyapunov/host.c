/* SPDX-License-Identifier: MIT
 *
 * A host's callbacks as a system. */
#include "base/memory.h"
#include "linalg/blas.h"
#include "lyapunov/lyapunov.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct host {
    plast_context *context;
    plast_system table;
    int64_t trajectories;
    double *states;   /* the caller's */
    double *next;     /* trajectories x n: they are taken over when all of them are known */
    double *jacobian; /* n x n, if the callback is given */
} host;

static plast_status failed(const host *h, plast_status status, const char *what, int64_t number)
{
    if (status > 0)
        return plast__fail(h->context, PLAST_E_INVALID,
                           "step %lld: callback %s returned %d, expected PLAST_OK or a negative status",
                           (long long)number, what, status);
    return plast__fail(h->context, status, "step %lld: callback %s returned %d", (long long)number, what, status);
}

static plast_status multiply(const host *h, int64_t trajectory, int64_t number, int64_t count, const double *tangents,
                             double *pushed)
{
    const int64_t n = h->table.size;
    const plast_status status = h->table.jacobian(h->table.user, trajectory, h->states + trajectory * n, h->jacobian);
    if (status != PLAST_OK)
        return failed(h, status, "jacobian", number);
    plast__gemm(PLAST_F64, count, n, n, 1.0, (plast__operand){ tangents, n, 0 }, (plast__operand){ h->jacobian, n, 1 },
                0.0, pushed, n);
    return PLAST_OK;
}

static plast_status push(void *self, int64_t number, int64_t count, const double *tangents, double *pushed)
{
    const host *h = self;
    const int64_t n = h->table.size;
    plast_status status = PLAST_OK;
    for (int64_t i = 0; i < h->trajectories && status == PLAST_OK; i++) {
        const double *in = tangents + i * count * n;
        double *out = pushed + i * count * n;
        if (h->table.jacobian != NULL) {
            status = multiply(h, i, number, count, in, out);
            continue;
        }
        status = h->table.tangent(h->table.user, i, h->states + i * n, count, in, out);
        if (status != PLAST_OK)
            return failed(h, status, "tangent", number);
    }
    return status;
}

/* Index of the first number that is not finite; -1 when all are. */
static int64_t not_finite(int64_t n, const double *x)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= DBL_MAX))
            return i;
    return -1;
}

static plast_status step(void *self, int64_t number)
{
    const host *h = self;
    const int64_t n = h->table.size;
    memcpy(h->next, h->states, (size_t)(h->trajectories * n) * sizeof *h->next);
    for (int64_t i = 0; i < h->trajectories; i++) {
        double *state = h->next + i * n;
        const plast_status status = h->table.step(h->table.user, i, state);
        if (status != PLAST_OK)
            return failed(h, status, "step", number);
        const int64_t bad = not_finite(n, state);
        if (bad >= 0)
            return plast__fail(h->context, PLAST_E_NOT_FINITE,
                               "step %lld: the state diverges, element %lld of trajectory %lld becomes %g",
                               (long long)number, (long long)bad, (long long)i, state[bad]);
    }
    memcpy(h->states, h->next, (size_t)(h->trajectories * n) * sizeof *h->next);
    return PLAST_OK;
}

static void destroy(void *self)
{
    host *h = self;
    plast__release(h->context, h->jacobian);
    plast__release(h->context, h->next);
    plast__release(h->context, h);
}

static plast_status check(plast_context *context, const plast_system *given)
{
    if (given->size <= 0)
        return plast__fail(context, PLAST_E_INVALID, "size of the system's state is %lld, expected at least 1",
                           (long long)given->size);
    if (given->step == NULL)
        return plast__fail(context, PLAST_E_INVALID, "the system's callback step is NULL");
    if ((given->tangent == NULL) == (given->jacobian == NULL))
        return plast__fail(context, PLAST_E_INVALID, "the system has %s tangent %s jacobian, expected one of them",
                           given->tangent == NULL ? "neither" : "both", given->tangent == NULL ? "nor" : "and");
    return plast__blas_fits(context, "size of the system's state", given->size);
}

plast_status plast__host_create(plast_context *context, const plast_system *given, int64_t trajectories,
                                plast__system *system)
{
    const plast_status status = check(context, given);
    if (status != PLAST_OK)
        return status;
    host *h = plast__allocate(context, 1, sizeof *h);
    if (h == NULL)
        return plast__no_memory(context, "a system");
    *h = (host){ .context = context, .table = *given, .trajectories = trajectories };
    h->next = plast__allocate_rows(context, trajectories, given->size, sizeof *h->next);
    if (given->jacobian != NULL)
        h->jacobian = plast__allocate_rows(context, given->size, given->size, sizeof *h->jacobian);
    if (h->next == NULL || (given->jacobian != NULL && h->jacobian == NULL)) {
        destroy(h);
        return plast__no_memory(context, "a system's states and Jacobian");
    }
    *system = (plast__system){
        .size = given->size, .trajectories = trajectories, .self = h, .push = push, .step = step, .destroy = destroy
    };
    return PLAST_OK;
}

void plast__host_states(plast__system *system, double *states)
{
    host *h = system->self;
    h->states = states;
}
