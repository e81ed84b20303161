/* SPDX-License-Identifier: MIT */
#include "systems.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Henon ---- */

static plast_status henon_step(void *user, int64_t trajectory, double *s)
{
    const double x = s[0];
    (void)user;
    (void)trajectory;
    s[0] = 1.0 - 1.4 * x * x + s[1];
    s[1] = 0.3 * x;
    return PLAST_OK;
}

static plast_status henon_jacobian(void *user, int64_t trajectory, const double *s, double *d)
{
    (void)user;
    (void)trajectory;
    d[0] = -2.8 * s[0];
    d[1] = 1.0;
    d[2] = 0.3;
    d[3] = 0.0;
    return PLAST_OK;
}

plast_system henon_system(void)
{
    return (plast_system){ PLAST_SYSTEM, .size = 2, .step = henon_step, .jacobian = henon_jacobian };
}

/* ---- Lorenz ---- */

const double lorenz_time_step = 0.01;

static void velocity(const double *x, double *out)
{
    out[0] = 10.0 * (x[1] - x[0]);
    out[1] = x[0] * (28.0 - x[2]) - x[1];
    out[2] = x[0] * x[1] - 8.0 / 3.0 * x[2];
}

/* The velocity's derivative at x, along v. */
static void turning(const double *x, const double *v, double *out)
{
    out[0] = 10.0 * (v[1] - v[0]);
    out[1] = v[0] * (28.0 - x[2]) - x[0] * v[2] - v[1];
    out[2] = v[0] * x[1] + x[0] * v[1] - 8.0 / 3.0 * v[2];
}

/* A Runge-Kutta step of state x, and of the tangent v with it unless that is NULL: the tangent passes through the same
 * four stages, so that it is the exact derivative of the step. */
static void runge_kutta(double *x, double *v)
{
    static const double reach[4] = { 0.0, 0.5, 0.5, 1.0 }, weight[4] = { 1.0, 2.0, 2.0, 1.0 };
    const double h = lorenz_time_step;
    double slope[3] = { 0 }, turn[3] = { 0 }, sum[3] = { 0 }, turned[3] = { 0 };
    for (int stage = 0; stage < 4; stage++) {
        double at[3], along[3] = { 0 };
        for (int i = 0; i < 3; i++) {
            at[i] = x[i] + reach[stage] * h * slope[i];
            along[i] = v == NULL ? 0.0 : v[i] + reach[stage] * h * turn[i];
        }
        velocity(at, slope);
        turning(at, along, turn);
        for (int i = 0; i < 3; i++) {
            sum[i] += weight[stage] * slope[i];
            turned[i] += weight[stage] * turn[i];
        }
    }
    for (int i = 0; i < 3; i++) {
        x[i] += h / 6.0 * sum[i];
        if (v != NULL)
            v[i] += h / 6.0 * turned[i];
    }
}

static plast_status lorenz_step(void *user, int64_t trajectory, double *state)
{
    (void)user;
    (void)trajectory;
    runge_kutta(state, NULL);
    return PLAST_OK;
}

static plast_status lorenz_tangent(void *user, int64_t trajectory, const double *state, int64_t count,
                                   const double *tangents, double *pushed)
{
    (void)user;
    (void)trajectory;
    memcpy(pushed, tangents, (size_t)(3 * count) * sizeof *pushed);
    for (int64_t i = 0; i < count; i++) {
        double x[3] = { state[0], state[1], state[2] };
        runge_kutta(x, pushed + 3 * i);
    }
    return PLAST_OK;
}

plast_system lorenz_system(void)
{
    return (plast_system){ PLAST_SYSTEM, .size = 3, .step = lorenz_step, .tangent = lorenz_tangent };
}

/* ---- networks ---- */

/* Steele & Vigna's splitmix64. */
static double uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *state)
{
    const double radius = sqrt(-2.0 * log(uniform(state)));
    return radius * cos(6.283185307179586477 * uniform(state));
}

int network_make(int64_t n, int64_t count, double g, double sigma, uint64_t seed, struct network *network)
{
    *network = (struct network){ .n = n, .sigma = sigma, .random = seed << 32 | 1 };
    network->weights = malloc((size_t)(n * n) * sizeof *network->weights);
    network->work = malloc((size_t)(n * count) * sizeof *network->work);
    if (network->weights == NULL || network->work == NULL) {
        network_free(network);
        return -1;
    }
    for (int64_t i = 0; i < n * n; i++)
        network->weights[i] = g / sqrt((double)n) * normal(&network->random);
    return 0;
}

void network_free(struct network *network)
{
    free(network->weights);
    free(network->work);
    *network = (struct network){ 0 };
}

void network_start(struct network *network, double *state)
{
    for (int64_t i = 0; i < network->n; i++)
        state[i] = normal(&network->random);
}

static plast_status network_step(void *user, int64_t trajectory, double *x)
{
    struct network *net = user;
    const int n = (int)net->n;
    (void)trajectory;
    for (int64_t i = 0; i < n; i++) {
        net->work[i] = tanh(x[i]);
        x[i] = net->sigma > 0.0 ? net->sigma * normal(&net->random) : 0.0;
    }
    cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1.0, net->weights, n, net->work, 1, 1.0, x, 1);
    return PLAST_OK;
}

/* D = J diag(sech^2 x): 1 / cosh^2, for 1 - tanh^2 is 0 where a unit saturates. */
static plast_status network_tangent(void *user, int64_t trajectory, const double *x, int64_t count,
                                    const double *tangents, double *pushed)
{
    const struct network *net = user;
    const int n = (int)net->n;
    (void)trajectory;
    for (int64_t i = 0; i < n; i++) {
        const double c = cosh(x[i]), slope = 1.0 / (c * c);
        for (int64_t k = 0; k < count; k++)
            net->work[k * n + i] = slope * tangents[k * n + i];
    }
    if (count == 1)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1.0, net->weights, n, net->work, 1, 0.0, pushed, 1);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, n, n, 1.0, net->work, n, net->weights, n, 0.0,
                    pushed, n);
    return PLAST_OK;
}

plast_system network_system(struct network *network)
{
    return (plast_system){ PLAST_SYSTEM, .size = network->n, .user = network, .step = network_step,
                           .tangent = network_tangent };
}

/* ---- theory ---- */

static double tanh_squared(double x)
{
    const double t = tanh(x);
    return t * t;
}

static double sech_fourth(double x)
{
    const double c = cosh(x);
    return 1.0 / (c * c * c * c);
}

/* <f(s z)> over normal z. A sum of equal steps converges like exp(-10 / (s step)) for functions of tanh. */
static double mean_over_normal(double (*f)(double), double s)
{
    const double step = 0.25 / (1.0 + s);
    double sum = 0.0, all = 0.0;
    for (double z = -9.0; z <= 9.0; z += step) {
        const double weight = exp(-0.5 * z * z);
        sum += weight * f(s * z);
        all += weight;
    }
    return sum / all;
}

double network_theory(double g, double sigma)
{
    double square = g * g + sigma * sigma;
    for (int i = 0; i < 500; i++)
        square = g * g * mean_over_normal(tanh_squared, sqrt(square)) + sigma * sigma;
    return log(g) + 0.5 * log(mean_over_normal(sech_fourth, sqrt(square)));
}
