/* SPDX-License-Identifier: MIT
 *
 * Making a flossing, its updates, taking it down. */
#include "lyapunov/flossing.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"
#include "base/structs.h"

#include <math.h>
#include <string.h>

enum { STEPS = 55, GROUPS = 2 };

static plast_status check_options(plast_context *context, plast_flossing_options *o, int64_t units)
{
    if (o->gradient < PLAST_FLOSSING_EXACT || o->gradient > PLAST_FLOSSING_TRUNCATED)
        return plast__fail(context, PLAST_E_INVALID, "gradient is %d, expected one of PLAST_FLOSSING_...", o->gradient);
    if (o->exponents < 1 || o->exponents > units)
        return plast__fail(context, PLAST_E_RANGE, "exponents is %lld, expected 1 to the %lld units of the state",
                           (long long)o->exponents, (long long)units);
    o->steps = o->steps == 0 ? STEPS : o->steps;
    if (o->steps < 1 || o->steps > INT32_MAX / (o->exponents + 1))
        return plast__fail(context, PLAST_E_RANGE, "steps is %lld, expected 1 to %lld with %lld exponents",
                           (long long)o->steps, (long long)(INT32_MAX / (o->exponents + 1)), (long long)o->exponents);
    if (o->skip == 0)
        o->skip = 10 + (o->steps + 9) / 10;
    else if (o->skip == -1)
        o->skip = 0;
    if (o->skip < 0 || o->skip >= o->steps)
        return plast__fail(context, PLAST_E_RANGE, "skip is %lld of %lld steps, expected fewer (-1 = none)",
                           (long long)o->skip, (long long)o->steps);
    o->sequences = o->sequences == 0 ? 1 : o->sequences;
    if (o->sequences < 1 || o->sequences > INT32_MAX / o->steps)
        return plast__fail(context, PLAST_E_RANGE, "sequences is %lld, expected 1 to %lld of %lld steps",
                           (long long)o->sequences, (long long)(INT32_MAX / o->steps), (long long)o->steps);
    if (!isfinite(o->target))
        return plast__fail(context, PLAST_E_RANGE, "target is %g, expected a finite number", o->target);
    return PLAST_OK;
}

/* First and last layer with a state; 0 when there is none. */
static int find_chain(const plast_network *network, int32_t *first, int32_t *last)
{
    *first = *last = -1;
    for (int32_t i = 0; i < network->layer_count; i++)
        if (network->layers[i]->state > 0) {
            *first = *first < 0 ? i : *first;
            *last = i;
        }
    return *first >= 0;
}

static plast_status check_network(plast_context *context, const plast_network *network, int64_t *units)
{
    int32_t first, last;
    plast_status status = plast__network_idle(context, network);
    if (status != PLAST_OK)
        return status;
    if (!find_chain(network, &first, &last))
        return plast__fail(context, PLAST_E_STATE, "no layer of the network has a state: there is nothing to floss");
    *units = 0;
    for (int32_t i = first; i <= last; i++) {
        const plast_layer *l = network->layers[i];
        if (l->kind->tangent_backward == NULL)
            return plast__fail(context, PLAST_E_UNSUPPORTED,
                               "layer %d is \"%s\", through which no gradient of tangents goes", i,
                               l->kind->parameters.owner);
        *units += l->state > 0 ? network->model.populations[l->state].units : 0;
    }
    return PLAST_OK;
}

/* The array that `*place` shall be, unless an earlier one was not to be had. */
static void want(plast_flossing *f, double **place, int64_t times, int64_t size, int *failed)
{
    if (!*failed)
        *place = plast__allocate_rows(f->context, times, size, sizeof **place);
    *failed = *failed || *place == NULL;
}

static void want_gradients(plast_flossing *f, plast__floss_layer *l, int *failed)
{
    const plast__model *model = &f->network->model;
    const plast__group *in = &model->groups[l->layer->synapses[0].group];
    const plast__group *rec = &model->groups[l->layer->synapses[1].group];
    const int64_t size = plast__size(model->dtype), ld = model->populations[l->layer->drive].ld;
    if (*failed)
        return;
    l->input_gradient = plast__allocate_rows(f->context, in->rows, in->ld, size);
    l->recurrent_gradient = plast__allocate_rows(f->context, rec->rows, rec->ld, size);
    l->bias_gradient = plast__allocate(f->context, ld, size);
    l->recurrent_bias_gradient = plast__allocate(f->context, ld, size);
    *failed = l->input_gradient == NULL || l->recurrent_gradient == NULL || l->bias_gradient == NULL ||
              l->recurrent_bias_gradient == NULL;
}

