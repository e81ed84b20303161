/* SPDX-License-Identifier: MIT */
#include "subject.h"

#include <stdlib.h>
#include <string.h>

#include "scheme.h"

/* Most samples that one call of plast_network_learn visits online; longer runs make several calls. */
enum { CALL_SAMPLES = 1 << 16 };

static void require(const bench_subject *subject, plast_status status)
{
    if (status != PLAST_OK)
        bench_fail("plasticity: %s: %s", plast_status_string(status), plast_context_error(subject->context));
}

static void add_layers(bench_subject *subject)
{
    const bench_task *task = subject->task;
    for (int32_t l = 0; l < task->layers; l++) {
        int hidden = l + 1 < task->layers;
        plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = task->sizes[l + 1], .no_bias = !task->bias };
        layer.activation = hidden ? task->activation : task->squared ? PLAST_LINEAR : PLAST_SOFTMAX;
        if (layer.activation == PLAST_SOFTPLUS)
            layer.activation_param = BENCH_BETA;
        require(subject, plast_network_add(subject->network, "dense", &layer, NULL));
    }
}

/* On the hidden layers; a rate of 0: the rule has none. */
static void add_rule(bench_subject *subject, const char *name, double rate)
{
    plast_rule *rule;
    require(subject, plast_rule_create(subject->context, name, &rule));
    if (rate > 0)
        require(subject, plast_rule_set(rule, "rate", rate));
    require(subject, plast_network_add_rule(subject->network, PLAST_HIDDEN_LAYERS, rule));
    plast_rule_destroy(rule);
}

static void add_sgd(bench_subject *subject)
{
    plast_optimizer *sgd;
    require(subject, plast_optimizer_create(subject->context, "sgd", &sgd));
    require(subject, plast_optimizer_set(sgd, "rate", subject->task->rate));
    require(subject, plast_network_set_optimizer(subject->network, sgd));
    plast_optimizer_destroy(sgd);
}

static void set_feedback(bench_subject *subject)
{
    const bench_scheme *scheme = subject->task->scheme;
    plast_feedback *feedback;
    require(subject, plast_feedback_create(subject->context, scheme->name, &feedback));
    if (scheme->decay > 0)
        require(subject, plast_feedback_set(feedback, "decay", scheme->decay));
    if (strcmp(scheme->name, "circuit") == 0) { /* the gate and the shares of its peer */
        require(subject, plast_feedback_set(feedback, "gate", 0.0));
        require(subject, plast_feedback_set(feedback, "rate_v", 0.1));
        require(subject, plast_feedback_set(feedback, "rate_c", 0.1));
    }
    require(subject, plast_network_set_feedback(subject->network, PLAST_HIDDEN_LAYERS, feedback));
    plast_feedback_destroy(feedback);
}

void bench_subject_create(const bench_task *task, const bench_samples *samples, bench_subject *subject)
{
    *subject = (bench_subject){ .task = task, .samples = samples };
    if (plast_context_create(NULL, &subject->context) != PLAST_OK)
        bench_fail("plasticity: no context");
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = task->sizes[0], .seed = 1 };
    require(subject, plast_network_create(subject->context, &options, &subject->network));
    add_layers(subject);
    if (task->scheme)
        set_feedback(subject);
    if (task->oja)
        add_rule(subject, "oja", task->oja_rate);
    if (task->grapes)
        add_rule(subject, "grapes", 0);
    add_sgd(subject);
    require(subject, plast_network_prepare(subject->network, task->batch));
    subject->order = malloc(CALL_SAMPLES * sizeof(*subject->order));
    if (!subject->order)
        bench_fail("out of memory");
    for (int32_t i = 0; i < CALL_SAMPLES; i++)
        subject->order[i] = i % BENCH_SAMPLES;
}

void bench_subject_destroy(bench_subject *subject)
{
    free(subject->order);
    plast_network_destroy(subject->network);
    plast_context_destroy(subject->context);
}

/* Online, the order lets one call visit the few samples many times over. A minibatch takes them as they lie, once a
 * call, since the peers need not gather rows either. */
static plast_status learn(bench_subject *subject, int64_t samples)
{
    plast_matrix inputs = plast_matrix_f32(subject->samples->inputs, BENCH_SAMPLES, subject->task->sizes[0]);
    plast_matrix targets = plast_labels_i32(subject->samples->labels, BENCH_SAMPLES);
    plast_matrix order = plast_labels_i32(subject->order, samples);
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = subject->task->batch };
    if (data.batch == 1)
        data.order = &order;
    return plast_network_learn(subject->network, NULL, &data, NULL, NULL);
}

void bench_subject_learn(void *work, int64_t steps)
{
    bench_subject *subject = work;
    int64_t samples = steps * subject->task->batch;
    int64_t most = subject->task->batch == 1 ? CALL_SAMPLES : BENCH_SAMPLES;
    for (; samples > most; samples -= most)
        require(subject, learn(subject, most));
    require(subject, learn(subject, samples));
}

float *bench_subject_parameters(const bench_subject *subject)
{
    const bench_task *task = subject->task;
    float *all = bench_floats(bench_parameters(task));
    for (int32_t l = 0; l < task->layers; l++) {
        plast_layer *layer;
        plast_synapses *synapses;
        plast_matrix weights =
            plast_output_f32(all + bench_weights_offset(task, l), task->sizes[l + 1], task->sizes[l]);
        require(subject, plast_network_layer(subject->network, l, &layer));
        require(subject, plast_layer_synapses(layer, NULL, &synapses));
        require(subject, plast_synapses_get_weights(synapses, &weights));
        if (!task->bias)
            continue;
        plast_matrix bias = plast_output_f32(all + bench_bias_offset(task, l), 1, task->sizes[l + 1]);
        require(subject, plast_layer_get_bias(layer, &bias));
    }
    return all;
}

int bench_subject_group(const bench_subject *subject, int32_t layer, int32_t group, bench_group *copy)
{
    plast_layer *handle;
    plast_synapses *synapses;
    if (!bench_group_shape(subject->task, layer, group, &copy->rows, &copy->cols))
        return 0;
    copy->weights = bench_floats(copy->rows * copy->cols);
    plast_matrix weights = plast_output_f32(copy->weights, copy->rows, copy->cols);
    require(subject, plast_network_layer(subject->network, layer, &handle));
    require(subject, plast_layer_synapses(handle, subject->task->scheme->groups[group], &synapses));
    require(subject, plast_synapses_get_weights(synapses, &weights));
    return 1;
}
