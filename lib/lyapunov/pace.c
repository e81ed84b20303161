/* SPDX-License-Identifier: MIT */
#include "lyapunov/pace.h"

#include <math.h>

/* The mean loss aimed at leaves Cholesky's way open (qr.h); growth in a short time fluctuates, and five deviations
 * more are still far from rounding, 31 or more. A process with memory fluctuates more than a random walk; but its
 * deviation is measured at the present length, and the next is at most twice that. */
static const double MEAN = 10.0, HIGH = 18.0, DEVIATIONS = 5.0;
static const double SIZE = 150.0; /* lengths may grow four times as fast as they did */
enum { MEMORY = 64, HOLD = 4, PROBATION = 60 };

void plast__pace_reset(plast__pace *pace)
{
    *pace = (plast__pace){ .interval = 1 };
}

void plast__pace_restart(plast__pace *pace)
{
    *pace = (plast__pace){ .interval = 1, .held = -PROBATION };
}

static void learn(plast__pace *pace, double steps, double loss, double size)
{
    if (pace->seen < MEMORY)
        pace->seen++;
    const double share = 1.0 / (double)pace->seen, apart = loss / steps - pace->rate;
    pace->rate += share * apart;
    if (pace->seen > 1)
        pace->scatter += share * (steps * apart * apart - pace->scatter);
    const double now = size / steps;
    pace->size = now >= pace->size ? now : pace->size + (now - pace->size) / MEMORY;
}

/* The largest interval for which rate m + 5 sqrt(scatter m) stays below HIGH, and rate m below MEAN. */
static double longest(const plast__pace *pace)
{
    const double wide = DEVIATIONS * sqrt(pace->scatter);
    double most = PLAST__LONGEST_INTERVAL;
    /* sqrt(m) is the positive root of a quadratic equation, in the form that does not cancel */
    const double root = 2.0 * HIGH / (wide + sqrt(wide * wide + 4.0 * pace->rate * HIGH));
    if (root * root < most)
        most = root * root;
    if (pace->rate * most > MEAN)
        most = MEAN / pace->rate;
    if (pace->size * most > SIZE)
        most = SIZE / pace->size;
    return most;
}

void plast__pace_observe(plast__pace *pace, int64_t steps, double loss, double size)
{
    learn(pace, (double)steps, loss, size);
    double next = fmin(longest(pace), 2.0 * (double)pace->interval);
    if (loss > HIGH)
        next = fmin(next, (double)steps * MEAN / loss);
    const int64_t wanted = next < 1.0 ? 1 : (int64_t)next;
    pace->held++;
    if (wanted < pace->interval) {
        pace->interval = wanted;
    } else if (wanted > pace->interval && pace->held >= HOLD) {
        pace->interval = wanted;
        pace->held = 0;
    }
}
