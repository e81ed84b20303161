/* SPDX-License-Identifier: MIT */
#include "arms.h"

#define FULL .density = 1.0, .units = 1.0
#define CIRCUIT .scheme = "circuit"

/* The teacher's task is that of Lillicrap et al. 2016 with a wider student. */
const struct task arms_tasks[TASKS] = {
    { "teacher, 30-40-30-10", true, 3, { 40, 30, 10 }, 16, 160000, { 0.01, 0.02, 0.05, 0.1, 0.2 } },
    { "784-60-60-60-60-10", false, 5, { 60, 60, 60, 60, 10 }, 64, 57600, { 0.01, 0.03, 0.1, 0.2, 0.4 } },
    { "784-500-10", false, 2, { 500, 10 }, 64, 19200, { 0.01, 0.03, 0.1, 0.3 } },
};

const struct arm arms[] = {
    { "backprop", "backprop", FULL, .frozen = NONE, .drawn = true },
    { "kolen_pollack", "kolen_pollack", FULL, .frozen = NONE, .drawn = true },
    { "fa", "fa", FULL, .frozen = NONE, .drawn = true },
    { "circuit", CIRCUIT, FULL, .frozen = NONE, .drawn = true },
    { "density 0.5", CIRCUIT, .density = 0.5, .units = 1.0, .frozen = NONE },
    { "density 0.1", CIRCUIT, .density = 0.1, .units = 1.0, .frozen = NONE, .drawn = true },
    { "half the units", CIRCUIT, .density = 1.0, .units = 0.5, .frozen = NONE },
    { "twice the units", CIRCUIT, .density = 1.0, .units = 2.0, .frozen = NONE },
    { "reciprocal start", CIRCUIT, FULL, .frozen = NONE, .reciprocal = true, .drawn = true },
    { "W frozen", CIRCUIT, FULL, .frozen = W },
    { "V frozen", CIRCUIT, FULL, .frozen = V, .drawn = true },
    { "B frozen", CIRCUIT, FULL, .frozen = B },
    { "C frozen", CIRCUIT, FULL, .frozen = C },
    { "g not gated", CIRCUIT, FULL, .frozen = NONE, .teaching_gated = true },
};

int arms_count(void)
{
    return (int)(sizeof arms / sizeof arms[0]);
}

int arms_rates(const struct task *task)
{
    int n = 0;
    while (n < MAX_RATES && task->rates[n] > 0.0)
        n++;
    return n;
}
