/* SPDX-License-Identifier: MIT
 *
 * A network of the publication, 784-170-130-100-70 and outputs, that learns by a few terms of the pool of rules. */
#ifndef FEW_SHOT_LEARNER_H
#define FEW_SHOT_LEARNER_H

#include "task.h"

#include <stdbool.h>

enum { HIDDEN = 4, LAYERS = HIDDEN + 1 };

/* dW = - theta_0 e x^T - theta_2 e e_pre^T + theta_9 (y x^T - y y^T W), with Oja's term in hidden layers only. */
struct recipe {
    bool fixed_feedback; /* "fa", drawn as the forward weights are; otherwise backpropagation */
    double theta_0;
    double theta_2; /* negative turns the weights toward the feedback */
    double theta_9;
};

struct learner {
    plast_network *network;
    plast_state *state; /* for measuring; the network's own is for learning */
};

/* Weights and feedback are drawn from the seed. Measured on up to `queries` samples. */
plast_status learner_make(plast_context *context, const struct recipe *recipe, int64_t inputs, int outputs,
                          uint64_t seed, int64_t queries, struct learner *learner);
void learner_free(struct learner *learner);

struct measured {
    double accuracy;
    double angle[HIDDEN]; /* between mean signals and those of backpropagation, degrees; NaN where there is none */
    double orthonormality[HIDDEN]; /* E_W, mean over samples */
    double activity[HIDDEN];       /* |y|, mean over samples */
    double weights[LAYERS];        /* |W|_F */
};

/* PLAST_E_NOT_FINITE when activities or measures overflow. */
plast_status learner_accuracy(const struct learner *learner, const plast_data *data, double *accuracy);
plast_status learner_measure(plast_context *context, const struct learner *learner, const plast_data *data,
                             struct measured *measured);

#endif
