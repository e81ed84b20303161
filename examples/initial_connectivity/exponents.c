/* SPDX-License-Identifier: MIT */
#include "exponents.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLING = 4, TRIALS = 24, UPDATES = 100, JOINED = 4 };

/* Trials that no network learns from. */
static const uint64_t measured_from = UINT64_C(1) << 40, flossed_from = UINT64_C(1) << 41;

static plast_status measure(const struct driver *driver, plast_lyapunov *lyapunov, double *lambda)
{
    struct sequences *sequences = driver->sequences;
    plast_matrix to = plast_output_f64(lambda, 1, 1);
    plast_status status = PLAST_OK;
    for (int64_t i = 0; i < TRIALS && status == PLAST_OK; i++) {
        choice_draw(driver->task, driver->seed, measured_from + (uint64_t)(i * sequences->batch), sequences, NULL);
        const struct sequence_views views = sequences_view(sequences);
        status = plast_lyapunov_run_network(lyapunov, NULL, &views.inputs, sequences->shape.steps);
    }
    if (status == PLAST_E_NOT_FINITE) {
        *lambda = (double)INFINITY;
        return PLAST_OK;
    }
    return status == PLAST_OK ? plast_lyapunov_get(lyapunov, PLAST_LYAPUNOV_EXPONENTS, &to) : status;
}

plast_status exponents_measure(const struct driver *driver, double *lambda)
{
    const int64_t settling = SETTLING * driver->sequences->shape.steps;
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS,
                                             .exponents = 1,
                                             .transient = settling,
                                             .alignment = settling,
                                             .trajectories = driver->sequences->batch,
                                             .seed = driver->seed };
    plast_lyapunov *lyapunov = NULL;
    plast_status status = plast_lyapunov_create_network(driver->context, driver->network, &options, &lyapunov);
    if (status == PLAST_OK)
        status = measure(driver, lyapunov, lambda);
    plast_lyapunov_destroy(lyapunov);
    return status;
}

/* Trials first ... first + JOINED - 1 of those in the sequences, one after another. */
static void join(const struct sequences *sequences, int64_t first, double *inputs)
{
    const int64_t columns = sequences->shape.inputs;
    for (int64_t trial = 0; trial < JOINED; trial++)
        for (int64_t t = 0; t < sequences->shape.steps; t++)
            memcpy(inputs + (trial * sequences->shape.steps + t) * columns,
                   sequences_input(sequences, t, first + trial), (size_t)columns * sizeof *inputs);
}

static plast_status update_all(const struct driver *driver, plast_flossing *flossing, double *inputs)
{
    const struct sequences *sequences = driver->sequences;
    const plast_matrix view = plast_matrix_f64(inputs, JOINED * sequences->shape.steps, sequences->shape.inputs);
    plast_status status = PLAST_OK;
    for (int64_t i = 0; i < UPDATES && status == PLAST_OK; i++) {
        const int64_t first = i * JOINED % sequences->batch;
        if (first == 0)
            choice_draw(driver->task, driver->seed, flossed_from + (uint64_t)(i * JOINED), driver->sequences, NULL);
        join(sequences, first, inputs);
        status = plast_flossing_update(flossing, NULL, &view, NULL);
    }
    return status;
}

static plast_status make(const struct driver *driver, enum flossing flossing, plast_flossing **made)
{
    const int64_t steps = driver->sequences->shape.steps;
    const plast_flossing_options options = {
        PLAST_FLOSSING_OPTIONS, .gradient = flossing == FLOSSING_LOCAL ? PLAST_FLOSSING_LOCAL : PLAST_FLOSSING_EXACT,
        .exponents = 1,         .steps = JOINED * steps,
        .skip = steps,          .seed = driver->seed,
    };
    plast_optimizer *adam = NULL;
    plast_status status = plast_optimizer_create(driver->context, "adam", &adam);
    if (status == PLAST_OK)
        status = plast_optimizer_set(adam, "rate", 1e-3);
    if (status == PLAST_OK)
        status = plast_flossing_create(driver->network, &options, adam, made);
    plast_optimizer_destroy(adam);
    return status;
}

plast_status exponents_floss(const struct driver *driver, enum flossing flossing)
{
    const struct sequence_shape *shape = &driver->sequences->shape;
    double *inputs = malloc((size_t)(JOINED * shape->steps * shape->inputs) * sizeof *inputs);
    plast_flossing *made = NULL;
    plast_status status = inputs == NULL ? PLAST_E_NOMEM : make(driver, flossing, &made);
    if (status == PLAST_OK)
        status = update_all(driver, made, inputs);
    plast_flossing_destroy(made);
    free(inputs);
    return status;
}
