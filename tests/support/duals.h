/* SPDX-License-Identifier: MIT
 *
 * The layers of a stack with a state as a host's own system, in plain loops over dual numbers: they know the equations
 * of network.h, and nothing of tangents. */
#ifndef TESTS_DUALS_H
#define TESTS_DUALS_H

#include "support/stack.h"

enum { DUALS_TRAJECTORIES = 4, DUALS_MOST = 64 }; /* units of a layer, three times over where gated */

typedef struct dual_system {
    const stack *s;
    int64_t n;            /* numbers of all states */
    double *all;          /* the stack's parameters when it was made */
    const double *inputs; /* steps x trajectories x inputs */
    int64_t trajectories;
    int64_t now[DUALS_TRAJECTORIES]; /* steps taken */
} dual_system;

dual_system duals_make(const stack *s, const double *inputs, int64_t trajectories);
void duals_free(dual_system *user);
plast_system duals_map(dual_system *user);
/* The layers' initial states. */
void duals_start(const dual_system *user, double *state);

#endif
