/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "recurrent.h"
#include "task.h"

enum { INPUTS = BENCH_RECURRENT_INPUTS, OUTPUTS = BENCH_RECURRENT_OUTPUTS };

static void require(const bench_recurrent *subject, plast_status status)
{
    if (status != PLAST_OK)
        bench_fail("plasticity: %s: %s", plast_status_string(status), plast_context_error(subject->context));
}

void bench_recurrent_describe(const bench_recurrent_task *task, char *text, size_t size)
{
    snprintf(text, size, "%s %" PRId64 " units, %" PRId64 " steps, batch %" PRId64,
             task->online   ? "rflo online"
             : task->traces ? "rflo"
                            : "bptt",
             task->units, task->steps, task->batch);
}

static void add_layers(const bench_recurrent *subject)
{
    const bench_recurrent_task *task = subject->task;
    plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = task->units, .activation = PLAST_TANH,
                                  .recurrent_init = PLAST_INIT_LECUN_NORMAL };
    if (task->traces) {
        layer.form = PLAST_FORM_RATE;
        layer.alpha = 0.1;
    }
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = OUTPUTS, .activation = PLAST_SOFTMAX };
    require(subject, plast_network_add(subject->network, "recurrent", &layer, NULL));
    require(subject, plast_network_add(subject->network, "dense", &readout, NULL));
}

static void set_optimizer(const bench_recurrent *subject)
{
    plast_optimizer *adam;
    require(subject, plast_optimizer_create(subject->context, "adam", &adam));
    require(subject, plast_optimizer_set(adam, "rate", 1e-4));
    require(subject, plast_optimizer_set(adam, "epsilon", 1e-3));
    require(subject, plast_network_set_optimizer(subject->network, adam));
    plast_optimizer_destroy(adam);
}

static void set_traces(const bench_recurrent *subject)
{
    plast_temporal *eprop;
    require(subject, plast_temporal_create(subject->context, "eprop", &eprop));
    require(subject, plast_temporal_set(eprop, "traces", 1));
    require(subject, plast_network_set_temporal(subject->network, eprop));
    plast_temporal_destroy(eprop);
}

static void draw(bench_recurrent *subject)
{
    const int64_t rows = subject->task->steps * subject->task->batch;
    uint32_t random = 1;
    subject->inputs = bench_floats(rows * INPUTS);
    subject->labels = malloc((size_t)rows * sizeof *subject->labels);
    if (!subject->labels)
        bench_fail("out of memory");
    for (int64_t i = 0; i < rows * INPUTS; i++) {
        random = random * 1664525u + 1013904223u;
        subject->inputs[i] = (float)(random >> 8) / (float)(1 << 23) - 1.0f;
        subject->labels[i / INPUTS] = (int32_t)((random >> 16) % OUTPUTS);
    }
}

void bench_recurrent_create(const bench_recurrent_task *task, bench_recurrent *subject)
{
    *subject = (bench_recurrent){ .task = task };
    draw(subject);
    if (plast_context_create(NULL, &subject->context) != PLAST_OK)
        bench_fail("plasticity: no context");
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS, .seed = 1 };
    require(subject, plast_network_create(subject->context, &options, &subject->network));
    add_layers(subject);
    set_optimizer(subject);
    if (task->traces)
        set_traces(subject);
    require(subject, plast_network_prepare_steps(subject->network, task->batch, task->online ? 1 : task->steps));
}

void bench_recurrent_destroy(bench_recurrent *subject)
{
    free(subject->inputs);
    free(subject->labels);
    plast_network_destroy(subject->network);
    plast_context_destroy(subject->context);
}

void bench_recurrent_learn(void *work, int64_t updates)
{
    bench_recurrent *subject = work;
    const bench_recurrent_task *task = subject->task;
    const int64_t rows = task->steps * task->batch;
    const plast_matrix inputs = plast_matrix_f32(subject->inputs, rows, INPUTS);
    const plast_matrix targets = plast_labels_i32(subject->labels, rows);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = task->batch,
                              .steps = task->steps };
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .update_every = task->online };
    for (int64_t i = 0; i < updates; i++)
        require(subject, plast_network_learn(subject->network, NULL, &data, &options, NULL));
}
