/* SPDX-License-Identifier: MIT
 *
 * Networks, their layers and synapse groups. */
#ifndef PLASTICITY_NETWORK_H
#define PLASTICITY_NETWORK_H

#include <plasticity/context.h>
#include <plasticity/feedback.h>
#include <plasticity/matrix.h>
#include <plasticity/optimizer.h>
#include <plasticity/rule.h>
#include <plasticity/temporal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Thread rule: one thread at a time, and only that thread may learn. Once prepared (plast_network_prepare), and
 * while none learns, other threads may run and evaluate it, each with a state made with a context of its own. */
typedef struct plast_network plast_network;

/* Borrowed from its network, never destroyed by the caller. Thread rule: as the network. */
typedef struct plast_layer plast_layer;
typedef struct plast_synapses plast_synapses;

/* Activations y = f(z). f' in brackets; at a kink it is what stands there. p: activation_param. */
enum {
    PLAST_LINEAR = 0,   /* z */
    PLAST_SOFTPLUS = 1, /* log(1 + exp(beta z)) / beta, p = beta in [1e-6, 1e6], default 10 [1 - exp(-beta y)] */
    PLAST_RELU = 2,     /* max(z, 0) [1 where z > 0, else 0] */
    PLAST_TANH = 3,
    PLAST_SIGMOID = 4,        /* 1 / (1 + exp(-z)) */
    PLAST_SOFTMAX = 5,        /* output layer only, at least 2 units */
    PLAST_LEAKY_RELU = 6,     /* z where z > 0, else p z; p in [1e-6, 1], default 0.01 [1 where z > 0, else p];
                               * Maas et al. 2013 */
    PLAST_ELU = 7,            /* z where z > 0, else alpha (exp(z) - 1); p = alpha in [1e-6, 1e6], default 1
                               * [1 where z > 0, else alpha exp(z)]; Clevert et al. 2016 */
    PLAST_SCALED_TANH = 8,    /* 1.7159 tanh(2/3 z), which is 1 at 1 [1.7159 * 2/3 (1 - tanh(2/3 z)^2)];
                               * LeCun et al. 1998, Efficient BackProp */
    PLAST_RECTIFIED_TANH = 9, /* max(tanh z, 0) [1 - y^2 where z > 0, else 0] */
    PLAST_HARD_SIGMOID = 10   /* min(max(z / 6 + 1/2, 0), 1) [1/6 where -3 < z < 3, else 0]; Howard et al. 2019 and
                               * PyTorch. (Theano's has 0.2 z.) */
};

/* Losses; the mean over samples is reported. s is the signal dLoss/dz at the output. */
enum {
    PLAST_LOSS_DEFAULT = 0,       /* by the output's activation: softmax 1, sigmoid 2, else 3 */
    PLAST_LOSS_CROSS_ENTROPY = 1, /* - sum t log y on softmax; targets sum to 1; s = y - t */
    PLAST_LOSS_LOGISTIC = 2,      /* - sum t log y + (1 - t) log(1 - y) on sigmoid; s = y - t */
    PLAST_LOSS_SQUARED = 3        /* 1/2 sum (y - t)^2 on any activation; s = f'(z) (y - t) */
};

