/* SPDX-License-Identifier: MIT
 *
 * Random numbers of one trial. They follow from its seed and its index alone, so a trial is the same in every batch. */
#ifndef EXAMPLES_DRAWS_H
#define EXAMPLES_DRAWS_H

#include <stdint.h>

struct draws {
    uint64_t state;
};

struct draws draws_begin(uint64_t seed, uint64_t trial);
uint64_t draws_word(struct draws *draws);
int draws_below(struct draws *draws, int n); /* 0 ... n - 1, n at most 2^31 - 1 */
double draws_uniform(struct draws *draws);   /* (0, 1), never an end */
double draws_normal(struct draws *draws);    /* N(0, 1) */

#endif
