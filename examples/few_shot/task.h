/* SPDX-License-Identifier: MIT
 *
 * Images by class, and what is drawn from them. */
#ifndef FEW_SHOT_TASK_H
#define FEW_SHOT_TASK_H

#include "../common/idx.h"

#include <plasticity/plasticity.h>

enum { CLASSES = 10, LEAST_PER_CLASS = 100 }; /* as many images of a class may be drawn */

/* A data set of ten classes, and its rows class by class. */
struct sorted_set {
    struct idx_set set;
    int32_t *rows;              /* those of class c from first[c] to first[c + 1] - 1 */
    int64_t first[CLASSES + 1]; /* in `rows` */
};

struct task {
    struct sorted_set train;
    struct sorted_set test;
};

int task_load(const char *folder, struct task *task, struct message *message);
void task_free(struct task *task);

int64_t task_pixels(const struct task *task);

/* `ways` of the ten classes, and of each so many training and test images, none twice; the training images of all
 * classes mixed, in the order in which they come. Everything follows from the seed. */
void task_draw(const struct task *task, uint64_t seed, int ways, int shots, int queries, int32_t *train, int32_t *test);

/* `count` different rows of the set, in random order. Returns -1 when there is no memory. */
int task_order(const struct sorted_set *sorted, uint64_t seed, int64_t count, int32_t *rows);

/* Views of a whole set and of the rows to visit; `data` points to the other three. */
struct samples {
    plast_matrix inputs, targets, order;
    plast_data data;
};

void task_samples(const struct sorted_set *sorted, const int32_t *rows, int64_t count, struct samples *samples);

#endif
