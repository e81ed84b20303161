/* SPDX-License-Identifier: MIT
 *
 * plasticity: biologically plausible learning. This header includes all the others.
 *
 * Conventions: W is n_out x n_in, rows are postsynaptic; y = f(z), z = W x + b; the learning signal s is dLoss/dz and
 * the error-driven step is -rate s x^T; all increments of a step are computed from the old weights. Matrices are
 * row-major; samples are rows. Sizes are int64_t. Order of arguments: subject, inputs, options, outputs. Outputs
 * other than the report are untouched on failure. */
#ifndef PLASTICITY_PLASTICITY_H
#define PLASTICITY_PLASTICITY_H

#include <plasticity/base.h>
#include <plasticity/context.h>
#include <plasticity/feedback.h>
#include <plasticity/flossing.h>
#include <plasticity/learn.h>
#include <plasticity/lyapunov.h>
#include <plasticity/matrix.h>
#include <plasticity/measures.h>
#include <plasticity/network.h>
#include <plasticity/optimizer.h>
#include <plasticity/rule.h>
#include <plasticity/temporal.h>

#endif
