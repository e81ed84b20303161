/* SPDX-License-Identifier: MIT
 *
 * Learning, running and evaluating. */
#ifndef PLASTICITY_LEARN_H
#define PLASTICITY_LEARN_H

#include <plasticity/network.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What belongs to a data stream: activities, signals, and what layers with a state carry from step to step, with its
 * eligibility traces and its place in the stream of noise. Everything is allocated when it is made, but traces, which
 * are when they are first needed. A network may have several. Thread rule: one thread at a time; a state made with
 * another context than its network's may run in that context's thread. */
typedef struct plast_state plast_state;

typedef struct plast_state_options {
    uint32_t struct_size;
    int32_t reserved0;
    int64_t batch; /* most samples at once: limit of plast_data.batch, block length of run and evaluate; 0 = 64 */
    int64_t steps; /* most steps of each in one update, see plast_learn_options.update_every; 0 = 1 */
    uint64_t seed; /* of the noise of its layers, beside the network's. Noise follows the state's own count of steps and
                    * the place of a sequence among those that go through together */
} plast_state_options;

#define PLAST_STATE_OPTIONS .struct_size = (uint32_t)sizeof(plast_state_options)

/* Fixes the network's shape. The context takes the messages of calls that use this state. */
PLAST_API PLAST_NODISCARD plast_status plast_state_create(plast_context *context, plast_network *network,
                                                          const plast_state_options *options, plast_state **state);
PLAST_API void plast_state_destroy(plast_state *state);

/* Quantities of a layer that a state holds; of sequences a row for each step, time-major. Of layers with a state, y is
 * what the layer above reads (in PLAST_FORM_CURRENT v), z the argument of f (current and "gru": y again). Signals are
 * of the last sample or minibatch that was learned, of each row's loss, not of the mean over rows: so the sum over rows
 * of s x^T, x what the synapses saw, is the gradient times the number of losses (where all credit is exact). */
enum {
    PLAST_ACTIVITY = 1,  /* y */
    PLAST_POTENTIAL = 2, /* z */
    /* s = dLoss/dn by the net input n of the synapses "input": rows x units, of "gru" rows x 3 units, in the order of
     * its weights (reset, update, candidate). n = z in dense layers; in layers with a state n is W h + U x + b, so
     * alpha is inside s, and s has all that comes later in the update under temporal scheme "bptt", else it is of the
     * instant alone: what reaches this step from above, and no later step */
    PLAST_SIGNAL = 3,
    /* The same by the net input of the synapses "recurrent". Only of "gru" it is another: its candidate's block is that
     * of PLAST_SIGNAL times the reset gate. PLAST_E_STATE for a layer without a state */
    PLAST_RECURRENT_SIGNAL = 4
};

/* Read-only view of the samples that the last call processed last (rows = how many), in the network's type. Valid
 * until the next call that uses the state. PLAST_E_STATE before the first. */
PLAST_API PLAST_NODISCARD plast_status plast_state_view(const plast_state *state, int64_t layer, int32_t quantity,
                                                        plast_matrix *view);
/* The network's own state, the one used when NULL is passed; PLAST_E_STATE before plast_network_prepare or the first
 * call that needed it. A later call that needs room for a larger batch replaces it: ask again then. Borrowed: never
 * destroyed by the caller. */
PLAST_API PLAST_NODISCARD plast_status plast_network_state(const plast_network *network, plast_state **state);

/* What layers with a state carry. A sequence starts from the layers' initial state unless plast_data.carry is set.
 * Reset: the next step is a first one again (the stream of noise goes on). Copy: `to` goes on exactly as `from` would;
 * both belong to one network, and `to` has room for as many sequences. Get and set: of one layer, sequences x units, in
 * the network's order; set makes the next step one that follows (traces start at 0), for all layers alike, which start
 * from 0 where they were not set. PLAST_E_STATE for a layer without a state, and to get before the first step. */
PLAST_API PLAST_NODISCARD plast_status plast_state_reset(plast_state *state);
PLAST_API PLAST_NODISCARD plast_status plast_state_copy(plast_state *to, const plast_state *from);
PLAST_API PLAST_NODISCARD plast_status plast_state_get(const plast_state *state, int64_t layer,
                                                       const plast_matrix *carried);
PLAST_API PLAST_NODISCARD plast_status plast_state_set(plast_state *state, int64_t layer, const plast_matrix *carried);
/* Sequences that it carries; 0 when the next step is a first one. */
PLAST_API int64_t plast_state_sequences(const plast_state *state);

/* Sequences are time-major: with N of them, row t * N + i is step t of sequence i. */
typedef struct plast_data {
    uint32_t struct_size;
    int32_t carry; /* 1: the steps follow those that the state carries, which must be as many sequences, or none yet;
                    * the state carries the last of them afterwards. All N go through together, in their order */
    const plast_matrix *inputs;  /* n x inputs, f32 or f64 */
    const plast_matrix *targets; /* n x 1 labels (u8, i32, i64), or n x outputs (f32, f64); NULL: no loss, rules only */
    const plast_matrix *loss_mask; /* n x 1 weights >= 0 (f32, f64 or u8) of each sample's loss; NULL = all 1 */
    const plast_matrix *order; /* k x 1 (i32, i64): sequences to visit, in this order; NULL = each once, ascending */
    int64_t batch;             /* sequences per update; 0 = 1: online. The last minibatch may be shorter */
    int64_t steps;             /* of each sequence, a divisor of n; 0 = 1: every row is a sample of its own */
} plast_data;

#define PLAST_DATA .struct_size = (uint32_t)sizeof(plast_data)

