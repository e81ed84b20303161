/* SPDX-License-Identifier: MIT
 *
 * Eligibility traces: credit through time that runs forward with it. */
#include "network/network.h"

#include "base/memory.h"
#include "core/recurrence.h"

#include <string.h>

static int is_traced(const plast_network *network, const plast__time *time, int32_t group)
{
    const plast__group *g = &network->model.groups[group];
    const int hidden = g->layer < network->layer_count - 1;
    return g->learns && (time->sensitivities ? hidden : network->model.populations[g->post].through_time);
}

static int is_factored(const plast_network *network, const plast__time *time, int32_t group)
{
    const plast_layer *layer = network->layers[network->model.groups[group].layer];
    return !time->sensitivities && layer->kind->factored(time, layer);
}

/* Elements of a group's trace for one sequence. */
static int64_t trace_size(const plast__group *group, int factored)
{
    return factored ? group->ld : group->rows * group->ld;
}

/* Room for `sequences`, and for `rows` of an update. */
static int make_trace(plast_context *context, const plast_network *network, int32_t index, const plast__time *time,
                      int64_t sequences, int64_t rows, plast__trace *trace)
{
    const int factored = is_factored(network, time, index);
    const plast__group *group = &network->model.groups[index];
    const int64_t size = plast__size(network->model.dtype);
    if (!time->sensitivities)
        trace->p = plast__allocate_rows(context, sequences, trace_size(group, factored), size);
    if (factored)
        trace->filtered = plast__allocate_rows(context, rows, group->ld, size);
    else
        trace->gradient = plast__allocate_rows(context, group->rows, group->ld, size);
    return (time->sensitivities || trace->p != NULL) && (factored ? trace->filtered : trace->gradient) != NULL;
}

static void release_traces(plast_context *context, plast__trace *traces, int32_t count)
{
    for (int32_t i = 0; traces != NULL && i < count; i++) {
        plast__release(context, traces[i].p);
        plast__release(context, traces[i].filtered);
        plast__release(context, traces[i].gradient);
    }
    plast__release(context, traces);
}

/* Whether there are traces of the kind that the plan wants. */
static int fit(const plast_network *network, const plast__time *time, const plast__activities *a)
{
    for (int32_t i = 0; a->traces != NULL && i < a->trace_count; i++)
        if (is_traced(network, time, i) && is_factored(network, time, i) != (a->traces[i].filtered != NULL))
            return 0;
    return a->traces != NULL && a->epoch == network->temporal_epoch;
}

/* One trace for each unit, of the bias or of the initial state. */
static int make_unit_traces(plast_context *context, const plast_network *network, plast__activities *a)
{
    const plast__model *model = &network->model;
    for (int32_t i = 0; i < a->count; i++) {
        const plast__population *p = &model->populations[i];
        if ((!p->through_time && !p->is_initial) || a->of[i].trace != NULL)
            continue;
        a->of[i].trace = plast__allocate_rows(context, a->room, p->ld, plast__size(model->dtype));
        if (a->of[i].trace == NULL)
            return 0;
    }
    return 1;
}

/* NULL without memory. */
static plast__trace *make_traces(plast_context *context, const plast_network *network, const plast__time *time,
                                 int64_t sequences, int64_t rows)
{
    plast__trace *made = plast__allocate(context, network->layer_groups, sizeof *made);
    int all = made != NULL;
    for (int32_t i = 0; all && i < network->layer_groups; i++)
        if (is_traced(network, time, i))
            all = make_trace(context, network, i, time, sequences, rows, &made[i]);
    if (all)
        return made;
    release_traces(context, made, network->layer_groups);
    return NULL;
}

/* A failure leaves those that there are. */
plast_status plast__network_equip_traces(plast_context *context, const plast_network *network, const plast__time *time,
                                         int64_t sequences, plast__activities *a)
{
    if (fit(network, time, a) && a->trace_room >= sequences)
        return PLAST_OK;
    plast__trace *made = make_traces(context, network, time, sequences, a->batch);
    plast_status status = PLAST_OK;
    if (made == NULL || !make_unit_traces(context, network, a))
        status = plast__no_memory(context, "eligibility traces");
    else if (time->sensitivities)
        status = plast__network_equip_sensitivities(context, network, a);
    if (status != PLAST_OK) {
        release_traces(context, made, network->layer_groups);
        return status;
    }
    release_traces(context, a->traces, a->trace_count);
    a->traces = made;
    a->trace_count = network->layer_groups;
    a->trace_room = sequences;
    a->traced = 0;
    a->epoch = network->temporal_epoch;
    return PLAST_OK;
}

