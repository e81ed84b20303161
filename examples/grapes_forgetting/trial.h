/* SPDX-License-Identifier: MIT
 *
 * A network learns one permuted task after another. */
#ifndef GRAPES_FORGETTING_TRIAL_H
#define GRAPES_FORGETTING_TRIAL_H

#include "../common/dataset.h"
#include "plan.h"

#include <plasticity/plasticity.h>

struct images {
    const struct plan *plan;
    struct dataset data;
    int32_t *orders; /* seeds x tasks x learned */
};

int images_load(const char *folder, const struct plan *plan, struct images *images, struct message *message);
void images_free(struct images *images);

/* 784-256-256-10, ReLU, no biases, momentum .9.
 *
 * The notebook that the authors of GRAPES released with it sums the weights of the whole layer, not of each node: its
 * factor is 2 for all nodes, and its update that of backpropagation with four times the rate in the first layer and
 * twice in the second. A network of ReLU units of which inputs and units are scaled learns like that by itself: inputs
 * times sqrt(8) (see trial_input_scale) and first units times sqrt(2), so the two lower layers start with 1/2 and
 * 1/sqrt(2) times their weights and compute the same. A step of W/k is k^2 times as large for W. */
plast_status trial_network(plast_context *context, const struct arm *arm, double rate, uint64_t seed, int64_t inputs,
                           plast_network **network);
float trial_input_scale(const struct arm *arm);

/* Fills in the plan's run. Divergence is a result, not a failure. */
plast_status trial_run(plast_context *context, const struct images *images, int arm, int rate, int seed);

#endif
