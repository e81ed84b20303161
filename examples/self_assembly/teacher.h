/* SPDX-License-Identifier: MIT
 *
 * A random network 30-20-10-10 (tanh, tanh, linear) that is to be imitated, and random numbers. */
#ifndef SELF_ASSEMBLY_TEACHER_H
#define SELF_ASSEMBLY_TEACHER_H

#include <stdint.h>

enum { TEACHER_INPUTS = 30, TEACHER_OUTPUTS = 10 };

/* Counts on; any start will do. */
struct random {
    uint64_t state;
};

double random_uniform(struct random *random); /* in [0, 1) */
double random_normal(struct random *random);

struct teacher {
    double first[20][TEACHER_INPUTS]; /* U(-1, 1) / sqrt(10) */
    double second[10][20];            /* U(-1, 1) / sqrt(7) */
    double third[TEACHER_OUTPUTS][10];
};

void teacher_draw(struct random *random, struct teacher *teacher);
/* `n` inputs from N(0, 1), a row each, and the answers. */
void teacher_show(const struct teacher *teacher, struct random *random, int64_t n, float *inputs, float *targets);
/* The targets' variance around their means, summed over the outputs. */
double teacher_variance(const float *targets, int64_t n);

#endif