/* Of a stream that nobody has traced so far. */
static void clear_traces(const plast_network *network, plast__activities *a)
{
    const plast__model *model = &network->model;
    const int64_t size = plast__size(model->dtype);
    plast__network_clear_sensitivities(network, a);
    for (int32_t i = 0; i < a->trace_count; i++)
        if (a->traces[i].p != NULL)
            memset(a->traces[i].p, 0,
                   (size_t)(a->trace_room * trace_size(&model->groups[i], a->traces[i].filtered != NULL) * size));
    for (int32_t i = 0; a->traces != NULL && i < a->count; i++)
        if (a->of[i].trace != NULL)
            memset(a->of[i].trace, 0, (size_t)(a->room * model->populations[i].ld * size));
}

/* The stream's first step: nothing has happened yet, and the initial state is all there is. */
static void begin(const plast_network *network, const plast__time *time, plast__activities *a)
{
    const plast__model *model = &network->model;
    if (time->sensitivities) {
        plast__network_begin_sensitivities(network, a);
        return;
    }
    clear_traces(network, a);
    for (int32_t i = 0; i < a->count; i++)
        for (int64_t j = 0; model->populations[i].is_initial && j < a->room * model->populations[i].ld; j++)
            plast__set(model->dtype, a->of[i].trace, j, 1.0);
}

/* The same filter for all post units: p <- decay p + pre. */
static void filter(const plast__model *model, const plast__activities *a, int32_t index, double decay,
                   const plast__trace *trace)
{
    const plast__group *group = &model->groups[index];
    const plast__kernels *k = model->kernels;
    const int64_t n = a->sequences * group->ld;
    const void *before = trace->p;
    for (int64_t t = 0; t < plast__steps(a); t++) {
        void *now = plast__at(model->dtype, trace->filtered, t * n);
        k->scale(n, 1.0, plast__at_const(model->dtype, plast__pre_activity(model, a, group), t * n), now);
        k->add_scaled(n, decay, before, now);
        before = now;
    }
}

/* One step of every weight's own trace, which lie by row and sequence, and the gradient that it adds. */
static void step_full(const plast__model *model, const plast__activities *a, int32_t index, int64_t t,
                      const plast__rates *rates, const plast__trace *trace)
{
    const plast__group *group = &model->groups[index];
    const int32_t dtype = model->dtype;
    const int64_t ld = group->ld, post_ld = model->populations[group->post].ld;
    const void *pre = plast__at_const(dtype, plast__pre_activity(model, a, group), t * a->sequences * ld);
    for (int64_t i = 0; i < group->rows; i++)
        for (int64_t b = 0; b < a->sequences; b++)
            model->kernels->trace(
                ld, plast__get(dtype, rates->decay, b * post_ld + i), plast__get(dtype, rates->gain, b * post_ld + i),
                plast__get(dtype, rates->signal, b * post_ld + i), plast__at_const(dtype, pre, b * ld),
                plast__at(dtype, trace->p, (i * a->sequences + b) * ld), plast__at(dtype, trace->gradient, i * ld));
}

static plast__rates rates_of(const plast_layer *layer, const plast__activities *a, const plast__time *time,
                             int32_t population, int64_t t)
{
    const plast__activity *one = &a->of[population];
    plast__rates rates = { .decay = one->work };
    rates.gain = plast__at(layer->model->dtype, one->work, a->room * layer->model->populations[population].ld);
    layer->kind->rates(layer, a, time, population, t, &rates);
    return rates;
}

static void trace_group(const plast_layer *layer, const plast__activities *a, const plast__time *time, int32_t index)
{
    const plast__model *model = layer->model;
    const plast__group *group = &model->groups[index];
    const plast__trace *trace = &a->traces[index];
    if (trace->filtered != NULL) {
        filter(model, a, index, 1.0 - layer->alpha, trace);
        return;
    }
    memset(trace->gradient, 0, (size_t)(group->rows * group->ld * plast__size(model->dtype)));
    for (int64_t t = 0; t < plast__steps(a); t++) {
        const plast__rates rates = rates_of(layer, a, time, group->post, t);
        step_full(model, a, index, t, &rates, trace);
    }
}

