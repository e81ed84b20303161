/* SPDX-License-Identifier: MIT
 *
 * What was measured: means over trajectories, in the order of descending exponents. */
#include "base/matrix.h"
#include "base/structs.h"
#include "lyapunov/lyapunov.h"

#include <math.h>

/* All blocks, the one under way included. */
static int64_t all(const plast_lyapunov *l)
{
    return l->blocks.count + 1;
}

static int64_t measured(const plast_lyapunov *l)
{
    return plast__blocks_steps(&l->blocks, 0, all(l));
}

static plast_status check_measured(const plast_lyapunov *l)
{
    if (measured(l) == 0)
        return plast__fail(
            l->context, PLAST_E_STATE,
            "nothing is measured yet: %lld steps were taken, %lld belong to transient and alignment, and "
            "the first interval ends after %lld more",
            (long long)l->steps, (long long)plast__lyapunov_begin(l), (long long)l->pace.interval);
    return PLAST_OK;
}

/* Column j in some blocks, mean over trajectories, in the caller's unit. */
static double exponent(const plast_lyapunov *l, int64_t first, int64_t last, int64_t j)
{
    const int64_t k = l->options.exponents, many = l->system.trajectories;
    double sum = 0.0;
    for (int64_t i = 0; i < many; i++)
        sum += plast__blocks_mean(&l->blocks, first, last, i * k + j);
    return sum / (double)many * l->unit;
}

/* Columns by descending exponents; equal ones in their own order. Insertion: they are almost sorted already. */
static void sort(const plast_lyapunov *l)
{
    for (int64_t j = 0; j < l->options.exponents; j++) {
        const double value = exponent(l, 0, all(l), j);
        int64_t place = j;
        for (; place > 0 && l->values[place - 1] < value; place--) {
            l->values[place] = l->values[place - 1];
            l->order[place] = l->order[place - 1];
        }
        l->values[place] = value;
        l->order[place] = j;
    }
}

/* From the scatter of complete blocks of all trajectories, weighted by their lengths. */
static double standard_error(const plast_lyapunov *l, int64_t j)
{
    const int64_t k = l->options.exponents, count = l->blocks.count, many = l->system.trajectories;
    const double n = (double)(count * many);
    double mean = 0.0, total = 0.0, scatter = 0.0;
    if (isinf(exponent(l, 0, all(l), j)))
        return 0.0;
    if (count < 2)
        return (double)INFINITY;
    for (int64_t i = 0; i < many; i++)
        mean += plast__blocks_mean(&l->blocks, 0, count, i * k + j) / (double)many;
    for (int64_t b = 0; b < count; b++) {
        const double weight = (double)l->blocks.steps[b];
        total += weight * (double)many;
        for (int64_t i = 0; i < many; i++) {
            const double apart = plast__blocks_mean(&l->blocks, b, b + 1, i * k + j) - mean;
            scatter += weight * weight * apart * apart;
        }
    }
    return sqrt(scatter * n / (n - 1.0)) / total * l->unit;
}

/* Dimension, entropy and sum from the sorted exponents. */
static void derive(const plast_lyapunov *l, plast_lyapunov_summary *s)
{
    const int64_t k = l->options.exponents, n = l->system.size;
    const double *lambda = l->values;
    double sum = 0.0;
    int64_t j = 0;
    for (; j < k && sum + lambda[j] >= 0.0; j++)
        sum += lambda[j];
    s->dimension = (double)j;
    if (j < k)
        s->dimension += sum / -lambda[j];
    else if (k < n)
        s->flags |= PLAST_LYAPUNOV_DIMENSION_OPEN;
    if (lambda[k - 1] > 0.0 && k < n)
        s->flags |= PLAST_LYAPUNOV_ENTROPY_OPEN;
    for (int64_t i = 0; i < k; i++) {
        s->sum += lambda[i];
        s->entropy += fmax(lambda[i], 0.0);
        s->dead += isinf(lambda[i]) != 0;
    }
}

plast_status plast_lyapunov_read(const plast_lyapunov *l, plast_lyapunov_summary *summary)
{
    plast_lyapunov_summary s = { .struct_size = 0 };
    if (l == NULL)
        return PLAST_E_INVALID;
    plast_status status = PLAST__READ(l->context, plast_lyapunov_summary, summary, &s);
    if (status == PLAST_OK)
        status = check_measured(l);
    if (status != PLAST_OK)
        return status;
    s = (plast_lyapunov_summary){ .steps = l->steps,
                                  .measured = measured(l),
                                  .factorisations = l->factorisations,
                                  .interval = l->pace.interval,
                                  .blocks = l->blocks.count,
                                  .collapsed = l->collapsed };
    s.time = (double)s.measured * l->options.time_step;
    s.flags = (l->collapsed > 0 ? PLAST_LYAPUNOV_COLLAPSED : 0) | (l->options.sum_rule ? PLAST_LYAPUNOV_SUM_RULE : 0);
    if (l->options.sum_rule)
        s.log_determinant = l->rule.measured / (double)(s.measured * l->system.trajectories) * l->unit;
    sort(l);
    derive(l, &s);
    return PLAST__WRITE(l->context, plast_lyapunov_summary, &s, summary);
}