/* Initialisers; biases start at 0. `gain` multiplies every one of them (0 = 1). */
enum {
    PLAST_INIT_XAVIER_UNIFORM = 0, /* U(-a, a), a = sqrt(6 / (n_in + n_out)); Glorot & Bengio 2010 */
    PLAST_INIT_XAVIER_NORMAL = 1,  /* N(0, 2 / (n_in + n_out)) */
    PLAST_INIT_HE_UNIFORM = 2,     /* U(-a, a), a = sqrt(6 / n_in); He et al. 2015 */
    PLAST_INIT_HE_NORMAL = 3,      /* N(0, 2 / n_in) */
    PLAST_INIT_ORTHOGONAL = 4,     /* orthonormal rows or columns, whichever are fewer, uniform over rotations */
    PLAST_INIT_GAUSSIAN = 5,       /* N(0, gain^2) */
    PLAST_INIT_UNIFORM = 6,        /* U(-gain, gain) */
    PLAST_INIT_CONSTANT = 7,       /* gain everywhere */
    PLAST_INIT_ZERO = 8,
    PLAST_INIT_LECUN_UNIFORM = 9,     /* U(-a, a), a = sqrt(3 / n_in); LeCun et al. 1998 */
    PLAST_INIT_LECUN_NORMAL = 10,     /* N(0, 1 / n_in); the g / sqrt(n) of recurrent networks with gain g */
    PLAST_INIT_TRUNCATED_NORMAL = 11, /* N(0, gain^2) given that |w| <= 2 |gain|: gain is the standard deviation before
                                       * the cut, 0.8796 gain what is left of it */
    PLAST_INIT_SPARSE = 12,           /* each unit has init_param inputs (default 15; all where there are no more),
                                       * drawn without replacement, of weights N(0, gain^2); the others are 0;
                                       * Martens 2010 */
    PLAST_INIT_FAN_IN_UNIFORM = 13,   /* U(-a, a), a = 1 / sqrt(n_in) */
    PLAST_INIT_DILUTED = 14,          /* each synapse exists with probability p = init_param in (0, 1], default 0.1, and
                                       * is N(0, 1 / (p n_in)) then; the others are 0 */
    PLAST_INIT_LOW_RANK = 15,         /* N(0, 1 / n_in), cut to its init_param largest singular values (default 1, at
                                       * most min(n_in, n_out): PLAST_E_RANGE) and rescaled to the Frobenius norm that
                                       * it had; Liu et al. 2024 */
    PLAST_INIT_DALE_BALANCED = 16     /* square weights only (PLAST_E_UNSUPPORTED). The first round(init_param n_in) pre
                                       * units (default 0.8, in (0, 1)) excite, the others inhibit, at least one of each
                                       * kind (PLAST_E_RANGE): |N(0, 1)| with the unit's sign for 99 % of the synapses,
                                       * 0 for the others and from a unit to itself. Inhibition is multiplied so that
                                       * its total is that of excitation; in each row the synapses of the weaker kind
                                       * share what is missing to a sum of 0, and a row that lacks one kind is 0.
                                       * Divided by the spectral radius, which is |gain| then. After the code of Liu
                                       * et al. 2022. plast_synapses_set_sign keeps the signs while the network
                                       * learns */
};

typedef struct plast_network_options {
    uint32_t struct_size;
    int32_t dtype;  /* PLAST_F32 (default) or PLAST_F64: what the whole network computes in */
    int64_t inputs; /* columns of the input, required, > 0 */
    uint64_t seed;  /* of the network's own random stream */
    int32_t loss;   /* PLAST_LOSS_... */
    int32_t reserved0;
} plast_network_options;

#define PLAST_NETWORK_OPTIONS .struct_size = (uint32_t)sizeof(plast_network_options)

/* States of a "recurrent" layer with net input n_t = W h_(t-1) + U x_t + b, f its activation, a = alpha. h_t is its
 * activity, and what the layer above reads unless said otherwise. */
enum {
    PLAST_FORM_VOLTAGE = 0, /* v_t = (1 - a) v_(t-1) + a n_t, h_t = f(v_t); the state is v. Bellec et al. 2020; Liu et
                             * al. 2022 */
    PLAST_FORM_INSIDE = 1,  /* h_t = f((1 - a) h_(t-1) + a n_t); the state is h. Liu et al. 2024 */
    PLAST_FORM_RATE = 2,    /* h_t = (1 - a) h_(t-1) + a f(n_t); the state is h. Murray 2019 */
    PLAST_FORM_CURRENT = 3  /* as voltage, but the layer above reads v_t: with a = 1, v_t = W f(v_(t-1)) + U x_t + b.
                             * Engelken 2023 */
};

