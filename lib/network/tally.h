/* SPDX-License-Identifier: MIT
 *
 * Sums behind a report. */
#ifndef PLAST_NETWORK_TALLY_H
#define PLAST_NETWORK_TALLY_H

#include "network/samples.h"

typedef struct plast__tally {
    int64_t samples, updates, losses, correct;
    double loss, weight; /* sums, of the loss times the mask and of the mask */
} plast__tally;

/* PLAST_E_NOT_FINITE, and nothing added, when the sums would overflow. */
plast_status plast__tally_add(plast_context *context, plast__tally *sum, const plast__tally *more);
plast_report plast__tally_report(const plast__tally *tally);

/* Loss and answers of the window, and its signals at the output when `signals`; a sample
 * without loss gets signal 0. */
plast_status plast__tally_outputs(const plast__samples *samples, const plast__model *model, const plast__window *window,
                                  plast__activities *a, int signals, plast__tally *tally);

#endif
