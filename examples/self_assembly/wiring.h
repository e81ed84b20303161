/* SPDX-License-Identifier: MIT
 *
 * A network of an arm: layers, scheme, decay, and what the arm does to the circuit's synapses. */
#ifndef SELF_ASSEMBLY_WIRING_H
#define SELF_ASSEMBLY_WIRING_H

#include "plan.h"
#include "teacher.h"

/* All weights that learn decay alike, under every scheme. On failure *network may be there: the caller destroys it. */
plast_status wiring_make(plast_context *context, const struct trial *trial, int64_t inputs, struct random *random,
                         plast_network **network);

#endif