static double quantity_of(const plast_lyapunov *l, int32_t quantity, int64_t row, int64_t j)
{
    const int64_t half = l->blocks.count / 2;
    switch (quantity) {
    case PLAST_LYAPUNOV_ERRORS:
        return standard_error(l, j);
    case PLAST_LYAPUNOV_FIRST_HALF:
        return exponent(l, 0, half, j);
    case PLAST_LYAPUNOV_SECOND_HALF:
        return exponent(l, half, all(l), j);
    case PLAST_LYAPUNOV_TRAJECTORIES:
        return plast__blocks_mean(&l->blocks, 0, all(l), row * l->options.exponents + j) * l->unit;
    default:
        return exponent(l, 0, all(l), j);
    }
}

static plast_status check_values(const plast_lyapunov *l, const char *name, const plast_matrix *values, int64_t rows,
                                 int64_t cols)
{
    const plast__expected expected = { name, rows, cols, PLAST__REALS, 1 };
    return plast__matrix_check(l->context, values, &expected);
}

plast_status plast_lyapunov_get(const plast_lyapunov *l, int32_t quantity, const plast_matrix *values)
{
    if (l == NULL)
        return PLAST_E_INVALID;
    if (quantity < PLAST_LYAPUNOV_EXPONENTS || quantity > PLAST_LYAPUNOV_TRAJECTORIES)
        return plast__fail(l->context, PLAST_E_INVALID, "quantity is %d, expected one of PLAST_LYAPUNOV_EXPONENTS ...",
                           quantity);
    const int64_t k = l->options.exponents;
    const int64_t rows = quantity == PLAST_LYAPUNOV_TRAJECTORIES ? l->system.trajectories : 1;
    plast_status status = check_values(l, "values", values, rows, k);
    if (status == PLAST_OK)
        status = check_measured(l);
    if (status != PLAST_OK)
        return status;
    if ((quantity == PLAST_LYAPUNOV_FIRST_HALF || quantity == PLAST_LYAPUNOV_SECOND_HALF) && l->blocks.count < 2)
        return plast__fail(l->context, PLAST_E_STATE, "there are no halves yet: %lld blocks are complete, expected 2",
                           (long long)l->blocks.count);
    sort(l);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < k; j++)
            l->values[j] = quantity_of(l, quantity, i, l->order[j]);
        plast__matrix_write_row(values, i, PLAST_F64, l->values);
    }
    return PLAST_OK;
}

static plast_status check_history(const plast_lyapunov *l, const plast_matrix *times, const plast_matrix *finite,
                                  const plast_matrix *running)
{
    plast_status status = check_measured(l);
    if (status == PLAST_OK && l->blocks.count == 0)
        status = plast__fail(l->context, PLAST_E_STATE, "no block is complete yet");
    if (status == PLAST_OK && times == NULL && finite == NULL && running == NULL)
        status = plast__fail(l->context, PLAST_E_INVALID, "times, finite and running are all NULL");
    if (status == PLAST_OK && times != NULL)
        status = check_values(l, "times", times, l->blocks.count, 1);
    if (status == PLAST_OK && finite != NULL)
        status = check_values(l, "finite", finite, l->blocks.count, l->options.exponents);
    if (status == PLAST_OK && running != NULL)
        status = check_values(l, "running", running, l->blocks.count, l->options.exponents);
    return status;
}

/* Exponents of the blocks first ... last - 1 to a row. */
static void write_row(const plast_lyapunov *l, const plast_matrix *to, int64_t row, int64_t first, int64_t last)
{
    for (int64_t j = 0; j < l->options.exponents; j++)
        l->values[j] = exponent(l, first, last, l->order[j]);
    plast__matrix_write_row(to, row, PLAST_F64, l->values);
}

plast_status plast_lyapunov_history(const plast_lyapunov *l, const plast_matrix *times, const plast_matrix *finite,
                                    const plast_matrix *running)
{
    if (l == NULL)
        return PLAST_E_INVALID;
    const plast_status status = check_history(l, times, finite, running);
    if (status != PLAST_OK)
        return status;
    sort(l);
    for (int64_t b = 0; b < l->blocks.count; b++) {
        const double time = (double)plast__blocks_steps(&l->blocks, 0, b + 1) * l->options.time_step;
        if (times != NULL)
            plast__matrix_write_row(times, b, PLAST_F64, &time);
        if (finite != NULL)
            write_row(l, finite, b, b, b + 1);
        if (running != NULL)
            write_row(l, running, b, 0, b + 1);
    }
    return PLAST_OK;
}
