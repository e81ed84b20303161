/* SPDX-License-Identifier: MIT
 *
 * Systems whose Lyapunov exponents are known, as a host would write them. */
#ifndef TESTS_SYSTEMS_H
#define TESTS_SYSTEMS_H

#include <plasticity/plasticity.h>

/* x' = A_t x, where the `count` matrices (n x n, row-major, one after another) take turns. One trajectory. Tangents
 * do not depend on the state, which stays what it is. */
typedef struct linear_system {
    int64_t n, count, now;
    const double *matrices;
} linear_system;
plast_system linear_map(linear_system *user); /* with a Jacobian */

plast_system logistic_map(void); /* x' = 4 x (1 - x) */
plast_system henon_map(void);    /* x' = 1 - 1.4 x^2 + y, y' = 0.3 x */
plast_system towel_map(void);    /* Roessler's folded towel, as in ChaosTools.jl */

/* Lorenz's equations (10, 28, 8/3) by steps of Runge and Kutta's fourth order; tangents go through all its stages. */
typedef struct lorenz_system {
    double h;
} lorenz_system;
plast_system lorenz_flow(lorenz_system *user);

/* x' = J f(x) + sigma xi, with J_ij ~ N(0, g^2 / n) from the seed, f = tanh or ReLU, and noise of its own for each
 * trajectory and step. Tangents go by plain loops, n^2 each. */
enum { SYSTEMS_TRAJECTORIES = 4 };
typedef struct network_system {
    int64_t n;
    double sigma;
    int relu;
    uint64_t noise;
    int64_t now[SYSTEMS_TRAJECTORIES];
    double *j;    /* n x n */
    double *work; /* n x n: tangents times the slopes */
} network_system;
network_system network_make(int64_t n, double g, double sigma, int relu, uint64_t seed);
void network_free(network_system *user);
plast_system network_map(network_system *user);
/* n numbers of N(0, scale^2). */
void network_start(const network_system *user, double scale, uint64_t seed, double *state);

/* A new n x n matrix in each step, entries N(0, g^2 / n). The state plays no part. */
typedef struct product_system {
    int64_t n;
    double g;
    uint64_t seed;
    int64_t now;
} product_system;
plast_system gaussian_product(product_system *user);
/* Its exponent i = 0 ... n - 1: ln g + (psi((n - i) / 2) - ln(n / 2)) / 2 (Newman 1986), psi the digamma function. */
double product_exponent(const product_system *user, int64_t i);
double digamma(double x);

#endif