/* Fields from `form` on are of layers with a state, and refused elsewhere. */
typedef struct plast_layer_options {
    uint32_t struct_size;
    int32_t activation;      /* PLAST_LINEAR ... */
    int64_t units;           /* required, > 0 */
    double activation_param; /* the activation's one parameter; 0 = its default. Refused where it has none */
    double gain;             /* of the initialiser; 0 = 1 */
    int32_t init;            /* PLAST_INIT_... */
    int32_t no_bias;         /* 1: z = W x */
    double init_param;       /* the initialiser's one parameter; 0 = its default. Refused where it has none */
    int32_t form;            /* PLAST_FORM_... of "recurrent" */
    int32_t recurrent_init;  /* PLAST_INIT_... of the recurrent weights */
    double recurrent_gain;   /* of that initialiser; 0 = 1 */
    double recurrent_param;  /* that initialiser's one parameter; 0 = its default */
    double alpha;            /* dt / tau in (0, 1] of "recurrent"; 0 = 1: no leak */
    double noise;            /* standard deviation of the Gaussian noise added to the state at every step; 0 = none */
    int32_t no_self;         /* 1: no unit has a synapse onto itself, whatever mask the recurrent weights get */
    int32_t learn_initial;   /* 1: the state before the first step of a sequence learns as a bias does; else it is what
                              * plast_layer_set_vector made it, at first 0 */
} plast_layer_options;

#define PLAST_LAYER_OPTIONS .struct_size = (uint32_t)sizeof(plast_layer_options)

/* Which layers a call means; or an index from 0 (next to the input) on. */
enum {
    PLAST_HIDDEN_LAYERS = -1, /* all but the last */
    PLAST_ALL_LAYERS = -2
};

/* On failure *network is untouched. */
PLAST_API PLAST_NODISCARD plast_status plast_network_create(plast_context *context,
                                                            const plast_network_options *options,
                                                            plast_network **network);
/* Destroys its layers and synapse groups too; destroy its states first. NULL is allowed. */
PLAST_API void plast_network_destroy(plast_network *network);

/* Adds a layer on top, its weights drawn at once from the network's seed and the layer's index. `layer` may be NULL.
 * Kinds:
 *
 *   "dense"      y = f(W x + b); synapses "input"
 *   "recurrent"  a state that goes from step to step of a sequence, PLAST_FORM_...; synapses "input" (U) and
 *                "recurrent" (W, whose pre is h_(t-1)). Any activation but softmax. Not the output layer: a dense one
 *                reads it
 *   "gru"        gated recurrent units (Cho et al. 2014), in the form of cuDNN and PyTorch: with
 *                (Gx_r, Gx_z, Gx_n) = U x_t + b and (Gh_r, Gh_z, Gh_n) = W h_(t-1) + b_h,
 *                    r = sigma(Gx_r + Gh_r)   z = sigma(Gx_z + Gh_z)   n = tanh(Gx_n + r o Gh_n)
 *                    h_t = (1 - z) o n + z o h_(t-1) + noise
 *                Synapses "input" (U, 3 units x inputs) and "recurrent" (W, 3 units x units), their rows the blocks r,
 *                z, n; vectors "bias" (b) and "recurrent_bias" (b_h), 3 units each. Each matrix is drawn as one. Rules
 *                see the gates r, z, n as post. activation, form and alpha are left 0. no_self takes the diagonals of
 *                all three blocks away. Not the output layer
 *
 * PLAST_E_STATE once a rule, a state, prepare, or a call that learned or ran has
 * fixed the shape; PLAST_E_UNSUPPORTED on top of a softmax layer (softmax belongs at the output). */
PLAST_API PLAST_NODISCARD plast_status plast_network_add(plast_network *network, const char *kind,
                                                         const plast_layer_options *options, plast_layer **layer);
/* Names of the layer kinds; NULL past the last one. */
PLAST_API const char *plast_layer_kind_name(int32_t index);

/* Attaches a copy of the rule to each of the synapse groups that end in the layers ("dense" has one; of a delayed group
 * pre is the activity one step earlier), and fixes the network's shape. A rule may be attached to a layer once: a
 * second time is PLAST_E_STATE. States made before stay good; memory for the rule is made by plast_network_prepare or
 * at the next call. */
PLAST_API PLAST_NODISCARD plast_status plast_network_add_rule(plast_network *network, int32_t layers,
                                                              const plast_rule *rule);
