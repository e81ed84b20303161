/* SPDX-License-Identifier: MIT */
#include "network/samples.h"

#include "base/matrix.h"
#include "base/scalar.h"
#include "base/structs.h"

#include <math.h>

static int64_t row_of(const plast__samples *s, int64_t visit)
{
    return s->order == NULL ? visit : plast__matrix_integer(s->order, visit);
}

static plast_status check_order(plast__samples *s)
{
    const plast__expected expected = { "order", -1, 1, PLAST__INDICES, 0 };
    s->count = s->inputs->rows;
    if (s->order == NULL)
        return PLAST_OK;
    const plast_status status = plast__matrix_check(s->context, s->order, &expected);
    if (status != PLAST_OK)
        return status;
    s->count = s->order->rows;
    for (int64_t i = 0; i < s->count; i++) {
        const int64_t row = row_of(s, i);
        if (row < 0 || row >= s->inputs->rows)
            return plast__fail(s->context, PLAST_E_RANGE, "order[%lld] is %lld, inputs has %lld rows", (long long)i,
                               (long long)row, (long long)s->inputs->rows);
    }
    return PLAST_OK;
}

static plast_status check_labels(const plast__samples *s)
{
    const int64_t classes = s->outputs == 1 ? 2 : s->outputs;
    for (int64_t i = 0; i < s->targets->rows; i++) {
        const int64_t label = plast__matrix_integer(s->targets, i);
        if (label < -1 || label >= classes)
            return plast__fail(s->context, PLAST_E_RANGE, "label %lld is %lld, expected 0 to %lld, or -1 for no loss",
                               (long long)i, (long long)label, (long long)classes - 1);
    }
    return PLAST_OK;
}

static plast_status check_targets(const plast__samples *s)
{
    if (s->targets == NULL)
        return PLAST_OK;
    const int real = plast__matrix_is_real(s->targets);
    if (real && s->targets->cols == 1 && s->outputs > 1)
        return plast__fail(s->context, PLAST_E_INVALID,
                           "targets has 1 column of real numbers, expected %lld columns, or labels (u8, i32 or i64)",
                           (long long)s->outputs);
    const plast__expected expected = { "targets", s->inputs->rows, real ? s->outputs : 1, PLAST__REALS | PLAST__LABELS,
                                       0 };
    const plast_status status = plast__matrix_check(s->context, s->targets, &expected);
    return status == PLAST_OK && !real ? check_labels(s) : status;
}

static double mask_of(const plast__samples *s, int64_t row)
{
    double weight = 1.0;
    if (s->loss_mask != NULL && plast__matrix_is_real(s->loss_mask))
        plast__matrix_read_row(s->loss_mask, row, PLAST_F64, &weight);
    else if (s->loss_mask != NULL)
        weight = (double)plast__matrix_integer(s->loss_mask, row);
    return weight;
}

static plast_status check_mask(const plast__samples *s)
{
    const plast__expected expected = { "loss_mask", s->inputs->rows, 1, PLAST__REALS | PLAST__U8S, 0 };
    if (s->loss_mask == NULL)
        return PLAST_OK;
    const plast_status status = plast__matrix_check(s->context, s->loss_mask, &expected);
    for (int64_t i = 0; status == PLAST_OK && i < s->inputs->rows; i++) {
        const double weight = mask_of(s, i);
        if (!(weight >= 0.0 && isfinite(weight)))
            return plast__fail(s->context, PLAST_E_RANGE, "loss_mask[%lld] is %g, expected a finite number >= 0",
                               (long long)i, weight);
    }
    return status;
}

plast_status plast__samples_check(plast_context *context, const plast_network *network, const plast_data *data,
                                  plast__samples *samples)
{
    plast_data given = { .struct_size = 0 };
    *samples = (plast__samples){ .context = context };
    plast_status status = PLAST__READ_RESERVED(context, plast_data, data, &given);
    if (status == PLAST_OK)
        status = plast__network_loss(context, network, &samples->loss);
    if (status != PLAST_OK)
        return status;
    const plast__expected inputs = { "inputs", -1, network->model.populations[0].units, PLAST__REALS, 0 };
    samples->inputs = given.inputs;
    samples->targets = given.targets;
    samples->loss_mask = given.loss_mask;
    samples->order = given.order;
    samples->outputs = plast_layer_units(plast__output_layer(network));
    samples->batch = given.batch == 0 ? 1 : given.batch;
    if (samples->batch < 0 || samples->batch > INT32_MAX)
        return plast__fail(context, PLAST_E_RANGE, "batch is %lld, expected 0 to %d", (long long)given.batch,
                           INT32_MAX);
    status = plast__matrix_check(context, samples->inputs, &inputs);
    if (status == PLAST_OK)
        status = check_order(samples);
    if (status == PLAST_OK)
        status = check_targets(samples);
    return status == PLAST_OK ? check_mask(samples) : status;
}

plast_status plast__samples_load(const plast__samples *s, const plast__model *model, int64_t first, int64_t rows,
                                 plast__activities *a)
{
    const plast__population *input = &model->populations[0];
    a->rows = rows;
    if (first + rows < s->count)
        plast__matrix_prefetch_row(s->inputs, row_of(s, first + rows));
    for (int64_t b = 0; b < rows; b++) {
        const int64_t row = row_of(s, first + b);
        void *x = plast__at(model->dtype, a->of[0].y, b * input->ld);
        plast__matrix_read_row(s->inputs, row, model->dtype, x);
        if (!isfinite(model->kernels->max_abs(input->units, x)))
            return plast__fail(s->context, PLAST_E_NOT_FINITE, "row %lld of inputs is not finite", (long long)row);
    }
    return PLAST_OK;
}

/* Target rows must be what the loss is defined for. */
static plast_status check_row(const plast__samples *s, const plast__model *model, int64_t row, const void *values)
{
    double sum = 0.0, least = 0.0, most = 0.0;
    if (!isfinite(model->kernels->max_abs(s->outputs, values)))
        return plast__fail(s->context, PLAST_E_NOT_FINITE, "row %lld of targets is not finite", (long long)row);
    if (s->loss == PLAST_LOSS_SQUARED)
        return PLAST_OK;
    for (int64_t i = 0; i < s->outputs; i++) {
        const double t = plast__get(model->dtype, values, i);
        sum += t;
        least = fmin(least, t);
        most = fmax(most, t);
    }
    if (least < 0.0 || most > 1.0)
        return plast__fail(s->context, PLAST_E_RANGE, "row %lld of targets holds %g, expected probabilities",
                           (long long)row, least < 0.0 ? least : most);
    if (s->loss == PLAST_LOSS_CROSS_ENTROPY && fabs(sum - 1.0) > 1e-3)
        return plast__fail(s->context, PLAST_E_RANGE, "row %lld of targets sums to %g, expected 1", (long long)row,
                           sum);
    return PLAST_OK;
}

plast_status plast__samples_target(const plast__samples *s, const plast__model *model, int64_t visit, void *row,
                                   plast__target *target)
{
    const int64_t at = row_of(s, visit);
    *target = (plast__target){ .weight = s->targets == NULL ? 0.0 : mask_of(s, at) };
    if (target->weight == 0.0)
        return PLAST_OK;
    if (!plast__matrix_is_real(s->targets)) {
        target->label = plast__matrix_integer(s->targets, at);
        if (target->label < 0)
            target->weight = 0.0;
        return PLAST_OK;
    }
    plast__matrix_read_row(s->targets, at, model->dtype, row);
    target->row = row;
    return check_row(s, model, at, row);
}
