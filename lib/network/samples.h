/* SPDX-License-Identifier: MIT
 *
 * The caller's data, checked, and one sample after another out of it. */
#ifndef PLAST_NETWORK_SAMPLES_H
#define PLAST_NETWORK_SAMPLES_H

#include "network/network.h"

typedef struct plast__samples {
    plast_context *context;
    const plast_matrix *inputs, *targets, *loss_mask, *order;
    int32_t loss; /* in force */
    int32_t carry;
    int64_t outputs;
    int64_t steps;         /* of each sequence */
    int64_t sequences;     /* that there are */
    int64_t count;         /* of them, to visit */
    int64_t batch;         /* an update's */
    int32_t wants_targets; /* every target is written out as a row, times its mask */
} plast__samples;

/* Some sequences of the visit, `sequences` from `first` on, over some of their steps. */
typedef struct plast__window {
    int64_t first, sequences;
    int64_t step, steps;
} plast__window;

/* Reads and checks everything but the values of inputs and target rows, which are looked at sample by sample. */
plast_status plast__samples_check(plast_context *context, const plast_network *network, const plast_data *data,
                                  plast__samples *samples);

/* The window's rows into the input population; PLAST_E_NOT_FINITE names the row. Where a sequence begins that does not
 * carry on, nothing is carried any more. */
plast_status plast__samples_load(const plast__samples *samples, const plast__model *model, const plast__window *window,
                                 plast__activities *a);

/* Target of row `index` of the window; its row lies in `row` (the output's width). */
plast_status plast__samples_target(const plast__samples *samples, const plast__model *model,
                                   const plast__window *window, int64_t index, void *row, plast__target *target);

#endif
