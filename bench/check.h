/* SPDX-License-Identifier: MIT
 *
 * Proof that both sides compute the same. */
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

#include <stdint.h>

#include "subject.h"
#include "task.h"

/* How many steps a comparison takes. */
enum { BENCH_CHECK_STEPS = 20 };

/* The largest difference between `ours` and `theirs`, relative to the largest change since `start`: the largest of
 * these over all matrices and biases. All three are laid out as task.h says. */
double bench_difference(const bench_task *task, const float *start, const float *ours, const float *theirs);

/* Ends the process when the difference is too large; `work` and `peer` are for its message. */
void bench_require_same(double difference, const char *work, const char *peer);

/* Learns BENCH_CHECK_STEPS steps and writes to `path` all that another program needs to do the same and compare: lines
 * "key value...", an empty line, then the inputs (float32), the labels (int32), and each layer's matrix and biases
 * (float32, without padding), then the matrices of a feedback scheme, layer by layer; all before, then all after. */
void bench_dump(bench_subject *subject, const char *path);

#endif
