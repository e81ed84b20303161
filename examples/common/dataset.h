/* SPDX-License-Identifier: MIT
 *
 * Fashion-MNIST as Debian's dataset-fashion-mnist lays it out, and the order in which its images come. */
#ifndef EXAMPLES_DATASET_H
#define EXAMPLES_DATASET_H

#include "idx.h"
#include "message.h"

#define DATASET_FOLDER "/usr/share/datasets/fashion-mnist"

struct dataset {
    struct idx_set train;
    struct idx_set test;
};

/* Both sets, of images of one shape, and at least `tested` for the test. */
int dataset_load(const char *folder, int64_t tested, struct dataset *dataset, struct message *message);
void dataset_free(struct dataset *dataset);

int64_t dataset_pixels(const struct dataset *dataset);

/* Fills `order` with `samples` rows out of n: each once in random order, then each once again in another, until there
 * are enough. `deck` has n places. */
void dataset_shuffle(uint64_t seed, int64_t n, int32_t *deck, int64_t samples, int32_t *order);

/* Such an order for each seed 1 ... seeds, one after another; NULL with a message. The caller frees it. */
int32_t *dataset_orders(int seeds, int64_t n, int64_t samples, struct message *message);

#endif