/* Written by the library, also on failure; set struct_size (PLAST_REPORT) before. */
typedef struct plast_report {
    uint32_t struct_size;
    int32_t reserved0;
    int64_t samples; /* processed, of sequences every step; when learning: whose update was applied */
    int64_t updates; /* applied */
    int64_t losses;  /* samples that carried a loss */
    int64_t correct; /* of those: the largest output is the target's largest (one output: both above 1/2 or both not) */
    double loss;     /* mean of the losses before each sample's own update, weighted by the mask (by its sum) */
} plast_report;

#define PLAST_REPORT .struct_size = (uint32_t)sizeof(plast_report)

/* Called between updates. 0 goes on; any other value ends the call, which then returns the value if it is
 * PLAST_E_USER or below, else PLAST_E_STOPPED. What was learned stays. It is called after the last update too
 * when that is due. The callback may read, run and evaluate the network, set rates, parameters of the feedback scheme,
 * weights, biases, masks, cell types and frozen flags;
 * learning, resetting, preparing, attaching rules or optimizers, and changing what the state in use carries are refused
 * meanwhile (PLAST_E_STATE); so is running through that state while its sequences go on afterwards. It must
 * return: no exception or longjmp out of it, and it destroys nothing that the call uses. */
typedef plast_status (*plast_progress)(void *user, const plast_report *so_far);

typedef struct plast_learn_options {
    uint32_t struct_size;
    int32_t reserved0;
    plast_progress progress; /* NULL = none */
    void *user;
    int64_t progress_every; /* samples between two calls; 0 = 1000 */
    int64_t update_every;   /* steps between two updates of a sequence; 0 = all of its steps: one update. What credit
                             * goes further back than that goes by eligibility traces, or not at all (temporal.h) */
} plast_learn_options;

#define PLAST_LEARN_OPTIONS .struct_size = (uint32_t)sizeof(plast_learn_options)

/* Learns sequences alike: an update is of `batch` of them, over update_every steps; errors are averaged over the steps
 * that carry a loss, rules over all steps. Under "eprop" with more than one update for a sequence, or with carry, and
 * under "rtrl", a call that fails ends the stream: the state's next step is a first one. Traces start at 0 where the
 * steps before were run, or learned without them.
 *
 * Learns the samples one after another, or minibatch by minibatch. Error term and rules alike are averaged over a
 * minibatch: rules over its samples, the error over those that carry a loss, each weighted by its mask. A sample
 * without a loss (label -1, mask 0, no targets) still drives the rules.
 *
 * A sample (or minibatch) is atomic: if anything in it is not finite, or the update could overflow, it changes nothing,
 * the call ends with PLAST_E_NOT_FINITE, and report->samples says how many were learned before it. The same holds, with
 * PLAST_E_RANGE, for a target row that the loss is not defined for and for a filter of "modprop" that is not stable;
 * all else is checked before the first sample.
 *
 * `state` NULL = the network's own. `options` and `report` may be NULL. An optimizer is required when there are
 * targets (PLAST_E_STATE). Splitting the samples over several calls gives the same bits. */
PLAST_API PLAST_NODISCARD plast_status plast_network_learn(plast_network *network, plast_state *state,
                                                           const plast_data *data, const plast_learn_options *options,
                                                           plast_report *report);

typedef struct plast_mirror_options {
    uint32_t struct_size;
    int32_t reserved0;
    int64_t updates; /* 0 = 1 */
    int64_t batch;   /* noise vectors per update, at least 2; 0 = 64 */
} plast_mirror_options;

#define PLAST_MIRROR_OPTIONS .struct_size = (uint32_t)sizeof(plast_mirror_options)

/* The mirror phase of feedback "weight_mirror": every layer that receives an error emits noise, the next one answers,
 * and the feedback matrix between them learns (feedback.h). It is called in turn with plast_network_learn; forward
 * weights and biases stay as they are. A softmax layer answers with its potential. Noise comes from the network's own
 * stream. Overwrites the state, whose stream ends. Each update is atomic: PLAST_E_NOT_FINITE when an answer or weight
 * would not be finite. PLAST_E_UNSUPPORTED under another scheme. `options` may be NULL. */
PLAST_API PLAST_NODISCARD plast_status plast_network_mirror(plast_network *network, plast_state *state,
                                                            const plast_mirror_options *options);

/* Running and evaluating overwrite the activities of the state that they use, also of the network's own when NULL is
 * passed: a stream that is to go on is given a state of its own.
 *
 * outputs (n x units of the last layer, f32 or f64, rounded to that type) = the network's answer to inputs
 * (n x inputs). Untouched on failure, as is what the state carries. Needs no optimizer. PLAST_E_NOT_FINITE when an
 * input or an activity is not finite. */
PLAST_API PLAST_NODISCARD plast_status plast_network_run(plast_network *network, plast_state *state,
                                                         const plast_matrix *inputs, const plast_matrix *outputs);

/* The same for sequences: data->inputs, order, steps and carry count; outputs has a row for each step, time-major, of
 * the sequences visited. */
PLAST_API PLAST_NODISCARD plast_status plast_network_run_data(plast_network *network, plast_state *state,
                                                              const plast_data *data, const plast_matrix *outputs);
/* One step that follows those before: inputs (sequences x inputs) to outputs (sequences x units of the last layer), as
 * plast_network_run_data with steps 1 and carry 1. */
PLAST_API PLAST_NODISCARD plast_status plast_network_step(plast_network *network, plast_state *state,
                                                          const plast_matrix *inputs, const plast_matrix *outputs);

/* Loss and correct answers over the data, with nothing that learns changed. data->batch has no effect. */
PLAST_API PLAST_NODISCARD plast_status plast_network_evaluate(plast_network *network, plast_state *state,
                                                              const plast_data *data, plast_report *report);

#ifdef __cplusplus
}
#endif
#endif
