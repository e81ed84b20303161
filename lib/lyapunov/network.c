/* SPDX-License-Identifier: MIT
 *
 * Exponents of the library's own networks. */
#include "base/matrix.h"
#include "base/scalar.h"
#include "base/structs.h"
#include "lyapunov/lyapunov.h"
#include "lyapunov/network_system.h"

static plast_status check_network(plast_context *context, const plast_network *network, int64_t *size)
{
    if (network == NULL)
        return plast__fail(context, PLAST_E_INVALID, "network is NULL");
    *size = plast__network_state_size(network);
    if (*size == 0)
        return plast__fail(context, PLAST_E_STATE,
                           "no layer of the network has a state: nothing goes on from step to step");
    return *size > 0 ? PLAST_OK
                     : plast__fail(context, PLAST_E_RANGE, "the states of all layers together are too large");
}

plast_status plast_lyapunov_create_network(plast_context *context, plast_network *network,
                                           const plast_lyapunov_options *options, plast_lyapunov **lyapunov)
{
    plast_lyapunov_options given = { .struct_size = 0 };
    plast__system made;
    int64_t size = 0;
    if (context == NULL)
        return PLAST_E_INVALID;
    if (lyapunov == NULL)
        return plast__fail(context, PLAST_E_INVALID, "place for the estimate is NULL");
    plast_status status = check_network(context, network, &size);
    if (status == PLAST_OK && options != NULL)
        status = PLAST__READ_RESERVED(context, plast_lyapunov_options, options, &given);
    if (status == PLAST_OK && given.trajectories < 0)
        status = plast__fail(context, PLAST_E_RANGE, "trajectories is %lld, expected 0 or more",
                             (long long)given.trajectories);
    given.trajectories = given.trajectories == 0 ? 1 : given.trajectories;
    const int all = given.exponents < 1 || given.exponents > size || given.sum_rule;
    if (status == PLAST_OK)
        status = plast__network_system_create(context, network, given.trajectories, all ? size : given.exponents,
                                              given.seed, &made);
    if (status != PLAST_OK)
        return status;
    plast_lyapunov *l = NULL;
    status = plast__lyapunov_create(context, &made, &given, &l);
    if (status != PLAST_OK)
        return status;
    l->network = network;
    *lyapunov = l;
    return PLAST_OK;
}

static plast_status check_state(const plast_lyapunov *l, const plast_state *state)
{
    const int64_t many = l->system.trajectories, live = state->activities.live;
    if (state->network != l->network)
        return plast__fail(l->context, PLAST_E_INVALID, "the state belongs to another network");
    if (state->activities.room < many)
        return plast__fail(l->context, PLAST_E_INVALID, "the state has room for %lld sequences, trajectories is %lld",
                           (long long)state->activities.room, (long long)many);
    if (live != 0 && live != many)
        return plast__fail(l->context, PLAST_E_INVALID,
                           "the state carries %lld sequences, trajectories is %lld: reset it, or give as many",
                           (long long)live, (long long)many);
    return PLAST_OK;
}

static plast_status check_inputs(const plast_lyapunov *l, const plast_matrix *inputs, int64_t steps)
{
    const plast__model *model = &l->network->model;
    const int64_t many = l->system.trajectories;
    if (steps < 0 || steps > INT64_MAX / many)
        return plast__fail(l->context, PLAST_E_RANGE, "steps is %lld, expected 0 to %lld", (long long)steps,
                           (long long)(INT64_MAX / many));
    if (inputs == NULL || steps == 0)
        return PLAST_OK;
    if (inputs->rows != steps * many)
        return plast__fail(l->context, PLAST_E_INVALID,
                           "inputs has %lld rows, expected %lld: %lld steps of %lld trajectories",
                           (long long)inputs->rows, (long long)(steps * many), (long long)steps, (long long)many);
    const plast__expected expected = { "inputs", steps * many, model->populations[0].units, PLAST__REALS, 0 };
    const plast_status status = plast__matrix_check(l->context, inputs, &expected);
    for (int64_t i = 0; status == PLAST_OK && i < inputs->rows; i++)
        if (!(plast__matrix_row_largest(inputs, i) <= plast__largest(model->dtype)))
            return plast__fail(l->context, PLAST_E_NOT_FINITE, "row %lld of inputs is not finite", (long long)i);
    return status;
}

plast_status plast_lyapunov_run_network(plast_lyapunov *lyapunov, plast_state *state, const plast_matrix *inputs,
                                        int64_t steps)
{
    if (lyapunov == NULL)
        return PLAST_E_INVALID;
    if (lyapunov->network == NULL)
        return plast__fail(lyapunov->context, PLAST_E_INVALID,
                           "the estimate is of a host's system: plast_lyapunov_run continues it");
    plast_status status = check_state(lyapunov, plast__network_system_state(&lyapunov->system, state));
    if (status == PLAST_OK)
        status = check_inputs(lyapunov, inputs, steps);
    if (status != PLAST_OK)
        return status;
    plast__network_system_begin(&lyapunov->system, state, inputs);
    return plast__lyapunov_advance(lyapunov, steps);
}
