/* SPDX-License-Identifier: MIT
 *
 * Rules and feedback schemes with any parameters, on the networks of nets.h, and what a learned sample left. */
#ifndef TESTS_RULES_H
#define TESTS_RULES_H

#include "support/nets.h"

typedef struct setting {
    const char *name; /* NULL = the end */
    double value;
} setting;

/* Attaches the rule; must succeed. */
void net_add_rule(net *net, int32_t layers, const char *rule, const setting *settings);
/* May fail. */
plast_status net_try_rule(net *net, int32_t layers, const char *rule, const setting *settings);
void net_feedback(net *net, const char *scheme, const setting *settings);

/* The single settings of the rules that have a rate, and no more than that. */
#define RATE(value) ((const setting[]){ { "rate", value }, { NULL, 0.0 } })

/* Rows of a quantity (PLAST_ACTIVITY ...) of the samples learned last. */
void net_seen(const net *net, int32_t layer, int32_t quantity, double *rows);
/* Weights of a group by name, as units x units below. */
void net_group_weights(const net *net, int32_t layer, const char *group, int64_t rows, int64_t cols, double *weights);

/* One layer without biases, inputs x units, with the rule on it. */
net net_one_layer(int32_t dtype, int32_t activation, int64_t inputs, int64_t units, const char *rule,
                  const setting *settings);
/* Learns without targets. */
void net_see(net *net, int64_t n, const double *x, int64_t batch);

/* Adds one sample's increment of a rule, from the old W (post x pre), to `increment`. */
typedef void dense_rule(int64_t post, int64_t pre, const double *w, const double *y, const double *x,
                        double *increment);
/* The library's rule moves W by the mean of those increments: for all activations, both number types, online and in
 * minibatches. */
void check_dense_rule(const char *rule, const setting *settings, dense_rule *naive);

#endif
