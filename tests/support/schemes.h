/* SPDX-License-Identifier: MIT
 *
 * Feedback schemes for the tests: set by name and values, their matrices as plain arrays of double, and an independent
 * learner in plain loops that follows the equations of plasticity/feedback.h and nothing else. */
#ifndef TESTS_SCHEMES_H
#define TESTS_SCHEMES_H

#include "support/naive.h"

/* A parameter; lists end with one without a name. */
typedef struct scheme_value {
    const char *name;
    double value;
} scheme_value;

enum { SCHEME_VALUES = 14 };

/* A scheme and how it is set. */
typedef struct scheme_plan {
    const char *name;
    scheme_value values[SCHEME_VALUES];
} scheme_plan;

/* Every scheme with values that are all different from its defaults where that matters; at the end one with a NULL
 * name. "circuit" comes with each gate, with as many descending units as ascending ones and with others. */
extern const scheme_plan all_schemes[];

plast_status net_try_scheme(const net *net, const scheme_plan *plan);
void net_scheme(const net *net, const scheme_plan *plan);
void net_scheme_parameter(const net *net, const char *name, double value);
/* The plan's value, or the default. */
double scheme_value_of(const scheme_plan *plan, const char *name, double otherwise);

plast_layer *net_layer(const net *net, int32_t layer);
plast_synapses *net_group(const net *net, int32_t layer, const char *name);
/* NULL when the layer has no such group. */
plast_synapses *net_find_group(const net *net, int32_t layer, const char *name);
int64_t group_rows(const plast_synapses *synapses);
int64_t group_cols(const plast_synapses *synapses);
int64_t group_size(const plast_synapses *synapses);
/* Dense and row-major, n_out x n_in. */
void group_get(const plast_synapses *synapses, double *weights);
void group_set(plast_synapses *synapses, const double *weights);
double *group_new(const plast_synapses *synapses); /* a copy, malloc's */
/* A mask of 0 and 1. */
void group_mask(plast_synapses *synapses, const double *mask);
void group_get_mask(const plast_synapses *synapses, double *mask);
/* What signs and bounds allow each weight of a layer's group. */
void net_interval(const net *net, int32_t layer, const char *name, double *low, double *high);

/* Every matrix of the scheme, hidden layer by hidden layer; *size is the length. malloc's. */
double *net_feedbacks(const net *net, int64_t *size);
/* All weights, biases and feedback matrices agree bit for bit. */
void assert_same_schemes(const net *a, const net *b);

/* Lets the naive learner, made by naive_copy, learn with the scheme that the network has, from the network's present
 * matrices and with the masks, signs and bounds that those have. */
void naive_scheme(naive *naive, const net *net, const scheme_plan *plan);
void naive_scheme_free(naive *naive);
/* What was drawn anew inside the library ("brsf") is taken from there. */
void naive_scheme_redraw(naive *naive, const net *net);
/* All feedback matrices agree, each relative to its largest entry. */
void assert_scheme_is(const net *net, const naive *naive, double tolerance);

/* The transpose of rows x cols. */
void transpose(int64_t rows, int64_t cols, const double *a, double *out);
/* |A - B|_F, and |A|_F */
double distance(int64_t n, const double *a, const double *b);
double length(int64_t n, const double *a);
/* In degrees. */
double angle(int64_t n, const double *a, const double *b);
/* A (rows x inner) B (inner x cols) */
void matrix_product(int64_t rows, int64_t inner, int64_t cols, const double *a, const double *b, double *out);

#endif
