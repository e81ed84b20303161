/* SPDX-License-Identifier: MIT */
#include "support/systems.h"

#include "base/random.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *doubles(int64_t count)
{
    double *made = calloc((size_t)count, sizeof *made);
    if (made == NULL)
        abort();
    return made;
}

/* ---- linear ---- */

static plast_status linear_step(void *user, int64_t trajectory, double *state)
{
    linear_system *s = user;
    (void)trajectory;
    (void)state;
    s->now++;
    return PLAST_OK;
}

static plast_status linear_jacobian(void *user, int64_t trajectory, const double *state, double *jacobian)
{
    const linear_system *s = user;
    (void)trajectory;
    (void)state;
    memcpy(jacobian, s->matrices + s->now % s->count * s->n * s->n, (size_t)(s->n * s->n) * sizeof *jacobian);
    return PLAST_OK;
}

plast_system linear_map(linear_system *user)
{
    return (plast_system){ PLAST_SYSTEM, .size = user->n, .user = user, .step = linear_step,
                           .jacobian = linear_jacobian };
}

/* ---- maps ---- */

static plast_status logistic_step(void *user, int64_t trajectory, double *state)
{
    (void)user;
    (void)trajectory;
    state[0] = 4.0 * state[0] * (1.0 - state[0]);
    return PLAST_OK;
}

static plast_status logistic_tangent(void *user, int64_t trajectory, const double *state, int64_t count,
                                     const double *tangents, double *pushed)
{
    (void)user;
    (void)trajectory;
    for (int64_t i = 0; i < count; i++)
        pushed[i] = (4.0 - 8.0 * state[0]) * tangents[i];
    return PLAST_OK;
}

plast_system logistic_map(void)
{
    return (plast_system){ PLAST_SYSTEM, .size = 1, .step = logistic_step, .tangent = logistic_tangent };
}

static plast_status henon_step(void *user, int64_t trajectory, double *state)
{
    const double x = state[0];
    (void)user;
    (void)trajectory;
    state[0] = 1.0 - 1.4 * x * x + state[1];
    state[1] = 0.3 * x;
    return PLAST_OK;
}

static plast_status henon_tangent(void *user, int64_t trajectory, const double *state, int64_t count,
                                  const double *tangents, double *pushed)
{
    (void)user;
    (void)trajectory;
    for (int64_t i = 0; i < count; i++) {
        const double *v = tangents + 2 * i;
        pushed[2 * i] = -2.8 * state[0] * v[0] + v[1];
        pushed[2 * i + 1] = 0.3 * v[0];
    }
    return PLAST_OK;
}

plast_system henon_map(void)
{
    return (plast_system){ PLAST_SYSTEM, .size = 2, .step = henon_step, .tangent = henon_tangent };
}

static plast_status towel_step(void *user, int64_t trajectory, double *state)
{
    const double x = state[0], y = state[1], z = state[2];
    (void)user;
    (void)trajectory;
    state[0] = 3.8 * x * (1.0 - x) - 0.05 * (y + 0.35) * (1.0 - 2.0 * z);
    state[1] = 0.1 * ((y + 0.35) * (1.0 - 2.0 * z) - 1.0) * (1.0 - 1.9 * x);
    state[2] = 3.78 * z * (1.0 - z) + 0.2 * y;
    return PLAST_OK;
}

static plast_status towel_jacobian(void *user, int64_t trajectory, const double *state, double *d)
{
    const double x = state[0], y = state[1], z = state[2];
    const double rows[9] = { 3.8 * (1.0 - 2.0 * x),
                             -0.05 * (1.0 - 2.0 * z),
                             0.1 * (y + 0.35),
                             -0.19 * ((y + 0.35) * (1.0 - 2.0 * z) - 1.0),
                             0.1 * (1.0 - 2.0 * z) * (1.0 - 1.9 * x),
                             -0.2 * (y + 0.35) * (1.0 - 1.9 * x),
                             0.0,
                             0.2,
                             3.78 * (1.0 - 2.0 * z) };
    (void)user;
    (void)trajectory;
    memcpy(d, rows, sizeof rows);
    return PLAST_OK;
}

plast_system towel_map(void)
{
    return (plast_system){ PLAST_SYSTEM, .size = 3, .step = towel_step, .jacobian = towel_jacobian };
}

/* ---- Lorenz ---- */

/* The velocity at x, or with `v` the derivative of it along v. */
static void lorenz(const double *x, const double *v, double *out)
{
    if (v == NULL) {
        out[0] = 10.0 * (x[1] - x[0]);
        out[1] = x[0] * (28.0 - x[2]) - x[1];
        out[2] = x[0] * x[1] - 8.0 / 3.0 * x[2];
        return;
    }
    out[0] = 10.0 * (v[1] - v[0]);
    out[1] = v[0] * (28.0 - x[2]) - x[0] * v[2] - v[1];
    out[2] = v[0] * x[1] + x[0] * v[1] - 8.0 / 3.0 * v[2];
}

static void along(const double *x, double h, const double *slope, double *out)
{
    for (int i = 0; i < 3; i++)
        out[i] = x[i] + h * slope[i];
}

/* The four stages' points, and the slopes there. */
static void stages(const double *x, double h, double at[4][3], double slope[4][3])
{
    static const double part[4] = { 0.0, 0.5, 0.5, 1.0 };
    for (int s = 0; s < 4; s++) {
        along(x, part[s] * h, slope[s > 0 ? s - 1 : 0], at[s]);
        if (s == 0)
            memcpy(at[0], x, sizeof at[0]);
        lorenz(at[s], NULL, slope[s]);
    }
}

