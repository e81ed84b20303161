/* SPDX-License-Identifier: MIT
 *
 * Remembering random bits (Engelken 2023, arXiv:2312.17306). The input s is 0 or 1, alike likely in every step; with
 * the delay d and the order h the target at step t is the parity of 2^h bits,
 *
 *     s(t - d) xor s(t - 2 d) xor ... xor s(t - 2^h d):
 *
 * order 0 = copy, 1 = temporal XOR, higher = hierarchical XOR. The first step that carries a loss is 2^h d, counted
 * from 0: earlier targets would need bits from before the beginning. Labels are for two classes or a single output;
 * targets hold the same bits as numbers. */
#ifndef EXAMPLES_BIT_TASK_H
#define EXAMPLES_BIT_TASK_H

#include "sequences.h"

enum { BITS_COPY = 0, BITS_XOR = 1, MOST_BITS_ORDER = 20 };

struct bit_task {
    int order;
    int64_t delay; /* at least 1 */
    int64_t steps; /* more than 2^order delay */
};

int bit_shape(const struct bit_task *task, struct sequence_shape *shape, struct message *message);
/* The first step with a loss. */
int64_t bit_first(const struct bit_task *task);
/* As choice_draw. */
void bit_draw(const struct bit_task *task, uint64_t seed, uint64_t first, struct sequences *sequences);

#endif
