/* SPDX-License-Identifier: MIT
 *
 * Reader of IDX files, the format of MNIST and Fashion-MNIST, plain or in gzip.
 *
 * A file is taken only if all of it is right: magic number, sizes, exactly as much data as the sizes say, and the
 * checksum of gzip. On failure the functions return -1 with a message that names the file, what was found and what was
 * expected, and leave their output as it was. (Bytes behind the end of a complete gzip stream are ignored, as gzip
 * itself does.) */
#ifndef EXAMPLES_IDX_H
#define EXAMPLES_IDX_H

#include "message.h"

#include <stdint.h>

struct idx_images {
    float *pixels; /* count x (rows * cols), one image after another, 0 ... 1 */
    int64_t count;
    int64_t rows;
    int64_t cols;
};

struct idx_labels {
    uint8_t *labels;
    int64_t count;
};

/* Images with their labels. */
struct idx_set {
    struct idx_images images;
    struct idx_labels labels;
};

int idx_read_images(const char *path, struct idx_images *images, struct message *message);
int idx_read_labels(const char *path, struct idx_labels *labels, struct message *message);
/* Both, and as many labels as images. */
int idx_read_set(const char *image_path, const char *label_path, struct idx_set *set, struct message *message);

void idx_free_images(struct idx_images *images);
void idx_free_labels(struct idx_labels *labels);
void idx_free_set(struct idx_set *set);

#endif
