/* SPDX-License-Identifier: MIT
 *
 * The largest Lyapunov exponent of a network that its task drives: measured, and brought near 0 before training. */
#ifndef INITIAL_CONNECTIVITY_EXPONENTS_H
#define INITIAL_CONNECTIVITY_EXPONENTS_H

#include "plan.h"

#include <plasticity/plasticity.h>

struct driver {
    plast_context *context;
    plast_network *network;
    const struct choice_task *task;
    uint64_t seed;
    struct sequences *sequences; /* of the task's shape; what they hold is lost */
};

/* Natural logarithm per step, over up to 128 steps of each of a batch of sequences, after 64 in which state and frame
 * settle. The state goes on from trial to trial. INFINITY when it diverges: ReLU networks above 0 grow without end, and
 * above about .5 leave float32 in these steps. */
plast_status exponents_measure(const struct driver *driver, double *lambda);

/* 100 updates by Adam of rate 1e-3, each over four fresh trials one after another, the first of which does not
 * count. */
plast_status exponents_floss(const struct driver *driver, enum flossing flossing);

#endif