static void want_layer(plast_flossing *f, plast__floss_layer *l, int *failed)
{
    const int64_t T = f->options.steps, k = f->options.exponents;
    want(f, &l->weights, 1, plast__tangent_weights(l->layer), failed);
    want(f, &l->input, T, (l->fed ? k + 1 : 1) * l->inputs, failed);
    want(f, &l->net_tangents, T, k * l->drive, failed);
    want(f, &l->net, T, (k + 1) * l->drive, failed);
    if (l->read)
        want(f, &l->output_bar, k + 1, l->units, failed);
    if (plast__floss_gated(l)) {
        want(f, &l->recurrent_tangents, T, k * l->drive, failed);
        want(f, &l->recurrent, T, (k + 1) * l->drive, failed);
    }
    if (l->layer->state == 0)
        return;
    want(f, &l->frames, T + 1, k * l->units, failed);
    want(f, &l->after, l->read ? T : 1, k * l->units, failed);
    want(f, &l->seen, T, (k + 1) * l->units, failed);
    want(f, &l->state_bar, k + 1, l->units, failed);
    want(f, &l->before_bar, k + 1, l->units, failed);
    want(f, &l->input_sum, l->drive, l->inputs, failed);
    want(f, &l->recurrent_sum, l->drive, l->units, failed);
    want(f, &l->bias_sum, 1, l->drive, failed);
    want(f, &l->recurrent_bias_sum, 1, l->drive, failed);
    want_gradients(f, l, failed);
}

/* The layers of the chain; returns 0 without memory. */
static int make_layers(plast_flossing *f)
{
    const plast_network *network = f->network;
    const plast__model *model = &network->model;
    int32_t first, last;
    int64_t work = 0;
    int failed = 0;
    (void)find_chain(network, &first, &last);
    f->layers = plast__allocate(f->context, last - first + 1, sizeof *f->layers);
    if (f->layers == NULL)
        return 0;
    f->count = last - first + 1;
    for (int32_t i = 0; i < f->count; i++) {
        plast__floss_layer *l = &f->layers[i];
        l->layer = network->layers[first + i];
        l->inputs = model->populations[l->layer->input].units;
        l->drive = model->populations[l->layer->drive].units;
        l->units = model->populations[l->layer->output].units;
        l->fed = i > 0;
        l->read = i + 1 < f->count;
        l->first = f->units;
        f->units += l->layer->state > 0 ? l->units : 0;
        const int64_t push = plast__tangent_work(l->layer, f->options.exponents);
        const int64_t pull = plast__pull_work(l->layer, f->options.exponents);
        work = push > work ? push : work;
        work = pull > work ? pull : work;
        want_layer(f, l, &failed);
    }
    want(f, &f->work, 1, work, &failed);
    return !failed;
}

static int make_frames(plast_flossing *f)
{
    const int64_t k = f->options.exponents;
    int failed = 0;
    want(f, &f->frame, k, f->units, &failed);
    want(f, &f->bar, k, f->units, &failed);
    want(f, &f->r, f->options.steps, k * k, &failed);
    want(f, &f->r_bar, k, k, &failed);
    want(f, &f->logs, 1, k, &failed);
    want(f, &f->means, 1, k, &failed);
    want(f, &f->exponents, 1, k, &failed);
    return !failed;
}

static int make_moments(plast_flossing *f)
{
    const plast__model *model = &f->network->model;
    const int64_t size = plast__size(model->dtype);
    const int32_t moments = ((const plast__optimizer_kind *)f->optimizer.member)->moments;
    f->moments = plast__allocate(f->context, f->count, sizeof *f->moments);
    for (int32_t i = 0; f->moments != NULL && i < f->count; i++)
        for (int g = 0; f->layers[i].layer->state > 0 && g < GROUPS; g++)
            for (int m = 0; m < moments; m++) {
                const plast__group *group = &model->groups[f->layers[i].layer->synapses[g].group];
                f->moments[i][g][m] = plast__allocate_rows(f->context, group->rows, group->ld, size);
                f->moments[i][GROUPS + g][m] =
                    plast__allocate(f->context, model->populations[f->layers[i].layer->drive].ld, size);
                if (f->moments[i][g][m] == NULL || f->moments[i][GROUPS + g][m] == NULL)
                    return 0;
            }
    return f->moments != NULL;
}

