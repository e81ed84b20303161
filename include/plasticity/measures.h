/* SPDX-License-Identifier: MIT
 *
 * Measures of weights, activities and signals. docs/measures.md has formulas and sources. */
#ifndef PLASTICITY_MEASURES_H
#define PLASTICITY_MEASURES_H

#include <plasticity/context.h>
#include <plasticity/learn.h>
#include <plasticity/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All of them read f32 or f64 views of any positive strides: the caller's arrays, or the live views of a network
 * (plast_synapses_view, plast_state_view). A transposed view swaps rows with cols and row_stride with col_stride.
 * Samples are rows. They compute in double, never overflow on the way, allocate work memory from the context and
 * return it. Matrices may be the same or overlap: they are only read.
 *
 * Errors: PLAST_E_INVALID (NULL, shape, number type), PLAST_E_NOT_FINITE (an entry is not finite, or the result is
 * beyond the largest double), PLAST_E_NOMEM, PLAST_E_RANGE (more rows or columns than BLAS can count, where a matrix
 * product or factorisation is needed; and what is said below). On failure no result is written. Of several results
 * each may be NULL, but not all. No result is ever NaN. */

/* How far W (n_out x n_in) is from orthonormal rows (n_out <= n_in) or orthonormal columns (n_out > n_in):
 *
 *     |W W^T - I|_F / sqrt(n_out)    or    |W^T W - I|_F / sqrt(n_in)
 *
 * 0 = orthonormal, 1 = a zero matrix. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_orthonormality(plast_context *context, const plast_matrix *weights,
                                                                    double *error);

/* The same as the activity of a layer sees it, E_W = |z - W W^T y|^2 of each sample, equations 11 and 12 of
 * Shervani-Tabar & Rosenbaum 2023. weights: n_out x n_in, potentials z and activities y: samples x n_out. `mean` is
 * the mean over the samples; `sum` the sum over them, which is what the authors' published code plots. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_activity_orthonormality(plast_context *context,
                                                                             const plast_matrix *weights,
                                                                             const plast_matrix *potentials,
                                                                             const plast_matrix *activities,
                                                                             double *mean, double *sum);

/* Participation ratio (tr C)^2 / tr(C^2) of the centred covariance C of the columns: from 1 (all variance along one
 * direction) to min(columns, rows - 1). 0 when there is no variance at all: rows all equal, or only one. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_participation_ratio(plast_context *context,
                                                                         const plast_matrix *samples, double *ratio);

/* How many principal components of the centred covariance hold `fraction` of the variance, 0 < fraction <= 1
 * (PLAST_E_RANGE). Counted to rounding: a share of the variance below 4 max(rows, columns) 2^-52 is nothing, so
 * that fraction 1 gives the numerical rank. 0 when there is no variance at all. PLAST_E_LAPACK when the
 * eigenvalues do not converge. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_components(plast_context *context, const plast_matrix *samples,
                                                                double fraction, int64_t *components);

/* Mean of all entries; mean and standard deviation (divided by the number of rows) of the rows' Euclidean norms. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_norms(plast_context *context, const plast_matrix *samples,
                                                           double *mean_entry, double *mean_norm, double *sd_norm);

/* What the angle is taken between. They differ: say which one a figure shows. */
enum {
    PLAST_ANGLE_FLATTENED = 0, /* A and B as one long vector each: arccos(<A, B>_F / (|A|_F |B|_F)) */
    PLAST_ANGLE_ROWS = 1,      /* row i of A and row i of B, then the mean of these angles. Rows that are zero in A or
                                * B have no angle and are left out */
    PLAST_ANGLE_MEANS = 2      /* the mean of A's rows and the mean of B's rows: mean over samples first */
};

/* Angle in degrees, 0 to 180, of two matrices of one shape. Small angles are exact to rounding, as arccos would not
 * be. PLAST_E_RANGE when there is no angle: A or B is all zero (ROWS: in each row; MEANS: on the mean). */
PLAST_API PLAST_NODISCARD plast_status plast_measure_angle(plast_context *context, const plast_matrix *a,
                                                           const plast_matrix *b, int32_t kind, double *degrees);

