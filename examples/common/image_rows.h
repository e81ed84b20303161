/* SPDX-License-Identifier: MIT
 *
 * Images row by row: a sequence has as many steps as the image has rows, and a step's inputs are that row's pixels. The
 * label comes at the last step, which alone carries a loss. */
#ifndef EXAMPLES_IMAGE_ROWS_H
#define EXAMPLES_IMAGE_ROWS_H

#include "idx.h"
#include "sequences.h"

struct sequence_shape image_rows_shape(const struct idx_images *images, int64_t classes);
/* The images of the numbers order[0 ... batch - 1]. */
void image_rows_fill(const struct idx_set *set, const int32_t *order, struct sequences *sequences);

#endif
