/* SPDX-License-Identifier: MIT
 *
 * The Jacobian of some layers of a network without a state: tangents of what the first one reads, pushed through all of
 * them at each sample. */
#include "network/samples.h"

#include "base/matrix.h"
#include "base/memory.h"
#include "base/scalar.h"
#include "linalg/blas.h"
#include "measures/source.h"

#include <math.h>
#include <plasticity/measures.h>

typedef struct journey {
    plast_context *context;
    plast_network *network;
    plast_state *state;
    plast__samples samples;
    int32_t first, last;
    int64_t in, out, count;            /* units read, units of the last layer, tangents of a sample */
    const plast_matrix *tangents;      /* NULL = the identity */
    double *weights, *frame, *passing; /* the frames' rows are tangents, as wide as the widest layer */
    double *row, *work;                /* a row of tangents; what a layer works with */
    double *results;                   /* of all samples, as the caller's matrix */
} journey;

static const plast_layer *layer_of(const journey *j, int32_t index)
{
    return j->network->layers[index];
}

static int64_t units_of(const journey *j, int32_t population)
{
    return j->network->model.populations[population].units;
}

static plast_status check_layers(journey *j, int64_t first, int64_t last)
{
    const int64_t count = j->network->layer_count;
    if (last < 0 || last >= count)
        return plast__fail(j->context, PLAST_E_RANGE, "last is layer %lld of a network with %lld layers",
                           (long long)last, (long long)count);
    if (first < 0 || first > last)
        return plast__fail(j->context, PLAST_E_RANGE, "first is layer %lld, expected 0 to %lld, the last one",
                           (long long)first, (long long)last);
    j->first = (int32_t)first;
    j->last = (int32_t)last;
    j->in = units_of(j, layer_of(j, j->first)->input);
    j->out = units_of(j, layer_of(j, j->last)->output);
    return PLAST_OK;
}

/* One set of directions for all samples, or one for each. */
static plast_status check_tangents(journey *j, const plast_matrix *tangents)
{
    plast__source source;
    j->count = j->in;
    if (tangents == NULL)
        return PLAST_OK;
    const int64_t own = j->samples.count * j->in;
    plast_status status =
        plast__source_check(j->context, tangents, "tangents", tangents->rows == own ? own : j->in, -1, &source);
    if (status == PLAST_OK)
        status = plast__blas_fits(j->context, "columns of tangents", tangents->cols);
    j->count = tangents->cols;
    j->tangents = tangents;
    return status;
}

static plast_status check(journey *j, const plast_matrix *inputs, int64_t first, int64_t last,
                          const plast_matrix *tangents, const plast_matrix *jacobian)
{
    const plast_data data = { PLAST_DATA, .inputs = inputs };
    plast_status status = plast__network_stateless(j->context, j->network, "the Jacobian");
    if (status == PLAST_OK)
        status = plast__samples_check(j->context, j->network, &data, &j->samples);
    if (status == PLAST_OK)
        status = check_layers(j, first, last);
    if (status != PLAST_OK)
        return status;
    if (j->samples.count > INT64_MAX / (j->in > j->out ? j->in : j->out))
        return plast__fail(j->context, PLAST_E_RANGE, "inputs has %lld rows: too many to count their Jacobians' rows",
                           (long long)j->samples.count);
    status = check_tangents(j, tangents);
    const plast__expected expected = { "jacobian", j->samples.count * j->out, j->count, PLAST__REALS, 1 };
    return status == PLAST_OK ? plast__matrix_check(j->context, jacobian, &expected) : status;
}

static plast_status allocate(journey *j)
{
    int64_t weights = 0, widest = j->in, work = 0;
    const int single = j->network->model.dtype != PLAST_F64;
    for (int32_t i = j->first; i <= j->last; i++) {
        const int64_t units = units_of(j, layer_of(j, i)->output), own = plast__tangent_work(layer_of(j, i), j->count);
        weights += single ? plast__tangent_weights(layer_of(j, i)) : 0;
        widest = units > widest ? units : widest;
        work = own > work ? own : work;
    }
    j->weights = single ? plast__allocate(j->context, weights, sizeof *j->weights) : NULL;
    j->frame = plast__allocate_rows(j->context, j->count, widest, sizeof *j->frame);
    j->passing = plast__allocate_rows(j->context, j->count, widest, sizeof *j->passing);
    j->row = plast__allocate(j->context, j->count, sizeof *j->row);
    j->work = plast__allocate(j->context, work, sizeof *j->work);
    j->results = plast__allocate_rows(j->context, j->samples.count * j->out, j->count, sizeof *j->results);
    if ((single && j->weights == NULL) || j->frame == NULL || j->passing == NULL || j->row == NULL || j->work == NULL ||
        j->results == NULL)
        return plast__no_memory(j->context, "a Jacobian");
    return PLAST_OK;
}

