/* SPDX-License-Identifier: MIT
 *
 * Lyapunov exponents of a network with a state, or of a host's own system, by the method of Benettin et al. (Meccanica
 * 15, 1980): tangents are pushed along the trajectory and made orthonormal again by QR. docs/lyapunov.md tells how, and
 * what goes wrong easily. */
#ifndef PLASTICITY_LYAPUNOV_H
#define PLASTICITY_LYAPUNOV_H

#include <plasticity/context.h>
#include <plasticity/learn.h>
#include <plasticity/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A system with a state of n numbers that moves in steps: a map, or a flow whose step is the host's own integrator.
 * D is the derivative of the step at the state before it: D[i][j] = d next_i / d state_j, for a flow that of the
 * integrator's step (push tangents through all of its stages, not through the equations alone).
 *
 * `tangent` or `jacobian` is given, not both; the one that is given is called before `step`, with the state from
 * which that step starts. Each returns PLAST_OK, or a negative status (best PLAST_E_USER or below), which ends the
 * run and is what the run returns; the step has then not been taken. `trajectory` is 0 unless there are several.
 * They must return: no exception or longjmp out of them, and they do nothing with the estimator that called. */
typedef struct plast_system {
    uint32_t struct_size;
    int32_t reserved0;
    int64_t size; /* n, at least 1 */
    void *user;
    /* state (n) becomes the next state; it is a copy, taken over when all trajectories could step. */
    plast_status (*step)(void *user, int64_t trajectory, double *state);
    /* `tangents` are `count` vectors of n numbers, one after another; pushed = D v for each, in the same layout: as
     * row-major matrices of count x n, pushed = tangents D^T. The arrays are different ones. */
    plast_status (*tangent)(void *user, int64_t trajectory, const double *state, int64_t count, const double *tangents,
                            double *pushed);
    /* All n x n elements of D, row-major; they arrive undefined. */
    plast_status (*jacobian)(void *user, int64_t trajectory, const double *state, double *jacobian);
} plast_system;

#define PLAST_SYSTEM .struct_size = (uint32_t)sizeof(plast_system)

typedef struct plast_lyapunov_options {
    uint32_t struct_size;
    int32_t log_base;     /* 0 = natural logarithms; otherwise 2 (bits) or 10 */
    int64_t exponents;    /* k, how many, the largest ones; 0 = all n */
    int64_t transient;    /* first steps, of the state alone: it reaches its attractor; 0 = none */
    int64_t alignment;    /* further steps in which the frame aligns, and nothing is measured; 0 = none: then the random
                           * first frame leaves a bias that falls as 1 / steps */
    int64_t interval;     /* steps between two factorisations; 0 = adapted to the growth that is found */
    double time_step;     /* time of one step, the unit of time of all results; 0 = 1 */
    int64_t blocks;       /* for standard errors: between this many and twice as many equal blocks; 0 = 20 */
    int64_t trajectories; /* several at once, of one system; exponents are their means. 0 = 1 */
    uint64_t seed;        /* of the first frames */
    int32_t sum_rule;     /* 1: also measure the mean of ln |det D|, by a factorisation of D itself in each step; needs
                           * all exponents, and at least doubles the work */
    int32_t reserved0;
} plast_lyapunov_options;

#define PLAST_LYAPUNOV_OPTIONS .struct_size = (uint32_t)sizeof(plast_lyapunov_options)

/* An estimate under way. Thread rule: one thread at a time, that of its context. */
typedef struct plast_lyapunov plast_lyapunov;