/* The copy of the model's lists, and what the step needs. */
static plast_status make_shadow(plast_flossing *f)
{
    const plast__model *model = &f->network->model;
    int64_t widest = 0;
    for (int32_t i = 0; i < model->population_count; i++)
        widest = model->populations[i].ld > widest ? model->populations[i].ld : widest;
    f->group_room = model->group_count;
    f->populations = plast__allocate(f->context, model->population_count, sizeof *f->populations);
    f->groups = plast__allocate(f->context, model->group_count, sizeof *f->groups);
    f->errors = plast__allocate(f->context, model->population_count, sizeof *f->errors);
    f->bias_work = plast__allocate_rows(f->context, 2, widest, plast__size(model->dtype));
    f->pending = plast__allocate(f->context, (int64_t)f->count * GROUPS, sizeof *f->pending);
    if (f->populations == NULL || f->groups == NULL || f->errors == NULL || f->bias_work == NULL ||
        f->pending == NULL || !make_moments(f))
        return plast__no_memory(f->context, "flossing");
    plast_status status = PLAST_OK;
    for (int32_t i = 0; i < f->count; i++)
        for (int g = 0; status == PLAST_OK && f->layers[i].layer->state > 0 && g < GROUPS; g++) {
            plast__group group = model->groups[f->layers[i].layer->synapses[g].group];
            group.rules = NULL;
            status = plast__pending_create(model, &group, 1, 1, &f->pending[i * GROUPS + g]);
        }
    return status;
}

static plast_status make_all(plast_flossing *f, const plast_flossing_options *options, int64_t units)
{
    const plast_state_options of_state = { PLAST_STATE_OPTIONS, .batch = options->sequences, .steps = options->steps,
                                           .seed = options->seed };
    plast_status status = plast__qr_create(f->context, units, options->exponents, &f->qr);
    if (status != PLAST_OK) {
        f->qr = (plast__qr){ .context = f->context };
        return status;
    }
    if (!make_layers(f) || !make_frames(f))
        return plast__no_memory(f->context, "flossing");
    status = make_shadow(f);
    return status == PLAST_OK ? plast_state_create(f->context, f->network, &of_state, &f->state) : status;
}

