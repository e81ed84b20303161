/* SPDX-License-Identifier: MIT
 *
 * Feedback schemes as tasks: their parameters and matrices, and the bytes that an online step with them must move. */
#ifndef BENCH_SCHEME_H
#define BENCH_SCHEME_H

#include <stdint.h>

#include "task.h"

enum { BENCH_SCHEMES = 4, BENCH_GROUPS = 3 };

struct bench_scheme {
    const char *name;
    double decay;                         /* its parameter of that name; 0: it has none */
    const char *groups[BENCH_GROUPS + 1]; /* its matrices that end in each hidden layer, up to a NULL */
    double mark;                          /* an online step may take so many steps of backpropagation */
};
extern const bench_scheme bench_schemes[BENCH_SCHEMES];

/* Shape of a scheme's matrix that ends in the layer, n_out x n_in. Returns 0 past the last one. */
int bench_group_shape(const bench_task *task, int32_t layer, int32_t group, int64_t *rows, int64_t *cols);

/* Weights of all matrices by what an online step must do to them, in update and forward pass and in the descent. */
typedef struct bench_load {
    int64_t held;    /* all, the scheme's included */
    int64_t changed; /* read and written, once each */
    int64_t read;    /* read besides */
} bench_load;

bench_load bench_task_load(const bench_task *task);
double bench_load_bytes(const bench_load *load);

#endif
