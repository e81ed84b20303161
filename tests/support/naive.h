/* SPDX-License-Identifier: MIT
 *
 * A learner in plain loops over doubles, written from the equations of the public headers and from nothing else: Gram
 * matrices are formed, increments are collected in arrays of their own, and added when all are known. */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include "support/nets.h"

typedef struct naive_layer {
    int64_t in, out;
    int32_t activation;
    double beta, param;
    double *w, *b; /* out x in, and out (NULL without bias) */
    double *gradient_w, *gradient_b;
    double *first_w, *first_b; /* Adam's moments */
    double *second_w, *second_b;
    double *rule; /* increment of all rules */
    double *z, *y, *s;
    double oja, guard, gha, decay;
    double error_decay; /* as decay, but only at updates that carry an error */
    int32_t frozen;
} naive_layer;

typedef struct naive {
    int32_t layers;
    naive_layer layer[NET_LAYERS];
    int32_t squared; /* the loss; otherwise s = y - t at the output */
    int32_t adam;
    double rate;
    double mu; /* momentum's; 0 = none */
    double clip_norm, clip_value;
    int32_t manhattan;
    int64_t clipped; /* updates that clip_norm has shortened */
    int64_t updates; /* that carried an error */
    /* A feedback scheme (support/schemes.h); NULL = backpropagation. `descend` puts the signals of the hidden layers
     * where that of the output is known already; `learn` is called when a layer's step and its rules' increments are
     * known and all weights are still the old ones. */
    void *scheme;
    void (*descend)(struct naive *naive, const double *target, double weight, double share);
    void (*learn)(struct naive *naive, int32_t layer, int carries_error);
} naive;

/* The same weights, rules and rates as the network's at this moment; moments 0. */
naive naive_copy(const net *net);
void naive_free(naive *naive);

void naive_forward(naive *naive, const double *x);
/* One update from n samples. `targets` are rows or NULL; `mask` NULL = all 1, 0 = no loss. */
void naive_update(naive *naive, int64_t n, const double *x, const double *targets, const double *mask);
/* All n samples in minibatches, the last one perhaps shorter. */
void naive_learn(naive *naive, int64_t n, const double *x, const double *targets, const double *mask, int64_t batch);

/* f'(z) of the layer's units. */
double naive_slope(const naive_layer *layer, double z);
/* A gradient becomes the optimizer's step of the update under way. */
void naive_step(const naive *naive, int64_t n, double *gradient, double *first, double *second);

/* As net_all. */
double *naive_all(const naive *naive);
/* All weights and biases agree: layer by layer, relative to the layer's largest. */
void assert_net_is(const net *net, const naive *naive, double tolerance);

#endif
