/* SPDX-License-Identifier: MIT
 *
 * Permuted images: in each task the pixels of all images change places in one and the same way. */
#ifndef EXAMPLES_PERMUTED_TASK_H
#define EXAMPLES_PERMUTED_TASK_H

#include <stdint.h>

/* places[i] = the pixel that task number `task` of this seed has at place i, of n. Task 0 leaves all where they are; of
 * any other task each permutation is as likely as the next. */
void permuted_task_places(uint64_t seed, int task, int32_t n, int32_t *places);
/* `count` images of n pixels; `from` and `to` do not overlap. */
void permuted_task_apply(const int32_t *places, int32_t n, const float *from, int64_t count, float *to);

#endif
