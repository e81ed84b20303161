/* SPDX-License-Identifier: MIT
 *
 * What the estimator of exponents knows of a system: it steps, and it pushes tangents. All trajectories move in
 * step, and their frames lie side by side, so that a system may push all of them by one matrix product. */
#ifndef PLAST_LYAPUNOV_SYSTEM_H
#define PLAST_LYAPUNOV_SYSTEM_H

#include "base/context.h"

typedef struct plast__system {
    int64_t size; /* n, of one trajectory's state */
    int64_t trajectories;
    void *self;
    /* pushed (trajectories x count x n) = D tangents, where D is the derivative of the step that comes next. `number`,
     * from 1, counts steps for messages. */
    plast_status (*push)(void *self, int64_t number, int64_t count, const double *tangents, double *pushed);
    /* Takes the step. On failure nothing has moved, and the step may be tried again. */
    plast_status (*step)(void *self, int64_t number);
    /* Starts anew what the system itself remembers; NULL = nothing. */
    void (*reset)(void *self, uint64_t seed);
    void (*destroy)(void *self);
} plast__system;

#endif
