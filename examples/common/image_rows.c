/* SPDX-License-Identifier: MIT */
#include "image_rows.h"

struct sequence_shape image_rows_shape(const struct idx_images *images, int64_t classes)
{
    return (struct sequence_shape){ .steps = images->rows, .inputs = images->cols, .classes = classes };
}

void image_rows_fill(const struct idx_set *set, const int32_t *order, struct sequences *sequences)
{
    const int64_t rows = set->images.rows, cols = set->images.cols;
    sequences_clear(sequences);
    for (int64_t b = 0; b < sequences->batch; b++) {
        const float *pixels = set->images.pixels + order[b] * rows * cols;
        for (int64_t t = 0; t < rows; t++)
            for (int64_t i = 0; i < cols; i++)
                sequences_input(sequences, t, b)[i] = (double)pixels[t * cols + i];
        sequences_label(sequences, rows - 1, b, set->labels.labels[order[b]]);
    }
}
