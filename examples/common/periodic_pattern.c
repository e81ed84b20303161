/* SPDX-License-Identifier: MIT */
#include "periodic_pattern.h"

#include <math.h>

struct sequence_shape pattern_shape(int64_t steps)
{
    return (struct sequence_shape){ .steps = steps, .inputs = 1, .outputs = 1 };
}

void pattern_fill(struct sequences *sequences)
{
    const int64_t steps = sequences->shape.steps;
    sequences_clear(sequences);
    for (int64_t t = 0; t < steps; t++) {
        const double phase = 6.283185307179586476925 * (double)t / (double)steps;
        const double target = sin(phase) + 0.5 * sin(2.0 * phase) + 0.25 * sin(4.0 * phase);
        for (int64_t b = 0; b < sequences->batch; b++) {
            sequences->targets[t * sequences->batch + b] = target;
            sequences->mask[t * sequences->batch + b] = 1.0;
        }
    }
}
