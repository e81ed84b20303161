/* SPDX-License-Identifier: MIT
 *
 * Gradient flossing. The chain is the layers from the first to the last with a state; their states, one after another,
 * are the state whose exponents are meant. All arrays of a step lie one after another by steps. */
#ifndef PLAST_LYAPUNOV_FLOSSING_H
#define PLAST_LYAPUNOV_FLOSSING_H

#include "linalg/qr.h"
#include "network/network.h"

#include <plasticity/flossing.h>

typedef struct plast__floss_layer {
    const plast_layer *layer;
    int64_t inputs, drive, units; /* that it reads, of its net input, of its output and state */
    int64_t first;                /* of its state in the whole */
    int32_t fed;                  /* tangents come from the layer below, which is in the chain */
    int32_t read;                 /* its output's tangents go to the layer above */
    double *weights;
    double *frames;                                /* T + 1 times k x units; of a layer with a state */
    double *after;                                 /* the same before factorisation, T times where they are read */
    double *input;                                 /* T times k x inputs where it is fed, and the input itself */
    double *net_tangents, *recurrent_tangents;     /* T times k x drive */
    double *net, *recurrent, *seen;                /* T times k + 1 rows, as plast__pull has them */
    double *state_bar, *before_bar, *output_bar;   /* k + 1 rows: by state and output of a step */
    double *input_sum, *recurrent_sum;             /* gradients over the sequences so far: of the weights, */
    double *bias_sum, *recurrent_bias_sum;         /* and of the biases */
    void *input_gradient, *recurrent_gradient;     /* in the shape and type of the weights */
    void *bias_gradient, *recurrent_bias_gradient; /* one row */
} plast__floss_layer;

struct plast_flossing {
    plast_context *context;
    plast_network *network;
    plast_state *state;
    plast_flossing_options options; /* zeros replaced by the defaults */
    plast__description optimizer;
    plast__step step;
    int64_t updates;
    double largest_gradient;
    plast__floss_layer *layers;
    int32_t count;
    int64_t units;    /* of the whole state */
    int64_t sequence; /* under way: arrays of steps are of it alone, one sequence after another uses them */
    plast__qr qr;
    double *frame, *bar; /* k x units: of the whole state, for its factorisations */
    double *r;           /* T times k x k */
    double *r_bar;       /* k x k */
    double *logs;        /* k: sums of ln R_ii, then exponents */
    double *means;       /* k: of the exponents, over the sequences so far */
    double loss;         /* likewise */
    double *exponents;   /* k: of the last update */
    double *work;        /* of pushes and pulls */
    /* The network's model with moments of our own. */
    plast__model shadow;
    int32_t group_room;
    plast__population *populations;
    plast__group *groups;
    plast__activity *errors;             /* by population, of biases */
    plast__pending *pending;             /* two for each layer of the chain */
    void *(*moments)[4][PLAST__MOMENTS]; /* by layer: of both groups, and of both populations */
    void *bias_work;
};

static inline int plast__floss_gated(const plast__floss_layer *l)
{
    return l->layer->recurrent > 0;
}

/* Runs the steps of all sequences. */
plast_status plast__floss_run(plast_flossing *f, const plast_state *from, const plast_matrix *inputs);
/* Measures f->sequence: leaves frames, R, and exponents in `logs`. */
plast_status plast__floss_forward(plast_flossing *f);
/* What every step's net inputs contribute, for the gradients. */
void plast__floss_backward(plast_flossing *f);
/* Adds that to the sums, which f->sequence = 0 begins anew. */
void plast__floss_collect(plast_flossing *f);
/* Gradients and the step down them; all or nothing. */
plast_status plast__floss_step(plast_flossing *f, double *norm);

#endif
