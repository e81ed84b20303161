/* SPDX-License-Identifier: MIT */
#include "core/types.h"

#include "base/memory.h"
#include "base/scalar.h"
#include "linalg/spectra.h"

#include <math.h>
#include <string.h>

/* Counts, and the units in the order of their types. */
static void sort(plast__types *types)
{
    int64_t next = 0, distinct = 0;
    for (int64_t i = 0; i < types->units; i++)
        types->members[types->of[i]]++;
    for (int64_t a = 0; a < types->count; a++) {
        types->next[a] = next;
        next += types->members[a];
        distinct += types->members[a] > 0;
    }
    for (int64_t i = 0; i < types->units; i++)
        types->order[types->next[types->of[i]]++] = (int32_t)i;
    types->own = distinct == types->units;
}

/* Five blocks, shared by arrays of a kind. */
static int allocate(const plast__model *model, plast__types *types)
{
    plast_context *context = model->context;
    const int64_t size = plast__size(model->dtype), count = types->count, square = count * count;
    const int64_t row = plast__padded(types->units, size);
    types->of = plast__allocate(context, 2 * types->units, sizeof *types->of);
    types->members = plast__allocate(context, 2 * count, sizeof *types->members);
    types->row = plast__allocate(context, row + 2 * types->ld, size);
    types->matrix = plast__allocate(context, square + 2 * count + types->length, sizeof *types->matrix);
    if (types->of == NULL || types->members == NULL || types->row == NULL || types->matrix == NULL)
        return 0;
    types->order = types->of + types->units;
    types->next = types->members + count;
    types->sum = plast__at(model->dtype, types->row, row);
    types->at = plast__at(model->dtype, types->sum, types->ld);
    types->re = types->matrix + square;
    types->im = types->re + count;
    types->work = types->im + count;
    return 1;
}

static int make(const plast__model *model, const int32_t *of, plast__types *types)
{
    if (!allocate(model, types))
        return 0;
    if (of != NULL)
        memcpy(types->of, of, (size_t)types->units * sizeof *of);
    sort(types);
    if (!types->own)
        types->means = plast__allocate_rows(model->context, types->count, types->ld, plast__size(model->dtype));
    return types->own || types->means != NULL;
}

plast_status plast__types_create(const plast__model *model, int64_t units, const int32_t *of, plast__types **types)
{
    plast__types *made = plast__allocate(model->context, 1, sizeof *made);
    if (made == NULL)
        return plast__no_memory(model->context, "cell types");
    made->units = units;
    made->count = 1;
    for (int64_t i = 0; of != NULL && i < units; i++)
        made->count = of[i] >= made->count ? (int64_t)of[i] + 1 : made->count;
    made->ld = plast__padded(made->count, plast__size(model->dtype));
    made->length = plast__eigenvalues_length(made->count);
    if (!make(model, of, made)) {
        plast__types_destroy(model->context, made);
        return plast__no_memory(model->context, "cell types");
    }
    *types = made;
    return PLAST_OK;
}

void plast__types_destroy(plast_context *context, plast__types *types)
{
    if (types == NULL)
        return;
    plast__release(context, types->of);
    plast__release(context, types->members);
    plast__release(context, types->row);
    plast__release(context, types->means);
    plast__release(context, types->matrix);
    plast__release(context, types);
}

/* The rows of one type are added up first, whole; then their columns by type. */
void plast__types_average(const plast__model *model, const plast__group *group, plast__types *types)
{
    const plast__kernels *k = model->kernels;
    const int64_t size = plast__size(model->dtype);
    int64_t next = 0;
    for (int64_t a = 0; !types->own && a < types->count; a++) {
        void *mean = plast__at(model->dtype, types->means, a * types->ld);
        memset(types->row, 0, (size_t)(types->units * size));
        memset(mean, 0, (size_t)(types->ld * size));
        for (int64_t i = 0; i < types->members[a]; i++)
            k->add_scaled(types->units, 1.0,
                          plast__at_const(model->dtype, group->weights, types->order[next++] * group->ld), types->row);
        for (int64_t j = 0; j < types->units; j++)
            plast__set(model->dtype, mean, types->of[j],
                       plast__get(model->dtype, mean, types->of[j]) + plast__get(model->dtype, types->row, j));
        for (int64_t b = 0; b < types->count; b++)
            if (types->members[a] > 0 && types->members[b] > 0)
                plast__set(model->dtype, mean, b,
                           plast__get(model->dtype, mean, b) / (double)types->members[a] / (double)types->members[b]);
    }
}

void plast__types_back(const plast__model *model, const plast__types *types, int64_t rows, int64_t ld, const void *e,
                       void *out)
{
    const int32_t dtype = model->dtype;
    for (int64_t b = 0; b < rows; b++) {
        int64_t next = 0;
        for (int64_t a = 0; a < types->count; a++) {
            double sum = 0.0;
            for (const int64_t end = next + types->members[a]; next < end; next++)
                sum += plast__get(dtype, e, b * ld + types->order[next]);
            plast__set(dtype, types->sum, a, sum);
        }
        memset(types->at, 0, (size_t)(types->ld * plast__size(dtype)));
        model->kernels->project(types->means, types->ld, types->count, types->ld, types->sum, types->at);
        for (int64_t j = 0; j < types->units; j++)
            plast__set(dtype, out, b * ld + j, plast__get(dtype, types->at, types->of[j]));
    }
}

/* With n the units of each type, means o n is Wab seen by sums over types: the rest of its spectrum is 0. */
static void fill(const plast__model *model, const plast__group *group, const plast__types *types)
{
    const int64_t ld = types->own ? group->ld : types->ld;
    const void *from = types->own ? group->weights : types->means;
    for (int64_t a = 0; a < types->count; a++)
        for (int64_t b = 0; b < types->count; b++)
            types->matrix[a * types->count + b] =
                plast__get(model->dtype, from, a * ld + b) * (types->own ? 1.0 : (double)types->members[b]);
}

/* The largest sum of a row or of a column, whichever is less: no eigenvalue is larger. Infinite when an entry is not
 * finite. */
static double norm(const plast__types *types)
{
    double most_of_rows = 0.0, most_of_columns = 0.0;
    for (int64_t a = 0; a < types->count; a++) {
        double row = 0.0, column = 0.0;
        for (int64_t b = 0; b < types->count; b++) {
            row += fabs(types->matrix[a * types->count + b]);
            column += fabs(types->matrix[b * types->count + a]);
        }
        if (!isfinite(row))
            return (double)INFINITY;
        most_of_rows = fmax(most_of_rows, row);
        most_of_columns = fmax(most_of_columns, column);
    }
    return fmin(most_of_rows, most_of_columns);
}

plast_status plast__types_radius(plast_context *context, const plast__model *model, const plast__group *group,
                                 const plast__types *types, double alpha, double mu, double *radius)
{
    fill(model, group, types);
    const double bound = norm(types);
    *radius = isfinite(bound) ? 1.0 - alpha + alpha * mu * bound : (double)INFINITY;
    if (!isfinite(bound) || mu * bound < 1.0)
        return PLAST_OK;
    const plast_status status =
        plast__eigenvalues_with(context, types->count, types->matrix, types->re, types->im, types->work, types->length);
    *radius = types->own ? 0.0 : 1.0 - alpha;
    for (int64_t a = 0; status == PLAST_OK && a < types->count; a++)
        *radius = fmax(*radius, hypot(1.0 - alpha + alpha * mu * types->re[a], alpha * mu * types->im[a]));
    return status;
}
