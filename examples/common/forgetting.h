/* SPDX-License-Identifier: MIT
 *
 * How much is forgotten of tasks that are learned one after another. accuracy[i * tasks + j] is the accuracy on task j
 * after task i was learned. */
#ifndef EXAMPLES_FORGETTING_H
#define EXAMPLES_FORGETTING_H

/* After the first `learned` of them: the mean over all but the last one of what its accuracy has lost since it was
 * learned itself. Negative where it has gained; 0 after the first task. */
double forgetting_mean(const double *accuracy, int tasks, int learned);
/* The mean accuracy on the first `learned` tasks, after the last of them. */
double forgetting_accuracy(const double *accuracy, int tasks, int learned);

#endif