/* A parameter of the attached rule, at any time between calls. Set: PLAST_E_UNKNOWN when none of the layers has it.
 * Get: of one layer, by index; where several of its groups have the rule, of the first. */
PLAST_API PLAST_NODISCARD plast_status plast_network_set_rule(plast_network *network, int32_t layers, const char *rule,
                                                              const char *parameter, double value);
PLAST_API PLAST_NODISCARD plast_status plast_network_get_rule(const plast_network *network, int32_t layer,
                                                              const char *rule, const char *parameter, double *value);

/* The same for one synapse group alone, of a layer. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_add_rule(plast_synapses *synapses, const plast_rule *rule);
PLAST_API PLAST_NODISCARD plast_status plast_synapses_set_rule(plast_synapses *synapses, const char *rule,
                                                               const char *parameter, double value);
PLAST_API PLAST_NODISCARD plast_status plast_synapses_get_rule(const plast_synapses *synapses, const char *rule,
                                                               const char *parameter, double *value);
PLAST_API PLAST_NODISCARD plast_status plast_synapses_view_rule(const plast_synapses *synapses, const char *rule,
                                                                const char *quantity, plast_matrix *view);

/* A live read-only view, 1 x units of the layer (of "gru" 3 units), of what an attached rule keeps for each unit from
 * update to update, by name (rule.h says which rules keep what); of the layer's first group that has the rule. Valid as
 * long as the network, except during a call that learns.
 * PLAST_E_UNKNOWN when the layer lacks the rule or the rule keeps no such quantity. */
PLAST_API PLAST_NODISCARD plast_status plast_network_view_rule(const plast_network *network, int32_t layer,
                                                               const char *rule, const char *quantity,
                                                               plast_matrix *view);

/* Takes a copy of the optimizer. Moments and the count of updates start at zero. */
PLAST_API PLAST_NODISCARD plast_status plast_network_set_optimizer(plast_network *network,
                                                                   const plast_optimizer *optimizer);
/* A parameter of the network's optimizer, at any time between calls (rate schedules); moments stay. */
PLAST_API PLAST_NODISCARD plast_status plast_network_set_optimizer_parameter(plast_network *network,
                                                                             const char *parameter, double value);
PLAST_API PLAST_NODISCARD plast_status plast_network_get_optimizer_parameter(const plast_network *network,
                                                                             const char *parameter, double *value);

/* Chooses how the error comes down, and fixes the network's shape. Takes a copy of the description for all hidden
 * layers (PLAST_HIDDEN_LAYERS), or for one of them, by index, when the scheme is in force already. Matrices of the
 * scheme before are gone; those of the new one are drawn from the network's seed, for all layers. Forward weights,
 * biases, rules, the optimizer and its count of updates stay, so a scheme may be changed in the middle of learning; a
 * group that the new scheme adds starts with moments of 0. States made before stay good, unless populations came, went
 * or changed their size with the scheme ("circuit"): then they are refused (PLAST_E_STATE), and the network's own is
 * made anew. Groups that end in a frozen layer start frozen. PLAST_E_STATE for a network without hidden layers;
 * PLAST_E_UNSUPPORTED where the scheme has no meaning. */
PLAST_API PLAST_NODISCARD plast_status plast_network_set_feedback(plast_network *network, int32_t layers,
                                                                  const plast_feedback *feedback);
/* Name of the scheme in force, "backprop" until one is set. */
PLAST_API const char *plast_network_feedback(const plast_network *network);
/* A parameter of the scheme in hidden layers, at any time between calls. PLAST_E_STATE for one that shapes the matrices
 * (PLAST_PARAMETER_SHAPES). Get: of one hidden layer, by index. */
PLAST_API PLAST_NODISCARD plast_status plast_network_set_feedback_parameter(plast_network *network, int32_t layers,
                                                                            const char *parameter, double value);
PLAST_API PLAST_NODISCARD plast_status plast_network_get_feedback_parameter(const plast_network *network, int32_t layer,
                                                                            const char *parameter, double *value);

/* Chooses how credit goes back in time in layers with a state, "bptt" until then (temporal.h). Takes a copy. Weights,
 * rules, the optimizer, the feedback scheme and states stay; what the states carry as eligibility is forgotten.
 * PLAST_E_UNSUPPORTED when the network has a layer for which the scheme is not defined, or where it does not go with
 * the feedback scheme. */
