/* SPDX-License-Identifier: MIT
 *
 * Eligibility traces: credit through time that runs forward with it. */
#include "network/network.h"

#include "base/memory.h"
#include "core/recurrence.h"

#include <string.h>

/* Steps that go over the traces in one pass. Rates of one step lie a few cache lines further on than those of the step
 * before end: a power of 2 between them would send all steps to one corner of the cache. */
enum { TOGETHER = 16, APART = 192 };

static int64_t apart(const plast__model *model)
{
    return APART / plast__size(model->dtype);
}

/* Elements of the rates of one kind that every step has. */
static int64_t rates_size(const plast__model *model, const plast__activities *a, int32_t population)
{
    return a->rate_rows * model->populations[population].ld + (TOGETHER + 1) * apart(model);
}

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

/* What a population's traces need beside those of its groups: one for each unit, of the bias or of the initial state,
 * and the rates of the steps that are traced together. */
static int make_unit_traces(plast_context *context, const plast_network *network, plast__activities *a)
{
    const int64_t size = plast__size(network->model.dtype), most = TOGETHER * a->room;
    a->rate_rows = a->batch < most ? a->batch : most;
    for (int32_t i = 0; i < a->count; i++) {
        const plast__population *p = &network->model.populations[i];
        plast__activity *one = &a->of[i];
        if ((p->through_time || p->is_initial) && one->trace == NULL) {
            one->trace = plast__allocate_rows(context, a->room, p->ld, size);
            if (one->trace == NULL)
                return 0;
        }
        if ((p->through_time || p->has_state) && one->rates == NULL) {
            one->rates = plast__allocate_rows(context, 2, rates_size(&network->model, a, i) + a->room * p->ld, size);
            if (one->rates == NULL)
                return 0;
        }
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

/* The stream's first step: nothing has happened yet, and the initial state is all there is. What has a trace of its own
 * for every weight takes no notice of what they were. */
static void begin(const plast_network *network, const plast__time *time, plast__activities *a)
{
    const plast__model *model = &network->model;
    const int64_t size = plast__size(model->dtype);
    if (time->sensitivities) {
        plast__network_begin_sensitivities(network, a);
        return;
    }
    for (int32_t i = 0; i < a->trace_count; i++)
        if (a->traces[i].filtered != NULL)
            memset(a->traces[i].p, 0, (size_t)(a->trace_room * model->groups[i].ld * size));
    for (int32_t i = 0; i < a->count; i++) {
        const int64_t n = a->room * model->populations[i].ld;
        if (a->of[i].trace != NULL)
            memset(a->of[i].trace, 0, (size_t)(n * size));
        for (int64_t b = 0; model->populations[i].is_initial && b < a->room; b++)
            plast__fill(model, model->populations[i].units, 1.0,
                        plast__at(model->dtype, a->of[i].trace, b * model->populations[i].ld));
    }
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

/* Some steps of a layer's traces, from `first` on. */
typedef struct span {
    const plast_layer *layer;
    const plast__activities *a;
    const plast__time *time;
    int64_t first, steps;
    int32_t fresh; /* the first ones of their stream */
} span;

/* Its rates, folded as plast__folding says; steps lie `next` elements apart. */
typedef struct span_rates {
    void *kept, *first, *late, *credit;
    const void *signal; /* of the span's first step */
    int64_t n, next;
    double state_scale;
} span_rates;

/* The rates of the population, all steps folded. */
static span_rates fold_rates(const span *s, int32_t population)
{
    const plast__model *model = s->layer->model;
    const plast__activity *one = &s->a->of[population];
    const int64_t ld = model->populations[population].ld, n = s->a->sequences * ld;
    const int64_t size = rates_size(model, s->a, population);
    span_rates all = { .late = one->rates,
                       .credit = plast__at(model->dtype, one->rates, size),
                       .kept = plast__at(model->dtype, one->rates, 2 * size),
                       .first = plast__at(model->dtype, one->rates, 2 * size + s->a->room * ld),
                       .n = n,
                       .next = n + apart(model) };
    plast__fill(model, n, 1.0, all.kept);
    memset(all.first, 0, (size_t)(n * plast__size(model->dtype)));
    for (int64_t t = s->steps - 1; t >= 0; t--) {
        plast__rates rates = { .decay = one->work, .gain = plast__at(model->dtype, one->work, s->a->room * ld) };
        s->layer->kind->rates(s->layer, s->a, s->time, population, s->first + t, &rates);
        const plast__folding step = { .n = n,
                                      .decay = rates.decay,
                                      .gain = rates.gain,
                                      .signal = rates.signal,
                                      .kept = all.kept,
                                      .first = all.first,
                                      .late = plast__at(model->dtype, all.late, t * all.next),
                                      .credit = plast__at(model->dtype, all.credit, t * all.next) };
        model->kernels->fold(&step);
        all.signal = rates.signal;
        all.state_scale = rates.state_scale;
    }
    return all;
}

/* Every weight's own trace, which lie by row and sequence, and the gradient that they add. */
static void trace_weights(const span *s, const span_rates *rates, int32_t index)
{
    const plast__model *model = s->layer->model;
    const plast__group *group = &model->groups[index];
    const plast__trace *trace = &s->a->traces[index];
    const int64_t ld = group->ld;
    const plast__tracing pass = { .steps = s->steps,
                                  .sequences = s->a->sequences,
                                  .rows = group->rows,
                                  .cols = ld,
                                  .ld = ld,
                                  .stride = model->populations[group->post].ld,
                                  .next = rates->next,
                                  .kept = rates->kept,
                                  .first = rates->first,
                                  .late = rates->late,
                                  .credit = rates->credit,
                                  .signal = s->steps == 1 ? rates->signal : NULL,
                                  .x = plast__at_const(model->dtype, plast__pre_activity(model, s->a, group),
                                                       s->first * s->a->sequences * ld),
                                  .p = trace->p,
                                  .g = trace->gradient,
                                  .fresh = s->fresh };
    if (s->first == 0)
        memset(trace->gradient, 0, (size_t)(group->rows * ld * plast__size(model->dtype)));
    model->kernels->trace(&pass);
}

/* The bias, whose pre is 1, has a gradient for each step, whose sum is right; they take the place of what the groups'
 * traces have read. */
static void trace_bias(const span *s, const span_rates *rates, int32_t population)
{
    const plast__model *model = s->layer->model;
    const plast__kernels *k = model->kernels;
    const plast__activity *one = &s->a->of[population];
    void *first = plast__at(model->dtype, one->u, s->first * rates->n);
    k->multiply(rates->n, rates->first, one->trace, first);
    k->multiply(rates->n, rates->kept, one->trace, one->trace);
    for (int64_t t = 0; t < s->steps; t++) {
        const void *credit = plast__at_const(model->dtype, rates->credit, t * rates->next);
        k->add_scaled(rates->n, 1.0, plast__at_const(model->dtype, rates->late, t * rates->next), one->trace);
        if (t == 0)
            k->add_scaled(rates->n, 1.0, credit, first);
        else
            k->scale(rates->n, 1.0, credit, plast__at(model->dtype, first, t * rates->n));
    }
}

static void trace_initial(const span *s, const span_rates *rates)
{
    const plast__model *model = s->layer->model;
    const plast__kernels *k = model->kernels;
    const plast__activity *one = &s->a->of[s->layer->initial];
    void *product = s->a->of[s->layer->state].work;
    if (s->first == 0)
        memset(one->s, 0, (size_t)(rates->n * plast__size(model->dtype)));
    k->multiply(rates->n, rates->first, one->trace, product);
    k->add_scaled(rates->n, rates->state_scale, product, one->s);
    k->multiply(rates->n, rates->kept, one->trace, one->trace);
}

/* All that reads the rates of one population; its bias comes last. */
static void trace_population(const span *s, int32_t population)
{
    const plast__model *model = s->layer->model;
    const int through = model->populations[population].through_time;
    if (!through && population != s->layer->state)
        return;
    const span_rates rates = fold_rates(s, population);
    for (int32_t g = 0; g < s->layer->groups; g++) {
        const int32_t index = s->layer->synapses[g].group;
        if (model->groups[index].post == population && s->a->traces[index].gradient != NULL)
            trace_weights(s, &rates, index);
    }
    if (population == s->layer->state && model->populations[s->layer->initial].has_bias)
        trace_initial(s, &rates);
    if (through)
        trace_bias(s, &rates, population);
}

static void trace_layer(const plast_layer *layer, const plast__activities *a, const plast__time *time)
{
    const int64_t steps = plast__steps(a), most = a->rate_rows / a->sequences;
    const int64_t spans = (steps - 1) / (most < TOGETHER ? most : TOGETHER) + 1, together = (steps - 1) / spans + 1;
    for (int32_t g = 0; g < layer->groups; g++)
        if (a->traces[layer->synapses[g].group].filtered != NULL)
            filter(layer->model, a, layer->synapses[g].group, 1.0 - layer->alpha, &a->traces[layer->synapses[g].group]);
    for (int64_t t = 0; t < steps; t += together) {
        const span s = { .layer = layer,
                         .a = a,
                         .time = time,
                         .first = t,
                         .steps = steps - t < together ? steps - t : together,
                         .fresh = t == 0 && a->live == 0 };
        for (int32_t p = layer->first_population; p < layer->first_population + layer->populations; p++)
            trace_population(&s, p);
    }
}

void plast__network_trace(const plast_network *network, const plast__time *time, plast__activities *a)
{
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
    for (int32_t i = 0; i < network->layer_count; i++)
        if (network->layers[i]->state > 0)
            trace_layer(network->layers[i], a, time);
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
