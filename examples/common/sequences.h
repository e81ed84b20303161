/* SPDX-License-Identifier: MIT
 *
 * A batch of sequences of equal length, time-major: row t * batch + b of every matrix is step t of trial b. The tasks
 * fill it again and again; inputs may be given to a network of either number type. */
#ifndef EXAMPLES_SEQUENCES_H
#define EXAMPLES_SEQUENCES_H

#include "message.h"

#include <plasticity/plasticity.h>

#include <stdint.h>

/* What a task asks for. */
struct sequence_shape {
    int64_t steps;
    int64_t inputs;
    int64_t classes; /* of the labels; 0 = none */
    int64_t outputs; /* columns of the targets; 0 = none */
};

struct sequences {
    struct sequence_shape shape;
    int64_t batch;
    double *inputs;  /* rows x inputs */
    int32_t *labels; /* one a row, -1 = no loss there; NULL without classes */
    double *targets; /* rows x outputs; NULL without them. A row without a loss is 0 */
    double *mask;    /* one a row: 1 = the row carries a loss, 0 = it does not */
};

/* All 0, labels -1. The caller frees it. */
int sequences_make(const struct sequence_shape *shape, int64_t batch, struct sequences *sequences,
                   struct message *message);
void sequences_free(struct sequences *sequences);
/* As they were made. */
void sequences_clear(struct sequences *sequences);

int64_t sequences_rows(const struct sequences *sequences);
/* The inputs of step t of trial b. */
double *sequences_input(const struct sequences *sequences, int64_t t, int64_t b);

/* Of step t of trial b, which then carries a loss. */
void sequences_label(const struct sequences *sequences, int64_t t, int64_t b, int32_t label);

struct sequence_views {
    plast_matrix inputs;
    plast_matrix labels;  /* only with classes */
    plast_matrix targets; /* only with outputs */
    plast_matrix mask;
};

struct sequence_views sequences_view(const struct sequences *sequences);

/* The share of rows with a label in the steps from `first` to before `end` whose label is the largest of the row's
 * scores; a single score above 1/2 is class 1. `scores` has `columns` of them for each row. NaN without such rows. */
double sequences_accuracy(const struct sequences *sequences, const double *scores, int64_t columns, int64_t first,
                          int64_t end);

#endif