PLAST_API PLAST_NODISCARD plast_status plast_network_set_temporal(plast_network *network,
                                                                  const plast_temporal *temporal);
/* Name of the scheme in force. */
PLAST_API const char *plast_network_temporal(const plast_network *network);
/* A parameter of the scheme in force, at any time between calls; not in a progress callback (PLAST_E_STATE): a call
 * that learns keeps to what it began with. */
PLAST_API PLAST_NODISCARD plast_status plast_network_set_temporal_parameter(plast_network *network,
                                                                            const char *parameter, double value);
PLAST_API PLAST_NODISCARD plast_status plast_network_get_temporal_parameter(const plast_network *network,
                                                                            const char *parameter, double *value);

/* Checks the whole network and allocates all that learning with up to `batch` samples per update needs, and the
 * network's own state. Learn, run and evaluate do it themselves when it was not done; called once beforehand, they
 * allocate nothing. A rule or optimizer that is set later asks for new memory at the next call. */
PLAST_API PLAST_NODISCARD plast_status plast_network_prepare(plast_network *network, int64_t batch);
/* The same for updates of up to `batch` sequences over up to `steps` steps each, eligibility traces included where the
 * temporal scheme in force has them. */
PLAST_API PLAST_NODISCARD plast_status plast_network_prepare_steps(plast_network *network, int64_t batch,
                                                                   int64_t steps);

/* Draws all weights anew from `seed` and sets biases, moments and update counts to 0, as if just made with that seed.
 * What rules keep gets its first values, and the network's own state carries nothing. Attached rules, optimizer, rates,
 * frozen flags and cell types stay. */
PLAST_API PLAST_NODISCARD plast_status plast_network_reset(plast_network *network, uint64_t seed);

PLAST_API int64_t plast_network_layers(const plast_network *network);
PLAST_API PLAST_NODISCARD plast_status plast_network_layer(const plast_network *network, int64_t index,
                                                           plast_layer **layer);

PLAST_API int64_t plast_layer_units(const plast_layer *layer);
/* Biases as 1 x units (of "gru" 3 units), copied. PLAST_E_STATE for a layer without bias; set refuses what is not
 * finite. */
PLAST_API PLAST_NODISCARD plast_status plast_layer_get_bias(const plast_layer *layer, const plast_matrix *bias);
PLAST_API PLAST_NODISCARD plast_status plast_layer_set_bias(plast_layer *layer, const plast_matrix *bias);
/* What a layer keeps for its units beside weights, by name, as 1 x its length: "bias" (units) or, of a layer with a
 * state, "initial" (units): the state before the first step of every sequence. "gru" has "bias" and "recurrent_bias" of
 * 3 units each. PLAST_E_UNKNOWN where the layer has no such vector; set refuses what is not finite. */
PLAST_API PLAST_NODISCARD plast_status plast_layer_get_vector(const plast_layer *layer, const char *name,
                                                              const plast_matrix *vector);
PLAST_API PLAST_NODISCARD plast_status plast_layer_set_vector(plast_layer *layer, const char *name,
                                                              const plast_matrix *vector);
/* Cell types of a "recurrent" layer's units, over which the temporal schemes "modprop" and "mdgl" average its recurrent
 * weights (temporal.h): 1 x units whole numbers (u8, i32 or i64) from 0 to units - 1; NULL = one type for all, as at
 * first. Numbers may be left out. Types are structure: plast_network_reset leaves them. At any time between calls;
 * memory is made here, and the next update goes by them. PLAST_E_RANGE for another number, PLAST_E_UNSUPPORTED for
 * another kind of layer; nothing changes then. Get: copied out. */
PLAST_API PLAST_NODISCARD plast_status plast_layer_set_types(plast_layer *layer, const plast_matrix *types);
PLAST_API PLAST_NODISCARD plast_status plast_layer_get_types(const plast_layer *layer, const plast_matrix *types);
/* Sets the flags of the layer and of all its synapse groups. Freezing stops everything in the layer that adapts:
 * weights, biases, moments. Activity and errors pass on. */