static void combine(const double *x, double h, double slope[4][3], double *out)
{
    for (int i = 0; i < 3; i++)
        out[i] = x[i] + h / 6.0 * (slope[0][i] + 2.0 * slope[1][i] + 2.0 * slope[2][i] + slope[3][i]);
}

static plast_status lorenz_step(void *user, int64_t trajectory, double *state)
{
    const lorenz_system *s = user;
    double at[4][3], slope[4][3] = { { 0 } };
    (void)trajectory;
    stages(state, s->h, at, slope);
    combine(state, s->h, slope, state);
    return PLAST_OK;
}

static plast_status lorenz_tangent(void *user, int64_t trajectory, const double *state, int64_t count,
                                   const double *tangents, double *pushed)
{
    static const double part[4] = { 0.0, 0.5, 0.5, 1.0 };
    const lorenz_system *s = user;
    double at[4][3], slope[4][3] = { { 0 } };
    (void)trajectory;
    stages(state, s->h, at, slope);
    for (int64_t i = 0; i < count; i++) {
        const double *v = tangents + 3 * i;
        double moved[3], turn[4][3] = { { 0 } };
        for (int k = 0; k < 4; k++) {
            along(v, part[k] * s->h, turn[k > 0 ? k - 1 : 0], moved);
            lorenz(at[k], moved, turn[k]);
        }
        combine(v, s->h, turn, pushed + 3 * i);
    }
    return PLAST_OK;
}

plast_system lorenz_flow(lorenz_system *user)
{
    return (plast_system){ PLAST_SYSTEM, .size = 3, .user = user, .step = lorenz_step, .tangent = lorenz_tangent };
}

/* ---- networks ---- */

static void normals(uint64_t seed, uint64_t object, int64_t n, double scale, double *out)
{
    double pair[2] = { 0.0, 0.0 };
    for (int64_t i = 0; i < n; i++) {
        if (i % 2 == 0)
            plast__normal_pair(seed, object, (uint64_t)(i / 2), pair);
        out[i] = scale * pair[i % 2];
    }
}

network_system network_make(int64_t n, double g, double sigma, int relu, uint64_t seed)
{
    network_system made = { .n = n, .sigma = sigma, .relu = relu, .noise = seed + 1000 };
    made.j = doubles(n * n);
    made.work = doubles(n * n);
    normals(seed, 77, n * n, g / sqrt((double)n), made.j);
    return made;
}

void network_free(network_system *user)
{
    free(user->j);
    free(user->work);
}

void network_start(const network_system *user, double scale, uint64_t seed, double *state)
{
    normals(seed, 78, user->n, scale, state);
}

static plast_status network_step(void *user, int64_t trajectory, double *state)
{
    network_system *s = user;
    double *f = s->work;
    for (int64_t i = 0; i < s->n; i++)
        f[i] = s->relu ? fmax(state[i], 0.0) : tanh(state[i]);
    if (s->sigma > 0.0)
        normals(s->noise, (uint64_t)(s->now[trajectory] * SYSTEMS_TRAJECTORIES + trajectory), s->n, s->sigma, state);
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)s->n, (int)s->n, 1.0, s->j, (int)s->n, f, 1,
                s->sigma > 0.0 ? 1.0 : 0.0, state, 1);
    s->now[trajectory]++;
    return PLAST_OK;
}

static plast_status network_tangent(void *user, int64_t trajectory, const double *state, int64_t count,
                                    const double *tangents, double *pushed)
{
    const network_system *s = user;
    const int n = (int)s->n;
    (void)trajectory;
    for (int64_t i = 0; i < n; i++) {
        const double cosine = cosh(state[i]), slope = s->relu ? state[i] > 0.0 : 1.0 / (cosine * cosine);
        for (int64_t c = 0; c < count; c++)
            s->work[c * n + i] = slope * tangents[c * n + i];
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, n, n, 1.0, s->work, n, s->j, n, 0.0, pushed, n);
    return PLAST_OK;
}

plast_system network_map(network_system *user)
{
    return (plast_system){ PLAST_SYSTEM, .size = user->n, .user = user, .step = network_step,
                           .tangent = network_tangent };
}

/* ---- products of random matrices ---- */

static plast_status product_step(void *user, int64_t trajectory, double *state)
{
    product_system *s = user;
    (void)trajectory;
    (void)state;
    s->now++;
    return PLAST_OK;
}

static plast_status product_jacobian(void *user, int64_t trajectory, const double *state, double *jacobian)
{
    const product_system *s = user;
    (void)trajectory;
    (void)state;
    normals(s->seed, (uint64_t)s->now, s->n * s->n, s->g / sqrt((double)s->n), jacobian);
    return PLAST_OK;
}

plast_system gaussian_product(product_system *user)
{
    return (plast_system){ PLAST_SYSTEM, .size = user->n, .user = user, .step = product_step,
                           .jacobian = product_jacobian };
}

/* Upwards by psi(x) = psi(x + 1) - 1 / x, then the asymptotic series; good to 1e-13 for x > 0. */
double digamma(double x)
{
    double sum = 0.0;
    for (; x < 12.0; x += 1.0)
        sum -= 1.0 / x;
    const double y = 1.0 / (x * x);
    return sum + log(x) - 0.5 / x -
           y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132)))));
}

double product_exponent(const product_system *user, int64_t i)
{
    const double n = (double)user->n;
    return log(user->g) + 0.5 * (digamma(0.5 * (n - (double)i)) - log(0.5 * n));
}
