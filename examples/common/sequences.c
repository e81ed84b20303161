/* SPDX-License-Identifier: MIT */
#include "sequences.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int sequences_make(const struct sequence_shape *shape, int64_t batch, struct sequences *sequences,
                   struct message *message)
{
    if (shape->steps < 1 || shape->inputs < 1 || shape->classes < 0 || shape->outputs < 0 || batch < 1)
        return message_set(message,
                           "sequences of %" PRId64 " steps, %" PRId64 " inputs, %" PRId64 " classes, %" PRId64
                           " outputs, batch %" PRId64 ": expected at least 1, 1, 0, 0 and 1",
                           shape->steps, shape->inputs, shape->classes, shape->outputs, batch);
    const size_t rows = (size_t)shape->steps * (size_t)batch;
    struct sequences made = { .shape = *shape, .batch = batch };
    made.inputs = calloc(rows * (size_t)shape->inputs, sizeof *made.inputs);
    made.mask = calloc(rows, sizeof *made.mask);
    if (shape->classes > 0)
        made.labels = malloc(rows * sizeof *made.labels);
    if (shape->outputs > 0)
        made.targets = calloc(rows * (size_t)shape->outputs, sizeof *made.targets);
    if (made.inputs == NULL || made.mask == NULL || (shape->classes > 0 && made.labels == NULL) ||
        (shape->outputs > 0 && made.targets == NULL)) {
        sequences_free(&made);
        return message_set(message, "out of memory for %" PRId64 " sequences of %" PRId64 " steps", batch,
                           shape->steps);
    }
    sequences_clear(&made);
    *sequences = made;
    return 0;
}

void sequences_free(struct sequences *sequences)
{
    free(sequences->inputs);
    free(sequences->labels);
    free(sequences->targets);
    free(sequences->mask);
    *sequences = (struct sequences){ .batch = 0 };
}

void sequences_clear(struct sequences *sequences)
{
    const size_t rows = (size_t)sequences_rows(sequences);
    memset(sequences->inputs, 0, rows * (size_t)sequences->shape.inputs * sizeof *sequences->inputs);
    memset(sequences->mask, 0, rows * sizeof *sequences->mask);
    if (sequences->targets != NULL)
        memset(sequences->targets, 0, rows * (size_t)sequences->shape.outputs * sizeof *sequences->targets);
    for (size_t i = 0; sequences->labels != NULL && i < rows; i++)
        sequences->labels[i] = -1;
}

int64_t sequences_rows(const struct sequences *sequences)
{
    return sequences->shape.steps * sequences->batch;
}

double *sequences_input(const struct sequences *sequences, int64_t t, int64_t b)
{
    return sequences->inputs + (t * sequences->batch + b) * sequences->shape.inputs;
}

void sequences_label(const struct sequences *sequences, int64_t t, int64_t b, int32_t label)
{
    sequences->labels[t * sequences->batch + b] = label;
    sequences->mask[t * sequences->batch + b] = 1.0;
}

struct sequence_views sequences_view(const struct sequences *sequences)
{
    const int64_t rows = sequences_rows(sequences);
    struct sequence_views views = { .inputs = plast_matrix_f64(sequences->inputs, rows, sequences->shape.inputs),
                                    .mask = plast_matrix_f64(sequences->mask, rows, 1) };
    if (sequences->labels != NULL)
        views.labels = plast_labels_i32(sequences->labels, rows);
    if (sequences->targets != NULL)
        views.targets = plast_matrix_f64(sequences->targets, rows, sequences->shape.outputs);
    return views;
}

static int32_t chosen(const double *scores, int64_t columns)
{
    int32_t best = 0;
    if (columns == 1)
        return scores[0] > 0.5;
    for (int32_t k = 1; k < columns; k++)
        if (scores[k] > scores[best])
            best = k;
    return best;
}

double sequences_accuracy(const struct sequences *sequences, const double *scores, int64_t columns, int64_t first,
                          int64_t end)
{
    int64_t labelled = 0;
    int64_t right = 0;
    for (int64_t row = first * sequences->batch; row < end * sequences->batch; row++) {
        if (sequences->labels[row] < 0)
            continue;
        labelled++;
        right += chosen(scores + row * columns, columns) == sequences->labels[row];
    }
    return labelled > 0 ? (double)right / (double)labelled : NAN;
}