static void release(journey *j)
{
    plast__release(j->context, j->weights);
    plast__release(j->context, j->frame);
    plast__release(j->context, j->passing);
    plast__release(j->context, j->row);
    plast__release(j->context, j->work);
    plast__release(j->context, j->results);
}

/* Columns of the caller's matrix become the frame's rows. */
static void load_tangents(const journey *j, int64_t sample)
{
    const int64_t top = j->tangents != NULL && j->tangents->rows > j->in ? sample * j->in : 0;
    for (int64_t i = 0; i < j->in; i++) {
        if (j->tangents != NULL)
            plast__matrix_read_row(j->tangents, top + i, PLAST_F64, j->row);
        for (int64_t k = 0; k < j->count; k++)
            j->frame[k * j->in + i] = j->tangents != NULL ? j->row[k] : (double)(i == k);
    }
}

/* And back: the frame of what came out into the sample's rows of the results. */
static plast_status keep(const journey *j, int64_t sample, const double *frame, double most)
{
    double *results = j->results + sample * j->out * j->count;
    for (int64_t i = 0; i < j->out; i++)
        for (int64_t k = 0; k < j->count; k++) {
            const double entry = frame[k * j->out + i];
            if (!(fabs(entry) <= most))
                return plast__fail(j->context, PLAST_E_NOT_FINITE,
                                   "the Jacobian of row %lld of inputs has an entry of %g in row %lld",
                                   (long long)sample, entry, (long long)i);
            results[i * j->count + k] = entry;
        }
    return PLAST_OK;
}

/* One sample, at a row of the state. */
static const double *push_sample(const journey *j, int64_t row)
{
    double *in = j->frame, *out = j->passing, *weights = j->weights;
    for (int32_t i = j->first; i <= j->last; i++) {
        const plast_layer *layer = layer_of(j, i);
        const plast__push push = { .a = &j->state->activities,
                                   .row = row,
                                   .count = j->count,
                                   .weights = weights,
                                   .input = in,
                                   .output = out,
                                   .work = j->work };
        layer->kind->tangent(layer, &push);
        weights += weights != NULL ? plast__tangent_weights(layer) : 0;
        double *const pushed = out;
        out = in;
        in = pushed;
    }
    return in;
}

/* Samples from `first` on, as many as the state has room for. */
static plast_status run_block(const journey *j, int64_t first, int64_t rows, double most)
{
    plast__activities *a = &j->state->activities;
    const plast__window window = { first, rows, 0, 1 };
    j->state->rows = 0; /* until all of them are there */
    plast_status status = plast__samples_load(&j->samples, &j->network->model, &window, a);
    if (status == PLAST_OK)
        status = plast__network_forward(j->context, j->network, a, NULL);
    if (status == PLAST_OK)
        j->state->rows = rows;
    for (int64_t b = 0; status == PLAST_OK && b < rows; b++) {
        load_tangents(j, first + b);
        status = keep(j, first + b, push_sample(j, b), most);
    }
    return status;
}

static plast_status run(const journey *j, double most)
{
    const int64_t room = j->state->activities.room;
    plast_status status = PLAST_OK;
    double *weights = j->weights;
    for (int32_t i = j->first; weights != NULL && i <= j->last; i++) {
        plast__tangent_prepare(layer_of(j, i), weights);
        weights += plast__tangent_weights(layer_of(j, i));
    }
    for (int64_t first = 0; status == PLAST_OK && first < j->samples.count; first += room) {
        const int64_t left = j->samples.count - first;
        status = run_block(j, first, left < room ? left : room, most);
    }
    return status;
}

plast_status plast_measure_jacobian(plast_network *network, plast_state *state, const plast_matrix *inputs,
                                    int64_t first, int64_t last, const plast_matrix *tangents,
                                    const plast_matrix *jacobian)
{
    if (network == NULL)
        return PLAST_E_INVALID;
    journey j = { .context = state != NULL ? state->context : network->model.context, .network = network };
    plast_status status = check(&j, inputs, first, last, tangents, jacobian);
    if (status == PLAST_OK)
        status = plast__network_choose_state(network, state, 1, 1, &j.state);
    if (status != PLAST_OK)
        return status;
    status = allocate(&j);
    if (status == PLAST_OK)
        status = run(&j, plast__largest(jacobian->dtype));
    for (int64_t i = 0; status == PLAST_OK && i < j.samples.count * j.out; i++)
        plast__matrix_write_row(jacobian, i, PLAST_F64, j.results + i * j.count);
    release(&j);
    return status;
}
