/* SPDX-License-Identifier: MIT
 *
 * Tangents: how a layer's state and output move when its input and its state of the step before do, at one step of one
 * or several sequences. Frames hold `count` tangents, one in each row, without padding; those of several sequences lie
 * one after another. They are double whatever the network computes in. (As a column-major matrix a frame is units x
 * count.) */
#ifndef PLAST_LAYERS_TANGENT_H
#define PLAST_LAYERS_TANGENT_H

#include "core/activity.h"

struct plast_layer;

typedef struct plast__push {
    const plast__activities *a; /* where the step has been run; slopes and gates are taken from there */
    int64_t row;                /* of the step and sequence; that of the step before lies a->sequences rows above */
    int64_t count;
    int64_t sequences;    /* that are pushed together, from `row` on; 0 = 1 */
    double *weights;      /* plast__tangent_prepare, read alone; NULL = the layer's own, of a network that is double */
    const double *input;  /* count x units that the layer reads; NULL = 0 */
    const double *before; /* count x units of the state; of a layer without one it is not read */
    /* Added to the tangents of the net input: count x units of layer->drive, and of layer->recurrent; NULL = 0 */
    const double *drive, *recurrent_drive;
    double *state;  /* out: count x units, never one of the frames above; of a layer without a state not written */
    double *output; /* out: count x units; NULL = not wanted */
    /* out: tangents of the net input, count x units of layer->drive, and of layer->recurrent; NULL = not wanted */
    double *net, *recurrent_net;
    double *work; /* plast__tangent_work numbers */
    /* 1: the step took the tangents along (plast__along): the product is in `state`, and input and drive are NULL */
    int32_t taken_along;
} plast__push;

/* How far a pull goes. */
enum {
    PLAST__PULL_EXACT, /* all the way */
    PLAST__PULL_LEAK,  /* to the step before by each unit's own leak alone, not through recurrent synapses */
    PLAST__PULL_LOCAL  /* slopes, the step before and the layer below are constants: nothing goes there */
};

/* The pullback of a push: frames of derivatives of a loss by what the push wrote become those by what it read. Each has
 * count + 1 rows: by the tangents, and by the state, output or net input itself, which the loss depends on through the
 * slopes. */
typedef struct plast__pull {
    const plast__push *push; /* with all that it read and wrote, `net` included */
    int32_t path;
    const double *output; /* by the output; NULL = 0 */
    double *state;        /* by the new state; changed. Of a layer without one not read */
    double *before;       /* out: by the state before; NULL = not wanted, or PLAST__PULL_LOCAL */
    double *input;        /* out: by the input; likewise */
    double *net;          /* out: by the net input in layer->drive, so that dLoss/db is the last row, and */
    double *recurrent; /* out: in layer->recurrent, where there is one. dLoss/dW is the sum over rows of these times */
    double *seen;      /* out: what recurrent synapses saw: tangents of h_(t-1), and h_(t-1). NULL without a state */
    double *work;      /* plast__pull_work numbers */
} plast__pull;

/* Numbers that copies of a layer's weights take, and the copies: of all its groups, one after another. */
int64_t plast__tangent_weights(const struct plast_layer *layer);
void plast__tangent_prepare(const struct plast_layer *layer, double *weights);
/* Numbers that a push of `count` tangents works with, for each sequence. */
int64_t plast__tangent_work(const struct plast_layer *layer, int64_t count);

/* out (count x rows of the layer's group) = frame (count x cols) W^T + added; a NULL frame is 0. */
void plast__tangent_product(const struct plast_layer *layer, const plast__push *push, int32_t group,
                            const double *frame, const double *added, double *out);
/* Entries first .. first + n - 1 of a row, or of the row of the step before, of an array of the population; for each
 * sequence, one after another. */
void plast__tangent_read(const struct plast_layer *layer, const plast__push *push, int32_t population,
                         const void *array, int32_t before, int64_t first, int64_t n, double *out);
/* Every row of a frame, `ld` apart, times its sequence's vector of n, `step` apart: out = frame o vector, or added to
 * it. */
void plast__tangent_scale(const plast__push *push, int64_t n, const double *frame, int64_t ld, const double *vector,
                          int64_t step, double *out, int64_t out_ld);
void plast__tangent_add(const plast__push *push, int64_t n, const double *frame, int64_t ld, const double *vector,
                        int64_t step, double *out, int64_t out_ld);

static inline int64_t plast__push_sequences(const plast__push *push)
{
    return push->sequences > 0 ? push->sequences : 1;
}

/* Rows of a frame, of all sequences. */
static inline int64_t plast__push_rows(const plast__push *push)
{
    return push->count * plast__push_sequences(push);
}

/* Numbers that a pull of `count` tangents works with. */
int64_t plast__pull_work(const struct plast_layer *layer, int64_t count);
/* out (count + 1 x cols of the layer's group) = frame (count + 1 x rows) W, or out += that. */
void plast__pull_product(const struct plast_layer *layer, const plast__push *push, int32_t group, const double *frame,
                         int add, double *out);
/* f'' of n units of the population at the push's row, or at that of the step before; `work` holds 3 n numbers. */
void plast__pull_curvature(const struct plast_layer *layer, const plast__push *push, int32_t population, int32_t before,
                           int64_t n, double *work, double *out);
/* Every one of `rows` rows of n numbers times the vector: out = frame o vector, or added to it. */
void plast__pull_scale(int64_t rows, int64_t n, const double *frame, const double *vector, double *out);
void plast__pull_add(int64_t rows, int64_t n, const double *frame, const double *vector, double *out);
/* out += vector o sum over the tangents of a_k o b_k: what a slope's derivative brings. */
void plast__pull_slope(int64_t count, int64_t n, const double *vector, const double *a, const double *b, double *out);

#endif
