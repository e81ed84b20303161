/* SPDX-License-Identifier: MIT
 *
 * The systems of the tour, as a host writes them: a step, and its derivative. */
#ifndef LYAPUNOV_TOUR_SYSTEMS_H
#define LYAPUNOV_TOUR_SYSTEMS_H

#include <plasticity/plasticity.h>

#include <stdint.h>

extern const double lorenz_time_step;

plast_system henon_system(void);
/* Lorenz's equations, by Runge-Kutta steps of `lorenz_time_step`. */
plast_system lorenz_system(void);

/* x' = J tanh(x) + sigma xi, J_ij ~ N(0, g^2 / n), xi ~ N(0, 1). */
struct network {
    int64_t n;
    double sigma;
    double *weights; /* J, n x n */
    double *work;    /* tangents times slopes, count x n */
    uint64_t random; /* state of the noise */
};

/* For up to `count` tangents; 0, or -1 without memory. */
int network_make(int64_t n, int64_t count, double g, double sigma, uint64_t seed, struct network *network);
void network_free(struct network *network);
void network_start(struct network *network, double *state);
plast_system network_system(struct network *network);

/* For n -> infinity: lambda_1 = ln g + 1/2 ln <sech^4(s z)>, where s^2 = g^2 <tanh^2(s z)> + sigma^2, z normal. */
double network_theory(double g, double sigma);

#endif
