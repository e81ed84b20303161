/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include "systems.h"

#include <stdlib.h>

const double plan_gains[GAINS] = { 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0 };
const int plan_sizes[SIZES] = { 50, 100, 200 };
const double plan_noises[NOISES] = { 0.0, 1.0 };

int plan_make(int seeds, int quick, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .seeds = seeds, .steps = quick ? 200 : 1500, .sizes = quick ? 1 : SIZES };
    plan->classics[0] = (struct classic){ .name = "Henon", .known = "0.4192, -1.6232; 1.258", .size = 2 };
    plan->classics[1] = (struct classic){ .name = "Lorenz", .known = "0.906, 0, -14.572; 2.062", .size = 3 };
    const size_t most = (size_t)GAINS * SIZES * NOISES * (size_t)seeds;
    plan->trials = calloc(most, sizeof *plan->trials);
    plan->memory = calloc(most * MOST_UNITS, sizeof *plan->memory);
    if (plan->trials == NULL || plan->memory == NULL) {
        plan_free(plan);
        return message_set(message, "out of memory for the plan");
    }
    /* The expensive ones first, so that no thread begins one when the others are done. */
    for (int size = plan->sizes - 1; size >= 0; size--)
        for (int seed = 0; seed < seeds; seed++)
            for (int gain = 0; gain < GAINS; gain++)
                for (int noise = 0; noise < NOISES; noise++) {
                    const int all = seed == 0 && noise == 0;
                    plan->trials[plan->trial_count] =
                        (struct trial){ .gain = gain,
                                        .size = size,
                                        .noise = noise,
                                        .seed = seed,
                                        .count = all ? plan_sizes[size] : 1,
                                        .exponents = plan->memory + (size_t)plan->trial_count * MOST_UNITS };
                    plan->trial_count++;
                }
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->trials);
    free(plan->memory);
    *plan = (struct plan){ 0 };
}

const struct trial *plan_trial(const struct plan *plan, int gain, int size, int noise, int seed)
{
    const int row = (plan->sizes - 1 - size) * plan->seeds + seed;
    return &plan->trials[(row * GAINS + gain) * NOISES + noise];
}

struct summary plan_largest(const struct plan *plan, int gain, int size, int noise)
{
    double values[MOST_SEEDS];
    for (int seed = 0; seed < plan->seeds; seed++)
        values[seed] = plan_trial(plan, gain, size, noise, seed)->exponents[0];
    return summarise(values, plan->seeds);
}

/* Runs, and reads exponents, errors and summary. */
static plast_status measure(plast_context *context, const plast_system *system, const plast_lyapunov_options *options,
                            double *state, int64_t steps, double *exponents, double *errors,
                            plast_lyapunov_summary *summary)
{
    const int64_t k = options->exponents;
    const plast_matrix to = plast_output_f64(exponents, 1, k), error = plast_output_f64(errors, 1, k);
    plast_lyapunov *lyapunov = NULL;
    *summary = (plast_lyapunov_summary){ PLAST_LYAPUNOV_SUMMARY };
    plast_status status = plast_lyapunov_create(context, system, options, &lyapunov);
    if (status == PLAST_OK)
        status = plast_lyapunov_run(lyapunov, state, options->transient + options->alignment + steps);
    if (status == PLAST_OK)
        status = plast_lyapunov_get(lyapunov, PLAST_LYAPUNOV_EXPONENTS, &to);
    if (status == PLAST_OK)
        status = plast_lyapunov_get(lyapunov, PLAST_LYAPUNOV_ERRORS, &error);
    if (status == PLAST_OK)
        status = plast_lyapunov_read(lyapunov, summary);
    plast_lyapunov_destroy(lyapunov);
    return status;
}

plast_status classic_run(plast_context *context, struct plan *plan, int index)
{
    struct classic *classic = &plan->classics[index];
    const plast_system system = index == 0 ? henon_system() : lorenz_system();
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = classic->size, .transient = 10000,
                                             .alignment = 1000, .time_step = index == 0 ? 1.0 : lorenz_time_step };
    double state[3] = { 0.1, 0.1, 0.1 };
    return measure(context, &system, &options, state, 1000 * plan->steps, classic->exponents, classic->errors,
                   &classic->summary);
}

plast_status trial_run(plast_context *context, const struct plan *plan, struct trial *trial)
{
    const int n = plan_sizes[trial->size];
    double state[MOST_UNITS], errors[MOST_UNITS];
    struct network network;
    /* The same network at all gains and noises but for the factor. */
    if (network_make(n, trial->count, plan_gains[trial->gain], plan_noises[trial->noise], (uint64_t)trial->seed + 1,
                     &network) != 0)
        return PLAST_E_NOMEM;
    const plast_system system = network_system(&network);
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = trial->count,
                                             .transient = NETWORK_TRANSIENT, .alignment = 250 };
    network_start(&network, state);
    const plast_status status =
        measure(context, &system, &options, state, plan->steps, trial->exponents, errors, &trial->summary);
    trial->error = errors[0];
    network_free(&network);
    return status;
}