/* |A|_F / |B|_F; the shapes may differ. PLAST_E_RANGE when B is all zero. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_norm_ratio(plast_context *context, const plast_matrix *a,
                                                                const plast_matrix *b, double *ratio);

/* Largest |eigenvalue| of a square matrix, symmetric or not. Eigenvalues of defective matrices are inexact: those of an
 * n x n Jordan block move by about (2^-52)^(1/n) under rounding. PLAST_E_LAPACK when they do not converge. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_spectral_radius(plast_context *context, const plast_matrix *square,
                                                                     double *radius);

/* Largest and smallest of the min(rows, columns) singular values, and their quotient. The quotient is INFINITY when
 * the smallest is 0; above about 2^52 the matrix is singular to rounding. PLAST_E_LAPACK when they do not converge. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_singular_values(plast_context *context, const plast_matrix *matrix,
                                                                     double *largest, double *smallest,
                                                                     double *condition);

/* All min(rows, columns) singular values, descending, into `values`, one row of so many columns (f32 or f64).
 * PLAST_E_LAPACK when they do not converge. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_singular_spectrum(plast_context *context,
                                                                       const plast_matrix *matrix,
                                                                       const plast_matrix *values);

/* Signal propagation: the Jacobian of layers `first` to `last` at each of n samples,
 *
 *     J[i][j] = dy_i / dx_j,    y the activity of layer `last`, x what layer `first` reads,
 *
 * so first 0 means the network's inputs, and first = last one layer alone. `inputs` is n x the network's inputs, which
 * are run through the network: nothing is learned, the state's activities are overwritten (`state` NULL: the network's
 * own), as plast_network_run does, also in a progress callback.
 *
 * tangents NULL: `jacobian` (f32 or f64) is J, n * units(y) x units(x), the samples' matrices one below the other.
 * Otherwise it is J times `tangents`, n * units(y) x k: k columns, each a direction in x, of units(x) rows for all
 * samples alike, or n * units(x), each sample with its own. So layer after layer costs one layer each: what came out
 * for layers up to l is the tangents for l + 1; `jacobian` may be the same memory, nothing is written before the end.
 *
 * Any activation; of softmax the whole matrix. Slopes are those of the activities that the network computes in its
 * type, at kinks those that learning takes; all else is double. PLAST_E_UNSUPPORTED for a network with a state, whose
 * outputs are no function of one input alone (lyapunov.h has those), PLAST_E_RANGE for layers that are not there,
 * PLAST_E_NOT_FINITE when an activity is not finite or an entry, also on the way, is too large for double or for the
 * type of `jacobian`. Memory for all samples' results is taken from the network's or the state's context and given
 * back. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_jacobian(plast_network *network, plast_state *state,
                                                              const plast_matrix *inputs, int64_t first, int64_t last,
                                                              const plast_matrix *tangents,
                                                              const plast_matrix *jacobian);

/* Columns of plast_measure_alignment, for hidden layer l. B_l is the matrix by which the scheme stands for W_(l+1)^T:
 * the "feedback" group, the last layer's alone under direct feedback, V_l B_l C_(l+1) (C_L = 1) in the circuit. Angles
 * in degrees; NaN where there is none. */
enum {
    PLAST_ALIGNED_WEIGHTS = 0,      /* angle of B_l and W_(l+1)^T, flattened */
    PLAST_ALIGNED_SAMPLES = 1,      /* angle of the scheme's signal s_l and backpropagation's, mean over samples */
    PLAST_ALIGNED_FLATTENED = 2,    /* the same of all samples' signals as one vector */
    PLAST_ALIGNED_MEANS = 3,        /* the same of the samples' mean signals (Shervani-Tabar & Rosenbaum 2023) */
    PLAST_ALIGNED_WEIGHT_RATIO = 4, /* |B_l|_F / |W_(l+1)|_F */
    PLAST_ALIGNED_SIGNAL_RATIO = 5, /* |s_l| / that of backpropagation, flattened */
    PLAST_ALIGNED = 6               /* how many there are; further ones are appended */
};

/* How well the network's feedback scheme is aligned with backpropagation, from the top through the forward weights as
 * they are now, on the given samples. `alignment` has a row for each hidden layer and the first 1 to PLAST_ALIGNED
 * columns above (f32 or f64). Nothing is learned or drawn; the state's activities are overwritten (`state` NULL: the
 * network's own). Memory for all samples' signals is taken from the context and given back. */
PLAST_API PLAST_NODISCARD plast_status plast_measure_alignment(plast_network *network, plast_state *state,
                                                               const plast_data *data, const plast_matrix *alignment);

#ifdef __cplusplus
}
#endif
#endif