PLAST_API PLAST_NODISCARD plast_status plast_layer_set_frozen(plast_layer *layer, int32_t frozen);
/* 1 when all of the layer is frozen, else 0; 0 for NULL. */
PLAST_API int32_t plast_layer_frozen(const plast_layer *layer);
/* One of the layer's synapse groups by name; NULL = the first. "dense" has one, "input". Groups of a feedback scheme
 * belong to the layer in which they end (feedback.h); handles to them die with the scheme: PLAST_E_STATE from then on,
 * unless a later scheme's group takes their place. A scheme that brings signals to the inputs, because a rule into the
 * first layer reads them, has them end in layer 0 as "input_feedback". */
PLAST_API PLAST_NODISCARD plast_status plast_layer_synapses(const plast_layer *layer, const char *name,
                                                            plast_synapses **synapses);

/* A live read-only view of the weights, n_out x n_in, rows are postsynaptic. Forward weights lie in rows padded to 64
 * bytes; a feedback matrix lies the other way round (row_stride 1), beside the forward one that it stands for. Valid as
 * long as the group, except during a call that learns. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_view(const plast_synapses *synapses, plast_matrix *view);
/* Copies in or out, converting between f32 and f64; set refuses what is not finite in the network's type. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_get_weights(const plast_synapses *synapses,
                                                                  const plast_matrix *weights);
PLAST_API PLAST_NODISCARD plast_status plast_synapses_set_weights(plast_synapses *synapses,
                                                                  const plast_matrix *weights);
/* Which synapses exist: 1 or 0 for each, in the shape of the weights (f32, f64 or u8); NULL = all that the layer's
 * options allow (no_self: PLAST_E_INVALID for a 1 from a unit to itself). Weights elsewhere are 0 from now on, whatever
 * learns; moments of optimizers go on. A feedback matrix that follows a forward one ("kolen_pollack") has its mask,
 * transposed: setting the forward one's sets both, another one is refused (PLAST_E_STATE). */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_set_mask(plast_synapses *synapses, const plast_matrix *mask);
/* Copies the mask out, f32 or f64; all 1 where none was set. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_get_mask(const plast_synapses *synapses,
                                                               const plast_matrix *mask);
/* Dale's law: what the synapses of each pre unit do, 1 = excite (weights >= 0), -1 = inhibit (<= 0), 0 = either, as a
 * row or column of n_in numbers (any type); NULL = all 0. A weight of the wrong sign becomes 0 at once and after each
 * change, whatever makes it, as under a mask: W <- P[W], after all terms of an update. Moments of optimizers go on. A
 * feedback matrix that follows a forward one ("kolen_pollack") has its signs, each for a unit that its synapses end in,
 * and its bounds: set and asked for there, refused here (PLAST_E_STATE). Resetting the network keeps signs and bounds.
 * PLAST_E_RANGE for other numbers, and for bounds that leave a unit no weight. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_set_sign(plast_synapses *synapses, const plast_matrix *signs);
/* Copies the signs out, f32 or f64; all 0 where none were set. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_get_sign(const plast_synapses *synapses,
                                                               const plast_matrix *signs);
/* Hard bounds of all weights, projected as signs are; -INFINITY and INFINITY = none. Rounded to the network's number
 * type. Where a rule rescales rows, bounds have the last word. PLAST_E_RANGE unless lower <= upper, and where a sign or
 * a mask with zeros leaves no weight within them. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_set_bounds(plast_synapses *synapses, double lower, double upper);
/* Either place may be NULL, but not both. */
PLAST_API PLAST_NODISCARD plast_status plast_synapses_get_bounds(const plast_synapses *synapses, double *lower,
                                                                 double *upper);
PLAST_API PLAST_NODISCARD plast_status plast_synapses_set_frozen(plast_synapses *synapses, int32_t frozen);
/* 1 when the group is frozen, else 0; 0 for NULL and for a group that went with its scheme. */
PLAST_API int32_t plast_synapses_frozen(const plast_synapses *synapses);

#ifdef __cplusplus
}
#endif
#endif
