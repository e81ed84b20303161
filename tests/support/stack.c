/* SPDX-License-Identifier: MIT */
#include "support/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/nets.h"

static const char *const group_names[] = { "input", "recurrent" };
static const char *const vector_names[] = { "bias", "recurrent_bias", "initial" };
enum { GROUP_NAMES = 2, VECTOR_NAMES = 3, WIDEST = 520 };

void stack_ok(const stack *s, plast_status status)
{
    if (status != PLAST_OK)
        fail_msg("status %d: %s", status, s->context == NULL ? "" : plast_context_error(s->context));
}

static plast_layer *layer_of(const stack *s, int32_t index)
{
    plast_layer *layer = NULL;
    stack_ok(s, plast_network_layer(s->network, index, &layer));
    return layer;
}

plast_synapses *stack_group(const stack *s, int32_t layer, const char *name)
{
    plast_synapses *group = NULL;
    return plast_layer_synapses(layer_of(s, layer), name, &group) == PLAST_OK ? group : NULL;
}

/* Length of a layer's vector; 0 where it has none. */
static int64_t vector_length(const stack *s, int32_t layer, const char *name)
{
    const stack_layer *l = &s->plan.layer[layer];
    const int dense = strcmp(l->kind, "dense") == 0, gru = strcmp(l->kind, "gru") == 0;
    if (strcmp(name, "initial") == 0)
        return dense ? 0 : l->options.units;
    if (l->options.no_bias || (!gru && strcmp(name, "recurrent_bias") == 0))
        return 0;
    return gru ? 3 * l->options.units : l->options.units;
}

/* Everything goes through here, `write` 0 = into `all`, 1 = out of it. Returns how much there is. */
static int64_t walk(const stack *s, double *all, int write)
{
    int64_t at = 0;
    for (int32_t i = 0; i < s->plan.layers; i++) {
        for (int k = 0; k < GROUP_NAMES; k++) {
            plast_synapses *group = stack_group(s, i, group_names[k]);
            plast_matrix view;
            if (group == NULL)
                continue;
            stack_ok(s, plast_synapses_view(group, &view));
            const plast_matrix part = stack_matrix(all + at, view.rows, view.cols);
            if (all != NULL && write)
                stack_ok(s, plast_synapses_set_weights(group, &part));
            for (int64_t j = 0; all != NULL && !write && j < view.rows * view.cols; j++) {
                const int64_t from = j / view.cols * view.row_stride + j % view.cols;
                all[at + j] =
                    view.dtype == PLAST_F64 ? ((const double *)view.data)[from] : ((const float *)view.data)[from];
            }
            at += view.rows * view.cols;
        }
        for (int k = 0; k < VECTOR_NAMES; k++) {
            const int64_t n = vector_length(s, i, vector_names[k]);
            const plast_matrix part = stack_matrix(all + at, 1, n);
            if (all != NULL && n > 0)
                stack_ok(s, write ? plast_layer_set_vector(layer_of(s, i), vector_names[k], &part)
                                  : plast_layer_get_vector(layer_of(s, i), vector_names[k], &part));
            at += n;
        }
    }
    return at;
}

int64_t stack_size(const stack *s)
{
    return walk(s, NULL, 0);
}

void stack_get(const stack *s, double *all)
{
    (void)walk(s, all, 0);
}

void stack_set(stack *s, const double *all)
{
    (void)walk(s, (double *)all, 1);
}

static void draw_vectors(stack *s)
{
    double values[WIDEST];
    for (int32_t i = 0; i < s->plan.layers; i++)
        for (int k = 0; k < VECTOR_NAMES; k++) {
            const int64_t n = vector_length(s, i, vector_names[k]);
            const plast_matrix vector = stack_matrix(values, 1, n);
            assert_true(n <= WIDEST);
            fill_uniform(71 + 10 * (uint64_t)i + (uint64_t)k, n, values);
            for (int64_t j = 0; j < n; j++)
                values[j] *= 0.5;
            if (n > 0)
                stack_ok(s, plast_layer_set_vector(layer_of(s, i), vector_names[k], &vector));
        }
}

