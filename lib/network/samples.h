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
    int64_t outputs;
    int64_t count;         /* to visit */
    int64_t batch;         /* an update's */
    int32_t wants_targets; /* every target is written out as a row, times its mask */
} plast__samples;

/* Reads and checks everything but the values of inputs and target rows, which are looked at sample by sample. */
plast_status plast__samples_check(plast_context *context, const plast_network *network, const plast_data *data,
                                  plast__samples *samples);

/* Samples first .. first + rows - 1 of the visit into the input population; PLAST_E_NOT_FINITE names the row. */
plast_status plast__samples_load(const plast__samples *samples, const plast__model *model, int64_t first, int64_t rows,
                                 plast__activities *a);

/* Target of one sample; its row lies in `row` (the output's width). */
plast_status plast__samples_target(const plast__samples *samples, const plast__model *model, int64_t visit, void *row,
                                   plast__target *target);

#endif
