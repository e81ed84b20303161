/* SPDX-License-Identifier: MIT
 *
 * Networks for the tests of learning: made from a plan, read and written as plain arrays of double. Whatever fails
 * ends the test with the library's message. */
#ifndef TESTS_NETS_H
#define TESTS_NETS_H

#include <plasticity/plasticity.h>

enum { NET_LAYERS = 16 };

/* Zero means none, or the library's default. */
typedef struct net_plan {
    uint32_t cpu_mask;
    int32_t dtype;
    int64_t inputs;
    int32_t layers;
    int64_t units[NET_LAYERS];
    int32_t hidden; /* activation of all layers but the last */
    int32_t output; /* activation of the last */
    double beta;    /* of softplus, wherever it stands */
    double param;   /* of leaky ReLU and ELU */
    int32_t loss;
    int32_t no_bias; /* otherwise biases are drawn too, from U(-1/2, 1/2) */
    int32_t init;
    double gain;
    uint64_t seed;
    const char *optimizer;
    double rate;                   /* of the optimizer */
    double oja, guard, gha, decay; /* attached to `ruled` where not 0 */
    int32_t ruled;                 /* PLAST_ALL_LAYERS ... */
    const plast_allocator *allocator;
} net_plan;

typedef struct net {
    net_plan plan;
    plast_context *context;
    plast_network *network;
} net;

/* Samples in rows; `targets` in rows too, or NULL. */
typedef struct net_data {
    int64_t n;
    const double *x;
    const double *targets;
    const int32_t *labels; /* instead of target rows */
    const double *mask;    /* NULL = all 1 */
    const int32_t *order;  /* n rows of a larger array of `stored` rows; NULL = all */
    int64_t stored;
    int64_t batch;
} net_data;

net net_make(const net_plan *plan);
void net_free(net *net);

void net_rule(net *net, int32_t layers, const char *rule, double rate);
void net_optimizer(net *net, const char *optimizer, double rate);

/* One layer's weights (row-major, dense) and biases. */
void net_get_weights(const net *net, int32_t layer, double *weights);
void net_set_weights(net *net, int32_t layer, const double *weights);
void net_get_bias(const net *net, int32_t layer, double *bias);
void net_set_bias(net *net, int32_t layer, const double *bias);
void net_freeze(net *net, int32_t layer, int32_t frozen);

/* Everything that learns, layer by layer, weights before biases. The array is malloc's. */
int64_t net_size(const net *net);
double *net_all(const net *net);

/* Must succeed. */
void net_learn(net *net, const net_data *data);
/* May fail; `report` may be NULL. */
plast_status net_try_learn(net *net, const net_data *data, plast_report *report);
plast_report net_evaluate(net *net, const net_data *data);
void net_run(net *net, int64_t n, const double *x, double *outputs);

/* Fails the test with the context's message unless `status` is PLAST_OK. */
void net_ok(const net *net, plast_status status);

/* Numbers from U(-1, 1), and from N(0, 1); the same for the same seed everywhere. */
void fill_uniform(uint64_t seed, int64_t n, double *out);
void fill_normal(uint64_t seed, int64_t n, double *out);
/* n orthonormal rows of length n. */
void fill_orthogonal(uint64_t seed, int64_t n, double *out);
double *new_array(int64_t n); /* of zeros; ends the test when there is no memory */

/* max |a - b| / max |b|. */
double difference(int64_t n, const double *a, const double *b);
/* Fails the test when difference(n, a, b) exceeds the tolerance, or is not a number. */
void assert_close(int64_t n, const double *a, const double *b, double tolerance);
/* |a - b| <= tolerance. (cmocka's own comparison is of floats.) */
void assert_near(double a, double b, double tolerance);
void assert_same_bits(int64_t n, const double *a, const double *b);
/* All weights and biases of two networks. */
void assert_same_nets(const net *a, const net *b);

#endif
