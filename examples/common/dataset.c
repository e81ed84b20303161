/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int load_set(const char *folder, const char *name, struct idx_set *set, struct message *message)
{
    char images[1024];
    char labels[1024];
    int a = snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, name);
    int b = snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, name);
    if (a < 0 || a >= (int)sizeof images || b < 0 || b >= (int)sizeof labels)
        return message_set(message, "the folder's name is longer than 1000 characters");
    return idx_read_set(images, labels, set, message);
}

int dataset_load(const char *folder, int64_t tested, struct dataset *dataset, struct message *message)
{
    struct dataset read = { .train = { .images = { .pixels = NULL } } };
    int result = load_set(folder, "train", &read.train, message);
    if (result == 0)
        result = load_set(folder, "t10k", &read.test, message);
    if (result == 0) {
        const struct idx_images *a = &read.train.images;
        const struct idx_images *b = &read.test.images;
        if (a->rows != b->rows || a->cols != b->cols || b->count < tested || a->count > INT32_MAX)
            result = message_set(message,
                                 "%s: %" PRId64 " training images of %" PRId64 " x %" PRId64 " and %" PRId64
                                 " test images of %" PRId64 " x %" PRId64
                                 ", expected the same shape and at least %" PRId64 " test images",
                                 folder, a->count, a->rows, a->cols, b->count, b->rows, b->cols, tested);
    }
    if (result == 0)
        *dataset = read;
    else
        dataset_free(&read);
    return result;
}

void dataset_free(struct dataset *dataset)
{
    idx_free_set(&dataset->train);
    idx_free_set(&dataset->test);
}

int64_t dataset_pixels(const struct dataset *dataset)
{
    return dataset->train.images.rows * dataset->train.images.cols;
}

/* SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void dataset_shuffle(uint64_t seed, int64_t n, int32_t *deck, int64_t samples, int32_t *order)
{
    for (int64_t i = 0; i < n; i++)
        deck[i] = (int32_t)i;
    for (int64_t i = 0; i < samples; i++) {
        int64_t here = i % n;
        int64_t there = here + (int64_t)(next_random(&seed) % (uint64_t)(n - here));
        int32_t drawn = deck[there];
        deck[there] = deck[here];
        deck[here] = drawn;
        order[i] = drawn;
    }
}

int32_t *dataset_orders(int seeds, int64_t n, int64_t samples, struct message *message)
{
    int32_t *deck = malloc((size_t)n * sizeof *deck);
    int32_t *order = malloc((size_t)seeds * (size_t)samples * sizeof *order);
    if (deck != NULL && order != NULL) {
        for (int seed = 0; seed < seeds; seed++)
            dataset_shuffle((uint64_t)seed + 1, n, deck, samples, order + seed * samples);
    } else {
        message_set(message, "out of memory for the order of %" PRId64 " samples", samples);
        free(order);
        order = NULL;
    }
    free(deck);
    return order;
}