/* The signal of a bias, whose pre is 1, takes the place of what the groups' traces have read. */
static void trace_bias(const plast_layer *layer, const plast__activities *a, const plast__time *time,
                       int32_t population)
{
    const plast__model *model = layer->model;
    const plast__activity *one = &a->of[population];
    const int64_t n = a->sequences * model->populations[population].ld;
    for (int64_t t = 0; t < plast__steps(a); t++) {
        const plast__rates rates = rates_of(layer, a, time, population, t);
        model->kernels->multiply(n, rates.decay, one->trace, one->trace);
        model->kernels->add_scaled(n, 1.0, rates.gain, one->trace);
        model->kernels->multiply(n, rates.signal, one->trace, plast__at(model->dtype, one->u, t * n));
    }
}

static void trace_initial(const plast_layer *layer, const plast__activities *a, const plast__time *time)
{
    const plast__model *model = layer->model;
    const plast__kernels *k = model->kernels;
    const plast__activity *one = &a->of[layer->initial];
    const int64_t n = a->sequences * model->populations[layer->initial].ld;
    memset(one->s, 0, (size_t)(n * plast__size(model->dtype)));
    for (int64_t t = 0; t < plast__steps(a); t++) {
        const plast__rates rates = rates_of(layer, a, time, layer->state, t);
        k->multiply(n, rates.decay, one->trace, one->trace);
        k->multiply(n, rates.signal, one->trace, rates.gain);
        k->add_scaled(n, rates.state_scale, rates.gain, one->s);
    }
}

void plast__network_trace(const plast_network *network, const plast__time *time, plast__activities *a)
{
    const plast__model *model = &network->model;
    if (!time->tracing || network->stateful == 0)
        return;
    if (a->live == 0)
        begin(network, time, a);
    else if (!a->traced)
        clear_traces(network, a);
    if (time->sensitivities) {
        plast__network_push_sensitivities(network, a);
        return;
    }
    for (int32_t i = 0; i < network->layer_count; i++) {
        const plast_layer *layer = network->layers[i];
        if (layer->state == 0)
            continue;
        for (int32_t g = 0; g < layer->groups; g++)
            trace_group(layer, a, time, layer->synapses[g].group);
        trace_initial(layer, a, time);
        for (int32_t p = layer->first_population; p < layer->first_population + layer->populations; p++)
            if (model->populations[p].through_time)
                trace_bias(layer, a, time, p);
    }
}

void plast__network_carry_traces(const plast_network *network, plast__activities *a)
{
    const plast__model *model = &network->model;
    for (int32_t i = 0; a->tracing && i < a->trace_count; i++) {
        const int64_t n = a->sequences * model->groups[i].ld;
        if (a->traces[i].filtered != NULL)
            memcpy(a->traces[i].p,
                   plast__at(model->dtype, a->traces[i].filtered, (a->rows - a->sequences) * model->groups[i].ld),
                   (size_t)(n * plast__size(model->dtype)));
    }
}

plast_status plast__network_copy_traces(plast_context *context, const plast_network *network,
                                        const plast__activities *from, plast__activities *to)
{
    const plast__model *model = &network->model;
    const int64_t size = plast__size(model->dtype);
    const plast__time time = plast__network_plan(network, 1);
    const int copies = from->live > 0 && from->traced && fit(network, &time, from); /* else they are forgotten */
    const plast_status status =
        copies ? plast__network_equip_traces(context, network, &time, from->live, to) : PLAST_OK;
    if (status != PLAST_OK)
        return status;
    to->traced = copies;
    if (copies)
        plast__network_copy_sensitivities(network, from, to);
    for (int32_t i = 0; copies && i < from->trace_count; i++)
        if (from->traces[i].p != NULL)
            memcpy(to->traces[i].p, from->traces[i].p,
                   (size_t)(from->live * trace_size(&model->groups[i], from->traces[i].filtered != NULL) * size));
    for (int32_t i = 0; copies && i < from->count; i++)
        if (from->of[i].trace != NULL)
            memcpy(to->of[i].trace, from->of[i].trace, (size_t)(from->live * model->populations[i].ld * size));
    return PLAST_OK;
}
