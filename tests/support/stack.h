/* SPDX-License-Identifier: MIT
 *
 * Networks of layers with a state, for tests of credit through time: everything that learns as one array of double. */
#ifndef TESTS_STACK_H
#define TESTS_STACK_H

#include <plasticity/plasticity.h>

enum { STACK_LAYERS = 6 };

typedef struct stack_layer {
    const char *kind;
    plast_layer_options options;
} stack_layer;

typedef struct stack_plan {
    int32_t dtype;
    int64_t inputs;
    int32_t loss;
    int32_t layers;
    stack_layer layer[STACK_LAYERS];
    const plast_allocator *allocator;
} stack_plan;

typedef struct stack {
    stack_plan plan;
    plast_context *context;
    plast_network *network;
} stack;

/* Sequences, time-major; `mask` NULL = all 1. */
typedef struct stack_data {
    int64_t steps, sequences;
    const double *x, *targets, *mask;
    int32_t carry;
    int64_t every; /* update_every */
} stack_data;

/* A dense view, rows x cols of double, to read from or write to. */
static inline plast_matrix stack_matrix(const double *data, int64_t rows, int64_t cols)
{
    return (plast_matrix){ (double *)data, rows, cols, cols, 1, PLAST_F64, 0 };
}

/* Biases and initial states are drawn from U(-1/2, 1/2), weights by their laws. Plain gradient descent of rate 1. */
stack stack_make(const stack_plan *plan);
void stack_free(stack *s);
void stack_ok(const stack *s, plast_status status);

/* One temporal scheme, with one parameter (NULL = none). */
void stack_temporal(stack *s, const char *scheme, const char *parameter, double value);

/* All weights, biases and initial states (those that do not learn too), layer by layer. */
int64_t stack_size(const stack *s);
void stack_get(const stack *s, double *all);
void stack_set(stack *s, const double *all);
plast_synapses *stack_group(const stack *s, int32_t layer, const char *name);

/* outputs: steps x sequences x units. */
void stack_run(stack *s, plast_state *state, const stack_data *data, double *outputs);
double stack_loss(stack *s, const stack_data *data);
/* One update of rate 1, taken back: gradient = the step that it was, for the mean loss. */
void stack_gradient(stack *s, plast_state *state, const stack_data *data, double *gradient);
/* The same by central differences of the loss; with learn_initial 0 initial states have one too. */
void stack_differences(stack *s, const stack_data *data, double *gradient);

#endif
