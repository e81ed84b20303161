/* SPDX-License-Identifier: MIT */
#ifndef PLAST_LYAPUNOV_LYAPUNOV_H
#define PLAST_LYAPUNOV_LYAPUNOV_H

#include "linalg/qr.h"
#include "lyapunov/blocks.h"
#include "lyapunov/pace.h"
#include "lyapunov/system.h"

#include <plasticity/lyapunov.h>

/* Log |det D| of each step, as a check. */
typedef struct plast__sum_rule {
    double *identity, *derivative; /* trajectories x n x n */
    int32_t *pivots;
    double pending, measured; /* sums over trajectories since the last factorisation, and up to it */
} plast__sum_rule;

struct plast_lyapunov {
    plast_context *context;
    plast__system system;
    plast_network *network;         /* whose system it is; NULL = a host's */
    plast_lyapunov_options options; /* zeros replaced by the defaults */
    double unit;                    /* of the results: a natural logarithm per step times this */
    plast__qr qr;
    plast__blocks blocks;
    plast__pace pace;
    plast__sum_rule rule;
    double *frames, *pushed; /* trajectories x k x n: tangents are contiguous */
    double *logs;            /* trajectories x k, of the last interval */
    unsigned char *dead;     /* trajectories x k: has vanished once in a single step */
    int64_t *order;          /* of the columns by descending exponents; work memory of the results */
    double *values;          /* k, likewise */
    int64_t steps;           /* taken */
    int64_t since;           /* of these, since the last factorisation */
    int64_t factorisations, collapsed;
    int32_t broken; /* the frames are lost */
};

/* Takes over the system, also on failure. Options were read, not checked. */
plast_status plast__lyapunov_create(plast_context *context, const plast__system *system,
                                    const plast_lyapunov_options *options, plast_lyapunov **lyapunov);

/* Steps taken before anything is measured. */
static inline int64_t plast__lyapunov_begin(const plast_lyapunov *l)
{
    return l->options.transient + l->options.alignment;
}

plast_status plast__lyapunov_advance(plast_lyapunov *lyapunov, int64_t steps);

/* A plast_system as a plast__system; it steps the states that plast__host_states has shown it last. */
plast_status plast__host_create(plast_context *context, const plast_system *given, int64_t trajectories,
                                plast__system *system);
void plast__host_states(plast__system *system, double *states);

#endif
