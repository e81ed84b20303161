/* SPDX-License-Identifier: MIT
 *
 * "mdgl" and "modprop" from their equations, in plain loops over double: Wab is formed whole, ModProp sends each step's
 * error back by itself, and MDGL runs forward in time by eligibility traces. Nothing is shared with the library. */
#ifndef TESTS_MODPROP_NAIVE_H
#define TESTS_MODPROP_NAIVE_H

#include <stdint.h>

enum { MOST_UNITS = 7, MOST_T = 8, MOST_B = 3, MOST_CELLS = 2, OUTPUTS = 2 };

/* Parameters, or their gradient, of a recurrent layer; arrays are row-major without gaps. */
typedef struct naive_parameters {
    double w[MOST_UNITS * MOST_UNITS], u[MOST_UNITS * MOST_UNITS], b[MOST_UNITS], initial[MOST_UNITS];
} naive_parameters;

typedef struct naive_cell {
    int32_t form, activation; /* PLAST_FORM_..., PLAST_TANH, PLAST_RELU or PLAST_LINEAR */
    int units, inputs;
    double alpha;
    int type[MOST_UNITS];
    naive_parameters p;
} naive_cell;

/* Recurrent layers and a linear readout; the loss is 1/2 of the squared error, its mean over all steps of all sequences
 * is what learns. */
typedef struct naive_net {
    int cells;
    naive_cell cell[MOST_CELLS];
    double v[OUTPUTS * MOST_UNITS], c[OUTPUTS];
} naive_net;

typedef struct naive_task {
    int steps, sequences;
    double x[MOST_T * MOST_B * MOST_UNITS]; /* row t * sequences + b, as many columns as the first layer has inputs */
    double y[MOST_T * MOST_B * OUTPUTS];
    const double *before; /* states that the sequences go on from, MOST_B x MOST_UNITS of each layer; NULL = initial */
} naive_task;

typedef struct naive_scheme {
    int one_step; /* MDGL; else ModProp */
    double mu;
} naive_scheme;

/* The gradient, in the place of the parameters. `after`, unless NULL, takes the states after the last step. */
void naive_gradient(const naive_net *net, const naive_task *task, const naive_scheme *scheme, naive_net *gradient,
                    double *after);

#endif