/* Copies the table of callbacks and allocates all that running needs: nothing is allocated later. `options` may be
 * NULL. On failure *lyapunov is untouched. PLAST_E_INVALID, PLAST_E_RANGE (k > n, negative numbers), PLAST_E_NOMEM. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_create(plast_context *context, const plast_system *system,
                                                             const plast_lyapunov_options *options,
                                                             plast_lyapunov **lyapunov);
PLAST_API void plast_lyapunov_destroy(plast_lyapunov *lyapunov);

/* Takes `steps` further steps, transient and alignment included. `states` is the host's array, n numbers for each
 * trajectory one after another: where to start, and afterwards where it arrived. Further calls continue the
 * estimate; cutting a run into several gives the same bits. Exponents cover the steps up to the last factorisation.
 *
 * A failure ends the run after the last step that succeeded, with the states of that moment:
 * - what a callback returned, PLAST_E_NOT_FINITE when a state is not finite: the message names the step, and the
 *   next run tries it again;
 * - PLAST_E_NOT_FINITE when tangents are not finite, and PLAST_E_RANGE when a fixed interval is too long for the
 *   growth: the directions collapsed to rounding in a single interval, and whatever came of them would be wrong.
 *   What was measured before can be read, but running on is PLAST_E_STATE until plast_lyapunov_reset. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_run(plast_lyapunov *lyapunov, double *states, int64_t steps);

/* Exponents of a network with a state, driven by given inputs: those of the map from the states of all layers that have
 * one to the states a step later. n is the sum of their units, stacked and gated layers included; layers below the
 * first of them and above the last play no part. Trajectories are sequences that go through the network together, each
 * with inputs of its own. Frames are double, also of a float32 network, whose slopes have its own precision.
 *
 * The network must outlive the estimate, which only reads it. It may learn between two runs, and an estimate may be run
 * in a callback of learning: tangents go by the weights of the moment. All that runs need is allocated here, a state of
 * the estimate's own for so many sequences included; its noise has options->seed. PLAST_E_STATE when no layer has a
 * state; otherwise as plast_lyapunov_create, and as plast_state_create. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_create_network(plast_context *context, plast_network *network,
                                                                     const plast_lyapunov_options *options,
                                                                     plast_lyapunov **lyapunov);

/* Takes `steps` further steps of every trajectory. `inputs` is time-major: row t * trajectories + i is step t of
 * trajectory i, so it has exactly steps * trajectories rows; NULL = inputs of 0. `state` goes on from what it carries,
 * or begins at the layers' initial states when it carries nothing, and afterwards carries where it arrived; NULL = the
 * estimate's own, which goes on from run to run until plast_lyapunov_reset. Cutting a run into several gives the same
 * bits.
 *
 * A state that goes on from run to run gives the exponents of the driven network. One that is given and reset
 * (plast_state_reset) before each run gives those of short sequences that begin anew, while the frames go on all the
 * same; a network whose state grows without end has no others.
 *
 * What is wrong with the arguments is found before the first step: PLAST_E_INVALID (shapes, a state of another network,
 * without room, or that carries another number of sequences), PLAST_E_NOT_FINITE (inputs). Otherwise it fails as
 * plast_lyapunov_run does, with PLAST_E_NOT_FINITE when an activity is not finite; the state then carries the last step
 * that succeeded. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_run_network(plast_lyapunov *lyapunov, plast_state *state,
                                                                  const plast_matrix *inputs, int64_t steps);

/* Forgets everything but options and system, as if just made with this seed. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_reset(plast_lyapunov *lyapunov, uint64_t seed);

enum {
    PLAST_LYAPUNOV_DIMENSION_OPEN = 1, /* no partial sum is negative and k < n: the dimension is k or more */
    PLAST_LYAPUNOV_ENTROPY_OPEN = 2,   /* the last exponent is positive and k < n: the sum may miss some */
    PLAST_LYAPUNOV_COLLAPSED = 4,      /* `collapsed` is above 0 */
    PLAST_LYAPUNOV_SUM_RULE = 8        /* log_determinant was measured */
};

/* Written by plast_lyapunov_read; set struct_size (PLAST_LYAPUNOV_SUMMARY) before. Steps are those of one
 * trajectory. */
typedef struct plast_lyapunov_summary {
    uint32_t struct_size;
    int32_t flags;          /* PLAST_LYAPUNOV_... */
    int64_t steps;          /* taken in all */
    int64_t measured;       /* of these, covered by the exponents */
    int64_t factorisations; /* in all, for each trajectory */
    int64_t interval;       /* in use at the moment */
    int64_t blocks;         /* complete ones */
    int64_t dead;           /* exponents that are -INFINITY: directions that vanish, to rounding, in a single step */
    int64_t collapsed;      /* factorisations that found a direction of which only rounding was left, after a burst of
                             * growth in an adapted interval (the next one was 1) or growth too uneven for any: the
                             * lowest exponents may be too high */
    double time;            /* measured x time_step */
    double dimension;       /* Kaplan-Yorke: j + (sum of the first j) / |exponent j + 1|, j the last whose sum is not
                             * negative; 0 when all are negative */
    double entropy;         /* sum of the positive exponents: Pesin's entropy rate, an upper bound in general */
    double sum;             /* of the k exponents; -INFINITY when one is */
    double log_determinant; /* mean of log |det D|: the sum must be this. 0 unless PLAST_LYAPUNOV_SUM_RULE */
} plast_lyapunov_summary;

#define PLAST_LYAPUNOV_SUMMARY .struct_size = (uint32_t)sizeof(plast_lyapunov_summary)

/* PLAST_E_STATE before the first measured factorisation. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_read(const plast_lyapunov *lyapunov,
                                                           plast_lyapunov_summary *summary);

/* Quantities for plast_lyapunov_get, all in the order of descending exponents. None is ever NaN. */
enum {
    PLAST_LYAPUNOV_EXPONENTS = 0,  /* 1 x k */
    PLAST_LYAPUNOV_ERRORS = 1,     /* 1 x k, standard errors: from the scatter of the blocks, all trajectories together;
                                     * honest when blocks are longer than correlations. INFINITY while there are no two
                                     * blocks; 0 for an exponent of -INFINITY */
    PLAST_LYAPUNOV_FIRST_HALF = 2, /* 1 x k, of the first half of the blocks, */
    PLAST_LYAPUNOV_SECOND_HALF = 3, /* and of all that came later; PLAST_E_STATE before there are two blocks */
    PLAST_LYAPUNOV_TRAJECTORIES = 4 /* trajectories x k: exponents of each trajectory */
};

/* Copies a quantity to `values` (f32 or f64). PLAST_E_STATE before the first measured factorisation. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_get(const plast_lyapunov *lyapunov, int32_t quantity,
                                                          const plast_matrix *values);

/* The blocks, oldest first, a row each; means over the trajectories, columns as above. `times` (blocks x 1): when
 * each ended; `finite` (blocks x k): finite-time exponents of the block; `running` (blocks x k): the estimate up to
 * its end. Each may be NULL, not all. Blocks double their length, two of them becoming one, whenever there are twice
 * as many as asked for. */
PLAST_API PLAST_NODISCARD plast_status plast_lyapunov_history(const plast_lyapunov *lyapunov, const plast_matrix *times,
                                                              const plast_matrix *finite, const plast_matrix *running);

#ifdef __cplusplus
}
#endif
#endif
