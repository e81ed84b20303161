/* SPDX-License-Identifier: MIT */
#include "network/tally.h"

#include "base/scalar.h"

#include <math.h>
#include <string.h>

plast_status plast__tally_add(plast_context *context, plast__tally *sum, const plast__tally *more)
{
    if (!isfinite(sum->loss + more->loss) || !isfinite(sum->weight + more->weight))
        return plast__fail(context, PLAST_E_NOT_FINITE, "the sum of the losses or of the loss mask overflows");
    sum->samples += more->samples;
    sum->updates += more->updates;
    sum->losses += more->losses;
    sum->correct += more->correct;
    sum->loss += more->loss;
    sum->weight += more->weight;
    return PLAST_OK;
}

plast_report plast__tally_report(const plast__tally *tally)
{
    return (plast_report){ PLAST_REPORT,
                           .samples = tally->samples,
                           .updates = tally->updates,
                           .losses = tally->losses,
                           .correct = tally->correct,
                           .loss = tally->weight > 0.0 ? tally->loss / tally->weight : 0.0 };
}

plast_status plast__tally_outputs(const plast__samples *samples, const plast__model *model, const plast__window *window,
                                  plast__activities *a, int signals, plast__tally *tally)
{
    const int32_t last = model->output;
    const plast__population *output = &model->populations[last];
    const size_t bytes = (size_t)(output->ld * plast__size(model->dtype));
    for (int64_t b = 0; b < a->rows; b++) {
        plast__target target;
        int correct = 0;
        void *row = plast__at(model->dtype, a->target, b * output->ld);
        const plast_status status = plast__samples_target(samples, model, window, b, row, &target);
        if (status != PLAST_OK)
            return status;
        tally->samples++;
        if (target.weight == 0.0) {
            plast__target_row(model, output->units, &target, row);
            if (signals)
                memset(plast__at(model->dtype, a->of[last].s, b * output->ld), 0, bytes);
            continue;
        }
        const double loss = plast__loss_value(model, samples->loss, a, b, &target, &correct);
        if (!isfinite(loss * target.weight))
            return plast__fail(samples->context, PLAST_E_NOT_FINITE, "the loss of sample %lld is not finite",
                               (long long)(window->first + b % window->sequences));
        if (signals)
            plast__loss_signal(model, samples->loss, a, b, &target);
        if (samples->wants_targets)
            plast__target_row(model, output->units, &target, row);
        tally->losses++;
        tally->correct += correct;
        tally->loss += loss * target.weight;
        tally->weight += target.weight;
    }
    return PLAST_OK;
}
