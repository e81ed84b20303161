/* SPDX-License-Identifier: MIT */
#include "network/samples.h"

#include "base/matrix.h"
#include "base/scalar.h"
#include "base/structs.h"

#include <math.h>

/* Row of the data that the window's row `index` is; the window may be one past the end of the visit. */
static int64_t row_of(const plast__samples *s, const plast__window *w, int64_t index)
{
    const int64_t visit = w->first + index % w->sequences;
    return (w->step + index / w->sequences) * s->sequences +
           (s->order == NULL ? visit : plast__matrix_integer(s->order, visit));
}

static plast_status check_steps(plast__samples *s)
{
    if (s->steps < 0 || s->steps > INT32_MAX)
        return plast__fail(s->context, PLAST_E_RANGE, "steps is %lld, expected 0 to %d", (long long)s->steps,
                           INT32_MAX);
    s->steps = s->steps == 0 ? 1 : s->steps;
    if (s->inputs->rows % s->steps != 0)
        return plast__fail(s->context, PLAST_E_INVALID,
                           "inputs has %lld rows, expected a multiple of the %lld steps of a sequence",
                           (long long)s->inputs->rows, (long long)s->steps);
    s->sequences = s->inputs->rows / s->steps;
    if (s->carry != 0 && s->carry != 1)
        return plast__fail(s->context, PLAST_E_INVALID, "carry is %d, expected 0 or 1", s->carry);
    if (s->carry && s->order != NULL)
        return plast__fail(s->context, PLAST_E_INVALID,
                           "sequences that are carried on go in their order: order is given");
    return PLAST_OK;
}

static plast_status check_order(plast__samples *s)
{
    const plast__expected expected = { "order", -1, 1, PLAST__INDICES, 0 };
    s->count = s->sequences;
    if (s->order == NULL)
        return PLAST_OK;
    const plast_status status = plast__matrix_check(s->context, s->order, &expected);
    if (status != PLAST_OK)
        return status;
    s->count = s->order->rows;
    for (int64_t i = 0; i < s->count; i++) {
        const int64_t sequence = plast__matrix_integer(s->order, i);
        if (sequence < 0 || sequence >= s->sequences)
            return plast__fail(s->context, PLAST_E_RANGE, "order[%lld] is %lld, inputs has %lld %s", (long long)i,
                               (long long)sequence, (long long)s->sequences, s->steps > 1 ? "sequences" : "rows");
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
    plast_status status = PLAST__READ(context, plast_data, data, &given);
    if (status == PLAST_OK)
        status = plast__network_loss(context, network, &samples->loss);
    if (status != PLAST_OK)
        return status;
    const plast__expected inputs = { "inputs", -1, network->model.populations[0].units, PLAST__REALS, 0 };
    samples->inputs = given.inputs;
    samples->targets = given.targets;
    samples->loss_mask = given.loss_mask;
    samples->order = given.order;
    samples->steps = given.steps;
    samples->carry = given.carry;
    samples->outputs = plast_layer_units(plast__output_layer(network));
    samples->batch = given.batch == 0 ? 1 : given.batch;
    if (samples->batch < 0 || samples->batch > INT32_MAX)
        return plast__fail(context, PLAST_E_RANGE, "batch is %lld, expected 0 to %d", (long long)given.batch,
                           INT32_MAX);
    status = plast__matrix_check(context, samples->inputs, &inputs);
    if (status == PLAST_OK)
        status = check_steps(samples);
    if (status == PLAST_OK)
        status = check_order(samples);
    if (status == PLAST_OK)
        status = check_targets(samples);
    return status == PLAST_OK ? check_mask(samples) : status;
}

plast_status plast__samples_load(const plast__samples *s, const plast__model *model, const plast__window *w,
                                 plast__activities *a)
{
    const plast__population *input = &model->populations[0];
    a->rows = w->sequences * w->steps;
    a->sequences = w->sequences;
    a->step = w->step;
    a->of_steps = s->steps;
    if (w->step == 0 && !s->carry)
        a->live = 0;
    if (s->steps == 1 && w->first + w->sequences < s->count) {
        const plast__window next = { w->first + w->sequences, 1, 0, 1 };
        plast__matrix_prefetch_row(s->inputs, row_of(s, &next, 0));
    }
    for (int64_t b = 0; b < a->rows; b++) {
        const int64_t row = row_of(s, w, b);
        void *x = plast__at(model->dtype, a->of[0].y, b * input->ld);
        plast__matrix_read_row(s->inputs, row, model->dtype, x);
    }
    if (isfinite(model->kernels->max_abs(a->rows * input->ld, a->of[0].y)))
        return PLAST_OK;
    int64_t b = 0;
    while (isfinite(model->kernels->max_abs(input->ld, plast__at(model->dtype, a->of[0].y, b * input->ld))))
        b++;
    return plast__fail(s->context, PLAST_E_NOT_FINITE, "row %lld of inputs is not finite", (long long)row_of(s, w, b));
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

plast_status plast__samples_target(const plast__samples *s, const plast__model *model, const plast__window *w,
                                   int64_t index, void *row, plast__target *target)
{
    const int64_t at = row_of(s, w, index);
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
