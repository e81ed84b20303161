/* SPDX-License-Identifier: MIT
 *
 * Credit through time, as a layer with a state sees it. A temporal scheme (credit/temporal.c) plans how the error at
 * one step goes back to the steps before; every layer carries the plan out for its own equations. */
#ifndef PLAST_CORE_TIME_H
#define PLAST_CORE_TIME_H

#include "base/description.h"
#include "core/activity.h"

/* Cells that a temporal scheme may be defined for, or not. */
enum { PLAST__CELL_NONE = 0, PLAST__CELL_LEAKY = 1, PLAST__CELL_GATED = 2 };

/* What credit takes through the recurrent synapses, from one step to the one before. */
enum {
    PLAST__PATH_EXACT,    /* W^T */
    PLAST__PATH_NONE,     /* nothing: only the leak, each unit's own, remembers */
    PLAST__PATH_SELF,     /* the diagonal of W: each unit's synapse onto itself */
    PLAST__PATH_AVERAGED, /* W averaged over cell types, with a constant slope mu, for any number of steps */
    PLAST__PATH_ONE_STEP  /* W averaged over cell types, for one step */
};

typedef struct plast__time {
    int32_t path;
    int32_t tracing;       /* gradients come from traces: the layer leaves what these need */
    int64_t truncation;    /* steps that go back together, counted from the last one; 0 = all */
    int32_t sensitivities; /* gradients come from those of all states; `tracing` is set */
    double mu;             /* of the averaged path */
    int32_t unstable;      /* the averaged path is taken even where it grows without end */
} plast__time;

/* It goes by weights averaged over cell types. */
static inline int plast__time_averages(const plast__time *time)
{
    return time->path == PLAST__PATH_AVERAGED || time->path == PLAST__PATH_ONE_STEP;
}

/* Credit is cut between step t and the one after it. */
static inline int plast__time_cut(const plast__time *time, int64_t t, int64_t steps)
{
    return t + 1 == steps || (time->truncation > 0 && (steps - 1 - t) % time->truncation == 0);
}

/* Below a layer with a state the error is that of one instant, unless the whole of it goes back. */
static inline int plast__time_instant(const plast__time *time)
{
    return time->path != PLAST__PATH_EXACT;
}

typedef struct plast__temporal_kind {
    plast__parameters parameters; /* first; its owner is the scheme's name */
    int32_t traces;               /* it runs forward in time too, by eligibility traces */
    int32_t sensitivities;        /* of the whole network: with backpropagation alone, and below a size */
    int32_t cells;                /* for which it is defined: PLAST__CELL_... */
    /* Fills the path; `tracing` is set before when the update is one of several of a stream. */
    void (*plan)(const double *values, plast__time *time);
} plast__temporal_kind;

struct plast_temporal {
    plast__description description; /* its member is a plast__temporal_kind */
};

#endif
