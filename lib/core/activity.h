/* SPDX-License-Identifier: MIT
 *
 * What belongs to a data stream: the activities and signals of every population. Samples lie in rows; of sequences, row
 * t * sequences + b is step t of sequence b. */
#ifndef PLAST_CORE_ACTIVITY_H
#define PLAST_CORE_ACTIVITY_H

#include "base/scalar.h"
#include "core/model.h"

/* Arrays of batch x ld of one population; paddings are 0. Where a population has a state (plast__population.has_state),
 * a block of rows lies before y, z and slope, one for each sequence: the step before the first. */
typedef struct plast__activity {
    void *z;        /* potential, the argument of f; the input population has none */
    void *y;        /* activity */
    void *y_before; /* of the update before: online terms that wait still need it */
    void *slope;    /* f'(z); not for softmax; the input population has none */
    void *s;        /* learning signal: the loss by W x + b; of the input population where a rule asks for it */
    void *s_before;
    void *u;             /* the error of weights and biases where credit goes through time and s is of one instant */
    const void *error;   /* stands for s in the gradient of what ends here: s, unless credit goes through time or a rule
                        * modulates it (core/rule.h) */
    const void *instant; /* the same, where a trace stands for what the synapses saw */
    const void *presynaptic; /* stands for y in the gradient of what starts here: y, unless a rule modulates it */
    double largest_error;    /* of `error`, once an update has asked for it; negative until then */
    double share;            /* of the optimizer's step, that what ends here takes */
    int64_t units;           /* of the population */
    int64_t lead;            /* bytes before y, y_before, z and slope */
    void *carry_y, *carry_z; /* by sequence, where there is a state: the last step that went through */
    void *work;              /* two blocks of rows, one for each sequence, where there is a state */
    void *trace;             /* by sequence: eligibility of the bias, or of the initial state */
    void *rates;             /* of the traces, folded over the steps that are traced together */
} plast__activity;

/* Eligibility of one group's weights, while e-prop runs forward in time. Factored: one filtered activity for all post
 * units. Full: one number for each weight and sequence. */
typedef struct plast__trace {
    void *p;        /* by sequence: ld, or rows x ld */
    void *filtered; /* factored: batch x ld, the filtered activity at each step of the update */
    void *gradient; /* full: rows x ld, summed over the update */
} plast__trace;

/* Tangents that a step of one sequence takes along through a layer with a state: the pass over its recurrent weights,
 * which are double, meets them beside the activities. */
typedef struct plast__along {
    int64_t count;        /* below PLAST__SEVERAL */
    const double *before; /* count x units of the state, without padding */
    double *seen;         /* out: the same of what the recurrent synapses see */
    double *product;      /* out: W times these */
} plast__along;

typedef struct plast__activities {
    plast__activity *of; /* one per population */
    int32_t count;
    int64_t batch;          /* rows allocated */
    int64_t room;           /* sequences that there is room for */
    int64_t rows;           /* rows in use */
    int64_t sequences;      /* of these rows: steps are rows / sequences */
    int64_t step, of_steps; /* of the first of these rows, among how many of its sequence: for messages */
    int64_t live;           /* sequences whose last step is carried; 0 = the next step is a first one */
    uint64_t seed;          /* of the stream's noise */
    uint64_t draws;         /* steps of noise that were drawn */
    plast__trace *traces;   /* one per group that there was; NULL until they are asked for */
    int32_t trace_count;
    int64_t trace_room;    /* sequences that they have room for */
    int32_t traced;        /* they are of the stream that is carried; else it has none yet */
    double *sensitivities; /* by sequence: of every state to every parameter; NULL until they are asked for */
    double *push_work;     /* beside them */
    int64_t rate_rows;     /* steps and sequences that rates have room for */
    uint64_t epoch;        /* of the network's temporal schemes when they were made */
    int32_t tracing;       /* the update under way has its gradients from traces */
    /* What the one step under way takes along; NULL = nothing */
    const plast__along *along;
    void *turned; /* the transpose of a delayed group's weights, while its layer goes through its steps; NULL = none */
    void *target; /* what the outputs should have been, where it was read or a feedback scheme wants it */
    void *proxy;  /* what a direct feedback scheme sends down in place of the outputs' signal */
} plast__activities;

/* Whether steps of the layer go by the kernels' own products, with transposed weights in a cache near the core. */
static inline int plast__turns(const plast__group *group)
{
    enum { MOST = 512 };
    return group->delayed && group->rows <= 3 * MOST && group->cols <= MOST;
}

/* Room for `batch` rows, of `room` sequences at most. */
plast_status plast__activities_create(plast_context *context, const plast__model *model, int64_t batch, int64_t room,
                                      plast__activities *a);
void plast__activities_destroy(plast_context *context, plast__activities *a);
/* Whether they were made for as many populations as the model has now, all of the same sizes. */
int plast__activities_fit(const plast__model *model, const plast__activities *a);

/* s <- f'(z) o s for n units with activity y = f(z), the slope taken from y alone. */
void plast__slope_times(const plast__model *model, const plast__population *units, int64_t n, const void *y, void *s);

/* Before a descent: no rule has modulated anything yet. */
void plast__activities_plain(plast__activities *a);

/* Before the next update: y becomes y_before, s becomes s_before. */
void plast__activities_turn(plast__activities *a);

/* The rows before the first, one for each sequence, of an array of a population with a state. */
static inline void *plast__lead(const plast__model *model, const plast__activities *a, int32_t population, void *array)
{
    return (unsigned char *)array - a->sequences * model->populations[population].ld * plast__size(model->dtype);
}

/* What the group's synapses see: of a delayed one the activity one step earlier. */
static inline const void *plast__pre_activity(const plast__model *model, const plast__activities *a,
                                              const plast__group *group)
{
    void *y = a->of[group->pre].y;
    return group->delayed ? plast__lead(model, a, group->pre, y) : y;
}

/* The same in the gradient. */
static inline const void *plast__pre_error(const plast__model *model, const plast__activities *a,
                                           const plast__group *group)
{
    return group->delayed ? plast__pre_activity(model, a, group) : a->of[group->pre].presynaptic;
}

/* Rows of that error: of an initial state there is one for each sequence. */
static inline int64_t plast__error_rows(const plast__model *model, const plast__activities *a, int32_t population)
{
    return model->populations[population].is_initial ? a->sequences : a->rows;
}

#endif