plast_status plast_flossing_create(plast_network *network, const plast_flossing_options *options,
                                   const plast_optimizer *optimizer, plast_flossing **flossing)
{
    plast_flossing_options given = { .struct_size = 0 };
    int64_t units = 0;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = network->model.context;
    if (flossing == NULL || optimizer == NULL)
        return plast__fail(context, PLAST_E_INVALID, "%s is NULL",
                           optimizer == NULL ? "optimizer" : "place for the flossing");
    plast_status status = PLAST__READ(context, plast_flossing_options, options, &given);
    if (status == PLAST_OK)
        status = check_network(context, network, &units);
    if (status == PLAST_OK)
        status = check_options(context, &given, units);
    if (status == PLAST_OK)
        status = plast__parameters_complete(context, optimizer->description.member, optimizer->description.values);
    if (status != PLAST_OK)
        return status;
    plast_flossing *made = plast__allocate(context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(context, "flossing");
    made->context = context;
    made->network = network;
    made->options = given;
    made->optimizer = optimizer->description;
    status = make_all(made, &given, units);
    if (status != PLAST_OK) {
        plast_flossing_destroy(made);
        return status;
    }
    *flossing = made;
    return PLAST_OK;
}

static void free_layer(plast_context *context, plast__floss_layer *l)
{
    void *const arrays[] = { l->weights,
                             l->frames,
                             l->after,
                             l->input,
                             l->net_tangents,
                             l->recurrent_tangents,
                             l->net,
                             l->recurrent,
                             l->seen,
                             l->state_bar,
                             l->before_bar,
                             l->output_bar,
                             l->input_sum,
                             l->recurrent_sum,
                             l->bias_sum,
                             l->recurrent_bias_sum,
                             l->input_gradient,
                             l->recurrent_gradient,
                             l->bias_gradient,
                             l->recurrent_bias_gradient };
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        plast__release(context, arrays[i]);
}

void plast_flossing_destroy(plast_flossing *f)
{
    if (f == NULL)
        return;
    plast_context *context = f->context;
    for (int32_t i = 0; i < f->count; i++) {
        for (int g = 0; f->pending != NULL && g < GROUPS; g++)
            plast__pending_destroy(context, &f->pending[i * GROUPS + g]);
        for (int n = 0; f->moments != NULL && n < 2 * GROUPS * PLAST__MOMENTS; n++)
            plast__release(context, f->moments[i][n / PLAST__MOMENTS][n % PLAST__MOMENTS]);
        free_layer(context, &f->layers[i]);
    }
    plast_state_destroy(f->state);
    plast__qr_free(&f->qr);
    void *const arrays[] = { f->layers, f->frame,     f->bar,       f->r,       f->r_bar,       f->logs,
                             f->means,  f->exponents, f->work,      f->moments, f->populations, f->groups,
                             f->errors, f->pending,   f->bias_work, f };
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        plast__release(context, arrays[i]);
}

static plast_status check_unchanged(const plast_flossing *f)
{
    const plast_status status = plast__network_idle(f->context, f->network);
    if (status != PLAST_OK)
        return status;
    if (f->network->model.group_count > f->group_room ||
        !plast__activities_fit(&f->network->model, &f->state->activities))
        return plast__fail(f->context, PLAST_E_STATE,
                           "the flossing was made for another feedback scheme, which had other populations or groups");
    return PLAST_OK;
}

/* What the sequence found, in the means. */
static void average(plast_flossing *f)
{
    const double k = (double)f->options.exponents, sequences = (double)f->options.sequences;
    double sum = 0.0;
    for (int64_t j = 0; j < f->options.exponents; j++) {
        sum += (f->logs[j] - f->options.target) * (f->logs[j] - f->options.target);
        f->means[j] += f->logs[j] / sequences;
    }
    f->loss += sum / k / sequences;
}

/* Loss and gradient, one sequence after another. */
static plast_status all_sequences(plast_flossing *f)
{
    f->loss = 0.0;
    memset(f->means, 0, (size_t)f->options.exponents * sizeof *f->means);
    for (f->sequence = 0; f->sequence < f->options.sequences; f->sequence++) {
        const plast_status status = plast__floss_forward(f);
        if (status != PLAST_OK)
            return status;
        average(f);
        plast__floss_backward(f);
        plast__floss_collect(f);
    }
    return PLAST_OK;
}

plast_status plast_flossing_update(plast_flossing *f, const plast_state *state, const plast_matrix *inputs,
                                   plast_flossing_report *report)
{
    plast_flossing_report result = { PLAST_FLOSSING_REPORT };
    if (f == NULL)
        return PLAST_E_INVALID;
    plast_status status = check_unchanged(f);
    if (status == PLAST_OK && report != NULL)
        status = PLAST__WRITE(f->context, plast_flossing_report, &result, report);
    if (status == PLAST_OK)
        status = plast__floss_run(f, state, inputs);
    if (status == PLAST_OK)
        status = all_sequences(f);
    if (status == PLAST_OK)
        status = plast__floss_step(f, &result.norm);
    if (status != PLAST_OK)
        return status;
    f->updates++;
    f->state->activities.draws += (uint64_t)f->options.steps;
    memcpy(f->exponents, f->means, (size_t)f->options.exponents * sizeof *f->exponents);
    result.updates = f->updates;
    result.loss = f->loss;
    return report == NULL ? PLAST_OK : PLAST__WRITE(f->context, plast_flossing_report, &result, report);
}

plast_status plast_flossing_exponents(const plast_flossing *f, const plast_matrix *exponents)
{
    if (f == NULL)
        return PLAST_E_INVALID;
    if (f->updates == 0)
        return plast__fail(f->context, PLAST_E_STATE, "there was no update yet");
    const plast__expected expected = { "exponents", 1, f->options.exponents, PLAST__REALS, 1 };
    const plast_status status = plast__matrix_check(f->context, exponents, &expected);
    if (status == PLAST_OK)
        plast__matrix_write_row(exponents, 0, PLAST_F64, f->exponents);
    return status;
}

plast_status plast_flossing_reset(plast_flossing *f, uint64_t seed)
{
    if (f == NULL)
        return PLAST_E_INVALID;
    const int64_t size = plast__size(f->network->model.dtype);
    for (int32_t i = 0; i < f->count; i++)
        for (int g = 0; f->layers[i].layer->state > 0 && g < GROUPS; g++)
            for (int m = 0; m < PLAST__MOMENTS; m++) {
                const plast__group *group = &f->network->model.groups[f->layers[i].layer->synapses[g].group];
                const int64_t ld = f->network->model.populations[f->layers[i].layer->drive].ld;
                if (f->moments[i][g][m] == NULL)
                    continue;
                memset(f->moments[i][g][m], 0, (size_t)(group->rows * group->ld * size));
                memset(f->moments[i][GROUPS + g][m], 0, (size_t)(ld * size));
            }
    f->options.seed = f->state->activities.seed = seed;
    f->state->activities.draws = 0;
    f->updates = 0;
    f->largest_gradient = 0.0;
    return PLAST_OK;
}
