/* SPDX-License-Identifier: MIT
 *
 * Tangents: how a layer's state and output move when its input and its state of the step before do, at one step of one
 * sequence. Frames hold `count` tangents, one in each row, without padding; they are double whatever the network
 * computes in. (As a column-major matrix a frame is units x count.) */
#ifndef PLAST_LAYERS_TANGENT_H
#define PLAST_LAYERS_TANGENT_H

#include "core/activity.h"

struct plast_layer;

typedef struct plast__push {
    const plast__activities *a; /* where the step has been run; slopes and gates are taken from there */
    int64_t row;                /* of the step and sequence; that of the step before lies a->sequences rows above */
    int64_t count;
    const double *weights; /* plast__tangent_prepare */
    const double *input;   /* count x units that the layer reads; NULL = 0 */
    const double *before;  /* count x units of the state; of a layer without one it is not read */
    /* What is added to the tangents of the net input: count x units of layer->drive, and of layer->recurrent; NULL = 0 */
    const double *drive, *recurrent_drive;
    double *state;  /* out: count x units, never one of the frames above; of a layer without a state not written */
    double *output; /* out: count x units; NULL = not wanted */
    double *work;   /* plast__tangent_work numbers */
} plast__push;

/* Numbers that copies of a layer's weights take, and the copies: of all its groups, one after another. */
int64_t plast__tangent_weights(const struct plast_layer *layer);
void plast__tangent_prepare(const struct plast_layer *layer, double *weights);
/* Numbers that a push of `count` tangents works with. */
int64_t plast__tangent_work(const struct plast_layer *layer, int64_t count);

/* out (count x rows of the layer's group) = frame (count x cols) W^T + added; a NULL frame is 0. */
void plast__tangent_product(const struct plast_layer *layer, const plast__push *push, int32_t group,
                            const double *frame, const double *added, double *out);
/* Entries first .. first + n - 1 of a row, or of the row of the step before, of an array of the population. */
void plast__tangent_read(const struct plast_layer *layer, const plast__push *push, int32_t population,
                         const void *array, int32_t before, int64_t first, int64_t n, double *out);
/* Every row of a frame, `ld` apart, times a vector of n: out = frame o vector, out += frame o vector. */
void plast__tangent_scale(int64_t count, int64_t n, const double *frame, int64_t ld, const double *vector, double *out,
                          int64_t out_ld);
void plast__tangent_add(int64_t count, int64_t n, const double *frame, int64_t ld, const double *vector, double *out,
                        int64_t out_ld);

#endif
