/* SPDX-License-Identifier: MIT */
#include "teacher.h"

#include <math.h>

/* SplitMix64 (Steele, Lea & Flood 2014). */
double random_uniform(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Box & Muller 1958, one of the two. */
double random_normal(struct random *random)
{
    const double radius = sqrt(-2.0 * log(1.0 - random_uniform(random)));
    return radius * cos(6.283185307179586 * random_uniform(random));
}

static void fill(struct random *random, int n, double size, double *weights)
{
    for (int i = 0; i < n; i++)
        weights[i] = size * (2.0 * random_uniform(random) - 1.0);
}

void teacher_draw(struct random *random, struct teacher *teacher)
{
    fill(random, 20 * TEACHER_INPUTS, 1.0 / sqrt(10.0), teacher->first[0]);
    fill(random, 10 * 20, 1.0 / sqrt(7.0), teacher->second[0]);
    fill(random, TEACHER_OUTPUTS * 10, 1.0, teacher->third[0]);
}

static double dot(int n, const double *a, const double *b)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

void teacher_show(const struct teacher *teacher, struct random *random, int64_t n, float *inputs, float *targets)
{
    double x[TEACHER_INPUTS];
    double first[20];
    double second[10];
    for (int64_t k = 0; k < n; k++) {
        for (int i = 0; i < TEACHER_INPUTS; i++) {
            float value = (float)random_normal(random);
            inputs[k * TEACHER_INPUTS + i] = value;
            x[i] = value;
        }
        for (int i = 0; i < 20; i++)
            first[i] = tanh(dot(TEACHER_INPUTS, teacher->first[i], x));
        for (int i = 0; i < 10; i++)
            second[i] = tanh(dot(20, teacher->second[i], first));
        for (int i = 0; i < TEACHER_OUTPUTS; i++)
            targets[k * TEACHER_OUTPUTS + i] = (float)dot(10, teacher->third[i], second);
    }
}

double teacher_variance(const float *targets, int64_t n)
{
    double variance = 0.0;
    for (int i = 0; i < TEACHER_OUTPUTS; i++) {
        double sum = 0.0;
        double squares = 0.0;
        for (int64_t k = 0; k < n; k++) {
            const double target = targets[k * TEACHER_OUTPUTS + i];
            sum += target;
            squares += target * target;
        }
        variance += squares / (double)n - sum / (double)n * (sum / (double)n);
    }
    return variance;
}
