/* SPDX-License-Identifier: MIT
 *
 * One trial: a network is made, learns image after image, and is measured on the way. */
#ifndef OJA_DEPTH_TRIAL_H
#define OJA_DEPTH_TRIAL_H

#include "plan.h"

#include "../common/dataset.h"

#include <plasticity/plasticity.h>

enum { HIDDEN = 100 }; /* units of each hidden layer */

/* Images and, for each seed, the order in which they come. */
struct task {
    struct dataset data;
    int64_t tested; /* the first so many test images */
    int32_t *order; /* seeds x samples, rows of data.train */
    int64_t samples;
};

int task_load(const char *folder, int64_t tested, int seeds, int64_t samples, struct task *task,
              struct message *message);
void task_free(struct task *task);

/* Weights in such a network: what a sample costs. */
double trial_weights(const struct task *task, int depth);

/* The network of a setting, its rule and optimizer attached; the caller destroys it, also when this fails. */
plast_status trial_network(plast_context *context, const struct task *task, const struct setting *setting, int seed,
                           plast_network **network);
/* Learns the samples `from` ... `to` - 1 of the seed's order, one by one. */
plast_status trial_learn(const struct task *task, plast_network *network, int seed, int64_t from, int64_t to,
                         int64_t *learned);

/* Runs trial->samples samples; fills in the rest of the trial. Divergence is a result, not a failure. */
plast_status trial_run(plast_context *context, const struct task *task, const struct plan *plan, struct trial *trial);

#endif
