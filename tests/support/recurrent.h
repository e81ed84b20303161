/* SPDX-License-Identifier: MIT
 *
 * Recurrent networks for the tests: made from a plan, their parameters read and written as one array of double, and the
 * same networks in plain loops, which know only the equations of network.h and temporal.h. */
#ifndef TESTS_RECURRENT_H
#define TESTS_RECURRENT_H

#include "support/nets.h"
#include "support/rules.h"

enum { RNN_LAYERS = 3, RNN_UNITS = 16 }; /* most recurrent layers, and units of one */

/* Recurrent layers with one dense layer on top. Zero means none, or the library's default. Biases, initial states and
 * recurrent weights are drawn too. */
typedef struct rnn_plan {
    int32_t dtype; /* 0 = PLAST_F64 */
    int32_t layers;
    int64_t inputs, outputs;
    int64_t units[RNN_LAYERS];
    int32_t form, activation;
    double param; /* of the activation */
    double alpha;
    double noise;
    int32_t no_self, no_bias, learn_initial;
    int32_t zero_initial;  /* the initial states stay 0 */
    int32_t output;        /* activation of the readout */
    double recurrent_gain; /* 0 = 1.2 */
    uint64_t seed;
    const char *optimizer; /* NULL = "sgd" */
    double rate;           /* 0 = 1 */
    const char *temporal;  /* NULL = as made */
    const plast_allocator *allocator;
} rnn_plan;

typedef struct rnn {
    rnn_plan plan;
    net net;
} rnn;

/* Time-major, as plast_data. */
typedef struct rnn_data {
    int64_t sequences, steps;
    const double *x, *targets;
    const int32_t *labels; /* instead of targets */
    const double *mask;
    int64_t batch; /* 0 = all at once */
    int64_t update_every;
    int32_t carry;
} rnn_data;

rnn rnn_make(const rnn_plan *plan);
void rnn_free(rnn *r);
void rnn_temporal(rnn *r, const char *name, const setting *settings);
plast_state *rnn_state(rnn *r, int64_t batch, int64_t steps, uint64_t seed);
plast_layer *rnn_layer(const rnn *r, int32_t layer);
plast_synapses *rnn_synapses(const rnn *r, int32_t layer, const char *name);

/* Of each recurrent layer U, W, b, initial; then V and c of the readout. A bias that is not there is left out. */
int64_t rnn_size(const rnn *r);
void rnn_get(const rnn *r, double *parameters);
void rnn_set(const rnn *r, const double *parameters);

plast_status rnn_try_learn(rnn *r, plast_state *state, const rnn_data *data, plast_report *report);
void rnn_learn(rnn *r, plast_state *state, const rnn_data *data);
plast_report rnn_evaluate(rnn *r, plast_state *state, const rnn_data *data);
plast_status rnn_try_run(rnn *r, plast_state *state, const rnn_data *data, double *outputs);
void rnn_run(rnn *r, plast_state *state, const rnn_data *data, double *outputs);

/* ---- the same in plain loops ---- */

/* Where U, W, b, initial of layer l begin in the parameters (-1 = not there); layer plan->layers is the readout. */
typedef struct rnn_places {
    int64_t u, w, b, initial, in, units;
} rnn_places;
rnn_places rnn_places_of(const rnn_plan *plan, int32_t layer);

double naive_activation(int32_t activation, double param, double z, double *slope);

/* One sequence's state: v (potential) or h by form, of each layer. */
typedef struct naive_state {
    double s[RNN_LAYERS][RNN_UNITS];
} naive_state;

/* All there is to know of one step: in[l] what layer l reads, before[l] = h_(t-1), h, slope at this step's argument and
 * at the last one's, read = what the layer above sees; out after the readout's activation. */
typedef struct naive_step {
    double in[RNN_LAYERS + 1][RNN_UNITS], before[RNN_LAYERS][RNN_UNITS], h[RNN_LAYERS][RNN_UNITS];
    double argument[RNN_LAYERS][RNN_UNITS]; /* of f */
    double slope[RNN_LAYERS][RNN_UNITS], slope_before[RNN_LAYERS][RNN_UNITS];
    double out[RNN_UNITS], out_slope[RNN_UNITS];
} naive_step;

void naive_begin(const rnn_plan *plan, const double *parameters, naive_state *state);
/* x is one row of inputs; state moves on by a step. */
void naive_advance(const rnn_plan *plan, const double *parameters, const double *x, naive_state *state,
                   naive_step *step);
/* Loss of one row of outputs, and its signal by the readout's net input (NULL = not wanted). */
double naive_loss(const rnn_plan *plan, const rnn_data *data, const naive_step *step, int64_t row, double *signal);
/* Mean loss over steps first .. last - 1, by the number of steps with a loss; the states move on. `states` holds one
 * for each sequence; NULL = from the initial state. */
double naive_mean_loss(const rnn_plan *plan, const double *parameters, const rnn_data *data, int64_t first,
                       int64_t last, naive_state *states);
/* Its gradient by central differences of four points, with `from` held (NULL = from the initial state, which
 * counts). */
void naive_differences(const rnn_plan *plan, const double *parameters, const rnn_data *data, int64_t first,
                       int64_t last, const naive_state *from, double *gradient);

/* Eligibility of every parameter of the recurrent layers in one sequence, by the forward equations of e-prop. */
typedef struct naive_traces {
    double e[RNN_LAYERS][RNN_UNITS][2 * RNN_UNITS + 2]; /* by post unit: U's row, W's row, bias, initial */
} naive_traces;
void naive_traces_begin(naive_traces *traces);
/* One step: traces move on, and the gradient of the row's loss is added, times `share`. `self`: the path of a unit onto
 * itself counts. B[l], units x units of the layer above, brings the error down to layer l; NULL = the transpose. */
void naive_eprop(const rnn_plan *plan, const double *parameters, const naive_step *step, const double *signal,
                 double share, int self, const double *const *feedback, naive_traces *traces, double *gradient);

#endif
