/* SPDX-License-Identifier: MIT
 *
 * Running and evaluating: forward only, block by block. */
#include "network/tally.h"

#include "base/matrix.h"
#include "base/scalar.h"
#include "base/structs.h"

/* One block of samples through the network. */
static plast_status forward_block(const plast__samples *samples, plast_network *network, plast_state *state,
                                  int64_t first, int64_t *rows)
{
    const int64_t left = samples->count - first, most = state->activities.batch;
    *rows = left < most ? left : most;
    state->rows = 0; /* until all of the block is there */
    plast_status status = plast__samples_load(samples, &network->model, first, *rows, &state->activities);
    if (status == PLAST_OK)
        status = plast__network_forward(samples->context, network, &state->activities, NULL);
    if (status == PLAST_OK)
        state->rows = *rows;
    return status;
}

static void write_block(const plast_network *network, const plast_state *state, int64_t first,
                        const plast_matrix *outputs)
{
    const int32_t index = plast__output_layer(network)->output;
    const plast__population *p = &network->model.populations[index];
    const int32_t dtype = network->model.dtype;
    for (int64_t b = 0; b < state->rows; b++)
        plast__matrix_write_row(outputs, first + b, dtype,
                                plast__at_const(dtype, state->activities.of[index].y, b * p->ld));
}

/* All blocks; `outputs` NULL = only to see whether all goes well. */
static plast_status run_blocks(const plast__samples *samples, plast_network *network, plast_state *state,
                               const plast_matrix *outputs)
{
    int64_t rows = 0;
    for (int64_t first = 0; first < samples->count; first += rows) {
        const plast_status status = forward_block(samples, network, state, first, &rows);
        if (status != PLAST_OK)
            return status;
        if (outputs != NULL)
            write_block(network, state, first, outputs);
    }
    return PLAST_OK;
}

/* |f(z)| is at most this plus |z|. */
static double most_beside_z(const plast__population *p)
{
    switch (p->activation) {
    case PLAST_SOFTPLUS:
        return 1.0 / p->param;
    case PLAST_ELU:
        return p->param;
    default:
        return 2.0; /* scaled tanh's 1.7159, rounded up */
    }
}

/* Whether no block can fail: inputs are finite, and the bounds of the weights leave no room for an overflow. */
static int is_safe(const plast__samples *samples, const plast_network *network)
{
    const plast__model *model = &network->model;
    double largest = 0.0;
    for (int64_t i = 0; i < samples->count; i++) {
        const double one = plast__matrix_row_largest(samples->inputs, i);
        largest = one > largest ? one : largest;
        if (!(one <= plast__largest(model->dtype)))
            return 0;
    }
    for (int32_t i = 0; i < network->layer_count; i++) {
        const plast__group *g = &model->groups[network->layers[i]->synapses[0].group];
        const plast__population *p = &model->populations[g->post];
        largest = most_beside_z(p) + p->bound + (double)g->cols * g->bound * largest;
    }
    return largest < plast__largest(model->dtype) / 16.0;
}

plast_status plast_network_run(plast_network *network, plast_state *state, const plast_matrix *inputs,
                               const plast_matrix *outputs)
{
    plast__samples samples;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = state != NULL ? state->context : network->model.context;
    const plast_data data = { PLAST_DATA, .inputs = inputs };
    plast_status status = plast__samples_check(context, network, &data, &samples);
    const plast__expected expected = { "outputs", samples.count, samples.outputs, PLAST__REALS, 1 };
    if (status == PLAST_OK)
        status = plast__matrix_check(context, outputs, &expected);
    if (status == PLAST_OK)
        status = plast__network_choose_state(network, state, 1, &state);
    if (status == PLAST_OK && samples.count > state->activities.batch && !is_safe(&samples, network))
        status = run_blocks(&samples, network, state, NULL); /* so that a failure leaves outputs untouched */
    return status == PLAST_OK ? run_blocks(&samples, network, state, outputs) : status;
}

plast_status plast_network_evaluate(plast_network *network, plast_state *state, const plast_data *data,
                                    plast_report *report)
{
    plast_report result = { PLAST_REPORT };
    plast__tally tally = { .samples = 0 };
    plast__samples samples;
    int64_t rows = 0;
    if (network == NULL)
        return PLAST_E_INVALID;
    plast_context *context = state != NULL ? state->context : network->model.context;
    plast_status status = PLAST__WRITE(context, plast_report, &result, report);
    if (status != PLAST_OK)
        return status;
    status = plast__samples_check(context, network, data, &samples);
    if (status == PLAST_OK && samples.targets == NULL)
        status = plast__fail(context, PLAST_E_INVALID, "targets is NULL: there is nothing to evaluate against");
    if (status == PLAST_OK)
        status = plast__network_choose_state(network, state, 1, &state);
    for (int64_t first = 0; status == PLAST_OK && first < samples.count; first += rows) {
        plast__tally block = { .samples = 0 };
        status = forward_block(&samples, network, state, first, &rows);
        if (status == PLAST_OK)
            status = plast__tally_outputs(&samples, &network->model, first, &state->activities, 0, &block);
        if (status == PLAST_OK)
            status = plast__tally_add(context, &tally, &block);
    }
    result = plast__tally_report(&tally);
    (void)PLAST__WRITE(context, plast_report, &result, report);
    return status;
}
