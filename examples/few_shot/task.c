/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* A counting sort by label. */
static int sort_rows(struct sorted_set *sorted, const char *name, struct message *message)
{
    const struct idx_labels *labels = &sorted->set.labels;
    int64_t next[CLASSES] = { 0 };
    for (int64_t i = 0; i < labels->count; i++) {
        if (labels->labels[i] >= CLASSES)
            return message_set(message, "%s label %" PRId64 " is %d, expected 0 to %d", name, i, labels->labels[i],
                               CLASSES - 1);
        sorted->first[labels->labels[i] + 1]++;
    }
    for (int c = 0; c < CLASSES; c++) {
        sorted->first[c + 1] += sorted->first[c];
        next[c] = sorted->first[c];
    }
    sorted->rows = malloc((size_t)labels->count * sizeof *sorted->rows);
    if (sorted->rows == NULL)
        return message_set(message, "out of memory for %" PRId64 " rows", labels->count);
    for (int64_t i = 0; i < labels->count; i++)
        sorted->rows[next[labels->labels[i]]++] = (int32_t)i;
    return 0;
}

/* As many images of each class as an episode may draw. */
static int check_sorted(const struct sorted_set *sorted, const char *name, struct message *message)
{
    for (int c = 0; c < CLASSES; c++) {
        int64_t count = sorted->first[c + 1] - sorted->first[c];
        if (count < LEAST_PER_CLASS || sorted->set.images.count > INT32_MAX)
            return message_set(message, "%s set: %" PRId64 " images of class %d, expected at least %d", name, count, c,
                               LEAST_PER_CLASS);
    }
    return 0;
}

static int load_sorted(const char *folder, const char *name, struct sorted_set *sorted, struct message *message)
{
    int result = load_set(folder, name, &sorted->set, message);
    if (result == 0)
        result = sort_rows(sorted, name, message);
    return result == 0 ? check_sorted(sorted, name, message) : result;
}

int task_load(const char *folder, struct task *task, struct message *message)
{
    *task = (struct task){ 0 };
    int result = load_sorted(folder, "train", &task->train, message);
    if (result == 0)
        result = load_sorted(folder, "t10k", &task->test, message);
    if (result == 0) {
        const struct idx_images *a = &task->train.set.images;
        const struct idx_images *b = &task->test.set.images;
        if (a->rows != b->rows || a->cols != b->cols)
            result = message_set(message,
                                 "%s: training images of %" PRId64 " x %" PRId64 " and test images of %" PRId64
                                 " x %" PRId64 ", expected the same shape",
                                 folder, a->rows, a->cols, b->rows, b->cols);
    }
    if (result != 0)
        task_free(task);
    return result;
}

static void free_sorted(struct sorted_set *sorted)
{
    idx_free_set(&sorted->set);
    free(sorted->rows);
}

void task_free(struct task *task)
{
    free_sorted(&task->train);
    free_sorted(&task->test);
    *task = (struct task){ 0 };
}

int64_t task_pixels(const struct task *task)
{
    return task->train.set.images.rows * task->train.set.images.cols;
}

/* SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* The first `k` of `n` numbers become a random choice of them, in random order (Fisher & Yates). */
static void shuffle(uint64_t *state, int64_t n, int64_t k, int32_t *numbers)
{
    for (int64_t i = 0; i < k; i++) {
        int64_t there = i + (int64_t)(next_random(state) % (uint64_t)(n - i));
        int32_t drawn = numbers[there];
        numbers[there] = numbers[i];
        numbers[i] = drawn;
    }
}

/* `k` rows of a class, none twice: Floyd's algorithm, which needs no copy of the class (Bentley & Floyd 1987). */
static void draw_rows(uint64_t *state, const struct sorted_set *sorted, int class, int k, int32_t *rows)
{
    const int32_t *all = sorted->rows + sorted->first[class];
    int64_t n = sorted->first[class + 1] - sorted->first[class];
    for (int i = 0; i < k; i++) {
        int64_t last = n - k + i;
        int32_t row = all[next_random(state) % (uint64_t)(last + 1)];
        for (int j = 0; j < i; j++)
            if (rows[j] == row)
                row = all[last];
        rows[i] = row;
    }
}

void task_draw(const struct task *task, uint64_t seed, int ways, int shots, int queries, int32_t *train, int32_t *test)
{
    int32_t classes[CLASSES];
    for (int c = 0; c < CLASSES; c++)
        classes[c] = c;
    shuffle(&seed, CLASSES, ways, classes);
    for (int i = 0; i < ways; i++) {
        draw_rows(&seed, &task->train, classes[i], shots, train + (ptrdiff_t)i * shots);
        draw_rows(&seed, &task->test, classes[i], queries, test + (ptrdiff_t)i * queries);
    }
    shuffle(&seed, (int64_t)ways * shots, (int64_t)ways * shots, train);
}

int task_order(const struct sorted_set *sorted, uint64_t seed, int64_t count, int32_t *rows)
{
    int64_t n = sorted->set.images.count;
    int32_t *deck = malloc((size_t)n * sizeof *deck);
    if (deck == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        deck[i] = (int32_t)i;
    shuffle(&seed, n, count, deck);
    memcpy(rows, deck, (size_t)count * sizeof *rows);
    free(deck);
    return 0;
}

void task_samples(const struct sorted_set *sorted, const int32_t *rows, int64_t count, struct samples *samples)
{
    const struct idx_images *images = &sorted->set.images;
    samples->inputs = plast_matrix_f32(images->pixels, images->count, images->rows * images->cols);
    samples->targets = plast_labels_u8(sorted->set.labels.labels, images->count);
    samples->order = plast_labels_i32(rows, count);
    samples->data =
        (plast_data){ PLAST_DATA, .inputs = &samples->inputs, .targets = &samples->targets, .order = &samples->order };
}