stack stack_make(const stack_plan *plan)
{
    stack s = { .plan = *plan };
    const plast_context_options how = { PLAST_CONTEXT_OPTIONS, .allocator = plan->allocator };
    stack_ok(&s, plast_context_create(&how, &s.context));
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = plan->dtype, .inputs = plan->inputs,
                                            .seed = 5, .loss = plan->loss };
    stack_ok(&s, plast_network_create(s.context, &options, &s.network));
    for (int32_t i = 0; i < plan->layers; i++) {
        plast_layer_options layer = plan->layer[i].options;
        layer.struct_size = (uint32_t)sizeof layer;
        stack_ok(&s, plast_network_add(s.network, plan->layer[i].kind, &layer, NULL));
    }
    plast_optimizer *sgd = NULL;
    stack_ok(&s, plast_optimizer_create(s.context, "sgd", &sgd));
    stack_ok(&s, plast_optimizer_set(sgd, "rate", 1.0));
    stack_ok(&s, plast_network_set_optimizer(s.network, sgd));
    plast_optimizer_destroy(sgd);
    draw_vectors(&s);
    return s;
}

void stack_free(stack *s)
{
    plast_network_destroy(s->network);
    plast_context_destroy(s->context);
}

void stack_temporal(stack *s, const char *scheme, const char *parameter, double value)
{
    plast_temporal *temporal = NULL;
    stack_ok(s, plast_temporal_create(s->context, scheme, &temporal));
    if (parameter != NULL)
        stack_ok(s, plast_temporal_set(temporal, parameter, value));
    stack_ok(s, plast_network_set_temporal(s->network, temporal));
    plast_temporal_destroy(temporal);
}

typedef struct matrices {
    plast_matrix x, targets, mask;
    plast_data data;
} matrices;

/* m->data points into m. */
static void fill_matrices(const stack *s, const stack_data *d, matrices *m)
{
    const int64_t n = d->steps * d->sequences, units = s->plan.layer[s->plan.layers - 1].options.units;
    m->x = stack_matrix(d->x, n, s->plan.inputs);
    m->targets = stack_matrix(d->targets, n, units);
    m->mask = stack_matrix(d->mask, n, 1);
    m->data = (plast_data){ PLAST_DATA,
                            .inputs = &m->x,
                            .targets = d->targets == NULL ? NULL : &m->targets,
                            .loss_mask = d->mask == NULL ? NULL : &m->mask,
                            .batch = d->sequences,
                            .steps = d->steps,
                            .carry = d->carry };
}

void stack_run(stack *s, plast_state *state, const stack_data *data, double *outputs)
{
    matrices m;
    fill_matrices(s, data, &m);
    const plast_matrix y = stack_matrix(outputs, m.x.rows, m.targets.cols);
    stack_ok(s, plast_network_run_data(s->network, state, &m.data, &y));
}

double stack_loss(stack *s, const stack_data *data)
{
    plast_report report = { PLAST_REPORT };
    matrices m;
    fill_matrices(s, data, &m);
    stack_ok(s, plast_network_evaluate(s->network, NULL, &m.data, &report));
    return report.loss;
}

void stack_gradient(stack *s, plast_state *state, const stack_data *data, double *gradient)
{
    const int64_t n = stack_size(s);
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .update_every = data->every };
    double *before = new_array(n);
    matrices m;
    fill_matrices(s, data, &m);
    stack_get(s, before);
    stack_ok(s, plast_network_learn(s->network, state, &m.data, &options, NULL));
    stack_get(s, gradient);
    for (int64_t i = 0; i < n; i++)
        gradient[i] = before[i] - gradient[i];
    stack_set(s, before);
    free(before);
}

void stack_differences(stack *s, const stack_data *data, double *gradient)
{
    const int64_t n = stack_size(s);
    const double h = 1e-5;
    double *all = new_array(n);
    stack_get(s, all);
    for (int64_t i = 0; i < n; i++) {
        const double old = all[i];
        all[i] = old + h;
        stack_set(s, all);
        const double above = stack_loss(s, data);
        all[i] = old - h;
        stack_set(s, all);
        gradient[i] = (above - stack_loss(s, data)) / (2.0 * h);
        all[i] = old;
    }
    stack_set(s, all);
    free(all);
}
