/* SPDX-License-Identifier: MIT
 *
 * How many steps may lie between two factorisations. In an interval the columns of a frame turn towards the leading
 * direction: what is left of column j of its own is R_jj / |a_j|, and minus its logarithm is the column's loss.
 * Beyond 36 it is rounding. And lengths must not overflow. */
#ifndef PLAST_LYAPUNOV_PACE_H
#define PLAST_LYAPUNOV_PACE_H

#include <stdint.h>

typedef struct plast__pace {
    int64_t interval; /* to be used next */
    int64_t seen;     /* intervals since the last collapse, up to a limit */
    int64_t held;     /* intervals since it became longer */
    double rate;      /* mean of the largest loss, per step */
    double scatter;   /* its variance, per step: as that of a random walk */
    double size;      /* the largest |ln length| per step of late; it fades */
} plast__pace;

enum { PLAST__LONGEST_INTERVAL = 64 }; /* beyond it nothing more is saved: QR is a few per cent of the time */

void plast__pace_reset(plast__pace *pace);
/* After an interval of `steps` with these largest loss and |ln length|. */
void plast__pace_observe(plast__pace *pace, int64_t steps, double loss, double size);
/* After an interval in which a direction collapsed: back to 1, and stays there for a while. */
void plast__pace_restart(plast__pace *pace);

#endif
