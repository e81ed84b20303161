/* SPDX-License-Identifier: MIT
 *
 * A network with a state as a system: its layers step, and their tangents push. The state of one sequence is those of
 * all layers that have one, bottom up. */
#ifndef PLAST_LYAPUNOV_NETWORK_SYSTEM_H
#define PLAST_LYAPUNOV_NETWORK_SYSTEM_H

#include "lyapunov/system.h"
#include "network/network.h"

/* Numbers in the states of all layers, of one sequence; -1 when there are too many. */
int64_t plast__network_state_size(const plast_network *network);

/* What is needed to push up to `count` tangents of each trajectory, and a state of the system's own, whose noise has
 * this seed. */
plast_status plast__network_system_create(plast_context *context, plast_network *network, int64_t trajectories,
                                          int64_t count, uint64_t seed, plast__system *system);

/* The state and the inputs of the steps that follow, which the caller has checked: `state` NULL = its own, `inputs`
 * NULL = 0. The network's weights are read now. */
void plast__network_system_begin(plast__system *system, plast_state *state, const plast_matrix *inputs);
/* The state that `given` means. */
plast_state *plast__network_system_state(const plast__system *system, plast_state *given);

#endif
